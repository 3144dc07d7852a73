use super::*;
use crate::translate::UnitKind;
use crate::translate::fake::FakeTranslator;
use crate::translate::store::SentenceStore;
use proptest::prelude::*;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};

fn unit(text: &str) -> Unit {
    Unit { kind: UnitKind::Sentence, text: text.to_owned() }
}

/// Number and results of each article, in the order in which the articles were answered.
type Answers = Vec<(usize, Vec<UnitResult>)>;

/// Runs the schedule over `articles`; gives the answers and the batches.
fn schedule(fake: FakeTranslator, articles: &[Vec<String>]) -> (Answers, Arc<Mutex<Vec<Vec<Unit>>>>) {
    let batches = fake.batches.clone();
    let (request_sender, requests) = channel();
    for (index, texts) in articles.iter().enumerate() {
        let units = texts.iter().map(|text| unit(text)).collect();
        request_sender.send(Request { payload: index, units }).unwrap();
    }
    drop(request_sender);
    let (response_sender, responses) = sync_channel(articles.len());
    let mut store = SentenceStore::new(1 << 20);
    run(&requests, &response_sender, &fake.lazy(), &mut store, &Cancel::new(), |_| {}).unwrap();
    drop(response_sender);
    (responses.iter().map(|response| (response.payload, response.results)).collect(), batches)
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

#[test]
fn each_distinct_unit_is_translated_once() {
    let articles = vec![texts(&["ab cd", "ef"]), texts(&["ef", "ab cd", "ef"]), texts(&["gh"])];
    let (answers, batches) = schedule(FakeTranslator::default(), &articles);
    assert_eq!(answers.len(), 3);
    let translated: Vec<_> = batches.lock().unwrap().concat();
    assert_eq!(translated, [unit("ab cd"), unit("ef"), unit("gh")]);
}

#[test]
fn one_bad_row_fails_alone() {
    let fake = FakeTranslator { poison: Some("bad"), preferred_batch: 4, ..Default::default() };
    let (answers, _) = schedule(fake, &[texts(&["good", "bad row", "fine"])]);
    let results = &answers[0].1;
    assert!(results[0].is_ok() && results[1].is_err() && results[2].is_ok());
}

#[test]
fn a_batch_out_of_memory_is_halved_down_to_one_unit() {
    let fake = FakeTranslator { memory_units: 1, preferred_batch: 8, ..Default::default() };
    let (answers, batches) = schedule(fake, &[texts(&["a", "b", "c", "d", "e"])]);
    assert!(answers[0].1.iter().all(Result::is_ok));
    assert!(batches.lock().unwrap().iter().all(|batch| batch.len() == 1));

    let fake = FakeTranslator { memory_units: 0, preferred_batch: 8, ..Default::default() };
    let (answers, _) = schedule(fake, &[texts(&["a", "b"])]);
    assert!(answers[0].1.iter().all(Result::is_err), "what does not fit alone fails, the run goes on");
}

#[test]
fn an_article_without_units_is_answered_without_a_model() {
    let fake = FakeTranslator::default();
    let (answers, batches) = schedule(fake, &[vec![], vec![]]);
    assert_eq!(answers.len(), 2);
    assert!(batches.lock().unwrap().is_empty());
}

#[test]
fn cancelling_stops_before_the_next_window() {
    let (sender, requests) = channel();
    sender.send(Request { payload: (), units: vec![unit("a")] }).unwrap();
    drop(sender);
    let (response_sender, _responses) = sync_channel(1);
    let cancel = Cancel::new();
    cancel.cancel();
    let mut store = SentenceStore::new(1000);
    let stopped =
        run(&requests, &response_sender, &FakeTranslator::default().lazy(), &mut store, &cancel, |_| {}).unwrap_err();
    assert!(matches!(stopped, ScheduleError::Batch(BatchError::Cancelled)));
}

proptest! {
    /// Whatever the batch size and the memory, each unit gets its own translation at its own place.
    #[test]
    fn results_do_not_depend_on_the_schedule(
        articles in prop::collection::vec(prop::collection::vec("[a-c ]{0,6}", 0..6), 0..8),
        preferred_batch in 1usize..9,
        memory_units in 1usize..9,
    ) {
        let fake = FakeTranslator { preferred_batch, memory_units, ..Default::default() };
        let (answers, _) = schedule(fake, &articles);
        prop_assert_eq!(answers.len(), articles.len());
        for (index, results) in answers {
            prop_assert_eq!(results.len(), articles[index].len());
            for (text, result) in articles[index].iter().zip(results) {
                prop_assert_eq!(FakeTranslator::reversed(text), result.unwrap().text);
            }
        }
    }
}
