//! Killed at any moment and resumed, a run ends with the same bytes as one that was never disturbed; what was finished
//! is not done again, and no batch is decoded twice but the one in flight.

use super::support::{Place, Random, assert_same, checkpoint, run};
use mujaz::pipeline::Step;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How a run is killed.
enum Kill {
    /// After this many milliseconds.
    After(u64),
    /// By itself, the Nth time that it takes this step.
    At(&'static str, u64),
}

/// What the runs so far have done, to be held against what later ones do.
#[derive(Default)]
struct Done {
    /// Texts of batches that were over when their run died.
    kept: HashSet<String>,
    briefings: BTreeMap<PathBuf, SystemTime>,
    runs: usize,
    batches: usize,
}

impl Done {
    /// Looks at what the run that just ended did.
    fn check(&mut self, place: &Place, died: bool) {
        self.runs += 1;
        let mut batches = place.batches(&format!("log-{}", self.runs));
        self.batches += batches.len();
        let all: Vec<&String> = batches.iter().flatten().collect();
        let distinct: HashSet<&String> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len(), "a text was decoded twice by one run");
        let again = all.iter().filter(|text| self.kept.contains(text.as_str())).count();
        assert_eq!(again, 0, "run {} decoded {again} texts whose batches were over before", self.runs);
        if died {
            // The one in flight: it may be lost.
            batches.pop();
        }
        self.kept.extend(batches.into_iter().flatten());
        let now = place.times("killed");
        for (path, written) in &self.briefings {
            assert_eq!(now.get(path), Some(written), "{} was written again", path.display());
        }
        self.briefings = now;
    }
}

fn kill_all(articles: usize, kills: &[Kill], set_up: &dyn Fn(&mut Command)) {
    let place = Place::with_articles(articles);
    let mut whole = place.brief("whole");
    set_up(&mut whole);
    run(whole.env("FAKE_LOG", "log-whole").env_remove("FAKE_DELAY_MS"), 0);

    let mut done = Done::default();
    let mut killed = 0;
    for kill in kills {
        let mut command = place.brief("killed");
        set_up(&mut command);
        command.env("FAKE_LOG", format!("log-{}", done.runs + 1));
        if let Kill::At(step, count) = kill {
            command.env("FAKE_DIE_AT", format!("{step}:{count}"));
        }
        let mut child = command.spawn().unwrap();
        if let Kill::After(milliseconds) = kill {
            sleep(Duration::from_millis(*milliseconds));
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        let died = output.status.code().is_none();
        assert!(died || output.status.success(), "{}", super::support::block(&output));
        killed += usize::from(died);
        done.check(&place, died);
    }
    assert_eq!(killed, kills.len(), "the work was over before all kills: there is too little of it");
    let mut last = place.brief("killed");
    set_up(&mut last);
    run(last.env("FAKE_LOG", format!("log-{}", done.runs + 1)), 0);
    done.check(&place, false);
    assert_eq!(done.briefings.len(), articles);
    assert_same(&place.files("whole"), &place.files("killed"));
    let whole = place.batches("log-whole").len();
    eprintln!("{killed} kills: {} batches instead of {whole}", done.batches);
}

/// Each step of the write path once, at a count that is reached however little work is left.
fn each_step(random: &mut Random) -> Vec<Kill> {
    Step::NAMES.iter().map(|(name, _)| Kill::At(name, 1 + random.below(3))).collect()
}

fn slow(command: &mut Command) {
    command.env("FAKE_DELAY_MS", "60").env("FAKE_BATCH", "8");
}

#[test]
fn killed_at_random_moments_and_at_each_step() {
    let mut random = Random::new();
    let mut kills = each_step(&mut random);
    kills.extend((0..4).map(|_| Kill::After(random.below(250))));
    kill_all(60, &kills, &slow);
}

/// The whole of it: `scripts/kill-test`.
#[test]
#[ignore = "minutes: scripts/kill-test"]
fn killed_at_fifty_random_moments() {
    let mut random = Random::new();
    let mut kills: Vec<Kill> = (0..50).map(|_| Kill::After(random.below(400))).collect();
    kills.extend(each_step(&mut random));
    kill_all(240, &kills, &slow);
}

/// Real decoding by two workers: what a batch gives does not depend on what was in it. The batches are made slow, so that
/// the moments fall into all of the work and not only into the start of the program.
#[test]
fn a_marian_model_is_killed_five_times() {
    let mut random = Random::new();
    let kills: Vec<Kill> = (0..5).map(|_| Kill::After(100 + random.below(600))).collect();
    kill_all(80, &kills, &|command| {
        command.env("FAKE_MARIAN", checkpoint()).env("FAKE_BATCH", "8").env("FAKE_DELAY_MS", "60");
    });
}
