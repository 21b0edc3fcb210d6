//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_ids::{AcceptanceNoticeName, InvitationName, JoinRequestName};
use muster_proto::notification::v1 as notification_pb;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_refusal::Violations;
use muster_server::convert::timestamp;
use muster_server::names::named;
use muster_server::{Call, mails};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::ops::acceptance_notice::get_mail as notice;
use crate::ops::get_mail::{Mail, get_mail};
use crate::ops::join_request::{self, mail::JoinMail};

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<notification_pb::GetMailRequest>,
    ) -> Result<Response<notification_pb::GetMailResponse>, Status> {
        let (_, about) = Call::read(request, |call, violations| {
            mails::question(call, violations, about)
        })?;
        Ok(Response::new(self.mail_about(about).await?))
    }

    async fn batch_get_mails(
        &self,
        request: Request<notification_pb::BatchGetMailsRequest>,
    ) -> Result<Response<notification_pb::BatchGetMailsResponse>, Status> {
        let (_, all) = Call::read(request, |call, violations| {
            mails::questions(call, violations, about)
        })?;
        Ok(Response::new(
            mails::answers(all, |about| self.mail_about(about)).await,
        ))
    }
}

impl Rpc {
    async fn mail_about(&self, about: About) -> Result<notification_pb::GetMailResponse, Error> {
        let answer = match about {
            About::Invitation(name, generation) => {
                let mail = get_mail(&self.context, name, generation).await?;
                mail.map(|mail| response(&mail))
            }
            About::JoinRequest(name) => {
                let mail = join_request::mail::mail(&self.context, name).await?;
                mail.map(join_response)
            }
            About::AcceptanceNotice(name) => {
                let mail = notice::get_mail(&self.context, name).await?;
                mail.map(notice_response)
            }
        };
        Ok(answer.unwrap_or_default())
    }
}

/// What a mail is about.
enum About {
    /// With the generation of its link.
    Invitation(InvitationName, i32),
    JoinRequest(JoinRequestName),
    AcceptanceNotice(AcceptanceNoticeName),
}

/// What is wrong is told of the fields after `within`. The mails of other purposes are about things of other services.
fn about(
    question: &notification_pb::GetMailRequest,
    within: &str,
    violations: &mut Violations,
) -> Option<About> {
    let (field, subject) = (format!("{within}subject"), &question.subject);
    let invitation = |violations: &mut Violations| {
        let name = named(violations, &field, subject)?;
        Some(About::Invitation(name, question.generation))
    };
    match question.purpose() {
        notification_pb::MailPurpose::Invite => invitation(violations),
        notification_pb::MailPurpose::Join => named(violations, &field, subject).map(About::JoinRequest),
        notification_pb::MailPurpose::GroupsInactive => {
            named(violations, &field, subject).map(About::AcceptanceNotice)
        }
        _ => {
            violations.add(
                format!("{within}purpose"),
                "must be the purpose of a mail about an invitation, a request to join or an acceptance",
            );
            invitation(violations)
        }
    }
}

fn join_response(mail: JoinMail) -> notification_pb::GetMailResponse {
    notification_pb::GetMailResponse {
        wanted: true,
        address: mail.request.address.as_given().to_owned(),
        expire_time: Some(timestamp(mail.request.expire_time)),
        locale: mail.request.language.tag().to_owned(),
        time_zone: mail.time_zone,
        variables: Some(Variables::Join(notification_pb::JoinVariables {
            link: mail.link,
            organization_display_name: mail.organization_display_name,
            is_learner: mail.is_learner,
        })),
    }
}

fn notice_response(mail: notice::Mail) -> notification_pb::GetMailResponse {
    notification_pb::GetMailResponse {
        wanted: true,
        address: mail.address,
        expire_time: None,
        locale: mail.language.tag().to_owned(),
        // No time is said.
        time_zone: String::new(),
        variables: Some(Variables::GroupsInactive(
            notification_pb::GroupsInactiveVariables {
                organization_display_name: mail.organization_display_name,
                groups: mail.groups,
            },
        )),
    }
}

fn response(mail: &Mail) -> notification_pb::GetMailResponse {
    notification_pb::GetMailResponse {
        wanted: true,
        address: mail.invitation.address.as_given().to_owned(),
        expire_time: Some(timestamp(mail.invitation.expire_time)),
        locale: mail.invitation.language.tag().to_owned(),
        time_zone: mail.inviting.time_zone.clone(),
        variables: Some(Variables::Invite(notification_pb::InviteVariables {
            link: mail.link.clone(),
            organization_display_name: mail.inviting.display_name.clone(),
            groups: mail.inviting.names_of_active(&mail.invitation.groups),
        })),
    }
}
