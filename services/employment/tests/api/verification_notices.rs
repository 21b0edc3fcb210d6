//! What administrators are mailed about people who wait to be verified, as the mail worker asks for it.

use muster_proto::employment::v1::RejectionReason;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::Who;
use tonic::{Response, Status};

use crate::claim::at;
use crate::world::{World, reason};

async fn get_mail(
    world: &World,
    who: Who,
    subject: &str,
    purpose: MailPurpose,
) -> Result<Response<GetMailResponse>, Status> {
    let request = GetMailRequest {
        subject: subject.to_owned(),
        purpose: purpose.into(),
        generation: 1,
    };
    let mut source = MailSourceInternalServiceClient::new(world.service.calls_of(who));
    source.get_mail(request).await
}

/// The notice of an administrator who was to be mailed.
async fn notice(world: &World) -> String {
    let invitation = world.invite(&[world.new_group().await]).await;
    world.open_to_join_page().await;
    world.accept(invitation, "learner-1").await;
    let name = "SELECT 'organizations/' || organization_id || '/verificationNotices/' || notice_id FROM verification_notices";
    let mut connection = world.service.database.connection().await;
    sqlx::query_scalar(name).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_mail_worker_may_ask() {
    let world = World::start().await;
    let notice = notice(&world).await;
    let purpose = MailPurpose::EmploymentToVerify;
    for (who, expected) in [
        (Who::Workload("invitation"), ErrorReason::PermissionDenied),
        (world.admin(), ErrorReason::TokenMissing),
    ] {
        assert_eq!(reason(get_mail(&world, who, &notice, purpose).await), expected);
    }
    let mail = get_mail(&world, Who::Workload("notification"), &notice, purpose).await;
    let mail = mail.unwrap().into_inner();
    assert_eq!((mail.wanted, mail.address.as_str()), (true, "owner@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_notice_that_is_not_there_no_mail_is_wanted() {
    let world = World::start().await;
    let notice = notice(&world).await;
    let (organization, _) = notice.rsplit_once('/').unwrap();
    let absent = format!("{organization}/{}", world.service.clock.new_uuid());
    let purpose = MailPurpose::EmploymentToVerify;
    let mail = get_mail(&world, Who::Workload("notification"), &absent, purpose).await;
    assert_eq!(mail.unwrap().into_inner(), GetMailResponse::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_about_other_things_are_asked_for_elsewhere() {
    let world = World::start().await;
    let worker = Who::Workload("notification");
    let refused = get_mail(&world, worker, "organizations/x", MailPurpose::Invite).await;
    let violations = violations_of(&refused.unwrap_err());
    let fields: Vec<_> = violations.into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["purpose", "subject"]);
}

/// By their own call as by the join page; and a claim that is handed in again waits again.
#[tokio::test(flavor = "multi_thread")]
async fn who_claims_by_themself_or_hands_in_again_is_mailed_about() {
    let world = World::start().await;
    let claimed = world
        .claim(Who::person("learner-1"), vec![at(world.organization_name())])
        .await
        .unwrap();
    assert_eq!(world.published("mail.requested").await, 1);
    world
        .claim(Who::person("learner-1"), vec![at(world.organization_name())])
        .await
        .unwrap();
    assert_eq!(world.published("mail.requested").await, 1, "nothing new waits");
    let name = &claimed[0].name;
    world.reject(name, RejectionReason::Dates, "").await.unwrap();
    world.correct("learner-1", name).await.unwrap();
    assert_eq!(world.published("mail.requested").await, 2);
    world.correct("learner-1", name).await.unwrap();
    assert_eq!(world.published("mail.requested").await, 2, "it waits already");
}
