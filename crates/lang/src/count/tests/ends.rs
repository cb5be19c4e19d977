//! The ends of what windows allow against enumeration.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_cheapest_and_the_dearest_path_inside_are_those_of_an_enumeration(
        (rows, relations, windows) in any_question(), known in any::<prop::sample::Index>(),
    ) {
        let graph = rows.graph(&relations);
        let wanted = answers(&rows, &relations, &windows);
        if wanted.is_empty() {
            return Ok(());
        }
        let known = &wanted[known.index(wanted.len())].0;
        for metric in every_metric() {
            let costs = || wanted.iter().map(|(_, cost, _)| cost.get(metric));
            let ends = [
                (graph.cheapest_inside(&windows, metric, known), costs().min()),
                (graph.dearest_inside(&windows, metric, known), costs().max()),
            ];
            for (end, cost) in ends {
                prop_assert!(end.proven);
                prop_assert_eq!(Some(end.cost), cost);
                let found = wanted.iter().find(|(path, ..)| *path == end.path);
                prop_assert_eq!(found.map(|(_, cost, _)| cost.get(metric)), Some(end.cost));
            }
        }
    }
}

#[test]
fn the_papers_space_has_paths_at_both_ends_of_a_narrow_bound() {
    let graph = mobile(224).graph(&[]);
    // All flops are even: neither end of this window can be met.
    let window = flops(286_999_999, 287_500_001);
    let Witness::Found(known) = graph.witness(&[window]) else {
        panic!("paths lie dense there");
    };
    let cheapest = graph.cheapest_inside(&[window], Metric::Flops, &known);
    let dearest = graph.dearest_inside(&[window], Metric::Flops, &known);
    assert_eq!((cheapest.cost, cheapest.proven), (287_000_000, true));
    assert_eq!((dearest.cost, dearest.proven), (287_500_000, true));
    for end in [&cheapest, &dearest] {
        let cost = graph.cost(&end.path).expect("a path of the graph");
        assert_eq!(cost.flops, end.cost);
        assert!(window.holds(cost));
    }
}
