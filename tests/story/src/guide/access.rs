//! Somebody who is no employee is let in.

use anyhow::{Context, ensure};
use muster_client::acts::{access_request, employment, profile_user};
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::organization::v1::{AccessRequestState, ListProfileUsersRequest, Role};

use super::{Guide, SOON};
use crate::browser::Browser;
use crate::expect::wait_until;
use crate::mail::inbox_of;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "If you do not want an administrative staff listed as an employee of a site, but need to give \
                                   them administrative access, they request it.";
pub(super) const TITLE: &str =
    "An administrator asks by the organization's number; the owner hears of it by mail, and lets them in";

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let keeper = guide.scenario.newcomer(&guide.scenario.address("keeper")).await?;
    let asked = access_request::ask(&keeper, &guide.number, Role::Admin, "I keep the books").await?;
    report.line(format!("asked by the number {}: {}", guide.number, asked.message));
    report.link_call("the request", guide.scenario, &keeper);
    let inbox = inbox_of(guide.scenario, &guide.scenario.address("director"))?;
    wait_until("the owner is mailed", "notification", SOON, async || {
        let page = Browser::open(&guide.scenario.addresses, &inbox).await?;
        Ok(page.shows("Somebody asks for access to").ok())
    })
    .await?;
    report.line("the owner has a mail, which names nobody");
    report.link("the owner's messages", inbox);
    let granted = access_request::approve(&guide.director, &asked.name).await?;
    ensure!(
        granted.state() == AccessRequestState::Approved,
        "a request that was granted is {:?}",
        granted.state()
    );
    report.link_call("the request being granted", guide.scenario, &guide.director);

    let listed = employment::list(
        &keeper,
        ListEmploymentsRequest {
            parent: guide.organization.clone(),
            page_size: 1000,
            ..ListEmploymentsRequest::default()
        },
    );
    let employees = listed.await?.employments;
    let users = ListProfileUsersRequest {
        parent: guide.organization.clone(),
        ..ListProfileUsersRequest::default()
    };
    let users = profile_user::list(&keeper, users).await?.profile_users;
    let own = users.iter().find(|user| user.person == asked.person);
    let own = own.context("who was let in is no profile user")?;
    ensure!(
        employees.iter().all(|one| one.person != own.person),
        "who was let in stands among the employees"
    );
    guide.keeper.clone_from(&own.person);
    report.line(format!(
        "they administer it now, and are not among its {} employees",
        employees.len()
    ));
    Ok(report)
}
