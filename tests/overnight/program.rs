//! `mujaz` with a translator without weights: everything around the model is the program itself. The test program
//! starts itself as it ([`as_mujaz`]), so that nothing of it is in what users get. The environment says how it behaves:
//!
//! ```text
//! FAKE_ARGUMENTS=[…]      the command line, as JSON
//! FAKE_DELAY_MS=20        time of a batch
//! FAKE_BATCH=8            texts of a batch
//! FAKE_LOG=FILE           a line for each batch when it begins: what is in it, by hash
//! FAKE_DIE_AT=STEP:N      dies by SIGKILL when it takes STEP for the Nth time
//! FAKE_PANIC_AT=STEP:N    panics there instead
//! FAKE_HEALED=1           nothing fails any more
//! FAKE_NO_MODEL=1         the model can't be loaded
//! FAKE_MARIAN=DIR         decodes with the Marian checkpoint in DIR instead, two workers
//! ```
//! Texts with the words of [`Trouble`] fail.

use candle_core::Device;
use clap::Parser;
use mujaz::article::sha256_hex;
use mujaz::cli::{Cli, Embedding, fail, run_embedded};
use mujaz::pipeline::Step;
use mujaz::seq2seq::{Seq2SeqOptions, Seq2SeqTranslator};
use mujaz::translate::{
    BatchError, Cancel, LazyTranslator, Limits, LoadError, ModelIdentity, RowError, Translation, Translator,
    TranslatorInfo, Unit,
};
use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The program, for the tests that start it.
#[test]
#[ignore = "no test: the program that the others start"]
fn as_mujaz() {
    let arguments = env::var("FAKE_ARGUMENTS").expect("started by another test");
    let arguments: Vec<String> = serde_json::from_str(&arguments).expect("a list");
    let cli = Cli::parse_from(std::iter::once("mujaz".to_owned()).chain(arguments));
    cli.globals.set_up_logging();
    let die_at = Moment::from_environment("FAKE_DIE_AT");
    let panic_at = Moment::from_environment("FAKE_PANIC_AT");
    let on_step = |step| {
        if die_at.as_ref().is_some_and(|moment| moment.has_come(step)) {
            // Nothing of the program runs any more, as if power were cut.
            let _ = signal_hook::low_level::raise(signal_hook::consts::SIGKILL);
        }
        assert!(!panic_at.as_ref().is_some_and(|moment| moment.has_come(step)), "panicking as told");
    };
    let code = match run_embedded(cli, &Embedding { translator: Some(&translator), on_step: &on_step }) {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    };
    // As `main` would end; the test runner has its own exit codes.
    let number = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).expect("an exit code is a byte");
    std::process::exit(number.into());
}

/// A step, taken so many times.
struct Moment {
    step: Step,
    left: AtomicUsize,
}

impl Moment {
    fn from_environment(variable: &str) -> Option<Self> {
        let given = env::var(variable).ok()?;
        let (name, count) = given.split_once(':').expect("STEP:N");
        let step = Step::NAMES.into_iter().find(|(known, _)| *known == name).expect("a known step").1;
        Some(Self { step, left: AtomicUsize::new(count.parse().expect("a number")) })
    }

    fn has_come(&self, step: Step) -> bool {
        step == self.step && self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn translator() -> LazyTranslator {
    let Some(folder) = env::var_os("FAKE_MARIAN") else {
        return LazyTranslator::new(Fake::new().info, || match env::var_os("FAKE_NO_MODEL") {
            None => Ok(Box::new(Logged(Box::new(Fake::new())))),
            Some(_) => Err(LoadError { model: "fake".into(), hint: None, source: "there is none, as told".into() }),
        });
    };
    let mut options = Seq2SeqOptions::new("fixture");
    options.workers = 2;
    options.generation.beams = Some(1);
    let info = Seq2SeqTranslator::describe(Path::new(&folder), &options, &Device::Cpu).expect("a model");
    LazyTranslator::new(info, move || {
        let loaded = Seq2SeqTranslator::load(Path::new(&folder), &options, &Device::Cpu);
        let model = loaded.map_err(|error| LoadError {
            model: "fixture".into(),
            hint: error.hint(),
            source: Box::new(error),
        })?;
        Ok(Box::new(Logged(Box::new(model))))
    })
}

/// Writes down what is decoded.
struct Logged(Box<dyn Translator>);

impl Translator for Logged {
    fn info(&self) -> &TranslatorInfo {
        self.0.info()
    }

    fn limits(&self) -> Limits {
        let mut limits = self.0.limits();
        limits.preferred_batch = number("FAKE_BATCH").map_or(limits.preferred_batch, |count| count as usize);
        limits
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    fn translate(&self, units: &[Unit], cancel: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        if let Some(path) = env::var_os("FAKE_LOG") {
            let names: Vec<_> = units
                .iter()
                .map(|unit| sha256_hex(&format!("{:?}{}", unit.kind, unit.text))[..16].to_owned())
                .collect();
            let mut log = OpenOptions::new().create(true).append(true).open(path).expect("the log opens");
            log.write_all((names.join(" ") + "\n").as_bytes()).expect("the log is written");
        }
        if let Some(delay) = number("FAKE_DELAY_MS") {
            std::thread::sleep(Duration::from_millis(delay));
        }
        self.0.translate(units, cancel)
    }
}

/// Words that make a text fail.
enum Trouble {}

impl Trouble {
    /// The model fails on it.
    const MODEL: &str = "زمردة";
    /// A batch with it is out of memory.
    const MEMORY: &str = "لؤلؤة";
    /// The engine panics.
    const PANIC: &str = "ياقوتة";
}

/// Spells Arabic letters as Latin ones.
struct Fake {
    info: TranslatorInfo,
}

impl Fake {
    fn new() -> Self {
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
        }
    }
}

fn spelled(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{600}'..='\u{6ff}' if c.is_alphabetic() => char::from(b'a' + (u32::from(c) % 26) as u8),
            '،' => ',',
            other => other,
        })
        .collect()
}

impl Translator for Fake {
    fn info(&self) -> &TranslatorInfo {
        &self.info
    }

    fn limits(&self) -> Limits {
        Limits { max_source_tokens: 1000, preferred_batch: 8, in_step: true, verbatim: false }
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn translate(&self, units: &[Unit], _: &Cancel) -> Result<Vec<Result<Translation, RowError>>, BatchError> {
        let fails = |unit: &Unit, word: &str| env::var_os("FAKE_HEALED").is_none() && unit.text.contains(word);
        if units.iter().any(|unit| fails(unit, Trouble::MEMORY)) {
            return Err(BatchError::OutOfMemory { device: "fake".into(), message: "as told".into() });
        }
        assert!(!units.iter().any(|unit| fails(unit, Trouble::PANIC)), "panicking as told");
        let translate = |unit: &Unit| match fails(unit, Trouble::MODEL) {
            true => Err(RowError::Model("as told".into())),
            false => Ok(Translation {
                text: spelled(&unit.text),
                score: Some(-0.5),
                tokens_in: self.count_tokens(&unit.text),
                tokens_out: self.count_tokens(&unit.text),
                ..Translation::default()
            }),
        };
        Ok(units.iter().map(translate).collect())
    }
}
