//! How much tests try. Each number has a name, by which the environment asks for another one, and what it is in a long run
//! (`cargo dev test --long`), where the tests show the figures that they are there for. `CONTRIBUTING.md` tells what each is about.
//!
//! ```
//! let rounds: usize = muster_effort::RACES.or(200);
//! # let _ = rounds;
//! ```
#![expect(
    clippy::panic,
    reason = "for tests only: a number that is none is the test's failure"
)]

use std::ops::RangeInclusive;

/// A number of the tests.
#[derive(Debug)]
pub struct Effort {
    /// The variable of the environment that says another.
    pub variable: &'static str,
    /// What it is unless somebody says so: what shares a name may differ.
    usual: RangeInclusive<u32>,
    /// What it is in a long run.
    pub long: u32,
}

/// Rounds of those who race with each other.
pub static RACES: Effort = Effort::new("MUSTER_TEST_RACES", 40..=200, 5_000);
/// Invitations that are taken back at the moment at which their mails are asked for.
pub static CANCELLATIONS: Effort = Effort::new("MUSTER_TEST_CANCELLATIONS", 100..=200, 10_000);
/// Invitations that are taken back while a mail server is told of them.
pub static SENDINGS: Effort = Effort::new("MUSTER_TEST_SENDINGS", 160..=160, 500);
/// Sequences of acts beside a model, and walks through lists that change meanwhile.
pub static SEQUENCES: Effort = Effort::new("MUSTER_TEST_SEQUENCES", 25..=60, 2_000);
/// People of each kind who ask by a join page.
pub static JOINS: Effort = Effort::new("MUSTER_TEST_JOINS", 10..=200, 2_000);
/// Rows of a spreadsheet.
pub static ROWS: Effort = Effort::new("MUSTER_TEST_ROWS", 1_500..=5_500, 100_000);
/// Harmed copies of each spreadsheet of the corpus.
pub static MUTATIONS: Effort = Effort::new("MUSTER_TEST_MUTATIONS", 12..=12, 10_000);
/// Processes that are killed.
pub static KILLS: Effort = Effort::new("MUSTER_TEST_KILLS", 3..=18, 75);
/// Units of work that are cut off.
pub static CANCELS: Effort = Effort::new("MUSTER_TEST_CANCELS", 2_000..=2_000, 20_000);
/// Streams whose clients are gone at once.
pub static STREAMS: Effort = Effort::new("MUSTER_TEST_STREAMS", 200..=200, 1_000);
/// Seconds for which the broker is away.
pub static BROKER_AWAY: Effort = Effort::new("MUSTER_TEST_BROKER_AWAY", 8..=8, 60);
/// Seconds for which a suite is harmed.
pub static PROVE: Effort = Effort::new("MUSTER_TEST_PROVE", 15..=15, 600);

/// All of them.
pub static ALL: [&Effort; 12] = [
    &RACES,
    &CANCELLATIONS,
    &SENDINGS,
    &SEQUENCES,
    &JOINS,
    &ROWS,
    &MUTATIONS,
    &KILLS,
    &CANCELS,
    &STREAMS,
    &BROKER_AWAY,
    &PROVE,
];

impl Effort {
    const fn new(variable: &'static str, usual: RangeInclusive<u32>, long: u32) -> Self {
        Self {
            variable,
            usual,
            long,
        }
    }

    /// What the environment says, or `usual`.
    ///
    /// # Panics
    /// When the environment says no number that an `N` can be, or `usual` is none of those that are told of it.
    #[must_use]
    pub fn or<N: TryFrom<u32>>(&self, usual: u32) -> N {
        assert!(self.usual.contains(&usual), "{usual} is not told of {self:?}");
        let asked = std::env::var_os(self.variable).map(|asked| asked.to_string_lossy().into_owned());
        self.number(asked.as_deref(), usual)
    }

    fn number<N: TryFrom<u32>>(&self, asked: Option<&str>, usual: u32) -> N {
        let number = asked.map_or(Ok(usual), str::parse).ok();
        number
            .and_then(|number| N::try_from(number).ok())
            .unwrap_or_else(|| panic!("{}: {asked:?} is no number of tries", self.variable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of its table.
    fn told() -> impl Iterator<Item = &'static str> {
        let guide = include_str!("../../../CONTRIBUTING.md");
        guide.lines().filter(|line| line.starts_with("| `MUSTER_TEST_"))
    }

    #[test]
    fn what_is_asked_for_counts() {
        assert_eq!(RACES.number::<u64>(None, 40), 40);
        assert_eq!(RACES.number::<usize>(Some("7"), 40), 7);
        for none in ["", "many", "-1", "5_000"] {
            let read = std::panic::catch_unwind(|| RACES.number::<u32>(Some(none), 40));
            assert!(read.is_err(), "{none:?}");
        }
    }

    #[test]
    fn a_long_run_tries_more_of_everything() {
        for effort in ALL {
            assert!(effort.long > *effort.usual.end(), "{effort:?}");
        }
    }

    #[test]
    fn contributors_are_told_each_with_its_numbers() {
        let expected = ALL.map(|effort| {
            let usual = match (effort.usual.start(), effort.usual.end()) {
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            format!("| `{}` | {usual} | {} | ", effort.variable, effort.long)
        });
        for row in &expected {
            assert!(told().any(|line| line.starts_with(row)), "{row}");
        }
        assert_eq!(told().count(), ALL.len());
    }
}
