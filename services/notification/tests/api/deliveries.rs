//! The list of deliveries.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::notification::v1::delivery::State;
use muster_proto::notification::v1::{Delivery, ListDeliveriesRequest};
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::{TestCaller, acts, walk};
use tonic::{Code, Status};

use crate::service::{NOW, ServiceFixture, address};
use crate::smtp_server::Fault;

/// Three mails: sent, refused, and dropped because the invitation was accepted before.
async fn three() -> (ServiceFixture, [String; 3]) {
    let mut fixture = ServiceFixture::new().await;
    let sent = fixture.invite().await;
    fixture.sent(1).await;
    fixture
        .smtp
        .script([Fault::Rcpt("550 5.1.1 <secret@learners.example> unknown")]);
    let failed = fixture.invite().await;
    let over = "SELECT count(*) FROM deliveries WHERE state IN ('FAILED', 'DROPPED')";
    fixture.counted(over, 1).await;
    fixture.service.leave().await;
    let dropped = fixture.invite().await;
    acts::accept(&fixture.invitations, dropped, "learner-3").await;
    fixture.service.come_back().await;
    fixture.counted(over, 2).await;
    (
        fixture,
        [sent, failed, dropped].map(|subject| subject.to_string()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_newest_first_with_the_truth() {
    let (fixture, subjects) = three().await;
    let listed = fixture.list().await;
    let told: Vec<_> = listed
        .iter()
        .map(|one| (one.subject.clone(), one.state(), one.server_reply.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (subjects[2].clone(), State::Dropped, ""),
            (subjects[1].clone(), State::Failed, "550 5.1.1 [...] unknown"),
            (subjects[0].clone(), State::Sent, "250 2.0.0"),
        ]
    );
    let sent = &listed[2];
    let time = |time: Option<_>| muster_server::convert::from_timestamp(time.unwrap()).unwrap();
    let (create_time, send_time) = (time(sent.create_time), time(sent.send_time));
    assert!(NOW <= create_time && create_time <= send_time && send_time <= fixture.service.clock.now());
    assert_eq!((sent.attempt_count, sent.next_attempt_time), (1, None));
    let id = sent.name.rsplit('/').next().unwrap();
    assert_eq!(sent.message_id, format!("<{id}@muster.example>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_one_subject_can_be_asked_for() {
    let (fixture, subjects) = three().await;
    let request = ListDeliveriesRequest {
        subject: subjects[1].clone(),
        ..fixture.list_request()
    };
    let listed = fixture
        .deliveries(fixture.viewer())
        .list_deliveries(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.deliveries.len(), 1);
    assert_eq!(listed.deliveries[0].subject, subjects[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_everything_once() {
    let (fixture, subjects) = three().await;
    let mut request = ListDeliveriesRequest {
        page_size: 2,
        ..fixture.list_request()
    };
    let first = fixture
        .deliveries(fixture.viewer())
        .list_deliveries(request.clone())
        .await
        .unwrap()
        .into_inner();
    request.page_token = first.next_page_token;
    let second = fixture
        .deliveries(fixture.viewer())
        .list_deliveries(request)
        .await
        .unwrap()
        .into_inner();
    let all: Vec<Delivery> = first.deliveries.into_iter().chain(second.deliveries).collect();
    assert_eq!(
        all.iter().map(|one| &one.subject).collect::<Vec<_>>(),
        subjects.iter().rev().collect::<Vec<_>>()
    );
    assert_eq!(second.next_page_token, "");
}

/// The id of number `n`: the higher, the newer.
const ID: &str = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid";

fn id_of(n: usize) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

/// A list that somebody walks through: of an organization, or of one of its subjects.
struct Walked<'f> {
    fixture: &'f ServiceFixture,
    organization: OrganizationId,
    /// Empty: each delivery is about something of its own.
    subject: String,
}

impl Walked<'_> {
    async fn run(&self, statement: String) {
        self.fixture.service.database.run(statement).await;
    }

    /// Deliveries of these numbers, all asked for and sent at the same moment.
    async fn sent(&self, numbers: &[usize]) {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let organization = self.organization;
        let subject = match self.subject.as_str() {
            "" => format!("'organizations/{organization}/invitations/' || {ID}"),
            subject => format!("'{subject}'"),
        };
        self.run(format!(
            "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request, template_version,
                 message_id, state, attempts, server_reply, create_time, send_time)
             SELECT '{organization}', {ID}, {subject}, 'INVITE', 1, n, 1, '<' || n || '@muster.example>', 'SENT', 1, '250 2.0.0',
                    now(), now()
             FROM unnest(ARRAY[{}]) AS n",
            numbers.join(", ")
        ))
        .await;
    }

    /// Two a page.
    async fn page(&self, page_token: String) -> (Vec<String>, String) {
        let request = ListDeliveriesRequest {
            parent: format!("organizations/{}", self.organization),
            subject: self.subject.clone(),
            page_size: 2,
            page_token,
        };
        let viewer = TestCaller::member("viewer", self.organization, Role::Viewer);
        let mut deliveries = self.fixture.deliveries(viewer);
        let page = deliveries.list_deliveries(request).await.unwrap().into_inner();
        let ids = page.deliveries.iter().map(|one| {
            let id = one.name.rsplit('/').next().unwrap();
            id.to_owned()
        });
        (ids.collect(), page.next_page_token)
    }

    /// New ones come, in the front and, from a machine whose clock is behind, elsewhere; of those that stay one becomes something else,
    /// and of the others one goes.
    async fn changes(&self, number: usize) {
        self.sent(&[1001 + number, 231 + number, 101 + number, 1 + number])
            .await;
        let these = |n: usize| {
            format!(
                "organization_id = '{}' AND delivery_id = '{}'",
                self.organization,
                id_of(n)
            )
        };
        let becomes = "state = 'FAILED', send_time = NULL, server_reply = '550 5.1.1', version = version + 1";
        let (changed, gone) = (these(30 + 10 * number), these([240, 10, 20, 110][number % 4]));
        self.run(format!(
            "UPDATE deliveries SET {becomes} WHERE {changed}; DELETE FROM deliveries WHERE {gone}"
        ))
        .await;
    }
}

/// Whoever walks through the list while it changes sees once what stays where it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_seen_once_by_who_walks_through_them_while_others_come_and_go() {
    let fixture = ServiceFixture::new().await;
    for of_one_subject in [false, true] {
        let organization = fixture.service.clock.new_id::<OrganizationId>();
        let subject = format!("organizations/{organization}/invitations/{}", id_of(1));
        let walked = Walked {
            fixture: &fixture,
            organization,
            subject: if of_one_subject { subject } else { String::new() },
        };
        let all: Vec<usize> = (10..=240).step_by(10).collect();
        walked.sent(&all).await;
        let stay: Vec<String> = all
            .into_iter()
            .filter(|n| ![240, 10, 20, 110].contains(n))
            .map(id_of)
            .collect();
        let page = async |page_token| walked.page(page_token).await;
        let seen = walk(&stay, page, async |number| walked.changes(number).await).await;
        let before = seen.iter().filter(|id| **id >= id_of(1001));
        assert_eq!(before.count(), 0, "what came meanwhile is newer: {seen:?}");
        assert!(seen.is_sorted_by(|one, other| one > other), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_good_only_for_its_list_and_its_caller() {
    let (fixture, subjects) = three().await;
    let request = ListDeliveriesRequest {
        page_size: 1,
        ..fixture.list_request()
    };
    let page = fixture
        .deliveries(fixture.viewer())
        .list_deliveries(request.clone())
        .await
        .unwrap()
        .into_inner();
    let with_token = ListDeliveriesRequest {
        page_token: page.next_page_token,
        ..request.clone()
    };
    let admin = TestCaller::member("admin", fixture.organization, Role::Admin);
    let filtered = ListDeliveriesRequest {
        subject: subjects[0].clone(),
        ..with_token.clone()
    };
    let invented = ListDeliveriesRequest {
        page_token: "AAAA".to_owned(),
        ..request
    };
    for (who, request) in [
        (admin, with_token),
        (fixture.viewer(), filtered),
        (fixture.viewer(), invented),
    ] {
        let refused = fixture
            .deliveries(who)
            .list_deliveries(request)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(reason_of(&refused), Some(ErrorReason::PageTokenInvalid));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_another_organization_are_out_of_reach() {
    let (fixture, _) = three().await;
    let elsewhere = fixture.service.clock.new_id::<OrganizationId>();
    let outsider = TestCaller::member("outsider", elsewhere, Role::Owner);
    let own = ListDeliveriesRequest {
        parent: format!("organizations/{elsewhere}"),
        ..fixture.list_request()
    };
    let listed = fixture
        .deliveries(outsider.clone())
        .list_deliveries(own)
        .await
        .unwrap()
        .into_inner();
    assert!(listed.deliveries.is_empty());
    let refused = denied(&fixture, outsider).await;
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(
        denied(&fixture, TestCaller::Nobody).await.code(),
        Code::Unauthenticated
    );
    assert_eq!(
        denied(&fixture, TestCaller::Workload("invitation")).await.code(),
        Code::Unauthenticated
    );
}

async fn denied(fixture: &ServiceFixture, who: TestCaller) -> Status {
    fixture
        .deliveries(who)
        .list_deliveries(fixture.list_request())
        .await
        .unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_out_of_bounds_is_refused_with_every_violation() {
    let fixture = ServiceFixture::new().await;
    let request = ListDeliveriesRequest {
        page_size: -1,
        subject: "x".repeat(201),
        ..fixture.list_request()
    };
    let refused = fixture
        .deliveries(fixture.viewer())
        .list_deliveries(request)
        .await
        .unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidRequest));
    assert_eq!(muster_refusal::violations_of(&refused).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_and_a_subject_that_cannot_be_read_are_told_at_once() {
    let fixture = ServiceFixture::new().await;
    let request = ListDeliveriesRequest {
        page_size: -1,
        subject: "x".to_owned(),
        ..fixture.list_request()
    };
    let mut client = fixture.deliveries(fixture.viewer());
    let refused = client.list_deliveries(request).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidRequest));
    let fields = muster_refusal::fields_of(&refused);
    assert_eq!(fields, ["page_size", "subject"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_address_nor_link_is_stored() {
    let (fixture, _) = three().await;
    let mut connection = fixture.service.database.connection().await;
    let stored: Vec<String> = sqlx::query_scalar(
        "SELECT d::text FROM deliveries d UNION ALL SELECT convert_from(payload, 'LATIN1') FROM outbox
         UNION ALL SELECT i::text FROM inbox i",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let stored = stored.join("\n");
    for secret in [
        address(1).as_str(),
        "learners.example",
        "https://muster.test/i/",
        "Day nursery",
        "Team A",
    ] {
        assert!(!stored.contains(secret), "{secret} is in\n{stored}");
    }
}
