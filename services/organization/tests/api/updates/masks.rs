//! Which fields an update changes.

use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason, violations_of};

use super::{mask, update_group, updated};
use crate::fixture::{Fixture, owner};
use crate::refused::{fields, refused};

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_what_its_mask_names_and_nothing_else() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (first, second) = (fixture.taken(id).await, fixture.taken(id).await);
    let made = fixture.group(id, "Staff", vec![first.clone()]).await;

    // Of what the mask does not name, nothing is read: neither the empty name nor the state.
    let changes = pb::Group {
        name: made.name.clone(),
        trainings: vec![second.clone(), first.clone()],
        state: pb::GroupState::Inactive.into(),
        ..Default::default()
    };
    let trained = updated(update_group(&fixture, id, changes, &["trainings"]).await);
    let expected = pb::Group {
        trainings: vec![second, first],
        etag: "2".to_owned(),
        ..made.clone()
    };
    assert_eq!(trained, expected);

    let changes = pb::Group {
        display_name: "Teachers".to_owned(),
        ..made.clone()
    };
    let changes = pb::Group {
        etag: String::new(),
        ..changes
    };
    let renamed = updated(update_group(&fixture, id, changes, &["display_name"]).await);
    let expected = pb::Group {
        display_name: "Teachers".to_owned(),
        etag: "3".to_owned(),
        ..trained
    };
    assert_eq!(renamed, expected);
    let emptied = pb::Group {
        name: made.name,
        ..Default::default()
    };
    let emptied = updated(update_group(&fixture, id, emptied, &["trainings"]).await);
    assert!(emptied.trainings.is_empty());
    assert_eq!(emptied.display_name, "Teachers");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_an_update_is_told_at_once() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let made = fixture.group(id, "Staff", vec![]).await;
    let wrong = pb::Group {
        name: made.name.clone(),
        display_name: String::new(),
        trainings: vec!["trainings/x".to_owned()],
        ..Default::default()
    };
    let paths = [
        "*",
        "display_name",
        "colour",
        "state",
        "create_time",
        "trainings",
        "trainings.x",
    ];
    let request = pb::UpdateGroupRequest {
        group: Some(wrong),
        update_mask: mask(&paths),
        request_id: "seven".to_owned(),
    };
    let answer = fixture.groups(owner(id)).update_group(request).await;
    let status = refused(answer, ErrorReason::InvalidRequest);
    let told = violations_of(&status);
    let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "group.display_name",
            "request_id",
            "update_mask.paths[0]",
            "update_mask.paths[2]",
            "update_mask.paths[3]",
            "update_mask.paths[4]",
            "update_mask.paths[6]",
            "group.trainings[0]",
        ]
    );
    let said = |field: &str| told.iter().find(|told| told.0 == field).unwrap().1.clone();
    assert!(said("update_mask.paths[0]").contains("must name each field: display_name, trainings"));
    assert!(said("update_mask.paths[2]").contains("must be a field of Group"));
    assert!(said("update_mask.paths[3]").contains("must not be changed"));
    assert!(said("update_mask.paths[6]").contains("must name trainings as a whole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_a_mask_is_refused_and_without_a_thing_too() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let made = fixture.group(id, "Staff", vec![]).await;
    let answer = update_group(&fixture, id, made, &[]).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["update_mask"]);
    let nothing = pb::UpdateGroupRequest::default();
    let answer = fixture.groups(owner(id)).update_group(nothing).await;
    refused(answer, ErrorReason::PermissionDenied);
}
