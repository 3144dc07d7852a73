//! Arabic number words. Keys are folded (`crate::article::folding::fold`).

use super::lex::{Item, Kind, Word};
use super::value::Value;
use crate::article::folding::fold;

/// What a word of Arabic text says about numbers; proclitics and the article are taken off where needed.
pub(super) fn word(token: &str) -> Word {
    let folded = fold(token);
    match folded.as_str() {
        "" => return Word::Nothing,
        "و" => return Word::And,
        "الي" | "او" | "حتي" => return Word::one(Kind::Link),
        _ => {}
    }
    for (rest, joined) in [(folded.as_str(), false), (folded.strip_prefix(['و', 'ف']).unwrap_or_default(), true)] {
        for bare in [Some(rest), rest.strip_prefix(['ب', 'ل', 'ك'])].into_iter().flatten() {
            let article = bare.strip_prefix("ال").or_else(|| rest.strip_prefix("لل"));
            if let Some(kinds) = number(bare) {
                return Word::Items(with_and(kinds, joined));
            }
            if let Some(kinds) = article.and_then(number) {
                // بالمئة is per cent, not a multiplier.
                let kinds = if kinds == [Kind::Hundred] { vec![evidence(&[100])] } else { kinds };
                return Word::Items(with_and(kinds, joined));
            }
            if let Some(values) = evidence_for(article.unwrap_or(bare)) {
                return Word::evidence(values);
            }
        }
    }
    decade(&folded).or_else(|| dual(&folded)).unwrap_or(Word::Other)
}

fn with_and(kinds: Vec<Kind>, joined: bool) -> Vec<Item> {
    kinds.into_iter().enumerate().map(|(index, kind)| Item { kind, joined: joined && index == 0 }).collect()
}

fn evidence(values: &[u64]) -> Kind {
    Kind::Evidence(values.iter().map(|value| Value::from(*value)).collect())
}

/// Units, teens, tens, hundreds and scales.
fn number(key: &str) -> Option<Vec<Kind>> {
    let units = match key {
        "صفر" => 0,
        "واحد" | "واحده" | "احد" | "احدي" | "اول" | "اولي" | "حادي" | "حاديه" => 1,
        "اثنان" | "اثنين" | "اثنتان" | "اثنتين" | "اثنا" | "اثني" | "اثنتا" | "اثنتي" | "ثاني" | "ثانيه" | "ثان" => {
            2
        }
        "ثلاثه" | "ثلاث" | "ثالث" | "ثالثه" => 3,
        "اربعه" | "اربع" | "رابع" | "رابعه" => 4,
        "خمسه" | "خمس" | "خامس" | "خامسه" => 5,
        "سته" | "ست" | "سادس" | "سادسه" => 6,
        "سبعه" | "سبع" | "سابع" | "سابعه" => 7,
        "ثمانيه" | "ثماني" | "ثمان" | "ثامن" | "ثامنه" => 8,
        "تسعه" | "تسع" | "تاسع" | "تاسعه" => 9,
        "عاشر" | "عاشره" => 10,
        "عشرون" | "عشرين" => 20,
        "ثلاثون" | "ثلاثين" => 30,
        "اربعون" | "اربعين" => 40,
        "خمسون" | "خمسين" => 50,
        "ستون" | "ستين" => 60,
        "سبعون" | "سبعين" => 70,
        "ثمانون" | "ثمانين" => 80,
        "تسعون" | "تسعين" => 90,
        "عشر" | "عشره" => return Some(vec![Kind::Ten]),
        "ميه" | "مايه" => return Some(vec![Kind::Hundred]),
        "ميتان" | "ميتين" | "ميتا" | "ميتي" | "مايتان" | "مايتين" | "مايتا" | "مايتي" => {
            200
        }
        "الف" | "الفا" | "الاف" => return Some(vec![Kind::Scale(3)]),
        "مليون" | "مليونا" | "ملايين" => return Some(vec![Kind::Scale(6)]),
        "مليار" | "مليارا" | "مليارات" | "بليون" | "بليونا" | "بلايين" => {
            return Some(vec![Kind::Scale(9)]);
        }
        "تريليون" | "تريليونا" | "تريليونات" | "ترليون" | "ترليونا" | "ترليونات" =>
        {
            return Some(vec![Kind::Scale(12)]);
        }
        "الفان" | "الفين" | "الفي" => return Some(vec![Kind::Units(2), Kind::Scale(3)]),
        "مليونان" | "مليونين" | "مليوني" => return Some(vec![Kind::Units(2), Kind::Scale(6)]),
        "ملياران" | "مليارين" | "ملياري" => return Some(vec![Kind::Units(2), Kind::Scale(9)]),
        "نصف" | "نصفا" => return Some(vec![Kind::Half]),
        _ => return hundreds(key).map(|value| vec![Kind::Units(value)]),
    };
    Some(vec![Kind::Units(units)])
}

/// `ثلاثمئة`, `خمسمائة` written as one word.
fn hundreds(key: &str) -> Option<u64> {
    let unit = key.strip_suffix("ميه").or_else(|| key.strip_suffix("مايه"))?;
    let value = match unit {
        "ثلاث" => 3,
        "اربع" => 4,
        "خمس" => 5,
        "ست" => 6,
        "سبع" => 7,
        "ثمان" | "ثماني" => 8,
        "تسع" => 9,
        _ => return None,
    };
    Some(value * 100)
}

/// Months, fractions and other words that English may write in digits.
fn evidence_for(key: &str) -> Option<&'static [u64]> {
    Some(match key {
        "يناير" | "جانفي" => &[1],
        "فبراير" | "شباط" | "فيفري" => &[2],
        "مارس" | "اذار" => &[3],
        "ابريل" | "نيسان" | "افريل" => &[4],
        "مايو" | "ايار" | "ماي" => &[5],
        "يونيو" | "حزيران" | "جوان" => &[6],
        "يوليو" | "تموز" | "جويليه" | "يوليوز" => &[7],
        "اغسطس" | "اب" | "اوت" | "غشت" => &[8],
        "سبتمبر" | "ايلول" | "شتنبر" => &[9],
        "اكتوبر" => &[10],
        "نوفمبر" | "نونبر" => &[11],
        "ديسمبر" | "دجنبر" => &[12],
        "تشرين" => &[10, 11],
        "كانون" => &[12, 1],
        "ربع" => &[1, 4, 15, 25],
        "ثلث" => &[1, 3, 20, 33],
        "ثلثا" | "ثلثي" | "ثلثين" | "ثلثان" => &[2, 3, 66, 67],
        "ارباع" => &[4, 75],
        "مره" => &[1],
        _ => return None,
    })
}

/// `التسعينيات`: 90s, 1990s.
fn decade(key: &str) -> Option<Word> {
    let stem = key.strip_suffix("يات").or_else(|| key.strip_suffix("ات"))?;
    let stem = stem.strip_prefix("ال").unwrap_or(stem);
    let tens = match number(stem)?.as_slice() {
        [Kind::Units(tens @ 20..=90)] => *tens,
        _ => return None,
    };
    Some(Word::evidence(&[tens, 1800 + tens, 1900 + tens, 2000 + tens]))
}

/// A word that may be a dual (`عامين`): English may write 2.
fn dual(key: &str) -> Option<Word> {
    let ending = key.ends_with("ين") || key.ends_with("ان");
    (ending && key.chars().count() >= 5).then(|| Word::evidence(&[2]))
}
