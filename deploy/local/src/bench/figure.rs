//! What can be measured, and one measured figure.

use clap::ValueEnum;
use serde::Serialize;

use super::spread::Spread;
use crate::say::say;

/// One group of figures. What limits each follows from how the services are built, and is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bench {
    /// Authenticated GetOrganization, by h2load with 100 in flight, beside a bare tonic echo and `pgbench -S`. Limited by
    /// CPU: at the service an Ed25519 verification and two round trips to PostgreSQL a call; through the gateway also a
    /// second verification, a Cedar decision, a signature and another HTTP/2 hop. Only roles and keys are remembered
    Reads,
    /// ListAssignments at an echo: straight, behind nginx and haproxy, which neither authorize nor log, and behind the
    /// gateway, which does all it does: token, rule, role, policies, caller token, access log, traces at 1 %. By h2load
    /// with 100 in flight; limited by CPU, which load generator, proxy and echo share
    Edge,
    /// Honest calls through the gateway, 1,000 a second, alone, beside a neighbour who takes a quarter of a core and sends
    /// nothing, and beside each of eleven abuses (rapid reset, floods, slow loris, closed windows, bombs) that may take as
    /// much: their times, how many failed, the memory that the abuse took, and what the abuser was told. A gateway that
    /// defends itself keeps the slow ones below twice what they are beside that neighbour, fails none, and grows by less
    /// than 100 MB
    Abuse,
    /// Resident memory of the gateway while it does everything it does, 1,000 times a second, for `--minutes`: calls over
    /// connections that stay and over new ones, JSON, refusals, pages. At the start, after a fifth of the time, at the end,
    /// at its peak, and by how much it grows in a minute. Only when it is asked for by name
    Soak,
    /// CreateInvitation through the gateway with 16 in flight, beside `pgbench -N`; once more with the mail service
    /// suspended. Limited by CPU shared with relay, broker and mail worker, by statements a transaction, and by the
    /// eight counters of the organization's messages, each held until a commit
    Creates,
    /// From an invitation to the mail server's 250, and mails a second for 2,000 that wait, beside `smtp-source` on the
    /// same `smtp-sink`. One mail is limited by the hops (relay, broker, worker) and a commit at each; many by the
    /// worker's three transactions and one call a mail, eight mails at a time
    Mail,
    /// Resident memory of each service, idle and after all of the above, beside the bare tonic echo. Limited by buffers
    /// of connections, and by what the allocator keeps after a burst
    Memory,
}

impl Bench {
    /// As it is typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Edge => "edge",
            Self::Abuse => "abuse",
            Self::Soak => "soak",
            Self::Creates => "creates",
            Self::Mail => "mail",
            Self::Memory => "memory",
        }
    }
}

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
    pub(super) fn latencies(name: &str, spread: &Spread, yardstick: (&'static str, &Spread)) -> [Self; 2] {
        [("p50", 0.5), ("p99", 0.99)].map(|(suffix, share)| {
            let beside = (yardstick.0, yardstick.1.at(share));
            Self::new(format!("{name}.{suffix}"), spread.at(share), "ms", beside)
        })
    }

    /// What stands above the lines, for people.
    pub(super) fn print_heading() {
        say!(
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
            say!("{}", serde_json::to_string(self)?);
        } else {
            say!(
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

    #[test]
    fn names_are_those_of_the_command_line() {
        for bench in Bench::value_variants() {
            let typed = bench.to_possible_value().unwrap();
            assert_eq!(typed.get_name(), bench.name());
        }
    }
}
