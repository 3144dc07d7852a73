use super::*;
use crate::ledger::{Claim, Job, JobFailure, JobStore, Shard, Work};
use crate::translate::store::TranslationStore;
use crate::translate::{AlignedRange, Flag, ModelIdentity, RowError, Translation, Unit, UnitKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn job(id: &str) -> Job {
    Job { id: id.into(), input: format!("in/{id}.txt"), text_sha256: "00ff".into(), settings_sha256: "s".into() }
}

fn failure(kind: &str) -> JobFailure {
    JobFailure { kind: kind.into(), message: "m".into(), hint: None, record: "{}".into() }
}

fn open(state: &Path) -> Ledger {
    Ledger::open(state, Path::new("/out")).unwrap()
}

#[test]
fn a_job_is_leased_to_one_run_at_a_time_and_comes_back_from_a_dead_one() {
    let state = tempfile::tempdir().unwrap();
    let (first, second) = (open(state.path()), open(state.path()));
    assert_eq!(first.claim(&job("a"), false).unwrap(), Claim::Granted);
    assert_eq!(second.claim(&job("a"), false).unwrap(), Claim::Busy);
    assert!(second.is_busy("a").unwrap() && !first.is_busy("a").unwrap());
    assert_eq!(second.stats(Shard::WHOLE).unwrap().running, 1);
    first.release(&job("a")).unwrap();
    assert_eq!(second.claim(&job("a"), false).unwrap(), Claim::Granted);
    // Killed: its lock is free, its lease has not run out.
    drop(second);
    assert!(!first.is_busy("a").unwrap());
    assert_eq!(first.stats(Shard::WHOLE).unwrap().running, 0);
    assert_eq!(first.lost_processes().unwrap().len(), 1);
    assert_eq!(first.claim(&job("a"), false).unwrap(), Claim::Granted);
}

#[test]
fn a_lease_that_nobody_extends_runs_out_and_a_clock_that_goes_backwards_harms_nothing() {
    let state = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(1_000_000));
    let open_at = |now: &Arc<AtomicI64>| {
        let now = now.clone();
        Ledger::open_with_clock(state.path(), Path::new("/out"), Box::new(move || now.load(Ordering::SeqCst))).unwrap()
    };
    let (first, second) = (open_at(&now), open_at(&now));
    assert_eq!(first.claim(&job("a"), false).unwrap(), Claim::Granted);
    now.fetch_add(50_000, Ordering::SeqCst);
    first.extend().unwrap();
    now.fetch_add(50_000, Ordering::SeqCst);
    assert_eq!(second.claim(&job("a"), false).unwrap(), Claim::Busy, "it was extended");
    now.fetch_add(61_000, Ordering::SeqCst);
    assert_eq!(second.claim(&job("a"), false).unwrap(), Claim::Granted, "its process lives and hangs");
    now.store(10, Ordering::SeqCst);
    assert_eq!(first.claim(&job("a"), false).unwrap(), Claim::Busy);
    second.finish(&job("a"), Some(Work { words: 3, model_seconds: 0.5 })).unwrap();
    assert_eq!(second.claim(&job("b"), false).unwrap(), Claim::Granted);
    drop(second);
    assert_eq!(
        first.claim(&job("b"), false).unwrap(),
        Claim::Granted,
        "the dead hold nothing, whatever the clock says"
    );
    assert_eq!(first.stats(Shard::WHOLE).unwrap().done, 1);
}

#[test]
fn failures_are_kept_told_and_tried_again_when_asked() {
    let state = tempfile::tempdir().unwrap();
    let ledger = open(state.path());
    for (id, kind) in [("b", "model"), ("a", "output"), ("c", "empty")] {
        ledger.claim(&job(id), false).unwrap();
        ledger.fail(&job(id), &failure(kind)).unwrap();
    }
    ledger.end_run(None).unwrap();
    drop(ledger);
    let ledger = open(state.path());
    let before = Claim::FailedBefore { kind: "model".into(), message: "m".into() };
    assert_eq!(ledger.claim(&job("b"), false).unwrap(), before);
    assert_eq!(ledger.claim(&Job { text_sha256: "11".into(), ..job("b") }, false).unwrap(), Claim::Granted);
    assert_eq!(ledger.claim(&job("a"), false).unwrap(), Claim::Granted, "the disk may have room now");
    assert_eq!(ledger.claim(&job("c"), true).unwrap(), Claim::Granted);
    ledger.fail(&job("c"), &failure("empty")).unwrap();
    ledger.finish(&job("a"), None).unwrap();
    let mut failed = Vec::new();
    ledger.failed(Shard::WHOLE, &mut |job| failed.push((job.id, job.attempts))).unwrap();
    assert_eq!(failed, [("c".into(), 2)]);
    let stats = ledger.stats(Shard::WHOLE).unwrap();
    assert_eq!((stats.done, stats.running, stats.failed.get("empty")), (1, 1, Some(&1)));
}

#[test]
fn failures_of_inputs_that_are_gone_are_forgotten_by_a_run_that_saw_all() {
    let state = tempfile::tempdir().unwrap();
    let ledger = open(state.path());
    for (id, input) in [("a", "in/a.txt"), ("b", "feed.jsonl:3"), ("c", "elsewhere/c.txt"), ("d", "in2/d.txt")] {
        ledger.fail(&Job { input: input.into(), ..job(id) }, &failure("empty")).unwrap();
    }
    ledger.end_run(Some(&["in".into()])).unwrap();
    drop(ledger);
    let ledger = open(state.path());
    ledger.end_run(Some(&["in".into(), "feed.jsonl".into()])).unwrap();
    let mut left = Vec::new();
    ledger.failed(Shard::WHOLE, &mut |job| left.push(job.id)).unwrap();
    assert_eq!(left, ["c", "d"]);
}

fn identity(model: &str) -> ModelIdentity {
    ModelIdentity {
        model: model.into(),
        revision: None,
        sha256: None,
        dtype: "f32".into(),
        decoding: serde_json::json!({"beams": 1}),
    }
}

#[test]
fn translations_come_back_as_they_were_and_only_for_their_model_and_glossary() {
    let state = tempfile::tempdir().unwrap();
    let unit = |text: &str| Unit { kind: UnitKind::Sentence, text: text.into() };
    let made = Translation {
        text: "the \"words\"".into(),
        score: Some(-0.123_456_79),
        flags: vec![Flag::Repetition],
        tokens_in: 3,
        tokens_out: 4,
        alignment: vec![AlignedRange { source: 0..2, target: 4..9 }],
        ..Translation::default()
    };
    let too_long = RowError::TooLong { tokens: 900, limit: 512 };
    {
        let ledger = open(state.path());
        let mut store = ledger.translations(&identity("m"), None).unwrap();
        let batch = vec![
            (unit("a"), Ok(made.clone())),
            (unit("b"), Err(too_long.clone())),
            (unit("c"), Err(RowError::Model("lost".into()))),
        ];
        store.keep(batch).unwrap();
    }
    let ledger = open(state.path());
    let mut store = ledger.translations(&identity("m"), None).unwrap();
    assert_eq!(store.get(&unit("a")).unwrap(), Some(Ok(made)));
    assert_eq!(store.get(&unit("b")).unwrap(), Some(Err(too_long)));
    assert_eq!(store.get(&unit("c")).unwrap(), None, "may go through another time");
    assert_eq!(store.get(&Unit { kind: UnitKind::Title, text: "a".into() }).unwrap(), None);
    assert_eq!(ledger.translations(&identity("n"), None).unwrap().get(&unit("a")).unwrap(), None);
    assert_eq!(ledger.translations(&identity("m"), Some("g")).unwrap().get(&unit("a")).unwrap(), None);
}

#[test]
fn files_that_are_no_ledger_of_ours_are_refused_and_left_untouched() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join(FILE_NAME);
    let refused = || Ledger::open(state.path(), Path::new("/out")).unwrap_err();

    std::fs::write(&file, "no database, and long enough to be looked at ".repeat(100)).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(matches!(refused(), LedgerError::Corrupt { .. }));
    assert_eq!(std::fs::read(&file).unwrap(), bytes);

    std::fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(matches!(refused(), LedgerError::Foreign { .. }));

    std::fs::remove_file(&file).unwrap();
    drop(open(state.path()));
    Connection::open(&file).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
    let newer = refused();
    assert!(matches!(newer, LedgerError::Newer { found, .. } if found == VERSION + 1));
    assert!(newer.hint().is_some_and(|hint| hint.contains("--state")));
}
