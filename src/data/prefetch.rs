//! Work done ahead by background threads, handed over in order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// The results of `work(0), work(1), … work(len − 1)`, in that order.
///
/// Worker `k` of `n` makes the results `k, k + n, k + 2n, …` and stays at most
/// `ahead` of its results before the reader. Dropping it stops the workers.
pub struct Prefetch<T> {
    next: usize,
    len: usize,
    source: Source<T>,
}

enum Source<T> {
    Here(Box<dyn Fn(usize) -> T + Send>),
    Workers(Vec<Worker<T>>),
}

struct Worker<T> {
    results: Option<Receiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Prefetch<T> {
    /// Starts `workers` threads; with 0 the reader's own thread does the work.
    pub fn new(
        len: usize,
        workers: usize,
        ahead: usize,
        work: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Self {
        let workers = workers.min(len);
        let source = if workers == 0 {
            Source::Here(Box::new(work))
        } else {
            let work = Arc::new(work);
            Source::Workers(
                (0..workers)
                    .map(|first| Worker::start(first, workers, len, ahead, &work))
                    .collect(),
            )
        };
        Self {
            next: 0,
            len,
            source,
        }
    }
}

impl<T: Send + 'static> Worker<T> {
    fn start<F>(first: usize, step: usize, len: usize, ahead: usize, work: &Arc<F>) -> Self
    where
        F: Fn(usize) -> T + Send + Sync + 'static,
    {
        let (sender, results) = sync_channel(ahead.max(1));
        let work = Arc::clone(work);
        let thread = std::thread::spawn(move || {
            for at in (first..len).step_by(step) {
                // The reader is gone: nobody wants the rest.
                if sender.send(work(at)).is_err() {
                    return;
                }
            }
        });
        Self {
            results: Some(results),
            thread: Some(thread),
        }
    }
}

impl<T> Worker<T> {
    /// The next result; a panic of the worker goes on in the reader.
    fn take(&mut self) -> T {
        let results = self
            .results
            .as_ref()
            .expect("the receiver lives until the drop");
        if let Ok(result) = results.recv() {
            return result;
        }
        let thread = self.thread.take().expect("a worker is joined once");
        match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("a worker ends only after its last result"),
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.results = None;
        if let Some(thread) = self.thread.take() {
            // A panic nobody waited for belongs to a result nobody wanted.
            let _ = thread.join();
        }
    }
}

impl<T> Iterator for Prefetch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.next == self.len {
            return None;
        }
        let at = self.next;
        self.next += 1;
        Some(match &mut self.source {
            Source::Here(work) => work(at),
            Source::Workers(workers) => {
                let count = workers.len();
                workers[at % count].take()
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len - self.next;
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Prefetch<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn results_come_in_order_from_any_number_of_workers() {
        for workers in 0..5 {
            let results: Vec<usize> = Prefetch::new(23, workers, 2, |at| at * at).collect();
            assert_eq!(results, (0..23).map(|at| at * at).collect::<Vec<_>>());
        }
        assert_eq!(Prefetch::new(0, 2, 2, |at| at).count(), 0);
    }

    #[test]
    fn workers_stay_a_bounded_distance_ahead() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let mut results = Prefetch::new(100, 2, 3, move |_| counter.fetch_add(1, Ordering::SeqCst));
        results.next();
        std::thread::sleep(Duration::from_millis(50));
        // Each of two workers: three results waiting and one in hand; one more was taken.
        assert!(made.load(Ordering::SeqCst) <= 2 * 4 + 1);
    }

    #[test]
    fn dropping_in_the_middle_stops_the_workers() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let mut results =
            Prefetch::new(1000, 2, 1, move |_| counter.fetch_add(1, Ordering::SeqCst));
        results.next();
        drop(results);
        let after = made.load(Ordering::SeqCst);
        assert!(after < 1000);
        assert_eq!(Arc::strong_count(&made), 1, "the workers are gone");
    }

    #[test]
    #[should_panic(expected = "item 4")]
    fn a_panic_in_a_worker_reaches_the_reader() {
        let results = Prefetch::new(10, 2, 2, |at| assert!(at != 4, "item 4"));
        results.for_each(drop);
    }
}
