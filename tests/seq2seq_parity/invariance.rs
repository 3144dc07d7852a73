//! Promise 4: a source's ids do not depend on its neighbours, their number or their order.

use super::reference::{Reference, checkpoints};
use super::{Network, load};
use mujaz::seq2seq::generate::GenerationSettings;
use mujaz::seq2seq::{Compute, decode};
use mujaz::translate::{Cancel, Translator, Unit, UnitKind};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[test]
fn ids_do_not_depend_on_the_batch() {
    let paths = [Compute::Plain, Compute::F32, Compute::Int8];
    for (reference, compute) in checkpoints().into_iter().flat_map(|reference| paths.map(|c| (reference.clone(), c))) {
        let Some(network) = Network::load(&reference, compute) else { continue };
        let sources = &reference.record.ids;
        for beams in [1, 4] {
            let settings = GenerationSettings { beams, max_length: 16, min_length: 0, ..network.settings.clone() };
            let decode = |indices: &[usize]| {
                let ids: Vec<&[u32]> = indices.iter().map(|&index| sources[index].as_slice()).collect();
                decode(&network.engine, &ids, &settings, &Cancel::new()).unwrap()
            };
            let alone: Vec<_> = (0..sources.len()).map(|index| decode(&[index]).remove(0)).collect();
            let batches = proptest::collection::vec(0..sources.len(), 1..9);
            let config = ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() };
            TestRunner::new(config)
                .run(&batches, |indices| {
                    for (index, found) in indices.iter().zip(decode(&indices)) {
                        // Bit for bit, the scores too.
                        prop_assert_eq!(&found, &alone[*index], "{} {:?} beams {}", reference.name, compute, beams);
                    }
                    Ok(())
                })
                .unwrap();
        }
    }
}

#[test]
fn units_come_back_in_their_order() {
    let references: Vec<_> = checkpoints().into_iter().filter(Reference::has_tokenizer).collect();
    let reference = &references[0];
    let translator = load(reference);
    let texts: Vec<&str> = reference.record.tokenizer.iter().map(|row| row.text.as_str()).take(40).collect();
    let unit = |text: &str| Unit { kind: UnitKind::Sentence, text: text.to_owned() };
    let units: Vec<Unit> = texts.iter().map(|text| unit(text)).collect();
    let together = translator.translate(&units, &Cancel::new()).unwrap();
    assert_eq!(together.len(), units.len());
    for (one, found) in units.iter().zip(&together) {
        let alone = translator.translate(std::slice::from_ref(one), &Cancel::new()).unwrap();
        assert_eq!(&alone[0], found, "{:?}", one.text);
    }
}
