//! Holds the published JSON Schemas in `docs/` against the types: run the tests with `MUJAZ_UPDATE_SCHEMAS=1` to
//! write them anew after a change (and bump the record's number where a reader would break).

use schemars::{JsonSchema, schema_for};
use std::path::Path;

fn check<T: JsonSchema>(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let schema = serde_json::to_string_pretty(&schema_for!(T)).unwrap() + "\n";
    if std::env::var_os("MUJAZ_UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema, "{} is not what the types say; see src/schemas.rs", path.display());
}

#[test]
fn the_published_briefing_schema_is_that_of_the_type() {
    check::<crate::brief::Briefing>("briefing.schema.json");
}

#[test]
fn the_published_quotes_schema_is_that_of_the_type() {
    check::<crate::quotes::QuotesRecord>("quotes.schema.json");
}

#[test]
fn the_published_translation_schema_is_that_of_the_type() {
    check::<crate::cli::TranslateRecord>("translate.schema.json");
}

#[test]
fn the_published_summary_schema_is_that_of_the_type() {
    check::<crate::cli::SummarizeRecord>("summarize.schema.json");
}
