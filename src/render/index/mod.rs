//! The HTML index over a folder: articles newest first, and by speaker, outlet and day, in pages of [`ROWS_PER_PAGE`]
//! rows. `index.html` is written last and every page atomically, so that it can be read while a run goes on.
//!
//! ```text
//! OUT/index.html                         overview, page 1 of the articles
//! OUT/index/articles-2.html …            further articles
//! OUT/index/speakers-1.html …            the speakers by name, each leading to
//! OUT/index/speaker-quotes-1.html …      their words
//! OUT/index/{outlets,dates}-1.html …     leading to OUT/index/{outlet,date}-articles-1.html …
//! ```

mod collect;
mod pages;
mod spool;

use super::folder::FolderReport;
use super::{RenderError, templates};
use crate::render::folder;
use collect::{ArticleRow, Collected, Grouped, QuoteRow, collect};
use pages::{GroupLink, Overview, Page, PageName, Section, View, page_count};
use serde::Serialize;
use serde::de::DeserializeOwned;
use spool::{Place, Rows};
use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of the index, below the output folder; also the name of its first page. No article may have this name.
pub(super) const FOLDER: &str = "index";

/// Rows on one page.
pub const ROWS_PER_PAGE: usize = 200;

/// How many speakers, outlets and days the first page names, and how many broken files.
const TOP: usize = 15;

/// What is known about the runs that fill a folder, in words for its first page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Each run or shard that has not dealt with all of its inputs.
    pub unfinished: Vec<String>,
    /// How many inputs failed, by kind.
    pub failed: Option<String>,
}

/// Writes the index of the briefings that lie in `out_dir` now; its first page says what is still to come.
///
/// # Errors
/// [`RenderError::Io`] if the folder can't be read or a page can't be written, [`RenderError::NameTaken`] if an
/// article is called `index`. Broken briefings are no error: the report and the first page name them.
pub fn index(out_dir: &Path, standing: Standing) -> Result<FolderReport, RenderError> {
    write_index(out_dir, standing, ROWS_PER_PAGE)
}

fn write_index(out_dir: &Path, standing: Standing, rows_per_page: usize) -> Result<FolderReport, RenderError> {
    let taken = out_dir.join(format!("{FOLDER}.json"));
    if taken.is_file() && folder::read_briefing(&taken).is_ok() {
        return Err(RenderError::NameTaken { path: taken });
    }
    let mut collected = collect(out_dir)?;
    let mut writer = Writer { out_dir, standing, rows_per_page, written: Vec::new() };
    let rows = &mut collected.rows;
    writer.groups_and_rows::<QuoteRow>(View::Speakers, &collected.speakers, rows, templates::INDEX_QUOTES)?;
    writer.groups_and_rows::<ArticleRow>(View::Outlets, &collected.outlets, rows, templates::INDEX_ARTICLES)?;
    writer.groups_and_rows::<ArticleRow>(View::Dates, &collected.dates, rows, templates::INDEX_ARTICLES)?;
    writer.articles(&mut collected)?;
    writer.remove_older_pages()?;
    collected.report.files = writer.written.len();
    Ok(collected.report)
}

/// What the templates see.
#[derive(Serialize)]
struct Context<'p, R> {
    page: &'p Page<R>,
}

struct Writer<'o> {
    out_dir: &'o Path,
    standing: Standing,
    rows_per_page: usize,
    written: Vec<PathBuf>,
}

impl Writer<'_> {
    fn write<R: Serialize>(&mut self, template: &str, page: &Page<R>) -> Result<(), RenderError> {
        let path = self.out_dir.join(page.name.path());
        super::write::write_atomic(&path, templates::page(template, Context { page })?.as_bytes())?;
        self.written.push(path);
        Ok(())
    }

    /// The pages with the rows group by group, then the pages with the groups.
    fn groups_and_rows<R: Serialize + DeserializeOwned>(
        &mut self,
        view: View,
        grouped: &Grouped,
        rows: &mut Rows,
        template: &str,
    ) -> Result<(), RenderError> {
        let links = self.links(view, grouped);
        let total = page_count(grouped.rows.len(), self.rows_per_page);
        let mut group_before = None;
        for (number, slice) in grouped.rows.chunks(self.rows_per_page).enumerate() {
            let name = PageName::rows_of(view, number + 1);
            let mut page = Page::new(name, total);
            for chunk in slice.chunk_by(|(a, _), (b, _)| a == b) {
                let group = chunk[0].0;
                page.sections.push(Section {
                    group: Some(links[group].clone()),
                    continued: group_before == Some(group),
                    rows: read(rows, chunk.iter().map(|(_, place)| *place))?,
                });
                group_before = Some(group);
            }
            self.write::<R>(template, &page)?;
        }
        let total = page_count(links.len(), self.rows_per_page);
        let chunks: Vec<&[GroupLink]> = links.chunks(self.rows_per_page).collect();
        for number in 0..total {
            let mut page = Page::new(PageName::groups_of(view, number + 1), total);
            page.groups = chunks.get(number).map(|chunk| chunk.to_vec()).unwrap_or_default();
            if number == 0 && total > 1 {
                page.set_ranges(&chunks);
            }
            self.write::<()>(templates::INDEX_GROUPS, &page)?;
        }
        Ok(())
    }

    /// Every group with the place where its rows begin.
    fn links(&self, view: View, grouped: &Grouped) -> Vec<GroupLink> {
        let mut first_row = vec![0; grouped.groups.len()];
        for (row, (group, _)) in grouped.rows.iter().enumerate().rev() {
            first_row[*group] = row;
        }
        let link = |(position, group): (usize, &collect::Group)| {
            let page = PageName::rows_of(view, first_row[position] / self.rows_per_page + 1);
            GroupLink::new(view, position, group, page)
        };
        grouped.groups.iter().enumerate().map(link).collect()
    }

    fn articles(&mut self, collected: &mut Collected) -> Result<(), RenderError> {
        let total = page_count(collected.articles.len(), self.rows_per_page);
        // The first page is the last one written: what it leads to is there then.
        for number in (0..total).rev() {
            let mut page = Page::new(PageName::articles(number + 1), total);
            let places = collected.articles.chunks(self.rows_per_page).nth(number).unwrap_or_default();
            let rows = read(&mut collected.rows, places.iter().copied())?;
            page.sections.push(Section { group: None, continued: false, rows });
            if number == 0 {
                page.overview = Some(self.overview(collected));
            }
            self.write::<ArticleRow>(templates::INDEX_ARTICLES, &page)?;
        }
        Ok(())
    }

    fn overview(&self, collected: &Collected) -> Overview {
        let mut speakers = self.links(View::Speakers, &collected.speakers);
        speakers.retain(|link| !link.unknown);
        speakers.sort_by_key(|link| Reverse(link.quotes));
        let mut outlets = self.links(View::Outlets, &collected.outlets);
        outlets.sort_by_key(|link| Reverse(link.articles));
        let mut dates = self.links(View::Dates, &collected.dates);
        let counts = (speakers.len(), outlets.iter().filter(|link| !link.unknown).count());
        for list in [&mut speakers, &mut outlets, &mut dates] {
            list.truncate(TOP);
        }
        let report = &collected.report;
        let broken = |skipped: &folder::Skipped| format!("{}: {}", skipped.path.display(), skipped.reason);
        Overview {
            articles: report.briefings,
            quotes: report.quotes,
            unattributed: collected.unattributed,
            unreliable: collected.unreliable,
            speaker_count: counts.0,
            outlet_count: counts.1,
            broken_count: report.skipped.len(),
            broken: report.skipped.iter().take(TOP).map(broken).collect(),
            unfinished: self.standing.unfinished.clone(),
            failed: self.standing.failed.clone(),
            speakers,
            outlets,
            dates,
        }
    }

    /// Pages of an index that was longer.
    fn remove_older_pages(&self) -> Result<(), RenderError> {
        let folder = self.out_dir.join(FOLDER);
        let failed = |action, path: &Path, source| RenderError::Io { action, path: path.to_owned(), source };
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|source| failed("reading the folder", &folder, source))?,
        };
        let written: std::collections::HashSet<&Path> = self.written.iter().map(PathBuf::as_path).collect();
        for entry in entries {
            let path = entry.map_err(|source| failed("reading the folder", &folder, source))?.path();
            let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(PageName::is_page);
            if is_ours && !written.contains(path.as_path()) {
                match std::fs::remove_file(&path) {
                    // Another machine's run may have been faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    removed => removed.map_err(|source| failed("removing", &path, source))?,
                }
            }
        }
        Ok(())
    }
}

fn read<R: DeserializeOwned>(rows: &mut Rows, places: impl Iterator<Item = Place>) -> Result<Vec<R>, RenderError> {
    let row = |place| {
        rows.get(place).map_err(|source| RenderError::Io {
            action: "reading a temporary file in",
            path: std::env::temp_dir(),
            source,
        })
    };
    places.map(row).collect()
}

#[cfg(test)]
mod tests;
