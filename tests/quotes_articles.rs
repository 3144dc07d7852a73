//! Whole articles of ours in the manner of different outlets (wires without hamza, papers with « », curly marks,
//! Moroccan web pages, courts, markets, interviews), each with the records that must come out of it.

use mujaz::article::{Span, sentences};
use mujaz::quotes::{AttributionType, Extraction, extract};
use std::fs;
use std::path::Path;

/// Rows of type, speaker and content; marked words that are not speech have no speaker.
fn rows(found: &Extraction) -> Vec<String> {
    let spoken = found.attributions.iter().map(|record| {
        let letter = match record.r#type {
            AttributionType::Direct => 'D',
            AttributionType::Mixed => 'M',
            AttributionType::Indirect => 'I',
        };
        let speaker = record.speaker.as_ref().map_or("-", |speaker| speaker.text.as_str());
        format!("{letter}\t{speaker}\t{}", record.content.text)
    });
    let mut rows: Vec<String> =
        spoken.chain(found.not_speech.iter().map(|marked| format!("N\t\t{}", marked.text))).collect();
    rows.sort();
    rows
}

#[test]
fn every_article() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/quotes_articles");
    let mut articles = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        articles += 1;
        let text = fs::read_to_string(&path).unwrap();
        let title = Span { start: 0, end: text.find('\n').unwrap_or(text.len()) };
        let found = rows(&extract(&text, &sentences::split(&text, Some(title))));
        let table = fs::read_to_string(path.with_extension("tsv")).unwrap();
        let mut expected: Vec<String> = table.lines().map(str::to_owned).collect();
        expected.sort();
        let missing = expected.iter().filter(|row| !found.contains(row)).map(|row| format!("  missing {row}"));
        let extra = found.iter().filter(|row| !expected.contains(row)).map(|row| format!("  extra   {row}"));
        let differences: Vec<String> = missing.chain(extra).collect();
        if found != expected {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            wrong.push(format!("{name}\n{}", differences.join("\n")));
        }
    }
    assert!(articles >= 12, "only {articles} articles in {}", folder.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
