//! The evaluation pool: CPU work that is too long for the threads that serve connections.

use crossbeam_channel::{Sender, TrySendError, bounded};

/// Work up to this many bytes of text runs where it is; more goes to the pool.
pub const INLINE: usize = 16 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// One OS thread per core behind a bounded queue.
#[derive(Clone, Debug)]
pub struct Pool {
    jobs: Sender<Job>,
}

/// The queue is full: there is more to evaluate than this machine can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the evaluation queue is full")]
pub struct Full;

impl Pool {
    /// `threads` threads with room for `queue` jobs that wait.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn new(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, work) = bounded::<Job>(queue.max(1));
        for number in 0..threads.max(1) {
            let work = work.clone();
            std::thread::Builder::new()
                .name(format!("caponier-eval-{number}"))
                .spawn(move || {
                    for job in work {
                        // A job that panics must not take the thread with it; whoever waits for its
                        // answer sees the channel close and treats that as a fault.
                        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
                    }
                })?;
        }
        Ok(Self { jobs })
    }

    /// Queues a job; it runs soon.
    ///
    /// # Errors
    /// [`Full`], at once: nobody waits for room.
    pub fn submit(&self, job: Job) -> Result<(), Full> {
        match self.jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }

    /// Jobs that wait.
    pub fn waiting(&self) -> usize {
        self.jobs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_so_and_a_panic_costs_no_thread() {
        let pool = Pool::new(1, 1).unwrap();
        let (block, wait) = bounded::<()>(0);
        let (started, begun) = bounded::<()>(0);
        pool.submit(Box::new(move || {
            started.send(()).unwrap();
            wait.recv().unwrap();
            std::panic::resume_unwind(Box::new("as planned"));
        }))
        .unwrap();
        begun.recv().unwrap();
        let (done, finished) = bounded(1);
        pool.submit(Box::new(move || done.send(42).unwrap()))
            .unwrap();
        assert_eq!(pool.submit(Box::new(|| {})), Err(Full));
        block.send(()).unwrap();
        assert_eq!(finished.recv(), Ok(42));
    }
}
