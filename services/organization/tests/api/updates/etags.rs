//! Updates that meet.

use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason, reason_of};
use tonic::Code;
use uuid::Uuid;

use super::{mask, update_group, updated};
use crate::fixture::{Fixture, owner};
use crate::refused::refused;

#[tokio::test(flavor = "multi_thread")]
async fn who_read_an_older_version_is_told_and_nothing_changes() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let read = fixture.group(id, "Staff", vec![]).await;
    let changes = pb::Group {
        display_name: "Teachers".to_owned(),
        ..read.clone()
    };
    let changed = updated(update_group(&fixture, id, changes.clone(), &["display_name"]).await);
    let late = pb::Group {
        display_name: "Nurses".to_owned(),
        ..read
    };
    let status = refused(
        update_group(&fixture, id, late.clone(), &["display_name"]).await,
        ErrorReason::EtagMismatch,
    );
    assert_eq!(status.code(), Code::Aborted);
    // With the etag that stands now, the same is done; what is so already changes nothing, not even the etag.
    let fresh = pb::Group {
        etag: changed.etag,
        ..late
    };
    let nurses = updated(update_group(&fixture, id, fresh, &["display_name"]).await);
    assert_eq!(
        (nurses.display_name.as_str(), nurses.etag.as_str()),
        ("Nurses", "3")
    );
    let again = updated(update_group(&fixture, id, nurses.clone(), &["display_name", "trainings"]).await);
    assert_eq!(again, nurses);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_updates_with_one_etag_one_goes_through() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let read = fixture.group(id, "Staff", vec![]).await;
    let attempts = (0..8).map(|number| {
        let changes = pb::Group {
            display_name: format!("Staff {number}"),
            ..read.clone()
        };
        update_group(&fixture, id, changes, &["display_name"])
    });
    let answers = futures::future::join_all(attempts).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(reason_of(&answer.unwrap_err()), Some(ErrorReason::EtagMismatch));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_update_gets_the_first_answer() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let made = fixture.group(id, "Staff", vec![]).await;
    let request = |display_name: &str, request_id: Uuid| pb::UpdateGroupRequest {
        group: Some(pb::Group {
            display_name: display_name.to_owned(),
            ..made.clone()
        }),
        update_mask: mask(&["display_name"]),
        request_id: request_id.to_string(),
    };
    let request_id = fixture.service.clock.new_uuid();
    let first = fixture
        .groups(owner(id))
        .update_group(request("A", request_id))
        .await;
    let other = fixture
        .groups(owner(id))
        .update_group(request("B", fixture.service.clock.new_uuid()))
        .await;
    refused(other, ErrorReason::EtagMismatch);
    let again = fixture
        .groups(owner(id))
        .update_group(request("A", request_id))
        .await;
    assert_eq!(updated(again), updated(first));
    let reused = fixture
        .groups(owner(id))
        .update_group(request("C", request_id))
        .await;
    refused(reused, ErrorReason::RequestIdReused);
}
