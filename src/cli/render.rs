//! `mujaz render`: other formats from the JSON that lies there.

use super::failure::{Failure, SOME_FAILED};
use super::progress::printable;
use crate::ledger::OutputPath;
use crate::pipeline::render_again;
use crate::render::{self, Format};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `mujaz render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Folder of briefings, as `mujaz brief --out` wrote it
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Formats: html, md, csv
    #[arg(long, value_name = "LIST", value_delimiter = ',', required = true)]
    format: Vec<Format>,
}

/// Runs `mujaz render`.
///
/// # Errors
/// [`Failure`] for a folder that can't be read and for pages over it that can't be written.
pub fn run(args: RenderArgs) -> Result<ExitCode, Failure> {
    let briefings = render::briefing_files(&args.dir).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).maybe_hint(hint)
    })?;
    if briefings.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("there is no briefing in {}", args.dir.display()))
            .hint("name the folder that `mujaz brief --out` wrote"));
    }
    let (mut rendered, mut failed) = (0, 0);
    for path in briefings {
        let Some(output) = OutputPath::of_briefing(&path) else { continue };
        match render_again(&output, &args.format) {
            Ok(()) => rendered += 1,
            Err(error) => {
                failed += 1;
                eprintln!("failed: {}: {error}", printable(&path.display().to_string()));
            }
        }
    }
    super::brief::write_folder_pages(&args.dir, &args.format)?;
    eprintln!("{rendered} rendered, {failed} failed");
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}
