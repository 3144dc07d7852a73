//! Memory stays flat and nothing grows with the number of articles but the list of their names.

use super::support::{Place, article};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The most memory that a process has held, in MB.
fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// Pipes `count` articles as JSONL into a run; gives articles a second and the peak memory in MB.
fn measure(count: usize) -> (f64, f64) {
    let place = Place::new();
    let started = Instant::now();
    let mut command = place.command(&["-q", "brief", "-", "--out", "out", "--format", "csv"]);
    let mut child = command.env("FAKE_BATCH", "64").stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for number in 0..count {
        let line = serde_json::json!({"id": format!("{number:06}"), "text": article(number)});
        stdin.write_all((line.to_string() + "\n").as_bytes()).unwrap();
    }
    drop(stdin);
    let mut memory: f64 = 0.0;
    let status = loop {
        memory = memory.max(peak(child.id()).unwrap_or(0.0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success());
    (count as f64 / started.elapsed().as_secs_f64(), memory)
}

#[test]
#[ignore = "minutes: a measurement"]
fn a_hundred_thousand_articles_in_flat_memory() {
    for count in [1_000, 10_000, 100_000] {
        let (rate, memory) = measure(count);
        println!("{count} articles: {rate:.0} articles/s, {memory:.0} MB peak");
    }
}
