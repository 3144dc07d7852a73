//! The page of one article: one file that loads nothing and runs nothing.

use super::view::View;
use super::{RenderError, Renderer, templates};
use crate::brief::Briefing;

/// HTML: Arabic beside English, sentence by sentence, with the quotes marked on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Renderer for Html {
    fn extension(&self) -> &'static str {
        "html"
    }

    fn render(&self, briefing: &Briefing) -> Result<String, RenderError> {
        templates::page(templates::BRIEFING, View::new(briefing)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::article::Span;
    use crate::brief::Warning;
    use proptest::prelude::*;

    fn body(page: &str) -> &str {
        page.split_once("</style>").map_or(page, |(_, body)| body)
    }

    #[test]
    fn a_briefing_page_looks_as_before() {
        let page = Html.render(&fixture::briefing()).unwrap();
        insta::assert_snapshot!("html", body(&page));
    }

    #[test]
    fn the_page_loads_nothing_and_runs_nothing() {
        let page = Html.render(&fixture::briefing()).unwrap();
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline';"));
        for forbidden in ["<script", "<link", "<img", "<iframe", "url(", "@import", " src=", "onload=", " style="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        // The article's address, as the link and as its text.
        assert_eq!(page.matches("http").count() - page.matches("http-equiv").count(), 2);
        assert_eq!(page.matches("rel=\"noopener noreferrer\"").count(), 1);
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</style></title><script>alert(1)</script><b a=\"'\" onclick=x>\u{202e}gpj";
        let mut briefing = fixture::briefing();
        let article = &mut briefing.article;
        article.title.ar = Some(hostile.into());
        article.title.en = Some(hostile.into());
        article.outlet = Some(hostile.into());
        article.path = hostile.into();
        article.id = hostile.into();
        article.url = Some("javascript:alert(1)".into());
        briefing.warnings.push(Warning { code: "x".into(), sentence: None, message: hostile.into() });
        let quote = &mut briefing.quotes[3];
        quote.attribution.id = hostile.into();
        quote.attribution.speaker_reason = Some(hostile.into());
        quote.attribution.reasons = vec![hostile.into()];
        quote.speaker_en.as_mut().unwrap().text = hostile.into();
        briefing.summary.items[0].en = Some(hostile.into());
        briefing.sentences[11].en = Some(hostile.into());
        let page = Html.render(&briefing).unwrap();
        assert!(!page.contains("<script") && !page.contains("<b a="));
        assert_eq!(page.matches("</style>").count(), 1);
        assert_eq!(page.matches("</title>").count(), 1);
        assert!(!page.contains("href=\"javascript"));
        assert!(page.contains("&lt;script&gt;"));
        // In the window's title and in tooltips nothing isolates a direction control.
        let title = page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
        assert!(!title.contains('\u{202e}') && title.ends_with("gpj"));
    }

    #[test]
    fn tags_are_balanced_and_ids_are_unique() {
        let page = Html.render(&fixture::briefing()).unwrap();
        // The style, after which the body is looked at, stands inside these.
        let mut open: Vec<&str> = vec!["html", "head"];
        let mut ids = std::collections::HashSet::new();
        for tag in body(&page).split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{tag}"),
                None => open.push(name),
            }
            if let Some(id) = tag.split(" id=\"").nth(1) {
                let id = id.split('"').next().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
        assert!(open.is_empty(), "{open:?}");
        for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(ids.contains(target), "#{target} leads nowhere");
        }
    }

    #[test]
    fn a_denial_is_plain_on_both_sides_and_in_the_list() {
        let page = Html.render(&fixture::briefing()).unwrap();
        assert_eq!(page.matches("q5 denied</a>").count(), 4, "Arabic, English, summary and the quote inside it");
        assert_eq!(page.matches("denied: the speaker says this is not so").count(), 3);
    }

    #[test]
    fn a_briefing_that_contradicts_itself_is_an_error_and_no_page() {
        type Break = fn(&mut Briefing);
        let table: [(&str, Break); 7] = [
            ("sentence 2", |briefing| briefing.sentences[1].end += 1),
            ("quote q3", |briefing| briefing.quotes[2].attribution.content.text.push('x')),
            ("quote q1", |briefing| briefing.quotes[0].attribution.spans.push(Span { start: 5, end: 1 << 40 })),
            ("quote q1", |briefing| briefing.quotes[0].attribution.spans.push(Span { start: 9, end: 3 })),
            ("sentence 99 in q4", |briefing| briefing.quotes[3].en.as_mut().unwrap().pieces[0].sentence = 99),
            ("words of q4", |briefing| briefing.quotes[3].en.as_mut().unwrap().pieces[0].end = 4000),
            ("marked words", |briefing| briefing.not_speech[0].marked.start += 1),
        ];
        for (what, spoil) in table {
            let mut briefing = fixture::briefing();
            spoil(&mut briefing);
            let error = Html.render(&briefing).map(|_| ()).unwrap_err();
            assert!(matches!(error, RenderError::Span { .. }) && error.hint().is_some(), "{what}");
            assert!(error.to_string().contains(what), "{what}: {error}");
        }
    }

    proptest! {
        /// Whatever stands in the sentence and wherever the marks fall, the words come through unchanged.
        #[test]
        fn words_come_through(text in "[<>&\"'/a-c ب-د«»\u{202e}\u{2067}]{1,30}", cuts in prop::collection::vec(0usize..31, 4)) {
            let mut briefing = fixture::small("x", None, None, None);
            let borders: Vec<usize> = (0..=text.len()).filter(|&border| text.is_char_boundary(border)).collect();
            let at = |cut: usize| borders[cut % borders.len()];
            let mut span = |position: usize, cuts: &[usize]| {
                let (start, end) = (at(cuts[0]).min(at(cuts[1])), at(cuts[0]).max(at(cuts[1])));
                let mut quote = briefing.quotes[0].clone();
                quote.attribution.id = format!("q{position}");
                quote.attribution.content = crate::quotes::TextSpan::new(&text, Span { start, end });
                quote.attribution.spans = vec![Span { start, end }];
                quote.en = None;
                briefing.quotes.push(quote);
            };
            span(2, &cuts[..2]);
            span(3, &cuts[2..]);
            briefing.quotes.remove(0);
            briefing.sentences[0].ar = text.clone();
            briefing.sentences[0].end = text.len();
            briefing.article.text = text.clone();
            let page = Html.render(&briefing).unwrap();
            let side = page.split("id=\"s1\"").nth(1).unwrap().split("class=\"ar\"").nth(1).unwrap();
            let side = side.split_once('>').unwrap().1.split("</p>").next().unwrap();
            let mut words = String::new();
            let mut rest = side;
            while let Some((before, tag)) = rest.split_once('<') {
                words.push_str(before);
                let (name, after) = tag.split_once('>').unwrap();
                // The label after a mark is ours, not the article's.
                rest = if name.starts_with("a ") { after.split_once("</a>").unwrap().1 } else { after };
            }
            words.push_str(rest);
            let shown = words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'")
                .replace("&#x2f;", "/").replace("&amp;", "&");
            prop_assert_eq!(shown, text);
        }
    }
}
