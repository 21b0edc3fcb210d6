//! Somebody who works at an organization, and what hangs on that.

use muster_client::acts::{employment, invitation, profile_user, record, training};
use muster_proto::invitation::v1::ListInvitationsRequest;
use muster_proto::organization::v1::{ListProfileUsersRequest, Role};
use muster_proto::records::v1::{Assignment, GrantState};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually_some;

use super::{Employee, Organization, Suite};

/// A learner who administers the organization, lets it read their record, and has begun one of two trainings.
pub(crate) struct Colleague {
    pub(crate) employee: Employee,
    pub(crate) employment: String,
    /// The ids of the two: one begun, one not.
    pub(crate) begun: String,
    pub(crate) waiting: String,
    pub(crate) grant: String,
    pub(crate) invitation: String,
}

impl Colleague {
    pub(crate) async fn of(suite: &Suite, organization: &Organization) -> Self {
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
        let learner = employee.learner_of(organization);
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
    pub(crate) async fn has_access(&self, suite: &Suite, organization: &Organization) -> bool {
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
    pub(crate) async fn assignment(&self, suite: &Suite, which: &str) -> Assignment {
        let own = record::list_own_assignments(&suite.client(&self.employee.address)).await;
        let mut own = own.unwrap().into_iter();
        own.find(|one| id(&one.name) == which).unwrap()
    }

    pub(crate) async fn grant(&self, suite: &Suite) -> GrantState {
        let own = record::list_own_grants(&suite.client(&self.employee.address)).await;
        let mut own = own.unwrap().into_iter();
        own.find(|one| one.name == self.grant).unwrap().state()
    }
}

/// The last part of a name.
fn id(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}
