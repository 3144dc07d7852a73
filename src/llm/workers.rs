//! Worker threads over shared weights: each has one processor to itself and works on one text at a time.
//!
//! Measured on two cores: one text on two threads of candle's barrier pool takes longer than on one as soon as a
//! second program runs (each of hundreds of barriers a token waits for the slower thread); two texts on one thread
//! each take what one takes.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The variable from which candle's pool for quantised products takes its size, once.
const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

/// Makes candle's products run in the thread that asks for them, unless the user set the variable: with more threads
/// all workers would take turns in one pool. To be called first in `main`.
pub fn use_one_thread_a_product() {
    if std::env::var_os(CANDLE_THREADS).is_none() {
        // SAFETY: called before any other thread exists, so nothing reads the environment meanwhile.
        unsafe { std::env::set_var(CANDLE_THREADS, "1") };
    }
}

/// One pool of a single thread for each worker: what a text does in parallel (softmax, norms) stays in its thread.
pub struct Workers {
    pools: Vec<ThreadPool>,
}

impl Workers {
    /// `count` threads, at least one.
    ///
    /// # Errors
    /// What the system says where threads can't be made.
    pub fn new(count: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = |number| ThreadPoolBuilder::new().num_threads(1).thread_name(move |_| format!("llm-{number}")).build();
        Ok(Self { pools: (0..count.max(1)).map(pool).collect::<Result<_, _>>()? })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.pools.len()
    }

    /// `work` on each item, on whichever worker is free; the results in the order of the items.
    pub fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let take = || {
            let mut results = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return results };
                results.push((index, work(item)));
            }
        };
        let mut results: Vec<(usize, R)> = thread::scope(|scope| {
            let busy: Vec<_> =
                self.pools.iter().take(items.len()).map(|pool| scope.spawn(|| pool.install(take))).collect();
            busy.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        for count in [1, 3] {
            let workers = Workers::new(count).unwrap();
            let items: Vec<u64> = (0..50).collect();
            let squares = workers.map(&items, |item| {
                thread::sleep(std::time::Duration::from_micros(item % 7 * 100));
                item * item
            });
            assert_eq!(squares, items.iter().map(|item| item * item).collect::<Vec<_>>());
        }
        assert!(Workers::new(2).unwrap().map(&[] as &[u8], |_| 1).is_empty());
    }

    #[test]
    fn two_workers_work_at_once() {
        let barrier = std::sync::Barrier::new(2);
        // With one worker this would never end.
        Workers::new(2).unwrap().map(&[(), ()], |()| barrier.wait().is_leader());
    }
}
