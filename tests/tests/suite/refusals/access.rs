//! What the edge refuses to tell.

use muster_proto::gateway::v1::{ExplainAccessRequest, ListMyPermissionsRequest};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("ExplainAccess", R::InvalidRequest, async |_| {
            let request = ExplainAccessRequest {
                method: "muster.invitation.v1.InvitationService/CreateInvitation".into(),
                resource: "trainings/1".into(),
            };
            Attempt::by("owner", &request).violates(&["resource"])
        }),
        row("ExplainAccess", R::NotFound, async |at| {
            let request = ExplainAccessRequest {
                method: "muster.organization.v1.RolesInternalService/GetRole".into(),
                resource: at.name(),
            };
            Attempt::by("owner", &request)
        }),
        row("ListMyPermissions", R::InvalidRequest, async |_| {
            let request = ListMyPermissionsRequest {
                parent: "trainings/1".into(),
            };
            Attempt::by("owner", &request).violates(&["parent"])
        }),
    ]
}
