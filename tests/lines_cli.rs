//! `mujaz translate` and `mujaz summarize` from outside, with a random Marian checkpoint: what comes out means nothing,
//! which line it stands on does.

mod common;

use common::Sandbox;
use serde_json::Value;
use std::path::Path;

fn checkpoint(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints").join(name).display().to_string()
}

/// Lines that programs stumble over. The last has no end.
fn hostile() -> Vec<Vec<u8>> {
    vec![
        "خبر قصير.".into(),
        Vec::new(),
        b" \t ".to_vec(),
        "\u{200b}\u{feff}".into(),
        b"\xff\xfe bad".to_vec(),
        b"\xed\xa0\x80 surrogate".to_vec(),
        b"\x00\x01\x1b[31m control".to_vec(),
        "</s> <unk> <pad> >>eng<<".into(),
        "كلمة ".repeat(1_500).into(),
        "ا".repeat(1_000).into(),
        "سطر\u{2028}آخر\u{85}".into(),
        "👩\u{200d}👩\u{200d}👧 ﷽ ١٢٣".into(),
        "النهاية".into(),
    ]
}

fn records(place: &Sandbox, arguments: &[&str], code: i32) -> Vec<Value> {
    let run = place.mujaz_with_stdin(arguments, &hostile().join(&b'\n'));
    run.assert_code(code);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn no_line_is_lost_or_shifted() {
    let place = Sandbox::new();
    let model = checkpoint("opus-mt-ar-en");
    let flags = ["--json", "--beams", "1", "--max-length", "4"];
    for (command, field) in [("translate", "source"), ("summarize", "document")] {
        let records = records(&place, &[&[command, "--model", &model][..], &flags].concat(), 0);
        assert_eq!(records.len(), hostile().len(), "{command}");
        for (index, (record, line)) in records.iter().zip(hostile()).enumerate() {
            assert_eq!(record["line"], index + 1);
            assert_eq!(record[field], Value::String(String::from_utf8_lossy(&line).into_owned()), "{command}");
            assert!(record["text"].is_string() && record.get("error").is_none(), "{command} {record}");
            let empty = (1..=3).contains(&index);
            assert_eq!(record["tokens_in"] == 0, empty, "{command} line {}", index + 1);
        }
        let split =
            |index: usize| records[index]["flags"].as_array().unwrap().iter().any(|flag| flag == "source_split");
        assert!(split(8) && !split(0), "{command}");
        let plain = place.mujaz_with_stdin(
            &[command, "--model", &model, "--beams", "1", "--max-length", "6"],
            &hostile().join(&b'\n'),
        );
        assert_eq!(plain.stdout.lines().count(), hostile().len(), "{command}");
    }
}

#[test]
fn ids_and_hypotheses_are_written() {
    let place = Sandbox::new();
    let model = checkpoint("opus-mt-tc-big-ar-en");
    let flags = ["--json", "--token-ids", "--n-best", "3", "--beams", "4", "--max-length", "12"];
    let run =
        place.mujaz_with_stdin(&[&["translate", "--model", &model][..], &flags].concat(), "خبر قصير.\n".as_bytes());
    run.assert_code(0);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    let ids = record["token_ids"].as_array().unwrap();
    assert_eq!(ids.len() as u64, record["tokens_out"].as_u64().unwrap() + 1, "the start is in the ids");
    assert!(ids.len() <= 12);
    let hypotheses = record["n_best"].as_array().unwrap();
    assert_eq!(hypotheses.len(), 3);
    assert_eq!(hypotheses[0]["text"], record["text"]);
    assert!(hypotheses.windows(2).all(|pair| pair[0]["score"].as_f64() >= pair[1]["score"].as_f64()));
}

#[test]
fn words_are_aligned_on_request() {
    let place = Sandbox::new();
    let model = checkpoint("opus-mt-ar-en");
    let line = "أعلنت الوزارة  أمس أن العمل في الميناء بدأ.";
    let flags = ["translate", "--model", &model, "--json", "--max-length", "20"];
    let run = place.mujaz_with_stdin(&[&flags[..], &["--alignment", "1"]].concat(), format!("{line}\n\n").as_bytes());
    run.assert_code(0);
    let records: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = records[0]["text"].as_str().unwrap();
    let slice = |text: &str, range: &Value| {
        let at = |index: usize| range[index].as_u64().unwrap() as usize;
        text[at(0)..at(1)].to_owned()
    };
    let pairs = records[0]["alignment"].as_array().unwrap();
    let targets: Vec<String> = pairs.iter().map(|pair| slice(text, &pair["target"])).collect();
    assert_eq!(targets, text.split_whitespace().collect::<Vec<_>>());
    assert!(pairs.iter().all(|pair| line.split_whitespace().any(|word| word == slice(line, &pair["source"]))));
    assert_eq!(records[1]["alignment"], Value::Array(Vec::new()), "a line without words");
    let plain = place.mujaz_with_stdin(&[&flags[..], &["--dtype", "f32"]].concat(), format!("{line}\n").as_bytes());
    let record: Value = serde_json::from_str(&plain.stdout).unwrap();
    assert_eq!((&record["text"], record.get("alignment")), (&records[0]["text"], None));
}

#[test]
fn wrong_words_are_refused_with_a_hint() {
    let place = Sandbox::new();
    let marian = checkpoint("opus-mt-ar-en");
    let refused = |arguments: &[&str], code: i32, wanted: &str| {
        let run = place.mujaz_with_stdin(arguments, b"x\n");
        run.assert_code(code);
        assert!(run.stderr.contains(wanted) && run.stdout.is_empty(), "{}", run.block());
    };
    refused(
        &["translate", "--model", &marian, "--target-lang", "fr"],
        3,
        "hint: leave --source-lang and --target-lang out",
    );
    refused(&["translate", "--model", &place.model(), "--target-lang", "fr"], 2, "hint: leave --source-lang");
    refused(&["translate", "--model", &place.model(), "--max-length", "9"], 2, "hint: leave --beams");
    refused(&["translate", "--model", &marian, "--device", "gpu"], 2, "expected auto, cpu or cuda:N");
    refused(&["translate", "--model", &marian, "--device", "cuda:99"], 3, "the device cuda:99 can't be used");
    // A summary is of a document and what was put before it, or of summaries of its parts: their bytes are not its.
    refused(&["summarize", "--model", &marian, "--json", "--alignment", "0"], 2, "unexpected argument '--alignment'");
    let aligned = |layer| ["translate", "--json", "--alignment", layer, "--model"];
    refused(&[&aligned("0")[..], &[&place.model()]].concat(), 2, "hint: leave --alignment out");
    refused(&[&aligned("0")[..], &[&marian, "--dtype", "int8"]].concat(), 2, "hint: leave --dtype out");
    refused(&[&aligned("9")[..], &[&marian]].concat(), 3, "the decoder has 2 layers, not layer 9");
    refused(&["summarize", "--model", &place.model()], 2, "hint: name an encoder-decoder model");
    refused(&["summarize", "--profile", "compact"], 2, "hint: --model ID|DIR");
}

#[test]
fn a_briefing_with_a_summary_that_a_model_wrote() {
    let place = Sandbox::new();
    place.write("in/a.txt", "عنوان قصير للخبر\n\nأعلنت الوزارة أمس أن العمل في الميناء الجديد بدأ في 3 مدن. وقال المدير سالم الراوي: \"بدأ العمل اليوم\".\n");
    let model = checkpoint("opus-mt-ar-en");
    let run =
        place.mujaz(&["brief", "in", "--out", "out", "--translator", &model, "--summarizer", &model, "--beams", "1"]);
    run.assert_code(0);
    let briefing = common::read_json(&place.path("out/a.json"));
    assert_eq!(briefing["summary"]["method"], "abstractive");
    assert_eq!(briefing["signature"]["summarizer"]["name"], "abstractive");
    assert_eq!(briefing["signature"]["summarizer"]["reads"], "ar");
    assert!(briefing["signature"]["summarizer"]["model"]["sha256"].is_string());
    let items = briefing["summary"]["items"].as_array().unwrap();
    assert!(items[0]["ar"].is_string() && items[0]["quotes"].as_array().unwrap().is_empty());
    let quoted = items.last().unwrap();
    assert_eq!(quoted["quotes"].as_array().unwrap().len(), 1, "the quote stands beside the summary: {items:?}");
    assert!(briefing["article"]["text"].as_str().unwrap().contains(quoted["ar"].as_str().unwrap()));
    let again =
        place.mujaz(&["brief", "in", "--out", "out", "--translator", &model, "--summarizer", &model, "--beams", "1"]);
    assert!(again.stderr.contains("nothing to do"), "{}", again.block());
    let other = place.mujaz(&["brief", "in", "--out", "out", "--translator", &model, "--beams", "1"]);
    assert!(!other.stderr.contains("nothing to do"), "{}", other.block());
}
