//! Special and added tokens, as transformers collects them from a folder's configuration files.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tokenizers::AddedToken;

/// Attributes that name special tokens, in transformers' order.
pub(super) const NAMED: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// A token as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpecialToken {
    pub content: String,
    pub single_word: bool,
    pub lstrip: bool,
    pub rstrip: bool,
    /// `None`: the opposite of `special`.
    pub normalized: Option<bool>,
    pub special: bool,
    /// Given as a bare word, without any of the above.
    pub bare: bool,
}

impl SpecialToken {
    pub(super) fn bare(content: &str) -> Self {
        Self {
            content: content.to_owned(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: None,
            special: false,
            bare: true,
        }
    }

    /// A token with flags of its own.
    pub(super) fn flagged(content: &str, normalized: Option<bool>, special: bool) -> Self {
        Self { normalized, special, bare: false, ..Self::bare(content) }
    }

    /// `<mask>` as most classes have it: it takes the space before it.
    pub(super) fn mask(content: &str, normalized: Option<bool>) -> Self {
        Self { lstrip: true, ..Self::flagged(content, normalized, false) }
    }

    pub(super) fn parse(value: &Value) -> Option<Self> {
        if let Value::String(content) = value {
            return Some(Self::bare(content));
        }
        let flag = |name: &str| value.get(name).and_then(Value::as_bool);
        Some(Self {
            content: value.get("content")?.as_str()?.to_owned(),
            single_word: flag("single_word").unwrap_or(false),
            lstrip: flag("lstrip").unwrap_or(false),
            rstrip: flag("rstrip").unwrap_or(false),
            normalized: flag("normalized"),
            special: flag("special").unwrap_or(false),
            bare: false,
        })
    }

    /// As the library takes it. Bare words are special.
    pub(super) fn added(&self, special: bool) -> AddedToken {
        let special = special || self.special || self.bare;
        AddedToken::from(self.content.clone(), special)
            .single_word(self.single_word)
            .lstrip(self.lstrip)
            .rstrip(self.rstrip)
            .normalized(self.normalized.unwrap_or(!special))
    }
}

/// A setting that can be left out, be null, or be there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting<T> {
    Absent,
    Null,
    Given(T),
}

impl<T> Setting<T> {
    pub(super) fn given(self) -> Option<T> {
        match self {
            Setting::Given(value) => Some(value),
            Setting::Absent | Setting::Null => None,
        }
    }
}

/// What a tokenizer class is made with: `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and the
/// added tokens of `tokenizer.json`, merged as `PreTrainedTokenizerBase._from_pretrained` merges them.
#[derive(Debug, Clone)]
pub(super) struct SpecialTokens {
    /// By attribute; null tokens are `None`.
    pub named: BTreeMap<String, Option<SpecialToken>>,
    /// Further attributes that end in `_token`, and `extra_special_tokens` given as an object.
    pub model_specific: Vec<SpecialToken>,
    /// `extra_special_tokens`.
    pub extra: Setting<Vec<SpecialToken>>,
    /// `additional_special_tokens`, where it was not taken for the former.
    pub additional: Option<Vec<SpecialToken>>,
    /// `added_tokens_decoder`.
    pub by_id: BTreeMap<u32, SpecialToken>,
}

/// The files that [`SpecialTokens`] are read from, parsed; absent ones are `None`.
pub(super) struct Sources<'a> {
    pub config: &'a Map<String, Value>,
    pub special_tokens_map: Option<&'a Map<String, Value>>,
    pub added_tokens: Option<&'a Map<String, Value>>,
    pub tokenizer_json: Option<&'a Value>,
}

impl SpecialTokens {
    pub(super) fn collect(sources: &Sources) -> Self {
        let mut config = sources.config.clone();
        let is_empty = |value: Option<&Value>| match value {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(items)) => items.is_empty(),
            Some(_) => false,
        };
        if is_empty(config.get("extra_special_tokens"))
            && let Some(additional) = config.remove("additional_special_tokens")
        {
            config.insert("extra_special_tokens".to_owned(), additional);
        }
        let mut model_specific: Vec<SpecialToken> = config
            .iter()
            .filter(|(key, _)| key.ends_with("_token") && !NAMED.contains(&key.as_str()))
            .filter_map(|(_, value)| SpecialToken::parse(value))
            .collect();
        let mut extra = list(config.get("extra_special_tokens"));
        if let Some(Value::Object(tokens)) = config.get("extra_special_tokens") {
            model_specific.extend(tokens.values().filter_map(SpecialToken::parse));
            extra = Setting::Absent;
        }
        let mut additional = list(config.get("additional_special_tokens")).given();
        let mut named: BTreeMap<String, Option<SpecialToken>> = NAMED
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), SpecialToken::parse_named(config.get(*key)?))))
            .collect();
        let mut by_id = BTreeMap::new();
        if let Some(tokens) = config.get("added_tokens_decoder").and_then(Value::as_object) {
            by_id.extend(tokens.iter().filter_map(|(id, token)| Some((id.parse().ok()?, SpecialToken::parse(token)?))));
        } else {
            if let Some(map) = sources.special_tokens_map {
                merge_map(map, &mut named, &mut extra, &mut additional);
            }
            if let Some(tokens) = sources.added_tokens {
                let is_special = |content: &str| {
                    let names = named.values().flatten().any(|token| token.content == content);
                    let extras = if let Setting::Given(tokens) = &extra { tokens.as_slice() } else { &[] };
                    names || extras.iter().any(|token| token.content == content)
                };
                for (content, id) in tokens {
                    if let Some(id) = id.as_u64().and_then(|id| u32::try_from(id).ok()) {
                        let special = is_special(content);
                        by_id.insert(id, SpecialToken::flagged(content, Some(!special), special));
                    }
                }
            }
            let in_json = sources.tokenizer_json.and_then(|json| json.get("added_tokens")).and_then(Value::as_array);
            for token in in_json.into_iter().flatten() {
                let id = token.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
                if let (Some(id), Some(token)) = (id, SpecialToken::parse(token)) {
                    by_id.insert(id, token);
                }
            }
        }
        for token in named.values_mut().flatten() {
            if let Some(known) = by_id.values().rev().find(|known| known.content == token.content) {
                *token = known.clone();
            }
        }
        Self { named, model_specific, extra, additional, by_id }
    }

    /// The content of a named token: as configured, else `default`.
    pub(super) fn name<'a>(&'a self, attribute: &str, default: &'a str) -> &'a str {
        match self.named.get(attribute) {
            Some(Some(token)) => &token.content,
            Some(None) | None => default,
        }
    }

    /// `extra_special_tokens`; where they are absent altogether, what the class passes as `additional_special_tokens`.
    pub(super) fn extra_or(&self, additional: Option<Vec<SpecialToken>>) -> Vec<SpecialToken> {
        match &self.extra {
            Setting::Given(tokens) => tokens.clone(),
            Setting::Null => Vec::new(),
            Setting::Absent => additional.unwrap_or_default(),
        }
    }

    /// Named tokens in transformers' order, over the class's own `defaults`, then the model's further ones.
    pub(super) fn all_named(&self, defaults: &[(&str, SpecialToken)]) -> Vec<SpecialToken> {
        let one = |attribute: &&str| match self.named.get(*attribute) {
            Some(token) => token.clone(),
            None => defaults.iter().find(|(name, _)| name == attribute).map(|(_, token)| token.clone()),
        };
        NAMED.iter().filter_map(one).chain(self.model_specific.iter().cloned()).collect()
    }
}

impl SpecialToken {
    fn parse_named(value: &Value) -> Option<Self> {
        if value.is_null() { None } else { Self::parse(value) }
    }
}

fn list(value: Option<&Value>) -> Setting<Vec<SpecialToken>> {
    match value {
        None => Setting::Absent,
        Some(Value::Array(items)) => Setting::Given(items.iter().filter_map(SpecialToken::parse).collect()),
        Some(_) => Setting::Null,
    }
}

/// `special_tokens_map.json` goes over the configuration.
fn merge_map(
    map: &Map<String, Value>,
    named: &mut BTreeMap<String, Option<SpecialToken>>,
    extra: &mut Setting<Vec<SpecialToken>>,
    additional: &mut Option<Vec<SpecialToken>>,
) {
    for (key, value) in map {
        match key.as_str() {
            "extra_special_tokens" => {
                if let Setting::Given(tokens) = list(Some(value)) {
                    let mut merged = extra.clone().given().unwrap_or_default();
                    for token in tokens {
                        let token = SpecialToken { special: token.special || !token.bare, ..token };
                        if !merged.contains(&token) {
                            merged.push(token);
                        }
                    }
                    *extra = Setting::Given(merged);
                }
            }
            "additional_special_tokens" => *additional = list(Some(value)).given(),
            key if NAMED.contains(&key) => {
                let token = SpecialToken::parse_named(value);
                let token = token.map(|token| SpecialToken { special: !token.bare, ..token });
                named.insert(key.to_owned(), token);
            }
            _ => {}
        }
    }
}

/// The tokens to add to a tokenizer that has `present` ones already, in the order in which `TokenizersBackend` adds them.
pub(super) fn to_add(
    tokens: &SpecialTokens,
    named: &[SpecialToken],
    extra: &[SpecialToken],
    present: &[AddedToken],
) -> Vec<AddedToken> {
    let mut adding: Vec<SpecialToken> =
        tokens.by_id.values().filter(|token| !present.contains(&token.added(false))).cloned().collect();
    let known: Vec<String> =
        present.iter().map(|token| token.content.clone()).chain(adding.iter().map(|t| t.content.clone())).collect();
    for token in named.iter().chain(extra) {
        if !known.contains(&token.content) && !adding.contains(token) {
            adding.push(token.clone());
        }
    }
    let is_named = |token: &SpecialToken| named.iter().any(|name| name.content == token.content);
    adding.iter().map(|token| token.added(is_named(token))).collect()
}
