//! How far a download is, on stderr: a bar on a terminal, else a plain line every few seconds.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

const PLAIN_LINE_EVERY: Duration = Duration::from_secs(5);

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant },
}

/// Progress of a download of one file or several.
pub(super) struct Progress {
    label: String,
    total_bytes: u64,
    /// Of the files that are done.
    done_bytes: u64,
    shown: Shown,
}

impl Progress {
    /// For a download of `total_bytes` that is named `label`.
    pub(super) fn new(label: &str, total_bytes: u64, verbose: bool) -> Self {
        let shown = if !verbose {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(total_bytes), ProgressDrawTarget::stderr());
            let template = "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(label.to_owned());
            Shown::Bar(bar)
        } else {
            Shown::Lines { last: Instant::now() }
        };
        Self { label: label.to_owned(), total_bytes, done_bytes: 0, shown }
    }

    /// Nothing is shown.
    pub(super) fn silent() -> Self {
        Self::new("", 0, false)
    }

    /// The file that is under way has `bytes` now.
    pub(super) fn set(&mut self, bytes: u64) {
        let bytes = self.done_bytes.saturating_add(bytes);
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.set_position(bytes),
            Shown::Lines { last } => {
                if last.elapsed() >= PLAIN_LINE_EVERY {
                    *last = Instant::now();
                    let percent = bytes.saturating_mul(100) / self.total_bytes.max(1);
                    eprintln!("{}: {} of {} ({percent} %)", self.label, megabytes(bytes), megabytes(self.total_bytes));
                }
            }
        }
    }

    /// A file of `bytes` is done; the next one starts at 0.
    pub(super) fn end_of_file(&mut self, bytes: u64) {
        self.set(bytes);
        self.done_bytes = self.done_bytes.saturating_add(bytes);
    }

    /// A line that stays, above the bar if there is one.
    pub(super) fn note(&self, line: &str) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Lines { .. } => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// A size in 10⁶ bytes, as downloads state it.
pub(super) fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{},{:03} MB", bytes / 1_000_000_000, bytes / 1_000_000 % 1_000),
    }
}
