//! The speaker's noun phrase comes out whole, and as the same speaker under a short name: each of a list of speakers in
//! each of a list of frames.

use mujaz::quotes::extract;

/// Frames for a verb in the masculine and in the feminine, and the number of records. `{x}` is the speaker, `{s}` the
/// last name.
const FRAMES: [(&str, &str, usize); 9] = [
    ("وقال {x} إن الوضع صعب للغاية.", "وقالت {x} إن الوضع صعب للغاية.", 1),
    ("وأكد {x}، في تصريح صحفي، أن الوضع صعب للغاية.", "وأكدت {x}، في تصريح صحفي، أن الوضع صعب للغاية.", 1),
    ("وقال {x}: «الوضع صعب للغاية ولن نسكت عليه».", "وقالت {x}: «الوضع صعب للغاية ولن نسكت عليه».", 1),
    (
        "وأوضح {x} خلال مؤتمر صحفي عقده اليوم أن الوضع صعب للغاية.",
        "وأوضحت {x} خلال مؤتمر صحفي عقدته اليوم أن الوضع صعب للغاية.",
        1,
    ),
    ("وأعلن {x} اليوم الثلاثاء بدء المرحلة الثانية.", "وأعلنت {x} اليوم الثلاثاء بدء المرحلة الثانية.", 1),
    ("وأشار {x} إلى أن الوضع صعب، مضيفا أن الحل قريب.", "وأشارت {x} إلى أن الوضع صعب، مضيفة أن الحل قريب.", 2),
    ("وبحسب {x}، فإن الوضع صعب للغاية هذا العام.", "وبحسب {x}، فإن الوضع صعب للغاية هذا العام.", 1),
    ("وكان {x} قد قال إن الوضع صعب للغاية.", "وكانت {x} قد قالت إن الوضع صعب للغاية.", 1),
    ("ونقلت وكالة الأنباء عن {x} قوله إن الوضع صعب للغاية.", "ونقلت وكالة الأنباء عن {x} قولها إن الوضع صعب للغاية.", 1),
];

/// Frames for one person or body: the subject of a verb that reports nothing.
const FLOORS: [(&str, &str, usize); 1] = [(
    "من جانبه، رحب {x} بالقرار، وقال إنه خطوة مهمة للجميع.",
    "من جانبها، رحبت {x} بالقرار، وقالت إنه خطوة مهمة للجميع.",
    1,
)];

/// Frames for people with a name: what is said further on under the last name, or with the subject dropped.
const LATER: [(&str, &str, usize); 6] = [
    ("وقال {x} إن الوضع صعب.\n\nوأضاف {s} أن الحل قريب.", "وقالت {x} إن الوضع صعب.\n\nوأضافت {s} أن الحل قريب.", 2),
    ("وقال {x} إن الوضع صعب.\n\nوأضاف أن الحل قريب.", "وقالت {x} إن الوضع صعب.\n\nوأضافت أن الحل قريب.", 2),
    (
        "زار {x} المدينة أمس والتقى عددا من السكان.\n\nوقال {s} إن الحل قريب.",
        "زارت {x} المدينة أمس والتقت عددا من السكان.\n\nوقالت {s} إن الحل قريب.",
        1,
    ),
    (
        "وشارك في اللقاء {x} وعدد من الضيوف.\n\nوقال {s} إن الحل قريب.",
        "وشاركت في اللقاء {x} وعدد من الضيوف.\n\nوقالت {s} إن الحل قريب.",
        1,
    ),
    (
        "بحث المشاركون الملف مع {x} في العاصمة.\n\nوقال {s} إن الحل قريب.",
        "بحث المشاركون الملف مع {x} في العاصمة.\n\nوقالت {s} إن الحل قريب.",
        1,
    ),
    (
        "جاء ذلك خلال كلمة ألقاها {x} أمام الحضور.\n\nوقال {s} إن الحل قريب.",
        "جاء ذلك خلال كلمة ألقتها {x} أمام الحضور.\n\nوقالت {s} إن الحل قريب.",
        1,
    ),
];

/// Speakers of the list that are people with a name stand first.
const PEOPLE: usize = 110;

/// The last name of `speaker`, with the word that goes with it (`بن سلمان`, `عبد العاطي`).
fn last_name(speaker: &str) -> String {
    let words: Vec<&str> = speaker.split(' ').collect();
    let count = words.len();
    let joined = count > 2 && ["بن", "أبو", "آل", "عبد", "بو"].contains(&words[count - 2]);
    words[count - if joined { 2 } else { 1 }..].join(" ")
}

/// Who speaks in `frame`, if it has its number of records and all of them name `speaker`; else what was found.
fn check(frame: &(&str, &str, usize), agreement: &str, speaker: &str) -> Result<(), String> {
    let (masculine, feminine, records) = *frame;
    let words = if agreement == "f" { feminine } else { masculine };
    let words = words.replace("{x}", speaker).replace("{s}", &last_name(speaker));
    let text = format!("اجتماع في المدينة\n\n{words}\n");
    let found: Vec<String> = extract(&text, &[])
        .attributions
        .into_iter()
        .map(|record| record.speaker.map_or("-".into(), |who| who.text))
        .collect();
    let bare = |name: &str| name.trim_matches(['«', '»']).to_owned();
    if found.len() == records && found.iter().all(|name| bare(name) == bare(speaker)) {
        return Ok(());
    }
    Err(format!("{words}\n  found {found:?}"))
}

#[test]
fn speakers_in_frames() {
    let list = include_str!("fixtures/quotes_speakers.tsv");
    let speakers: Vec<(&str, &str)> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("two columns"))
        .collect();
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (number, (agreement, speaker)) in speakers.iter().enumerate() {
        // A noun without a name in the plural has its verb before it in the singular; behind it the verb would not agree.
        let floors: &[_] = if matches!(*agreement, "p" | "t") { &[] } else { &FLOORS };
        let later: &[_] = if number < PEOPLE { &LATER } else { &[] };
        for frame in FRAMES.iter().chain(floors).chain(later) {
            checked += 1;
            wrong.extend(check(frame, agreement, speaker).err());
        }
    }
    assert!(checked > 2800, "only {checked} checked");
    // What is left are names that are ordinary words, too (`لقاء مكي`, `عادل إمام`).
    assert!(wrong.len() * 100 <= checked * 4, "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}
