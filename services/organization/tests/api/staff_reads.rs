//! What registry staff looked at, as the edge tells of it and those read it whom it concerns.

use std::time::Duration;

use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::staff_read_internal_service_client::StaffReadInternalServiceClient;
use muster_proto::organization::v1::staff_read_service_client::StaffReadServiceClient;
use muster_testkit::{Callers, TestCaller};
use uuid::Uuid;

use crate::fixture::{Fixture, name, owner};

async fn logs(fixture: &Fixture, organization: OrganizationId, subject: &str) -> String {
    let id = Clock::system().new_uuid().to_string();
    let read = pb::LogStaffReadRequest {
        organization: name(organization),
        staff_read: id.clone(),
        staff: format!("persons/{}", Callers::person("staff").id),
        staff_display_name: "Sam".to_owned(),
        method: "muster.employment.v1.EmploymentService/GetEmployment".to_owned(),
        subject: subject.to_owned(),
        reason: "ticket 4711".to_owned(),
    };
    let mut log =
        StaffReadInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("gateway")));
    log.log_staff_read(read.clone()).await.unwrap();
    log.log_staff_read(read).await.unwrap();
    format!("{}/staffReads/{id}", name(organization))
}

async fn of_organization(fixture: &Fixture, who: TestCaller, id: OrganizationId) -> Vec<pb::StaffRead> {
    let request = pb::ListStaffReadsRequest {
        parent: name(id),
        ..Default::default()
    };
    let mut reads = StaffReadServiceClient::new(fixture.service.calls_of(who));
    let listed = reads.list_staff_reads(request).await.unwrap();
    listed.into_inner().staff_reads
}

async fn of_person(fixture: &Fixture, who: &str) -> Vec<String> {
    let listed = page_of_person(fixture, who, 0, "").await.staff_reads;
    listed.into_iter().map(|read| read.name).collect()
}

async fn page_of_person(
    fixture: &Fixture,
    who: &str,
    page_size: i32,
    page_token: &str,
) -> pb::ListPersonStaffReadsResponse {
    let request = pb::ListPersonStaffReadsRequest {
        parent: "persons/me".to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    };
    let mut reads = StaffReadServiceClient::new(fixture.service.calls_of(TestCaller::person(who)));
    reads.list_person_staff_reads(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_reads_who_looked_at_what_and_why_each_look_once_the_newest_first() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let first = logs(&fixture, id, &name(id)).await;
    let second = logs(&fixture, id, &format!("{}/imports/{}", name(id), Uuid::nil())).await;
    logs(&fixture, other, &name(other)).await;
    let read = of_organization(&fixture, owner(id), id).await;
    let names: Vec<_> = read.iter().map(|read| read.name.as_str()).collect();
    assert_eq!(names, [second, first]);
    assert_eq!(
        (
            read[0].staff_display_name.as_str(),
            read[0].reason.as_str(),
            read[0].person.as_str()
        ),
        ("Sam", "ticket 4711", "")
    );
    assert!(read[0].read_time.is_some() && read[0].method.ends_with("/GetEmployment"));
    let admin = TestCaller::member("admin", id, Role::Admin);
    assert_eq!(of_organization(&fixture, admin, id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_what_was_looked_at_about_them_at_every_organization() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let ada = Callers::person("ada").id;
    let employment = employed(&fixture, other, ada).await;
    let learner = logs(&fixture, id, &format!("{}/learners/{ada}", name(id))).await;
    let employed = logs(
        &fixture,
        other,
        &format!("{}/employments/{employment}", name(other)),
    )
    .await;
    logs(&fixture, id, &name(id)).await;
    logs(&fixture, id, &format!("{}/employments/{employment}", name(id))).await;
    assert_eq!(of_person(&fixture, "ada").await, [employed, learner]);
    assert!(of_person(&fixture, "eve").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_of_looks_at_lists_since_they_are_known_there_and_at_the_invitation_that_became_them()
{
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let ada = Callers::person("ada").id;
    let invitation = |number| format!("{}/invitations/{}", name(id), Uuid::from_u128(number));
    let invited = logs(&fixture, id, &invitation(8)).await;
    // Nobody of this name was there yet.
    logs(&fixture, id, &name(id)).await;
    fixture.service.clock.advance(Duration::from_secs(1));
    employed(&fixture, id, ada).await;
    let list = logs(&fixture, id, &name(id)).await;
    logs(&fixture, other, &name(other)).await;
    logs(&fixture, id, &invitation(9)).await;
    logs(&fixture, id, &format!("{}/imports/{}", name(id), Uuid::nil())).await;
    let eve = Callers::person("eve").id;
    logs(&fixture, id, &format!("{}/learners/{eve}", name(id))).await;
    assert_eq!(
        of_person(&fixture, "ada").await,
        [list.as_str(), invited.as_str()]
    );
    let first = page_of_person(&fixture, "ada", 1, "").await;
    let second = page_of_person(&fixture, "ada", 1, &first.next_page_token).await;
    let names = [first, second].map(|page| page.staff_reads[0].name.clone());
    assert_eq!(names, [list, invited]);
}

/// An employment that the service hears of now, from the eighth invitation.
async fn employed(fixture: &Fixture, organization: OrganizationId, person: PersonId) -> Uuid {
    let (employment, invitation) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let now = fixture.service.clock.now().unix_timestamp();
    let statement = format!(
        "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, known_since,
                source_invitation_id)
         VALUES ('{organization}', '{person}', '{employment}', 'VERIFIED', 1, to_timestamp({now}), '{invitation}')"
    );
    fixture.execute(statement).await;
    employment
}
