//! sentencepiece's normalisation: the longest match in a precompiled map, spaces folded and made visible.

use super::SPACE_MARK;
use super::protobuf::NormalizerSpec;
use std::collections::HashSet;

/// Pieces that the model's maker defined: never normalised, cut out as they are.
#[derive(Debug, Clone, Default)]
pub(super) struct UserDefined {
    pieces: HashSet<String>,
    /// Bytes of the longest of them.
    longest: usize,
}

impl UserDefined {
    pub(super) fn new(pieces: impl IntoIterator<Item = String>) -> Self {
        let pieces: HashSet<String> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let longest = pieces.iter().map(String::len).max().unwrap_or(0);
        Self { pieces, longest }
    }

    /// The longest of them that `text` starts with.
    pub(super) fn prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        let longest = self.longest.min(text.len());
        let ends = (1..=longest).rev().filter(|&end| text.is_char_boundary(end));
        ends.map(|end| &text[..end]).find(|prefix| self.pieces.contains(*prefix))
    }
}

#[derive(Debug)]
pub(super) struct Normalizer {
    spec: NormalizerSpec,
    charsmap: Option<CharsMap>,
    user_defined: UserDefined,
}

impl Normalizer {
    pub(super) fn new(spec: NormalizerSpec, user_defined: UserDefined) -> Result<Self, String> {
        let charsmap = match spec.precompiled_charsmap.as_slice() {
            [] => None,
            blob => Some(CharsMap::parse(blob).ok_or("its normalisation map is damaged")?),
        };
        Ok(Self { spec, charsmap, user_defined })
    }

    /// Whether decoding drops the space in front of the first word.
    pub(super) fn drops_first_space(&self) -> bool {
        self.spec.add_dummy_prefix || self.spec.remove_extra_whitespaces
    }

    /// Whether decoding drops all spaces in front of the first word.
    pub(super) fn removes_extra_spaces(&self) -> bool {
        self.spec.remove_extra_whitespaces
    }

    /// `Normalizer::Normalize`.
    pub(super) fn normalize(&self, text: &str) -> String {
        let mut rest = text;
        if self.spec.remove_extra_whitespaces {
            while !rest.is_empty() {
                let (normalized, consumed) = self.prefix(rest);
                if normalized != " " {
                    break;
                }
                rest = &rest[consumed..];
            }
        }
        let mut output = String::with_capacity(text.len() + text.len() / 2 + 3);
        if rest.is_empty() {
            return output;
        }
        if self.spec.add_dummy_prefix {
            self.push(' ', &mut output);
        }
        let mut after_space = self.spec.remove_extra_whitespaces;
        while !rest.is_empty() {
            let (mut normalized, consumed) = self.prefix(rest);
            rest = &rest[consumed..];
            while after_space && normalized.starts_with(' ') {
                normalized = &normalized[1..];
            }
            if !normalized.is_empty() {
                normalized.chars().for_each(|character| self.push(character, &mut output));
                after_space = normalized.ends_with(' ');
            }
            if !self.spec.remove_extra_whitespaces {
                after_space = false;
            }
        }
        if self.spec.remove_extra_whitespaces {
            let space = if self.spec.escape_whitespaces { SPACE_MARK } else { ' ' };
            let kept = output.trim_end_matches(space).len();
            output.truncate(kept);
        }
        output
    }

    fn push(&self, character: char, output: &mut String) {
        output.push(if character == ' ' && self.spec.escape_whitespaces { SPACE_MARK } else { character });
    }

    /// `NormalizePrefix`: what the start of `text` becomes, and how many of its bytes that covers. `text` is not empty.
    fn prefix<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some(symbol) = self.user_defined.prefix(text) {
            return (symbol, symbol.len());
        }
        if let Some(found) = self.charsmap.as_ref().and_then(|map| map.longest(text)) {
            return found;
        }
        let length = text.chars().next().map_or(0, char::len_utf8);
        (&text[..length], length)
    }
}

/// A darts-clone double array over the originals, and the texts that they become, each ended by a zero byte.
#[derive(Debug)]
pub(super) struct CharsMap {
    units: Vec<u32>,
    replacements: String,
}

impl CharsMap {
    pub(super) fn parse(blob: &[u8]) -> Option<Self> {
        let (size, rest) = blob.split_at_checked(4)?;
        let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
        let (trie, replacements) = rest.split_at_checked(size)?;
        let units = trie.chunks_exact(4).map(|unit| u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]])).collect();
        let map = Self { units, replacements: String::from_utf8(replacements.to_vec()).ok()? };
        map.is_sound().then_some(map)
    }

    /// Whether no text can lead out of the map: units come in blocks of 256, and a step stays in its block.
    fn is_sound(&self) -> bool {
        let steps = |(index, &unit): (usize, &u32)| match unit & 0x8000_0000 {
            0 => (index ^ offset(unit)) | 0xff < self.units.len(),
            _ => self.replacements.is_char_boundary((unit & 0x7fff_ffff) as usize),
        };
        self.units.iter().enumerate().all(steps)
    }

    /// The replacement of the longest original that `text` starts with, and that original's length in bytes.
    fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let (value, length) = self.longest_value(text.as_bytes())?;
        let replacement = self.replacements.get(value..)?;
        let end = replacement.find('\0').unwrap_or(replacement.len());
        Some((&replacement[..end], length))
    }

    /// `DoubleArrayImpl::commonPrefixSearch` of darts-clone, the last match only.
    fn longest_value(&self, key: &[u8]) -> Option<(usize, usize)> {
        let mut found = None;
        let unit = *self.units.first()?;
        let mut position = offset(unit);
        for (index, &byte) in key.iter().enumerate() {
            if byte == 0 {
                break;
            }
            position ^= usize::from(byte);
            let Some(&unit) = self.units.get(position) else { break };
            // The label is the lowest byte; a leaf has the highest bit set and so never equals a byte.
            if unit & 0x8000_00ff != u32::from(byte) {
                break;
            }
            position ^= offset(unit);
            if (unit >> 8) & 1 == 1
                && let Some(&leaf) = self.units.get(position)
            {
                found = Some(((leaf & 0x7fff_ffff) as usize, index + 1));
            }
        }
        found
    }
}

fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalizer(remove_extra_whitespaces: bool, add_dummy_prefix: bool, symbols: &[&str]) -> Normalizer {
        let spec = NormalizerSpec {
            precompiled_charsmap: Vec::new(),
            add_dummy_prefix,
            remove_extra_whitespaces,
            escape_whitespaces: true,
        };
        Normalizer::new(spec, UserDefined::new(symbols.iter().map(|symbol| (*symbol).to_owned()))).unwrap()
    }

    #[test]
    fn spaces_are_folded_and_made_visible() {
        let cases = [
            (true, true, "", ""),
            (true, true, "   ", ""),
            (true, true, "  a  b ", "▁a▁b"),
            (true, false, "  a  b ", "a▁b"),
            (false, true, " a  b ", "▁▁a▁▁b▁"),
            (false, false, "a", "a"),
        ];
        let failures: Vec<_> = cases
            .iter()
            .map(|&(remove, prefix, text, wanted)| (text, normalizer(remove, prefix, &[]).normalize(text), wanted))
            .filter(|(_, got, wanted)| got != wanted)
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }

    #[test]
    fn a_damaged_map_is_refused() {
        let spec = |map: &[u8]| NormalizerSpec {
            precompiled_charsmap: map.to_vec(),
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        };
        for map in [&[1_u8, 0][..], &[200, 0, 0, 0, 1, 2], &[0, 0, 0, 0, 0xff, 0xfe]] {
            assert!(Normalizer::new(spec(map), UserDefined::default()).is_err(), "{map:?}");
        }
    }
}
