//! The page templates, compiled in. Everything put into them is escaped: no template marks a value as safe.

use super::RenderError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::sync::LazyLock;

/// The page of one article.
pub const BRIEFING: &str = "briefing.html";
/// A page of the index with articles.
pub const INDEX_ARTICLES: &str = "index_articles.html";
/// A page of the index with groups (speakers, outlets, dates).
pub const INDEX_GROUPS: &str = "index_groups.html";
/// A page of the index with quotes by speaker.
pub const INDEX_QUOTES: &str = "index_quotes.html";

const SOURCES: [(&str, &str); 7] = [
    (BRIEFING, include_str!("templates/briefing.html.jinja")),
    (INDEX_ARTICLES, include_str!("templates/index_articles.html.jinja")),
    (INDEX_GROUPS, include_str!("templates/index_groups.html.jinja")),
    (INDEX_QUOTES, include_str!("templates/index_quotes.html.jinja")),
    ("index_macros.html", include_str!("templates/index_macros.html.jinja")),
    ("head.html", include_str!("templates/head.html.jinja")),
    ("style.css", include_str!("templates/style.css")),
];

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    // Can't fail: the delimiters are the defaults; and the sources are compiled in, so every test of a page tests them.
    pages.set_syntax(syntax.expect("default delimiters"));
    for (name, source) in SOURCES {
        pages.add_template(name, source).expect("a compiled-in template");
    }
    pages
});

/// The page `name` made from `context`.
///
/// # Errors
/// [`RenderError::Template`] if the context does not fit the template.
pub fn page(name: &str, context: impl Serialize) -> Result<String, RenderError> {
    let mut text = PAGES.get_template(name)?.render(Serde(context))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
