use std::sync::Arc;

use creamc_torch::group;
use tch::{Kind, Tensor};

use super::testing::two;
use super::*;

/// A parameter of a network.
fn parameter(name: &str) -> NamedTensor {
    NamedTensor {
        name: name.into(),
        tensor: Tensor::from_slice(&[1.0]).set_requires_grad(true),
    }
}

#[test]
fn an_error_of_libtorch_on_one_rank_is_the_cause_and_the_other_names_it() {
    let [first, second] = two(|ranks| {
        let parameters = [parameter("used"), parameter("unused on rank 1")];
        let [used, unused] = [0, 1].map(|at| parameters[at].tensor.shallow_clone());
        let loss = match ranks.rank() {
            0 => used * unused,
            _ => used.square(),
        };
        let error = ranks.gradients(&loss.sum(Kind::Double), &parameters);
        let error = error.unwrap_err();
        ranks.leave(Some(&Ending::from(&error)));
        error
    });
    let own = second.to_string();
    assert!(
        matches!(&second, RanksError::Torch(_)) && own.contains("not have been used"),
        "{own}"
    );
    let said = first.to_string();
    let named = said.starts_with("rank 1 (") && said.contains(") ended: libtorch: ");
    assert!(named && said.contains("not have been used"), "{said}");
    assert!(matches!(Ending::from(&first), Ending::Consequence(_)));
    assert!(matches!(Ending::from(&second), Ending::Cause(_)));
}

#[test]
fn a_text_of_rank_0_is_the_same_on_all_whether_or_not_they_are_watched() {
    let told = |ranks: &Ranks| {
        let own = format!("of rank {}", ranks.rank());
        ranks.text_of_first("key", Some(&own)).unwrap()
    };
    let watched = two(|ranks| {
        let told = told(&ranks);
        ranks.leave(None);
        told
    });
    assert_eq!(watched, ["of rank 0"; 2]);
    let unwatched = group::testing::ranks(2, |group| told(&Ranks::of(Arc::new(group))));
    assert_eq!(unwatched, ["of rank 0"; 2]);
    assert_eq!(told(&Ranks::alone()), "of rank 0");
}
