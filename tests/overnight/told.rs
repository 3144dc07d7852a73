//! What a user reads: exit code, stdout and stderr as one block.

use super::support::{Place, block, troubled};
use std::fs;
use std::process::Command;

/// The block of a command, without what differs from run to run.
fn told(command: &mut Command) -> String {
    let output = command.output().unwrap();
    block(&output)
}

/// Times, rates and sizes of this machine.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    for (pattern, instead) in [
        (r"test program::as_mujaz \.\.\. ", ""),
        (r"in \d+\.\d s\n", "in [time]\n"),
        (r"slowest .*\n(          .*\n)*", "slowest    [articles]\n"),
        (r"thread '<unnamed>' \(\d+\) panicked at .*:\n", "[thread] panicked:\n"),
        (r"note: run with `RUST_BACKTRACE.*\n", ""),
        (r"\d+\.\d tokens/s", "[rate] tokens/s"),
        (r"\d+\.\d\d GB", "[memory] GB"),
        (r"time: \d+ (s|min) at", "time: [time] at"),
        (r" +\d+\.\d +\d+  -\n", " [rates]\n"),
        (r#""(updated|articles_per_hour|tokens_per_second)":[0-9.]+"#, r#""$1":"[number]""#),
    ] {
        settings.add_filter(pattern, instead);
    }
    settings
}

#[test]
fn the_end_of_a_run() {
    settings().bind(|| {
        let place = troubled();
        place.write("in/french.txt", "Le ministre a déclaré que les travaux commencent dans trois villes.");
        insta::assert_snapshot!("dry_run", told(&mut place.command(&["brief", "in", "--out", "out", "--dry-run"])));
        // One text a batch: what is together in one would be a matter of time.
        insta::assert_snapshot!("closing_table", told(place.brief("out").env("FAKE_BATCH", "1")));
        insta::assert_snapshot!("failed_list", fs::read_to_string(place.path("out/failed.jsonl")).unwrap());
        insta::assert_snapshot!("status", told(&mut place.command(&["status", "out"])));
        insta::assert_snapshot!("status_json", told(&mut place.command(&["status", "out", "--json"])));
        insta::assert_snapshot!("failed_before", told(&mut place.brief("out")));
        insta::assert_snapshot!("quiet", told(&mut place.command(&["-q", "brief", "in", "--out", "out"])));
        insta::assert_snapshot!(
            "dry_run_after",
            told(&mut place.command(&["brief", "in", "--out", "out", "--dry-run", "--force"]))
        );
    });
}

#[test]
fn nothing_to_do() {
    settings().bind(|| {
        let place = Place::with_articles(3);
        told(&mut place.brief("out"));
        insta::assert_snapshot!("nothing_to_do", told(&mut place.brief("out")));
        insta::assert_snapshot!(
            "nothing_to_do_dry_run",
            told(&mut place.command(&["brief", "in", "--out", "out", "--dry-run"]))
        );
    });
}

#[test]
fn shards() {
    settings().bind(|| {
        let place = Place::with_articles(12);
        insta::assert_snapshot!("status_of_no_run", told(&mut place.command(&["status", "in"])));
        told(&mut place.command(&["brief", "in", "--out", "out", "--shard", "1/3"]));
        insta::assert_snapshot!("status_of_shards", told(&mut place.command(&["status", "out"])));
        insta::assert_snapshot!("status_of_shards_json", told(&mut place.command(&["status", "out", "--json"])));
    });
}

#[test]
fn refused() {
    settings().bind(|| {
        let place = Place::new();
        let lines = ["a", "b", "a", "A", "b"].map(|id| format!(r#"{{"id":"{id}","text":"وصل الوفد اليوم."}}"#));
        place.write("feed.jsonl", &lines.join("\n"));
        insta::assert_snapshot!("same_ids", told(&mut place.command(&["brief", "feed.jsonl", "--out", "out"])));
    });
}
