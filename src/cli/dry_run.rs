//! `mujaz brief --dry-run`: reads everything, does nothing.

use super::failure::{Failure, SOME_FAILED};
use super::progress::printable;
use crate::article::ingest::{Ingested, InputPlan};
use std::io::Write;
use std::process::ExitCode;

/// Counts articles and words, and names what would be left out.
///
/// # Errors
/// [`Failure`] for a stdout that can't be written.
pub fn run(inputs: &InputPlan) -> Result<ExitCode, Failure> {
    let (mut articles, mut words, mut skipped, mut failed) = (0, 0, 0, 0);
    for ingested in inputs.articles() {
        match ingested {
            Ingested::Article(article) => {
                articles += 1;
                words += article.words;
            }
            Ingested::Skipped(left) => {
                skipped += 1;
                eprintln!("would skip: {}: {}", printable(&left.path), left.reason);
            }
            Ingested::Failed(left) => {
                failed += 1;
                eprintln!("would fail: {}: {}", printable(&left.path), left.message);
            }
        }
    }
    let line = format!("{articles} articles, {words} words; {skipped} skipped, {failed} failed\n");
    if let Some(end) = super::output_end(std::io::stdout().write_all(line.as_bytes()))? {
        return Ok(end);
    }
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}
