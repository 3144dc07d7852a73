//! Packed weights in a file beside the checkpoint: the same numbers as without it, and never those of other weights.

use super::Network;
use super::damage::{copy, in_words, weights};
use super::reference::{Reference, checkpoints};
use mujaz::seq2seq::cpu::PACKED_FILE;
use mujaz::seq2seq::{Compute, Seq2SeqError, write_packed};
use std::path::Path;

const SOURCE: [u32; 5] = [7, 9, 11, 8, 2];

/// Logits of two steps in 8-bit integers; `None` for families without them.
fn logits(folder: &Path, reference: &Reference) -> Option<Vec<f32>> {
    let here = Reference { folder: folder.to_owned(), ..reference.clone() };
    let network = Network::load(&here, Compute::Int8)?;
    Some(network.engine.logits(&SOURCE, &[2, 7]).unwrap())
}

fn packable() -> impl Iterator<Item = (Reference, tempfile::TempDir, Vec<f32>)> {
    checkpoints().into_iter().filter_map(|reference| {
        let folder = copy(&reference);
        let wanted = logits(folder.path(), &reference)?;
        Some((reference, folder, wanted))
    })
}

#[test]
fn a_packed_file_gives_the_same_numbers() {
    let mut count = 0;
    for (reference, folder, wanted) in packable() {
        let (path, bytes) = write_packed(folder.path()).unwrap();
        assert_eq!(path, folder.path().join(PACKED_FILE));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
        assert_eq!(logits(folder.path(), &reference).unwrap(), wanted, "{}", reference.name);
        // Written again: the same file.
        let first = std::fs::read(&path).unwrap();
        write_packed(folder.path()).unwrap();
        assert!(std::fs::read(&path).unwrap() == first, "{}", reference.name);
        let rest: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(rest.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{rest:?}");
        // It is what is read: other bytes in it are other weights.
        let mut bytes = first;
        let end = bytes.len();
        bytes[1 << 20..end].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x10);
        std::fs::write(&path, bytes).unwrap();
        assert_ne!(logits(folder.path(), &reference), Some(wanted), "{}", reference.name);
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn a_file_that_does_not_fit_is_left_aside() {
    for (reference, folder, wanted) in packable() {
        let (path, _) = write_packed(folder.path()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&whole[8..1 << 20]).into_owned();
        let (version, other) = (r#""mujaz_version":"1""#, r#""mujaz_version":"0""#);
        assert!(text.contains(version), "{text}");
        let older = [&whole[..8], text.replace(version, other).as_bytes(), &whole[1 << 20..]].concat();
        let cut = &whole[..whole.len() - 1];
        for unfit in [b"".as_slice(), b"nothing", cut, &[&whole[..], &[0]].concat(), &older, &[0xff; 1 << 21]] {
            std::fs::write(&path, unfit).unwrap();
            let found = logits(folder.path(), &reference).unwrap();
            assert_eq!(found, wanted, "{}: {} bytes", reference.name, unfit.len());
        }
    }
}

/// The weights beside the file are trained on: it holds the old ones.
#[test]
fn other_weights_of_the_same_shape_are_seen() {
    let (path, weights, reference, folder, wanted) = packable()
        .map(|(reference, folder, wanted)| {
            (folder.path().join(PACKED_FILE), weights(folder.path()), reference, folder, wanted)
        })
        .find(|(_, weights, ..)| weights.extension().is_some_and(|end| end == "safetensors"))
        .unwrap();
    write_packed(folder.path()).unwrap();
    let mut bytes = std::fs::read(&weights).unwrap();
    let table = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // The lowest bit of each number but the last few.
    let end = bytes.len() - 64;
    bytes[table..end].iter_mut().step_by(2).for_each(|byte| *byte ^= 1);
    std::fs::write(&weights, bytes).unwrap();
    let found = logits(folder.path(), &reference).unwrap();
    assert_ne!(found, wanted);
    std::fs::remove_file(path).unwrap();
    assert_eq!(logits(folder.path(), &reference).unwrap(), found);
}

#[test]
fn a_place_that_cannot_be_written_and_models_without_8_bits() {
    for reference in checkpoints() {
        let folder = copy(&reference);
        std::fs::create_dir_all(folder.path().join(PACKED_FILE).join("full")).unwrap();
        let words = in_words(&write_packed(folder.path()).unwrap_err());
        match Network::load(&reference, Compute::Int8) {
            Some(_) => assert!(words.contains("can't be written: ") && words.contains("hint: packed"), "{words}"),
            None => assert!(words.contains("no 8-bit integers for models of the T5 family"), "{words}"),
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1 + std::fs::read_dir(&reference.folder).unwrap().count()
        );
    }
    assert!(matches!(write_packed(Path::new("/nowhere")), Err(Seq2SeqError::Io { .. })));
}
