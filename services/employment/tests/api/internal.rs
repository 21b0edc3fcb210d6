//! `EmploymentInternalService`.

use std::time::Duration;

use futures::future::join_all;
use muster_ids::{GroupName, InvitationName};
use muster_proto::employment::v1::{
    BatchGetEmployeesRequest, EmploymentState, GetEmploymentStateRequest, GetEmploymentStateResponse,
    ListEmploymentFactsRequest,
};
use muster_refusal::{ErrorReason, fields_of, violations_of};
use muster_testkit::{TestCaller, acts, eventually};

use crate::fixture::{Fixture, names, person_name, reason};

impl Fixture {
    fn state_question(&self) -> GetEmploymentStateRequest {
        GetEmploymentStateRequest {
            organization: self.organization_name().to_string(),
            person: person_name("learner-1").to_string(),
        }
    }

    pub(crate) async fn state(&self) -> GetEmploymentStateResponse {
        let mut client = self.internal(TestCaller::Workload("records"));
        client
            .get_employment_state(self.state_question())
            .await
            .unwrap()
            .into_inner()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_employment_is_told_with_its_sequence() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.state().await, GetEmploymentStateResponse::default());
    fixture.employ_anywhere("learner-1").await;
    let first = fixture.state().await;
    assert_eq!((first.state(), first.sequence), (EmploymentState::Verified, 1));
    assert_eq!(first.employment, fixture.employment_of("learner-1").await.name);
    fixture
        .service
        .database
        .execute(
            "UPDATE employments SET state = 'ENDED', version = 2 WHERE person_display_name = 'learner-1'",
        )
        .await;
    assert_eq!(
        (fixture.state().await.state(), fixture.state().await.sequence),
        (EmploymentState::Ended, 2)
    );
    fixture.employ_anywhere("learner-1").await;
    let second = fixture.state().await;
    assert_eq!((second.state(), second.sequence), (EmploymentState::Verified, 3));
    assert_ne!(second.employment, first.employment);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_services_that_the_rule_names_are_told() {
    let fixture = Fixture::start().await;
    for (who, refused) in [
        (TestCaller::Nobody, ErrorReason::TokenMissing),
        (TestCaller::Workload("invitation"), ErrorReason::PermissionDenied),
        (
            TestCaller::Workload("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (fixture.admin(), ErrorReason::TokenMissing),
    ] {
        let answer = fixture
            .internal(who.clone())
            .get_employment_state(fixture.state_question())
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    for service in ["records", "organization"] {
        let mut client = fixture.internal(TestCaller::Workload(service));
        let answer = client.get_employment_state(fixture.state_question()).await;
        assert!(answer.is_ok(), "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_question_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let request = GetEmploymentStateRequest {
        organization: "x".to_owned(),
        person: "y".to_owned(),
    };
    let refused = fixture
        .internal(TestCaller::Workload("records"))
        .get_employment_state(request)
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["organization", "person"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_employed_is_told_by_name() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let persons = ["learner-1", "learner-2"].map(|person| person_name(person).to_string());
    let request = BatchGetEmployeesRequest {
        organization: fixture.organization_name().to_string(),
        persons: persons.to_vec(),
    };
    let positions = "INSERT INTO employment_positions (organization_id, employment_id, place, code, title, start_date, end_date)
         SELECT organization_id, employment_id, place, '', title, '2020-01-01', end_date::date
         FROM employments, (VALUES (1, 'Cook', NULL), (2, 'Driver', '2020-02-01')) AS p (place, title, end_date)
         WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(positions).await;
    let ask = async || {
        let mut client = fixture.internal(TestCaller::Workload("records"));
        client
            .batch_get_employees(request.clone())
            .await
            .unwrap()
            .into_inner()
            .employees
    };
    let employees = ask().await;
    assert_eq!(employees.len(), 1, "{employees:?}");
    assert_eq!(
        (
            employees[0].person.as_str(),
            employees[0].person_display_name.as_str()
        ),
        (persons[0].as_str(), "learner-1")
    );
    assert_eq!(employees[0].position_titles, ["Cook"]);
    let end = "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(end).await;
    assert_eq!(ask().await, []);
}

/// Somebody accepted, and no event has told of it.
async fn accepted_unheard(fixture: &Fixture, groups: &[GroupName]) -> InvitationName {
    let invitation = fixture.invite(groups).await;
    fixture.invitations.outbox().hold().await;
    acts::accept(&fixture.invitations, invitation, "learner-1").await;
    invitation
}

/// Somebody's employment is over, ten seconds after whatever was known of it.
fn over(state: &str) -> &'static str {
    format!(
        "UPDATE employments SET state = '{state}', version = version + 1, update_time = update_time + interval '10 seconds'
         WHERE person_display_name = 'learner-1'"
    )
    .leak()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_accepted_is_employed_before_the_event_comes_and_it_adds_what_it_knows() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group().await;
    let invitation = accepted_unheard(&fixture, &[group]).await;
    let told = join_all((0..8).map(|_| fixture.state())).await;
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    assert_eq!(
        (told[0].state(), told[0].sequence),
        (EmploymentState::Verified, 1)
    );
    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(employment.source_invitation, invitation.to_string());
    assert_eq!(employment.person_display_name, "learner-1");
    assert!(employment.groups.is_empty());

    fixture.invitations.outbox().release().await;
    fixture.wait_applied(1).await;
    let complete = fixture.employment_of("learner-1").await;
    assert_eq!(complete.name, employment.name);
    assert_eq!(names(&[group]), complete.groups.into_iter().collect());
    let sequences: Vec<_> = fixture
        .told_of("learner-1")
        .await
        .into_iter()
        .map(|(sequence, _)| sequence)
        .collect();
    assert_eq!(sequences, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_nobody_vouches_for_waits_also_when_it_is_asked_for() {
    let fixture = Fixture::start().await;
    let invitation = fixture.invite(&[fixture.new_group().await]).await;
    fixture.open_to_join_page().await;
    fixture.invitations.outbox().hold().await;
    acts::accept(&fixture.invitations, invitation, "learner-1").await;
    assert_eq!(
        fixture.state().await.state(),
        EmploymentState::PendingVerification
    );
    let mails = fixture.published("mail.requested").await;
    fixture.invitations.outbox().release().await;
    fixture.wait_applied(1).await;
    assert_eq!(
        fixture.state().await.state(),
        EmploymentState::PendingVerification
    );
    assert_eq!((mails, fixture.published("mail.requested").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_before_the_event_came_is_not_employed_by_it_nor_by_asking() {
    let fixture = Fixture::start().await;
    accepted_unheard(&fixture, &[fixture.new_group().await]).await;
    assert_eq!(fixture.state().await.state(), EmploymentState::Verified);
    fixture.service.database.execute(over("ENDED")).await;
    assert_eq!(fixture.state().await.state(), EmploymentState::Ended);
    fixture.invitations.outbox().release().await;
    fixture.wait_applied(1).await;
    assert_eq!(
        fixture.employment_of("learner-1").await.state(),
        EmploymentState::Ended
    );
}

/// Its groups were added to an employment that came from another invitation. That it is over has not reached the invitation.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_it_was_over_does_not_bring_somebody_back() {
    for state in [
        EmploymentState::Ended,
        EmploymentState::Withdrawn,
        EmploymentState::Rejected,
    ] {
        accepted_before_it_was_over(state).await;
    }
}

async fn accepted_before_it_was_over(state: EmploymentState) {
    let stored = state.as_str_name().trim_start_matches("EMPLOYMENT_STATE_");
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    fixture.employ_anywhere("learner-1").await;
    fixture.service.outbox().hold().await;
    fixture.service.database.execute(over(stored)).await;
    assert_eq!(fixture.state().await.state(), state);
    let unheard = accepted_unheard(&fixture, &[fixture.new_group().await]).await;
    assert_eq!(fixture.state().await.state(), state, "accepted before the end");
    fixture.invitations.outbox().release().await;
    fixture.wait_applied(3).await;
    assert_eq!(fixture.employment_of("learner-1").await.state(), state);

    fixture.service.clock.advance(Duration::from_secs(20));
    let anew = accepted_unheard(&fixture, &[fixture.new_group().await]).await;
    assert_eq!(
        fixture.state().await.state(),
        EmploymentState::Verified,
        "accepted after it"
    );
    let newest = fixture.employments_of("learner-1").await.remove(0);
    assert_eq!(newest.source_invitation, anew.to_string());
    assert_ne!(unheard, anew);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_invitations_cannot_be_asked_it_is_not_said_that_somebody_is_not_employed() {
    let mut fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-2").await;
    fixture.invitations.leave().await;
    let ask = async |person: &str| {
        let question = GetEmploymentStateRequest {
            person: person_name(person).to_string(),
            ..fixture.state_question()
        };
        let mut client = fixture.internal(TestCaller::Workload("records"));
        client.get_employment_state(question).await
    };
    assert_eq!(reason(ask("learner-1").await), ErrorReason::Unavailable);
    let known = ask("learner-2").await.unwrap().into_inner();
    assert_eq!(known.state(), EmploymentState::Verified);
}

/// It is the second of March in Greenwich, and the first in Michigan, where the organization is.
#[tokio::test(flavor = "multi_thread")]
async fn the_positions_of_today_are_those_of_the_day_at_the_organization() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    fixture.advance_to(time::macros::datetime!(2026-03-02 01:00 UTC));
    let positions = "INSERT INTO employment_positions (organization_id, employment_id, place, code, title, start_date, end_date)
         SELECT organization_id, employment_id, place, 'lead-teacher', title, p.start_date::date, p.end_date::date
         FROM employments, (VALUES (1, 'Cook', '2020-01-01', '2026-03-01'), (2, 'Driver', '2026-03-02', NULL),
             (3, 'Gardener', '2020-01-01', '2026-02-28')) AS p (place, title, start_date, end_date)
         WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(positions).await;
    let request = BatchGetEmployeesRequest {
        organization: fixture.organization_name().to_string(),
        persons: vec![person_name("learner-1").to_string()],
    };
    let ask = async || {
        let mut client = fixture.internal(TestCaller::Workload("records"));
        client.batch_get_employees(request.clone()).await
    };
    // Until the tokens are read that were renewed.
    eventually(async || ask().await.is_ok()).await;
    let titles = ask()
        .await
        .unwrap()
        .into_inner()
        .employees
        .remove(0)
        .position_titles;
    assert_eq!(titles, ["Cook"]);
    fixture.advance_to(time::macros::datetime!(2026-03-02 06:00 UTC));
    eventually(async || ask().await.is_ok()).await;
    let titles = ask()
        .await
        .unwrap()
        .into_inner()
        .employees
        .remove(0)
        .position_titles;
    assert_eq!(titles, ["Driver"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_employments_stand_is_told_in_the_order_of_their_names() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2", "learner-3"] {
        fixture.employ_anywhere(person).await;
    }
    let ask = async |after: &str| {
        let request = ListEmploymentFactsRequest {
            after: after.to_owned(),
        };
        let mut client = fixture.internal(TestCaller::Workload("invitation"));
        client.list_employment_facts(request).await
    };
    let all = ask("").await.unwrap().into_inner().employments;
    let facts = all.iter().map(|known| known.facts.clone().unwrap());
    let names: Vec<String> = facts.map(|facts| facts.employment).collect();
    assert!(names.is_sorted() && names.len() >= 3, "{names:?}");
    let one = fixture.employment_of("learner-2").await;
    let told = all
        .iter()
        .find(|known| known.person_display_name == "learner-2")
        .unwrap();
    let facts = told.facts.as_ref().unwrap();
    assert_eq!(
        (facts.employment.as_str(), facts.state()),
        (one.name.as_str(), one.state())
    );
    assert_eq!((facts.was_verified, told.sequence), (true, 1));
    let rest = ask(&names[0]).await.unwrap().into_inner().employments;
    assert_eq!(rest, all[1..]);
    let last = names.last().unwrap();
    assert!(ask(last).await.unwrap().into_inner().employments.is_empty());
    let refused = ask("employments/1").await.unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "after");
}
