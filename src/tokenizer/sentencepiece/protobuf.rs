//! The few fields of `sentencepiece_model.proto` that decide over pieces.

/// What a piece is (`ModelProto.SentencePiece.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Has a score.
    Normal,
    /// `<unk>`.
    Unknown,
    /// `<s>`, `</s>`: never in a text.
    Control,
    /// Always cut out as it is.
    UserDefined,
    /// Never used.
    Unused,
    /// One byte, for characters that no piece covers.
    Byte,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub text: String,
    pub score: f32,
    pub kind: PieceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelType {
    Unigram,
    Bpe,
    Other(u64),
}

#[derive(Debug, Clone)]
pub(super) struct NormalizerSpec {
    pub precompiled_charsmap: Vec<u8>,
    pub add_dummy_prefix: bool,
    pub remove_extra_whitespaces: bool,
    pub escape_whitespaces: bool,
}

#[derive(Debug)]
pub(super) struct ModelFile {
    pub pieces: Vec<Piece>,
    pub model_type: ModelType,
    pub byte_fallback: bool,
    pub treat_whitespace_as_suffix: bool,
    /// What an unknown piece is decoded to.
    pub unknown_surface: String,
    pub normalizer: NormalizerSpec,
    /// A map to be applied to decoded text is there.
    pub denormalizes: bool,
}

impl ModelFile {
    /// Reads a `ModelProto`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut file = ModelFile {
            pieces: Vec::new(),
            model_type: ModelType::Unigram,
            byte_fallback: false,
            treat_whitespace_as_suffix: false,
            unknown_surface: " \u{2047} ".to_owned(),
            denormalizes: false,
            normalizer: NormalizerSpec {
                precompiled_charsmap: Vec::new(),
                add_dummy_prefix: true,
                remove_extra_whitespaces: true,
                escape_whitespaces: true,
            },
        };
        for field in Fields(bytes) {
            match field? {
                (1, Value::Bytes(bytes)) => file.pieces.push(piece(bytes)?),
                (2, Value::Bytes(bytes)) => {
                    for field in Fields(bytes) {
                        match field? {
                            (3, Value::Number(1)) => file.model_type = ModelType::Unigram,
                            (3, Value::Number(2)) => file.model_type = ModelType::Bpe,
                            (3, Value::Number(other)) => file.model_type = ModelType::Other(other),
                            (24, Value::Number(flag)) => file.treat_whitespace_as_suffix = flag != 0,
                            (35, Value::Number(flag)) => file.byte_fallback = flag != 0,
                            (44, Value::Bytes(text)) => file.unknown_surface = text_of(text)?,
                            _ => {}
                        }
                    }
                }
                (3, Value::Bytes(bytes)) => {
                    for field in Fields(bytes) {
                        match field? {
                            (2, Value::Bytes(map)) => file.normalizer.precompiled_charsmap = map.to_vec(),
                            (3, Value::Number(flag)) => file.normalizer.add_dummy_prefix = flag != 0,
                            (4, Value::Number(flag)) => file.normalizer.remove_extra_whitespaces = flag != 0,
                            (5, Value::Number(flag)) => file.normalizer.escape_whitespaces = flag != 0,
                            _ => {}
                        }
                    }
                }
                (5, Value::Bytes(bytes)) => {
                    for field in Fields(bytes) {
                        if let (2, Value::Bytes(map)) = field? {
                            file.denormalizes |= !map.is_empty();
                        }
                    }
                }
                _ => {}
            }
        }
        if file.pieces.is_empty() {
            return Err("not a sentencepiece model: it holds no pieces".to_owned());
        }
        Ok(file)
    }
}

fn text_of(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "a text in it is not UTF-8".to_owned())
}

fn piece(bytes: &[u8]) -> Result<Piece, String> {
    let mut piece = Piece { text: String::new(), score: 0.0, kind: PieceKind::Normal };
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(text)) => {
                piece.text = String::from_utf8(text.to_vec()).map_err(|_| "a piece is not UTF-8".to_owned())?;
            }
            (2, Value::Fixed32(bits)) => piece.score = f32::from_bits(bits),
            (3, Value::Number(number)) => {
                piece.kind = match number {
                    1 => PieceKind::Normal,
                    2 => PieceKind::Unknown,
                    3 => PieceKind::Control,
                    4 => PieceKind::UserDefined,
                    5 => PieceKind::Unused,
                    6 => PieceKind::Byte,
                    other => return Err(format!("a piece of the unknown type {other}")),
                }
            }
            _ => {}
        }
    }
    Ok(piece)
}

/// A field's value on the wire.
enum Value<'a> {
    Number(u64),
    Fixed32(u32),
    Fixed64,
    Bytes(&'a [u8]),
}

/// The fields of a protobuf message, in order.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            // Nothing after a damaged field can be trusted.
            self.0 = &[];
        }
        Some(field.ok_or_else(|| "not a sentencepiece model, or cut off".to_owned()))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}
