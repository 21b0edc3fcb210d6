//! Step 3: three people by hand, and 500 rows of a spreadsheet.

use anyhow::ensure;
use muster_client::acts::{import, invitation};
use muster_client::{CallError, Client};
use muster_proto::invitation::v1::{
    Import, ImportRow, ImportRowState, ImportState, Invitation, ListImportRowsRequest,
};

use super::expect::{SOON, unless_unavailable, wait_until};
use super::report::StepReport;
use super::scenario::Scenario;
use super::spreadsheet::{self, LOST, ROWS};

pub(super) const TITLE: &str = "The owner invites three people by hand, and 500 rows from a spreadsheet";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = scenario.caller("owner")?;
    let by_hand = by_hand(&owner, scenario).await?;
    ensure!(
        by_hand.len() == 3,
        "{} were invited by hand, not 3",
        by_hand.len()
    );
    let addresses: Vec<_> = by_hand.into_iter().map(|it| it.address).collect();
    report.line(format!("by hand: {}", addresses.join(", ")));
    report.link_call("the three being invited", scenario, &owner);

    let bytes = spreadsheet::bytes(scenario);
    let preview = import::upload(&owner, &scenario.organization, "Staff list (final) 2.csv", &bytes).await?;
    report.link_call("the upload and its preview", scenario, &owner);
    report.line(format!(
        "preview of “{}”: {} rows, {} valid, {} with warnings, {} with errors",
        preview.file_name, preview.row_count, preview.valid_count, preview.warning_count, preview.error_count
    ));
    scenario.import = preview.name.clone();
    report.lines.extend(problems(&owner, &preview.name).await?);

    import::approve(&owner, &preview.name, &preview.etag).await?;
    scenario.approval = owner
        .latest_trace()
        .map(|trace| trace.to_string())
        .unwrap_or_default();
    report.link_call("the import being approved", scenario, &owner);
    let done = applied(&owner, &preview.name).await?;
    let expected = i32::try_from(ROWS - LOST)?;
    ensure!(
        done.applied_count == expected,
        "{} rows became invitations, not {expected}",
        done.applied_count
    );
    report.line(format!(
        "approved: {} of {} rows became invitations",
        done.applied_count, done.row_count
    ));
    Ok(report)
}

async fn by_hand(owner: &Client, scenario: &Scenario) -> Result<Vec<Invitation>, CallError> {
    let invited = (1..=3).map(|number| Invitation {
        address: format!("learner-{number}@example.test"),
        groups: vec![scenario.group.clone()],
        ..Invitation::default()
    });
    invitation::batch_create(owner, &scenario.organization, invited.collect()).await
}

/// Every problem of every row, as the preview shows it.
async fn problems(owner: &Client, import: &str) -> anyhow::Result<Vec<String>> {
    let states = vec![ImportRowState::Invalid.into(), ImportRowState::Merged.into()];
    let rows = rows(owner, import, states, 100).await?;
    ensure!(
        rows.len() == LOST,
        "the preview shows {} problem rows, not {LOST}",
        rows.len()
    );
    let problems = rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| (row.line, problem)));
    let lines = problems.map(|(line, problem)| {
        let hint = match problem.suggestion.as_str() {
            "" => String::new(),
            meant => format!(" (meant: {meant}?)"),
        };
        format!("  line {line}, {}: {}{hint}", problem.column, problem.description)
    });
    Ok(lines.collect())
}

/// Rows of an import.
pub(super) async fn rows(
    owner: &Client,
    import: &str,
    states: Vec<i32>,
    page_size: i32,
) -> Result<Vec<ImportRow>, CallError> {
    let request = ListImportRowsRequest {
        parent: import.to_owned(),
        states,
        page_size,
        page_token: String::new(),
    };
    Ok(import::list_rows(owner, request).await?.rows)
}

/// The import, once it is done.
async fn applied(owner: &Client, name: &str) -> anyhow::Result<Import> {
    wait_until("the import is applied", "invitation", SOON, async || {
        let import = unless_unavailable(import::get(owner, name).await)?;
        Ok(import.filter(|it| matches!(it.state(), ImportState::Applied | ImportState::AppliedWithErrors)))
    })
    .await
}
