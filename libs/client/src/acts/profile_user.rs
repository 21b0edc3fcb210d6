//! Who administers an organization.

use muster_proto::organization::v1::profile_user_service_client::ProfileUserServiceClient;
use muster_proto::organization::v1::{
    CreateProfileUserRequest, ListProfileUsersRequest, ListProfileUsersResponse, ProfileUser,
    RemoveProfileUserRequest, Role, UpdateProfileUserRequest,
};
use prost_types::FieldMask;

use super::resource;
use crate::{CallError, Transport, call, request_id};

/// The owner makes a verified employee, `persons/{person}`, a profile user.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(
    owner: &T,
    organization: &str,
    person: &str,
    role: Role,
) -> Result<ProfileUser, CallError> {
    let profile_user = ProfileUser {
        person: person.to_owned(),
        role: role.into(),
        ..ProfileUser::default()
    };
    let request = CreateProfileUserRequest {
        parent: organization.to_owned(),
        profile_user: Some(profile_user),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProfileUserServiceClient::new(client)
            .create_profile_user(request)
            .await
    };
    resource(owner, request, send, |response| response.profile_user).await
}

/// Lists profile users.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListProfileUsersRequest,
) -> Result<ListProfileUsersResponse, CallError> {
    let send = async |client, request| {
        ProfileUserServiceClient::new(client)
            .list_profile_users(request)
            .await
    };
    call(reader, request, send).await
}

/// Takes away somebody's access, or gives up one's own.
///
/// # Errors
/// The call failed.
pub async fn remove<T: Transport>(caller: &T, name: &str) -> Result<ProfileUser, CallError> {
    let request = RemoveProfileUserRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProfileUserServiceClient::new(client)
            .remove_profile_user(request)
            .await
    };
    resource(caller, request, send, |response| response.profile_user).await
}

/// The owner changes what a profile user may do.
///
/// # Errors
/// The call failed.
pub async fn change_role<T: Transport>(owner: &T, name: &str, role: Role) -> Result<ProfileUser, CallError> {
    let request = UpdateProfileUserRequest {
        profile_user: Some(ProfileUser {
            name: name.to_owned(),
            role: role.into(),
            ..ProfileUser::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["role".to_owned()],
        }),
        request_id: request_id(),
    };
    let send = async |client, request| {
        ProfileUserServiceClient::new(client)
            .update_profile_user(request)
            .await
    };
    resource(owner, request, send, |response| response.profile_user).await
}
