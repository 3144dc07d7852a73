//! What stops a run: the error, the exit code, and the hint that mends it.

use anyhow::Error;
use std::process::ExitCode;

/// Finished, but some articles (or lines) failed.
pub const SOME_FAILED: u8 = 1;
/// Usage or configuration.
pub const USAGE: u8 = 2;
/// A model or device can't be used.
pub const MODEL: u8 = 3;
/// Temporary: the same command may go through later.
pub const TEMPORARY: u8 = 75;

/// An error on its way to the exit code.
#[derive(Debug)]
pub struct Failure {
    /// One of the constants of this module.
    pub exit_code: u8,
    /// What, with its chain of causes.
    pub error: Error,
    /// The command or setting that mends it.
    pub hint: Option<String>,
}

impl Failure {
    /// Wrong flags, settings or inputs.
    pub fn usage(error: impl Into<Error>) -> Self {
        Self { exit_code: USAGE, error: error.into(), hint: None }
    }

    /// A model or device that can't be used.
    pub fn model(error: impl Into<Error>) -> Self {
        Self { exit_code: MODEL, error: error.into(), hint: None }
    }

    /// Output that can't be written, and the like.
    pub fn temporary(error: impl Into<Error>) -> Self {
        Self { exit_code: TEMPORARY, error: error.into(), hint: None }
    }

    /// With a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a hint, if there is one.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// Prints `error:`, its causes and the `hint:` on stderr; gives the exit code.
pub fn fail(failure: &Failure) -> ExitCode {
    eprintln!("error: {}", failure.error);
    // An error that prints its source itself (`transparent`) must not be told twice.
    let mut last = failure.error.to_string();
    for cause in failure.error.chain().skip(1) {
        let text = cause.to_string();
        if !last.ends_with(&text) {
            eprintln!("  because: {text}");
        }
        last = text;
    }
    if let Some(hint) = &failure.hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(failure.exit_code)
}
