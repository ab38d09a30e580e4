//! `mallopt(3)`: large memory goes back to the system when it is freed.
//!
//! By default glibc learns from the first freed block of 19 MiB (a password check) to keep such blocks, once per thread:
//! a server at rest was seen at 190 MB that needs 15.

/// Blocks from this size on are mapped on their own. Everything a call or a request needs is far smaller.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 1024 * 1024;

/// To be called once, before other threads are started.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library offers this as a function only")]
pub(crate) fn give_large_blocks_back() {
    // SAFETY: `mallopt` takes two integers and changes only how later allocations are made.
    let set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
    if set == 0 {
        tracing::debug!("the C library keeps its own mmap threshold");
    }
}

/// Other C libraries give large blocks back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_large_blocks_back() {}
