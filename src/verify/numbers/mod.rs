//! Numbers on both sides of a translation.
//!
//! A number written in digits on one side has to be found on the other, in digits or in words, with its scale
//! (`3.5 مليون` is 3,500,000, not 3.5). Numbers in words only serve as evidence: they never raise an alarm themselves, as
//! `one`, `second` or `عامين` are too often something else than a number. Where a writing can be read in several ways
//! (`1.250`, `10.30`, `3 إلى 5 ملايين`) any reading that the other side has is accepted.

mod arabic;
mod english;
mod lex;
mod value;

use lex::{Item, Kind};
use std::collections::BTreeSet;
use value::Value;

/// The numbers in digits that the other side does not have, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// In the Arabic only.
    pub only_arabic: Vec<String>,
    /// In the English only.
    pub only_english: Vec<String>,
}

impl Comparison {
    /// No number is without a counterpart.
    pub fn agree(&self) -> bool {
        self.only_arabic.is_empty() && self.only_english.is_empty()
    }
}

/// Compares the numbers of an Arabic text with those of its translation.
pub fn compare(arabic: &str, english: &str) -> Comparison {
    let arabic = Side::of(&lex::items(arabic, arabic::word));
    let english = Side::of(&lex::items(english, english::word));
    Comparison { only_arabic: arabic.missing_in(&english), only_english: english.missing_in(&arabic) }
}

/// A number in digits: what it may mean. Each reading is a list of values that all have to be found.
#[derive(Debug, Clone)]
struct Mention {
    written: String,
    readings: Vec<Vec<Value>>,
}

/// All numbers of one text.
#[derive(Debug, Default)]
struct Side {
    mentions: Vec<Mention>,
    values: BTreeSet<Value>,
}

impl Side {
    fn missing_in(&self, other: &Side) -> Vec<String> {
        let found = |mention: &&Mention| {
            mention.readings.iter().any(|reading| reading.iter().all(|value| other.values.contains(value)))
        };
        self.mentions.iter().filter(|mention| !found(mention)).map(|mention| mention.written.clone()).collect()
    }

    fn of(items: &[Item]) -> Side {
        let mut run = Run::default();
        for item in items {
            run.take(item);
        }
        run.end_number();
        let Run { mut side, mut mentions, .. } = run;
        spread_scales(&mut mentions);
        for Placed { mention, .. } in mentions {
            side.values.extend(mention.readings.iter().flatten().cloned());
            side.mentions.push(mention);
        }
        side
    }
}

/// `3 إلى 5 ملايين`, `3 to 5 million`: the scale may belong to the number before the connecting word, too.
fn spread_scales(mentions: &mut [Placed]) {
    for index in (1..mentions.len()).rev() {
        let (scale, linked) = (mentions[index].scale, mentions[index].linked);
        let earlier = &mut mentions[index - 1];
        if linked && scale > 0 && earlier.scale == 0 {
            let scaled: Vec<Vec<Value>> = shifted(&earlier.mention.readings, scale);
            earlier.mention.readings.extend(scaled);
        }
    }
}

/// The readings of one value each, times 10^scale.
fn shifted(readings: &[Vec<Value>], scale: i32) -> Vec<Vec<Value>> {
    readings.iter().filter(|reading| reading.len() == 1).map(|reading| vec![reading[0].shifted(scale)]).collect()
}

#[derive(Debug)]
struct Placed {
    mention: Mention,
    /// Power of ten that its readings already have from a scale word.
    scale: i32,
    /// Follows the number before it with nothing but "to", "or", "and", a dash between.
    linked: bool,
}

/// Reads number words and digits from left to right: `term = coefficient × scale`, `number = term + term + …`.
#[derive(Debug, Default)]
struct Run {
    side: Side,
    mentions: Vec<Placed>,
    /// The number so far, without the open coefficient.
    total: Option<Value>,
    /// Scale of the last closed term.
    last_scale: Option<i32>,
    coefficient: Option<Value>,
    /// The open coefficient came from digits.
    from_digits: bool,
    /// Mentions of the open coefficient, and of the whole number.
    in_term: Vec<usize>,
    in_number: Vec<usize>,
    /// A connecting word came since the last number.
    link: bool,
}

impl Run {
    fn take(&mut self, item: &Item) {
        match &item.kind {
            Kind::Digits { written, readings } => self.digits(written, readings, item.joined),
            Kind::Units(value) => self.units(*value, item.joined),
            Kind::Ten => {
                let teen = self.coefficient.as_ref().is_some_and(|value| *value < Value::from(10)) && !self.from_digits;
                if teen { self.add(10) } else { self.units(10, item.joined) }
            }
            Kind::Hundred => match &self.coefficient {
                Some(value) if !item.joined => {
                    self.coefficient = Some(value.shifted(2));
                    self.rescale_term(2);
                    self.note_coefficient();
                }
                Some(_) if !self.from_digits => self.add(100),
                _ => self.units(100, item.joined),
            },
            Kind::Scale(scale) => self.scale(*scale),
            Kind::Half => self.half(item.joined),
            Kind::Evidence(values) => {
                self.end_number();
                self.link = false;
                self.side.values.extend(values.iter().cloned());
            }
            Kind::Link => {
                self.end_number();
                self.link = true;
            }
            Kind::Break => {
                self.end_number();
                self.link = false;
            }
        }
    }

    fn digits(&mut self, written: &str, readings: &[Vec<Value>], joined: bool) {
        // `200 ألف` may go on `3 ملايين و`; two bare numbers side by side are two numbers.
        let goes_on = self.coefficient.is_none() && self.last_scale.is_some_and(|scale| scale > 0);
        let linked = self.link || (joined && (self.coefficient.is_some() || self.total.is_some()));
        if !goes_on {
            self.end_number();
        }
        self.link = false;
        let mention = Mention { written: written.to_owned(), readings: readings.to_vec() };
        self.coefficient = readings.iter().find(|reading| reading.len() == 1).map(|reading| reading[0].clone());
        self.from_digits = true;
        self.in_term.push(self.mentions.len());
        self.mentions.push(Placed { mention, scale: 0, linked });
    }

    fn units(&mut self, value: u64, joined: bool) {
        let tens = |value: &Value| (Value::from(10)..Value::from(100)).contains(value);
        if let Some(century) = &self.coefficient
            && !joined
            && !self.from_digits
            && tens(century)
            && tens(&Value::from(value))
        {
            // nineteen seventy
            self.coefficient = century.shifted(2).plus(&Value::from(value));
            self.note_coefficient();
            return;
        }
        let fits = match &self.coefficient {
            None => true,
            // twenty five, خمسة وعشرون, مئة وخمسة
            Some(_) => !self.from_digits && (joined || value < 100),
        };
        if !fits {
            self.end_number();
        }
        self.side.values.insert(Value::from(value));
        self.link = false;
        self.add(value);
    }

    fn add(&mut self, value: u64) {
        let sum = self.coefficient.as_ref().map_or(Some(Value::from(value)), |old| old.plus(&Value::from(value)));
        if self.coefficient.is_none() {
            self.from_digits = false;
        }
        self.coefficient = sum;
        self.note_coefficient();
    }

    fn note_coefficient(&mut self) {
        if !self.from_digits {
            self.side.values.extend(self.coefficient.clone());
        }
    }

    fn rescale_term(&mut self, scale: i32) {
        for index in &self.in_term {
            let placed = &mut self.mentions[*index];
            placed.mention.readings = shifted(&placed.mention.readings, scale);
            placed.scale += scale;
        }
    }

    fn scale(&mut self, scale: i32) {
        self.link = false;
        let coefficient = match self.coefficient.take() {
            Some(value) => value,
            // ألف مليون
            None if self.last_scale.is_some_and(|last| last < scale) => {
                let total = self.total.take().map_or(Value::from(1), |total| total);
                self.in_term.append(&mut self.in_number);
                total
            }
            None => Value::from(1),
        };
        if self.last_scale.is_some_and(|last| last <= scale) && self.total.is_some() {
            // Not descending: the number before this term is a number of its own.
            let term = std::mem::take(&mut self.in_term);
            self.end_number();
            self.in_term = term;
        }
        self.rescale_term(scale);
        let term = coefficient.shifted(scale);
        self.side.values.insert(term.clone());
        self.total = match self.total.take() {
            Some(total) => total.plus(&term).or(Some(total)),
            None => Some(term),
        };
        self.in_number.append(&mut self.in_term);
        self.last_scale = Some(scale);
        self.from_digits = false;
    }

    fn half(&mut self, joined: bool) {
        // 1/2, 50 per cent, half past
        self.side.values.extend([1, 2, 30, 50].map(Value::from));
        match (&self.coefficient, self.last_scale) {
            (Some(value), _) if joined => self.coefficient = value.plus(&Value::half()),
            (None, Some(scale)) if joined => {
                self.total = self.total.as_ref().and_then(|total| total.plus(&Value::half().shifted(scale)));
            }
            _ => {
                self.end_number();
                // ساعة ونصف, عامين ونصفا: the noun holds the one or the two.
                self.side.values.extend(["1", "2"].map(|whole| Value::parse(whole, "5")));
                self.coefficient = Some(Value::half());
                self.from_digits = false;
            }
        }
    }

    /// The number is complete: its value is one more reading of the digits in it.
    fn end_number(&mut self) {
        let coefficient = self.coefficient.take();
        let value = match (self.total.take(), coefficient) {
            (Some(total), Some(rest)) => total.plus(&rest),
            (total, rest) => total.or(rest),
        };
        let members: Vec<usize> = self.in_number.drain(..).chain(self.in_term.drain(..)).collect();
        if let Some(value) = value {
            for index in &members {
                self.mentions[*index].mention.readings.push(vec![value.clone()]);
            }
            self.side.values.insert(value);
        }
        self.last_scale = None;
        self.from_digits = false;
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use proptest::prelude::*;

    #[test]
    fn numbers_agree_or_not() {
        // Arabic, English, do they agree?
        let rows: &[(&str, &str, bool)] = &[
            ("قتل 15 شخصا", "15 people were killed", true),
            ("قتل 15 شخصا", "Fifteen people were killed", true),
            ("قتل 15 شخصا", "51 people were killed", false),
            ("قتل 15 شخصا", "People were killed", false),
            ("قتل خمسة عشر شخصا", "15 people were killed", true),
            ("قتل خمسة وعشرون شخصا", "25 people were killed", true),
            ("قتل خمسة وعشرون شخصا", "26 people were killed", false),
            ("قتل ١٥ شخصا", "15 people were killed", true),
            ("قتل ۱۵ شخصا", "15 people were killed", true),
            ("بنظام (إس-300)", "the S-300 system", true),
            ("بنظام (إس-400)", "the S-300 system", false),
            ("في 21 من يونيو الماضي", "on 21 June", true),
            ("في 21 من يونيو الماضي", "last June 21st", true),
            ("في 15-7 الماضي", "on 15 July", true),
            ("في 1/11/2024", "on November 1, 2024", true),
            ("في 1/11/2024", "on November 1, 2023", false),
            ("إعدادها عامين ونصفا", "its preparation took two and a half years", true),
            ("إعدادها عامين ونصفا", "its preparation took 2.5 years", true),
            ("إعدادها عامين", "its preparation took 2 years", true),
            ("إعدادها عاما", "its preparation took 3 years", false),
            ("بلغ 3.5 مليون دولار", "reached $3.5 million", true),
            ("بلغ 3.5 مليون دولار", "reached $3,500,000", true),
            ("بلغ 3.5 مليون دولار", "reached $3.5 billion", false),
            ("بلغ 3.5 مليون دولار", "reached $3.5", false),
            ("بلغ 3,5 مليون دولار", "reached 3.5 million dollars", true),
            ("بلغ ٣٫٥ مليون دولار", "reached 3.5m dollars", true),
            ("بلغ مليونا ونصف المليون", "reached 1.5 million", true),
            ("بلغ نصف مليون", "reached 500,000", true),
            ("بلغ نصف مليون", "reached half a million", true),
            ("بلغ 500 ألف", "reached half a million", true),
            ("بلغ 3 ملايين و200 ألف دولار", "reached 3.2 million dollars", true),
            ("بلغ 3 ملايين و200 ألف دولار", "reached 3,200,000 dollars", true),
            ("بلغ 3 ملايين و200 ألف دولار", "reached 3.3 million dollars", false),
            ("بين 3 و5 ملايين", "between 3 and 5 million", true),
            ("من 3 إلى 5 ملايين", "from 3 million to 5 million", true),
            ("10 آلاف مقاتل", "10,000 fighters", true),
            ("10 آلاف مقاتل", "10 thousand fighters", true),
            ("10 آلاف مقاتل", "ten thousand fighters", true),
            ("10 آلاف مقاتل", "10 million fighters", false),
            ("150 ألف نازح", "150k displaced", true),
            ("1.000 نازح", "1,000 displaced", true),
            ("1,000 نازح", "1000 displaced", true),
            ("١٬٠٠٠ نازح", "1000 displaced", true),
            ("1,000 نازح", "1 displaced", false),
            ("1.250.000 دينار", "1,250,000 dinars", true),
            ("1.234,56 دينار", "1,234.56 dinars", true),
            ("نسبة 19 في المئة", "19%", true),
            ("نسبة 19 بالمئة", "19 percent", true),
            ("نسبة 19 بالمائة", "19 percent", true),
            ("نسبة 5 بالمئة", "500", false),
            ("نسبة ٪19", "19 per cent", true),
            ("الساعة 10:30", "at 10:30", true),
            ("الساعة 10.30", "at 10:30", true),
            ("الساعة 15:00", "at 3 pm", true),
            ("الساعة 15:30", "at 3:30 p.m.", true),
            ("الساعة الثالثة", "at 3 o'clock", true),
            ("القرن الحادي والعشرين", "the 21st century", true),
            ("القرن العشرين", "the 20th century", true),
            ("القرن الـ19", "the nineteenth century", true),
            ("مجموعة السبع", "the G7", true),
            ("عامي 2023 و2024", "in 2023 and 2024", true),
            ("عامي 2023 و2024", "in 2023 and 2025", false),
            ("موسم 2023-2024", "the 2023/24 season", true),
            ("في التسعينيات", "in the 1990s", true),
            ("عام ألف وتسعمئة وأربعة وسبعين", "in 1974", true),
            ("عام 1974", "in nineteen seventy-four", true),
            ("ثلاثمئة وخمسون مقعدا", "350 seats", true),
            ("ثلاث مئة مقعد", "300 seats", true),
            ("ألفي جندي", "2,000 soldiers", true),
            ("مئتي جندي", "200 soldiers", true),
            ("ثلاثة آلاف ومئتان", "3,200", true),
            ("12 مليار دولار", "$12bn", true),
            ("12 مليار دولار", "twelve billion dollars", true),
            ("12 مليار دولار", "$12 million", false),
            ("100 شخص", "a hundred people", true),
            ("120 شخصا", "one hundred and twenty people", true),
            ("2500 شخص", "twenty-five hundred people", true),
            ("هاتف 0123456789012345678901234567890", "phone 0123456789012345678901234567890", true),
            ("لا أرقام هنا", "no numbers here", true),
            ("لا أرقام هنا", "42 numbers here", false),
            ("اليوم الثاني", "the 2nd day", true),
            ("24 دولة", "two dozen countries", true),
            ("2.2 مليون كيلومتر مربع", "2.2 million km2", true),
            ("ساعة ونصف", "1.5 hours", true),
            ("", "", true),
        ];
        let failed: Vec<String> = rows
            .iter()
            .map(|row| (row, compare(row.0, row.1)))
            .filter(|(row, comparison)| comparison.agree() != row.2)
            .map(|(row, comparison)| format!("{row:?} gave {comparison:?}"))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_compared(arabic in "[\\PC]{0,40}", english in "[0-9٠-٩., :%a-zو-]{0,40}") {
            compare(&arabic, &english);
            compare(&english, &arabic);
        }

        #[test]
        fn the_same_digits_agree(numbers in proptest::collection::vec(0u64..5_000_000, 0..6)) {
            let arabic: Vec<String> = numbers.iter().map(|n| format!("رقم {n}")).collect();
            let english: Vec<String> = numbers.iter().rev().map(|n| format!("number {n}")).collect();
            prop_assert!(compare(&arabic.join("، "), &english.join(", ")).agree());
        }

        #[test]
        fn a_changed_number_is_found(number in 13u64..5_000_000, other in 13u64..5_000_000) {
            prop_assume!(number != other);
            let (arabic, english) = (format!("بلغ العدد {number} قتيلا"), format!("the number reached {other} dead"));
            prop_assert!(!compare(&arabic, &english).agree());
        }
    }
}
