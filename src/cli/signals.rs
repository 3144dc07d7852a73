//! Ctrl-C and SIGTERM: the first asks for a stop that keeps the work, the second ends the program at once.

use crate::translate::Cancel;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Watches for signals as long as the program runs.
#[derive(Debug, Clone)]
pub struct Signals {
    received: Arc<AtomicI32>,
}

impl Signals {
    /// From now on the first signal sets `cancel`, the second exits with 130 or 143.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn watch(cancel: &Cancel) -> io::Result<Self> {
        let received = Arc::new(AtomicI32::new(0));
        for signal in [SIGINT, SIGTERM] {
            let second = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, second.clone())?;
            // Registered after the shutdown, so that the first signal only arms it.
            signal_hook::flag::register(signal, second)?;
        }
        let mut incoming = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let (signal_cell, cancel) = (received.clone(), cancel.clone());
        std::thread::spawn(move || {
            for signal in incoming.forever() {
                signal_cell.store(signal, Ordering::SeqCst);
                eprintln!("stopping after the text in hand; once more stops at once");
                cancel.cancel();
            }
        });
        Ok(Self { received })
    }

    /// 130 or 143 if a signal came.
    pub fn exit_code(&self) -> Option<ExitCode> {
        match self.received.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(ExitCode::from((128 + signal) as u8)),
        }
    }
}
