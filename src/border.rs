//! The border around one article, text or batch: a panic behind it is that one's failure, and data like every other.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Stable name of the failure.
pub const PANIC: &str = "panic";
/// What to do about it.
pub const HINT: &str = "this is a bug of mujaz: please report it with the article";

/// What a panic said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic(String);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Does `work` behind the border. What it has begun is dropped where it panics; it must leave nothing half done behind
/// that others go on with.
///
/// # Errors
/// [`Panic`].
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Panic(message(panic.as_ref())))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic that says nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 3), Ok(3));
        assert_eq!(caught(|| -> u8 { panic!("plain") }), Err(Panic("plain".into())));
        assert_eq!(caught(|| -> u8 { panic!("with {}", "words") }), Err(Panic("with words".into())));
    }
}
