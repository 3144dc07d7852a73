//! The classes of transformers whose tokenizers the library runs: which vocabulary, which steps around it, which words
//! are special. Source: the `tokenization_*.py` of transformers 5.23 and its `convert_slow_tokenizer.py`.

use super::TokenizerError;
use super::folder::{Class, Folder};
use super::language_codes::{MBART50, NLLB};
use super::library::LibraryTokenizer;
use super::library_files::{
    bpe_of, charsmap_of, control_and_defined, folded_spaces, merges, metaspace, pieces, precompiled,
};
use super::special::{Setting, SpecialToken};
use std::collections::{HashMap, HashSet};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::{NormalizerWrapper, Tokenizer};

/// `spiece.model` of T5: `<extra_id_99>` … `<extra_id_0>` follow the pieces.
pub(super) fn t5(folder: &Folder) -> Result<LibraryTokenizer, TokenizerError> {
    const FILES: &str = "tokenizer.json or spiece.model";
    let extra_ids = folder.number("extra_ids", 100);
    let sentinels = || (0..extra_ids).map(|number| format!("<extra_id_{number}>"));
    let mut from = pieces(folder, "spiece.model", "T5Tokenizer", FILES)?;
    if from.raw {
        from.pieces.extend(sentinels().rev().map(|token| (token, 0.0)));
    }
    let mut additional = from.additional.unwrap_or_default();
    if !additional.iter().any(|token| token.content.contains("<extra_id_")) {
        additional.extend(sentinels().map(|token| SpecialToken::bare(&token)));
    }
    let defaults = defaults(&[("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")]);
    let end = folder.tokens.name("eos_token", "</s>");
    LibraryTokenizer::assemble(folder, &defaults, &folder.tokens.extra_or(Some(additional)), &[end], || {
        // The class says so, even where the model has something else at 2.
        let mut tokenizer = Tokenizer::new(Unigram::from(from.pieces, Some(2), false)?);
        tokenizer.with_normalizer(from.charsmap)?;
        let split = PreTokenizers::new(vec![WhitespaceSplit.into(), metaspace().into()]);
        tokenizer.with_pre_tokenizer(Some(split));
        Ok(tokenizer)
    })
}

/// `spiece.model` of Pegasus: its ids from 2 on are moved by the words of pre-training.
pub(super) fn pegasus(folder: &Folder) -> Result<LibraryTokenizer, TokenizerError> {
    const FILES: &str = "tokenizer.json or spiece.model";
    let tokens = &folder.tokens;
    let offset = folder.number("offset", 103);
    let reserved = || (2..offset).map(|number| format!("<unk_{number}>"));
    let mut from = pieces(folder, "spiece.model", "PegasusTokenizer", FILES)?;
    if from.raw {
        let mut moved = vec![tokens.name("pad_token", "<pad>"), tokens.name("eos_token", "</s>")];
        let mask = tokens.name("mask_token", "<mask_1>");
        let of_sentences = folder.text("mask_token_sent").unwrap_or("<mask_2>");
        moved.push(mask);
        if of_sentences != mask {
            moved.push(of_sentences);
        }
        let mut all: Vec<(String, f64)> = moved.into_iter().map(|token| (token.to_owned(), 0.0)).collect();
        all.extend(reserved().map(|token| (token, -100.0)));
        all.extend(from.pieces.into_iter().skip(2));
        from.pieces = all;
    }
    let of_sentences = folder.text("mask_token_sent").unwrap_or("<mask_1>");
    let has_mask = from.additional.iter().flatten().any(|token| token.bare && token.content == of_sentences);
    let first = if has_mask { None } else { Some(of_sentences.to_owned()) };
    let additional = first.into_iter().chain(reserved()).map(|token| SpecialToken::bare(&token)).collect();
    let named = [("pad_token", "<pad>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("mask_token", "<mask_2>")];
    let unknown = tokens.name("unk_token", "<unk>");
    let place = from.pieces.iter().skip(1).position(|(piece, score)| piece == unknown && *score == 0.0);
    let unknown =
        place.map(|place| place + 1).ok_or_else(|| folder.content("spiece.model", format!("holds no `{unknown}`")))?;
    let end = tokens.name("eos_token", "</s>");
    LibraryTokenizer::assemble(folder, &defaults(&named), &tokens.extra_or(Some(additional)), &[end], || {
        let mut tokenizer = Tokenizer::new(Unigram::from(from.pieces, Some(unknown), false)?);
        let mut steps: Vec<NormalizerWrapper> = match from.charsmap {
            Some(map) => vec![map.into()],
            None => vec![Replace::new(ReplacePattern::Regex("\\n".to_owned()), " ")?.into()],
        };
        steps.push(folded_spaces(" ")?);
        tokenizer.with_normalizer(Some(Normalizers::new(steps)))?;
        tokenizer.with_pre_tokenizer(Some(metaspace()));
        Ok(tokenizer)
    })
}

/// `sentencepiece.bpe.model` of mBART (a unigram model): four words, the pieces, language codes, `<mask>`.
pub(super) fn mbart(folder: &Folder, class: Class) -> Result<LibraryTokenizer, TokenizerError> {
    const FILES: &str = "tokenizer.json or sentencepiece.bpe.model";
    let is_50 = class == Class::MBart50;
    let (codes, name): (&[&str], _) =
        if is_50 { (&MBART50, "MBart50Tokenizer") } else { (&MBART50[..25], "MBartTokenizer") };
    let tokens = &folder.tokens;
    let mut from = pieces(folder, "sentencepiece.bpe.model", name, FILES)?;
    let mask = tokens.name("mask_token", "<mask>");
    if from.raw || is_50 && !from.pieces.iter().any(|(piece, _)| codes.contains(&piece.as_str())) {
        let start = if is_50 { tokens.name("cls_token", "<s>") } else { tokens.name("bos_token", "<s>") };
        let first = [
            start,
            tokens.name("pad_token", "<pad>"),
            tokens.name("eos_token", "</s>"),
            tokens.name("unk_token", "<unk>"),
        ];
        let mut all: Vec<(String, f64)> = first.map(|token| (token.to_owned(), 0.0)).into();
        all.extend(from.pieces.into_iter().skip(3));
        all.extend(codes.iter().chain([&mask]).map(|code| ((*code).to_owned(), 0.0)));
        from.pieces = all;
    }
    let code_tokens = codes.iter().map(|code| SpecialToken::bare(code));
    let mut additional: Vec<SpecialToken> = from.additional.unwrap_or_default();
    if is_50 {
        additional.extend(code_tokens);
    } else {
        additional.retain(|token| !codes.contains(&token.content.as_str()));
        additional = code_tokens.chain(additional).collect();
    }
    let mut named = defaults(&[
        ("eos_token", "</s>"),
        ("unk_token", "<unk>"),
        ("sep_token", "</s>"),
        ("pad_token", "<pad>"),
        ("cls_token", "<s>"),
    ]);
    if !is_50 {
        named.push(("bos_token", SpecialToken::bare("<s>")));
    }
    named.push(("mask_token", SpecialToken::mask("<mask>", None)));
    let end = tokens.name("eos_token", "</s>");
    LibraryTokenizer::assemble(folder, &named, &tokens.extra_or(Some(additional)), &[end], || {
        let mut tokenizer = Tokenizer::new(Unigram::from(from.pieces, Some(3), false)?);
        if is_50 {
            let mut steps: Vec<NormalizerWrapper> = from.charsmap.map(Into::into).into_iter().collect();
            steps.push(folded_spaces(" ")?);
            tokenizer.with_normalizer(Some(Normalizers::new(steps)))?;
            tokenizer.with_pre_tokenizer(Some(metaspace()));
        } else {
            let split = PreTokenizers::new(vec![WhitespaceSplit.into(), metaspace().into()]);
            tokenizer.with_pre_tokenizer(Some(split));
        }
        Ok(tokenizer)
    })
}

/// NLLB's BPE: merges are made from the order of the pieces where no `tokenizer.json` has them.
pub(super) fn nllb(folder: &Folder) -> Result<LibraryTokenizer, TokenizerError> {
    let tokens = &folder.tokens;
    let first = [("bos_token", "<s>"), ("pad_token", "<pad>"), ("eos_token", "</s>"), ("unk_token", "<unk>")];
    let mut charsmap = None;
    let mut additional = tokens.additional.clone();
    let (vocabulary, merges): (HashMap<String, u32>, Vec<(String, String)>) = if let Some(json) = &folder.tokenizer_json
    {
        charsmap = charsmap_of(folder, json)?;
        bpe_of(folder, json)?
    } else {
        let name = folder
            .sentencepiece_name("sentencepiece.bpe.model")
            .ok_or_else(|| folder.missing("NllbTokenizer", "tokenizer.json or sentencepiece.bpe.model"))?;
        let model = folder.sentencepiece(name)?;
        charsmap = precompiled(folder, name, &model.precompiled_charsmap)?.or(charsmap);
        additional = Some(control_and_defined(&model));
        let merges = merges(&model);
        let mut order: Vec<String> =
            first.map(|(attribute, default)| tokens.name(attribute, default).to_owned()).into();
        let known: HashSet<String> = order.iter().cloned().collect();
        order.extend(model.pieces.into_iter().map(|(piece, ..)| piece).filter(|piece| !known.contains(piece)));
        (order.into_iter().zip(0..).collect(), merges)
    };
    let codes = || NLLB.iter().map(|code| SpecialToken::bare(code)).collect();
    let extra = match &tokens.extra {
        Setting::Given(extra) => extra.clone(),
        Setting::Absent | Setting::Null => additional.unwrap_or_else(codes),
    };
    let mut named = defaults(&first);
    named.extend(defaults(&[("sep_token", "</s>"), ("cls_token", "<s>")]));
    named.push(("mask_token", SpecialToken { special: true, ..SpecialToken::mask("<mask>", Some(true)) }));
    let (end, unknown) = (tokens.name("eos_token", "</s>"), tokens.name("unk_token", "<unk>"));
    LibraryTokenizer::assemble(folder, &named, &extra, &[end], || {
        let model = BPE::builder().vocab_and_merges(vocabulary.into_iter().collect::<Vocab>(), merges);
        let model = model.unk_token(unknown.to_owned()).fuse_unk(true).build()?;
        let mut tokenizer = Tokenizer::new(model);
        if let Some(map) = charsmap {
            let steps: Vec<NormalizerWrapper> = vec![map.into(), folded_spaces(" ")?];
            tokenizer.with_normalizer(Some(Normalizers::new(steps)))?;
        }
        tokenizer.with_pre_tokenizer(Some(metaspace()));
        Ok(tokenizer)
    })
}

/// Byte-level BPE of BART and RoBERTa: `tokenizer.json`, else `vocab.json` and `merges.txt`.
pub(super) fn roberta(folder: &Folder) -> Result<LibraryTokenizer, TokenizerError> {
    let (vocabulary, merges): (Vocab, _) = if let Some(json) = &folder.tokenizer_json {
        let (vocabulary, merges) = bpe_of(folder, json)?;
        (vocabulary.into_iter().collect(), merges)
    } else {
        if !(folder.has("vocab.json") && folder.has("merges.txt")) {
            return Err(folder.missing("BartTokenizer", "tokenizer.json, or vocab.json and merges.txt"));
        }
        let path = |name: &str| folder.path.join(name).to_string_lossy().into_owned();
        BPE::read_file(&path("vocab.json"), &path("merges.txt"))
            .map_err(|error| folder.content("merges.txt", error.to_string()))?
    };
    let tokens = &folder.tokens;
    let mut named = defaults(&[("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>")]);
    named.extend(defaults(&[("sep_token", "</s>"), ("pad_token", "<pad>"), ("cls_token", "<s>")]));
    named.push(("mask_token", SpecialToken::bare("<mask>")));
    let prefix_space = folder.flag("add_prefix_space");
    let around = [tokens.name("cls_token", "<s>"), tokens.name("sep_token", "</s>")];
    let extra = tokens.extra_or(tokens.additional.clone());
    let mut tokenizer = LibraryTokenizer::assemble(folder, &named, &extra, &around, || {
        let model = BPE::builder().vocab_and_merges(vocabulary, merges).build()?;
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(ByteLevel::new(prefix_space, true, true)));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        Ok(tokenizer)
    })?;
    if let [start, end] = *tokenizer.suffix() {
        tokenizer.surround(vec![start], vec![end]);
    }
    Ok(tokenizer)
}

fn defaults<'a>(named: &[(&'a str, &str)]) -> Vec<(&'a str, SpecialToken)> {
    named.iter().map(|(attribute, word)| (*attribute, SpecialToken::bare(word))).collect()
}
