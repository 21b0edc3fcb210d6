//! `LearningRecordService`: consent, and the log of what was read because of it.

use futures::future::join_all;
use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::records::v1::{
    GetLearningRecordRequest, GetLearningRecordResponse, ListRecordAccessesRequest, RecordAccessReason,
    RevokeGrantRequest,
};
use muster_refusal::ErrorReason;
use muster_testkit::{Who, eventually};
use sqlx::Connection;
use tokio::task::JoinHandle;
use tonic::{Response, Status};

use crate::world::{World, me, person_name, reason, seen};

/// Who waits for a row that somebody else holds.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

type Reading = JoinHandle<Result<Response<GetLearningRecordResponse>, Status>>;

impl World {
    fn begin_to_read(&self, person: &str) -> Reading {
        let (mut client, request) = (self.learning_records(self.admin()), self.record_request(person));
        tokio::spawn(async move { client.get_learning_record(request).await })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grant_a_record_is_refused_and_nothing_is_logged_as_read() {
    let world = World::start().await;
    world.assigned("learner-1", "A-1").await;
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
    let grant = world.grant("learner-1").await.unwrap();
    world.revoke("learner-1", grant.name).await.unwrap();
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
    assert_eq!(world.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_grant_the_whole_record_is_read_and_the_learner_sees_who_read_it() {
    let mut world = World::start().await;
    let first = world.organization;
    let own = world.assigned("learner-1", "A-1").await;
    world.report(&own, 100).await.unwrap();
    world.organization = world.open_organization().await;
    world.assigned("learner-1", "B-1").await;
    world.assigned("learner-2", "C-1").await;
    world.organization = first;
    world.grant("learner-1").await.unwrap();

    let record = world.read("learner-1").await.unwrap();
    assert_eq!(record.name, world.record_request("learner-1").name);
    assert_eq!(record.person, person_name("learner-1").to_string());
    assert_eq!(record.assignments, world.assignments_of("learner-1").await);
    assert_eq!((record.assignments.len(), record.certificates.len()), (2, 1));

    world.read("learner-1").await.unwrap();
    let request = ListRecordAccessesRequest {
        parent: me(),
        ..Default::default()
    };
    let mut learner = world.person_records(Who::person("learner-1"));
    let accesses = learner
        .list_record_accesses(request)
        .await
        .unwrap()
        .into_inner()
        .record_accesses;
    assert_eq!(accesses.len(), 2);
    for access in accesses {
        assert_eq!(access.organization, world.organization_name().to_string());
        assert_eq!(access.reader, person_name("admin").to_string());
        assert_eq!(access.reader_display_name, "admin");
        assert_eq!(access.reason(), RecordAccessReason::Grant);
        assert!(access.access_time.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_of_one_learner_opens_no_other_record() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    world.verify("learner-2", &[]).await;
    world.grant("learner-2").await.unwrap();
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
    assert!(world.read("learner-2").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_before_verification_sleeps_until_then() {
    let world = World::start().await;
    world.claim("learner-1").await;
    world.grant("learner-1").await.unwrap();
    assert_eq!(
        reason(world.read("learner-1").await),
        ErrorReason::EmploymentRequired
    );
    assert_eq!(world.logged().await, 0);
    world.verify("learner-1", &[]).await;
    assert!(world.read("learner-1").await.is_ok());
    assert_eq!(world.logged().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_does_not_outlive_the_employment() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    world.grant("learner-1").await.unwrap();
    for statement in [
        "UPDATE employment_projection SET state = 'ENDED'",
        "UPDATE employment_projection SET state = 'WITHDRAWN'",
        "UPDATE employment_projection SET state = 'REJECTED'",
        "UPDATE employment_projection SET state = 'PENDING_VERIFICATION'",
    ] {
        world.service.database.execute(statement).await;
        assert_eq!(
            reason(world.read("learner-1").await),
            ErrorReason::EmploymentRequired
        );
    }
    assert_eq!(world.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_learner_here_is_not_found_also_with_a_grant_elsewhere() {
    let mut world = World::start().await;
    let elsewhere = world.organization;
    world.verify("learner-1", &[]).await;
    world.grant("learner-1").await.unwrap();
    world.organization = world.open_organization().await;
    let foreign = world.read("learner-1").await;
    assert_eq!(
        muster_refusal::reason_of(foreign.as_ref().unwrap_err()),
        Some(ErrorReason::NotFound)
    );
    assert_eq!(seen(foreign), seen(world.read("nobody").await));
    // Employed here as well, the learner consents to each organization by itself.
    world.verify("learner-1", &[]).await;
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
    world.organization = elsewhere;
    assert!(world.read("learner-1").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_without_the_permission_on_the_organization_of_the_name() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    world.grant("learner-1").await.unwrap();
    let other = OrganizationId::from_uuid(world.new_id());
    for (who, refused) in [
        (
            Who::member("outsider", other, Role::Owner),
            ErrorReason::PermissionDenied,
        ),
        (Who::person("learner-1"), ErrorReason::PermissionDenied),
        (
            Who::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (Who::Anonymous, ErrorReason::PermissionDenied),
        (Who::Workload("organization"), ErrorReason::TokenMissing),
        (Who::Nobody, ErrorReason::TokenMissing),
    ] {
        let mut client = world.learning_records(who.clone());
        let answer = client
            .get_learning_record(world.record_request("learner-1"))
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    let name = format!("{}/learners/x/learningRecord", world.organization_name());
    let malformed = world
        .learning_records(world.admin())
        .get_learning_record(GetLearningRecordRequest { name })
        .await;
    assert_eq!(reason(malformed), ErrorReason::InvalidRequest);
    assert_eq!(world.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_refused_while_the_employment_cannot_be_known() {
    let mut world = World::start().await;
    world.employments.leave().await;
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_logged_is_not_read() {
    let world = World::start().await;
    world.assigned("learner-1", "A-1").await;
    world.grant("learner-1").await.unwrap();
    let refusing = "ALTER TABLE record_accesses ADD CONSTRAINT full_disk CHECK (access_time < '2000-01-01')";
    world.service.database.execute(refusing).await;
    let refused = world.read("learner-1").await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&refused), Some(ErrorReason::Internal));
    assert!(!format!("{refused:?}").contains("full_disk"));
    assert_eq!(world.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_meets_a_revocation_waits_for_it_and_is_refused() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    world.grant("learner-1").await.unwrap();
    let mut other = world.service.database.connection().await;
    let mut revoking = other.begin().await.unwrap();
    let revoke = "UPDATE grants SET state = 'REVOKED', revoke_time = now()";
    sqlx::query(revoke).execute(&mut *revoking).await.unwrap();

    let reading = world.begin_to_read("learner-1");
    eventually(async || world.service.database.count(WAITING).await == 1).await;
    revoking.commit().await.unwrap();
    assert_eq!(reason(reading.await.unwrap()), ErrorReason::GrantRequired);
    assert_eq!(world.logged().await, 0);
}

/// Readings that begin all the time must not keep the person waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_does_not_overtake_somebody_who_takes_consent_back() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    let grant = world.grant("learner-1").await.unwrap();
    // As a reading that has not ended yet.
    let mut other = world.service.database.connection().await;
    let mut earlier = other.begin().await.unwrap();
    sqlx::query("SELECT FROM grants FOR SHARE")
        .execute(&mut *earlier)
        .await
        .unwrap();

    let mut client = world.grants(Who::person("learner-1"));
    let request = RevokeGrantRequest {
        name: grant.name,
        request_id: String::new(),
    };
    let revoking = tokio::spawn(async move { client.revoke_grant(request).await });
    eventually(async || world.service.database.count(WAITING).await == 1).await;
    let later = world.begin_to_read("learner-1");
    eventually(async || later.is_finished() || world.service.database.count(WAITING).await == 2).await;
    assert!(!later.is_finished(), "it overtook");
    earlier.commit().await.unwrap();
    assert!(revoking.await.unwrap().is_ok());
    later.abort();
    assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
}

/// Nor what is told of the employment, which may be its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_does_not_overtake_what_is_told_of_the_employment() {
    let world = World::start().await;
    let employment = world.verify("learner-1", &[]).await;
    world.grant("learner-1").await.unwrap();
    let mut other = world.service.database.connection().await;
    let mut earlier = other.begin().await.unwrap();
    sqlx::query("SELECT FROM employment_projection FOR SHARE")
        .execute(&mut *earlier)
        .await
        .unwrap();
    let before = world.applied().await;
    world.publish_verified(employment, "learner-1", &[], 2).await;
    eventually(async || world.service.database.count(WAITING).await == 1).await;
    let later = world.begin_to_read("learner-1");
    eventually(async || later.is_finished() || world.service.database.count(WAITING).await == 2).await;
    assert!(!later.is_finished(), "it overtook");
    earlier.commit().await.unwrap();
    assert!(later.await.unwrap().is_ok());
    world.wait_applied(before + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reading_follows_a_revocation_and_every_reading_is_logged() {
    let world = World::start().await;
    world.verify("learner-1", &[]).await;
    let mut read = 0;
    for _ in 0..20 {
        let grant = world.grant("learner-1").await.unwrap();
        let reading = join_all((0..8).map(|_| world.read("learner-1")));
        let (readings, revoked) = tokio::join!(reading, world.revoke("learner-1", &grant.name));
        revoked.unwrap();
        for reading in readings {
            match reading {
                Ok(_) => read += 1,
                refused => assert_eq!(reason(refused), ErrorReason::GrantRequired),
            }
        }
        assert_eq!(reason(world.read("learner-1").await), ErrorReason::GrantRequired);
        assert_eq!(world.logged().await, read);
    }
    assert!(read > 0, "no reading ever came first");
}
