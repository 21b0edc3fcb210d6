//! Employments, and the lists of deliveries.

use muster_proto::employment::v1::{
    GetEmploymentRequest, ListEmploymentsRequest, ListPersonEmploymentsRequest,
};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("GetEmployment", R::NotFound, async |at| {
            let name = at.absent("employments");
            Attempt::by("owner", &GetEmploymentRequest { name })
        }),
        row("ListEmployments", R::PageTokenInvalid, async |at| {
            let request = ListEmploymentsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PermissionDenied, async |at| {
            let request = ListPersonEmploymentsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PageTokenInvalid, async |_| {
            let request = ListPersonEmploymentsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListDeliveries", R::InvalidRequest, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                subject: "invitations/none".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["subject"])
        }),
        row("ListDeliveries", R::PageTokenInvalid, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}
