//! The answer first: the network, what it costs, how good it is, and how to go on.

use creamc_lang::arch::{Arch, choices_text};
use creamc_lang::cost;
use creamc_lang::ir::Ir;

use crate::report::html::{Html, Tag, tag};
use crate::report::number;
use crate::report::read::{Command, Outcome, Run, State};
use crate::report::statistics::standard_error;

use super::part::{aside, commands, paragraph, section};

/// The chosen path as boards and metrics name it.
pub fn picked(run: &Run) -> Option<String> {
    let result = run
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.choices.clone());
    result.or_else(|| {
        let space = run.space.as_ref().ok()?;
        let (arch, _) = space.chosen.as_ref().ok()?;
        Some(path_text(arch, &space.ir))
    })
}

/// The index form where the space has one, else the candidates of every row.
pub fn path_text(arch: &Arch, ir: &Ir) -> String {
    match arch.choices(ir) {
        Some(lists) => choices_text(&lists),
        None => arch.path.to_string(),
    }
}

/// The section.
pub fn write(run: &Run) -> Html {
    let title = match (run.manifest.command, run.state) {
        (Command::Retrain, _) => "The network",
        (Command::Search, State::Running) => "The network so far",
        (Command::Search, _) => "The chosen network",
    };
    let section = section("answer", title);
    let section = match picked(run) {
        Some(path) => section
            .add(tag("p").add(tag("code").text(path)))
            .add(cards(run)),
        None => section.add(aside(missing(run))),
    };
    section.add(caveat(run)).add(go_on(run)).into()
}

fn missing(run: &Run) -> String {
    match &run.space {
        Err(why) => format!("No network can be shown: {why}."),
        Ok(space) => match &space.chosen {
            Err(why) => format!("No network can be shown: {why}."),
            Ok(_) => "No network is chosen yet.".to_owned(),
        },
    }
}

/// Numbers of the result where there is one, else of the newest epoch.
struct Judge {
    loss: Option<f64>,
    top1: Option<f64>,
}

fn judge(run: &Run) -> Judge {
    let newest = |name: &str| run.epochs.iter().rev().find_map(|epoch| epoch.get(name));
    let result = run.outcome.as_ref();
    Judge {
        loss: result
            .and_then(|one| one.judge_loss)
            .or_else(|| newest("judge_loss")),
        top1: result
            .and_then(|one| one.judge_top1)
            .or_else(|| newest("judge_top1")),
    }
}

/// A value with its name and a word about it.
type Card = (&'static str, String, String);

fn cards(run: &Run) -> Tag {
    let mut cards: Vec<Card> = match run.manifest.command {
        Command::Search => judge_cards(&judge(run), judge_images(run)),
        Command::Retrain => test_cards(run.outcome.as_ref()),
    };
    cards.extend(cost_cards(run));
    let cards = cards.iter().map(|(name, value, word)| {
        let value = tag("dd").text(value).add(tag("small").text(word));
        tag("div").add(tag("dt").text(name)).add(value)
    });
    tag("dl").class("answer").add(cards.collect::<Html>())
}

fn percent(value: f64) -> String {
    format!("{}%", number::fixed(value, 2))
}

fn judge_images(run: &Run) -> Option<u64> {
    run.setting("SUPERNET.JUDGE_IMAGES")?.parse().ok()
}

fn judge_cards(judge: &Judge, images: Option<u64>) -> Vec<Card> {
    let loss = judge.loss.map(|loss| {
        (
            "Judge loss",
            number::fixed(loss, 4),
            "shared weights".to_owned(),
        )
    });
    let top1 = judge
        .top1
        .map(|top1| ("Judge top-1", percent(top1), sure(top1, images)));
    top1.into_iter().chain(loss).collect()
}

/// `± 1.3 on 1,000 images`: the standard error.
fn sure(percent: f64, images: Option<u64>) -> String {
    let words = |images: u64| {
        let error = number::fixed(standard_error(percent, images as f64), 1);
        format!("± {error} on {} images", number::exact(images))
    };
    images.map(words).unwrap_or_default()
}

fn test_cards(outcome: Option<&Outcome>) -> Vec<Card> {
    let plain = outcome.and_then(|outcome| outcome.test_plain?.top1);
    let Some(test) = outcome.and_then(|outcome| outcome.test) else {
        return vec![("Test top-1", "–".to_owned(), "tested at the end".to_owned())];
    };
    let cards = [
        test.top1
            .map(|top1| ("Test top-1", percent(top1), sure(top1, test.images))),
        test.top5
            .map(|top5| ("Test top-5", percent(top5), String::new())),
        test.loss.map(|loss| {
            (
                "Test loss",
                number::fixed(loss, 4),
                "cross entropy".to_owned(),
            )
        }),
    ];
    let plain = plain.map(|top1| {
        let word = "top-1; the test is of their average".to_owned();
        ("Plain weights", percent(top1), word)
    });
    cards.into_iter().flatten().chain(plain).collect()
}

fn cost_cards(run: &Run) -> Vec<Card> {
    let (cost, resolution) = cost_of(run);
    let mut cards: Vec<Card> = Vec::new();
    let named = [("FLOPs", cost[0]), ("MACs", cost[1]), ("Params", cost[2])];
    for (name, count) in named {
        if let Some(count) = count {
            cards.push((name, number::count(count), number::exact(count)));
        }
    }
    if let Some(side) = resolution {
        cards.push(("Image", format!("{side} px"), "a side".to_owned()));
    }
    cards
}

/// Flops, macs and params: those of the result, else counted from the network.
fn cost_of(run: &Run) -> ([Option<u64>; 3], Option<u64>) {
    if let Some(one) = &run.outcome {
        return ([one.flops, one.macs, one.params], one.resolution);
    }
    let space = run.space.as_ref().ok();
    let chosen = space.and_then(|space| Some((&space.ir, space.chosen.as_ref().ok()?)));
    let Some((ir, (arch, resolution))) = chosen else {
        return ([None; 3], None);
    };
    let cost = cost::of_network(&ir.network(&arch.path, *resolution));
    (
        [cost.flops, cost.macs, cost.params].map(Some),
        Some(u64::from(*resolution)),
    )
}

/// What the numbers do not say.
fn caveat(run: &Run) -> Tag {
    aside(match run.manifest.command {
        Command::Search => {
            "The judge part is held out of training; its numbers are those of the path with the \
             supernet's shared weights, ± the standard error. They rank paths against each other. What the \
             network reaches when it is trained alone is usually higher, and only retraining tells."
        }
        Command::Retrain => {
            "The test part was used once, after the last epoch. The numbers are those of one seed."
        }
    })
}

fn go_on(run: &Run) -> Html {
    let folder = run.folder.display();
    match run.manifest.command {
        Command::Search if run.folder.join("best.cream").is_file() => {
            let data = run.setting("DATA_DIR").filter(|dir| *dir != "None");
            let data = data.unwrap_or("DIR");
            let lines = format!(
                "creamc retrain {folder}/best.cream --data {data} --config YAML\n\
                 creamc cost {folder}/best.cream"
            );
            Html::from(paragraph(
                "To train it alone, and to see its cost block by block:",
            ))
            .and(commands(&lines))
        }
        Command::Search => Html::new(),
        Command::Retrain => {
            let weights = run.folder.join("model.safetensors");
            let line = format!("Its weights are in {}.", weights.display());
            Html::from(weights.is_file().then(|| paragraph(line)))
        }
    }
}
