//! What follows from the closing of an organization.

use std::time::Duration;

use futures::future::join_all;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{DeliveryState, ImportState, InvitationState as S};
use muster_testkit::{TestCaller, eventually};

use crate::counting::is_exact;
use crate::decline::{decline, undo};
use crate::fixture::{Fixture, reason};
use crate::resend::resend;
use crate::upload::{approve, get, good, upload};

const DONE: &str = "SELECT count(*) FROM closings WHERE finish_time IS NOT NULL";
const HEARD: &str = "SELECT count(*) FROM inbox WHERE event_type = 'organization.closed'";
const OPEN: &str = "SELECT count(*) FROM invitations WHERE state IN ('PROSPECT', 'PENDING', 'ACTIVE')";

/// Closes the organization, and waits until nothing of it is open.
async fn close(fixture: &Fixture) {
    fixture.close().await;
    eventually(async || fixture.database.count(DONE).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_is_cancelled_and_what_was_accepted_is_archived() {
    let fixture = Fixture::with_broker().await;
    let groups = [&fixture.nurses];
    let open = fixture.create("ada@example.com", &groups).await.unwrap();
    let token = fixture.token(&open.name).await;
    let accepted = fixture.create("bob@example.com", &groups).await.unwrap();
    let of_bob = fixture.token(&accepted.name).await;
    fixture.accept(TestCaller::person("bob"), &of_bob).await.unwrap();
    let declined = fixture.create("eve@example.com", &groups).await.unwrap();
    let of_eve = fixture.token(&declined.name).await;
    decline(&fixture, &of_eve).await.unwrap();
    let hour = Duration::from_secs(3600);
    let scheduled = fixture.create_later("sue@example.com", &groups, hour).await;
    let scheduled = scheduled.unwrap();
    close(&fixture).await;

    let state = async |name: &str| fixture.get(name).await.unwrap().state();
    assert_eq!(state(&open.name).await, S::Cancelled);
    assert_eq!(state(&accepted.name).await, S::Archived);
    assert_eq!(state(&declined.name).await, S::Declined);
    let never = fixture.get(&scheduled.name).await.unwrap();
    assert_eq!(
        (never.state(), never.delivery_state()),
        (S::Cancelled, DeliveryState::Dropped)
    );
    assert!(!fixture.mail(&open.name, 1).await.unwrap().wanted);
    let late = fixture.accept(TestCaller::person("ada"), &token).await;
    assert_eq!(reason(late), R::InvitationCancelled);
    assert_eq!(reason(undo(&fixture, &of_eve).await), R::InvitationCancelled);
    assert_eq!(
        reason(resend(&fixture, &open.name).await),
        R::OrganizationNotActive
    );
    let anew = fixture.create("zoe@example.com", &groups).await;
    assert_eq!(reason(anew), R::OrganizationNotActive);

    let cancelled = fixture.get(&open.name).await.unwrap();
    fixture.organizations_tell_again().await;
    assert_eq!(fixture.get(&open.name).await.unwrap(), cancelled);
    assert_eq!(fixture.database.count(HEARD).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_are_cancelled_and_imports_stop() {
    let fixture = Fixture::with_broker().await;
    fixture.subscribe(2_000, 10_000).await;
    let applied = upload(&fixture, &good(330)).await.unwrap();
    approve(&fixture, &applied).await.unwrap();
    crate::upload::applied(&fixture, &applied).await;
    is_exact(&fixture).await;
    let undecided = upload(&fixture, &good(3)).await.unwrap();
    close(&fixture).await;
    is_exact(&fixture).await;
    let cancelled = "SELECT count(*) FROM invitations WHERE state = 'CANCELLED'";
    assert_eq!(fixture.database.count(cancelled).await, 330);
    assert_eq!(get(&fixture, &undecided).await.state(), ImportState::Disapproved);
    let refused = approve(&fixture, &undecided).await;
    assert_eq!(reason(refused), R::ImportState);
    let uploaded = upload(&fixture, &good(3)).await;
    assert_eq!(reason(uploaded), R::OrganizationNotActive);
}

/// Whoever had asked whether the organization is active, and comes to store an invitation when it no longer is.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_open_of_what_raced_with_the_closing() {
    let fixture = Fixture::with_broker().await;
    fixture.subscribe(2_000, 100_000).await;
    let import = upload(&fixture, &good(1_500)).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    let inviting = join_all((0..24).map(|number| {
        let fixture = &fixture;
        async move {
            let address = format!("racer-{number}@example.com");
            fixture.create(&address, &[&fixture.nurses]).await
        }
    }));
    let (invited, ()) = tokio::join!(inviting, fixture.close());
    for refused in invited.into_iter().filter(Result::is_err) {
        assert_eq!(reason(refused), R::OrganizationNotActive);
    }
    eventually(async || fixture.database.count(DONE).await == 1).await;
    assert_eq!(fixture.database.count(OPEN).await, 0);
    let imported = crate::upload::applied(&fixture, &import).await;
    assert_eq!(imported.applied_count + imported.refused_count, 1_500);
    assert_eq!(fixture.database.count(OPEN).await, 0);
}

/// The event is there before the database knows of anything: whatever was on its way is refused by it alone.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_asked_before_the_closing_is_refused_after_it() {
    let fixture = Fixture::with_broker().await;
    close(&fixture).await;
    // As if the organization had answered before it was closed.
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE', close_time = NULL")
        .await;
    let invited = fixture.create("ada@example.com", &[&fixture.nurses]).await;
    assert_eq!(reason(invited), R::OrganizationNotActive);
    fixture.subscribe(500, 10_000).await;
    let uploaded = upload(&fixture, &good(3)).await;
    assert_eq!(reason(uploaded), R::OrganizationNotActive);
    let stored = "SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM imports)";
    assert_eq!(fixture.database.count(stored).await, 0);
}
