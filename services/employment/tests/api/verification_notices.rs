//! What administrators are mailed about people who wait to be verified, as the mail worker asks for it.

use muster_proto::employment::v1::RejectionReason;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose};
use muster_refusal::{ErrorReason, fields_of};
use muster_testkit::{Callers, TestCaller};
use tonic::{Response, Status};

use crate::claim::at;
use crate::fixture::{Fixture, reason};

async fn get_mail(
    fixture: &Fixture,
    who: TestCaller,
    subject: &str,
    purpose: MailPurpose,
) -> Result<Response<GetMailResponse>, Status> {
    let request = GetMailRequest {
        subject: subject.to_owned(),
        purpose: purpose.into(),
        generation: 1,
    };
    let mut source = MailSourceInternalServiceClient::new(fixture.service.calls_of(who));
    source.get_mail(request).await
}

/// The notice of an administrator who was to be mailed.
async fn notice(fixture: &Fixture) -> String {
    let invitation = fixture.invite(&[fixture.new_group().await]).await;
    fixture.open_to_join_page().await;
    fixture.accept(invitation, "learner-1").await;
    let name = "SELECT 'organizations/' || organization_id || '/verificationNotices/' || notice_id FROM verification_notices";
    let mut connection = fixture.service.database.connection().await;
    sqlx::query_scalar(name).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_mail_worker_may_ask() {
    let fixture = Fixture::start().await;
    let notice = notice(&fixture).await;
    let purpose = MailPurpose::EmploymentToVerify;
    for (who, expected) in [
        (TestCaller::Workload("invitation"), ErrorReason::PermissionDenied),
        (fixture.admin(), ErrorReason::TokenMissing),
    ] {
        assert_eq!(reason(get_mail(&fixture, who, &notice, purpose).await), expected);
    }
    let mail = get_mail(&fixture, TestCaller::Workload("notification"), &notice, purpose).await;
    let mail = mail.unwrap().into_inner();
    assert_eq!((mail.wanted, mail.address.as_str()), (true, "owner@example.com"));
}

/// R12: whoever has the role when the mail is sent is told, and nobody who had it when it was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_administrator_any_more_gets_nothing_that_was_queued_before() {
    let fixture = Fixture::start().await;
    let (organization, ada) = (fixture.organization, Callers::person("ada").id);
    let access = &fixture.organizations.database;
    let let_in = format!(
        "INSERT INTO profile_users (organization_id, person_id, display_name, role, origin, version, create_time)
         VALUES ('{organization}', '{ada}', 'ada', 'ADMIN', 'REQUEST', 1, now());
         INSERT INTO profile_user_addresses (organization_id, person_id, address_given, address_canonical, create_time)
         VALUES ('{organization}', '{ada}', 'ada@example.com', 'ada@example.com', now())"
    );
    access.run(let_in).await;
    notice(&fixture).await;
    let hers: String = sqlx::query_scalar(
        "SELECT 'organizations/' || organization_id || '/verificationNotices/' || notice_id
         FROM verification_notices WHERE person_id = $1",
    )
    .bind(ada.as_uuid())
    .fetch_one(&mut fixture.service.database.connection().await)
    .await
    .unwrap();
    let mail = async || {
        let worker = TestCaller::Workload("notification");
        let mail = get_mail(&fixture, worker, &hers, MailPurpose::EmploymentToVerify).await;
        mail.unwrap().into_inner()
    };
    assert_eq!(mail().await.address, "ada@example.com");
    for lost in [
        "UPDATE profile_users SET role = 'VIEWER'",
        "UPDATE profile_users SET role = 'ADMIN', expire_time = '2026-02-01'",
        "DELETE FROM profile_users",
    ] {
        access.run(format!("{lost} WHERE person_id = '{ada}'")).await;
        assert_eq!(mail().await, GetMailResponse::default(), "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_notice_that_is_not_there_no_mail_is_wanted() {
    let fixture = Fixture::start().await;
    let notice = notice(&fixture).await;
    let (organization, _) = notice.rsplit_once('/').unwrap();
    let absent = format!("{organization}/{}", fixture.service.clock.new_uuid());
    let purpose = MailPurpose::EmploymentToVerify;
    let mail = get_mail(&fixture, TestCaller::Workload("notification"), &absent, purpose).await;
    assert_eq!(mail.unwrap().into_inner(), GetMailResponse::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_about_other_things_are_asked_for_elsewhere() {
    let fixture = Fixture::start().await;
    let worker = TestCaller::Workload("notification");
    let refused = get_mail(&fixture, worker, "organizations/x", MailPurpose::Invite).await;
    let fields = fields_of(&refused.unwrap_err());
    assert_eq!(fields, ["purpose", "subject"]);
}

/// By their own call as by the join page; and a claim that is handed in again waits again.
#[tokio::test(flavor = "multi_thread")]
async fn who_claims_by_themself_or_hands_in_again_is_mailed_about() {
    let fixture = Fixture::start().await;
    let claimed = fixture
        .claim(
            TestCaller::person("learner-1"),
            vec![at(fixture.organization_name())],
        )
        .await
        .unwrap();
    assert_eq!(fixture.published("mail.requested").await, 1);
    fixture
        .claim(
            TestCaller::person("learner-1"),
            vec![at(fixture.organization_name())],
        )
        .await
        .unwrap();
    assert_eq!(fixture.published("mail.requested").await, 1, "nothing new waits");
    let name = &claimed[0].name;
    fixture.reject(name, RejectionReason::Dates, "").await.unwrap();
    fixture.correct("learner-1", name).await.unwrap();
    assert_eq!(fixture.published("mail.requested").await, 2);
    fixture.correct("learner-1", name).await.unwrap();
    assert_eq!(fixture.published("mail.requested").await, 2, "it waits already");
}

/// Whoever waited is told of already; what waits again is told of like a claim.
#[tokio::test(flavor = "multi_thread")]
async fn who_edits_what_was_verified_or_rejected_is_mailed_about_once() {
    let fixture = Fixture::start().await;
    let verified = fixture.employed("learner-1").await;
    assert_eq!(fixture.published("mail.requested").await, 0);
    let edit = async |start: &str| fixture.restart("learner-1", &verified.name, start).await.unwrap();
    edit("2026-02-01").await;
    assert_eq!(fixture.published("mail.requested").await, 1);
    edit("2026-02-02").await;
    assert_eq!(fixture.published("mail.requested").await, 1, "it waits already");

    fixture
        .reject(&verified.name, RejectionReason::Dates, "")
        .await
        .unwrap();
    edit("2026-02-03").await;
    assert_eq!(
        fixture.published("mail.requested").await,
        2,
        "for after the first"
    );
}
