//! Changing profiles, groups and locations.

mod etags;
mod masks;
mod places;
mod profiles;
mod told;
mod unchanged;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use prost_types::FieldMask;
use tonic::{Response, Status};

use crate::fixture::{Fixture, owner};

fn mask(paths: &[&str]) -> Option<FieldMask> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Some(FieldMask { paths })
}

async fn update_group(
    fixture: &Fixture,
    id: OrganizationId,
    group: pb::Group,
    paths: &[&str],
) -> Result<Response<pb::UpdateGroupResponse>, Status> {
    let request = pb::UpdateGroupRequest {
        group: Some(group),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    fixture.groups(owner(id)).update_group(request).await
}

fn updated(answer: Result<Response<pb::UpdateGroupResponse>, Status>) -> pb::Group {
    answer.unwrap().into_inner().group.unwrap()
}
