//! What guards a change and a list. While rows are locked nothing comes between, so no call can try them.

use muster_server::Service;
use muster_states::Transition;
use muster_testkit::TestDatabase;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::RecordsService;
use crate::domain::{EmploymentProjection, Percent};
use crate::store::employment_projection::{self, Member};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn organization() -> OrganizationId {
    id(1).into()
}

fn learner() -> PersonId {
    id(2).into()
}

/// A database with one assignment of the learner.
async fn assigned() -> (TestDatabase, PgConnection, Assignment) {
    let database = TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await;
    let training = "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time)
                    VALUES ('00000000-0000-0000-0000-000000000003', 'MR-1', 'Reporting', '', gen_random_uuid(), now())";
    database.execute(training).await;
    let mut connection = database.connection().await;
    let wanted = AssignmentSpec {
        learner: Member {
            person: learner(),
            employment: id(7).into(),
        },
        training: id(3).into(),
        id: id(5).into(),
    };
    let why = Why::Group(id(4).into());
    let inserted = insert_missing(&mut connection, organization(), &[wanted], &why, NOW).await;
    assert_eq!(inserted.unwrap(), 1);
    let assignment = lock(&mut connection, learner(), id(5).into()).await.unwrap();
    (database, connection, assignment.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_is_over_or_has_changed_is_not_stored_over() {
    let (database, mut connection, assignment) = assigned().await;
    for meanwhile in [
        "UPDATE assignments SET version = 2",
        "UPDATE assignments SET version = 1, state = 'CANCELLED'",
    ] {
        database.execute(meanwhile).await;
        for percent in [50, 100] {
            let percent = Percent::try_from(percent).unwrap();
            let Transition::Changed(further) = assignment.clone().report(percent, id(6).into(), NOW) else {
                panic!("it was behind")
            };
            let stored = update(&mut connection, &further).await;
            assert!(
                matches!(stored, Err(DatabaseError::Inconsistent(_))),
                "after {meanwhile}: {stored:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_told_of_assignments_only_while_the_employment_is_open() {
    let (_database, mut connection, assignment) = assigned().await;
    let states = [
        (EmploymentState::PendingVerification, 1),
        (EmploymentState::Verified, 1),
        (EmploymentState::Rejected, 0),
        (EmploymentState::Withdrawn, 0),
        (EmploymentState::Ended, 0),
    ];
    for (sequence, (state, seen)) in (1..).zip(states) {
        let employment = EmploymentProjection {
            employment: id(7).into(),
            state,
            sequence,
        };
        let (organization, time) = (organization(), OffsetDateTime::UNIX_EPOCH);
        let learned =
            employment_projection::learn(&mut connection, organization, learner(), employment, None, time);
        assert_eq!(learned.await.unwrap(), employment);
        let listed = list_for_organization(&mut connection, organization, learner(), None, 10).await;
        let listed = listed.unwrap();
        assert!(
            listed.len() == seen && listed.iter().all(|one| *one == assignment),
            "{state:?}: {listed:?}"
        );
    }
}
