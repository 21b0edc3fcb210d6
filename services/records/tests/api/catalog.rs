//! `TrainingService` and `TrainingInternalService`.

use futures::future::join_all;
use muster_ids::{TrainingId, TrainingName};
use muster_proto::records::v1::training_internal_service_client::TrainingInternalServiceClient;
use muster_proto::records::v1::{
    BatchGetTrainingsRequest, CreateTrainingRequest, ListTrainingsRequest, Training,
};
use muster_refusal::{ErrorReason, fields_of, reason_of, violations_of};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, reason};

fn training(code: &str) -> CreateTrainingRequest {
    let display_name = "Mandated Reporter Training".to_owned();
    let training = Training {
        code: code.to_owned(),
        display_name,
        ..Default::default()
    };
    CreateTrainingRequest {
        training: Some(training),
        request_id: String::new(),
        reason: "asked for by the authority".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_put_trainings_into_the_catalog_and_everybody_reads_them_in_the_order_of_codes() {
    let fixture = Fixture::start().await;
    for code in ["MR-201", "ab-1", "MR-101", "CPR.2"] {
        fixture.new_training(code).await;
    }
    let mut request = ListTrainingsRequest {
        page_size: 3,
        ..Default::default()
    };
    let mut client = fixture.trainings(TestCaller::person("learner-1"));
    let mut codes = Vec::new();
    loop {
        let page = client.list_trainings(request.clone()).await.unwrap().into_inner();
        codes.extend(page.trainings.into_iter().map(|one| one.code));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(codes, ["CPR.2", "MR-101", "MR-201", "ab-1"]);
}

/// What staff do has a reason, and stands where whoever it concerns finds it: of the shared catalog that is everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_training_says_why_staff_put_it_into_the_catalog() {
    let fixture = Fixture::start().await;
    let mut staff = fixture.trainings(TestCaller::platform_staff());
    for reason in [String::new(), "x".repeat(501)] {
        let request = CreateTrainingRequest {
            reason,
            ..training("MR-101")
        };
        let refused = staff.create_training(request).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidRequest));
        assert_eq!(violations_of(&refused)[0].0, "reason");
    }
    let created = staff.create_training(training("MR-101")).await.unwrap();
    let created = created.into_inner().training.unwrap();
    assert_eq!(created.create_reason, "asked for by the authority");
    let mut learner = fixture.trainings(TestCaller::person("learner-1"));
    let listed = learner.list_trainings(ListTrainingsRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().trainings, [created]);
    let acts = "SELECT count(*) FROM trainings WHERE create_reason = 'asked for by the authority' AND create_time = '2026-03-01 12:00Z'";
    assert_eq!(fixture.service.database.count(acts).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_given_once_without_regard_to_case() {
    let fixture = Fixture::start().await;
    let mut staff = fixture.trainings(TestCaller::platform_staff());
    staff.create_training(training("MR-101")).await.unwrap();
    assert_eq!(
        reason(staff.create_training(training("mr-101")).await),
        ErrorReason::TrainingCodeTaken
    );

    let creations = (0..16).map(|_| {
        let mut staff = fixture.trainings(TestCaller::platform_staff());
        let request_id = fixture.new_id().to_string();
        let request = CreateTrainingRequest {
            request_id,
            ..training("MR-102")
        };
        async move { staff.create_training(request).await }
    });
    let (made, refused): (Vec<_>, Vec<_>) = join_all(creations).await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 15));
    assert!(
        refused
            .into_iter()
            .all(|refused| reason(refused) == ErrorReason::TrainingCodeTaken)
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM trainings")
            .await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_answer_and_its_id_serves_no_other() {
    let fixture = Fixture::start().await;
    let mut staff = fixture.trainings(TestCaller::platform_staff());
    let request = CreateTrainingRequest {
        request_id: fixture.new_id().to_string(),
        ..training("MR-101")
    };
    let first = staff.create_training(request.clone()).await.unwrap().into_inner();
    let again = staff.create_training(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = CreateTrainingRequest {
        training: training("MR-102").training,
        ..request
    };
    assert_eq!(
        reason(staff.create_training(other).await),
        ErrorReason::RequestIdReused
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM trainings")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_training_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let mut staff = fixture.trainings(TestCaller::platform_staff());
    let bad = Training {
        code: "-".to_owned(),
        description: "x".repeat(4001),
        ..Default::default()
    };
    let request = CreateTrainingRequest {
        training: Some(bad),
        request_id: "x".to_owned(),
        reason: String::new(),
    };
    let refused = staff.create_training(request).await.unwrap_err();
    assert_eq!(
        muster_refusal::reason_of(&refused),
        Some(ErrorReason::InvalidRequest)
    );
    let fields: std::collections::BTreeSet<_> = fields_of(&refused).into_iter().collect();
    let expected = [
        "reason",
        "request_id",
        "training.code",
        "training.description",
        "training.display_name",
    ];
    assert_eq!(fields, expected.into_iter().map(str::to_owned).collect());
    let without = staff.create_training(CreateTrainingRequest::default()).await;
    assert_eq!(reason(without), ErrorReason::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_writes_the_catalog_and_strangers_do_not_read_it() {
    let fixture = Fixture::start().await;
    for (who, refused) in [
        (TestCaller::Nobody, ErrorReason::TokenMissing),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
    ] {
        let written = fixture
            .trainings(who.clone())
            .create_training(training("MR-101"))
            .await;
        assert_eq!(reason(written), refused, "{who:?}");
        let read = fixture
            .trainings(who.clone())
            .list_trainings(ListTrainingsRequest::default())
            .await;
        assert_eq!(reason(read), refused, "{who:?}");
    }
    let direct = fixture
        .trainings(TestCaller::Workload("organization"))
        .create_training(training("MR-101"))
        .await;
    assert_eq!(reason(direct), ErrorReason::TokenMissing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_serves_only_its_caller() {
    let fixture = Fixture::start().await;
    fixture.new_training("MR-101").await;
    fixture.new_training("MR-102").await;
    let first = ListTrainingsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = fixture
        .trainings(TestCaller::person("learner-1"))
        .list_trainings(first.clone())
        .await
        .unwrap();
    let next = ListTrainingsRequest {
        page_token: page.into_inner().next_page_token,
        ..first
    };
    let altered = ListTrainingsRequest {
        page_token: format!("{}A", next.page_token),
        ..next.clone()
    };
    for (who, request) in [("learner-2", next.clone()), ("learner-1", altered)] {
        let answer = fixture
            .trainings(TestCaller::person(who))
            .list_trainings(request)
            .await;
        assert_eq!(reason(answer), ErrorReason::PageTokenInvalid);
    }
    let page = fixture
        .trainings(TestCaller::person("learner-1"))
        .list_trainings(next)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((page.trainings.len(), page.next_page_token.as_str()), (1, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_service_learns_which_trainings_exist() {
    let fixture = Fixture::start().await;
    let known = fixture.new_training("MR-101").await.to_string();
    let unknown = TrainingName {
        training: TrainingId::from_uuid(fixture.new_id()),
    }
    .to_string();
    let request = BatchGetTrainingsRequest {
        names: vec![unknown, known.clone()],
    };
    let internal = |who| TrainingInternalServiceClient::new(fixture.service.calls_of(who));
    let found = internal(TestCaller::Workload("organization"))
        .batch_get_trainings(request.clone())
        .await
        .unwrap();
    let names: Vec<_> = found
        .into_inner()
        .trainings
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, [known]);

    for (who, refused) in [
        (TestCaller::Workload("invitation"), ErrorReason::PermissionDenied),
        (TestCaller::platform_staff(), ErrorReason::TokenMissing),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        assert_eq!(
            reason(internal(who).batch_get_trainings(request.clone()).await),
            refused
        );
    }
    let malformed = BatchGetTrainingsRequest {
        names: vec!["x".to_owned(), "trainings/y".to_owned()],
    };
    let refused = internal(TestCaller::Workload("organization"))
        .batch_get_trainings(malformed)
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["names[0]", "names[1]"]);
}
