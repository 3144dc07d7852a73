//! Resumed, shared between processes, cut into shards: together always the files of one run.

use super::support::{Place, assert_same, block, finish, run};
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

fn slow(command: &mut Command) -> &mut Command {
    command.env("FAKE_DELAY_MS", "20")
}

#[test]
fn what_disappeared_is_made_again_from_stored_translations_and_a_lost_ledger_loses_no_output() {
    let place = Place::with_articles(20);
    run(&mut place.brief("out"), 0);
    let whole = place.files("out");

    fs::remove_file(place.path("out/03/00003.json")).unwrap();
    fs::remove_file(place.path("out/04/00004.html")).unwrap();
    let again = run(place.brief("out").env("FAKE_LOG", "log"), 0);
    assert!(again.contains("1 briefed") && again.contains("1 rendered, 18 up to date"), "{again}");
    assert!(place.batches("log").is_empty(), "no text was translated again");
    assert_same(&whole, &place.files("out"));

    fs::remove_dir_all(place.path("home")).unwrap();
    let rebuilt = run(place.brief("out").env("FAKE_LOG", "log"), 0);
    assert!(rebuilt.contains("nothing to do: 20 up to date"), "{rebuilt}");
    assert!(place.batches("log").is_empty());

    let forced = run(place.command(&["brief", "in", "--out", "out", "--force"]).env("FAKE_LOG", "log"), 0);
    assert!(forced.contains("20 briefed"), "{forced}");
    assert_same(&whole, &place.files("out"));
}

/// As an earlier version with other rules left it: other words, another settings hash, the same translations.
#[test]
fn changed_rules_make_briefings_anew_without_the_model() {
    let place = Place::with_articles(20);
    run(&mut place.brief("out"), 0);
    let whole = place.files("out");
    for path in place.times("out").keys() {
        let mut briefing: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        briefing["signature"]["rules"] = "quotes-0+words-0".into();
        briefing["signature"]["settings_sha256"] = "0".repeat(64).into();
        briefing["quotes"] = Value::Array(Vec::new());
        fs::write(path, briefing.to_string()).unwrap();
        fs::write(path.with_extension("html"), "of the older rules").unwrap();
    }
    let again = run(place.brief("out").env("FAKE_NO_MODEL", "1"), 0);
    assert!(again.contains("20 briefed"), "{again}");
    assert_same(&whole, &place.files("out"));
    // The model is asked for what is new, and only then is it missed.
    place.write("in/new.txt", "أعلنت الوزارة أن العمل بدأ في 99 مدينة.\n");
    let missed = run(place.brief("out").env("FAKE_NO_MODEL", "1"), 3);
    assert!(missed.contains("the model fake can't be loaded"), "{missed}");
}

#[test]
fn a_wire_copy_has_its_own_briefing_and_no_translation_of_its_own() {
    let place = Place::with_articles(20);
    run(place.brief("out").env("FAKE_LOG", "log"), 0);
    let texts: Vec<String> = place.batches("log").concat();
    let distinct: HashSet<&String> = texts.iter().collect();
    assert_eq!(texts.len(), distinct.len());
    assert!(place.path("out/01/00008.json").is_file() && place.path("out/02/00009.json").is_file());
}

#[test]
fn two_processes_on_one_folder_share_the_work() {
    let place = Place::with_articles(60);
    run(&mut place.brief("whole"), 0);
    let start = |log: &str| slow(place.brief("out").env("FAKE_LOG", log)).spawn().unwrap();
    let (first, second) = (start("log-1"), start("log-2"));
    let (first, second) = (finish(first, 0), finish(second, 0));
    assert_same(&place.files("whole"), &place.files("out"));
    let briefed = |block: &str| -> usize {
        let (before, _) = block.split_once(" briefed").expect("a closing table");
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let count = |log: &str| if log.contains("nothing to do") { 0 } else { briefed(log) };
    assert_eq!(count(&first) + count(&second), 60, "each article once:\n{first}\n{second}");
}

#[test]
fn a_killed_process_leaves_its_articles_to_the_other_at_once() {
    let place = Place::with_articles(30);
    run(&mut place.brief("whole"), 0);
    let mut first = place.brief("out").env("FAKE_DELAY_MS", "60").spawn().unwrap();
    sleep(Duration::from_millis(300));
    let second = slow(&mut place.brief("out")).spawn().unwrap();
    sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    finish(second, 0);
    assert_same(&place.files("whole"), &place.files("out"));
}

#[test]
fn three_shards_give_the_files_of_one_process() {
    let place = Place::with_articles(40);
    place.write("in/empty.txt", " ");
    place.write("in/french.txt", "Le ministre a déclaré que les travaux commencent dans trois villes.");
    run(&mut place.brief("whole"), 1);
    let start = |index: &str| {
        // As on three machines: each with a state of its own.
        let state = format!("state-{}", &index[..1]);
        place.command(&["brief", "in", "--out", "out", "--shard", index, "--state", &state]).spawn().unwrap()
    };
    let children = ["1/3", "2/3", "3/3"].map(start);
    let blocks = children.map(|child| block(&child.wait_with_output().unwrap()));
    let with_failures = blocks.iter().filter(|block| block.starts_with("exit code: 1")).count();
    assert_eq!(with_failures, 1, "one shard has the empty file: {blocks:#?}");
    let without_lists = |name: &str| {
        let mut files = place.files(name);
        files.retain(|name, _| !name.starts_with("failed"));
        files
    };
    assert_same(&without_lists("whole"), &without_lists("out"));
}
