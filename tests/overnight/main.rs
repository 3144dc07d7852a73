//! The overnight run, from outside: nothing lost, nothing done twice.

#![cfg(unix)]

mod cluster;
mod facts;
mod failures;
mod kill;
mod program;
mod scale;
mod sharing;
mod support;
mod told;
