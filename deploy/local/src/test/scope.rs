//! Which packages are tested, and what has to be there before.

/// The package whose tests need the programs, and a running suite of them.
const SUITE_TESTS: &str = "muster-tests";
/// The test program of that package; no other is called so.
const SUITE_TEST: [&str; 2] = ["--test", "suite"];

/// Told by the options for `cargo test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The workspace.
    Everything,
    /// Some packages, and that of the suite's tests is one of them.
    WithSuite,
    /// Packages whose tests start what they need by themselves.
    WithoutSuite,
}

impl Scope {
    /// What these options choose. Words after `--` are for the test programs.
    pub(super) fn of(options: &[String]) -> Self {
        let for_cargo: Vec<&String> = options.iter().take_while(|word| *word != "--").collect();
        let is_alone = for_cargo.iter().filter(|word| **word == SUITE_TEST[0]).count() == 1;
        if is_alone && for_cargo.windows(2).any(|words| words == SUITE_TEST) {
            return Self::WithSuite;
        }
        let mut for_cargo = for_cargo.into_iter();
        let chooses = |word: &String| {
            let short = word.starts_with("-p") && !word.starts_with("--");
            short || word == "--package" || word.starts_with("--package=")
        };
        let some = for_cargo.clone().any(chooses);
        let names_suite = for_cargo.any(|word| word.contains(SUITE_TESTS));
        match (some, names_suite) {
            (true, true) => Self::WithSuite,
            (false, false) => Self::Everything,
            // Only others are chosen, or this one is excluded.
            (true, false) | (false, true) => Self::WithoutSuite,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_tell_whether_the_suite_is_needed() {
        let scope = |options: &str| {
            let words: Vec<String> = options.split_whitespace().map(str::to_owned).collect();
            Scope::of(&words)
        };
        for options in [
            "",
            "a_cancelled",
            "--workspace --lib",
            "-- -p --nocapture",
            "-- --test suite",
            "--test api --test suite",
        ] {
            assert_eq!(scope(options), Scope::Everything, "{options}");
        }
        for options in [
            "--workspace --test suite",
            "--test suite -- six_screens",
            "-p muster-tests",
            "-pmuster-tests kills",
            "-p muster-ids --package=muster-tests",
        ] {
            assert_eq!(scope(options), Scope::WithSuite, "{options}");
        }
        for options in [
            "-p muster-ids",
            "--package muster-ids -- muster-tests",
            "--workspace --exclude muster-tests",
        ] {
            assert_eq!(scope(options), Scope::WithoutSuite, "{options}");
        }
    }
}
