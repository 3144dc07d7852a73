//! Folders, feeds and standard input as users have them, read through the public interface.

use mujaz::article::ingest::{Failed, IngestError, IngestOptions, Ingested, SkipReason, plan, plan_with_stdin};
use mujaz::article::{Article, Title, sentences};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NEWS: &str = "افتتح الوزير أمس الميناء الجديد في المدينة، وقال: \"هذا يوم كبير\".\nوأضاف أن السفن تصل غدا.\n";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn read_all(inputs: &[PathBuf], options: &IngestOptions) -> Vec<Ingested> {
    plan(inputs, options).unwrap().articles().collect()
}

/// `article ID`, `skipped KIND NAME` or `failed KIND NAME`, with paths relative to `root`.
fn outline(items: &[Ingested], root: &Path) -> Vec<String> {
    let below = |path: &str| path.trim_start_matches(root.to_str().unwrap()).trim_start_matches('/').to_owned();
    items
        .iter()
        .map(|item| match item {
            Ingested::Article(article) => format!("article {}", article.id),
            Ingested::Skipped(skipped) => format!("skipped {} {}", skipped.reason.kind(), below(&skipped.path)),
            Ingested::Failed(failed) => format!("failed {} {}", failed.kind, below(&failed.path)),
        })
        .collect()
}

fn articles(items: Vec<Ingested>) -> Vec<Article> {
    items
        .into_iter()
        .filter_map(|item| if let Ingested::Article(article) = item { Some(*article) } else { None })
        .collect()
}

fn failures(items: Vec<Ingested>) -> Vec<Failed> {
    items.into_iter().filter_map(|item| if let Ingested::Failed(failed) = item { Some(failed) } else { None }).collect()
}

#[test]
fn a_folder_as_they_are() {
    let news = NEWS.as_bytes();
    let root = folder(&[
        ("b.txt", news),
        ("a.TXT", news),
        ("asia/east/moscow.text", news),
        ("asia/no_extension", news),
        (".hidden.txt", news),
        (".git/config.txt", news),
        ("page.pdf", b"%PDF"),
        ("empty.txt", b" \n\t\n"),
        ("only_address.txt", b"https://example.org/x\n"),
        ("binary.txt", &[0, 1, 2, 3, 0, 0, 255, 254, 7, 8]),
        ("english.txt", b"The harbour opened yesterday."),
        ("out/b.txt", news),
        ("feed.jsonl", "{\"text\":\"افتتح الوزير الميناء\"}\n".as_bytes()),
    ]);
    let options = IngestOptions { out_dir: Some(root.path().join("out")), limit: None };
    let found = outline(&read_all(&[root.path().to_owned()], &options), root.path());
    let expected = [
        "article a",
        "article asia/east/moscow",
        "article asia/no_extension",
        "article b",
        "failed binary binary.txt",
        "failed empty empty.txt",
        "skipped not_arabic english.txt",
        "article feed/000001",
        "failed empty only_address.txt",
        "skipped unknown_type page.pdf",
    ];
    assert_eq!(found, expected);
    let plan = plan(&[root.path().to_owned()], &options).unwrap();
    assert_eq!(plan.len_hint(), Some(expected.len()));
}

#[cfg(unix)]
#[test]
fn symbolic_links_and_unreadable_files() {
    use std::os::unix::fs::symlink;
    let root = folder(&[("in/a.txt", NEWS.as_bytes()), ("elsewhere/b.txt", NEWS.as_bytes())]);
    let input = root.path().join("in");
    symlink(&input, input.join("loop")).unwrap();
    symlink(root.path().join("elsewhere"), input.join("linked")).unwrap();
    symlink("gone.txt", input.join("broken.txt")).unwrap();
    symlink("gone.txt", input.join(".broken.txt")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(input.join("socket")).unwrap();
    let found = outline(&read_all(std::slice::from_ref(&input), &IngestOptions::default()), &input);
    let expected = [
        "article a",
        "failed unreadable broken.txt",
        "article linked/b",
        "skipped link_loop loop",
        "skipped not_a_file socket",
    ];
    assert_eq!(found, expected);
}

#[test]
fn two_inputs_for_one_output_are_refused() {
    let news = NEWS.as_bytes();
    let root = folder(&[
        ("x/a.txt", news),
        ("x/b.txt", news),
        ("y/A.text", news),
        ("z/a.txt", news),
        ("z/a", news),
        ("ids.jsonl", b"{\"id\":\"n1\",\"text\":\"x\"}\n\n{\"id\":\"N1\",\"text\":\"y\"}\n"),
        ("number.jsonl", b"{\"text\":\"x\"}\n{\"id\":\"000001\",\"text\":\"y\"}\n"),
        ("fine.jsonl", b"{\"id\":\"a/b\",\"text\":\"x\"}\n{\"id\":\"a:b\",\"text\":\"y\"}\n{broken\n{broken\n"),
    ]);
    let refused: &[(&[&str], [&str; 2])] = &[
        (&["x", "y"], ["x/a.txt", "y/A.text"]),
        (&["z"], ["z/a", "z/a.txt"]),
        (&["x", "x/b.txt"], ["x/b.txt", "x/b.txt"]),
        (&["ids.jsonl"], ["ids.jsonl:1", "ids.jsonl:3"]),
        (&["number.jsonl"], ["number.jsonl:1", "number.jsonl:2"]),
    ];
    for (inputs, names) in refused {
        let inputs: Vec<PathBuf> = inputs.iter().map(|name| root.path().join(name)).collect();
        match plan(&inputs, &IngestOptions::default()) {
            Err(error @ IngestError::SameOutput { .. }) => {
                let message = error.to_string();
                assert!(names.iter().all(|name| message.contains(name)), "{message} does not name {names:?}");
                assert!(error.hint().is_some());
            }
            other => panic!("{inputs:?} gave {other:?}"),
        }
    }
    assert!(plan(&[root.path().join("fine.jsonl"), root.path().join("x")], &IngestOptions::default()).is_ok());
}

#[test]
fn usage_errors() {
    let root = folder(&[("a.txt", NEWS.as_bytes())]);
    let gone = root.path().join("gone.txt");
    let found = plan(std::slice::from_ref(&gone), &IngestOptions::default()).unwrap_err();
    assert!(matches!(&found, IngestError::NotFound { path } if *path == gone));
    assert!(found.to_string().contains("gone.txt") && found.hint().is_some());
    assert!(matches!(plan(&[], &IngestOptions::default()), Err(IngestError::NoInput)));
    let twice = plan_with_stdin(&["-".into(), "-".into()], &IngestOptions::default(), &b""[..]);
    assert!(matches!(twice, Err(IngestError::StdinTwice)));
    let options = IngestOptions { out_dir: Some(root.path().to_owned()), limit: None };
    assert!(matches!(plan(&[root.path().to_owned()], &options), Err(IngestError::OutputIsInput { .. })));
}

#[test]
fn a_feed() {
    let long = format!("{{\"text\":\"{}\"}}", "ا".repeat(9 * 1024 * 1024));
    let lines = [
        "\u{FEFF}{\"id\":\"../../etc/passwd\",\"title\":\" الميناء \",\"text\":\"افتتح الوزير الميناء\",\"date\":\"2024-11-01\",\"outlet\":\"الجريدة\",\"url\":\"https://example.org/20240101/x\",\"more\":[1]}",
        "",
        "{\"id\":7,\"text\":\"افتتح الوزير الميناء\\n\\nhttps://www.example.net/2024/11/02/x\\n\"}",
        "{\"text\":",
        "{\"title\":\"بلا نص\"}",
        "[1,2]",
        "{\"text\":5}",
        "{\"text\":\"  \"}",
        "{\"text\":\"The harbour\"}",
        &long,
        "{\"id\":\"\",\"title\":null,\"text\":\"وصلت السفن إلى الميناء\"}",
    ];
    let root = folder(&[("feed.jsonl", lines.join("\r\n").as_bytes())]);
    let items = read_all(&[root.path().join("feed.jsonl")], &IngestOptions::default());
    let outlined = outline(&items, root.path());
    let expected = [
        "failed bad_json feed.jsonl:4",
        "failed bad_record feed.jsonl:5",
        "failed bad_record feed.jsonl:6",
        "failed bad_record feed.jsonl:7",
        "failed empty feed.jsonl:8",
        "skipped not_arabic feed.jsonl:9",
        "failed too_large feed.jsonl:10",
        "article feed/000011",
    ];
    assert_eq!(outlined[2..], expected);
    let failed = failures(items.clone());
    assert!(failed[0].hint.is_some() && failed[1].message.contains("text"), "{failed:?}");

    let read = articles(items);
    let first = &read[0];
    assert!(
        first.id.starts_with("feed/") && !first.id.contains("..") && first.id.matches('/').count() == 1,
        "{}",
        first.id
    );
    assert!(first.path.ends_with("feed.jsonl:1"));
    assert_eq!(first.title, Some(Title::Given("الميناء".to_owned())));
    assert_eq!(
        (first.published.as_deref(), first.outlet.as_deref()),
        (Some("2024-11-01"), Some("الجريدة")),
        "what is given is not replaced by what the address says"
    );
    assert_eq!(read[1].id, "feed/7");
    assert_eq!(read[1].words, 3);
    assert_eq!((read[1].published.as_deref(), read[1].outlet.as_deref()), (Some("2024-11-02"), Some("example.net")));
}

#[test]
fn encodings_of_files_and_feeds() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let record = format!("{}\n{}\n", serde_json::json!({"text": NEWS}), serde_json::json!({"id": "b", "text": NEWS}));
    let root = folder(&[
        ("a_utf16.jsonl", &utf16(&format!("\u{FEFF}{record}"))),
        ("b_1256.jsonl", &encoding_rs::WINDOWS_1256.encode(&record).0),
        ("c_1256.txt", &encoding_rs::WINDOWS_1256.encode(NEWS).0),
        ("d_8859.txt", &encoding_rs::ISO_8859_6.encode(NEWS).0),
        ("e_mark.txt", format!("\u{FEFF}{NEWS}").as_bytes()),
        ("f_utf16.txt", &utf16(NEWS)),
    ]);
    let items = read_all(&[root.path().to_owned()], &IngestOptions::default());
    let found: Vec<(String, String)> = articles(items)
        .into_iter()
        .map(|article| {
            assert_eq!(article.text, NEWS, "{}", article.id);
            (article.id, article.encoding)
        })
        .collect();
    let expected = [
        ("a_utf16/000001", "utf-16le"),
        ("a_utf16/b", "utf-16le"),
        ("b_1256/000001", "windows-1256"),
        ("b_1256/b", "windows-1256"),
        ("c_1256", "windows-1256"),
        ("d_8859", "iso-8859-6"),
        ("e_mark", "utf-8"),
        ("f_utf16", "utf-16le"),
    ];
    assert_eq!(found, expected.map(|(id, encoding)| (id.to_owned(), encoding.to_owned())));
}

#[test]
fn standard_input() {
    let utf16: Vec<u8> =
        "\u{FEFF}{\"text\":\"وصلت السفن إلى الميناء\"}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let rows: &[(&str, &[u8], &[&str])] = &[
        ("text", NEWS.as_bytes(), &["article stdin"]),
        (
            "feed",
            "\n {\"id\":\"x\",\"text\":\"وصلت السفن إلى الميناء\"}\n{}\n".as_bytes(),
            &["article stdin/x", "failed bad_record -:3"],
        ),
        ("feed in UTF-16", &utf16, &["article stdin/000001"]),
        ("nothing", b"", &["failed empty -"]),
    ];
    for (name, bytes, expected) in rows {
        let planned = plan_with_stdin(&["-".into()], &IngestOptions::default(), *bytes).unwrap();
        for _ in 0..2 {
            let items: Vec<_> = planned.articles().collect();
            assert_eq!(outline(&items, Path::new("/no root")), *expected, "{name}");
        }
    }
}

#[test]
fn a_limit_counts_articles_only() {
    let news = NEWS.as_bytes();
    let root = folder(&[("a.pdf", b""), ("b.txt", b""), ("c.txt", news), ("d.txt", news), ("e.txt", news)]);
    let options = IngestOptions { out_dir: None, limit: Some(2) };
    let found = outline(&read_all(&[root.path().to_owned()], &options), root.path());
    assert_eq!(found, ["skipped unknown_type a.pdf", "failed empty b.txt", "article c", "article d"]);
}

/// The shape of agency copy found in the wild: no title, an address inside the body, indents, brackets, CRLF.
#[test]
fn a_plain_article() {
    let text = "أفادت الوزارة في بيان أن الأشغال جارية، ومن المتوقع افتتاح الميناء \"قريبا\".\r\n\r\nhttps://www.harbour.example.com/20240312-harbour/\r\n\r\n   وزودت الميناء برافعات (رف-300).\r\nوقال الوزير: \"العمل مستمر. ولن يتوقف.\"\r\n";
    let root = folder(&[("in/harbour.txt", text.as_bytes())]);
    let read = articles(read_all(&[root.path().join("in/harbour.txt")], &IngestOptions::default()));
    let [article] = &read[..] else { panic!("{read:?}") };
    assert_eq!(article.id, "harbour");
    assert_eq!(article.text, text);
    assert_eq!(article.title, None);
    assert_eq!(article.url.as_deref(), Some("https://www.harbour.example.com/20240312-harbour/"));
    assert_eq!((article.outlet.as_deref(), article.published.as_deref()), (Some("example.com"), Some("2024-03-12")));
    assert_eq!(article.words, 22);
    let split: Vec<&str> = sentences::split(text, None).iter().map(|sentence| sentence.span.slice(text)).collect();
    let expected = [
        "أفادت الوزارة في بيان أن الأشغال جارية، ومن المتوقع افتتاح الميناء \"قريبا\".",
        "وزودت الميناء برافعات (رف-300).",
        "وقال الوزير: \"العمل مستمر.",
        "ولن يتوقف.\"",
    ];
    assert_eq!(split, expected);
}

#[test]
fn reasons_are_understandable() {
    let persian = SkipReason::NotArabic { share: 1.0, likely: Some("Persian") };
    let english = SkipReason::NotArabic { share: 0.031, likely: None };
    let unknown = SkipReason::UnknownType { extension: "html\u{202E}".to_owned() };
    assert_eq!(persian.to_string(), "not Arabic: likely Persian, by its letters and function words");
    assert_eq!(english.to_string(), "not Arabic: 3 % of its letters are Arabic, 50 % are needed");
    assert!(unknown.to_string().contains(".html\\u{202e} "), "{unknown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes in, one of the three outcomes comes out, and an article splits without panic.
    #[test]
    fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), news in any::<bool>(), feed in any::<bool>(),
                              cut in 0usize..400) {
        if news {
            bytes = [NEWS.as_bytes(), &bytes].concat();
        }
        if feed {
            bytes = [b"{\"text\":\"", &bytes[..], b"\"}\n{"].concat();
        }
        bytes.truncate(cut);
        let planned = plan_with_stdin(&["-".into()], &IngestOptions::default(), &bytes[..]);
        if let Ok(planned) = planned {
            for article in articles(planned.articles().collect()) {
                sentences::split(&article.text, None);
            }
        }
    }
}

const PARAGRAPH: &str = "افتتح الوزير أمس الميناء الجديد في المدينة الساحلية، وقال أمام الحاضرين: \"هذا يوم كبير لنا جميعا\". وأضاف أن السفن الأولى تصل في مطلع الشهر المقبل، وأن العمل في الأرصفة مستمر ليلا ونهارا حتى تكتمل المرحلة الثانية من المشروع.";

fn page(head: &str) -> String {
    let body: String = (0..6).map(|number| format!("<p>{PARAGRAPH} {number}</p>\n")).collect();
    format!(
        "<!doctype html><html><head><title>افتتاح الميناء الجديد | صحيفة المثال</title>{head}</head><body>\
         <nav><a href=\"/\">الرئيسية</a><a href=\"/x\">رياضة</a></nav><article><h1>افتتاح الميناء الجديد</h1>{body}\
         </article><footer>جميع الحقوق محفوظة</footer><script>var x = 1;</script></body></html>"
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_web_page_gives_its_main_text_and_what_it_says_of_itself() {
    let head = r#"<meta property="og:title" content="افتتاح الميناء الجديد"><meta property="og:site_name" content="صحيفة المثال">
        <meta property="article:published_time" content="2024-11-01T08:00:00Z"><link rel="canonical" href="https://example.org/port">"#;
    let declared = page(&format!("<meta charset=\"windows-1256\">{head}"));
    let (windows, _, unmappable) = encoding_rs::WINDOWS_1256.encode(&declared);
    assert!(!unmappable);
    let root = folder(&[
        ("a.html", page(head).as_bytes()),
        ("b.htm", &windows),
        ("c.html", page("").replace("<html>", "<html lang=\"fa\">").as_bytes()),
        ("d.html.gz", &gzip(page(head).as_bytes())),
        ("e.html", b"<html><body><a href='/'>x</a></body></html>"),
    ]);
    let items = read_all(&[root.path().to_owned()], &IngestOptions::default());
    let outline = outline(&items, root.path());
    assert_eq!(outline[0], "article a");
    assert_eq!(outline[1], "article b");
    assert_eq!(outline[2], "skipped not_arabic c.html");
    assert_eq!(outline[3], "article d");
    assert!(outline[4].starts_with("failed no_main_text") || outline[4].starts_with("skipped"), "{}", outline[4]);
    let read = articles(items);
    for article in &read {
        assert_eq!(article.text.lines().filter(|line| line.contains("افتتح الوزير")).count(), 6, "{}", article.text);
        assert!(!article.text.contains("رياضة") && !article.text.contains("الحقوق") && !article.text.contains("var x"));
        assert_eq!(article.title_text(), Some("افتتاح الميناء الجديد"));
        assert_eq!(article.outlet.as_deref(), Some("صحيفة المثال"));
        assert_eq!(article.published.as_deref(), Some("2024-11-01T08:00:00Z"));
        assert_eq!(article.url.as_deref(), Some("https://example.org/port"));
        for sentence in sentences::split(&article.text, None) {
            assert!(!sentence.span.slice(&article.text).is_empty(), "spans point into the extracted text");
        }
    }
    assert_eq!(read[1].encoding, "windows-1256");
    assert_eq!(read[0].text_sha256, read[2].text_sha256);
}

/// The extractor goes down by recursion: such a page would end the program.
#[test]
fn a_page_of_a_bottomless_nesting_fails_alone() {
    let nested = |depth: usize, tag: &str| {
        let (open, close) = (format!("<{tag}>").repeat(depth), format!("</{tag}>").repeat(depth));
        page("").replace("<article>", &format!("<article>{open}")).replace("</article>", &format!("{close}</article>"))
    };
    let root = folder(&[
        ("a.html", nested(49_000, "div").as_bytes()),
        ("b.html", nested(5_000, "b").as_bytes()),
        ("c.html", nested(100, "div").as_bytes()),
        ("d.html", page("").as_bytes()),
    ]);
    let found = outline(&read_all(&[root.path().to_owned()], &IngestOptions::default()), root.path());
    assert_eq!(found, ["failed no_main_text a.html", "failed no_main_text b.html", "article c", "article d"]);
}

#[test]
fn gzip_of_each_type_is_read_and_broken_gzip_fails_alone() {
    let line = format!("{{\"id\":\"x\",\"text\":{}}}\n", serde_json::to_string(NEWS).unwrap());
    let whole = gzip(NEWS.as_bytes());
    let root = folder(&[
        ("a.txt.gz", &whole),
        ("b.gz", &whole),
        ("c.jsonl.gz", &gzip(line.as_bytes())),
        ("d.txt.gz", &whole[..whole.len() / 2]),
        ("e.tar.gz", &whole),
    ]);
    let found = outline(&read_all(&[root.path().to_owned()], &IngestOptions::default()), root.path());
    let expected =
        ["article a", "article b", "article c/x", "failed unreadable d.txt.gz", "skipped unknown_type e.tar.gz"];
    assert_eq!(found, expected);
    let planned = plan_with_stdin(&["-".into()], &IngestOptions::default(), &gzip(line.as_bytes())[..]).unwrap();
    assert_eq!(articles(planned.articles().collect())[0].id, "stdin/x");
}

#[test]
fn a_list_of_failures_leads_back_to_the_places_of_its_articles() {
    let text = serde_json::to_string("عنوان الخبر\n\nافتتح الوزير الميناء.\n").unwrap();
    let lines = format!(
        "{{\"output\":\"asia/a\",\"title_in_text\":true,\"text\":{text}}}\n{{\"output\":\"../../etc/x\",\"text\":{text}}}\n"
    );
    let root = folder(&[("failed.jsonl", lines.as_bytes())]);
    let read = articles(read_all(&[root.path().join("failed.jsonl")], &IngestOptions::default()));
    assert_eq!(read[0].id, "asia/a");
    assert!(matches!(read[0].title, Some(Title::InText(_))));
    assert!(!read[1].id.contains("..") && read[1].title.is_none(), "{}", read[1].id);
}
