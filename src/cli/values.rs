//! Values of arguments that several commands share.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{PathBufValueParser, TypedValueParser};

/// Where tensors live, as typed: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The first CUDA device if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by its index; without one the first, or of several processes each its own.
    Cuda(Option<usize>),
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Device, String> {
        match text {
            "auto" => Ok(Device::Auto),
            "cpu" => Ok(Device::Cpu),
            "cuda" => Ok(Device::Cuda(None)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(|index| Device::Cuda(Some(index)))
                .ok_or_else(|| "expected `auto`, `cpu`, `cuda` or `cuda:N`".to_string()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(None) => f.write_str("cuda"),
            Device::Cuda(Some(index)) => write!(f, "cuda:{index}"),
        }
    }
}

/// Reads a path that a run keeps in its files, to find it again when it goes on: they hold text alone.
pub fn kept_path() -> impl TypedValueParser<Value = PathBuf> {
    kept(Path::to_owned)
}

/// As [`kept_path`], for one that is kept from the root on.
pub fn kept_whole_path() -> impl TypedValueParser<Value = PathBuf> {
    kept(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

fn kept(how: fn(&Path) -> PathBuf) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| match how(&path).to_str() {
        Some(_) => Ok(path),
        None => Err("its name is not UTF-8, and settings hold text alone: rename it, or make a link to it and name that"),
    })
}

/// The most seconds that a process may keep the others waiting.
const MONTH: u64 = 30 * 24 * 3600;

/// The processes of one command.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Together {
    /// Runs in several processes of this machine, one a device: a number, or `auto` for one a GPU
    #[arg(long, value_name = "N")]
    pub nproc_per_node: Option<Processes>,
    /// How long a process may keep the others waiting before it counts as lost
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=MONTH))]
    pub rank_timeout: u64,
}

/// How many processes: `auto` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processes {
    /// One a GPU.
    Auto,
    /// So many; at least 1.
    Count(usize),
}

impl FromStr for Processes {
    type Err = String;

    fn from_str(text: &str) -> Result<Processes, String> {
        match text.parse() {
            Ok(count @ 1..=1024) => Ok(Processes::Count(count)),
            _ if text == "auto" => Ok(Processes::Auto),
            _ => Err("expected `auto` or a number from 1 to 1024".to_string()),
        }
    }
}

/// `KEY=VALUE`: one setting of a settings file, replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The name of the setting, dots between its parts.
    pub key: String,
    /// Its new value, as YAML.
    pub value: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Override, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Override {
                key: key.trim().to_string(),
                value: value.trim().to_string(),
            }),
            _ => Err("expected KEY=VALUE".to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_auto_cpu_or_cuda_with_an_index() {
        assert_eq!("auto".parse(), Ok(Device::Auto));
        assert_eq!("cuda".parse(), Ok(Device::Cuda(None)));
        assert_eq!("cuda:3".parse(), Ok(Device::Cuda(Some(3))));
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_override_splits_at_its_first_equals_sign() {
        let parsed: Override = "A.B = x=y".parse().expect("it has a key");
        assert_eq!((parsed.key.as_str(), parsed.value.as_str()), ("A.B", "x=y"));
        assert!("=3".parse::<Override>().is_err());
        assert!("A".parse::<Override>().is_err());
    }
}
