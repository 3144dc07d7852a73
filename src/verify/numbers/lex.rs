//! Text to number items: digits with their possible readings here, words through a language's table.

use super::value::Value;
use crate::article::letters::{TATWEEL, ascii_digit, is_haraka};

/// Something that matters for numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// "and" stands before it.
    pub(super) joined: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number in digits: as written, and what it may mean.
    Digits { written: String, readings: Vec<Vec<Value>> },
    /// A number word below 1,000 that is added.
    Units(u64),
    /// `عشر`: added to the unit before it, else 10.
    Ten,
    /// Multiplies what stands before it by 100.
    Hundred,
    /// Multiplies by this power of ten and closes the term.
    Scale(i32),
    /// A half of what stands before or after it.
    Half,
    /// Not a number itself; the other side may write it as one of these.
    Evidence(Vec<Value>),
    /// "to", "or", a dash: the scale after the next number may belong to this one, too.
    Link,
    /// Any other word or sign.
    Break,
}

/// What a language's table says about a word.
pub(super) enum Word {
    /// Number items, each with "and" before it or not.
    Items(Vec<Item>),
    /// "and".
    And,
    /// Says nothing (`a` in `a million`).
    Nothing,
    /// Any other word.
    Other,
}

impl Word {
    pub(super) fn one(kind: Kind) -> Self {
        Self::Items(vec![Item { kind, joined: false }])
    }

    pub(super) fn evidence(values: &[u64]) -> Self {
        Self::one(Kind::Evidence(values.iter().map(|value| Value::from(*value)).collect()))
    }
}

/// The number items of `text`; `word` is the table of its language.
pub(super) fn items(text: &str, word: impl Fn(&str) -> Word) -> Vec<Item> {
    let characters: Vec<char> = text.chars().collect();
    let mut items: Vec<Item> = Vec::new();
    let mut joined = false;
    let mut year_before = false;
    let mut at = 0;
    while at < characters.len() {
        let c = characters[at];
        if ascii_digit(c).is_some() {
            let (mut number, end) = Written::read(&characters, at);
            if year_before {
                number.as_second_year();
            }
            year_before = number.is_year() && matches!(characters.get(end), Some('-' | '–' | '/'));
            if is_unit_power(&characters[..at]) {
                at = end;
                continue;
            }
            let (scale, end) = suffix(&characters, end);
            let mut readings = number.readings();
            if let Some(scale) = scale {
                let scaled: Vec<Vec<Value>> =
                    readings.iter().filter(|one| one.len() == 1).map(|one| vec![one[0].shifted(scale)]).collect();
                readings.extend(scaled);
            }
            let written = characters[at..end].iter().collect();
            items.push(Item { kind: Kind::Digits { written, readings }, joined: std::mem::take(&mut joined) });
            at = end;
            continue;
        }
        if is_word_character(c) {
            let end =
                (at..characters.len()).find(|next| !is_word_character(characters[*next])).unwrap_or(characters.len());
            let token: String = characters[at..end].iter().collect();
            match word(&token) {
                Word::Items(found) => {
                    items.extend(found.into_iter().map(|item| Item { joined: item.joined || joined, ..item }));
                    joined = false;
                }
                Word::And => joined = true,
                Word::Nothing => {}
                Word::Other => {
                    items.push(Item { kind: Kind::Break, joined: false });
                    joined = false;
                }
            }
            at = end;
            continue;
        }
        let digit_after = characters.get(at + 1).is_some_and(|next| ascii_digit(*next).is_some());
        let digit_before = at > 0 && ascii_digit(characters[at - 1]).is_some();
        let kind = match c {
            '½' => Some(Kind::Half),
            '-' | '‐' | '‑' if !(digit_before && digit_after) => None,
            '-' | '‐' | '‑' | '–' | '—' => Some(Kind::Link),
            '$' | '€' | '£' => None,
            _ if c.is_whitespace() => None,
            _ => Some(Kind::Break),
        };
        if let Some(kind) = kind {
            items.push(Item { joined: c == '½' && digit_before, kind });
            joined = false;
        }
        at += 1;
    }
    items
}

fn is_word_character(c: char) -> bool {
    // Vowel marks and the stretching stroke belong to the word they stand in.
    (c.is_alphabetic() || is_haraka(c) || c == TATWEEL) && ascii_digit(c).is_none()
}

/// `before` ends in a unit of length: the digits after it are its power (`km2`).
fn is_unit_power(before: &[char]) -> bool {
    let start = before.iter().rposition(|c| !c.is_ascii_alphabetic()).map_or(0, |last| last + 1);
    matches!(before[start..].iter().collect::<String>().as_str(), "m" | "km" | "cm" | "mm")
}

/// Power of ten of a suffix such as `k`, `m`, `bn`, and where the text goes on.
fn suffix(characters: &[char], at: usize) -> (Option<i32>, usize) {
    let end = (at..characters.len()).find(|next| !characters[*next].is_ascii_alphabetic()).unwrap_or(characters.len());
    let letters: String = characters[at..end].iter().collect::<String>().to_lowercase();
    let scale = match letters.as_str() {
        "k" => Some(3),
        "m" | "mn" => Some(6),
        "b" | "bn" => Some(9),
        "t" | "tn" => Some(12),
        "st" | "nd" | "rd" | "th" | "s" => None,
        _ => return (None, at),
    };
    (scale, end)
}

/// A number as written: groups of ASCII digits and the signs between them.
struct Written {
    groups: Vec<String>,
    signs: Vec<char>,
    second_year: bool,
}

impl Written {
    /// Reads from a digit on; returns where the text goes on.
    fn read(characters: &[char], start: usize) -> (Self, usize) {
        let run = |from: usize| -> String { characters[from..].iter().map_while(|c| ascii_digit(*c)).collect() };
        let first = run(start);
        let mut at = start + first.len();
        let mut written = Self { groups: vec![first], signs: Vec::new(), second_year: false };
        while let Some(sign) = characters.get(at) {
            let group = run((at + 1).min(characters.len()));
            let goes_on = match sign {
                '.' | ',' | '٫' | '٬' | '،' | ':' => !group.is_empty(),
                '\u{a0}' | '\u{202f}' | '\u{2009}' => group.len() == 3,
                ' ' => group == "000",
                _ => false,
            };
            if !goes_on {
                break;
            }
            at += 1 + group.len();
            written.groups.push(group);
            written.signs.push(*sign);
        }
        (written, at)
    }

    fn is_year(&self) -> bool {
        self.signs.is_empty() && self.groups[0].len() == 4
    }

    /// `24` after `2023/`.
    fn as_second_year(&mut self) {
        self.second_year = self.signs.is_empty() && self.groups[0].len() == 2;
    }

    /// What it may mean; each reading is a list of values. Never empty.
    fn readings(&self) -> Vec<Vec<Value>> {
        let whole = |digits: &str| Value::parse(digits, "");
        let parts: Vec<Value> = self.groups.iter().map(|group| whole(group)).collect();
        if self.second_year {
            return vec![
                parts,
                vec![whole(&format!("20{}", self.groups[0]))],
                vec![whole(&format!("19{}", self.groups[0]))],
            ];
        }
        if self.signs.is_empty() {
            return vec![parts];
        }
        if self.signs.contains(&':') {
            return self.clock().unwrap_or_else(|| vec![parts]);
        }
        let last = self.signs[self.signs.len() - 1];
        let same = self.signs.iter().all(|sign| *sign == last);
        let first_fits = (1..=3).contains(&self.groups[0].len()) && self.groups[0] != "0";
        let in_threes = |groups: &[String]| first_fits && groups.iter().skip(1).all(|group| group.len() == 3);
        let decimal_sign = matches!(last, '.' | ',' | '٫' | '،');
        let (fraction, before) = (&self.groups[self.groups.len() - 1], &self.groups[..self.groups.len() - 1]);
        let decimal = || vec![Value::parse(&before.concat(), fraction)];
        if same && last != '٫' && in_threes(&self.groups) {
            let mut readings = vec![vec![whole(&self.groups.concat())]];
            // 1.250 may be a decimal; 1,250 and 1.000 are not.
            if last == '.' && self.signs.len() == 1 && fraction.bytes().any(|digit| digit != b'0') {
                readings.push(decimal());
            }
            return readings;
        }
        if self.signs.len() == 1 && decimal_sign {
            // 10.30 may be a time, 15.7 a day, 5,6 a list.
            return if last == '٫' { vec![decimal()] } else { vec![decimal(), parts] };
        }
        if !same && decimal_sign && in_threes(before) {
            return vec![decimal()];
        }
        vec![parts]
    }

    /// `15:30` with both ways to count hours; full hours without their minutes.
    fn clock(&self) -> Option<Vec<Vec<Value>>> {
        let [hour, minute] = self.groups.as_slice() else { return None };
        let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
        if hour > 24 || minute > 59 {
            return None;
        }
        let mut hours = vec![hour];
        hours.extend((hour < 12).then_some(hour + 12));
        hours.extend(hour.checked_sub(12));
        let reading = |hour: u64| {
            let minute = (minute > 0).then(|| Value::from(minute));
            std::iter::once(Value::from(hour)).chain(minute).collect()
        };
        Some(hours.into_iter().map(reading).collect())
    }
}
