//! One measured figure.

use muster_local::outln;
use serde::Serialize;

use super::latencies::Latencies;

/// A figure beside its yardstick.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    /// What it is compared with.
    pub(super) yardstick: &'static str,
    pub(super) yardstick_value: f64,
    /// Value divided by the yardstick's.
    pub(super) ratio: f64,
    /// What a number cannot tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

impl Figure {
    /// Compares.
    pub(super) fn new(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        yardstick: (&'static str, f64),
    ) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            yardstick: yardstick.0,
            yardstick_value: yardstick.1,
            ratio: value / yardstick.1,
            note: None,
        }
    }

    /// The medians of several runs, each with its yardstick measured in turn; how far apart the runs are is said beside them.
    pub(super) fn of_runs(
        name: impl Into<String>,
        unit: &'static str,
        yardstick: &'static str,
        runs: &[(f64, f64)],
    ) -> Self {
        let (ours, theirs): (Vec<_>, Vec<_>) = runs.iter().copied().unzip();
        let note = format!(
            "{} runs: {}, beside {}",
            runs.len(),
            spread(&ours),
            spread(&theirs)
        );
        Self::new(name, median(ours), unit, (yardstick, median(theirs))).noted(Some(note))
    }

    /// With words.
    pub(super) fn noted(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// Median and 99th percentile beside those of the yardstick, in milliseconds.
    pub(super) fn latencies(
        name: &str,
        latencies: &Latencies,
        yardstick: (&'static str, &Latencies),
    ) -> [Self; 2] {
        [("p50", 0.5), ("p99", 0.99)].map(|(suffix, share)| {
            let beside = (yardstick.0, yardstick.1.percentile(share));
            Self::new(
                format!("{name}.{suffix}"),
                latencies.percentile(share),
                "ms",
                beside,
            )
        })
    }

    /// What stands above the lines, for people.
    pub(super) fn print_heading() {
        outln!(
            "{:36} {:>10} {:9} {:26} {:>10}   ratio",
            "figure",
            "value",
            "unit",
            "beside",
            "value"
        );
    }

    /// One line.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            outln!("{}", serde_json::to_string(self)?);
        } else {
            outln!(
                "{:36} {:>10} {:9} {:26} {:>10}   × {:.3}{}",
                self.name,
                digits(self.value),
                self.unit,
                self.yardstick,
                digits(self.yardstick_value),
                self.ratio,
                self.note
                    .as_ref()
                    .map(|note| format!("  {note}"))
                    .unwrap_or_default()
            );
        }
        Ok(())
    }
}

/// The one in the middle.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The lowest and the highest.
fn spread(figures: &[f64]) -> String {
    let lowest = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} to {}", digits(lowest), digits(highest))
}

/// Three digits, or all of a number that has more before the point.
fn digits(value: f64) -> String {
    let decimals = match value {
        _ if value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_mean_something() {
        let shown = [51_234.6, 61.27, 3.456, 0.08].map(digits);
        assert_eq!(shown, ["51235", "61.3", "3.46", "0.08"]);
    }

    #[test]
    fn of_runs_the_medians_count_and_the_spread_is_told() {
        let figure = Figure::of_runs("figure", "ms", "beside", &[(3.0, 1.0), (9.0, 3.0), (6.0, 2.0)]);
        assert_eq!(
            (figure.value, figure.yardstick_value, figure.ratio),
            (6.0, 2.0, 3.0)
        );
        let note = figure.note.unwrap();
        assert_eq!(note, "3 runs: 3.00 to 9.00, beside 1.00 to 3.00");
    }
}
