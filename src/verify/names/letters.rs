//! What the letters of Arabic sound like in Latin script, each way with its cost: 0 a usual one, 1 an unrelated letter.

/// Spellings of equal cost, separated by spaces.
type Row = (&'static str, &'static [(f32, &'static str)]);

/// Arabic letters or pairs of letters (folded: alef forms are `ا`, `ى` and `ئ` are `ي`, `ة` is `ه`) and how Latin
/// script writes them. Covers the usual romanisations of Arabic and Persian names and the Arabic spellings of
/// European, Turkish, Russian and East Asian ones.
const SPELLINGS: &[Row] = &[
    ("ا", &[(0.0, "a e i o u"), (0.1, "h ha he")]),
    ("ء", &[(0.0, "a e i o u")]),
    ("ب", &[(0.0, "b p"), (0.3, "v")]),
    ("پ", &[(0.0, "p"), (0.1, "b")]),
    ("ت", &[(0.0, "t"), (0.1, "th tt dt"), (0.4, "d")]),
    ("ث", &[(0.0, "th"), (0.1, "t s"), (0.3, "z c")]),
    ("ج", &[(0.0, "j g dj dg gh gu"), (0.1, "gj"), (0.2, "zh gi ge"), (0.4, "y ch z c")]),
    ("چ", &[(0.0, "ch c tch"), (0.2, "j")]),
    ("ح", &[(0.0, "h"), (0.2, "ch kh")]),
    ("خ", &[(0.0, "kh h ch j x"), (0.3, "k g gh q")]),
    ("د", &[(0.0, "d"), (0.1, "dh"), (0.3, "t th")]),
    ("ذ", &[(0.0, "dh th z d")]),
    ("ر", &[(0.0, "r"), (0.1, "rh wr")]),
    ("ز", &[(0.0, "z"), (0.1, "s zz"), (0.2, "j x"), (0.3, "c th")]),
    ("ژ", &[(0.0, "zh j g"), (0.2, "z")]),
    ("س", &[(0.0, "s c"), (0.1, "z sc ss"), (0.3, "x th sch sh ts ps")]),
    ("ش", &[(0.0, "sh ch sch"), (0.1, "s x sz"), (0.3, "c j zh tch")]),
    ("ص", &[(0.0, "s"), (0.2, "c z")]),
    ("ض", &[(0.0, "d dh z"), (0.1, "th")]),
    ("ط", &[(0.0, "t"), (0.1, "th")]),
    ("ظ", &[(0.0, "z dh th"), (0.1, "d")]),
    ("ع", &[(0.0, "a e i o u")]),
    ("غ", &[(0.0, "gh g gu"), (0.2, "j kh q rh"), (0.4, "h k")]),
    ("ف", &[(0.0, "f v ph"), (0.1, "w gh")]),
    ("ڤ", &[(0.0, "v"), (0.1, "w f")]),
    ("ق", &[(0.0, "q k g c gh qu"), (0.1, "ck kh"), (0.3, "j")]),
    ("ك", &[(0.0, "k c ck ch q qu"), (0.2, "g x kh")]),
    ("گ", &[(0.0, "g k gh"), (0.3, "j")]),
    ("ل", &[(0.0, "l")]),
    ("م", &[(0.0, "m"), (0.5, "n")]),
    ("ن", &[(0.0, "n"), (0.1, "gn"), (0.5, "m")]),
    ("ه", &[(0.0, "h"), (0.1, "a e t"), (0.4, "g j")]),
    ("و", &[(0.0, "w v u o"), (0.1, "hu wh gu"), (0.2, "f")]),
    ("ي", &[(0.0, "y i j e"), (0.1, "a ll"), (0.3, "g u")]),
    ("تش", &[(0.0, "ch tch tsch c cz"), (0.1, "zh q cs tj ts x j")]),
    ("دج", &[(0.0, "j dj dg g")]),
    ("كس", &[(0.0, "x"), (0.1, "cc xc")]),
    ("غز", &[(0.0, "x")]),
    ("كز", &[(0.0, "x")]),
    ("تس", &[(0.0, "z ts tz zz c")]),
    ("تز", &[(0.0, "z tz zz")]),
    ("دز", &[(0.0, "z dz")]),
    ("كو", &[(0.0, "qu q")]),
    ("يو", &[(0.0, "u")]),
    ("يه", &[(0.1, "er ers et ez")]),
    ("وا", &[(0.0, "oi oy")]),
    ("غن", &[(0.0, "gn")]),
    ("ني", &[(0.0, "gn")]),
    ("وي", &[(0.0, "hui")]),
    ("نغ", &[(0.2, "n")]),
];

/// Ways to spell the Arabic letters (one or two) in Latin script.
pub(super) fn spellings(letters: &str) -> impl Iterator<Item = (f32, &'static str)> {
    SPELLINGS
        .iter()
        .filter(move |(arabic, _)| *arabic == letters)
        .flat_map(|(_, ways)| ways.iter())
        .flat_map(|(cost, ways)| ways.split(' ').map(|way| (*cost, way)))
}

/// What it costs that Latin script does not show an Arabic letter.
pub(super) fn omission(letter: char) -> f32 {
    match letter {
        'ا' | 'ء' => 0.1,
        'ع' => 0.2,
        'ه' | 'و' | 'ي' => 0.35,
        'ح' => 0.6,
        'غ' | 'ق' => 0.8,
        _ => 1.0,
    }
}

/// What it costs that the Arabic does not show the Latin letter `letter` behind `before`.
pub(super) fn insertion(letter: char, before: Option<char>, last: bool) -> f32 {
    match letter {
        'a' | 'e' | 'i' | 'o' | 'u' => 0.06,
        _ if before == Some(letter) => 0.1,
        'y' | 'h' => 0.3,
        'w' => 0.4,
        // Silent at the end of French names.
        's' | 't' | 'd' | 'x' | 'z' if last => 0.6,
        _ => 1.0,
    }
}
