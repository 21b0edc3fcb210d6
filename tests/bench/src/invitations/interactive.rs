//! How soon the mail of an invitation by hand is with the mail server while a spreadsheet is applied and mailed.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Measured;
use crate::figure::Figure;
use crate::imports::Spreadsheet;
use crate::latencies::{Latencies, micros};
use crate::load::invite;
use crate::polling::mail_delay;

/// Somebody invites by hand so often.
const EVERY: Duration = Duration::from_millis(100);
/// At least so many, if the spreadsheet is applied before.
const LEAST: usize = 200;
/// What 99 of 100 may take, in milliseconds.
const ALLOWED: f64 = 2_000.0;

pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let fixture = &**measured.fixture;
    let sheet = Spreadsheet::csv("beside", measured.rows)?;
    let (_, ready) = sheet.preview(fixture).await?;
    let mut invitations = Vec::new();
    let during = {
        let applying = sheet.apply(fixture, &ready);
        tokio::pin!(applying);
        let mut during = None;
        let mut due = interval(EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while during.is_none() || invitations.len() < LEAST {
            tokio::select! {
                applied = &mut applying, if during.is_none() => {
                    applied?;
                    during = Some(invitations.len());
                }
                _ = due.tick() => invitations.push(invite(fixture).await?),
            }
        }
        during.unwrap_or_default()
    };
    let mut delays = Vec::with_capacity(invitations.len());
    for invitation in &invitations {
        delays.push(micros(mail_delay(fixture, invitation).await?));
    }
    let delays = Latencies::of(delays);
    let beside = ("allowed", ALLOWED);
    let note = format!(
        "{during} of {} invited by hand while {} rows were applied, the others while these were mailed",
        invitations.len(),
        measured.rows
    );
    let figure =
        |suffix, value| Figure::new(format!("invitations.interactive.{suffix}"), value, "ms", beside);
    Ok(vec![
        figure("p50", delays.percentile(0.5)),
        figure("p99", delays.percentile(0.99)).noted(Some(note)),
        figure("max", delays.max()),
    ])
}
