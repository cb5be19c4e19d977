//! How far the run is, on stderr: a bar on a terminal, now and then a line elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What is shown of the newest steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// The epoch, from 1.
    pub epoch: u64,
    /// The loss, averaged as the caller likes.
    pub loss: f64,
    /// The share of images whose class was right, in percent.
    pub top1: f64,
    /// Images of these steps, over all processes.
    pub images: usize,
}

/// The progress of a run over its steps.
#[derive(Debug)]
pub struct Progress {
    face: Face,
    speed: Speed,
    epochs: u64,
}

#[derive(Debug)]
enum Face {
    Bar(ProgressBar),
    Lines {
        done: u64,
        total: u64,
        last: Instant,
    },
    Silent,
}

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(30);

impl Progress {
    /// A run of `total` steps in `epochs` epochs, `done` of them made before. Nothing is shown unless
    /// `shown`; on a terminal a bar, elsewhere a line every 30 seconds.
    #[must_use]
    pub fn new(total: u64, done: u64, epochs: u64, shown: bool) -> Self {
        let face = match (shown, io::stderr().is_terminal()) {
            (false, _) => Face::Silent,
            (true, true) => Face::Bar(bar(total, done)),
            (true, false) => Face::Lines {
                done,
                total,
                last: Instant::now(),
            },
        };
        Self {
            face,
            speed: Speed::default(),
            epochs,
        }
    }

    /// `steps` more steps are done.
    pub fn advance(&mut self, steps: u64, tick: &Tick) {
        let speed = self.speed.images_a_second(tick.images, Instant::now());
        let text = describe(tick, self.epochs, speed);
        match &mut self.face {
            Face::Silent => {}
            Face::Bar(bar) => {
                bar.set_message(text);
                bar.inc(steps);
            }
            Face::Lines { done, total, last } => {
                *done += steps;
                if last.elapsed() >= QUIET {
                    *last = Instant::now();
                    tell(&format!("step {done} of {total}  {text}"));
                }
            }
        }
    }

    /// Shows a line of text, above the bar.
    pub fn say(&self, text: &str) {
        match &self.face {
            Face::Silent => {}
            Face::Bar(bar) => bar.suspend(|| tell(text)),
            Face::Lines { .. } => tell(text),
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Face::Bar(bar) = self.face {
            bar.finish_and_clear();
        }
    }
}

/// One line beside the output. A run goes on when nobody listens any more.
pub fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn bar(total: u64, done: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}  {eta} left")
        .expect("the template is right");
    let bar = ProgressBar::new(total)
        .with_style(style)
        .with_position(done);
    // Steps of an earlier process say nothing about the speed of this one.
    bar.reset_eta();
    bar
}

fn describe(tick: &Tick, epochs: u64, images_a_second: Option<f64>) -> String {
    let Tick {
        epoch, loss, top1, ..
    } = tick;
    let speed = images_a_second.map_or(String::new(), |speed| format!("  {speed:.0} images/s"));
    format!("epoch {epoch}/{epochs}  loss {loss:.3}  top-1 {top1:.1} %{speed}")
}

/// Images a second, smoothed over about a hundred steps.
#[derive(Debug, Default)]
struct Speed {
    last: Option<Instant>,
    seconds: f64,
    images: f64,
}

impl Speed {
    fn images_a_second(&mut self, images: usize, now: Instant) -> Option<f64> {
        let before = self.last.replace(now)?;
        self.seconds = self.seconds * 0.99 + now.duration_since(before).as_secs_f64();
        self.images = self.images * 0.99 + images as f64;
        (self.seconds > 0.0).then(|| self.images / self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_described_in_one_line() {
        let tick = Tick {
            epoch: 3,
            loss: 1.23456,
            top1: 45.67,
            images: 64,
        };
        assert_eq!(
            describe(&tick, 36, None),
            "epoch 3/36  loss 1.235  top-1 45.7 %"
        );
        assert_eq!(
            describe(&tick, 36, Some(5432.1)),
            "epoch 3/36  loss 1.235  top-1 45.7 %  5432 images/s"
        );
    }

    #[test]
    fn the_speed_is_images_over_time_from_the_second_step_on() {
        let start = Instant::now();
        let mut speed = Speed::default();
        assert_eq!(speed.images_a_second(64, start), None);
        for step in 1..300 {
            let now = start + Duration::from_millis(20 * step);
            let found = speed.images_a_second(64, now).unwrap();
            assert!((found - 3200.0).abs() < 1.0, "{found}");
        }
    }

    #[test]
    fn a_silent_progress_takes_steps_and_ends() {
        let mut progress = Progress::new(10, 4, 2, false);
        progress.advance(
            1,
            &Tick {
                epoch: 1,
                loss: f64::NAN,
                top1: 0.0,
                images: 0,
            },
        );
        progress.say("nothing is shown");
        progress.finish();
    }
}
