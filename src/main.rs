//! The `mujaz` program: parse, set up logging, run, exit code.

use clap::Parser;
use mujaz::cli::{Cli, fail};
use std::process::ExitCode;

fn main() -> ExitCode {
    mujaz::llm::use_one_thread_a_product();
    let cli = Cli::parse();
    cli.globals.set_up_logging();
    match mujaz::cli::run(cli) {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    }
}
