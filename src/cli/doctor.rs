//! `mujaz doctor`: what this machine has, and what is missing.

use super::failure::{Failure, MODEL};
use super::{Globals, config, engine, memory};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// One line of the report: fine, or not with a hint.
struct Finding {
    ok: bool,
    what: &'static str,
    text: String,
    hint: Option<String>,
}

impl Finding {
    fn fine(what: &'static str, text: impl Into<String>) -> Self {
        Self { ok: true, what, text: text.into(), hint: None }
    }

    fn missing(what: &'static str, text: impl Into<String>, hint: Option<String>) -> Self {
        Self { ok: false, what, text: text.into(), hint }
    }

    fn lines(&self) -> String {
        let Self { ok, what, text, hint } = self;
        let hint = hint.as_ref().map_or(String::new(), |hint| format!("        {:10} hint: {hint}\n", ""));
        format!("{} {what:10} {text}\n{hint}", if *ok { "ok     " } else { "missing" })
    }
}

/// Runs `mujaz doctor`; exit code 3 if the model in force can't be used.
///
/// # Errors
/// [`Failure`] for a settings file that is wrong and for a stdout that can't be written.
pub fn run(globals: &Globals) -> Result<ExitCode, Failure> {
    let config = config::load(globals.config.as_deref())?;
    let model = model(&config, globals);
    let usable = model.ok;
    let settings = match &config.path {
        Some(path) => Finding::fine("settings", path.display().to_string()),
        None => Finding::fine("settings", "no mujaz.toml here or in the user's config folder; defaults are in force"),
    };
    let findings = [
        Finding::fine("version", format!("mujaz {} (CPU build)", env!("CARGO_PKG_VERSION"))),
        Finding::fine("processor", processor()),
        memory(),
        settings,
        model,
        store(),
        python(),
    ];
    let report: String = findings.iter().map(Finding::lines).collect();
    if let Some(end) = super::output_end(std::io::stdout().write_all(report.as_bytes()))? {
        return Ok(end);
    }
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::from(MODEL) })
}

fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", crate::llm::device_name(&candle_core::Device::Cpu))
}

fn memory() -> Finding {
    match memory::available_bytes() {
        Some(bytes) => Finding::fine("memory", format!("{:.1} GiB free", bytes as f64 / f64::from(1 << 30))),
        None => Finding::fine("memory", "not known on this system"),
    }
}

fn model(config: &config::Config, globals: &Globals) -> Finding {
    match engine::translator(&engine::ModelArgs::default(), config, globals, engine::IfMissing::Fail) {
        Ok(translator) => {
            let identity = &translator.info().identity;
            Finding::fine("model", format!("{} ({})", identity.model, identity.dtype))
        }
        Err(failure) => Finding::missing("model", format!("{:#}", failure.error), failure.hint),
    }
}

fn store() -> Finding {
    let dir = match crate::hub::Settings::from_env(true) {
        Ok(settings) => settings.store,
        Err(error) => return Finding::missing("store", error.to_string(), error.hint()),
    };
    // The folder may not be there yet: its nearest parent is on the same disk.
    let free = dir.ancestors().find(|folder| folder.is_dir()).and_then(|folder| fs4::available_space(folder).ok());
    let free = free.map_or("free space not known".into(), |bytes| format!("{:.1} GB free", bytes as f64 / 1e9));
    Finding::fine("store", format!("{} ({free})", dir.display()))
}

/// Python with pip is only needed to fetch models where the Hub can't be reached.
fn python() -> Finding {
    let answers = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .current_dir(Path::new("/"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if answers {
        Finding::fine("pip", "python3 -m pip answers (used for models where the Hub can't be reached)")
    } else {
        Finding::missing(
            "pip",
            "python3 -m pip does not answer",
            Some("only needed where the Hub can't be reached".into()),
        )
    }
}
