//! A translator that is described at once and loaded when the first text needs it: a run with nothing to do
//! never pays for the model.

use super::{Translator, TranslatorInfo};
use std::sync::{Mutex, OnceLock, PoisonError};
use thiserror::Error;

/// The model could not be loaded.
#[derive(Debug, Error)]
#[error("the model {model} can't be loaded")]
pub struct LoadError {
    /// Which model.
    pub model: String,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
    /// What mends it.
    pub hint: Option<String>,
}

type Loader = dyn Fn() -> Result<Box<dyn Translator>, LoadError> + Send + Sync;

/// See the module.
pub struct LazyTranslator {
    info: TranslatorInfo,
    load: Box<Loader>,
    loaded: OnceLock<Box<dyn Translator>>,
    /// Held while the model is loaded: its weights must not be there twice.
    loading: Mutex<()>,
}

impl LazyTranslator {
    /// `info` must be what the loaded translator says of itself.
    pub fn new(
        info: TranslatorInfo,
        load: impl Fn() -> Result<Box<dyn Translator>, LoadError> + Send + Sync + 'static,
    ) -> Self {
        Self { info, load: Box::new(load), loaded: OnceLock::new(), loading: Mutex::new(()) }
    }

    /// Name, settings, device: known before the weights are read.
    pub fn info(&self) -> &TranslatorInfo {
        &self.info
    }

    /// The translator; loads it at the first call, while other threads wait.
    ///
    /// # Errors
    /// [`LoadError`] as the loader gives it.
    pub fn get(&self) -> Result<&dyn Translator, LoadError> {
        if let Some(translator) = self.loaded.get() {
            return Ok(translator.as_ref());
        }
        let _alone = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(translator) = self.loaded.get() {
            return Ok(translator.as_ref());
        }
        let translator = (self.load)()?;
        Ok(self.loaded.get_or_init(|| translator).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use crate::translate::fake::FakeTranslator;

    #[test]
    fn threads_that_ask_at_the_same_time_load_once() {
        // The fake can be loaded once and panics the second time.
        let lazy = FakeTranslator::default().lazy();
        std::thread::scope(|scope| {
            let ask = || scope.spawn(|| assert!(lazy.get().is_ok()));
            let threads: Vec<_> = (0..8).map(|_| ask()).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}
