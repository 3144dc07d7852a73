//! Sentences and quotes chosen from the article itself, ranked on the Arabic.

use super::graph::{Vector, centrality, cosine, vectors};
use super::words::stems;
use super::{Summarized, Summarizer, SummaryInput};
use crate::article::SentenceKind;
use crate::article::folding::fold;
use crate::article::letters::is_arabic_letter;
use crate::brief::{QuoteRecord, Summary, SummaryItem, SummaryMethod};
use crate::quotes::AttributionType;
use serde_json::json;

/// Changes whenever the ranking changes, so that briefings are made anew.
const VERSION: u32 = 1;

/// Sentences beyond these are not ranked: the graph grows with the square, and news stands at the front.
const MAX_RANKED: usize = 400;
/// Shorter sentences say too little on their own.
const MIN_WORDS: usize = 6;
/// Share of the title's words, place in the text, and centrality in a sentence's score.
const TITLE_WEIGHT: f64 = 0.35;
const POSITION_WEIGHT: f64 = 0.7;
/// A sentence whose cosine to one chosen already is at least this says the same again and is left out.
const SAME_AGAIN: f64 = 0.6;
/// Mixed quotes of fewer words are terms, not statements.
const MIN_MIXED_WORDS: usize = 4;

/// Openings of lines that advertise or credit instead of telling. Folded.
#[rustfmt::skip] // one word a line otherwise
const BOILERPLATE: &[&str] = &[
    "اقرا ايضا", "اقرا المزيد", "اقراوا ايضا", "للمزيد", "المزيد من", "تابعونا", "تابعوا", "تابع اخر", "شاهد ايضا",
    "شاهدوا", "انضم الي", "انضموا", "اشترك", "اشتركوا", "حقوق النشر", "جميع الحقوق", "المصدر", "مواضيع ذات صله",
    "اخبار ذات صله", "كلمات مفتاحيه", "رابط الخبر", "شارك", "تصوير", "اعداد", "ترجمه", "تحرير",
];

/// Graph ranking with position, title overlap, and maximal marginal relevance against repetition (Carbonell and
/// Goldstein, 1998); the article's main quotes are always there.
#[derive(Debug, Clone, PartialEq)]
pub struct Extractive {
    /// Most sentences chosen by rank.
    pub max_sentences: usize,
    /// Share of the article's sentences chosen by rank, at least two.
    pub ratio: f64,
    /// Most quotes shown for their own sake.
    pub max_quotes: usize,
    /// Weight of a sentence's own score against its likeness to those chosen already, 0 to 1.
    pub relevance: f64,
}

impl Default for Extractive {
    fn default() -> Self {
        Self { max_sentences: 5, ratio: 0.25, max_quotes: 3, relevance: 0.7 }
    }
}

impl Summarizer for Extractive {
    fn settings(&self) -> serde_json::Value {
        json!({
            "name": "extractive",
            "version": VERSION,
            "max_sentences": self.max_sentences,
            "ratio": self.ratio,
            "max_quotes": self.max_quotes,
            "relevance": self.relevance,
        })
    }

    fn summarize(&self, input: &SummaryInput) -> Summarized {
        let ranked = Ranked::new(input);
        let mut chosen = self.choose_sentences(input, &ranked);
        for quote in self.main_quotes(input, &ranked) {
            let place =
                quote.sentences.iter().filter_map(|id| input.records.iter().position(|record| record.id == *id));
            let places: Vec<usize> = place.collect();
            // Where a quote runs over several sentences its first one names the speaker.
            if let Some(first) = places.first()
                && !places.iter().any(|place| chosen.contains(place))
            {
                chosen.push(*first);
            }
        }
        chosen.sort_unstable();
        let mut shown: Vec<String> = Vec::new();
        let items = chosen.into_iter().map(|index| item(input, index, &mut shown)).collect();
        Summarized { summary: Summary { method: SummaryMethod::Extractive, items }, warnings: Vec::new() }
    }
}

impl Extractive {
    /// The sentences of the main quotes alone, in the order of the text: what stands beside a summary that a model wrote.
    pub(super) fn quote_items(&self, input: &SummaryInput) -> Vec<SummaryItem> {
        let ranked = Ranked::new(input);
        let place = |id: &u32| input.records.iter().position(|record| record.id == *id);
        let quotes = self.main_quotes(input, &ranked);
        let mut places: Vec<usize> =
            quotes.iter().filter_map(|quote| quote.sentences.first().and_then(place)).collect();
        places.sort_unstable();
        places.dedup();
        let mut shown: Vec<String> = Vec::new();
        places.into_iter().map(|index| item(input, index, &mut shown)).collect()
    }
}

/// A sentence in both languages with the marked quotes in it that are not `shown` yet.
fn item(input: &SummaryInput, index: usize, shown: &mut Vec<String>) -> SummaryItem {
    let record = &input.records[index];
    let quoted = input
        .quotes
        .iter()
        .filter(|quote| quote.attribution.r#type != AttributionType::Indirect && quote.sentences.contains(&record.id));
    let quotes: Vec<String> =
        quoted.map(|quote| quote.attribution.id.clone()).filter(|id| !shown.contains(id)).collect();
    shown.extend(quotes.iter().cloned());
    SummaryItem { ar: Some(record.ar.clone()), en: record.en.clone(), sentences: vec![record.id], quotes }
}

/// Sentences with their scores. `candidates` are indices into the article's sentences, in order.
struct Ranked {
    candidates: Vec<usize>,
    scores: Vec<f64>,
    vectors: Vec<Vector>,
}

impl Ranked {
    fn new(input: &SummaryInput) -> Self {
        let usable =
            |index: &usize| input.sentences[*index].kind == SentenceKind::Body && tells(&input.records[*index].ar);
        let mut candidates: Vec<usize> = (0..input.records.len().min(input.sentences.len())).filter(usable).collect();
        // A summary that can't be read in English is of no use; without any translation the Arabic is still one.
        if candidates.iter().any(|index| input.records[*index].en.is_some()) {
            candidates.retain(|index| input.records[*index].en.is_some());
        }
        candidates.truncate(MAX_RANKED);
        let mut bags: Vec<Vec<String>> = candidates.iter().map(|index| stems(&input.records[*index].ar)).collect();
        bags.push(input.title.map(stems).unwrap_or_default());
        let mut vectors = vectors(&bags);
        let title = vectors.pop().unwrap_or_default();
        let alike: Vec<Vec<f64>> =
            vectors.iter().map(|left| vectors.iter().map(|right| cosine(left, right)).collect()).collect(); // (candidates, candidates)
        let mut scores: Vec<f64> = centrality(&alike)
            .into_iter()
            .enumerate()
            .map(|(place, rank)| {
                rank + POSITION_WEIGHT / (1.0 + place as f64).sqrt() + TITLE_WEIGHT * cosine(&vectors[place], &title)
            })
            .collect();
        // On the scale of the cosines that they are weighed against.
        let highest = scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        scores.iter_mut().for_each(|score| *score /= highest);
        Self { candidates, scores, vectors }
    }

    fn score_of(&self, sentence: usize) -> f64 {
        self.candidates.binary_search(&sentence).map_or(0.0, |place| self.scores[place])
    }
}

/// Long enough, mainly Arabic, complete, and no boilerplate.
fn tells(arabic: &str) -> bool {
    let words = arabic.split_whitespace().filter(|word| word.chars().any(is_arabic_letter)).count();
    let folded = fold(arabic.trim_start_matches(|c: char| !c.is_alphabetic()));
    words >= MIN_WORDS
        && !arabic.trim_end().ends_with(':')
        && !BOILERPLATE.iter().any(|opening| folded.starts_with(opening))
}

impl Extractive {
    /// Indices of the sentences to show, in the order they were chosen.
    fn choose_sentences(&self, input: &SummaryInput, ranked: &Ranked) -> Vec<usize> {
        let wanted = ((input.records.len() as f64 * self.ratio).ceil() as usize).max(2).min(self.max_sentences);
        let mut left: Vec<usize> = (0..ranked.candidates.len()).collect();
        let mut chosen: Vec<usize> = Vec::new();
        // Likeness of each candidate to the most alike one chosen.
        let mut repeats = vec![0.0f64; ranked.candidates.len()];
        while chosen.len() < wanted {
            left.retain(|place| repeats[*place] < SAME_AGAIN);
            let value = |place: usize| self.relevance * ranked.scores[place] - (1.0 - self.relevance) * repeats[place];
            // The first of equals, so that the text's order decides.
            let best = left.iter().copied().reduce(|best, place| if value(place) > value(best) { place } else { best });
            let Some(best) = best else { break };
            left.retain(|place| *place != best);
            for place in &left {
                repeats[*place] = repeats[*place].max(cosine(&ranked.vectors[*place], &ranked.vectors[best]));
            }
            chosen.push(best);
        }
        chosen.into_iter().map(|place| ranked.candidates[place]).collect()
    }

    /// Direct speech with a known speaker first, each speaker once before any twice, then by the score of the sentence.
    fn main_quotes<'q>(&self, input: &SummaryInput<'q>, ranked: &Ranked) -> Vec<&'q QuoteRecord> {
        let score = |quote: &QuoteRecord| {
            let of =
                |id: &u32| input.records.iter().position(|record| record.id == *id).map(|index| ranked.score_of(index));
            quote.sentences.iter().filter_map(of).fold(0.0, f64::max)
        };
        let words = |quote: &QuoteRecord| quote.attribution.content.text.split_whitespace().count();
        let mut quotes: Vec<(u8, f64, &QuoteRecord)> = input
            .quotes
            .iter()
            .filter_map(|quote| {
                let class = match (quote.attribution.r#type, quote.attribution.speaker.is_some()) {
                    (AttributionType::Direct, true) => 0,
                    (AttributionType::Mixed, true) if words(quote) >= MIN_MIXED_WORDS => 1,
                    (AttributionType::Direct, false) => 2,
                    _ => return None,
                };
                Some((class, score(quote), quote))
            })
            .collect();
        quotes.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let speaker = |quote: &QuoteRecord| quote.attribution.speaker.as_ref().map(|speaker| speaker.id.clone());
        let mut heard: Vec<String> = Vec::new();
        let (first, again): (Vec<_>, Vec<_>) = quotes.into_iter().partition(|(_, _, quote)| match speaker(quote) {
            Some(id) if heard.contains(&id) => false,
            Some(id) => {
                heard.push(id);
                true
            }
            None => false,
        });
        first.into_iter().chain(again).map(|(_, _, quote)| quote).take(self.max_quotes).collect()
    }
}
