//! Goes through the briefings of a folder once: rows to the spool, their order and groups to memory.

use super::spool::{Place, Rows, Spool};
use crate::brief::{Briefing, QuoteRecord};
use crate::render::folder::{FolderReport, address, briefings};
use crate::render::view::quote_anchor;
use crate::render::{RenderError, words};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// What an index page shows of an article.
#[derive(Debug, Serialize, Deserialize)]
pub struct ArticleRow {
    /// Address of its page, from the output folder.
    pub address: String,
    /// Its id.
    pub id: String,
    /// English title.
    pub title_en: Option<String>,
    /// Arabic title.
    pub title_ar: Option<String>,
    /// Publisher.
    pub outlet: Option<String>,
    /// Date.
    pub published: Option<String>,
    /// Quotes in it.
    pub quotes: usize,
    /// Sentences with flags.
    pub flagged: usize,
    /// The model must not be relied upon.
    pub unreliable: bool,
}

/// What an index page shows of a quote.
#[derive(Debug, Serialize, Deserialize)]
pub struct QuoteRow {
    /// Address of its place in the article's page, from the output folder.
    pub address: String,
    /// Id of the article.
    pub id: String,
    /// English title of the article.
    pub title_en: Option<String>,
    /// Publisher.
    pub outlet: Option<String>,
    /// Date.
    pub published: Option<String>,
    /// English words.
    pub words_en: Option<String>,
    /// Arabic words.
    pub words_ar: String,
    /// Direct, mixed or indirect.
    pub kind: String,
    /// What must be seen about the polarity.
    pub polarity_note: Option<String>,
    /// How the speaker was found, or why not.
    pub how: String,
    /// A check of it, of its sentences or of the speaker's name found something.
    pub flagged: bool,
    /// The model must not be relied upon.
    pub unreliable: bool,
}

/// A speaker, an outlet or a day.
#[derive(Debug, Default)]
pub struct Group {
    /// Name in English, or as the input gives it.
    pub en: Option<String>,
    /// Name in Arabic.
    pub ar: Option<String>,
    /// Articles that belong to it.
    pub articles: usize,
    /// Quotes that belong to it.
    pub quotes: usize,
    last_article: Option<usize>,
}

impl Group {
    /// Stands for all of which the name is unknown.
    pub fn is_unknown(&self) -> bool {
        self.en.is_none() && self.ar.is_none()
    }

    /// What it is sorted by.
    fn name(&self) -> String {
        self.en.as_deref().or(self.ar.as_deref()).unwrap_or_default().to_lowercase()
    }
}

/// Groups by their key.
#[derive(Default)]
struct Groups {
    by_key: HashMap<String, usize>,
    list: Vec<Group>,
}

impl Groups {
    /// Counts one more; `key` is `None` for the unknown.
    fn add(&mut self, key: Option<&str>, article: usize, quotes: usize, name: impl FnOnce() -> Group) -> usize {
        let key = key.unwrap_or_default();
        let position = match self.by_key.get(key) {
            Some(position) => *position,
            None => {
                self.by_key.insert(key.to_owned(), self.list.len());
                self.list.push(name());
                self.list.len() - 1
            }
        };
        let group = &mut self.list[position];
        group.quotes += quotes;
        if group.last_article.replace(article) != Some(article) {
            group.articles += 1;
        }
        position
    }
}

/// A row that belongs to a group.
struct GroupRow {
    /// Position in the list of groups.
    group: usize,
    /// Number of the article, in the order of reading.
    article: usize,
    place: Place,
}

/// Groups in their order on the pages, and the rows in the order of the groups.
pub struct Grouped {
    /// The groups.
    pub groups: Vec<Group>,
    /// Every row with the position of its group in `groups`.
    pub rows: Vec<(usize, Place)>,
}

impl Grouped {
    /// Sorts groups by `key`, and the rows of a group as their articles are sorted; `article_rank` has the place of
    /// each article among all.
    fn new<K: Ord>(
        list: Vec<Group>,
        mut rows: Vec<GroupRow>,
        article_rank: &[usize],
        key: impl Fn(&Group) -> K,
    ) -> Self {
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_cached_key(|&position| (list[position].is_unknown(), key(&list[position])));
        let mut rank = vec![0; list.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
        }
        let mut groups: Vec<(usize, Group)> =
            list.into_iter().enumerate().map(|(old, group)| (rank[old], group)).collect();
        groups.sort_by_key(|(new, _)| *new);
        // Stable: quotes of one article stay in the order of the text.
        rows.sort_by_key(|row| (rank[row.group], article_rank[row.article]));
        let rows = rows.into_iter().map(|row| (rank[row.group], row.place)).collect();
        Self { groups: groups.into_iter().map(|(_, group)| group).collect(), rows }
    }
}

/// All that the pages are made from.
pub struct Collected {
    /// Rows by place.
    pub rows: Rows,
    /// Articles, newest first, then by path; without a date last.
    pub articles: Vec<Place>,
    /// Quotes by speaker.
    pub speakers: Grouped,
    /// Articles by outlet.
    pub outlets: Grouped,
    /// Articles by day, newest first.
    pub dates: Grouped,
    /// Articles by a model that must not be relied upon.
    pub unreliable: usize,
    /// Quotes without a speaker.
    pub unattributed: usize,
    /// What was read and what was left out.
    pub report: FolderReport,
}

/// Reads the briefings below `out_dir`.
///
/// # Errors
/// [`RenderError::Io`] if the folder can't be read or the spool can't be written.
pub fn collect(out_dir: &Path) -> Result<Collected, RenderError> {
    let spooling = |source: io::Error| RenderError::Io {
        action: "writing a temporary file in",
        path: std::env::temp_dir(),
        source,
    };
    let mut spool = Spool::new().map_err(spooling)?;
    let mut report = FolderReport::default();
    let mut articles: Vec<(Option<String>, Place)> = Vec::new();
    let (mut speakers, mut outlets, mut dates) = (Groups::default(), Groups::default(), Groups::default());
    let (mut by_speaker, mut by_outlet, mut by_date) = (Vec::new(), Vec::new(), Vec::new());
    let (mut unreliable, mut unattributed) = (0, 0);

    for entry in briefings(out_dir)? {
        let (path, briefing) = match entry {
            Ok(found) => found,
            Err(skipped) => {
                report.skipped.push(skipped);
                continue;
            }
        };
        let number = report.briefings;
        report.briefings += 1;
        report.quotes += briefing.quotes.len();
        let address = page_of(out_dir, &path)?;
        let row = article_row(&briefing, address);
        unreliable += usize::from(row.unreliable);
        let place = spool.push(&row).map_err(spooling)?;
        let published = row.published.as_deref();
        let (outlet, date) = (row.outlet.as_deref(), published.map(day));
        let named = |name: Option<&str>| Group { en: name.map(str::to_owned), ..Group::default() };
        let outlet = outlets.add(outlet, number, row.quotes, || named(outlet));
        by_outlet.push(GroupRow { group: outlet, article: number, place });
        let date = dates.add(date, number, row.quotes, || named(date));
        by_date.push(GroupRow { group: date, article: number, place });
        articles.push((row.published.clone(), place));

        for (position, quote) in briefing.quotes.iter().enumerate() {
            let place = spool.push(&quote_row(&briefing, &row, position)).map_err(spooling)?;
            let speaker = quote.attribution.speaker.as_ref();
            unattributed += usize::from(speaker.is_none());
            // The same words, the same group; more would be a guess.
            let key = speaker.map(|speaker| speaker.text.split_whitespace().collect::<Vec<_>>().join(" "));
            let group = speakers.add(key.as_deref(), number, 1, || Group {
                en: speaker.and(quote.speaker_en.as_ref()).map(|en| en.text.clone()),
                ar: key.clone(),
                ..Group::default()
            });
            by_speaker.push(GroupRow { group, article: number, place });
        }
    }
    // Stable: the order of the paths, in which they were read, stays among equals.
    let mut order: Vec<usize> = (0..articles.len()).collect();
    order.sort_by(|&a, &b| newest_first(articles[a].0.as_deref()).cmp(&newest_first(articles[b].0.as_deref())));
    let mut rank = vec![0; order.len()];
    for (place, &article) in order.iter().enumerate() {
        rank[article] = place;
    }
    Ok(Collected {
        rows: spool.finish().map_err(spooling)?,
        articles: order.into_iter().map(|article| articles[article].1).collect(),
        speakers: Grouped::new(speakers.list, by_speaker, &rank, Group::name),
        outlets: Grouped::new(outlets.list, by_outlet, &rank, Group::name),
        dates: Grouped::new(dates.list, by_date, &rank, |group| {
            let date = newest_first(group.en.as_deref());
            (date.0, date.1.0.map(str::to_owned).map(Reverse))
        }),
        unreliable,
        unattributed,
        report,
    })
}

/// Sorts ISO dates from the newest to the oldest, then what is no ISO date, then what has none.
fn newest_first(published: Option<&str>) -> (u8, Reverse<Option<&str>>) {
    let class = match published {
        Some(date) if iso_day(date).is_some() => 0,
        Some(_) => 1,
        None => 2,
    };
    (class, Reverse(published))
}

/// `2024-11-01` of `2024-11-01T08:30:00Z`; `None` for other ways to write a date.
fn iso_day(published: &str) -> Option<&str> {
    let day = published.get(..10)?;
    let is_iso = day.bytes().enumerate().all(|(position, byte)| match position {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    is_iso.then_some(day)
}

/// The day of a date, or the date as it is written.
fn day(published: &str) -> &str {
    iso_day(published).unwrap_or(published)
}

/// The article's page if there is one, else its Markdown, else the briefing itself.
fn page_of(out_dir: &Path, briefing: &Path) -> Result<String, RenderError> {
    let page = ["html", "md"].iter().map(|extension| briefing.with_extension(extension));
    let page = page.into_iter().find(|page| out_dir.join(page).is_file());
    address(page.as_deref().unwrap_or(briefing))
}

fn article_row(briefing: &Briefing, address: String) -> ArticleRow {
    let article = &briefing.article;
    ArticleRow {
        address,
        id: article.id.clone(),
        title_en: article.title.en.clone(),
        title_ar: article.title.ar.clone(),
        outlet: article.outlet.clone(),
        published: article.published.clone(),
        quotes: briefing.quotes.len(),
        flagged: briefing.sentences.iter().filter(|sentence| !sentence.flags.is_empty()).count(),
        unreliable: briefing.warnings.iter().any(|warning| warning.code == words::MODEL_UNRELIABLE),
    }
}

fn quote_row(briefing: &Briefing, article: &ArticleRow, position: usize) -> QuoteRow {
    let quote = &briefing.quotes[position];
    let record = &quote.attribution;
    let how = match &record.speaker {
        Some(speaker) => words::speaker_how(speaker.how).to_owned(),
        None => record.speaker_reason.clone().unwrap_or_else(|| "no reason recorded".to_owned()),
    };
    QuoteRow {
        address: format!("{}#{}", article.address, quote_anchor(position)),
        id: article.id.clone(),
        title_en: article.title_en.clone(),
        outlet: article.outlet.clone(),
        published: article.published.clone(),
        words_en: quote.en.as_ref().map(|en| en.text.clone()),
        words_ar: record.content.text.clone(),
        kind: words::attribution_type(record.r#type).to_owned(),
        polarity_note: words::polarity_note(record.polarity).map(str::to_owned),
        how,
        flagged: is_flagged(briefing, quote),
        unreliable: article.unreliable,
    }
}

fn is_flagged(briefing: &Briefing, quote: &QuoteRecord) -> bool {
    let checks = &quote.checks;
    let sentences = briefing.sentences.iter().filter(|sentence| quote.sentences.contains(&sentence.id));
    [checks.verbatim, checks.balanced, checks.numbers, checks.names].contains(&Some(false))
        || quote.speaker_en.iter().any(|en| !en.flags.is_empty())
        || sentences.into_iter().any(|sentence| !sentence.flags.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_sort_newest_first_and_the_unknown_last() {
        let mut dates = [Some("2024-01-02"), None, Some("yesterday"), Some("2024-11-01T08:00:00Z"), Some("2024-11-01")];
        dates.sort_by(|a, b| newest_first(*a).cmp(&newest_first(*b)));
        assert_eq!(
            dates,
            [Some("2024-11-01T08:00:00Z"), Some("2024-11-01"), Some("2024-01-02"), Some("yesterday"), None]
        );
    }

    #[test]
    fn days_are_cut_from_iso_dates_only() {
        let table = [
            ("2024-11-01", "2024-11-01"),
            ("2024-11-01T08:00:00+03:00", "2024-11-01"),
            ("1 November 2024", "1 November 2024"),
            ("١ نوفمبر ٢٠٢٤", "١ نوفمبر ٢٠٢٤"),
            ("2024", "2024"),
        ];
        let wrong: Vec<_> = table.iter().filter(|(published, expected)| day(published) != *expected).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
