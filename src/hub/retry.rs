//! When a request is tried again, and after how long.

use super::{HubError, Settings};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tries in a row that may fail before an error is given up on. What moves forward in between starts the count anew.
const TRIES: u32 = 4;
/// Tries of the very first request: a machine without the Hub learns it soon.
const FIRST_TRIES: u32 = 2;

/// Tries of one request or one download.
pub(super) struct Retries<'s> {
    settings: &'s Settings,
    failed: u32,
    pause: Duration,
}

impl<'s> Retries<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, failed: 0, pause: settings.retry_pause }
    }

    /// Something was gained since the last failure.
    pub(super) fn moved_forward(&mut self) {
        self.failed = 0;
        self.pause = self.settings.retry_pause;
    }

    /// Waits if `error` may pass with time, else gives it back.
    ///
    /// # Errors
    /// `error`, where another try would not help or enough were made, or where the Hub asks for a longer wait than
    /// `settings.longest_wait`.
    pub(super) fn after(&mut self, error: HubError) -> Result<(), HubError> {
        self.failed += 1;
        let tries = if matches!(error, HubError::Unreachable { .. }) { FIRST_TRIES } else { TRIES };
        if !error.is_temporary() || self.failed >= tries {
            return Err(error);
        }
        let asked_for = match &error {
            HubError::Refused { refusal, .. } => refusal.retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        if asked_for > self.settings.longest_wait {
            return Err(error);
        }
        let wait = self.pause.max(asked_for);
        if self.settings.verbose {
            eprintln!("{error}; trying again in {:.1} s", wait.as_secs_f64());
        }
        std::thread::sleep(wait);
        self.pause = self.pause.saturating_mul(2).min(self.settings.longest_wait);
        Ok(())
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or the date at which to come back.
pub(super) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = UNIX_EPOCH + Duration::from_secs(http_date(text)?);
    Some(until.duration_since(now).unwrap_or_default())
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` (the one form of RFC 9110, 5.6.7 that may be sent).
fn http_date(text: &str) -> Option<u64> {
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let clock: Vec<u64> = words.next()?.split(':').map_while(|part| part.parse().ok()).collect();
    let [hours, minutes, seconds] = clock[..] else { return None };
    if words.next() != Some("GMT") || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    // Years that begin in March: the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_since_year_0 = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    // Days from the first of March of the year 0 to 1970.
    let days = days_since_year_0.checked_sub(719_468)?;
    Some(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_seconds_or_dates() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let rows = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400 - 784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
            ("", None),
        ];
        let failing: Vec<_> = rows
            .iter()
            .map(|(text, expected)| (text, retry_after(text, now).map(|wait| wait.as_secs()), *expected))
            .filter(|(_, found, expected)| found != expected)
            .collect();
        assert!(failing.is_empty(), "{failing:?}");
    }
}
