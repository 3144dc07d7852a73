//! Where models are kept and how they are fetched: the environment, read once.

use super::{HubError, Proxies};
use etcetera::BaseStrategy;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where models are kept and how they are fetched.
#[derive(Clone)]
pub struct Settings {
    /// Our own store: `STORE/NAME/FILE`.
    pub store: PathBuf,
    /// The standard Hugging Face cache, shared with other tools.
    pub hub_cache: PathBuf,
    /// Address of the Hub; `None` for the public one.
    pub endpoint: Option<String>,
    /// Access token.
    pub token: Option<String>,
    /// No connection is attempted, neither to the Hub nor through pip.
    pub offline: bool,
    /// Proxies and the hosts that go without.
    pub proxies: Proxies,
    /// Certificates in PEM form, instead of Mozilla's.
    pub certificates: Option<PathBuf>,
    /// `mujaz.lock`; `None` where no commit is kept between runs.
    pub lock_file: Option<PathBuf>,
    /// The Python 3 whose pip brings wheels.
    pub python: PathBuf,
    /// How long the Hub may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long its first, small answer may take after that.
    pub answer_timeout: Duration,
    /// How long a running download may bring nothing.
    pub stall_timeout: Duration,
    /// Pause before a failed request is tried again; it doubles each time.
    pub retry_pause: Duration,
    /// The longest pause, also where the Hub asks for a longer one (`Retry-After`): then it is an error.
    pub longest_wait: Duration,
    /// Progress and notes on stderr.
    pub verbose: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token never reaches a log.
        formatter
            .debug_struct("Settings")
            .field("store", &self.store)
            .field("hub_cache", &self.hub_cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("lock_file", &self.lock_file)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// From the environment: `MUJAZ_MODELS_DIR`, `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`,
    /// `HF_HUB_OFFLINE`, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`. `offline` is the flag;
    /// it wins. No lock file is set.
    ///
    /// # Errors
    /// [`HubError::Setting`] where no folder can be found.
    pub fn from_env(offline: bool) -> Result<Self, HubError> {
        Self::from_variables(offline, |name| std::env::var_os(name))
    }

    fn from_variables(offline: bool, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        // An empty variable counts as unset, as Python's tools take it.
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &'static str| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(HubError::Setting { name, message: "not UTF-8".to_owned() }),
        };
        let folders = etcetera::base_strategy::choose_base_strategy();
        let no_home = |name: &'static str| HubError::Setting {
            name,
            message: "not set, and there is no home folder to fall back on".to_owned(),
        };

        let store = match (variable("MUJAZ_MODELS_DIR"), &folders) {
            (Some(folder), _) => PathBuf::from(folder),
            (None, Ok(folders)) => folders.data_dir().join("mujaz").join("models"),
            (None, Err(_)) => return Err(no_home("MUJAZ_MODELS_DIR")),
        };
        let hub_home = match (variable("HF_HOME"), variable("HF_HUB_CACHE"), &folders) {
            (Some(folder), _, _) => PathBuf::from(folder),
            (None, _, Ok(folders)) => folders.cache_dir().join("huggingface"),
            // Without a home the token file has no place; the cache has one.
            (None, Some(cache), Err(_)) => PathBuf::from(cache),
            (None, None, Err(_)) => return Err(no_home("HF_HOME")),
        };
        let hub_cache = variable("HF_HUB_CACHE").map_or_else(|| hub_home.join("hub"), PathBuf::from);
        let token = match text("HF_TOKEN")? {
            Some(token) => Some(token),
            None => std::fs::read_to_string(hub_home.join("token")).ok(),
        };

        Ok(Self {
            store: absolute("MUJAZ_MODELS_DIR", &store)?,
            hub_cache: absolute("HF_HUB_CACHE", &hub_cache)?,
            endpoint: text("HF_ENDPOINT")?.map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            offline: offline || text("HF_HUB_OFFLINE")?.is_some_and(|value| is_true(&value)),
            proxies: Proxies::from_variables(variable)?,
            certificates: variable("SSL_CERT_FILE").map(PathBuf::from),
            lock_file: None,
            python: PathBuf::from("python3"),
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(60),
            retry_pause: Duration::from_millis(500),
            // The Hub counts requests over five minutes.
            longest_wait: Duration::from_secs(300),
            verbose: true,
        })
    }
}

fn absolute(name: &'static str, path: &Path) -> Result<PathBuf, HubError> {
    std::path::absolute(path).map_err(|error| HubError::Setting { name, message: error.to_string() })
}

/// The values that Python's `huggingface_hub` takes for true.
fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)], offline: bool) -> Settings {
        Settings::from_variables(offline, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
        .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn caches_follow_the_environment() {
        let rows = [
            (vec![("HF_HOME", "/h")], "/h/hub"),
            (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")], "/c"),
            (vec![("HF_HUB_CACHE", "/c")], "/c"),
            (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "")], "/h/hub"),
        ];
        let failing: Vec<_> = rows
            .iter()
            .filter(|(variables, expected)| settings(variables, false).hub_cache != Path::new(expected))
            .collect();
        assert!(failing.is_empty(), "{failing:?}");
        assert_eq!(settings(&[("MUJAZ_MODELS_DIR", "/m")], false).store, Path::new("/m"));
    }

    #[test]
    fn offline_is_what_python_takes_for_true() {
        let rows = [("1", true), ("true", true), ("YES", true), ("on", true), ("0", false), ("", false), ("no", false)];
        let failing: Vec<_> =
            rows.iter().filter(|(value, on)| settings(&[("HF_HUB_OFFLINE", value)], false).offline != *on).collect();
        assert!(failing.is_empty(), "{failing:?}");
        assert!(settings(&[("HF_HUB_OFFLINE", "0")], true).offline, "the flag wins");
    }

    #[test]
    fn the_token_comes_from_the_variable_or_the_file_and_is_never_printed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(home.path().join("token"), "from_file\n").expect("written");
        let home = home.path().to_str().expect("UTF-8");
        assert_eq!(settings(&[("HF_HOME", home)], false).token.as_deref(), Some("from_file"));
        let both = settings(&[("HF_HOME", home), ("HF_TOKEN", "from_variable")], false);
        assert_eq!(both.token.as_deref(), Some("from_variable"));
        assert!(!format!("{both:?}").contains("from_variable"));
    }
}
