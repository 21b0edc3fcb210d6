//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_ids::{InvitationName, JoinRequestName};
use muster_proto::notification::v1 as notification_pb;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_refusal::Violations;
use muster_server::convert::timestamp;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::get_mail::{Mail, get_mail};
use crate::ops::join_request::{self, mail::JoinMail};

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<notification_pb::GetMailRequest>,
    ) -> Result<Response<notification_pb::GetMailResponse>, Status> {
        let (call, about) = Call::read(request, about)?;
        let answer = match about {
            About::Invitation(name) => {
                let mail = get_mail(&self.context, name, call.message.generation).await?;
                mail.map(|mail| response(&mail))
            }
            About::JoinRequest(name) => {
                let mail = join_request::mail::mail(&self.context, name).await?;
                mail.map(join_response)
            }
        };
        Ok(Response::new(answer.unwrap_or_default()))
    }
}

/// What a mail is about.
enum About {
    Invitation(InvitationName),
    JoinRequest(JoinRequestName),
}

/// The mails of other purposes are about things of other services.
fn about(call: &Call<notification_pb::GetMailRequest>, violations: &mut Violations) -> Parsed<About> {
    let subject = &call.message.subject;
    Ok(match call.message.purpose() {
        notification_pb::MailPurpose::Invite => named(violations, "subject", subject).map(About::Invitation),
        notification_pb::MailPurpose::Join => named(violations, "subject", subject).map(About::JoinRequest),
        _ => {
            violations.add(
                "purpose",
                "must be the purpose of a mail about an invitation or a request to join",
            );
            named::<InvitationName>(violations, "subject", subject).map(About::Invitation)
        }
    })
}

fn join_response(mail: JoinMail) -> notification_pb::GetMailResponse {
    notification_pb::GetMailResponse {
        wanted: true,
        address: mail.request.address.as_given().to_owned(),
        expire_time: Some(timestamp(mail.request.expire_time)),
        locale: mail.request.language.tag().to_owned(),
        variables: Some(Variables::Join(notification_pb::JoinVariables {
            link: mail.link,
            organization_display_name: mail.organization_display_name,
            is_learner: mail.is_learner,
        })),
    }
}

fn response(mail: &Mail) -> notification_pb::GetMailResponse {
    notification_pb::GetMailResponse {
        wanted: true,
        address: mail.invitation.address.as_given().to_owned(),
        expire_time: Some(timestamp(mail.invitation.expire_time)),
        locale: mail.invitation.language.tag().to_owned(),
        variables: Some(Variables::Invite(notification_pb::InviteVariables {
            link: mail.link.clone(),
            organization_display_name: mail.inviting.display_name.clone(),
            groups: mail.inviting.names_of_active(&mail.invitation.groups),
        })),
    }
}
