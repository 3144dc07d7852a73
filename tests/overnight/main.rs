//! The overnight run, from outside: nothing lost, nothing done twice.

#![cfg(unix)]

mod kill;
mod program;
mod sharing;
mod support;
