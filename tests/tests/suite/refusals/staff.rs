//! Registry staff who do not say why they look, and the log of those who do.

use muster_access::Mode;
use muster_access::{Rules, Target};
use muster_proto::employment::v1::ListEmploymentHistoryEntriesRequest;
use muster_proto::organization::v1::{
    ListHistoryEntriesRequest, ListPersonStaffReadsRequest, ListStaffReadsRequest,
};
use muster_proto::records::v1::ListRecordHistoryEntriesRequest;
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let asked = rules.iter().filter(|rule| rule.reason_of_staff);
    let mut rows: Vec<Row> = asked
        .map(|rule| {
            let Mode::Require {
                target: Target::Organization(path),
                ..
            } = &rule.mode
            else {
                panic!("{} names no organization", rule.path)
            };
            let is_parent = path.as_str() == "parent";
            let rpc: &'static str = Box::leak(rule.method.clone().into_boxed_str());
            row(rpc, R::StaffReasonRequired, async move |at| {
                // Of every such request the scope is the first field.
                let parent = if is_parent { at.name() } else { at.absent("things") };
                let request = ListStaffReadsRequest {
                    parent,
                    ..Default::default()
                };
                Attempt::by("staff", &request)
            })
        })
        .collect();
    rows.extend([
        row("ListStaffReads", R::PageTokenInvalid, async |at| {
            let request = ListStaffReadsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListHistoryEntries", R::PageTokenInvalid, async |at| {
            let request = ListHistoryEntriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListEmploymentHistoryEntries", R::PageTokenInvalid, async |at| {
            let request = ListEmploymentHistoryEntriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListRecordHistoryEntries", R::PageTokenInvalid, async |at| {
            let request = ListRecordHistoryEntriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonStaffReads", R::PermissionDenied, async |at| {
            let request = ListPersonStaffReadsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonStaffReads", R::PageTokenInvalid, async |_| {
            let request = ListPersonStaffReadsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]);
    rows
}
