//! What stands on an index page: its name, its neighbours, its rows.

use super::FOLDER;
use super::collect::Group;
use serde::Serialize;
use std::path::PathBuf;

/// The ways to look at a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All articles.
    Articles,
    /// Quotes by speaker.
    Speakers,
    /// Articles by outlet.
    Outlets,
    /// Articles by day.
    Dates,
}

impl View {
    const ALL: [View; 4] = [View::Articles, View::Speakers, View::Outlets, View::Dates];

    fn title(self) -> &'static str {
        match self {
            View::Articles => "Articles",
            View::Speakers => "Speakers",
            View::Outlets => "Outlets",
            View::Dates => "Dates",
        }
    }

    /// What stands in place of a group's name.
    fn unknown(self) -> &'static str {
        match self {
            View::Articles => "unknown",
            View::Speakers => "unknown speaker (no evidence in the article)",
            View::Outlets => "unknown outlet (not given)",
            View::Dates => "unknown date (not given)",
        }
    }
}

/// Stems of the file names, before `-NUMBER.html`.
const STEMS: [&str; 7] =
    ["articles", "speakers", "speaker-quotes", "outlets", "outlet-articles", "dates", "date-articles"];

/// A page of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageName {
    view: View,
    stem: &'static str,
    number: usize,
}

impl PageName {
    /// Page `number` (from 1) of all articles.
    pub fn articles(number: usize) -> Self {
        Self { view: View::Articles, stem: "articles", number }
    }

    /// Page `number` (from 1) of a view's groups.
    pub fn groups_of(view: View, number: usize) -> Self {
        let stem = match view {
            View::Articles => "articles",
            View::Speakers => "speakers",
            View::Outlets => "outlets",
            View::Dates => "dates",
        };
        Self { view, stem, number }
    }

    /// Page `number` (from 1) of the rows, group by group.
    pub fn rows_of(view: View, number: usize) -> Self {
        let stem = match view {
            View::Articles => "articles",
            View::Speakers => "speaker-quotes",
            View::Outlets => "outlet-articles",
            View::Dates => "date-articles",
        };
        Self { view, stem, number }
    }

    fn is_first(self) -> bool {
        self.view == View::Articles && self.number == 1
    }

    /// Where it lies, below the output folder.
    pub fn path(self) -> PathBuf {
        self.address().into()
    }

    /// Its address from the output folder; made of plain characters.
    pub fn address(self) -> String {
        if self.is_first() { format!("{FOLDER}.html") } else { format!("{FOLDER}/{}-{}.html", self.stem, self.number) }
    }

    /// The way from this page up to the output folder.
    fn root(self) -> &'static str {
        if self.is_first() { "" } else { "../" }
    }

    /// Whether a file in the index's folder is a page of ours.
    pub fn is_page(file_name: &str) -> bool {
        let parts = file_name.strip_suffix(".html").and_then(|name| name.rsplit_once('-'));
        parts.is_some_and(|(stem, number)| STEMS.contains(&stem) && number.parse::<usize>().is_ok())
    }
}

/// How many pages `rows` take; an empty list has one page that says so.
pub fn page_count(rows: usize, rows_per_page: usize) -> usize {
    rows.div_ceil(rows_per_page).max(1)
}

/// A link of the navigation.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// Its words.
    pub label: String,
    /// Address from the output folder; none where it leads to this page or stands for left-out pages.
    pub address: Option<String>,
    /// It is this page, or the view of this page.
    pub current: bool,
}

/// A group with the place where its rows begin.
#[derive(Debug, Clone, Serialize)]
pub struct GroupLink {
    /// Name in English, or as the input gives it.
    pub en: Option<String>,
    /// Name in Arabic.
    pub ar: Option<String>,
    /// It stands for the unknown.
    pub unknown: bool,
    /// What to call it then.
    pub unknown_name: &'static str,
    /// Articles.
    pub articles: usize,
    /// Quotes.
    pub quotes: usize,
    /// Its heading on the page of its rows.
    pub anchor: String,
    /// Address of the heading from the output folder.
    pub address: String,
}

impl GroupLink {
    /// The link to the group at `position`, whose rows begin on `page`.
    pub fn new(view: View, position: usize, group: &Group, page: PageName) -> Self {
        let anchor = format!("g{}", position + 1);
        Self {
            en: group.en.clone(),
            ar: group.ar.clone(),
            unknown: group.is_unknown(),
            unknown_name: view.unknown(),
            articles: group.articles,
            quotes: group.quotes,
            address: format!("{}#{anchor}", page.address()),
            anchor,
        }
    }

    fn label(&self) -> &str {
        self.en.as_deref().or(self.ar.as_deref()).unwrap_or(self.unknown_name)
    }
}

/// Rows under one heading.
#[derive(Debug, Serialize)]
pub struct Section<R> {
    /// The heading; none where all rows are one list.
    pub group: Option<GroupLink>,
    /// The heading stands on the page before.
    pub continued: bool,
    /// The rows.
    pub rows: Vec<R>,
}

/// The first groups of a page to the last.
#[derive(Debug, Serialize)]
pub struct Range {
    first: String,
    last: String,
    address: String,
}

/// What the first page says about the whole folder.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// Briefings.
    pub articles: usize,
    /// Quotes.
    pub quotes: usize,
    /// Quotes without a speaker.
    pub unattributed: usize,
    /// Briefings by a model that must not be relied upon.
    pub unreliable: usize,
    /// Speakers.
    pub speaker_count: usize,
    /// Outlets.
    pub outlet_count: usize,
    /// Files that could not be read.
    pub broken_count: usize,
    /// The first of them.
    pub broken: Vec<String>,
    /// Runs and shards that have not dealt with all of their inputs.
    pub unfinished: Vec<String>,
    /// How many inputs failed, by kind.
    pub failed: Option<String>,
    /// Most quoted.
    pub speakers: Vec<GroupLink>,
    /// With most articles.
    pub outlets: Vec<GroupLink>,
    /// Newest.
    pub dates: Vec<GroupLink>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page<R> {
    /// Where it lies.
    #[serde(skip)]
    pub name: PageName,
    /// From here up to the output folder; before every address.
    pub root: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// Its number, from 1.
    pub number: usize,
    /// How many there are.
    pub total: usize,
    /// The views.
    pub views: Vec<Link>,
    /// The pages of this view.
    pub pager: Vec<Link>,
    /// The rows.
    pub sections: Vec<Section<R>>,
    /// The groups.
    pub groups: Vec<GroupLink>,
    /// Which page has which groups.
    pub ranges: Vec<Range>,
    /// The whole folder.
    pub overview: Option<Overview>,
}

impl<R> Page<R> {
    /// An empty page among `total` of its kind.
    pub fn new(name: PageName, total: usize) -> Self {
        let views = View::ALL.map(|view| Link {
            label: view.title().to_owned(),
            address: Some(PageName::groups_of(view, 1).address()),
            current: view == name.view,
        });
        Self {
            name,
            root: name.root(),
            title: name.view.title(),
            number: name.number,
            total,
            views: views.into(),
            pager: pager(name, total),
            sections: Vec::new(),
            groups: Vec::new(),
            ranges: Vec::new(),
            overview: None,
        }
    }

    /// Says which page has which groups, for the first of many.
    pub fn set_ranges(&mut self, pages: &[&[GroupLink]]) {
        let ranges = pages.iter().enumerate().filter_map(|(number, groups)| {
            Some(Range {
                first: groups.first()?.label().to_owned(),
                last: groups.last()?.label().to_owned(),
                address: PageName { number: number + 1, ..self.name }.address(),
            })
        });
        self.ranges = ranges.collect();
    }
}

/// First, last, and the neighbours of this page.
fn pager(name: PageName, total: usize) -> Vec<Link> {
    let near = name.number.saturating_sub(2)..=name.number + 2;
    let mut links = Vec::new();
    let mut before = 0;
    for number in (1..=total).filter(|number| *number == 1 || *number == total || near.contains(number)) {
        if number > before + 1 {
            links.push(Link { label: "…".to_owned(), address: None, current: false });
        }
        let current = number == name.number;
        let address = (!current).then(|| PageName { number, ..name }.address());
        links.push(Link { label: number.to_string(), address, current });
        before = number;
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_shows_ends_and_neighbours() {
        let table = [
            (1, 1, "[1]"),
            (1, 3, "[1] 2 3"),
            (2, 9, "1 [2] 3 4 … 9"),
            (5, 9, "1 … 3 4 [5] 6 7 … 9"),
            (9, 9, "1 … 7 8 [9]"),
        ];
        let drawn = |number, total| {
            let links = pager(PageName::articles(number), total);
            let words: Vec<_> = links
                .iter()
                .map(|link| if link.current { format!("[{}]", link.label) } else { link.label.clone() })
                .collect();
            words.join(" ")
        };
        let wrong: Vec<_> = table
            .iter()
            .map(|&(number, total, expected)| (drawn(number, total), expected))
            .filter(|(got, expected)| got != expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn only_our_pages_are_ours() {
        let table = [
            ("articles-2.html", true),
            ("speaker-quotes-10.html", true),
            ("articles-.html", false),
            ("articles-two.html", false),
            ("articles-2.htm", false),
            ("notes-2.html", false),
            ("articles.html", false),
        ];
        let wrong: Vec<_> = table.iter().filter(|(name, ours)| PageName::is_page(name) != *ours).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
