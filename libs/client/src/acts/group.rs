//! Groups of an organization.

use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::{CreateGroupRequest, Group, UpdateGroupRequest};
use prost_types::FieldMask;

use super::resource;
use crate::{CallError, Transport, request_id};

/// Creates a group that requires these trainings of its organization's catalog.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(
    owner: &T,
    organization: &str,
    display_name: &str,
    trainings: &[String],
) -> Result<Group, CallError> {
    let group = Group {
        display_name: display_name.to_owned(),
        trainings: trainings.to_vec(),
        ..Group::default()
    };
    let request = CreateGroupRequest {
        parent: organization.to_owned(),
        group: Some(group),
        request_id: request_id(),
    };
    let send = async |client, request| GroupServiceClient::new(client).create_group(request).await;
    resource(owner, request, send, |response| response.group).await
}

/// Has a group require exactly these trainings of its organization's catalog.
///
/// # Errors
/// The call failed.
pub async fn require<T: Transport>(owner: &T, group: &str, trainings: &[String]) -> Result<Group, CallError> {
    let changed = Group {
        name: group.to_owned(),
        trainings: trainings.to_vec(),
        ..Group::default()
    };
    let request = UpdateGroupRequest {
        group: Some(changed),
        update_mask: Some(FieldMask {
            paths: vec!["trainings".to_owned()],
        }),
        request_id: request_id(),
    };
    let send = async |client, request| GroupServiceClient::new(client).update_group(request).await;
    resource(owner, request, send, |response| response.group).await
}
