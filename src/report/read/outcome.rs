//! `result.json`: what came out.

use serde_json::Value;

use super::files::{number, path, text, whole};

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The architecture's name.
    pub arch: Option<String>,
    /// Its index form.
    pub choices: Option<String>,
    pub resolution: Option<u64>,
    pub flops: Option<u64>,
    pub macs: Option<u64>,
    pub params: Option<u64>,
    /// Search: cross entropy on the judge part, with the supernet's weights.
    pub judge_loss: Option<f64>,
    /// Search: top-1 on the judge part, in percent.
    pub judge_top1: Option<f64>,
    /// Retraining: what the test part says.
    pub test: Option<Test>,
    /// Retraining: what the weights as they are got, where `test` is that of their average.
    pub test_plain: Option<Test>,
    pub stopped: bool,
}

/// What a trained network got on the test part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// In percent.
    pub top1: Option<f64>,
    /// In percent.
    pub top5: Option<f64>,
    pub loss: Option<f64>,
    pub images: Option<u64>,
}

impl Outcome {
    /// Reads what is there.
    pub fn read(value: &Value) -> Outcome {
        let test = |name: &str| {
            let test = value.get(name).filter(|test| test.is_object())?;
            Some(Test {
                top1: number(test, "top1"),
                top5: number(test, "top5"),
                loss: number(test, "loss"),
                images: whole(test, "images"),
            })
        };
        Outcome {
            arch: text(value, "arch"),
            choices: value.get("choices").and_then(path),
            resolution: whole(value, "resolution"),
            flops: whole(value, "flops"),
            macs: whole(value, "macs"),
            params: whole(value, "params"),
            judge_loss: number(value, "judge_loss"),
            judge_top1: number(value, "judge_top1"),
            test: test("test"),
            test_plain: test("test_plain"),
            stopped: value.get("stopped").and_then(Value::as_bool) == Some(true),
        }
    }
}
