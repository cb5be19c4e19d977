//! `run.json`: what made the run.

use serde_json::Value;

use super::files::{text, whole};

/// What kind of run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `creamc search`.
    Search,
    /// `creamc retrain`.
    Retrain,
}

/// What made the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub command: Command,
    /// The command line behind the name of the tool.
    pub arguments: Vec<String>,
    pub creamc: Option<String>,
    pub libtorch: Option<String>,
    pub seed: Option<u64>,
    pub device: Option<String>,
    pub threads: Option<u64>,
}

impl Manifest {
    /// Reads it; else what is wrong with it.
    pub fn read(value: &Value) -> Result<Manifest, String> {
        let command = match text(value, "command").as_deref() {
            Some("search") => Command::Search,
            Some("retrain") => Command::Retrain,
            Some(other) => return Err(format!("no report is known for the command `{other}`")),
            None => return Err("is damaged: it names no command".to_owned()),
        };
        let arguments = value.get("arguments").and_then(Value::as_array);
        let words = arguments.into_iter().flatten().skip(1);
        Ok(Manifest {
            command,
            arguments: words.filter_map(Value::as_str).map(str::to_owned).collect(),
            creamc: text(value, "creamc"),
            libtorch: text(value, "libtorch"),
            seed: whole(value, "seed"),
            device: text(value, "device"),
            threads: whole(value, "threads"),
        })
    }

    /// The values of an option of the command line, `--name VALUE` or `--name=VALUE`.
    pub fn option(&self, name: &str) -> Vec<&str> {
        let words = self.arguments.iter().enumerate();
        let values = words.filter_map(|(at, word)| match word.strip_prefix(name)? {
            "" => self.arguments.get(at + 1).map(String::as_str),
            rest => rest.strip_prefix('='),
        });
        values.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_read_in_both_spellings() {
        let value = json!({"command": "search", "arguments":
            ["creamc", "search", "a.cream", "--require", "macs in 0..1M", "--require=flops in 0..2M"]});
        let manifest = Manifest::read(&value).unwrap();
        assert_eq!(
            manifest.option("--require"),
            ["macs in 0..1M", "flops in 0..2M"]
        );
        assert_eq!(manifest.option("--classes"), [] as [&str; 0]);
    }
}
