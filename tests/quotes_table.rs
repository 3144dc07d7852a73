//! Short examples of every way in which Arabic news reports speech, with the records that must come out of each.

use mujaz::quotes::{AttributionType, extract};

/// The records of `text` in the notation of the table.
fn records(text: &str) -> Vec<String> {
    let found = extract(text, &[]);
    let spoken = found.attributions.iter().map(|record| {
        let letter = match record.r#type {
            AttributionType::Direct => 'D',
            AttributionType::Mixed => 'M',
            AttributionType::Indirect => 'I',
        };
        let speaker = record.speaker.as_ref().map_or("-", |speaker| speaker.text.as_str());
        format!("{letter} {speaker} = {}", record.content.text)
    });
    spoken.chain(found.not_speech.iter().map(|marked| format!("N {}", marked.text))).collect()
}

#[test]
fn every_pattern() {
    let table = include_str!("fixtures/quotes_table.tsv");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for (number, line) in table.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        assert_eq!(columns.len(), 3, "row {} has {} columns", number + 1, columns.len());
        rows += 1;
        let text = columns[1].replace("\\n", "\n");
        let mut expected: Vec<String> =
            columns[2].split(" ¦ ").filter(|row| *row != "none").map(|row| row.replace("\\n", "\n")).collect();
        let mut found = records(&text);
        expected.sort();
        found.sort();
        if expected != found {
            wrong.push(format!(
                "row {} (pattern {}): {text}\n  expected {expected:?}\n  found    {found:?}",
                number + 1,
                columns[0]
            ));
        }
    }
    assert!(rows >= 150, "only {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
}
