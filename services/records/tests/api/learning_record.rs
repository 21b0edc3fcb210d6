//! `LearningRecordService`: consent, and the log of what was read because of it.

use futures::future::join_all;
use muster_identity::{PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_proto::records::v1::{
    ExportFormat, GetLearningRecordRequest, GetLearningRecordResponse, ListRecordAccessesRequest,
    RecordAccessKind, RecordAccessReason, RevokeGrantRequest,
};
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller, eventually};
use sqlx::Connection;
use tokio::task::JoinHandle;
use tonic::{Response, Status};

use crate::fixture::{Fixture, me, person_name, reason, seen};

/// Who waits for a row that somebody else holds.
pub(crate) const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

type Reading = JoinHandle<Result<Response<GetLearningRecordResponse>, Status>>;

impl Fixture {
    fn begin_to_read(&self, person: &str) -> Reading {
        let (mut client, request) = (self.learning_records(self.admin()), self.record_request(person));
        tokio::spawn(async move { client.get_learning_record(request).await })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grant_a_record_is_refused_and_nothing_is_logged_as_read() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    let grant = fixture.grant("learner-1").await.unwrap();
    fixture.revoke("learner-1", grant.name).await.unwrap();
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_grant_the_whole_record_is_read_and_the_learner_sees_who_read_it() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization;
    let own = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&own, 100).await.unwrap();
    fixture.organization = fixture.open_organization().await;
    fixture.assigned("learner-1", "B-1").await;
    fixture.assigned("learner-2", "C-1").await;
    fixture.organization = first;
    fixture.grant("learner-1").await.unwrap();

    let record = fixture.read("learner-1").await.unwrap();
    assert_eq!(record.name, fixture.record_request("learner-1").name);
    assert_eq!(record.person, person_name("learner-1").to_string());
    assert_eq!(record.assignments, fixture.assignments_of("learner-1").await);
    assert_eq!((record.assignments.len(), record.certificates.len()), (2, 1));

    fixture.read("learner-1").await.unwrap();
    let request = ListRecordAccessesRequest {
        parent: me(),
        ..Default::default()
    };
    let mut learner = fixture.person_records(TestCaller::person("learner-1"));
    let accesses = learner
        .list_record_accesses(request)
        .await
        .unwrap()
        .into_inner()
        .record_accesses;
    assert_eq!(accesses.len(), 2);
    for access in accesses {
        assert_eq!(access.organization, fixture.organization_name().to_string());
        assert_eq!(access.organization_display_name, "Day nursery");
        assert_eq!(access.reader, person_name("admin").to_string());
        assert_eq!(access.reader_display_name, "admin");
        assert_eq!(access.reason(), RecordAccessReason::Grant);
        assert_eq!(
            (access.kind(), access.reader_role()),
            (
                RecordAccessKind::Record,
                muster_proto::organization::v1::Role::Admin
            )
        );
        assert!(access.access_time.is_some());
    }
}

/// Whoever sees who read their record knows the organization by its name, and that of then: on a page, in a file, in the report.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_names_the_organization_as_it_was_called_then() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    fixture.read("learner-1").await.unwrap();
    let rename = "UPDATE organizations SET display_name = 'Day nursery of the north'";
    fixture.organizations.database.execute(rename).await;
    fixture.read("learner-1").await.unwrap();
    fixture.exported("learner-1", ExportFormat::Csv).await.unwrap();
    fixture.reported_of("learner-1").await.unwrap();
    fixture.exported_report(ExportFormat::Csv).await.unwrap();
    let names = fixture.accesses_of("learner-1").await.into_iter();
    let names: Vec<String> = names.map(|access| access.organization_display_name).collect();
    let [newer @ .., oldest] = names.as_slice() else {
        panic!("nothing was read")
    };
    assert_eq!((newer.len(), oldest.as_str()), (4, "Day nursery"));
    assert!(
        newer.iter().all(|name| name == "Day nursery of the north"),
        "{newer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_read_without_consent_and_the_learner_sees_that() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    let staff = TestCaller::staff(fixture.organization);
    let read = async |who: &TestCaller, person: &str| {
        let mut client = fixture.learning_records(who.clone());
        client.get_learning_record(fixture.record_request(person)).await
    };
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    let record = read(&staff, "learner-1")
        .await
        .unwrap()
        .into_inner()
        .learning_record;
    assert_eq!(record.unwrap().assignments.len(), 1);
    // What is asked about may be over; who never was a learner there is not found.
    let end = "UPDATE employment_projection SET state = 'ENDED'";
    fixture.service.database.execute(end).await;
    assert!(read(&staff, "learner-1").await.is_ok());
    assert_eq!(reason(read(&staff, "nobody").await), ErrorReason::NotFound);
    // A role that is missing makes nobody staff, and staff with a role read in that role.
    let without_role = TestCaller::Person(Callers::person("admin"), Some((fixture.organization, None)));
    assert_eq!(
        reason(read(&without_role, "learner-1").await),
        ErrorReason::PermissionDenied
    );
    let person = PersonCaller {
        staff: true,
        ..Callers::person("staff")
    };
    let viewer = TestCaller::Person(person, Some((fixture.organization, Some(Role::Viewer))));
    assert_eq!(
        reason(read(&viewer, "learner-1").await),
        ErrorReason::EmploymentRequired
    );

    let request = ListRecordAccessesRequest {
        parent: me(),
        ..Default::default()
    };
    let mut learner = fixture.person_records(TestCaller::person("learner-1"));
    let accesses = learner.list_record_accesses(request).await.unwrap().into_inner();
    assert_eq!(accesses.record_accesses.len(), 2);
    for access in accesses.record_accesses {
        assert_eq!(access.reader, person_name("staff").to_string());
        assert_eq!(access.reason(), RecordAccessReason::Staff);
        assert_eq!(
            access.reader_role(),
            muster_proto::organization::v1::Role::Unspecified
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_of_one_learner_opens_no_other_record() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    fixture.grant("learner-2").await.unwrap();
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert!(fixture.read("learner-2").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_before_verification_sleeps_until_then() {
    let fixture = Fixture::start().await;
    fixture.claim("learner-1").await;
    fixture.grant("learner-1").await.unwrap();
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::EmploymentRequired
    );
    assert_eq!(fixture.logged().await, 0);
    fixture.verify("learner-1", &[]).await;
    // The event that was waited for may have been that of the claim.
    eventually(async || fixture.read("learner-1").await.is_ok()).await;
    assert_eq!(fixture.logged().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_does_not_outlive_the_employment() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    for statement in [
        "UPDATE employment_projection SET state = 'ENDED'",
        "UPDATE employment_projection SET state = 'WITHDRAWN'",
        "UPDATE employment_projection SET state = 'REJECTED'",
        "UPDATE employment_projection SET state = 'PENDING_VERIFICATION'",
    ] {
        fixture.service.database.execute(statement).await;
        assert_eq!(
            reason(fixture.read("learner-1").await),
            ErrorReason::EmploymentRequired
        );
    }
    assert_eq!(fixture.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_learner_here_is_not_found_also_with_a_grant_elsewhere() {
    let mut fixture = Fixture::start().await;
    let elsewhere = fixture.organization;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    fixture.organization = fixture.open_organization().await;
    let foreign = fixture.read("learner-1").await;
    assert_eq!(
        muster_refusal::reason_of(foreign.as_ref().unwrap_err()),
        Some(ErrorReason::NotFound)
    );
    assert_eq!(seen(foreign), seen(fixture.read("nobody").await));
    // Employed here as well, the learner consents to each organization by itself.
    fixture.verify("learner-1", &[]).await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    fixture.organization = elsewhere;
    assert!(fixture.read("learner-1").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_without_the_permission_on_the_organization_of_the_name() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    let other = OrganizationId::from_uuid(fixture.new_id());
    for (who, refused) in [
        (
            TestCaller::member("outsider", other, Role::Owner),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::person("learner-1"), ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (TestCaller::Workload("organization"), ErrorReason::TokenMissing),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        let mut client = fixture.learning_records(who.clone());
        let answer = client
            .get_learning_record(fixture.record_request("learner-1"))
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    let name = format!("{}/learners/x/learningRecord", fixture.organization_name());
    let malformed = fixture
        .learning_records(fixture.admin())
        .get_learning_record(GetLearningRecordRequest { name })
        .await;
    assert_eq!(reason(malformed), ErrorReason::InvalidRequest);
    assert_eq!(fixture.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_refused_while_the_employment_cannot_be_known() {
    let mut fixture = Fixture::start().await;
    fixture.employments.leave().await;
    assert_eq!(reason(fixture.read("learner-1").await), ErrorReason::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_logged_is_not_read() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    fixture.grant("learner-1").await.unwrap();
    let refusing = "ALTER TABLE record_accesses ADD CONSTRAINT full_disk CHECK (access_time < '2000-01-01')";
    fixture.service.database.execute(refusing).await;
    let refused = fixture.read("learner-1").await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&refused), Some(ErrorReason::Internal));
    assert!(!format!("{refused:?}").contains("full_disk"));
    assert_eq!(fixture.logged().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_meets_a_revocation_waits_for_it_and_is_refused() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    let mut other = fixture.service.database.connection().await;
    let mut revoking = other.begin().await.unwrap();
    let revoke = "UPDATE grants SET state = 'REVOKED', revoke_time = now()";
    sqlx::query(revoke).execute(&mut *revoking).await.unwrap();

    let reading = fixture.begin_to_read("learner-1");
    eventually(async || fixture.service.database.count(WAITING).await == 1).await;
    revoking.commit().await.unwrap();
    assert_eq!(reason(reading.await.unwrap()), ErrorReason::GrantRequired);
    assert_eq!(fixture.logged().await, 0);
}

/// Readings that begin all the time must not keep the person waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_does_not_overtake_somebody_who_takes_consent_back() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    // As a reading that has not ended yet.
    let mut other = fixture.service.database.connection().await;
    let mut earlier = other.begin().await.unwrap();
    sqlx::query("SELECT FROM grants FOR SHARE")
        .execute(&mut *earlier)
        .await
        .unwrap();

    let mut client = fixture.grants(TestCaller::person("learner-1"));
    let request = RevokeGrantRequest {
        name: grant.name,
        request_id: String::new(),
    };
    let revoking = tokio::spawn(async move { client.revoke_grant(request).await });
    eventually(async || fixture.service.database.count(WAITING).await == 1).await;
    let later = fixture.begin_to_read("learner-1");
    eventually(async || later.is_finished() || fixture.service.database.count(WAITING).await == 2).await;
    assert!(!later.is_finished(), "it overtook");
    earlier.commit().await.unwrap();
    assert!(revoking.await.unwrap().is_ok());
    later.abort();
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
}

/// Nor what is told of the employment, which may be its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_does_not_overtake_what_is_told_of_the_employment() {
    let fixture = Fixture::start().await;
    let employment = fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    let mut other = fixture.service.database.connection().await;
    let mut earlier = other.begin().await.unwrap();
    sqlx::query("SELECT FROM employment_projection FOR SHARE")
        .execute(&mut *earlier)
        .await
        .unwrap();
    let before = fixture.applied().await;
    fixture.publish_verified(employment, "learner-1", &[], 2).await;
    eventually(async || fixture.service.database.count(WAITING).await == 1).await;
    let later = fixture.begin_to_read("learner-1");
    eventually(async || later.is_finished() || fixture.service.database.count(WAITING).await == 2).await;
    assert!(!later.is_finished(), "it overtook");
    earlier.commit().await.unwrap();
    assert!(later.await.unwrap().is_ok());
    fixture.wait_applied(before + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reading_follows_a_revocation_and_every_reading_is_logged() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let mut read = 0;
    for _ in 0..20 {
        let grant = fixture.grant("learner-1").await.unwrap();
        let reading = join_all((0..8).map(|_| fixture.read("learner-1")));
        let (readings, revoked) = tokio::join!(reading, fixture.revoke("learner-1", &grant.name));
        revoked.unwrap();
        for reading in readings {
            match reading {
                Ok(_) => read += 1,
                refused => assert_eq!(reason(refused), ErrorReason::GrantRequired),
            }
        }
        assert_eq!(
            reason(fixture.read("learner-1").await),
            ErrorReason::GrantRequired
        );
        assert_eq!(fixture.logged().await, read);
    }
    assert!(read > 0, "no reading ever came first");
}
