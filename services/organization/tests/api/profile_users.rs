//! Who administers an organization, and who decides that.

mod adding;
mod contacts;
mod ends;
mod removing;
mod sleeping;
pub(crate) mod updating;
mod walking;

use muster_ids::{OrganizationId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_service_client::ProfileUserServiceClient;
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::{Response, Status};

use crate::fixture::{Fixture, name, owner};

pub(crate) fn users(fixture: &Fixture, who: TestCaller) -> ProfileUserServiceClient<TestChannel> {
    ProfileUserServiceClient::new(fixture.service.calls_of(who))
}

pub(crate) fn person(name: &str) -> String {
    let person = Callers::person(name).id;
    PersonName { person }.to_string()
}

/// The name of a profile user.
pub(crate) fn user_name(id: OrganizationId, who: &str) -> String {
    format!("{}/profileUsers/{}", name(id), Callers::person(who).id)
}

/// A request of the owner to add somebody.
pub(crate) fn adding(id: OrganizationId, who: &str, role: pb::Role) -> pb::CreateProfileUserRequest {
    pb::CreateProfileUserRequest {
        parent: name(id),
        profile_user: Some(pb::ProfileUser {
            person: person(who),
            role: role.into(),
            ..Default::default()
        }),
        request_id: String::new(),
    }
}

/// The owner adds somebody.
pub(crate) async fn add(
    fixture: &Fixture,
    id: OrganizationId,
    who: &str,
    role: pb::Role,
) -> Result<pb::ProfileUser, Status> {
    let added = users(fixture, owner(id))
        .create_profile_user(adding(id, who, role))
        .await?;
    Ok(added.into_inner().profile_user.unwrap())
}

/// Somebody whose access comes from a verified employment.
pub(crate) async fn added(
    fixture: &Fixture,
    id: OrganizationId,
    who: &str,
    role: pb::Role,
) -> pb::ProfileUser {
    crate::employed::employed(fixture, id, who, "VERIFIED").await;
    add(fixture, id, who, role).await.unwrap()
}

/// Somebody removes somebody.
pub(crate) async fn remove(
    fixture: &Fixture,
    id: OrganizationId,
    by: TestCaller,
    who: &str,
) -> Result<Response<pb::RemoveProfileUserResponse>, Status> {
    let request = pb::RemoveProfileUserRequest {
        name: user_name(id, who),
        request_id: String::new(),
    };
    users(fixture, by).remove_profile_user(request).await
}

/// All profile users, as the owner sees them.
pub(crate) async fn listed(fixture: &Fixture, id: OrganizationId) -> Vec<pb::ProfileUser> {
    listed_by(fixture, id, owner(id)).await
}

/// All profile users, as somebody sees them.
pub(crate) async fn listed_by(
    fixture: &Fixture,
    id: OrganizationId,
    who: TestCaller,
) -> Vec<pb::ProfileUser> {
    let request = pb::ListProfileUsersRequest {
        parent: name(id),
        ..Default::default()
    };
    let listed = users(fixture, who).list_profile_users(request).await;
    listed.unwrap().into_inner().profile_users
}

/// One of them.
pub(crate) async fn listed_as(fixture: &Fixture, id: OrganizationId, who: &str) -> Option<pb::ProfileUser> {
    let all = listed(fixture, id).await.into_iter();
    let mut found = all.filter(|user| user.person == person(who));
    found.next()
}
