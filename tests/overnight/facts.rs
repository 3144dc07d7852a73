//! What a run tells: `run.json`, the status of its shards, the dry run.

use super::support::{Place, block, finish, run};
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", block(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    record_in(&text).unwrap_or_else(|| panic!("no record: {text}"))
}

/// The record on stdout; the test runner may have written before it on the same line.
fn record_in(stdout: &str) -> Option<Value> {
    let line = stdout.lines().find_map(|line| line.find("{\"schema\"").map(|at| &line[at..]))?;
    serde_json::from_str(line).ok()
}

#[test]
fn the_facts_of_a_run_stand_beside_the_briefings() {
    let place = Place::with_articles(10);
    place.write("in/empty.txt", "");
    run(&mut place.brief("out"), 1);
    let facts: Value = serde_json::from_slice(&fs::read(place.path("out/run.json")).unwrap()).unwrap();
    assert_eq!(facts["schema"], "mujaz.run/1");
    assert_eq!(
        (&facts["end"], &facts["briefed"], &facts["failed"]["empty"]),
        (&"complete".into(), &10.into(), &1.into())
    );
    assert!(facts["tokens_out"].as_u64().unwrap() > 0 && facts["words"].as_u64().unwrap() > 0);
    let status = json_of(&mut place.command(&["status", "out", "--json"]));
    assert_eq!(status["schema"], "mujaz.status/1");
    assert_eq!((&status["total"]["done"], &status["total"]["failed"]["empty"]), (&10.into(), &1.into()));
    assert_eq!(status["shards"][0]["state"], "complete");
    let table = run(&mut place.command(&["status", "out"]), 0);
    assert!(table.contains("10 done, complete") && table.contains("failed: empty 1"), "{table}");
    run(&mut place.command(&["status", "in"]), 2);
}

#[test]
fn the_status_is_told_while_a_run_goes_on() {
    let place = Place::with_articles(40);
    let child = place.brief("out").env("FAKE_DELAY_MS", "60").spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        sleep(Duration::from_millis(50));
        let output = place.command(&["status", "out", "--json"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(started.elapsed() < Duration::from_secs(60), "no status came: {text}");
        let Some(status) = record_in(&text) else { continue };
        if status["total"]["done"].as_u64().unwrap() > 0 {
            break status;
        }
    };
    finish(child, 0);
    assert_eq!(status["shards"][0]["state"], "running");
    assert!(status["total"]["running"].as_u64().unwrap() > 0, "{status}");
}

#[test]
fn shards_are_joined_and_the_index_says_which_are_unfinished_or_missing() {
    let place = Place::with_articles(40);
    let shard = |index: &str| {
        let state = format!("state-{}", &index[..1]);
        place.command(&["brief", "in", "--out", "out", "--shard", index, "--state", &state])
    };
    let index = || fs::read_to_string(place.path("out/index.html")).unwrap().replace("&#x2f;", "/");
    run(&mut shard("1/3"), 0);
    let first = index();
    assert!(first.contains("shard 2/3 has not begun") && first.contains("shard 3/3 has not begun"), "{first}");
    let status = json_of(&mut place.command(&["status", "out", "--json"]));
    assert_eq!((&status["total"]["started"], &status["total"]["complete"]), (&1.into(), &1.into()));
    assert_eq!(status["total"]["missing"], serde_json::json!(["2/3", "3/3"]));

    run(&mut shard("3/3"), 0);
    assert!(!index().contains("3/3"));
    // The second shard is stopped on its way: what is there of it is in the index, and that it is not all.
    let child = shard("2/3").env("FAKE_DELAY_MS", "60").spawn().unwrap();
    let started = Instant::now();
    while !place.path("out/status-2-of-3.json").exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "no status came");
        sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    finish(child, 143);
    assert!(index().contains("shard 2/3 was interrupted"), "{}", index());

    run(&mut shard("2/3"), 0);
    assert!(!index().contains("Not all briefings are here"));
    let status = json_of(&mut place.command(&["status", "out", "--json"]));
    assert_eq!((&status["total"]["done"], &status["total"]["complete"]), (&40.into(), &3.into()));
    assert_eq!((&status["total"]["inputs"], &status["total"]["ended"]), (&40.into(), &40.into()));
    assert!(place.path("out/run-1-of-3.json").is_file() && place.path("out/status-2-of-3.json").is_file());
}

#[test]
fn a_dry_run_counts_and_estimates() {
    let place = Place::with_articles(10);
    let dry = || run(&mut place.command(&["brief", "in", "--out", "out", "--dry-run"]), 0);
    let first = dry();
    assert!(first.contains("10 articles,") && first.contains("0 up to date, 10 to brief"), "{first}");
    assert!(first.contains("tokens, each distinct text once") && first.contains("time: not known"), "{first}");
    assert!(!place.path("out").exists());
    run(place.brief("out").env("FAKE_DELAY_MS", "5"), 0);
    place.write("in/new.txt", "أعلنت الوزارة أن العمل بدأ في 99 مدينة.\n");
    let second = dry();
    assert!(second.contains("10 up to date, 1 to brief") && second.contains("at the last measured"), "{second}");
    assert!(second.contains("1 text to translate, 8 tokens"), "{second}");
    // What is translated already costs the model nothing, and no dry run notes anything.
    fs::remove_file(place.path("out/03/00003.json")).unwrap();
    let third = dry();
    assert!(third.contains("9 up to date, 2 to brief") && third.contains("1 text to translate, 8 tokens"), "{third}");
    assert!(third.contains("more are translated already"), "{third}");
    assert_eq!(dry(), third);
}
