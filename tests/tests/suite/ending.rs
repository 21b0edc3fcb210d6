//! The end of an employment, with everything that follows from it in the other services, although the broker is away when it comes.

use muster_client::acts::{employment, invitation, profile_user, record, training};
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};
use muster_proto::organization::v1::{ListProfileUsersRequest, Role};
use muster_proto::records::v1::{Assignment, AssignmentState, GrantState};
use muster_refusal::ErrorReason as R;
use muster_testkit::{eventually, eventually_some};

use crate::support::{Database, Employee, Organization, Redelivery, Suite, after_restart, alone};

/// Somebody who works there, and what hangs on that.
struct Colleague {
    employee: Employee,
    employment: String,
    /// One begun, one not.
    begun: String,
    waiting: String,
    grant: String,
    invitation: String,
}

impl Colleague {
    /// A learner who administers the organization, lets it read their record, and has begun one of two trainings.
    async fn of(suite: &Suite, organization: &Organization) -> Self {
        let employee = organization.employee(suite).await;
        organization.adds(suite, &employee, Role::Viewer).await;
        let (who, owner) = (suite.client(&employee.address), suite.client("owner"));
        let grant = record::grant(&who, &organization.name).await.unwrap().name;
        let [employment] = employment::list_own(&who).await.unwrap().try_into().unwrap();
        let begun = eventually_some(async || {
            let assigned = record::list_own_assignments(&who).await.unwrap();
            assigned.into_iter().next()
        })
        .await;
        let system = suite.client("learning-system");
        training::report_progress(&system, &begun.name, 40).await.unwrap();
        let second = organization.training(suite).await;
        let learner = employee
            .person
            .replace("persons/", &format!("{}/learners/", organization.name));
        let waiting = record::assign_training(&owner, &learner, &second, "")
            .await
            .unwrap()
            .name;
        let request = ListInvitationsRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let invited = invitation::list(&owner, request).await.unwrap().invitations;
        let accepted = invited.into_iter().find(|one| one.address == employee.address);
        Self {
            employment: employment.name,
            begun: id(&begun.name),
            waiting: id(&waiting),
            grant,
            invitation: accepted.unwrap().name,
            employee,
        }
    }

    /// Whether they may look at the organization.
    async fn has_access(&self, suite: &Suite, organization: &Organization) -> bool {
        let request = ListProfileUsersRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let listed = profile_user::list(&suite.client(&self.employee.address), request).await;
        match listed.map_err(|error| error.reason()) {
            Ok(_) => true,
            Err(Some(R::PermissionDenied)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Their own assignments: what is theirs whoever employs them.
    async fn assignment(&self, suite: &Suite, which: &str) -> Assignment {
        let own = record::list_own_assignments(&suite.client(&self.employee.address)).await;
        let mut own = own.unwrap().into_iter();
        own.find(|one| id(&one.name) == which).unwrap()
    }

    /// Everything that hangs on their employment.
    async fn look(&self, suite: &Suite, organization: &Organization) -> Vec<String> {
        let (owner, who) = (suite.client("owner"), suite.client(&self.employee.address));
        let request = ListProfileUsersRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let mut assignments = record::list_own_assignments(&who).await.unwrap();
        assignments.sort_by(|one, other| one.name.cmp(&other.name));
        vec![
            format!("{:#?}", employment::list_own(&who).await.unwrap()),
            format!("{:#?}", invitation::get(&owner, &self.invitation).await.unwrap()),
            format!("{:#?}", profile_user::list(&owner, request).await.unwrap()),
            format!("{:#?}", record::list_own_grants(&who).await.unwrap()),
            format!("{assignments:#?}"),
            format!("{}", self.has_access(suite, organization).await),
        ]
    }

    async fn grant(&self, suite: &Suite) -> GrantState {
        let own = record::list_own_grants(&suite.client(&self.employee.address)).await;
        let mut own = own.unwrap().into_iter();
        own.find(|one| one.name == self.grant).unwrap().state()
    }
}

/// The last part of a name.
fn id(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Until the records have heard of it, although the broker is away at first.
async fn heard(suite: &Suite, employment: &str, state: &str) {
    let records = Database::of(suite, "records").await;
    let known = format!(
        "SELECT count(*) FROM employment_projection WHERE employment_id = '{}' AND state = '{state}'",
        id(employment)
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
    let learner = colleague
        .employee
        .person
        .replace("persons/", &format!("{}/learners/", organization.name));
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
    let was = colleague.look(&suite, &organization).await;
    events.happens(&suite, &organization).await;
    assert_eq!(was, colleague.look(&suite, &organization).await);
}
