//! What is published of groups that change.

use muster_proto::organization::v1::{
    DeactivateGroupRequest, Group, GroupChangedEvent, GroupState, ReactivateGroupRequest,
};

use super::{update_group, updated};
use crate::fixture::{Fixture, owner};

/// Each event of the group, oldest first: its version, whether it takes learners, and what it requires.
async fn told(fixture: &Fixture, group: &str) -> Vec<(i64, GroupState, Vec<String>)> {
    let events = fixture.service.outbox().events::<GroupChangedEvent>().await;
    let events = events.into_iter().filter(|(_, event)| event.group == group);
    events
        .map(|(sequence, event)| (sequence, event.state(), event.trainings))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_tells_what_it_requires_and_whether_it_takes_learners_and_nothing_of_its_name() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (one, other) = (fixture.taken(id).await, fixture.taken(id).await);
    let made = fixture.group(id, "Teachers", vec![one.clone()]).await;
    let changed = |trainings: &[&String], display_name: &str| Group {
        name: made.name.clone(),
        display_name: display_name.to_owned(),
        trainings: trainings.iter().map(|training| (*training).clone()).collect(),
        ..Default::default()
    };
    assert_eq!(told(&fixture, &made.name).await, [], "nobody is in it");
    updated(update_group(&fixture, id, changed(&[], "Nurses"), &["display_name"]).await);
    assert_eq!(
        told(&fixture, &made.name).await,
        [],
        "another name asks for nothing"
    );

    let both = vec![one.clone(), other.clone()];
    for _ in 0..2 {
        let more = changed(&[&one, &other], "");
        updated(update_group(&fixture, id, more, &["trainings"]).await);
    }
    let first = (3, GroupState::Active, both.clone());
    assert_eq!(
        told(&fixture, &made.name).await,
        std::slice::from_ref(&first),
        "once"
    );

    let missing = "trainings/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let refused = update_group(&fixture, id, changed(&[&missing], ""), &["trainings"]).await;
    assert!(refused.is_err());
    for _ in 0..2 {
        let request = DeactivateGroupRequest {
            name: made.name.clone(),
            request_id: String::new(),
        };
        fixture.groups(owner(id)).deactivate_group(request).await.unwrap();
    }
    let request = ReactivateGroupRequest {
        name: made.name.clone(),
        request_id: String::new(),
    };
    fixture.groups(owner(id)).reactivate_group(request).await.unwrap();
    let (off, on) = (
        (4, GroupState::Inactive, both.clone()),
        (5, GroupState::Active, both),
    );
    assert_eq!(told(&fixture, &made.name).await, [first, off, on]);
}
