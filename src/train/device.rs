//! Where tensors live.

use std::fmt;
use std::str::FromStr;

use creamc_torch::cuda_devices;
use tch::Device;

/// What the user asked for: `auto`, `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first CUDA device when there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device with this number.
    Cuda(usize),
}

/// A device that does not exist, or a word that names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Not one of the three forms.
    #[error("`{0}` names no device: write `auto`, `cpu` or `cuda:N`")]
    Unknown(String),
    /// A CUDA device that this machine does not have.
    #[error("no device `cuda:{wanted}`: {found} CUDA device(s) found")]
    Missing {
        /// Its number.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}

impl DeviceChoice {
    /// The device. Loads libtorch's CUDA library first where it may be needed.
    ///
    /// # Errors
    /// A CUDA device was asked for by its number and is not there.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Auto if cuda_devices() == 0 => Ok(Device::Cpu),
            DeviceChoice::Auto => Ok(Device::Cuda(0)),
            DeviceChoice::Cuda(wanted) => match cuda_devices() {
                found if wanted < found => Ok(Device::Cuda(wanted)),
                found => Err(DeviceError::Missing { wanted, found }),
            },
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<DeviceChoice, DeviceError> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(DeviceChoice::Cuda)
                .ok_or_else(|| DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_as_it_is_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:3"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
    }

    #[test]
    fn another_word_is_refused_with_the_forms() {
        let error = "gpu".parse::<DeviceChoice>().unwrap_err().to_string();
        assert!(
            error.contains("`gpu`") && error.contains("cuda:N"),
            "{error}"
        );
    }
}
