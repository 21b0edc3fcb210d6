//! What work takes of memory, for tests: by what the kernel says of a process that does nothing else.

/// The most memory that this process had, in bytes, since it was asked to forget.
#[cfg(target_os = "linux")]
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// What the work comes to, and how many bytes of memory it took at most.
#[cfg(target_os = "linux")]
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let done = work();
    (done, peak().saturating_sub(before))
}

/// What is not measured takes nothing.
#[cfg(not(target_os = "linux"))]
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    (work(), 0)
}

/// What an ignored test says that runs in a process of its own: other tests take memory too.
pub(crate) fn alone(test: &str, settings: &[(&str, String)]) -> String {
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    let process = process
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        // What was given back is taken anew, and seen: the C library keeps more otherwise, the more it was asked for.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("MALLOC_TRIM_THRESHOLD_", "131072");
    let done = process.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{said}{wrong}"
    );
    said
}
