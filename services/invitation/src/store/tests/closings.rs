//! Who makes invitations while the organization is closed.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use muster_language::Language;
use muster_testkit::eventually;
use sqlx::Connection;

use super::super::{closing, invitation};
use super::{NOW, database};
use crate::domain::invitation::Source;
use crate::domain::invitation::draft::Draft;

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Its lock is that of whoever stores a closing, and it looks when it has it.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_with_begin_for_a_closing_that_is_just_stored_sees_it() {
    let (test, clock) = (database().await, Clock::fixed(NOW));
    let organization: OrganizationId = clock.new_id();
    let draft = Draft {
        organization,
        id: clock.new_id(),
        address: "ada@example.org".parse().unwrap(),
        language: Language::English,
        groups: Vec::new(),
        location: None,
        source: Source::Manual,
        inviter: clock.new_id(),
        import: None,
        now: NOW,
        due: NOW,
        traceparent: None,
    };
    let mut new = [draft.invitation()];
    let mut connection = test.connection().await;
    let mut storing = connection.begin().await.unwrap();
    closing::insert(&mut storing, organization, NOW).await.unwrap();

    let pool = test.database();
    // A busy machine stands still for as long as a lock may be waited for.
    let patient = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '30s'";
    let begin = format!("{patient}; {}", closing::keep_open(organization));
    let making = pool.write_after(&begin, async |tx| {
        let made = invitation::insert_and_look(tx, &mut new).await?;
        Ok::<_, DatabaseError>(made.is_closed)
    });
    let committing = async {
        eventually(async || test.count(WAITING).await == 1).await;
        storing.commit().await.unwrap();
    };
    let (is_closed, ()) = tokio::join!(making, committing);
    assert!(is_closed.unwrap());
}
