//! The quote sheet: every quote of a folder as one row of a CSV, for spreadsheets.
//!
//! UTF-8 with a byte order mark, because spreadsheet programs otherwise read Arabic in a legacy encoding (Python reads
//! it as `utf-8-sig`). A cell that a spreadsheet would take for a formula gets a `'` before it, so a cell is not
//! always the verbatim text: the JSON is. What is unknown is an empty cell, and for the speaker `how` says why.

use super::folder::{FolderReport, briefings};
use super::write::AtomicFile;
use super::{RenderError, words};
use crate::brief::{Briefing, QuoteRecord};
use crate::quotes::TextSpan;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Name of the sheet in the output folder.
pub const QUOTE_SHEET: &str = "quotes.csv";

/// Its columns. `file` is the input as the user named it, `briefing` the JSON below the output folder, `flags` the
/// codes of what the checks found on the quote, its sentences and its speaker's name, and of the warnings about the
/// whole briefing, separated by spaces.
const COLUMNS: [&str; 15] = [
    "file",
    "outlet",
    "date",
    "speaker_ar",
    "speaker_en",
    "quote_ar",
    "quote_en",
    "type",
    "confidence",
    "flags",
    "how",
    "cue",
    "polarity",
    "quote_id",
    "briefing",
];

/// Writes `quotes.csv` in `out_dir` from the briefings that lie there, holding one of them at a time.
///
/// # Errors
/// [`RenderError::Io`] or [`RenderError::Csv`] if the folder can't be read or the sheet can't be written; an older
/// sheet is then untouched. Broken briefings are no error: the report names them.
pub fn quote_sheet(out_dir: &Path) -> Result<FolderReport, RenderError> {
    let path = out_dir.join(QUOTE_SHEET);
    let mut report = FolderReport { files: 1, ..FolderReport::default() };
    let found = briefings(out_dir)?;
    let mut file = AtomicFile::create(&path)?;
    file.write_all("\u{FEFF}".as_bytes()).map_err(|source| RenderError::Io {
        action: "writing",
        path: path.clone(),
        source,
    })?;
    let failed = |source| RenderError::Csv { path: path.clone(), source };
    let mut sheet = csv::Writer::from_writer(file);
    sheet.write_record(COLUMNS).map_err(failed)?;
    for entry in found {
        match entry {
            Ok((place, briefing)) => {
                for quote in &briefing.quotes {
                    sheet
                        .write_record(row(&place, &briefing, quote).iter().map(|cell| cell.as_bytes()))
                        .map_err(failed)?;
                }
                report.briefings += 1;
                report.quotes += briefing.quotes.len();
            }
            Err(skipped) => report.skipped.push(skipped),
        }
    }
    let file = sheet.into_inner().map_err(|error| failed(csv::Error::from(error.into_error())))?;
    file.commit()?;
    Ok(report)
}

fn row<'b>(place: &Path, briefing: &'b Briefing, quote: &'b QuoteRecord) -> [Cow<'b, str>; COLUMNS.len()] {
    let (article, record) = (&briefing.article, &quote.attribution);
    let cell = |text: Option<&'b str>| text.map_or(Cow::Borrowed(""), |text| neutralised(text.into()));
    let how = match &record.speaker {
        Some(speaker) => words::code(speaker.how),
        None => format!("unknown ({})", record.speaker_reason.as_deref().unwrap_or("no reason recorded")),
    };
    let place: Vec<_> = place.iter().map(|name| name.to_string_lossy()).collect();
    [
        cell(Some(&article.path)),
        cell(article.outlet.as_deref()),
        cell(article.published.as_deref()),
        cell(record.speaker.as_ref().map(|speaker| speaker.text.as_str())),
        cell(quote.speaker_en.as_ref().map(|en| en.text.as_str())),
        cell(Some(&record.content.text)),
        cell(quote.en.as_ref().map(|en| en.text.as_str())),
        words::code(record.r#type).into(),
        record.confidence.map_or(Cow::Borrowed(""), |confidence| confidence.to_string().into()),
        neutralised(flags(briefing, quote).into()),
        neutralised(how.into()),
        cell(record.cue.as_ref().map(|TextSpan { text, .. }| text.as_str())),
        words::code(record.polarity).into(),
        cell(Some(&record.id)),
        neutralised(place.join("/").into()),
    ]
}

fn flags(briefing: &Briefing, quote: &QuoteRecord) -> String {
    let whole = briefing.warnings.iter().filter(|warning| warning.sentence.is_none() && is_about_all(&warning.code));
    let sentences = briefing.sentences.iter().filter(|sentence| quote.sentences.contains(&sentence.id));
    let mut codes: BTreeSet<String> = whole.map(|warning| warning.code.clone()).collect();
    codes.extend(sentences.flat_map(|sentence| &sentence.flags).map(words::code));
    codes.extend(quote.speaker_en.iter().flat_map(|en| &en.flags).map(|flag| format!("speaker_{}", words::code(flag))));
    let checks = [
        ("check_verbatim_failed", quote.checks.verbatim),
        ("check_balanced_failed", quote.checks.balanced),
        ("check_numbers_failed", quote.checks.numbers),
        ("check_names_failed", quote.checks.names),
        ("no_translation", Some(quote.en.is_some())),
        ("speaker_unknown", Some(quote.attribution.speaker.is_some())),
    ];
    codes.extend(checks.iter().filter(|(_, result)| *result == Some(false)).map(|(code, _)| code.to_string()));
    codes.into_iter().collect::<Vec<_>>().join(" ")
}

/// `quote_…` warnings count quotes of the article; the row of each quote says more exactly what they say.
fn is_about_all(code: &str) -> bool {
    !code.starts_with("quote_")
}

/// `text` such that no spreadsheet program takes it for a formula: with a `'` before it where its first visible
/// character is one that starts a formula (also in full width), or where it begins with a control character.
fn neutralised(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_invisible = |c: char| c.is_whitespace() || c.is_control() || is_format_control(c);
    let starts_formula = text
        .trim_start_matches(is_invisible)
        .starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}', '\u{2212}']);
    if starts_formula || text.starts_with(char::is_control) { format!("'{text}").into() } else { text }
}

fn is_format_control(c: char) -> bool {
    words::is_direction_control(c) || matches!(c, '\u{200B}'..='\u{200F}' | '\u{061C}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, json, write::write_atomic};
    use super::*;
    use proptest::prelude::*;

    fn sheet_of(briefings: &[(&str, &Briefing)]) -> (String, FolderReport) {
        let folder = tempfile::tempdir().unwrap();
        for (name, briefing) in briefings {
            write_atomic(&folder.path().join(name), json(briefing).unwrap().as_bytes()).unwrap();
        }
        let report = quote_sheet(folder.path()).unwrap();
        (std::fs::read_to_string(folder.path().join(QUOTE_SHEET)).unwrap(), report)
    }

    #[test]
    fn a_folder_becomes_a_sheet() {
        let (text, report) = sheet_of(&[("valley/river.json", &fixture::briefing())]);
        assert_eq!((report.briefings, report.quotes, report.skipped.len()), (1, 9, 0));
        assert!(text.starts_with("\u{FEFF}file,outlet,date,"));
        insta::assert_snapshot!("quote_sheet", text.trim_start_matches('\u{FEFF}'));
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let mut briefing = fixture::briefing();
        briefing.article.outlet = Some("a \"b\", c\nd".into());
        briefing.article.path = "=cmd|' /C calc'!A0".into();
        let (text, _) = sheet_of(&[("a b.json", &briefing)]);
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), briefing.quotes.len());
        assert_eq!(&rows[0][0], "'=cmd|' /C calc'!A0");
        assert_eq!(&rows[0][1], "a \"b\", c\nd");
        assert_eq!(&rows[2][5], briefing.quotes[2].attribution.content.text);
        assert_eq!(&rows[0][14], "a b.json");
    }

    #[test]
    fn formulas_are_neutralised() {
        let table = [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@sum", "'@sum"),
            ("\t=1", "'\t=1"),
            ("\rx", "'\rx"),
            ("  =1", "'  =1"),
            ("\u{200F}=1", "'\u{200F}=1"),
            ("\u{2067}-قال", "'\u{2067}-قال"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("قال", "قال"),
            ("", ""),
            ("'=1", "'=1"),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(text, expected)| (neutralised((*text).into()), expected))
            .filter(|(got, expected)| got != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    proptest! {
        #[test]
        fn no_cell_starts_a_formula(text in "[ \t\r=+@\\-a\u{200F}\u{202B}\u{FEFF}]{0,6}") {
            let cell = neutralised(text.as_str().into());
            let first = cell.chars().find(|&c| !(c.is_whitespace() || c.is_control() || is_format_control(c)));
            prop_assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{cell:?}");
            prop_assert!(cell == text || cell.strip_prefix('\'') == Some(text.as_str()));
        }
    }
}
