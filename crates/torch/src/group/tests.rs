//! Ranks as threads. Processes are tested from outside.

use std::time::Duration;

use tch::{Device, Kind, Tensor};

use super::testing::{TIMEOUT, ranks, ranks_within};
use super::*;

fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.to_kind(Kind::Double).contiguous().view([-1])).unwrap()
}

#[test]
fn groups_of_one_process_may_all_begin_their_work_at_once() {
    let together = std::sync::Barrier::new(8);
    let work = || {
        for _ in 0..3 {
            let seen = ranks(1, |group| {
                let own = Tensor::from_slice(&[1.0]);
                together.wait();
                group.all_reduce(&own, Reduce::Sum).unwrap().wait().unwrap();
                numbers(&own)
            });
            assert_eq!(seen, [[1.0]]);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(work);
        }
    });
}

#[test]
fn three_ranks_send_gather_and_reduce() {
    let seen = ranks(3, |group| {
        let rank = group.rank() as f64;
        let of = |values: [f64; 2]| Tensor::from_slice(&values);
        let sent = of([rank, 5.0]);
        let sum = of([rank, 1.0]);
        let mean = of([rank, -rank]);
        let max = of([rank, -rank]);
        // Four in flight, waited for in another order.
        let pending = [
            group.broadcast(&sent, 2).unwrap(),
            group.all_reduce(&sum, Reduce::Sum).unwrap(),
            group.all_reduce(&mean, Reduce::Mean).unwrap(),
            group.all_reduce(&max, Reduce::Max).unwrap(),
        ];
        for one in pending.into_iter().rev() {
            one.wait().unwrap();
        }
        group.barrier().unwrap();
        let gathered = group.all_gather(&of([rank, 7.0])).unwrap();
        let gathered: Vec<f64> = gathered.iter().flat_map(numbers).collect();
        ([&sent, &sum, &mean, &max].map(numbers), gathered)
    });
    for (reduced, gathered) in seen {
        assert_eq!(reduced[0], [2.0, 5.0]);
        assert_eq!(reduced[1], [3.0, 3.0]);
        assert_eq!(reduced[2], [1.0, -1.0]);
        assert_eq!(reduced[3], [2.0, 0.0]);
        assert_eq!(gathered, [0.0, 7.0, 1.0, 7.0, 2.0, 7.0]);
    }
}

#[test]
fn averaged_gradients_are_those_of_the_mean_loss() {
    let options = (Kind::Double, Device::Cpu);
    let parameters = || {
        let weight = Tensor::arange(24, options).view([2, 3, 2, 2]) / 10.0;
        let weight = crate::channels_last(&weight).unwrap();
        let bias = Tensor::arange(2, options);
        [weight, bias].map(|one| one.set_requires_grad(true))
    };
    let loss = |[weight, bias]: &[Tensor; 2], rank: usize| {
        let images = (Tensor::arange(75, options).view([1, 3, 5, 5]) * (rank as f64 + 1.0)).sin();
        let ones = [1, 1];
        let out = images.convolution(weight, Some(bias), ones, [0, 0], ones, false, [0, 0], 1);
        out.square().sum(Kind::Double)
    };
    let own = parameters();
    let mean = (loss(&own, 0) + loss(&own, 1)) / 2.0;
    let expected = Tensor::run_backward(&[mean], &own, false, false);
    let seen = ranks(2, |group| {
        let own = parameters();
        let gradients = group.gradients(&loss(&own, group.rank()), &own).unwrap();
        assert_eq!(gradients[0].stride(), own[0].stride());
        gradients.iter().map(numbers).collect::<Vec<_>>()
    });
    for gradients in seen {
        for (one, expected) in gradients.iter().zip(&expected) {
            let error = one
                .iter()
                .zip(numbers(expected))
                .map(|(a, b)| (a - b).abs());
            assert!(error.fold(0.0, f64::max) < 1e-12);
        }
    }
}

#[test]
fn a_parameter_without_a_part_in_the_loss_is_an_error() {
    let seen = ranks(1, |group| {
        let used = Tensor::from_slice(&[1.0]).set_requires_grad(true);
        let unused = Tensor::from_slice(&[1.0]).set_requires_grad(true);
        let loss = used.square().sum(Kind::Double);
        group.gradients(&loss, &[used, unused]).unwrap_err().0
    });
    assert!(seen[0].contains("not have been used"), "{}", seen[0]);
}

#[test]
fn an_error_of_ones_own_leaves_the_group_whole_and_one_of_another_rank_breaks_it() {
    let seen = ranks(2, |group| {
        let unused = Tensor::from_slice(&[1.0]).set_requires_grad(true);
        let used = unused.detach().set_requires_grad(true);
        if group.rank() == 1 {
            let loss = used.square().sum(Kind::Double);
            let error = group.gradients(&loss, &[used, unused]).unwrap_err();
            assert!(error.0.contains("not have been used"), "{error}");
            return group.is_broken();
        }
        // Rank 1 is gone.
        let loss = (&used * &unused).sum(Kind::Double);
        group.gradients(&loss, &[used, unused]).unwrap_err();
        group.is_broken()
    });
    assert_eq!(seen, [true, false]);
}

#[test]
fn an_operation_that_another_rank_never_comes_to_ends_with_the_time_out_and_breaks_the_group() {
    let ended = std::sync::Barrier::new(2);
    let seen = ranks_within(Duration::from_secs(5), 2, |group| {
        // Rank 1 lives on, and its connections with it.
        let refused = (group.rank() == 0).then(|| group.barrier().unwrap_err());
        ended.wait();
        (refused.is_some(), group.is_broken())
    });
    assert_eq!(seen, [(true, true), (false, false)]);
}

#[test]
fn an_aborted_group_refuses_every_later_operation() {
    let seen = ranks(2, |group| {
        let own = Tensor::from_slice(&[1.0]);
        group.all_reduce(&own, Reduce::Sum).unwrap().wait().unwrap();
        assert!(!group.is_broken());
        group.abort();
        let refused = [
            group.all_reduce(&own, Reduce::Sum).err(),
            group.broadcast(&own, 0).err(),
            group.all_gather(&own).err(),
            group.barrier().err(),
            group.watched_sum(&own).err(),
        ];
        (group.is_broken(), refused)
    });
    for (broken, refused) in seen {
        assert!(broken);
        for error in refused {
            assert!(error.unwrap().0.contains("the group was aborted"));
        }
    }
}

#[test]
fn gradients_pass_through_a_watched_sum() {
    // With x1 + x2 = s on both ranks and the losses s·1 and s·2, each input's gradient is 3.
    let seen = ranks(2, |group| {
        let x = Tensor::from_slice(&[group.rank() as f64 + 1.0]).set_requires_grad(true);
        let sum = group.watched_sum(&x).unwrap();
        let loss = (&sum * (group.rank() as f64 + 1.0)).sum(Kind::Double);
        let gradient = Tensor::run_backward(&[loss], &[&x], false, false);
        (numbers(&sum), numbers(&gradient[0]))
    });
    for one in seen {
        assert_eq!(one, (vec![3.0], vec![3.0]));
    }
}

#[test]
fn gradients_of_a_watched_sum_have_gradients() {
    // With s = x1 + x2 and the losses s³ and 2s³ each first gradient is 9s², and the second of their sum 2·18s.
    let seen = ranks(2, |group| {
        let x = Tensor::from_slice(&[group.rank() as f64 + 1.0]).set_requires_grad(true);
        let sum = group.watched_sum(&x).unwrap();
        let loss = sum.pow_tensor_scalar(3) * (group.rank() as f64 + 1.0);
        let (keep_graph, create_graph) = (true, true);
        let first = Tensor::run_backward(&[loss], &[&x], keep_graph, create_graph);
        let second = Tensor::run_backward(&[&first[0]], &[&x], false, false);
        (numbers(&first[0]), numbers(&second[0]))
    });
    for one in seen {
        assert_eq!(one, (vec![81.0], vec![108.0]));
    }
}

#[test]
fn a_group_of_one_gives_what_it_was_given() {
    let x = Tensor::from_slice(&[2.0]).set_requires_grad(true);
    Alone.all_reduce(&x, Reduce::Sum).unwrap().wait().unwrap();
    assert_eq!(numbers(&Alone.all_gather(&x).unwrap()[0]), [2.0]);
    let loss = x.square().sum(Kind::Double);
    assert_eq!(numbers(&Alone.gradients(&loss, &[x]).unwrap()[0]), [4.0]);
}

#[test]
fn a_port_in_use_is_an_error() {
    let served = Store::open("127.0.0.1", 0, true, TIMEOUT).unwrap();
    let error = Store::open("127.0.0.1", served.port(), true, TIMEOUT).unwrap_err();
    assert!(error.0.contains("address already in use"), "{error}");
}

#[test]
fn values_are_there_once_they_are_set() {
    let served = Store::open("127.0.0.1", 0, true, TIMEOUT).unwrap();
    let other = served.another().unwrap();
    assert_eq!(served.get("key").unwrap(), None);
    let short = Duration::from_millis(50);
    assert!(served.wait("key", short).is_err());
    other.set("key", "välue").unwrap();
    served.wait("key", short).unwrap();
    assert_eq!(served.get("key").unwrap().as_deref(), Some("välue"));
}

#[test]
fn nccl_without_its_library_or_a_device_is_an_error_in_words() {
    let served = Store::open("127.0.0.1", 0, true, TIMEOUT).unwrap();
    if crate::cuda_devices() > 0 {
        let group = C10d::nccl(&served, "gpu", (0, 1), 0).unwrap();
        group.barrier().unwrap();
        return;
    }
    let error = C10d::nccl(&served, "gpu", (0, 1), 0).unwrap_err();
    let expected = std::env::var(EXPECTED);
    match expected {
        Ok(expected) => assert!(error.0.to_lowercase().contains(&expected), "{error}"),
        Err(_) => assert!(
            error.0.contains("NCCL") || error.0.contains("CUDA"),
            "{error}"
        ),
    }
}

/// What [`nccl_without_its_library_or_a_device_is_an_error_in_words`] finds, where it was told, in small letters.
const EXPECTED: &str = "CREAMC_TEST_EXPECTED";

#[test]
fn a_nccl_that_is_not_there_and_a_library_that_is_none_are_named() {
    if crate::cuda_devices() > 0 {
        return;
    }
    assert_refused("/no/such/libnccl.so.2", "/no/such/libnccl.so.2");
    assert_refused("libc.so.6", "nccl has no function ncclgetuniqueid");
}

/// All that is used of NCCL.
const FUNCTIONS: [&str; 7] = [
    "ncclGetUniqueId",
    "ncclCommInitRank",
    "ncclAllReduce",
    "ncclBroadcast",
    "ncclAllGather",
    "ncclCommAbort",
    "ncclGetErrorString",
];

#[test]
fn a_nccl_is_taken_from_where_the_user_says_and_refused_where_it_lacks_a_function_or_a_device() {
    if crate::cuda_devices() > 0 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = |name: &str, functions: &[&str]| {
        let path = folder.path().join(name);
        stand_in(&path, functions);
        path.to_str().unwrap().to_owned()
    };
    // It loads, and the next thing that is asked for is the device.
    assert_refused(&library("whole.so", &FUNCTIONS), "cuda");
    for (at, missing) in FUNCTIONS.iter().enumerate() {
        let others: Vec<&str> = FUNCTIONS.into_iter().filter(|one| one != missing).collect();
        let library = library(&format!("without_{at}.so"), &others);
        let expected = format!("nccl has no function {}", missing.to_lowercase());
        assert_refused(&library, &expected);
    }
}

/// Makes a library with functions of these names, none of which may be called without a device.
#[allow(clippy::disallowed_methods, reason = "a test lays out its files")]
fn stand_in(path: &std::path::Path, functions: &[&str]) {
    let source = path.with_extension("c");
    let text = functions
        .iter()
        .map(|name| format!("int {name}(void) {{ __builtin_trap(); }}\n"));
    std::fs::write(&source, text.collect::<String>()).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let made = std::process::Command::new(compiler)
        .args(["-shared", "-fPIC", "-o"])
        .args([path, &source])
        .status();
    assert!(made.unwrap().success());
}

/// What a process says that joins a group over this library.
#[track_caller]
fn assert_refused(library: &str, expected: &str) {
    // In a process of its own: a library is looked for once, and the environment is everybody's.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "group::tests::nccl_without_its_library_or_a_device_is_an_error_in_words",
        ])
        .envs([("CREAMC_NCCL", library), (EXPECTED, expected)])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
