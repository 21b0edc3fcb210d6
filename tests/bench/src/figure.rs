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
            "{:28} {:>10} {:9} {:26} {:>10}   ratio",
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
                "{:28} {:>10} {:9} {:26} {:>10}   × {:.3}{}",
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
}
