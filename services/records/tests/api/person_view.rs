//! `PersonRecordService`.

use muster_proto::records::v1::{
    ListPersonAssignmentsRequest, ListPersonCertificatesRequest, ListRecordAccessesRequest,
};
use muster_refusal::ErrorReason;
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, me, person_name, reason};

/// The three lists of one's own things, by one way to ask.
async fn refusals(fixture: &Fixture, who: TestCaller, parent: &str, page_token: &str) -> [ErrorReason; 3] {
    let (parent, page_token) = (parent.to_owned(), page_token.to_owned());
    let mut client = fixture.person_records(who);
    let assignments = ListPersonAssignmentsRequest {
        parent: parent.clone(),
        page_token: page_token.clone(),
        ..Default::default()
    };
    let certificates = ListPersonCertificatesRequest {
        parent: parent.clone(),
        page_token: page_token.clone(),
        ..Default::default()
    };
    let accesses = ListRecordAccessesRequest {
        parent,
        page_token,
        ..Default::default()
    };
    [
        reason(client.list_person_assignments(assignments).await),
        reason(client.list_person_certificates(certificates).await),
        reason(client.list_record_accesses(accesses).await),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lists_what_belongs_to_somebody_else() {
    let fixture = Fixture::start().await;
    let other = person_name("learner-1").to_string();
    for (who, refused) in [
        (TestCaller::person("learner-2"), ErrorReason::PermissionDenied),
        (fixture.admin(), ErrorReason::PermissionDenied),
        (TestCaller::platform_staff(), ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        assert_eq!(
            refusals(&fixture, who.clone(), &other, "").await,
            [refused; 3],
            "{who:?}"
        );
    }
    let malformed = refusals(&fixture, TestCaller::person("learner-1"), "persons/you", "").await;
    assert_eq!(malformed, [ErrorReason::InvalidRequest; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_only_ones_own() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2"] {
        let name = fixture.assigned(person, &format!("A-{person}")).await;
        fixture.report(&name, 100).await.unwrap();
        fixture.grant(person).await.unwrap();
        fixture.read(person).await.unwrap();
    }
    let own = person_name("learner-1").to_string();
    for parent in [me(), own.clone()] {
        let mut client = fixture.person_records(TestCaller::person("learner-1"));
        let request = ListPersonAssignmentsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let assignments = client
            .list_person_assignments(request)
            .await
            .unwrap()
            .into_inner()
            .assignments;
        let request = ListPersonCertificatesRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let certificates = client
            .list_person_certificates(request)
            .await
            .unwrap()
            .into_inner()
            .certificates;
        let request = ListRecordAccessesRequest {
            parent,
            ..Default::default()
        };
        let accesses = client
            .list_record_accesses(request)
            .await
            .unwrap()
            .into_inner()
            .record_accesses;
        assert_eq!((assignments.len(), certificates.len(), accesses.len()), (1, 1, 1));
        for name in [&assignments[0].name, &certificates[0].name, &accesses[0].name] {
            assert!(name.starts_with(&own), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_goes_on_from_page_to_page_and_its_tokens_serve_nobody_and_nothing_else() {
    let fixture = Fixture::start().await;
    for code in ["A-1", "A-2"] {
        let name = fixture.assigned("learner-1", code).await;
        fixture.report(&name, 100).await.unwrap();
    }
    fixture.grant("learner-1").await.unwrap();
    for _ in 0..2 {
        fixture.read("learner-1").await.unwrap();
    }
    let mut client = fixture.person_records(TestCaller::person("learner-1"));

    let first = ListPersonAssignmentsRequest {
        parent: me(),
        page_size: 1,
        ..Default::default()
    };
    let page = client
        .list_person_assignments(first.clone())
        .await
        .unwrap()
        .into_inner();
    let of_assignments = page.next_page_token;
    let next = ListPersonAssignmentsRequest {
        page_token: of_assignments.clone(),
        ..first
    };
    let rest = client.list_person_assignments(next).await.unwrap().into_inner();
    assert_eq!((rest.assignments.len(), rest.next_page_token.as_str()), (1, ""));
    assert_ne!(rest.assignments, page.assignments);

    let first = ListPersonCertificatesRequest {
        parent: me(),
        page_size: 1,
        ..Default::default()
    };
    let page = client
        .list_person_certificates(first.clone())
        .await
        .unwrap()
        .into_inner();
    let of_certificates = page.next_page_token;
    let next = ListPersonCertificatesRequest {
        page_token: of_certificates.clone(),
        ..first
    };
    let rest = client.list_person_certificates(next).await.unwrap().into_inner();
    assert_eq!((rest.certificates.len(), rest.next_page_token.as_str()), (1, ""));

    let first = ListRecordAccessesRequest {
        parent: me(),
        page_size: 1,
        ..Default::default()
    };
    let page = client
        .list_record_accesses(first.clone())
        .await
        .unwrap()
        .into_inner();
    let next = ListRecordAccessesRequest {
        page_token: page.next_page_token.clone(),
        ..first
    };
    let rest = client.list_record_accesses(next).await.unwrap().into_inner();
    assert_eq!(
        (rest.record_accesses.len(), rest.next_page_token.as_str()),
        (1, "")
    );

    for token in [
        of_assignments.clone(),
        of_certificates.clone(),
        page.next_page_token,
    ] {
        let others = refusals(&fixture, TestCaller::person("learner-2"), &me(), &token).await;
        assert_eq!(others, [ErrorReason::PageTokenInvalid; 3]);
    }
    let request = ListPersonCertificatesRequest {
        parent: me(),
        page_token: of_assignments,
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_person_certificates(request).await),
        ErrorReason::PageTokenInvalid
    );
    let request = ListRecordAccessesRequest {
        parent: me(),
        page_token: of_certificates,
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_record_accesses(request).await),
        ErrorReason::PageTokenInvalid
    );
}
