//! The first source: the Hugging Face Hub, through hf-hub, into the standard cache.
//!
//! hf-hub 0.5 resumes a `.part` file and lays out the cache as Python's tools do. What it does not do is done here:
//! time-outs (a first request with a short one, and a watch over the running download), tries that look at the
//! `.part` file again each time (its own retry may append from the wrong place), and the check of the content, which
//! is removed from the cache if it is not the file that the manifest describes.

use super::progress::Progress;
use super::{HubError, Manifest, PinnedFile, Settings, store};
use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use hf_hub::{Cache, Repo, RepoType};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};

const ORIGIN: &str = "the Hugging Face Hub";
/// Tries of one download, each going on where the one before stopped.
const TRIES: u32 = 4;

/// Fetches `file` into the Hugging Face cache; gives its path and commit. The caller holds the model's lock.
///
/// # Errors
/// [`HubError::Unreachable`], [`HubError::Refused`], [`HubError::Transfer`], [`HubError::WrongContent`].
pub(super) fn fetch(
    manifest: &Manifest,
    file: PinnedFile<'_>,
    settings: &Settings,
) -> Result<(PathBuf, Option<String>), HubError> {
    let client = Client { api: api(settings)?, manifest, file, settings };
    let mut progress = None;
    let mut pause = settings.retry_pause;
    let mut tries = 1;
    loop {
        let resumed = client.part_file_bytes() > 0;
        let error = match client.try_once(&mut progress) {
            Ok(path) => {
                let revision = commit_of(&path, file.name);
                return Ok((path, revision));
            }
            Err(error) => error,
        };
        let again = match &error {
            HubError::Transfer { .. } => true,
            HubError::Refused { status, .. } => *status == 429 || *status >= 500,
            // A part left by an earlier run may have been the wrong one: once more, from the start.
            HubError::WrongContent { .. } => resumed,
            _ => false,
        };
        if !again || tries == TRIES {
            return Err(error);
        }
        if settings.verbose {
            eprintln!("{error}; trying again");
        }
        std::thread::sleep(pause);
        pause *= 2;
        tries += 1;
    }
}

fn api(settings: &Settings) -> Result<Api, HubError> {
    let mut builder = ApiBuilder::from_cache(Cache::new(settings.hub_cache.clone()))
        .with_token(settings.token.clone())
        .with_progress(false)
        .with_retries(0)
        .with_user_agent(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    builder.build().map_err(|error| HubError::Unreachable { message: error.to_string() })
}

/// `snapshots/COMMIT/FILE` → `COMMIT`.
fn commit_of(path: &Path, file_name: &str) -> Option<String> {
    let folder = path.ancestors().nth(file_name.split('/').count())?;
    folder.file_name().map(|name| name.to_string_lossy().into_owned())
}

struct Client<'a> {
    api: Api,
    manifest: &'a Manifest,
    file: PinnedFile<'a>,
    settings: &'a Settings,
}

/// What the thread that downloads says.
enum Event {
    /// The file on the disk has so many bytes.
    At(u64),
    /// It grew.
    Grew(u64),
    /// The end.
    Done(Result<PathBuf, Failure>),
}

/// Why one try failed.
enum Failure {
    Client(ApiError),
    /// The Hub's file has another size: nothing was downloaded.
    Size(u64),
}

struct Reporter(Sender<Event>);

impl hf_hub::api::Progress for Reporter {
    // A send fails only when the watch has given up; the download may then go on for itself.
    fn init(&mut self, _size: usize, _file: &str) {
        let _ = self.0.send(Event::At(0));
    }
    fn update(&mut self, bytes: usize) {
        let _ = self.0.send(Event::Grew(bytes as u64));
    }
    fn finish(&mut self) {}
}

impl Client<'_> {
    fn repository(&self) -> Repo {
        Repo::with_revision(self.manifest.hub_id.clone(), RepoType::Model, self.manifest.revision.clone())
    }

    /// Asks, looks at the disk, downloads, checks. `progress` is made at the first try that gets so far.
    fn try_once(&self, progress: &mut Option<Progress>) -> Result<PathBuf, HubError> {
        self.ask_for_repository()?;
        let missing = self.file.bytes.saturating_sub(self.part_file_bytes());
        store::check_space(&self.settings.hub_cache, missing)?;
        let progress = progress.get_or_insert_with(|| {
            let progress = Progress::new(self.file.name, self.file.bytes, self.settings.verbose);
            let size = super::progress::megabytes(self.file.bytes);
            progress.note(&format!("{}: {size} from {ORIGIN} ({})", self.file.name, self.manifest.hub_id));
            progress
        });
        let path = self.download(progress)?;
        self.check(&path).map(|()| path)
    }

    /// A first, small request with short time-outs: a machine without the Hub learns it within seconds.
    fn ask_for_repository(&self) -> Result<(), HubError> {
        let connect = self.settings.connect_timeout;
        let request = self
            .api
            .repo(self.repository())
            .info_request()
            .config()
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_global(Some(connect + self.settings.answer_timeout))
            .build();
        request.call().map(drop).map_err(|error| match error {
            ureq::Error::StatusCode(status) => self.refused(status),
            error => HubError::Unreachable { message: error.to_string() },
        })
    }

    fn refused(&self, status: u16) -> HubError {
        HubError::Refused { repository: self.manifest.hub_id.clone(), status }
    }

    /// hf-hub's `blobs/ETAG.part`. The ETag of a large file is its SHA-256.
    fn part_file(&self) -> PathBuf {
        let blobs = store::hub_folder(self.manifest, self.settings).join("blobs");
        blobs.join(format!("{}.part", self.file.sha256))
    }

    fn part_file_bytes(&self) -> u64 {
        std::fs::metadata(self.part_file()).map_or(0, |metadata| metadata.len())
    }

    /// One try. The download runs in a thread of its own, so that one that brings nothing is noticed.
    fn download(&self, progress: &mut Progress) -> Result<PathBuf, HubError> {
        let part = self.part_file();
        // A part that is already whole (or longer) can't be asked for "the rest of"; it starts again.
        if self.part_file_bytes() >= self.file.bytes {
            std::fs::remove_file(&part).map_err(HubError::io("remove", &part))?;
        }
        let (sender, receiver) = mpsc::channel();
        let repository = self.api.repo(self.repository());
        let (api, name) = (self.api.clone(), self.file.name.to_owned());
        let expected_bytes = self.file.bytes;
        std::thread::spawn(move || {
            let answer = match api.metadata(&repository.url(&name)) {
                Ok(metadata) if metadata.size() as u64 != expected_bytes => Err(Failure::Size(metadata.size() as u64)),
                Ok(_) => repository.download_with_progress(&name, Reporter(sender.clone())).map_err(Failure::Client),
                Err(error) => Err(Failure::Client(error)),
            };
            let _ = sender.send(Event::Done(answer));
        });
        loop {
            match receiver.recv_timeout(self.settings.stall_timeout) {
                Ok(Event::At(bytes)) => progress.set(bytes),
                Ok(Event::Grew(bytes)) => progress.advance(bytes),
                Ok(Event::Done(answer)) => return answer.map_err(|failure| self.explain(failure)),
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = self.settings.stall_timeout.as_secs();
                    return Err(HubError::Unreachable { message: format!("nothing came for {seconds} s") });
                }
                // The thread panicked; what it said is on stderr.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(HubError::Unreachable { message: "the client failed on the answer".to_owned() });
                }
            }
        }
    }

    fn explain(&self, failure: Failure) -> HubError {
        let message = match failure {
            Failure::Size(bytes) => {
                return HubError::WrongContent {
                    file: self.file.name.to_owned(),
                    origin: ORIGIN.to_owned(),
                    what: "its size",
                    found: format!("{bytes} bytes"),
                    expected: format!("{} bytes", self.file.bytes),
                };
            }
            Failure::Client(ApiError::RequestError(error)) => match *error {
                ureq::Error::StatusCode(status) => return self.refused(status),
                error => error.to_string(),
            },
            Failure::Client(error) => error.to_string(),
        };
        HubError::Transfer { file: self.file.name.to_owned(), message }
    }

    /// Checks what came; a wrong file leaves the cache at once, link and content.
    fn check(&self, path: &Path) -> Result<(), HubError> {
        store::forget_stamp(path, self.settings);
        let Err(wrong) = store::check(path, self.file, ORIGIN, self.settings)? else {
            return Ok(());
        };
        store::forget_stamp(path, self.settings);
        let content = path.canonicalize().map_err(HubError::io("read", path))?;
        std::fs::remove_file(path).map_err(HubError::io("remove", path))?;
        if content != path && content.exists() {
            std::fs::remove_file(&content).map_err(HubError::io("remove", &content))?;
        }
        Err(wrong)
    }
}
