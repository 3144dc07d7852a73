//! Sources beyond the model's positions go through it in parts, and nothing is lost.

use super::load;
use super::reference::{Reference, checkpoints};
use mujaz::seq2seq::long_input;
use mujaz::translate::{Cancel, Flag, Translator, Unit, UnitKind};

#[test]
fn long_sources_are_split_and_joined() {
    let reference = checkpoints().into_iter().find(Reference::has_tokenizer).unwrap();
    let translator = load(&reference);
    let limit = translator.limits().max_source_tokens;
    let unit = |text: &str| Unit { kind: UnitKind::Sentence, text: text.to_owned() };
    let lines: Vec<&str> = reference.record.tokenizer.iter().map(|row| row.text.as_str()).collect();
    let sentences: Vec<&str> = lines.iter().copied().filter(|line| line.ends_with('.')).take(12).collect();
    let long = sentences.join(" ");
    assert!(translator.count_tokens(&long) > limit);
    let word = "كلمة".repeat(400);
    let texts = [long.as_str(), "قصير.", word.as_str()];
    let units: Vec<Unit> = texts.iter().map(|text| unit(text)).collect();
    let found = translator.translate(&units, &Cancel::new()).unwrap();
    for (text, row) in texts.into_iter().zip(found) {
        let row = row.unwrap();
        let parts = long_input::split(text, limit, |part| translator.count_tokens(part));
        assert_eq!(row.flags.contains(&Flag::SourceSplit), parts.len() > 1, "{text}");
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&parts.concat()), letters(text));
        let units: Vec<Unit> = parts.iter().map(|part| unit(part)).collect();
        let alone: Vec<_> = translator.translate(&units, &Cancel::new()).unwrap().into_iter().flatten().collect();
        let texts: Vec<&str> = alone.iter().map(|part| part.text.as_str()).collect();
        let ids: Vec<u32> = alone.iter().flat_map(|part| part.token_ids.clone()).collect();
        assert_eq!((row.text, row.token_ids), (texts.join(" "), ids));
        assert_eq!(row.tokens_in, alone.iter().map(|part| part.tokens_in).sum::<usize>());
    }
}
