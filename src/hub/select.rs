//! Which files of a repository a model needs: configuration, one form of the weights, and its family's tokenizer.

use super::HubError;
use super::manifest::is_safe_path;

/// The network and its sizes.
pub(super) const CONFIG: &str = "config.json";

/// Weights by preference: one file, or the index of its shards. Safetensors before pickles, never both.
const WEIGHTS: [(&str, &str); 2] =
    [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];

/// Read where they are there.
const OPTIONAL: [&str; 5] = [
    "generation_config.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
];

/// What a family's tokenizer is made of: for each set one file must be there, and all of its files that are, are taken.
struct Family {
    /// `model_type` of `config.json`.
    model_types: &'static [&'static str],
    tokenizer: &'static [&'static [&'static str]],
    /// Taken where they are there.
    also: &'static [&'static str],
}

const FAMILIES: [Family; 5] = [
    Family {
        model_types: &["marian"],
        tokenizer: &[&["source.spm"], &["target.spm"], &["vocab.json"]],
        also: &["target_vocab.json"],
    },
    Family {
        model_types: &["m2m_100"],
        tokenizer: &[&["tokenizer.json", "sentencepiece.bpe.model"]],
        also: &["vocab.json"],
    },
    Family { model_types: &["mbart"], tokenizer: &[&["tokenizer.json", "sentencepiece.bpe.model"]], also: &[] },
    Family { model_types: &["bart"], tokenizer: &[&["tokenizer.json", "vocab.json"]], also: &["merges.txt"] },
    Family { model_types: &["pegasus", "t5", "mt5"], tokenizer: &[&["tokenizer.json", "spiece.model"]], also: &[] },
];

/// The files of an encoder-decoder model.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// Configuration and tokenizer.
    pub small: Vec<String>,
    /// The one file of weights, or the index of its shards.
    pub weights: String,
}

impl Selection {
    /// Whether `weights` is the index of shards.
    pub(super) fn is_sharded(&self) -> bool {
        self.weights.ends_with(".index.json")
    }
}

/// Picks from `names` what a model of the family `model_type` needs.
///
/// # Errors
/// [`HubError::Incomplete`], [`HubError::UnknownFamily`].
pub(super) fn select(model: &str, model_type: &str, names: &[String]) -> Result<Selection, HubError> {
    let family = FAMILIES.iter().find(|family| family.model_types.contains(&model_type)).ok_or_else(|| {
        HubError::UnknownFamily {
            model: model.to_owned(),
            found: model_type.to_owned(),
            known: FAMILIES.iter().flat_map(|family| family.model_types).copied().collect(),
        }
    })?;
    let has = |name: &str| names.iter().any(|known| known == name);
    let missing = |what: &[&str]| HubError::Incomplete { model: model.to_owned(), missing: what.join(" or ") };
    if !has(CONFIG) {
        return Err(missing(&[CONFIG]));
    }
    let mut small = vec![CONFIG.to_owned()];
    for set in family.tokenizer {
        let there: Vec<&str> = set.iter().copied().filter(|name| has(name)).collect();
        if there.is_empty() {
            return Err(missing(set));
        }
        small.extend(there.into_iter().map(str::to_owned));
    }
    let also =
        family.also.iter().chain(&OPTIONAL).copied().filter(|name| has(name) && !small.iter().any(|n| n == name));
    let also: Vec<String> = also.map(str::to_owned).collect();
    small.extend(also);
    let weights = WEIGHTS.iter().find_map(|(whole, index)| [*whole, *index].into_iter().find(|name| has(name)));
    let weights = weights.ok_or_else(|| missing(&WEIGHTS.map(|(whole, _)| whole)))?;
    Ok(Selection { small, weights: weights.to_owned() })
}

/// The shards that an index names, in alphabetical order.
///
/// # Errors
/// In words: no index, no shards, or names that are no plain file names.
pub(super) fn shards(index: &[u8]) -> Result<Vec<String>, String> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: std::collections::BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index).map_err(|error| format!("no index of shards: {error}"))?;
    let names: std::collections::BTreeSet<String> = index.weight_map.into_values().collect();
    if let Some(name) = names.iter().find(|name| !is_safe_path(name) || name.contains('/')) {
        return Err(format!("names the shard `{name}`, which is no file name"));
    }
    if names.is_empty() { Err("names no shards".to_owned()) } else { Ok(names.into_iter().collect()) }
}

/// The one GGUF file of a repository.
///
/// # Errors
/// [`HubError::Incomplete`], also where there are several.
pub(super) fn only_gguf(model: &str, names: &[String]) -> Result<String, HubError> {
    let files: Vec<&String> = names.iter().filter(|name| name.ends_with(".gguf")).collect();
    match files.as_slice() {
        [file] if is_safe_path(file) => Ok((*file).clone()),
        [] | [_] => Err(HubError::Incomplete {
            model: model.to_owned(),
            missing: format!("{CONFIG} with weights, or one .gguf file"),
        }),
        _ => Err(HubError::Ambiguous { model: model.to_owned(), files: files.into_iter().cloned().collect() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(model_type: &str, names: &str) -> String {
        let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
        match select("m", model_type, &names) {
            Ok(selection) => format!("{} | {}", selection.small.join(" "), selection.weights),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_needed_is_taken_and_nothing_else() {
        let rows = [
            (
                "marian",
                "README.md config.json generation_config.json pytorch_model.bin rust_model.ot source.spm target.spm \
                 tf_model.h5 tokenizer_config.json vocab.json",
                "config.json source.spm target.spm vocab.json generation_config.json tokenizer_config.json | \
                 pytorch_model.bin",
            ),
            (
                "marian",
                "config.json pytorch_model.bin model.safetensors source.spm target.spm vocab.json flax_model.msgpack",
                "config.json source.spm target.spm vocab.json | model.safetensors",
            ),
            (
                "m2m_100",
                "config.json pytorch_model.bin model.safetensors.index.json model-00001-of-00002.safetensors \
                 sentencepiece.bpe.model tokenizer.json",
                "config.json tokenizer.json sentencepiece.bpe.model | model.safetensors.index.json",
            ),
            (
                "bart",
                "config.json pytorch_model.bin vocab.json merges.txt",
                "config.json vocab.json merges.txt | pytorch_model.bin",
            ),
            ("mt5", "config.json pytorch_model.bin", "`m` lacks tokenizer.json or spiece.model"),
            (
                "marian",
                "config.json source.spm target.spm vocab.json tf_model.h5",
                "`m` lacks model.safetensors or pytorch_model.bin",
            ),
            ("bert", "config.json", "`m` is of the family `bert`"),
        ];
        let failing: Vec<_> = rows
            .iter()
            .map(|(family, names, expected)| (picked(family, names), *expected))
            .filter(|(found, expected)| !found.starts_with(expected))
            .collect();
        assert!(failing.is_empty(), "{failing:#?}");
    }

    #[test]
    fn an_index_names_plain_files() {
        assert_eq!(
            shards(br#"{"weight_map":{"a":"y.bin","b":"x.bin","c":"y.bin"}}"#).ok(),
            Some(vec!["x.bin".to_owned(), "y.bin".to_owned()])
        );
        for wrong in ["{}", r#"{"weight_map":{}}"#, r#"{"weight_map":{"a":"../x"}}"#, r#"{"weight_map":{"a":"x/y"}}"#] {
            assert!(shards(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
