//! Profile users.

use muster_client::acts::organization;
use muster_proto::organization::v1::{
    CreateProfileUserRequest, ListProfileUsersRequest, ProfileUser, RemoveProfileUserRequest, Role,
    UpdateProfileUserRequest,
};
use muster_refusal::ErrorReason as R;
use prost_types::{FieldMask, Timestamp};

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};
use crate::support::Employee;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = added();
    rows.extend(updated());
    rows.extend(removed());
    rows.push(row("ListProfileUsers", R::PageTokenInvalid, async |at| {
        let request = ListProfileUsersRequest {
            parent: at.name(),
            page_token: "AAAA".into(),
            ..Default::default()
        };
        Attempt::by("owner", &request)
    }));
    rows
}

/// Somebody with a role, and the name of their access.
pub(super) async fn given(at: &Stage, role: Role) -> (Employee, String) {
    let employee = at.organization.employee(&at.suite).await;
    let user = at.organization.adds(&at.suite, &employee, role).await;
    (employee, user.name)
}

/// `persons/{person}` of nobody.
fn nobody(at: &Stage) -> String {
    format!("persons/{}", at.suite.request_id())
}

fn adding(at: &Stage, person: String, request_id: &str) -> CreateProfileUserRequest {
    CreateProfileUserRequest {
        parent: at.name(),
        profile_user: Some(ProfileUser {
            person,
            role: Role::Viewer.into(),
            ..Default::default()
        }),
        request_id: request_id.into(),
    }
}

fn updating(name: String, role: Role, request_id: &str) -> UpdateProfileUserRequest {
    UpdateProfileUserRequest {
        profile_user: Some(ProfileUser {
            name,
            role: role.into(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["role".into()],
        }),
        request_id: request_id.into(),
    }
}

fn removing(name: String, request_id: &str) -> RemoveProfileUserRequest {
    RemoveProfileUserRequest {
        name,
        request_id: request_id.into(),
    }
}

/// The name of the owner's access.
async fn owners(at: &Stage) -> String {
    let profile = organization::get(&at.suite.client("owner"), &at.name()).await;
    let owner = profile.unwrap().owner.replace("persons/", "");
    format!("{}/profileUsers/{owner}", at.name())
}

fn added() -> Vec<Row> {
    vec![
        row("CreateProfileUser", R::EmployeeNotVerified, async |at| {
            Attempt::by("owner", &adding(&at, nobody(&at), ""))
        }),
        row("CreateProfileUser", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &adding(&at, nobody(&at), "")).metadata("state", "CLOSED")
        }),
        row("CreateProfileUser", R::InvalidRequest, async |at| {
            let mut request = adding(&at, "persons/me".into(), "");
            request.profile_user.as_mut().unwrap().role = Role::Owner.into();
            let fields = ["profile_user.person", "profile_user.role"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("CreateProfileUser", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let employee = at.organization.employee(&at.suite).await;
            let (first, second) = (adding(&at, employee.person, &id), adding(&at, nobody(&at), &id));
            at.reused("CreateProfileUser", "owner", &first, &second).await
        }),
    ]
}

fn updated() -> Vec<Row> {
    vec![
        row("UpdateProfileUser", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &updating(owners(&at).await, Role::Admin, ""))
        }),
        row("UpdateProfileUser", R::OrganizationState, async |at| {
            let at = at.own().await;
            let (_, name) = given(&at, Role::Viewer).await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &updating(name, Role::Admin, "")).metadata("state", "CLOSED")
        }),
        row("UpdateProfileUser", R::EtagMismatch, async |at| {
            let (_, name) = given(&at, Role::Viewer).await;
            let mut request = updating(name, Role::Admin, "");
            request.profile_user.as_mut().unwrap().etag = "another".into();
            Attempt::by("owner", &request)
        }),
        row("UpdateProfileUser", R::NotFound, async |at| {
            Attempt::by("owner", &updating(at.absent("profileUsers"), Role::Admin, ""))
        }),
        row("UpdateProfileUser", R::InvalidRequest, async |at| {
            let mut request = updating(at.absent("profileUsers"), Role::Admin, "");
            request.update_mask.as_mut().unwrap().paths = vec!["expire_time".into()];
            request.profile_user.as_mut().unwrap().expire_time = Some(Timestamp::default());
            Attempt::by("owner", &request).violates(&["profile_user.expire_time"])
        }),
        row("UpdateProfileUser", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (_, name) = given(&at, Role::Viewer).await;
            let first = updating(name.clone(), Role::Admin, &id);
            let second = updating(name, Role::Viewer, &id);
            at.reused("UpdateProfileUser", "owner", &first, &second).await
        }),
    ]
}

fn removed() -> Vec<Row> {
    vec![
        row("RemoveProfileUser", R::PermissionDenied, async |at| {
            let (viewer, _) = given(&at, Role::Viewer).await;
            Attempt::by(&viewer.address, &removing(at.absent("profileUsers"), ""))
        }),
        row("RemoveProfileUser", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &removing(owners(&at).await, ""))
        }),
        row("RemoveProfileUser", R::NotFound, async |at| {
            Attempt::by("owner", &removing(at.absent("profileUsers"), ""))
        }),
        row("RemoveProfileUser", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (_, name) = given(&at, Role::Viewer).await;
            let second = removing(at.absent("profileUsers"), &id);
            at.reused("RemoveProfileUser", "owner", &removing(name, &id), &second)
                .await
        }),
    ]
}
