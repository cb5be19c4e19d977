//! `creamc rank`: from arguments to options, from a result to a few printed lines.

use std::io::{self, Write};

use crate::cli::rank::Args;
use crate::rank::{Agreement, Best, New, RankOptions, Ranked, Ranking, Task};

use super::run_options;

pub fn options(args: Args) -> RankOptions {
    let task = match args.resume {
        Some(folder) => Task::Resume(folder),
        None => Task::New(New {
            file: args.file.expect("clap asks for a file or --resume"),
            search: args.run.expect("clap asks for --run or --resume"),
            count: args.count.map(|count| count as usize),
            truth_seeds: args.truth_seeds,
            require: args.require,
            classes: args.classes,
        }),
    };
    RankOptions {
        task,
        run: run_options(args.training),
    }
}

pub fn print(ranked: &Ranked) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match ranked {
        Ranked::Part => Ok(()),
        Ranked::Whole(ranking) => out.write_all(text(ranking).as_bytes()),
        Ranked::Stopped { done, all, run } => writeln!(
            out,
            "stopped after {done} of {all} trainings; go on with: creamc rank --resume {}",
            run.display()
        ),
    }
}

/// The figures, one a line, and how to read them.
fn text(ranking: &Ranking) -> String {
    let mut lines = vec![head(ranking)];
    if let (Some(judge), Some(flops), Some(best)) = (&ranking.judge, &ranking.flops, &ranking.best)
    {
        lines.push(format!(
            "Kendall τ-b, judge loss against mean truth  {}",
            agreement(judge)
        ));
        lines.push(ceiling(ranking));
        lines.push(format!(
            "flops alone against mean truth              {}",
            agreement(flops)
        ));
        lines.push(best_line(best, ranking.paths));
    }
    let folder = ranking.run.display();
    lines.push(format!(
        "every path in {folder}/rank.csv, all figures in {folder}/result.json"
    ));
    lines.join("\n") + "\n"
}

fn head(ranking: &Ranking) -> String {
    let epoch = ranking
        .epoch
        .map_or(String::new(), |epoch| format!(" (epoch {epoch})"));
    let truth = match ranking.seeds.as_slice() {
        [] => "not trained alone".to_owned(),
        [seed] => format!("each trained alone with seed {seed}"),
        [first, .., last] => format!(
            "each trained alone with {} seeds, {first} to {last}",
            ranking.seeds.len()
        ),
    };
    format!(
        "{} paths, judged by {}{epoch}, {truth}",
        ranking.paths, ranking.supernet
    )
}

fn agreement(of: &Agreement) -> String {
    match (of.tau, of.standard_error) {
        (None, _) => "undefined: one of them calls all paths equal".to_owned(),
        (Some(tau), None) => format!("{tau:.3}"),
        (Some(tau), Some(error)) => format!("{tau:.3} ± {error:.3}"),
    }
}

fn ceiling(ranking: &Ranking) -> String {
    let what = "ceiling: one truth seed against another     ";
    match (ranking.ceiling, ranking.share) {
        (None, _) if ranking.seeds.len() < 2 => {
            format!("{what}not measured: it takes --truth-seeds 2")
        }
        (None, _) => format!("{what}undefined: a seed calls all paths equal"),
        (Some(ceiling), None) => {
            format!("{what}{ceiling:.3}: seeds do not agree, so nothing could be predicted")
        }
        (Some(ceiling), Some(share)) => {
            format!(
                "{what}{ceiling:.3}, of which the judge reaches {:.0}%",
                100.0 * share
            )
        }
    }
}

fn best_line(best: &Best, paths: usize) -> String {
    format!(
        "the supernet's best, {}, has place {} of {paths} in truth: {:.2}% (best {:.2}%, {}; mean {:.2}%)",
        best.arch, best.place, best.truth, best.truth_best_top1, best.truth_best, best.truth_mean
    )
}
