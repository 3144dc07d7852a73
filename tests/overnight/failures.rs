//! What goes wrong is told, kept as data, and loses nothing.

use super::support::{Place, assert_same, finish, run, troubled};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn lines(place: &Place) -> Vec<Value> {
    let text = fs::read_to_string(place.path("out/failed.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn failures_are_data_and_their_list_is_an_input() {
    let place = troubled();
    let first = run(place.brief("out").env("FAKE_LOG", "log"), 1);
    assert!(first.contains("3 failed (empty 1, model 1, out_of_memory 1): out/failed.jsonl"), "{first}");
    let found: Vec<_> = lines(&place)
        .iter()
        .map(|line| (line["output"].as_str().unwrap().to_owned(), line["error"]["kind"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [("empty", "empty"), ("memory", "out_of_memory"), ("model", "model")];
    assert_eq!(found, expected.map(|(id, kind)| (id.to_owned(), kind.to_owned())));
    let panicked = fs::read_to_string(place.path("out/panic.md")).unwrap();
    assert!(panicked.contains("panicking as told"), "one sentence failed, the article did not: {panicked}");

    let again = run(place.brief("out").env("FAKE_LOG", "log-2"), 1);
    assert!(again.contains("it failed in an earlier run"), "{again}");
    assert!(place.batches("log-2").is_empty(), "nothing is tried again unasked");
    run(place.command(&["brief", "in", "--out", "out", "--retry-failed"]).env("FAKE_LOG", "log-2"), 1);
    assert!(!place.batches("log-2").is_empty());

    let healed =
        run(place.command(&["brief", "out/failed.jsonl", "--out", "out", "--retry-failed"]).env("FAKE_HEALED", "1"), 0);
    assert!(healed.contains("2 briefed") && healed.contains("mend in/empty.txt and name that"), "{healed}");
    assert!(place.path("out/memory.json").is_file() && place.path("out/model.json").is_file());
    let left = lines(&place);
    assert_eq!(left.len(), 1, "what has no text can't be mended by the list");
    assert_eq!((&left[0]["input"], &left[0]["error"]["kind"]), (&"in/empty.txt".into(), &"empty".into()));
    place.write("in/empty.txt", "أعلنت الوزارة أن العمل بدأ.\n");
    run(&mut place.brief("out"), 0);
    assert!(!place.path("out/failed.jsonl").exists());
}

#[test]
fn a_run_stops_after_so_many_failures() {
    let place = troubled();
    let stopped = run(&mut place.command(&["brief", "in", "--out", "out", "--max-failures", "1"]), 1);
    assert!(stopped.contains("stopped: too many articles failed"), "{stopped}");
}

#[test]
fn the_first_failure_ends_a_run_that_is_told_to_fail_fast() {
    let place = Place::with_articles(20);
    place.write("in/00/0.txt", "وصلت زمردة إلى المدينة.\n");
    place.write("in/06/z.txt", "وصلت زمردة إلى المدينة رقم 2.\n");
    let stopped = run(place.command(&["brief", "in", "--out", "out", "--fail-fast"]).env("FAKE_DELAY_MS", "20"), 1);
    assert!(stopped.contains("stopped: too many articles failed"), "{stopped}");
    assert_eq!(lines(&place).len(), 1);
    assert!(place.times("out").len() < 20, "it did not go on");
    let healed = run(place.command(&["brief", "in", "--out", "out", "--retry-failed"]).env("FAKE_HEALED", "1"), 0);
    assert!(healed.contains("0 failed"), "{healed}");
    assert_eq!(place.times("out").len(), 22);
}

#[test]
fn a_panic_over_one_article_is_its_failure_and_the_run_goes_on() {
    let place = Place::with_articles(6);
    let told = run(place.brief("out").env("FAKE_PANIC_AT", "formats-written:3"), 1);
    assert!(told.contains("1 failed (panic 1)") && told.contains("please report it with the article"), "{told}");
    assert_eq!(place.times("out").len(), 5);
    run(&mut place.command(&["brief", "in", "--out", "out", "--format", "html,md,csv", "--retry-failed"]), 0);
    run(&mut place.brief("whole"), 0);
    assert_same(&place.files("whole"), &place.files("out"));
}

/// Root may write everywhere but where the system itself forbids it.
#[cfg(target_os = "linux")]
#[test]
fn an_output_folder_that_can_not_be_written_is_refused_before_any_work() {
    let place = Place::with_articles(2);
    for out in ["/sys/kernel", "/sys/kernel/new/out"] {
        let refused = run(&mut place.command(&["brief", "in", "--out", out]), 2);
        assert!(refused.contains(&format!("error: --out {out} can't be written to")), "{refused}");
        assert!(refused.contains("hint: name a folder that you may write to"), "{refused}");
    }
    let refused = run(&mut place.command(&["brief", "in", "--out", "in/00/00000.txt/out"]), 2);
    assert!(refused.contains("is a file") && refused.contains("hint:"), "{refused}");
}

#[test]
fn a_ledger_of_a_later_version_is_refused_and_another_one_loses_nothing() {
    let place = Place::with_articles(5);
    let brief = |state: &str| place.command(&["brief", "in", "--out", "out", "--state", state]);
    run(&mut brief("state"), 0);
    let before = place.files("out");
    let ledger = rusqlite::Connection::open(place.path("state/ledger.sqlite3")).unwrap();
    ledger.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    for mut command in [brief("state"), place.command(&["status", "out", "--state", "state"])] {
        let refused = run(&mut command, 2);
        assert!(refused.contains("has version 99") && refused.contains("hint: use the newer mujaz"), "{refused}");
    }
    let again = run(&mut brief("state-2"), 0);
    assert!(again.contains("nothing to do: 5 up to date"), "{again}");
    assert_same(&before, &place.files("out"));
}

fn wait_for_a_briefing(place: &Place) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while place.times("out").is_empty() {
        assert!(Instant::now() < deadline, "no briefing came");
        sleep(Duration::from_millis(5));
    }
}

fn slow_run(place: &Place) -> Child {
    place.brief("out").env("FAKE_DELAY_MS", "50").spawn().unwrap()
}

#[test]
fn an_output_folder_removed_in_mid_run_ends_it_and_loses_no_translation() {
    let place = Place::with_articles(40);
    run(&mut place.brief("whole"), 0);
    let child = slow_run(&place);
    wait_for_a_briefing(&place);
    fs::rename(place.path("out"), place.path("gone")).unwrap();
    let ended = finish(child, 75);
    assert!(ended.contains("it was removed during the run") && ended.contains("hint:"), "{ended}");
    assert!(!place.path("out").exists(), "half an output folder is not made");
    run(&mut place.brief("out"), 0);
    assert_same(&place.files("whole"), &place.files("out"));
}

fn signal(child: &Child, name: &str) {
    Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
}

#[test]
fn the_first_signal_finishes_the_batch_and_the_second_stops_at_once() {
    let place = Place::with_articles(40);
    run(&mut place.brief("whole"), 0);
    let child = slow_run(&place);
    wait_for_a_briefing(&place);
    signal(&child, "-TERM");
    let ended = finish(child, 143);
    assert!(ended.contains("interrupted: what is written stays"), "{ended}");

    let child = place.brief("out").env("FAKE_DELAY_MS", "20000").spawn().unwrap();
    sleep(Duration::from_millis(700));
    let started = Instant::now();
    signal(&child, "-INT");
    sleep(Duration::from_millis(300));
    signal(&child, "-INT");
    finish(child, 130);
    assert!(started.elapsed() < Duration::from_secs(10), "it did not wait for the batch");
    run(&mut place.brief("out"), 0);
    assert_same(&place.files("whole"), &place.files("out"));
}

#[test]
fn a_ledger_that_is_damaged_is_refused_and_moving_it_away_loses_nothing() {
    let place = Place::with_articles(5);
    let brief = || place.command(&["brief", "in", "--out", "out", "--state", "state"]);
    run(&mut brief(), 0);
    let before = place.files("out");
    let ledger = place.path("state/ledger.sqlite3");
    for name in ["state/ledger.sqlite3-wal", "state/ledger.sqlite3-shm"] {
        let _ = fs::remove_file(place.path(name));
    }
    fs::write(&ledger, "no database ".repeat(1000)).unwrap();
    let refused = run(&mut brief(), 2);
    assert!(refused.contains("is damaged") && refused.contains("hint: move it away"), "{refused}");
    fs::rename(&ledger, place.path("state/damaged")).unwrap();
    let again = run(&mut brief(), 0);
    assert!(again.contains("nothing to do: 5 up to date"), "{again}");
    assert_same(&before, &place.files("out"));
}

/// `FULL_DISK` names an empty folder on a disk of about a megabyte, `READ_ONLY` one that can't be written:
/// `scripts/full-disk` makes both.
#[test]
#[ignore = "needs small disks: scripts/full-disk"]
fn a_full_or_read_only_disk_ends_the_run_and_loses_nothing() {
    let place = Place::with_articles(200);
    run(&mut place.brief("whole"), 0);
    let full = std::env::var("FULL_DISK").unwrap();
    std::os::unix::fs::symlink(&full, place.path("out")).unwrap();
    let ended = run(&mut place.brief("out"), 75);
    assert!(ended.contains("hint: the disk is full"), "{ended}");
    let kept = place.times("out/").len();
    assert!(kept > 0, "what was written is there");
    // With room, the rest is made from where it stopped.
    fs::remove_file(place.path("out")).unwrap();
    fs::create_dir(place.path("out")).unwrap();
    for (name, bytes) in place.files_at(full.as_ref()) {
        let path = place.path("out").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let resumed = run(&mut place.brief("out"), 0);
    assert!(resumed.contains(&format!("{kept} up to date")), "{kept}: {resumed}");
    assert_same(&place.files("whole"), &place.files("out"));

    // The state on the full disk: a clear error, nothing half done.
    let state = format!("{full}/state");
    let ended = run(&mut place.command(&["brief", "in", "--out", "out2", "--state", &state]), 75);
    assert!(ended.contains("hint:"), "{ended}");

    // No later try could fare better: that is for the user to mend.
    let read_only = std::env::var("READ_ONLY").unwrap();
    for out in [read_only.clone(), format!("{read_only}/new")] {
        let ended = run(&mut place.command(&["brief", "in", "--out", &out]), 2);
        assert!(ended.contains(&format!("error: --out {out} can't be written to")), "{ended}");
        assert!(ended.contains("because: Read-only file system") && ended.contains("hint: name a folder"), "{ended}");
    }
}
