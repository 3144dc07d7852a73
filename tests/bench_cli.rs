//! `mujaz bench` from outside, with a random checkpoint; and what the threads of a run come to.

mod common;

use common::Sandbox;
use serde_json::Value;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

fn checkpoint(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints").join(name).display().to_string()
}

#[test]
fn speed_is_told_as_text_and_as_a_record() {
    let place = Sandbox::new();
    let marian = checkpoint("opus-mt-ar-en");
    let common = ["bench", "--model", &marian, "--sentences", "6", "--tokens", "7", "--beams", "2", "--profile"];
    let text = place.mujaz(&common);
    text.assert_code(0);
    for part in ["tokens/s", "6 sentences", "42 out", "peak memory", "output projection", "own attention"] {
        assert!(text.stdout.contains(part), "{part}: {}", text.block());
    }
    let run = place.mujaz(&[&common[..], &["--json", "--runs", "2", "--workers", "1"]].concat());
    run.assert_code(0);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&record["tokens_out"], &record["beams"], &record["workers"]), (&42.into(), &2.into(), &1.into()));
    assert_eq!(record["seconds"].as_array().unwrap().len(), 2);
    let shares: f64 = record["profile"].as_array().unwrap().iter().map(|part| part["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-6, "{record}");
    let ratio = place.mujaz(&["bench", "--model", &marian, "--sentences", "3", "--ratio", "0.5", "--json"]);
    let record: Value = serde_json::from_str(&ratio.stdout).unwrap();
    let tokens = |name: &str| record[name].as_f64().unwrap();
    assert!((tokens("tokens_out") - 0.5 * tokens("tokens_in")).abs() <= 1.5, "{record}");
    assert!(record.get("profile").is_none());
}

#[test]
fn every_instruction_set_can_be_forced_and_others_are_refused() {
    let place = Sandbox::new();
    let marian = checkpoint("opus-mt-ar-en");
    let run = |isa: &str| {
        let arguments = ["bench", "--model", &marian, "--sentences", "2", "--tokens", "3", "--json"];
        place.command(&arguments).env("MUJAZ_ISA", isa).output().unwrap()
    };
    for isa in mujaz::kernels::Isa::available() {
        let record: Value = serde_json::from_slice(&run(&isa.to_string()).stdout).unwrap();
        assert_eq!(record["device"], format!("cpu/{isa}"));
        assert_eq!(record["dtype"], if isa.is_fast_with_bytes() { "int8" } else { "f32" });
    }
    let refused = run("mmx");
    let words = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(3), "{words}");
    assert!(words.contains("MUJAZ_ISA") && words.contains("generic") && words.contains("hint: "), "{words}");
}

#[test]
fn quality_and_sources_from_a_file() {
    let place = Sandbox::new();
    let marian = checkpoint("opus-mt-ar-en");
    place.write("ids", "[5, 6, 7, 0]\n[9, 0]\n");
    let ids = place.path("ids").display().to_string();
    let run = place.mujaz(&["bench", "--model", &marian, "--ids", &ids, "--quality", "--tokens", "6", "--json"]);
    run.assert_code(0);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(record["tokens_compared"], 10, "the forced end is not compared: {record}");
    let error = record["first_logits_error_median"].as_f64().unwrap();
    assert!(error > 0.0 && error < 1.0, "{record}");
    place.write("bad", "[5]\n[1000000]\n");
    place.write("none", "");
    place.write("words", "[5]\nfive\n");
    for (name, wanted) in [
        ("bad", "source 2 holds the id 1000000"),
        ("none", "there are no sources"),
        ("words", "line 2"),
        ("absent", "can't be read"),
    ] {
        let path = place.path(name).display().to_string();
        let run = place.mujaz(&["bench", "--model", &marian, "--ids", &path]);
        run.assert_code(2);
        assert!(run.stderr.contains(wanted), "{}", run.block());
    }
    let llm = place.mujaz(&["bench", "--model", &place.model()]);
    llm.assert_code(2);
    let turned = place.mujaz(&["bench", "--model", &marian, "--source-tokens", "9", "3"]);
    turned.assert_code(2);
    let long = place.mujaz(&["bench", "--model", &marian, "--tokens", "4000"]);
    assert!(long.code == Some(2) && long.stderr.contains("positions"), "{}", long.block());
}

/// Packed weights: written on request, read silently, left aside with a warning.
#[test]
fn packed_weights_are_written_and_read() {
    let place = Sandbox::new();
    std::fs::create_dir_all(place.path("model")).unwrap();
    for entry in std::fs::read_dir(checkpoint("opus-mt-ar-en")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, place.path("model").join(path.file_name().unwrap())).unwrap();
    }
    let model = place.path("model").display().to_string();
    let translate = || {
        let arguments = ["translate", "--model", &model, "--dtype", "int8"];
        let run = place.mujaz_with_stdin(&arguments, "قال الوزير: «نعم».\nانتهى الاجتماع.\n".as_bytes());
        run.assert_code(0);
        run
    };
    let before = translate();
    let run = place.mujaz(&["models", "pack", &model]);
    run.assert_code(0);
    let packed = Path::new(run.stdout.trim());
    assert!(packed.is_file() && packed.starts_with(&model), "{}", run.block());
    assert!(run.stderr.contains("MB of 8-bit weights written in"), "{}", run.block());
    let after = translate();
    assert_eq!((after.stdout, after.stderr), (before.stdout.clone(), before.stderr));
    std::fs::write(packed, "not a table").unwrap();
    let aside = translate();
    assert!(aside.stdout == before.stdout && aside.stderr.contains("models pack"), "{}", aside.block());

    let llm = place.mujaz(&["models", "pack", &place.model()]);
    llm.assert_code(2);
    assert!(llm.stderr.contains("is a language model"), "{}", llm.block());
    let t5 = place.mujaz(&["models", "pack", &checkpoint("t5-base")]);
    t5.assert_code(3);
    assert!(t5.stderr.contains("no 8-bit integers for models of the T5 family"), "{}", t5.block());
}

/// Threads of `child` that run or want to.
#[cfg(target_os = "linux")]
fn running(child: &Child) -> usize {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", child.id())) else { return 0 };
    let state = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        text.rsplit(')').next()?.trim_start().chars().next()
    };
    tasks.filter_map(state).filter(|state| *state == 'R').count()
}

/// No more threads work than were asked for. When one hands over to another both may be seen for a moment.
#[test]
#[cfg(target_os = "linux")]
fn no_more_threads_work_than_were_asked_for() {
    let place = Sandbox::new();
    let model = checkpoint("opus-mt-ar-en");
    let cases = ["int8", "f32"].into_iter().flat_map(|dtype| [(dtype, 1, 4000), (dtype, 2, 4000), (dtype, 2, 1)]);
    for (dtype, workers, sentences) in cases {
        let (count, sources) = (workers.to_string(), sentences.to_string());
        let mut arguments = vec!["bench", "--model", &model, "--dtype", dtype, "--workers", &count];
        arguments.extend(["--sentences", &sources, "--runs", "100", "--tokens", "150", "--beams", "4"]);
        let mut child = place.command(&arguments).spawn().unwrap();
        let mut samples = Vec::new();
        while samples.len() < 400 {
            if let Some(end) = child.try_wait().unwrap() {
                assert!(end.success());
                break;
            }
            samples.push(running(&child));
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        child.wait().unwrap();
        let beyond = samples.iter().filter(|count| **count > workers).count();
        println!("{dtype}, {workers} workers, {sentences} sources: {beyond} of {} samples beyond", samples.len());
        assert!(samples.iter().any(|count| *count > 0));
        // Threads that begin are seen, too: those that read the weights, and the workers.
        assert!(beyond <= 2 + samples.len() / 20, "{dtype}, {workers} workers: {samples:?}");
    }
}
