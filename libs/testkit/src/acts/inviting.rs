//! Acts at the invitation service.

use muster_address::EmailAddress;
use muster_client::acts::invitation::create;
use muster_client::acts::redemption;
use muster_identity::PersonCaller;
use muster_ids::{InvitationName, OrganizationId, OrganizationName};
use muster_proto::invitation::v1 as pb;
use muster_proto::notification::v1 as notification_pb;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;

use crate::{Callers, TestCaller, TestService};

/// An invitation by hand.
pub async fn invite(
    invitations: &TestService,
    inviter: TestCaller,
    organization: OrganizationId,
    invitation: pb::Invitation,
) -> InvitationName {
    let organization = OrganizationName { organization }.to_string();
    let inviter = invitations.calls_of(inviter);
    let made = create(&inviter, &organization, invitation).await;
    made.expect("an invitation").name.parse().expect("a name")
}

/// The person `name`, whose address is the invited one, accepts by the link of the mail.
pub async fn accept(invitations: &TestService, invitation: InvitationName, name: &str) {
    let request = notification_pb::GetMailRequest {
        subject: invitation.to_string(),
        purpose: notification_pb::MailPurpose::Invite.into(),
        generation: 1,
    };
    let mail_worker = TestCaller::Workload("notification");
    let mut client = MailSourceInternalServiceClient::new(invitations.calls_of(mail_worker));
    let mail = client.get_mail(request).await.expect("a mail").into_inner();
    let Some(Variables::Invite(words)) = mail.variables else {
        panic!(
            "a mail about an invitation says what invites: {:?}",
            mail.variables
        )
    };
    let token = words.link.rsplit('/').next().expect("a link").to_owned();
    let address = EmailAddress::parse(&mail.address).expect("an address");
    let person = PersonCaller {
        emails: vec![address],
        ..Callers::person(name)
    };
    let invitee = invitations.calls_of(TestCaller::Person(person, None));
    redemption::accept(&invitee, &token).await.expect("accepted");
}
