//! What a training provider asks of invitations: spreadsheets, lists, acceptances, the join page, and that a mail by hand does
//! not wait behind a spreadsheet.
//!
//! What would take hours by public RPCs is written into the service's database beforehand: a million invitations that are
//! listed, and those that are accepted. What is measured is called as people call it, through the gateway.

pub(super) mod accepts;
pub(super) mod filling;
mod interactive;
mod join_page;
mod learners;
pub(super) mod lists;
mod spreadsheets;

use std::sync::Arc;

use super::database::{Databases, calm};
use super::figure::Figure;
use super::fixture::Fixture;
use super::pgbench::Pgbench;

/// One part after the other, each printed when it is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Spreadsheets,
    Lists,
    Learners,
    Accepts,
    JoinPage,
    Interactive,
}

impl Part {
    /// Spreadsheets first: what memory they take is not to be hidden by what the service has kept of other things.
    pub(super) const ALL: [Self; 6] = [
        Self::Spreadsheets,
        Self::Lists,
        Self::Learners,
        Self::Accepts,
        Self::JoinPage,
        Self::Interactive,
    ];

    /// What is measured, with spreadsheets of so many rows.
    pub(super) fn announced(self, rows: u32) -> String {
        match self {
            Self::Spreadsheets => {
                format!("three workbooks and three texts of {rows} rows, while no mail goes out")
            }
            Self::Lists => format!("an organization of {} invitations", lists::many(rows)),
            Self::Learners => format!("an organization of {} learners", learners::count(rows)),
            Self::Accepts => format!("{} acceptances", accepts::count(rows)),
            Self::JoinPage => "the join page, and the same page as a file".to_owned(),
            Self::Interactive => format!("mails by hand while a text of {rows} rows is applied"),
        }
    }

    /// Measures it, and waits until nothing of it is under way any more.
    pub(super) async fn measure(self, measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
        let figures = match self {
            Self::Spreadsheets => spreadsheets::measure(measured).await?,
            Self::Lists => lists::measure(measured).await?,
            Self::Learners => learners::measure(measured).await?,
            Self::Accepts => accepts::measure(measured).await?,
            Self::JoinPage => join_page::measure(measured).await?,
            Self::Interactive => interactive::measure(measured).await?,
        };
        calm(&measured.databases).await?;
        Ok(figures)
    }
}

/// What is measured, here and by the bench `growth`.
pub(super) struct Measured<'a> {
    pub(super) fixture: &'a Arc<Fixture>,
    pub(super) pgbench: &'a Pgbench,
    pub(super) databases: Databases,
    /// Of one spreadsheet, or of what grows when it is largest.
    pub(super) rows: u32,
}

impl<'a> Measured<'a> {
    pub(super) async fn new(
        fixture: &'a Arc<Fixture>,
        pgbench: &'a Pgbench,
        rows: u32,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            fixture,
            pgbench,
            databases: Databases::find(fixture).await?,
            rows,
        })
    }
}
