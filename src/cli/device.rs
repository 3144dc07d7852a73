//! `--device`: from its words to a device.

use super::failure::Failure;
use candle_core::Device;
use std::fmt;
use std::str::FromStr;

/// Where a model is to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU if this build can use one and it is there, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        match words {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => match words.strip_prefix("cuda:") {
                Some(list) if list.contains(',') => Err("a process uses one GPU; start one for each, with \
                                                         --device cuda:N and --shard I/N"
                    .to_owned()),
                Some(number) => number.parse().map(Self::Cuda).map_err(|_| format!("`{number}` is no number of a GPU")),
                None => Err("expected auto, cpu or cuda:N".to_owned()),
            },
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
        }
    }
}

impl DeviceChoice {
    /// The device.
    ///
    /// # Errors
    /// [`Failure`] where it is not there, or not for this build.
    pub fn open(self) -> Result<Device, Failure> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto if !cfg!(feature = "cuda") => Ok(Device::Cpu),
            Self::Auto => Ok(Device::new_cuda(0).unwrap_or_else(|error| {
                log::warn!("no GPU is used: {error}");
                Device::Cpu
            })),
            Self::Cuda(number) => Device::new_cuda(number).map_err(|error| {
                let error = anyhow::Error::new(error).context(format!("the device {self} can't be used"));
                Failure::model(error).hint(if cfg!(feature = "cuda") {
                    "nvidia-smi lists the GPUs of this machine; --device cpu does without"
                } else {
                    "this build has no GPU code: cargo build --release --features cuda has; --device cpu does without"
                })
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_devices() {
        let devices = [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
        ];
        for (words, device) in devices {
            assert_eq!(words.parse(), Ok(device));
        }
        assert_eq!(DeviceChoice::Cuda(3).to_string(), "cuda:3");
        for (words, wanted) in
            [("cuda:0,1", "--shard"), ("cuda:x", "no number"), ("gpu", "expected auto"), ("cuda:", "no number")]
        {
            let error = words.parse::<DeviceChoice>().unwrap_err();
            assert!(error.contains(wanted), "{words}: {error}");
        }
    }
}
