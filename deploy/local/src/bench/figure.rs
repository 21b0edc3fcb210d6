//! One measured figure.

use serde::Serialize;

use crate::say::say;

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
}

impl Figure {
    /// Compares.
    pub(super) fn new(name: String, value: f64, unit: &'static str, yardstick: (&'static str, f64)) -> Self {
        Self {
            name,
            value,
            unit,
            yardstick: yardstick.0,
            yardstick_value: yardstick.1,
            ratio: value / yardstick.1,
        }
    }

    /// One line.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            say!("{}", serde_json::to_string(self)?);
        } else {
            say!(
                "{:36} {:>12.1} {:8} {:36} {:>12.1}   × {:.2}",
                self.name,
                self.value,
                self.unit,
                self.yardstick,
                self.yardstick_value,
                self.ratio
            );
        }
        Ok(())
    }
}
