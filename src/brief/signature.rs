//! The settings hash of a briefing: what it takes to know whether a briefing is still what the settings would make.

use crate::article::sha256_hex;
use crate::translate::ModelIdentity;
use serde_json::{Map, Value, json};

/// Version of [`Signature`](super::Signature).
pub const SIGNATURE_SCHEMA: u32 = 1;

/// Version of units, projection, checks and assembly: what this program does to the words beside quotes and models.
const WORDS_VERSION: &str = "words-3";

/// Names of all rule sets, as recorded in [`Signature::rules`](super::Signature::rules): quotes first (`quotes-5+words-3`).
pub fn rules() -> String {
    format!("{}+{WORDS_VERSION}", crate::quotes::RULES_VERSION)
}

/// Lower-case hex SHA-256 over what changes the words. It needs no article, so that a run can tell before any work
/// which briefings are up to date; everything in it stands in the signature, so that a reader can compute it again:
/// the JSON object `{glossary_sha256, rules, schema, summarizer, translator}`, keys sorted at every level, no spaces.
pub fn settings_sha256(
    translator: &ModelIdentity,
    summarizer: &Value,
    rules: &str,
    glossary_sha256: Option<&str>,
) -> String {
    let settings = json!({
        "schema": SIGNATURE_SCHEMA,
        "translator": {
            "model": translator.model,
            "revision": translator.revision,
            "sha256": translator.sha256,
            "dtype": translator.dtype,
            "decoding": translator.decoding,
        },
        "summarizer": summarizer,
        "rules": rules,
        "glossary_sha256": glossary_sha256,
    });
    sha256_hex(&sorted(&settings).to_string())
}

/// The same value with the keys of all objects in order, whatever order `serde_json` was built to keep.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(decoding: &str) -> ModelIdentity {
        ModelIdentity {
            model: "example/model".into(),
            revision: None,
            sha256: Some("ab".into()),
            dtype: "f32".into(),
            decoding: serde_json::from_str(decoding).unwrap(),
        }
    }

    #[test]
    fn the_order_of_keys_does_not_count() {
        let hash = |decoding, summarizer: Value| settings_sha256(&identity(decoding), &summarizer, "r", None);
        let one = hash(r#"{"beams":4,"penalty":{"a":1,"b":2}}"#, json!({"x": 1, "y": [1, 2]}));
        let two = hash(r#"{"penalty":{"b":2,"a":1},"beams":4}"#, json!({"y": [1, 2], "x": 1}));
        assert_eq!(one, two);
        assert_eq!(one.len(), 64);
    }

    #[test]
    fn every_setting_counts() {
        let base = identity(r#"{"beams":4}"#);
        let hash =
            |model: &ModelIdentity, summary: Value, rules, glossary| settings_sha256(model, &summary, rules, glossary);
        let mut hashes = vec![
            hash(&base, json!({}), "r", None),
            hash(&base, json!({"a": 1}), "r", None),
            hash(&base, json!({}), "r2", None),
            hash(&base, json!({}), "r", Some("g")),
            hash(&identity(r#"{"beams":5}"#), json!({}), "r", None),
            hash(&ModelIdentity { model: "other".into(), ..base.clone() }, json!({}), "r", None),
            hash(&ModelIdentity { revision: Some("1".into()), ..base.clone() }, json!({}), "r", None),
            hash(&ModelIdentity { sha256: None, ..base.clone() }, json!({}), "r", None),
            hash(&ModelIdentity { dtype: "int8".into(), ..base.clone() }, json!({}), "r", None),
        ];
        let count = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }
}
