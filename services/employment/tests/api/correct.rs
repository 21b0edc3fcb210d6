//! `CorrectEmployment`.

use muster_proto::employment::v1::{
    CorrectEmploymentRequest, Employment, EmploymentState, RejectionReason, VerifyEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, quota_of, reason_of};
use muster_testkit::{TestCaller, eventually};
use tonic::{Response, Status};

use crate::claim::at;
use crate::fixture::{Fixture, reason};

impl Fixture {
    pub(crate) async fn correct(&self, person: &str, name: &str) -> Result<Response<Employment>, Status> {
        let request = CorrectEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut client = self.person_employments(TestCaller::person(person));
        let corrected = client.correct_employment(request).await?;
        Ok(corrected.map(|answer| answer.employment.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_archived_with_the_rejection_and_active_again_when_the_claim_is_corrected() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let is = async |state: &'static str| {
        let count = match state {
            "ACTIVE" => "SELECT count(*) FROM invitations WHERE state = 'ACTIVE'",
            _ => "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'",
        };
        eventually(async || fixture.invitations.database.count(count).await == 1).await;
    };
    is("ACTIVE").await;
    for _ in 0..2 {
        let why = RejectionReason::OtherSite;
        fixture.reject(&claim.name, why, "").await.unwrap();
        is("ARCHIVED").await;
        fixture.correct("learner-1", &claim.name).await.unwrap();
        is("ACTIVE").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_claim_is_corrected_and_can_be_verified_and_every_rejection_stays() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    for (why, comment) in [
        (RejectionReason::Dates, "since May"),
        (RejectionReason::Other, "call us"),
    ] {
        fixture.reject(&claim.name, why, comment).await.unwrap();
        let corrected = fixture
            .correct("learner-1", &claim.name)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(corrected.state(), EmploymentState::PendingVerification);
        let again = fixture.correct("learner-1", &claim.name).await.unwrap();
        assert_eq!(again.into_inner(), corrected);
    }
    let request = VerifyEmploymentRequest {
        name: claim.name.clone(),
        request_id: String::new(),
    };
    let verified = fixture
        .employments(fixture.admin())
        .verify_employment(request)
        .await;
    let verified = verified.unwrap().into_inner().employment.unwrap();
    let comments: Vec<_> = verified
        .rejections
        .iter()
        .map(|one| one.comment.as_str())
        .collect();
    assert_eq!(comments, ["since May", "call us"]);
    assert_eq!(
        reason(fixture.correct("learner-1", &claim.name).await),
        R::EmploymentVerified
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_claim_is_not_corrected_while_another_one_is_open() {
    let fixture = Fixture::start().await;
    let first = fixture.claimed("learner-1").await;
    fixture
        .reject(&first.name, RejectionReason::Position, "")
        .await
        .unwrap();
    let second = fixture.claimed("learner-1").await;
    assert_ne!(first.name, second.name);
    let superseded = async || reason(fixture.correct("learner-1", &first.name).await);
    assert_eq!(superseded().await, R::EmploymentSuperseded);
    fixture.withdraw("learner-1", &second.name).await.unwrap();
    // Over by now, it keeps nobody from it. What others order by is above everything that was told of the two.
    fixture.correct("learner-1", &first.name).await.unwrap();
    let states: Vec<_> = fixture.employments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(Employment::state).collect();
    assert_eq!(
        states,
        [EmploymentState::Withdrawn, EmploymentState::PendingVerification]
    );
    let state = fixture.state().await;
    assert_eq!(
        (state.state(), state.employment.as_str(), state.sequence),
        (EmploymentState::PendingVerification, first.name.as_str(), 5)
    );
    let id = first.name.rsplit('/').next().unwrap();
    let known = format!(
        "SELECT count(*) FROM employment_projection
         WHERE state = 'PENDING_VERIFICATION' AND sequence = 5 AND employment_id = '{id}'"
    );
    let known: &'static str = known.leak();
    eventually(async || fixture.organizations.database.count(known).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_claim_is_not_found_like_one_that_does_not_exist() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    fixture
        .reject(&claim.name, RejectionReason::Position, "")
        .await
        .unwrap();
    let others = fixture.correct("learner-2", &claim.name).await.unwrap_err();
    let absent = format!(
        "{}/employments/{}",
        fixture.organization_name(),
        fixture.service.clock.new_uuid()
    );
    let absent = fixture.correct("learner-2", &absent).await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&others), Some(R::NotFound));
    assert_eq!(
        (others.message(), others.details()),
        (absent.message(), absent.details())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_rejected_five_times_is_not_handed_in_again_and_a_new_one_begins_bare() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    for time in 1..=5 {
        let comment = time.to_string();
        fixture
            .reject(&claim.name, RejectionReason::Dates, &comment)
            .await
            .unwrap();
        if time < 5 {
            fixture.correct("learner-1", &claim.name).await.unwrap();
        }
    }
    let refused = fixture.correct("learner-1", &claim.name).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(R::TooManyRejections));
    assert_eq!(quota_of(&refused), Some((5, 5)));
    let edit = Employment {
        name: claim.name.clone(),
        start_date: "2026-01-01".to_owned(),
        ..Default::default()
    };
    let edited = fixture.update("learner-1", edit, &["start_date"]).await;
    assert_eq!(reason_of(&edited.unwrap_err()), Some(R::TooManyRejections));
    let rejected = fixture.read(&claim.name).await;
    assert_eq!(rejected.state(), EmploymentState::Rejected);
    assert_eq!(rejected.rejections.len(), 5);
    let organization = fixture.organization_name();
    let anew = fixture
        .claim(TestCaller::person("learner-1"), vec![at(organization)])
        .await
        .unwrap()
        .remove(0);
    assert!(anew.name != claim.name && anew.rejections.is_empty());
    // Of one of before, which was rejected more often, the last ones are told.
    let more = "INSERT INTO employment_rejections (organization_id, employment_id, version, reason, comment, person_id, reject_time)
        SELECT organization_id, employment_id, 1000 + number, reason, 'more ' || number, person_id, reject_time
        FROM employment_rejections, generate_series(1, 300) AS number WHERE comment = '1'";
    fixture.service.database.execute(more).await;
    let rejected = fixture.read(&claim.name).await;
    let comments: Vec<_> = rejected
        .rejections
        .iter()
        .map(|one| one.comment.as_str())
        .collect();
    assert_eq!(
        comments,
        ["more 296", "more 297", "more 298", "more 299", "more 300"]
    );
}
