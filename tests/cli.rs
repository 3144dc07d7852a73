//! The real binary from outside: exit code, stdout and stderr as one block, and the files that it leaves. The model
//! is a random GGUF of a few hundred kilobytes: its English means nothing, everything around it is real.

mod common;

use common::{Sandbox, read_json};
use serde_json::Value;
use std::fs;

const TITLE_AND_QUOTE: &str = "عنوان قصير للخبر\n\nوقال المدير سالم الراوي: \"بدأ العمل اليوم\".\n";

#[test]
fn a_folder_becomes_briefings_and_a_second_run_does_nothing() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.write("in/sub/b.txt", "أعلنت الوزارة أن العمل بدأ في 3 مدن.\n");
    let first = place.brief(&["in", "--out", "out"]);
    first.assert_code(0);
    for file in ["a.json", "a.html", "a.md", "sub/b.json", "sub/b.html", "sub/b.md", "index.html", "quotes.csv"] {
        assert!(place.path("out").join(file).is_file(), "out/{file} is missing:\n{}", first.block());
    }
    let before = place.snapshot("out");
    let second = place.brief(&["in", "--out", "out"]);
    second.assert_code(0);
    assert!(second.stderr.contains("nothing to do: 2 up to date"), "{}", second.block());
    assert_eq!(before, place.snapshot("out"), "not a byte changes");
}

#[test]
fn the_briefing_keeps_the_arabic_verbatim() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.brief(&["in", "--out", "out"]).assert_code(0);
    let briefing = read_json(&place.path("out/a.json"));
    let text = briefing["article"]["text"].as_str().unwrap();
    assert_eq!(text, TITLE_AND_QUOTE);
    assert_eq!(briefing["article"]["title"]["ar"], "عنوان قصير للخبر");
    let quote = &briefing["quotes"][0];
    let (start, end) = (quote["content"]["start"].as_u64().unwrap(), quote["content"]["end"].as_u64().unwrap());
    assert_eq!(&text[start as usize..end as usize], "بدأ العمل اليوم");
    assert_eq!(quote["speaker"]["text"], "المدير سالم الراوي");
    assert_eq!(quote["checks"]["verbatim"], true);
    assert_eq!(quote["checks"]["names"], Value::Null, "what is not checked says null");
}

#[test]
fn only_what_changed_is_done_again() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.write("in/b.txt", "أعلنت الوزارة أن العمل بدأ في 3 مدن.\n");
    place.brief(&["in", "--out", "out", "--format", "md"]).assert_code(0);
    let json = fs::read(place.path("out/a.json")).unwrap();

    let formats = place.brief(&["in", "--out", "out", "--format", "md,html"]);
    formats.assert_code(0);
    assert!(formats.stderr.contains("0 briefed") && formats.stderr.contains("2 rendered"), "{}", formats.block());
    assert!(place.path("out/a.html").is_file());
    assert_eq!(json, fs::read(place.path("out/a.json")).unwrap());

    place.write("in/b.txt", "أعلنت الوزارة أن العمل بدأ في 4 مدن.\n");
    let changed = place.brief(&["in", "--out", "out", "--format", "md"]);
    changed.assert_code(0);
    assert!(changed.stderr.contains("1 briefed") && changed.stderr.contains("1 up to date"), "{}", changed.block());
    let html = fs::read_to_string(place.path("out/b.html")).unwrap();
    assert!(html.contains("4 مدن"), "a format of an earlier run must not contradict the new briefing");

    fs::write(place.path("out/a.json"), "{\"article\":").unwrap();
    let mended = place.brief(&["in", "--out", "out", "--format", "md"]);
    assert!(mended.stderr.contains("1 briefed"), "{}", mended.block());
    assert_eq!(json, fs::read(place.path("out/a.json")).unwrap(), "same text, same settings, same bytes");

    let forced = place.brief(&["in", "--out", "out", "--force"]);
    assert!(forced.stderr.contains("2 briefed"), "{}", forced.block());
}

#[test]
fn bad_inputs_are_told_and_the_rest_is_done() {
    let place = Sandbox::new();
    place.write("in/good.txt", TITLE_AND_QUOTE);
    place.write("in/empty.txt", "");
    place.write("in/french.txt", "Le ministre a déclaré que les travaux commencent aujourd'hui dans trois villes.");
    place.write("in/page.pdf", "%PDF-1.4");
    place.write("in/.hidden.txt", TITLE_AND_QUOTE);
    fs::write(place.path("in/binary.txt"), [0u8, 159, 146, 150, 0, 1, 2, 3, 255, 0, 7]).unwrap();
    let run = place.brief(&["in", "--out", "in/out"]);
    run.assert_code(1);
    insta::assert_snapshot!("bad_inputs", run.block());
    assert!(place.path("in/out/good.json").is_file());
    let again = place.brief(&["in", "--out", "in/out"]);
    assert!(again.stderr.contains("1 up to date"), "--out inside the input is not read:\n{}", again.block());
}

#[test]
fn wrong_usage_ends_with_a_hint() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.write("in/a.text", TITLE_AND_QUOTE);
    let model = place.model();
    let cases: [(&str, &[&str], i32); 7] = [
        ("absent_input", &["brief", "absent", "--out", "out", "--translator", &model], 2),
        ("same_output", &["brief", "in", "--out", "out", "--translator", &model], 2),
        ("unknown_format", &["brief", "in/a.txt", "--out", "out", "--format", "pdf"], 2),
        ("unknown_summarizer", &["brief", "in/a.txt", "--out", "out", "--summarizer", "magic"], 2),
        ("unknown_profile", &["brief", "in/a.txt", "--out", "out", "--profile", "best"], 2),
        ("not_fetched", &["brief", "in/a.txt", "--out", "out", "--profile", "fast"], 3),
        ("absent_model", &["translate", "in/a.txt", "--model", "absent.gguf"], 3),
    ];
    for (name, arguments, code) in cases {
        let run = place.mujaz(arguments);
        insta::assert_snapshot!(format!("usage_{name}"), run.block());
        run.assert_code(code);
        assert!(!place.path("out").exists(), "{name}: refused before any work");
    }
}

#[test]
fn an_article_in_windows_1256_is_read() {
    let place = Sandbox::new();
    let text = "وقالت الوزيرة هند العلي إن المشروع سيبدأ في الربيع المقبل من هذا العام.\n".repeat(3);
    let (bytes, _, unmappable) = encoding_rs::WINDOWS_1256.encode(&text);
    assert!(!unmappable);
    place.write_bytes("in/a.txt", &bytes);
    place.brief(&["in", "--out", "out"]).assert_code(0);
    let briefing = read_json(&place.path("out/a.json"));
    assert_eq!(briefing["article"]["encoding"], "windows-1256");
    assert_eq!(briefing["article"]["text"], Value::String(text));
}

#[test]
fn a_jsonl_gives_one_briefing_a_line_and_hostile_text_stays_text() {
    let place = Sandbox::new();
    let rows = [
        r#"{"id":"../../etc/x","title":"<script>alert(1)</script> خبر","text":"وقال المدير سالم الراوي: \"بدأ العمل اليوم\".","url":"javascript:alert(1)"}"#,
        r#"{"text": 3}"#,
        r#"{"title":"خبر","text":"أعلنت الوزارة أن العمل بدأ في 3 مدن."}"#,
    ];
    place.write("feed.jsonl", &rows.join("\n"));
    let run = place.brief(&["feed.jsonl", "--out", "out"]);
    run.assert_code(1);
    assert!(run.stderr.contains("feed.jsonl:2"), "{}", run.block());
    let files: Vec<_> = place.snapshot("out").into_iter().map(|(name, _)| name).collect();
    assert!(files.iter().filter(|name| name.ends_with(".json")).count() == 2, "{files:?}");
    assert!(!place.path("etc").exists() && files.iter().all(|name| !name.contains("..")), "{files:?}");
    for name in files.iter().filter(|name| name.ends_with(".html")) {
        let html = fs::read_to_string(place.path("out").join(name)).unwrap();
        assert!(!html.contains("<script>alert") && !html.contains("href=\"javascript:"), "{name}");
    }
}

#[test]
fn translate_keeps_lines_in_their_places() {
    let place = Sandbox::new();
    let run = place.mujaz_with_stdin(&["translate", "--model", &place.model()], "خبر\n\nخبر\n".as_bytes());
    run.assert_code(0);
    let lines: Vec<_> = run.stdout.split('\n').collect();
    assert_eq!(lines.len(), 4, "three lines and the end: {:?}", run.stdout);
    assert_eq!(lines[1], "");
    assert_eq!(lines[0], lines[2], "same source, same words");

    let run = place.mujaz_with_stdin(
        &["translate", "--model", &place.model(), "--json", "--token-ids"],
        b"\xd8\xae\xd8\xa8\xd8\xb1 \xff\n\n",
    );
    run.assert_code(0);
    let records: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["line"], 1);
    assert_eq!(records[0]["source"], "خبر \u{fffd}");
    assert_eq!(records[0]["token_ids"].as_array().unwrap().len() as u64, records[0]["tokens_out"].as_u64().unwrap());
    assert_eq!(records[1]["text"], "");
}

#[test]
fn quotes_needs_no_model() {
    let place = Sandbox::new();
    place.write("a.txt", TITLE_AND_QUOTE);
    let run = place.mujaz(&["quotes", "a.txt", "--json"]);
    run.assert_code(0);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(record["schema"], "mujaz.quotes/1");
    assert_eq!(record["article"], "a.txt");
    assert_eq!(record["attributions"][0]["type"], "direct");
    let listing = place.mujaz(&["quotes", "a.txt"]);
    assert!(listing.stdout.contains("المدير سالم الراوي"), "{}", listing.block());
}

#[test]
fn formats_are_rendered_from_the_json_alone() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.brief(&["in", "--out", "out", "--format", "html"]).assert_code(0);
    let html = fs::read(place.path("out/a.html")).unwrap();
    fs::remove_file(place.path("out/a.html")).unwrap();
    place.mujaz(&["render", "out", "--format", "html,md"]).assert_code(0);
    assert_eq!(html, fs::read(place.path("out/a.html")).unwrap());
    assert!(place.path("out/a.md").is_file());
    place.mujaz(&["render", "in", "--format", "md"]).assert_code(2);
}

#[test]
fn a_broken_briefing_is_named_and_left_out_of_the_index() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.write("out/old.json", "{\"schema\":\"mujaz.briefing/1\",");
    let run = place.brief(&["in", "--out", "out"]);
    run.assert_code(0);
    assert!(run.stderr.contains("left out of the index and the quote sheet: old.json"), "{}", run.block());
}

#[test]
fn a_reader_that_has_gone_ends_every_command_quietly() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    let model = place.model();
    let cases: [&[&str]; 7] = [
        &["completions", "bash"],
        &["doctor"],
        &["models", "list"],
        &["quotes", "in"],
        &["quotes", "in", "--json"],
        &["translate", "in/a.txt", "--model", &model],
        &["brief", "in", "--out", "out", "--dry-run"],
    ];
    // The command may be faster than the reader is gone: several tries, none may panic.
    for _ in 0..5 {
        for arguments in cases {
            let run = place.mujaz_into_closed_pipe(arguments);
            assert!(matches!(run.code, Some(0 | 3)) && run.stderr.is_empty(), "{arguments:?}\n{}", run.block());
        }
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    let run = place.mujaz(&["brief", "in", "--out", "out", "--dry-run"]);
    run.assert_code(0);
    insta::assert_snapshot!("dry_run_without_model", run.block());
    for (name, arguments) in [
        ("dry_run_of_known_size", ["--profile", "fast", "--offline"]),
        ("dry_run_of_unknown_model", ["--translator", "someone/some-model", "--offline"]),
        ("dry_run_of_missing_summarizer", ["--profile", "compact", "--summarizer=distilbart-cnn-12-6"]),
    ] {
        let run = place.mujaz(&[&["brief", "in", "--out", "out", "--dry-run"], arguments.as_slice()].concat());
        insta::assert_snapshot!(name, run.block());
        run.assert_code(0);
    }
    let run = place.mujaz(&["brief", "in", "--out", "out", "--dry-run", "--profile", "best"]);
    run.assert_code(2);
    assert!(!place.path("out").exists());
}

#[test]
fn settings_give_defaults_and_a_wrong_key_is_refused() {
    let place = Sandbox::new();
    place.write("in/a.txt", TITLE_AND_QUOTE);
    place.write("mujaz.toml", "format = [\"md\"]\n");
    place.brief(&["in", "--out", "out"]).assert_code(0);
    assert!(place.path("out/a.md").is_file() && !place.path("out/a.html").exists());
    place.write("mujaz.toml", "formt = [\"md\"]\n");
    let run = place.brief(&["in", "--out", "out"]);
    run.assert_code(2);
    insta::assert_snapshot!("wrong_key", run.block());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_its_work_and_goes_on() {
    let place = Sandbox::new();
    for number in 0..40 {
        place.write(
            &format!("in/{number:02}.txt"),
            &format!("وقال المدير سالم الراوي: \"وصلت الدفعة رقم {number}\".\n"),
        );
    }
    let reference = place.brief(&["in", "--out", "whole"]);
    reference.assert_code(0);
    let interrupted = place.brief_interrupted(&["in", "--out", "out"], "out");
    assert_eq!(interrupted.code, Some(130), "{}", interrupted.block());
    let kept = place.snapshot("out").into_iter().filter(|(name, _)| name.ends_with(".json")).count();
    assert!((1..40).contains(&kept), "{kept} briefings were kept:\n{}", interrupted.block());
    let resumed = place.brief(&["in", "--out", "out"]);
    resumed.assert_code(0);
    assert!(resumed.stderr.contains(&format!("{kept} up to date")), "{}", resumed.block());
    assert_eq!(place.snapshot("whole"), place.snapshot("out"), "byte for byte as if never interrupted");
}
