//! `mujaz render`: other formats from the JSON that lies there.

use super::failure::{Failure, SOME_FAILED};
use super::folder_pages;
use super::progress::printable;
use crate::ledger::OutputPath;
use crate::pipeline::render_formats;
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
    let briefings = render::briefings(&args.dir).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).maybe_hint(hint)
    })?;
    let (mut rendered, mut failed) = (0, 0);
    for found in briefings {
        let result = match found {
            Err(skipped) => Err((skipped.path, skipped.reason)),
            Ok((path, briefing)) => match OutputPath::of_briefing(&args.dir.join(&path)) {
                None => continue,
                Some(output) => {
                    render_formats(&output, &briefing, &args.format).map_err(|error| (path, error.to_string()))
                }
            },
        };
        match result {
            Ok(()) => rendered += 1,
            Err((path, reason)) => {
                failed += 1;
                eprintln!("failed: {}: {}", printable(&path.display().to_string()), printable(&reason));
            }
        }
    }
    if rendered + failed == 0 {
        return Err(Failure::usage(anyhow::anyhow!("there is no briefing in {}", args.dir.display()))
            .hint("name the folder that `mujaz brief --out` wrote"));
    }
    folder_pages::write(&args.dir, &args.format)?;
    eprintln!("{rendered} rendered, {failed} failed");
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}
