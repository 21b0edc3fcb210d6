//! The end of an employment, with everything that follows from it in the other services, although the broker is away when it comes.

use muster_client::acts::{employment, invitation, profile_user, record};
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::InvitationState;
use muster_proto::organization::v1::ListProfileUsersRequest;
use muster_proto::records::v1::{AssignmentState, GrantState};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;

use crate::support::{Colleague, Database, Organization, Redelivery, Suite, after_restart, alone};

/// Everything that hangs on their employment.
async fn look(suite: &Suite, organization: &Organization, colleague: &Colleague) -> Vec<String> {
    let (owner, who) = (suite.client("owner"), suite.client(&colleague.employee.address));
    let request = ListProfileUsersRequest {
        parent: organization.name.clone(),
        ..Default::default()
    };
    let mut assignments = record::list_own_assignments(&who).await.unwrap();
    assignments.sort_by(|one, other| one.name.cmp(&other.name));
    vec![
        format!("{:#?}", employment::list_own(&who).await.unwrap()),
        format!(
            "{:#?}",
            invitation::get(&owner, &colleague.invitation).await.unwrap()
        ),
        format!("{:#?}", profile_user::list(&owner, request).await.unwrap()),
        format!("{:#?}", record::list_own_grants(&who).await.unwrap()),
        format!("{assignments:#?}"),
        format!("{}", colleague.has_access(suite, organization).await),
    ]
}

/// Until the records have heard of it, although the broker is away at first.
async fn heard(suite: &Suite, employment: &str, state: &str) {
    let records = Database::of(suite, "records").await;
    let known = format!(
        "SELECT count(*) FROM employment_projection WHERE employment_id = '{}' AND state = '{state}'",
        employment.rsplit('/').next().unwrap()
    );
    after_restart("the records have heard", async || {
        records.number(&known).await == 1
    })
    .await;
}

#[tokio::test]
async fn an_employment_that_ends_takes_everything_with_it_although_the_broker_was_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let events = Redelivery::since_now(&suite).await;
    let organization = Organization::create(&suite).await;
    let colleague = Colleague::of(&suite, &organization).await;
    let owner = suite.client("owner");
    let learner = colleague.employee.learner_of(&organization);
    record::get(&owner, &learner).await.unwrap();
    assert!(colleague.has_access(&suite, &organization).await);

    assert!(suite.signal("rabbitmq", "TERM"));
    let ended = employment::end(&owner, &colleague.employment, "has moved away", "").await;
    assert_eq!(ended.unwrap().state(), EmploymentState::Ended);
    heard(&suite, &colleague.employment, "ENDED").await;
    eventually(async || !colleague.has_access(&suite, &organization).await).await;
    let refused = record::get(&owner, &learner).await.unwrap_err();
    assert_eq!(refused.reason(), Some(R::EmploymentRequired));
    assert_eq!(colleague.grant(&suite).await, GrantState::Lapsed);
    let waiting = colleague.assignment(&suite, &colleague.waiting).await;
    assert_eq!(waiting.state(), AssignmentState::Cancelled);
    let begun = colleague.assignment(&suite, &colleague.begun).await;
    assert_eq!(
        (begun.state(), begun.progress_percent, begun.organization.as_str()),
        (AssignmentState::InProgress, 40, ""),
        "it goes on as their own"
    );
    let archived = async || {
        let read = invitation::get(&owner, &colleague.invitation).await;
        read.is_ok_and(|read| read.state() == InvitationState::Archived)
    };
    eventually(archived).await;

    // The end is taken back while the broker is away once more: the learner is as they were, access and consent take new acts.
    assert!(suite.signal("rabbitmq", "TERM"));
    employment::undo_end(&owner, &colleague.employment).await.unwrap();
    heard(&suite, &colleague.employment, "VERIFIED").await;
    let waiting = colleague.assignment(&suite, &colleague.waiting).await;
    assert_eq!(waiting.state(), AssignmentState::Assigned);
    let begun = colleague.assignment(&suite, &colleague.begun).await;
    assert_eq!(begun.organization, organization.name);
    assert_eq!(colleague.grant(&suite).await, GrantState::Lapsed);
    assert!(!colleague.has_access(&suite, &organization).await);
    let refused = record::get(&owner, &learner).await.unwrap_err();
    assert_eq!(refused.reason(), Some(R::GrantRequired));
    let active = async || {
        let read = invitation::get(&owner, &colleague.invitation).await;
        read.is_ok_and(|read| read.state() == InvitationState::Active)
    };
    eventually(active).await;
    // Everything once more, the end after it was taken back.
    let was = look(&suite, &organization, &colleague).await;
    events.happens(&suite, &organization).await;
    assert_eq!(was, look(&suite, &organization, &colleague).await);
}
