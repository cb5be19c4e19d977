//! What came out, side by side.

use super::Contender;
use super::retrain::Tested;

/// Prints a row for each network and one line that says how the result did.
pub fn print(archs: &[Contender], tested: &[Tested]) {
    let widest = archs
        .iter()
        .map(|arch| arch.choices.len())
        .max()
        .unwrap_or(0);
    println!(
        "\n{:<10} {:<widest$} {:>9} {:>9} {:>8} {:>11} {:>11}",
        "network", "path", "flops", "macs", "params", "test top-1", "test top-5"
    );
    for (arch, tested) in archs.iter().zip(tested) {
        println!(
            "{:<10} {:<widest$} {:>9} {:>9} {:>8} {:>10.2}% {:>10.2}%",
            arch.name, arch.choices, arch.flops, arch.macs, arch.params, tested.top1, tested.top5
        );
    }
    println!("\n{}", verdict(tested));
}

/// The first against the others.
fn verdict(tested: &[Tested]) -> String {
    let [found, random @ ..] = tested else {
        return "nothing was trained".to_owned();
    };
    let beaten = random.iter().filter(|one| one.top1 < found.top1).count();
    let mean = random.iter().map(|one| one.top1).sum::<f64>() / random.len().max(1) as f64;
    format!(
        "the searched network beats {beaten} of {} random ones of the same cost: {:.2}% against {mean:.2}% on average.\n\
         One seed and a few networks: an indication, not a result.",
        random.len(),
        found.top1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_counts_only_networks_that_are_really_worse() {
        let tested = [80.0, 79.0, 80.0, 81.0].map(|top1| Tested { top1, top5: 99.0 });
        let text = verdict(&tested);
        assert!(
            text.contains("beats 1 of 3") && text.contains("against 80.00%"),
            "{text}"
        );
    }
}
