//! `adjtimex(2)`: whether anybody keeps this machine's clock right.

/// `None` if the system does not say.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the C library offers this as a function only")]
pub(super) fn is_synchronized() -> Option<bool> {
    // SAFETY: the structure is plain numbers, for which zeros are values; with `modes` 0 nothing is set.
    let mut answer: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: `answer` is a whole `timex` of ours, and outlives the call.
    let state = unsafe { libc::adjtimex(&raw mut answer) };
    (state >= 0).then_some(state != libc::TIME_ERROR)
}

/// Other systems say it elsewhere.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_synchronized() -> Option<bool> {
    None
}
