//! Groups that are merged into a live invitation: never more than fifty.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    BatchCreateInvitationsRequest, CreateInvitationRequest, ImportRowState, ImportState,
};
use muster_refusal::fields_of;

use crate::fixture::{Fixture, Group, reason};
use crate::upload::{applied, approve, rows, upload};

async fn groups(fixture: &Fixture, count: usize) -> Vec<Group> {
    let mut groups = Vec::with_capacity(count);
    for number in 0..count {
        groups.push(fixture.group(&format!("G{number}")).await);
    }
    groups
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_invitation_never_gets_more_than_fifty_groups() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let groups = groups(&fixture, 60).await;
    let all: Vec<&Group> = groups.iter().collect();
    let made = fixture.create("ada@example.org", &all[..30]).await.unwrap();

    let status = fixture.create("ada@example.org", &all[29..51]).await.unwrap_err();
    let fields = fields_of(&status);
    assert_eq!(fields, ["invitation.groups"]);
    assert_eq!(reason(Err::<(), _>(status)), R::InvalidRequest);
    assert_eq!(
        fixture.get(&made.name).await.unwrap().groups.len(),
        30,
        "untouched"
    );

    let child = |groups: &[&Group]| CreateInvitationRequest {
        invitation: Some(fixture.wanted("eve@example.org", groups)),
        ..Default::default()
    };
    let request = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: vec![child(&all[..30]), child(&all[30..])],
        request_id: String::new(),
    };
    let refused = fixture.invitations().batch_create_invitations(request).await;
    assert_eq!(reason(refused), R::InvalidRequest);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        1
    );

    fixture.create("ada@example.org", &all[10..50]).await.unwrap();
    assert_eq!(fixture.get(&made.name).await.unwrap().groups.len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_would_be_one_group_too_many_is_refused_and_its_followers_with_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let groups = groups(&fixture, 51).await;
    let all: Vec<&Group> = groups.iter().collect();
    let made = fixture.create("ada@example.org", &all[..50]).await.unwrap();
    let file =
        b"email,groups\nada@example.org,G50\nada@example.org,G50\neve@example.org,G1\neve@example.org,G1\n";
    let import = upload(&fixture, file).await.unwrap();
    assert_eq!(
        (import.valid_count, import.warning_count),
        (2, 2),
        "the same again"
    );
    approve(&fixture, &import).await.unwrap();
    let done = applied(&fixture, &import).await;
    assert_eq!(done.state(), ImportState::AppliedWithErrors);
    assert_eq!((done.applied_count, done.refused_count), (1, 2));
    let rows = rows(&fixture, &import).await;
    let states: Vec<ImportRowState> = rows.iter().map(|row| row.state()).collect();
    use ImportRowState::{Applied, Merged, Refused};
    assert_eq!(states, [Refused, Refused, Applied, Merged]);
    let why = &rows[0].problems.last().unwrap().description;
    assert_eq!(&rows[1].problems.last().unwrap().description, why);
    assert!(why.contains("50 groups"), "{why}");
    assert!(rows[1].invitation.is_empty());
    assert_eq!(rows[3].invitation, rows[2].invitation);
    assert_eq!(fixture.get(&made.name).await.unwrap().groups.len(), 50);
}
