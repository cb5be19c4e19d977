//! How paths part at decisions, against enumeration.

use super::*;
use crate::count::Part;

/// The share of an enumeration that meets a condition lies between the bounds of its part of all.
fn holds_share(part: Part, of: usize, all: usize) -> bool {
    let share = of as f64 / all as f64;
    part.least <= share * (1.0 + 1e-9) && share <= part.most * (1.0 + 1e-9)
}

/// Whether a path has decided so.
fn takes(sharing: &Sharing, path: &Path, choice: usize, value: u16) -> bool {
    let choice = u16::try_from(choice).expect("few choices");
    sharing.taken_by(path).contains(&(choice, value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_ends_of_what_paths_with_a_value_cost_are_those_of_an_enumeration(
        (rows, relations, _) in any_question(), metric in prop::sample::select(every_metric()),
    ) {
        let ends = rows.graph(&relations).value_extremes(metric);
        let all = answers(&rows, &relations, &[]);
        let wanted = |takes: &dyn Fn(&Path) -> bool| {
            let costs = all.iter().filter(|(path, ..)| takes(path));
            let costs = costs.map(|(_, cost, _)| cost.get(metric));
            costs.clone().min().zip(costs.max())
        };
        for (row, (depths, slots)) in rows.0.iter().enumerate() {
            for &depth in depths {
                let of_row = ends.depths.get(row).cloned().unwrap_or_default();
                let found = of_row.get(depth as usize).copied().flatten();
                prop_assert_eq!(found, wanted(&|path| path.rows[row].len() == depth as usize));
            }
            for candidate in 0..slots[0].len() {
                let of_row = ends.blocks.get(row).cloned().unwrap_or_default();
                let of_block = of_row.first().cloned().unwrap_or_default();
                let found = of_block.get(candidate).copied().flatten();
                prop_assert_eq!(found, wanted(&|path| usize::from(path.rows[row][0]) == candidate));
            }
        }
        for (choice, &size) in rows.1.sizes.iter().enumerate() {
            for value in 0..size {
                let found = ends.choices[choice][usize::from(value)];
                let takes = |path: &Path| takes(&rows.1, path, choice, value);
                prop_assert_eq!(found, wanted(&takes));
            }
        }
    }

    #[test]
    fn parts_hold_the_shares_of_an_enumeration(
        (rows, relations, windows) in any_question(), coarse in any::<bool>(),
    ) {
        let graph = rows.graph(&relations);
        let all = answers(&rows, &relations, &[]).len();
        if all == 0 {
            return Ok(());
        }
        let inside = answers(&rows, &relations, &windows);
        let flow = graph.flow_with(&windows, 0, if coarse { 300 } else { 1 << 18 });
        let walked = graph.flow_with(&windows, u64::MAX, 0);
        for (one, exact) in flow.depths.iter().flatten().zip(walked.depths.iter().flatten()) {
            prop_assert_eq!(exact.least, exact.most);
            prop_assert!(one.least <= exact.least + 1e-9 && exact.most <= one.most + 1e-9);
        }
        let count = |wanted: &dyn Fn(&Path) -> bool| {
            inside.iter().filter(|(path, ..)| wanted(path)).count()
        };
        for (row, (depths, slots)) in rows.0.iter().enumerate() {
            for &depth in depths {
                let of_row = flow.depths.get(row).cloned().unwrap_or_default();
                let part = of_row.get(depth as usize).copied().unwrap_or_default();
                let number = count(&|path| path.rows[row].len() == depth as usize);
                prop_assert!(holds_share(part, number, all), "{part:?} {number} of {all}");
            }
            for (block, slot) in slots.iter().enumerate() {
                for candidate in 0..slot.len() {
                    let of_row = flow.blocks.get(row).cloned().unwrap_or_default();
                    let of_block = of_row.get(block).cloned().unwrap_or_default();
                    let part = of_block.get(candidate).copied().unwrap_or_default();
                    let number = count(&|path| {
                        path.rows[row].get(block).is_some_and(|&one| usize::from(one) == candidate)
                    });
                    prop_assert!(holds_share(part, number, all), "{part:?} {number} of {all}");
                }
            }
        }
        for (choice, &size) in rows.1.sizes.iter().enumerate() {
            for value in 0..size {
                let of_choice = flow.choices.get(choice).cloned().unwrap_or_default();
                let part = of_choice.get(usize::from(value)).copied().unwrap_or_default();
                let number = count(&|path| takes(&rows.1, path, choice, value));
                prop_assert!(holds_share(part, number, all), "{part:?} {number} of {all}");
            }
        }
        // Where the grid is as fine as the costs, nothing is left open.
        if !coarse && windows.len() < 2 {
            for part in flow.blocks.iter().flatten().flatten().chain(flow.depths.iter().flatten()) {
                prop_assert!(part.most - part.least <= 1e-9, "{part:?}");
            }
        }
    }
}
