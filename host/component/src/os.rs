//! The two facts that the standard library does not know.

use std::time::Duration;

/// The processor time that the calling thread has used.
#[expect(
    unsafe_code,
    reason = "the standard library has no clock of a thread's processor time"
)]
pub(crate) fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for one timespec, and the call keeps no pointer to it.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if status != 0 {
        return Duration::ZERO;
    }
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Who this process acts as.
#[expect(
    unsafe_code,
    reason = "the standard library does not tell the process's own user id"
)]
pub(crate) fn effective_user() -> u32 {
    // SAFETY: the call takes nothing, touches no memory and cannot fail.
    unsafe { libc::geteuid() }
}
