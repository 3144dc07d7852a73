//! Full-size shapes: how long they load and what memory they take. Not run with the others:
//!
//! `MUJAZ_REAL=DIR cargo test --release --test seq2seq_parity -- --ignored --nocapture real_shape` for one checkpoint of
//! `scripts/make-checkpoints --size real`.

use candle_core::{DType, Device};
use mujaz::checkpoint::{Checkpoint, weight_files};
use mujaz::seq2seq::generate::GenerationSettings;
use mujaz::seq2seq::{Compute, Config, Engine, decode};
use mujaz::translate::Cancel;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A field of /proc/self/status, in MiB.
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
    line.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0) / 1024
}

#[test]
#[ignore = "needs a full-size checkpoint in MUJAZ_REAL"]
fn real_shape() {
    let folder = PathBuf::from(std::env::var_os("MUJAZ_REAL").expect("MUJAZ_REAL=DIR"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(status("RssAnon:"));
                std::thread::sleep(Duration::from_millis(3));
            }
            most
        });
        let start = Instant::now();
        let config = Config::from_folder(&folder).unwrap();
        let checkpoint = Checkpoint::open(&folder, &Device::Cpu, DType::F32).unwrap();
        let engine = Engine::load(&checkpoint, &config.network, Compute::F32).unwrap();
        let loaded = start.elapsed();
        let weights = status("RssAnon:");
        let source: Vec<u32> = (5..45).collect();
        let settings = GenerationSettings { max_length: 24, min_length: 20, ..config.generation.clone() };
        let start = Instant::now();
        let found = decode(&engine, &[&source], &settings, &Cancel::new()).unwrap();
        let decoded = start.elapsed();
        done.store(true, Ordering::Relaxed);
        let most = watch.join().unwrap();
        let files: u64 = weight_files(&folder).unwrap().iter().map(|path| path.metadata().unwrap().len()).sum();
        println!(
            "{}: files {} MiB, loaded in {:.1} s; anonymous {weights} MiB after loading, {most} MiB at most, VmHWM {} MiB; \
             {} tokens with {} beams in {:.1} s",
            folder.display(),
            files >> 20,
            loaded.as_secs_f64(),
            status("VmHWM:"),
            found[0][0].ids.len(),
            settings.beams,
            decoded.as_secs_f64()
        );
        assert!(most as f64 <= 1.3 * weights as f64, "{most} MiB at most, {weights} MiB of weights");
    });
}
