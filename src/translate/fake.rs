//! A translator without weights for the tests: spells each word backwards, and fails where it is told to.

use super::{
    BatchError, Cancel, LazyTranslator, Limits, ModelIdentity, RowError, Translation, Translator, TranslatorInfo, Unit,
};
use std::sync::Mutex;

/// See the module.
pub struct FakeTranslator {
    /// What it says of itself.
    pub info: TranslatorInfo,
    /// [`Limits::preferred_batch`].
    pub preferred_batch: usize,
    /// [`Limits::verbatim`].
    pub verbatim: bool,
    /// Batches above this many units are out of memory.
    pub memory_units: usize,
    /// A unit with this word fails alone.
    pub poison: Option<&'static str>,
    /// Every batch that was translated.
    pub batches: std::sync::Arc<Mutex<Vec<Vec<Unit>>>>,
}

impl Default for FakeTranslator {
    fn default() -> Self {
        Self {
            info: TranslatorInfo {
                identity: ModelIdentity {
                    model: "fake".into(),
                    revision: None,
                    sha256: None,
                    dtype: "none".into(),
                    decoding: serde_json::json!({"beams": 1}),
                },
                device: "cpu/fake".into(),
                deterministic: true,
                unreliable: None,
            },
            preferred_batch: 1,
            verbatim: false,
            memory_units: usize::MAX,
            poison: None,
            batches: Default::default(),
        }
    }
}

impl FakeTranslator {
    /// Wrapped as the pipeline takes it.
    pub fn lazy(self) -> LazyTranslator {
        let slot = Mutex::new(Some(self));
        let info = slot.lock().unwrap().as_ref().unwrap().info.clone();
        LazyTranslator::new(info, move || Ok(Box::new(slot.lock().unwrap().take().expect("loaded once"))))
    }

    /// What it makes of `text`.
    pub fn reversed(text: &str) -> String {
        text.split(' ').map(|word| word.chars().rev().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

impl Translator for FakeTranslator {
    fn info(&self) -> &TranslatorInfo {
        &self.info
    }

    fn limits(&self) -> Limits {
        Limits {
            max_source_tokens: 1000,
            preferred_batch: self.preferred_batch,
            in_step: self.preferred_batch > 1,
            verbatim: self.verbatim,
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        if cancel.is_cancelled() {
            return Err(BatchError::Cancelled);
        }
        if units.len() > self.memory_units {
            return Err(BatchError::OutOfMemory { device: "fake".into(), message: format!("{} units", units.len()) });
        }
        self.batches.lock().unwrap().push(units.to_vec());
        Ok(units
            .iter()
            .map(|unit| match self.poison {
                Some(poison) if unit.text.contains(poison) => Err(RowError::Model(format!("poisoned by {poison}"))),
                _ => Ok(Translation {
                    text: Self::reversed(&unit.text),
                    tokens_in: self.count_tokens(&unit.text),
                    tokens_out: self.count_tokens(&unit.text),
                    ..Translation::default()
                }),
            })
            .collect())
    }
}
