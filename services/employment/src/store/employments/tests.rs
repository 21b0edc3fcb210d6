//! The guards of a change. While the row is locked nothing comes between, so no call can try them.

use std::collections::BTreeSet;

use muster_server::Service;
use muster_testkit::TestDatabase;
use time::macros::datetime;

use super::*;
use crate::EmploymentService;
use crate::domain::{Hiring, Standing};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// Somebody claims to work there, or is vouched for.
fn hiring(standing: Standing) -> Hiring {
    Hiring {
        organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
        person: PersonId::from_uuid(Uuid::from_u128(2)),
        person_display_name: "Ada".to_owned(),
        standing,
        groups: BTreeSet::new(),
        location: None,
        invitation: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_that_is_over_or_has_changed_is_not_stored_over() {
    for meanwhile in [
        "UPDATE employments SET state = 'ENDED'",
        "UPDATE employments SET state = 'REJECTED'",
        "UPDATE employments SET state = 'WITHDRAWN'",
        "UPDATE employments SET version = version + 1",
        "UPDATE employments SET version = version - 1",
    ] {
        let database = TestDatabase::new(&EmploymentService::MIGRATOR, EmploymentService::NAME).await;
        let mut connection = database.connection().await;
        let id = EmploymentId::from_uuid(Uuid::from_u128(3));
        let claim = Employment::begin(id, &hiring(Standing::Unproven), 4, NOW);
        assert_eq!(insert(&mut connection, &claim).await.unwrap(), Insertion::Done);
        database.execute(meanwhile).await;
        let verified = claim.join(&hiring(Standing::Vouched), NOW).unwrap();
        let stored = update(&mut connection, &verified, NOW).await;
        assert!(
            matches!(stored, Err(DatabaseError::Inconsistent(_))),
            "after {meanwhile}: {stored:?}"
        );
        let stored = get(&mut connection, verified.organization, id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.verify_time, None, "after {meanwhile}");
    }
}
