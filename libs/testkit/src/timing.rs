//! Whether how long answers take tells whose they are.

use std::time::Duration;

/// So much says nothing: beyond this machine nobody measures as well.
const TOLERANCE: Duration = Duration::from_millis(3);
/// How many times as much as answers of one kind differ, by the square root of how many there are. So many that no test fails because a machine
/// is busy; what takes a little longer shows where many ask.
const ERRORS: f64 = 5.0;

/// Looks whether answers of all kinds took as long as each other, and prints how long that is. They were asked for in turn, so that
/// whatever else the machine did was in the way of all of them.
///
/// # Panics
/// When those of one kind took longer than those of another one by more than answers of one kind differ among themselves.
pub fn take_alike(kinds: &[&str], took: &[Vec<Duration>]) {
    for (kind, took) in kinds.iter().zip(took) {
        let [low, middle, high] = quartiles(took);
        println!(
            "{kind}: {} answers, {middle:?}, half of them {low:?} to {high:?}",
            took.len()
        );
    }
    let (apart, allowed) = compared(took);
    println!("they are {apart:?} apart, where {allowed:?} say nothing");
    assert!(
        apart <= allowed,
        "answers tell whose they are: they take {apart:?} longer, where {allowed:?} say nothing"
    );
}

/// By how much the kinds differ most, and how much of that says nothing.
fn compared(took: &[Vec<Duration>]) -> (Duration, Duration) {
    let kinds: Vec<[Duration; 3]> = took.iter().map(|took| quartiles(took)).collect();
    let beside = |slow: [Duration; 3]| kinds.iter().map(move |fast| later(slow, *fast));
    let pairs = kinds.iter().copied().flat_map(beside);
    let apart = pairs.max().unwrap_or_default();
    (apart, TOLERANCE + noise(took))
}

/// By how much the one takes longer than the other: in its quick answers, its middle ones and its slow ones. What keeps only some of them
/// waiting is the machine.
fn later(slow: [Duration; 3], fast: [Duration; 3]) -> Duration {
    let each = slow.into_iter().zip(fast);
    let each = each.map(|(slow, fast)| slow.saturating_sub(fast));
    each.min().unwrap_or_default()
}

/// By how much answers of one kind differ: from its first half to its second one, and each from the others.
fn noise(took: &[Vec<Duration>]) -> Duration {
    let halves = took.iter().map(|took| {
        let (first, second) = took.split_at(took.len() / 2);
        ranked(first, 1, 2).abs_diff(ranked(second, 1, 2))
    });
    let spreads = took.iter().map(|took| ranked(took, 7, 8) - ranked(took, 1, 8));
    let [halves, spread] = [halves.max(), spreads.max()].map(Option::unwrap_or_default);
    let answers = took.iter().map(Vec::len).min().unwrap_or_default().max(1);
    halves + spread.mul_f64(ERRORS / (answers as f64).sqrt())
}

fn quartiles(took: &[Duration]) -> [Duration; 3] {
    [1, 2, 3].map(|quarter| ranked(took, quarter, 4))
}

/// The one below which this part of them lies.
fn ranked(took: &[Duration], part: usize, of: usize) -> Duration {
    let mut took = took.to_vec();
    took.sort_unstable();
    took.get(took.len() * part / of).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of four kinds, each as long as is said of its kind and a number that could be any, in microseconds.
    fn answers(run: u64, rounds: u64, took: impl Fn(u64, u64) -> u64) -> Vec<Vec<Duration>> {
        let of = |kind: u64| {
            let number = |round| any((run * 4 + kind) * 1000 + round + 1);
            let micros = (0..rounds).map(|round| took(kind, number(round)));
            micros.map(Duration::from_micros).collect()
        };
        (0..4).map(of).collect()
    }

    /// A number below a million or so, the same for the same seed.
    fn any(seed: u64) -> u64 {
        let bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (bits ^ (bits >> 31)) % (1 << 20)
    }

    #[test]
    fn what_takes_as_long_is_not_told_apart_however_busy_the_machine_is() {
        let machines: [fn(u64, u64) -> u64; 3] = [
            |_, any| 5_000 + any % 40_000,
            // Every second one waits.
            |_, any| {
                if any.is_multiple_of(2) {
                    85_000
                } else {
                    5_000 + any % 1_000
                }
            },
            // Few wait, for very long.
            |_, any| 5_000 + 40_000_000 / (any % 1_000 + 10),
        ];
        for run in 0..500 {
            for rounds in [1, 10, 60] {
                for (place, machine) in machines.iter().enumerate() {
                    let (apart, allowed) = compared(&answers(run, rounds, machine));
                    assert!(
                        apart <= allowed,
                        "{run}, {rounds}, {place}: {apart:?} of {allowed:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_takes_longer_is_told_apart_the_better_the_more_there_are() {
        for (rounds, longer) in [(10, 15_000), (60, 15_000), (200, 6_000)] {
            for run in 0..100 {
                let slow = |kind: u64, any: u64| 5_000 + any % 4_000 + if kind == 2 { longer } else { 0 };
                let (apart, allowed) = compared(&answers(run, rounds, slow));
                assert!(apart > allowed, "{run}, {rounds}: {apart:?} of {allowed:?}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "answers tell whose they are")]
    fn a_kind_that_takes_longer_fails() {
        let slow = |kind: u64, _: u64| if kind == 3 { 9_000 } else { 5_000 };
        take_alike(&["a", "b", "c", "d"], &answers(0, 10, slow));
    }
}
