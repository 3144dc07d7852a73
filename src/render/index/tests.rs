use super::*;
use crate::brief::Briefing;
use crate::render::fixture::{briefing, small};
use crate::render::write::write_atomic;
use crate::render::{Html, Renderer, json};
use std::collections::{BTreeSet, HashSet};
use std::fs;

const SPEAKERS: [(&str, &str); 7] = [
    ("سلمى الدرويش", "Salma al-Darwish"),
    ("كريم الأشقر", "Karim al-Ashqar"),
    ("نادية الخطيب", "Nadia al-Khatib"),
    ("وزارة الموارد المائية", "Ministry of Water Resources"),
    ("باسل حمدان", "Basil Hamdan"),
    ("لجنة الأنهار", "Rivers Committee"),
    ("عادل السقا", "Adel al-Saqqa"),
];
const OUTLETS: [&str; 3] = ["Example Gazette", "صوت الوادي", "River & <Sons>"];

/// Invented articles in several folders, some without a date, an outlet or a speaker.
fn synthetic(number: usize) -> Briefing {
    let id = match number % 4 {
        0 => format!("asia/article {number}"),
        1 => format!("أخبار/خبر {number}"),
        2 => format!("{number}% done? #{number}"),
        _ => format!("deep/er/{number}"),
    };
    let date = format!("2024-{:02}-{:02}", number / 28 % 12 + 1, number % 28 + 1);
    small(
        &id,
        (number % 10 != 9).then_some(date.as_str()),
        OUTLETS.get(number % 4).copied(),
        (number % 8 != 7).then(|| SPEAKERS[number % SPEAKERS.len()]),
    )
}

fn put(folder: &Path, briefing: &Briefing) {
    let path = folder.join(format!("{}.json", briefing.article.id));
    write_atomic(&path, json(briefing).unwrap().as_bytes()).unwrap();
    write_atomic(&path.with_extension("html"), Html.render(briefing).unwrap().as_bytes()).unwrap();
}

fn synthetic_folder(articles: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    (0..articles).for_each(|number| put(folder.path(), &synthetic(number)));
    folder
}

/// The pages of the index by their place.
fn pages(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut names = vec![PathBuf::from("index.html")];
    if let Ok(entries) = fs::read_dir(folder.join(FOLDER)) {
        names.extend(entries.map(|entry| Path::new(FOLDER).join(entry.unwrap().file_name())));
    }
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(folder.join(name)).unwrap())).collect()
}

fn decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [a, b, after @ ..]) => {
                let hex = [*a, *b];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn addresses(page: &str) -> impl Iterator<Item = String> + '_ {
    page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#x2f;", "/"))
}

#[test]
fn every_address_leads_to_a_file_and_every_fragment_to_an_id() {
    let folder = synthetic_folder(45);
    let report = write_index(folder.path(), Standing::default(), 10).unwrap();
    assert_eq!((report.briefings, report.quotes, report.skipped.len()), (45, 45, 0));
    let pages = pages(folder.path());
    assert_eq!(pages.len(), report.files);
    let mut wrong = Vec::new();
    let mut articles = HashSet::new();
    for (name, text) in &pages {
        for address in addresses(text) {
            let (file, fragment) = address.split_once('#').unwrap_or((&address, ""));
            let target = folder.path().join(name.parent().unwrap()).join(decoded(file));
            match fs::read_to_string(&target) {
                Ok(page) if fragment.is_empty() || page.contains(&format!("id=\"{fragment}\"")) => {
                    articles.insert(target.canonicalize().unwrap());
                }
                _ => wrong.push(format!("{}: {address}", name.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for number in 0..45 {
        let page = folder.path().join(format!("{}.html", synthetic(number).article.id));
        assert!(articles.contains(&page.canonicalize().unwrap()), "{page:?} is on no page");
    }
}

#[test]
fn rows_are_paged_and_every_row_is_shown_once() {
    let folder = synthetic_folder(45);
    write_index(folder.path(), Standing::default(), 10).unwrap();
    let pages = pages(folder.path());
    let rows = |stem: &str| -> usize {
        let is_of = |name: &Path| {
            name.file_stem().unwrap().to_str().unwrap().rsplit_once('-').is_some_and(|(found, _)| found == stem)
                || (stem == "articles" && name == Path::new("index.html"))
        };
        pages.iter().filter(|(name, _)| is_of(name)).map(|(_, text)| text.matches("<div class=\"row").count()).sum()
    };
    let table = [
        ("articles", 45),
        ("speaker-quotes", 45),
        ("outlet-articles", 45),
        ("date-articles", 45),
        ("speakers", SPEAKERS.len() + 1),
        ("outlets", OUTLETS.len() + 1),
    ];
    let wrong: Vec<_> = table
        .iter()
        .map(|(stem, expected)| (*stem, rows(stem), *expected))
        .filter(|(_, got, expected)| got != expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(pages.iter().all(|(_, text)| text.matches("<div class=\"row").count() <= 10));
}

#[test]
fn articles_stand_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    for (id, date) in [("a", None), ("b", Some("2024-01-01")), ("c", Some("2024-03-01")), ("d", Some("2024-01-01"))] {
        put(folder.path(), &small(id, date, None, None));
    }
    index(folder.path(), Standing::default()).unwrap();
    let text = fs::read_to_string(folder.path().join("index.html")).unwrap();
    let order: Vec<String> = addresses(&text).filter(|address| address.len() == "a.html".len()).collect();
    assert_eq!(order, ["c.html", "b.html", "d.html", "a.html"]);
}

#[test]
fn the_words_of_a_speaker_stand_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    for (id, date, speaker) in
        [("a", None, 0), ("b", Some("2024-01-01"), 1), ("c", Some("2024-03-01"), 0), ("d", Some("2024-05-01"), 0)]
    {
        put(folder.path(), &small(id, date, None, Some(SPEAKERS[speaker])));
    }
    index(folder.path(), Standing::default()).unwrap();
    let text = fs::read_to_string(folder.path().join("index/speaker-quotes-1.html")).unwrap();
    let order: Vec<String> = addresses(&text).filter(|address| address.ends_with("#q1")).collect();
    assert_eq!(order, ["../b.html#q1", "../d.html#q1", "../c.html#q1", "../a.html#q1"]);
}

#[test]
fn a_shorter_index_leaves_no_older_pages_and_nothing_else_is_touched() {
    let folder = synthetic_folder(45);
    write_index(folder.path(), Standing::default(), 10).unwrap();
    write_atomic(&folder.path().join("index/notes-1.html"), b"mine").unwrap();
    let before: BTreeSet<_> = pages(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert!(before.contains(Path::new("index/articles-5.html")));
    let report = write_index(folder.path(), Standing::default(), 100).unwrap();
    let after: BTreeSet<_> = pages(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(after.len(), report.files + 1);
    assert!(after.contains(Path::new("index/notes-1.html")) && !after.contains(Path::new("index/articles-5.html")));
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let folder = synthetic_folder(12);
    index(folder.path(), Standing::default()).unwrap();
    let first = pages(folder.path());
    index(folder.path(), Standing::default()).unwrap();
    assert_eq!(pages(folder.path()), first);
}

#[test]
fn an_empty_folder_has_an_index_and_broken_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_atomic(&folder.path().join("<b>.json"), b"{\"schema\": \"mujaz.briefing/1\", ").unwrap();
    let report = index(folder.path(), Standing::default()).unwrap();
    assert_eq!((report.briefings, report.skipped.len()), (0, 1));
    let text = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(text.contains("There are no briefings here yet"));
    assert!(text.contains("&lt;b&gt;.json") && !text.contains("<b>.json"));
}

#[test]
fn an_article_called_index_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &small("index", None, None, None));
    let before = fs::read(folder.path().join("index.html")).unwrap();
    let error = index(folder.path(), Standing::default()).unwrap_err();
    assert!(matches!(error, RenderError::NameTaken { .. }) && error.hint().is_some());
    assert_eq!(fs::read(folder.path().join("index.html")).unwrap(), before);
}

#[test]
fn pages_look_as_before() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &briefing());
    put(folder.path(), &synthetic(3));
    put(folder.path(), &synthetic(9));
    index(folder.path(), Standing::default()).unwrap();
    for name in ["index.html", "index/speaker-quotes-1.html", "index/outlets-1.html"] {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let (head, body) = text.split_once("</style>").unwrap();
        assert!(head.contains("default-src 'none'"));
        insta::assert_snapshot!(name.replace(['/', '.'], "_"), body);
    }
}

/// Run by hand: writes pages to look at (screenshots) into `target/render_look`.
#[test]
#[ignore = "writes pages to look at"]
fn a_folder_to_look_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/render_look");
    let article = briefing();
    put(&folder, &article);
    let page = folder.join(format!("{}.md", article.article.id));
    write_atomic(&page, crate::render::Markdown.render(&article).unwrap().as_bytes()).unwrap();
    (0..450).for_each(|number| put(&folder, &synthetic(number)));
    write_atomic(&folder.join("broken.json"), b"{\"schema\": \"mujaz.briefing/1\", ").unwrap();
    let report = index(&folder, Standing::default()).unwrap();
    crate::render::quote_sheet(&folder).unwrap();
    println!("{} pages of the index in {}", report.files, folder.display());
}

/// Run by hand, with `--nocapture`: time and peak memory of the index and the sheet over 10,000 briefings, small ones
/// (one sentence, one quote) and then ordinary ones (thirteen sentences, nine quotes).
#[test]
#[ignore = "a measurement"]
fn ten_thousand_articles() {
    let peak = || {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown").to_owned()
    };
    let ordinary = |number| {
        let article = synthetic(number).article;
        let mut briefing = briefing();
        briefing.article.id = article.id;
        briefing.article.published = article.published;
        briefing
    };
    let makers: [(&str, &dyn Fn(usize) -> Briefing); 2] = [("small", &synthetic), ("ordinary", &ordinary)];
    for (name, make) in makers {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = 0;
        for number in 0..10_000 {
            let briefing = make(number);
            let path = folder.path().join(format!("{}.json", briefing.article.id));
            let text = json(&briefing).unwrap();
            bytes += text.len();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        println!("{name}: {} MB of JSON, {}", bytes / 1_000_000, peak());
        let start = std::time::Instant::now();
        let report = index(folder.path(), Standing::default()).unwrap();
        println!("  index: {} pages in {:.2} s, {}", report.files, start.elapsed().as_secs_f64(), peak());
        let start = std::time::Instant::now();
        let sheet = crate::render::quote_sheet(folder.path()).unwrap();
        println!("  sheet: {} rows in {:.2} s, {}", sheet.quotes, start.elapsed().as_secs_f64(), peak());
        assert_eq!((report.briefings, sheet.briefings), (10_000, 10_000));
    }
}

#[test]
fn the_first_page_says_what_is_still_to_come() {
    let folder = synthetic_folder(12);
    let standing =
        Standing { unfinished: vec!["shard 2/3 has not begun".into()], failed: Some("1 failed (empty 1)".into()) };
    write_index(folder.path(), standing, 10).unwrap();
    let first = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(first.contains("shard 2/3 has not begun") || first.contains("shard 2&#x2f;3 has not begun"), "{first}");
    assert!(first.contains("1 failed (empty 1)") && first.contains("failed*.jsonl"), "{first}");
    let second = fs::read_to_string(folder.path().join("index/articles-2.html")).unwrap();
    assert!(!second.contains("not begun"));
    write_index(folder.path(), Standing::default(), 10).unwrap();
    assert!(!fs::read_to_string(folder.path().join("index.html")).unwrap().contains("Not all briefings are here"));
}
