//! Who works on an import.

use std::time::Duration;

use muster_clock::Clock;
use muster_ids::{ImportId, OrganizationId};
use muster_jobs::Lease;

use super::super::import::claim;
use super::{NOW, database, import_of};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_import_was_taken_over_has_no_say_in_it_any_more() {
    let (database, clock) = (database().await, Clock::fixed(NOW));
    let mut connection = database.connection().await;
    let organization = OrganizationId::from_uuid(clock.new_uuid());
    import_of(
        &mut connection,
        organization,
        ImportId::from_uuid(clock.new_uuid()),
    )
    .await;
    let approved = "UPDATE imports SET state = 'APPROVED', approver_person_id = uploader_person_id";
    database.execute(approved).await;
    let lease = |from| Lease {
        token: clock.new_uuid(),
        until: from + LEASE,
    };
    let (silent, other) = (lease(NOW), lease(NOW + LEASE));

    let job = claim::claim(&mut connection, silent, NOW).await.unwrap().unwrap();
    let too_early = claim::claim(&mut connection, other, NOW).await;
    assert!(too_early.unwrap().is_none(), "it is somebody's");
    let taken = claim::claim(&mut connection, other, NOW + LEASE).await;
    assert!(taken.unwrap().is_some());

    assert_eq!(claim::hold(&mut connection, &job, silent).await.unwrap(), None);
    let counted = claim::count_failure(&mut connection, &job).await;
    assert_eq!(counted.unwrap(), None);
    let again = claim::postpone(&mut connection, &job, NOW).await;
    assert!(!again.unwrap());
    let given_up = claim::fail(&mut connection, &job, NOW, "made up").await;
    assert!(!given_up.unwrap());
    assert_eq!(claim::hold(&mut connection, &job, other).await.unwrap(), Some(0));
    let going_on = "SELECT count(*) FROM imports WHERE state = 'APPLYING' AND attempts = 0";
    assert_eq!(database.count(going_on).await, 1);
}
