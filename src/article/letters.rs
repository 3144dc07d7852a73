//! Classes of characters that Arabic news text needs: letters, the marks on them, what cannot be seen, digits.

/// A letter of the Arabic script (any language written in it, presentation forms included); tatweel is none.
pub fn is_arabic_letter(character: char) -> bool {
    matches!(character,
        '\u{0620}'..='\u{063F}' | '\u{0641}'..='\u{064A}' | '\u{066E}'..='\u{066F}' | '\u{0671}'..='\u{06D3}'
        | '\u{06D5}' | '\u{06EE}'..='\u{06EF}' | '\u{06FA}'..='\u{06FC}' | '\u{06FF}' | '\u{0750}'..='\u{077F}'
        | '\u{0870}'..='\u{0887}' | '\u{08A0}'..='\u{08C9}' | '\u{FB50}'..='\u{FBB1}' | '\u{FBD3}'..='\u{FD3D}'
        | '\u{FD50}'..='\u{FDC7}' | '\u{FDF0}'..='\u{FDFB}' | '\u{FE70}'..='\u{FEFC}')
}

/// A mark written above or below a letter: vowels, shadda, superscript alef, honorifics, Quranic signs.
pub fn is_haraka(character: char) -> bool {
    matches!(character,
        '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}'
        | '\u{06DF}'..='\u{06E4}' | '\u{06E7}'..='\u{06E8}' | '\u{06EA}'..='\u{06ED}' | '\u{08CA}'..='\u{08E1}'
        | '\u{08E3}'..='\u{08FF}')
}

/// The stroke that only stretches a word.
pub const TATWEEL: char = '\u{0640}';

/// Takes no room on the page and is no white space: controls, bidi controls, zero-width characters, BOM, variation
/// selectors, noncharacters of the Arabic block.
pub fn is_invisible(character: char) -> bool {
    (character.is_control() && !character.is_whitespace())
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Something that a reader sees.
pub fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !is_invisible(character)
}

/// The ASCII digit of a Western, Arabic-Indic (`٣`) or extended Arabic-Indic (`۳`) digit.
pub fn ascii_digit(character: char) -> Option<char> {
    let value = match character {
        '0'..='9' => return Some(character),
        '\u{0660}'..='\u{0669}' => character as u32 - 0x0660,
        '\u{06F0}'..='\u{06F9}' => character as u32 - 0x06F0,
        _ => return None,
    };
    char::from_digit(value, 10)
}

/// The letter that Arabic writes where a Persian keyboard gives its own: `ی` and `ک`.
pub fn without_persian_shape(character: char) -> char {
    match character {
        '\u{06CC}' => 'ي',
        '\u{06A9}' => 'ك',
        other => other,
    }
}
