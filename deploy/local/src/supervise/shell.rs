//! What a part may know of the shell that it was started from.

use std::env;
use std::process::Command;

/// Where programs and files are, the language, and what a crash shows. Nothing else: a stray `MUSTER_…` would change a
/// setting, and a proxy what is reached.
const KEPT: [&str; 6] = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "RUST_BACKTRACE"];

/// Lets a program see these settings and little else.
pub(crate) fn only_given(command: &mut Command, settings: &[(String, String)]) {
    let kept = KEPT.iter().filter_map(|name| Some((*name, env::var_os(name)?)));
    command
        .env_clear()
        .envs(kept)
        .envs(settings.iter().map(|(name, value)| (name, value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_sees_its_settings_and_nothing_of_ours() {
        assert!(
            env::var_os("CARGO_MANIFEST_DIR").is_some(),
            "something to be kept out"
        );
        let mut command = Command::new("env");
        only_given(
            &mut command,
            &[("MUSTER_LISTEN".to_owned(), "127.0.0.1:1".to_owned())],
        );
        let printed = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(printed.contains("MUSTER_LISTEN=127.0.0.1:1\n"));
        assert!(printed.contains("PATH="));
        assert!(!printed.contains("CARGO"), "{printed}");
    }
}
