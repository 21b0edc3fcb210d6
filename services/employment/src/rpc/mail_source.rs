//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_ids::VerificationNoticeName;
use muster_proto::notification::v1 as notification_pb;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, mails};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::ops::verification_notice::get_mail::{Mail, get_mail};

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<notification_pb::GetMailRequest>,
    ) -> Result<Response<notification_pb::GetMailResponse>, Status> {
        let (_, notice) = Call::read(request, |call, violations| {
            mails::question(call, violations, subject)
        })?;
        Ok(Response::new(self.mail(notice).await?))
    }

    async fn batch_get_mails(
        &self,
        request: Request<notification_pb::BatchGetMailsRequest>,
    ) -> Result<Response<notification_pb::BatchGetMailsResponse>, Status> {
        let (_, notices) = Call::read(request, |call, violations| {
            mails::questions(call, violations, subject)
        })?;
        Ok(Response::new(
            mails::answers(notices, |notice| self.mail(notice)).await,
        ))
    }
}

impl Rpc {
    async fn mail(&self, notice: VerificationNoticeName) -> Result<notification_pb::GetMailResponse, Error> {
        let mail = get_mail(&self.context, notice).await?;
        Ok(mail.map(Into::into).unwrap_or_default())
    }
}

/// What is wrong is told of the fields after `within`.
fn subject(
    question: &notification_pb::GetMailRequest,
    within: &str,
    violations: &mut Violations,
) -> Option<VerificationNoticeName> {
    violations.check(format!("{within}purpose"), own(question.purpose()));
    named(violations, &format!("{within}subject"), &question.subject)
}

/// The mails of other purposes are about things of other services.
fn own(purpose: notification_pb::MailPurpose) -> Result<(), &'static str> {
    if purpose == notification_pb::MailPurpose::EmploymentToVerify {
        Ok(())
    } else {
        Err("must be the purpose of a mail about employments")
    }
}

impl From<Mail> for notification_pb::GetMailResponse {
    fn from(mail: Mail) -> Self {
        let Mail {
            address,
            organization_display_name,
            language,
            link,
        } = mail;
        Self {
            wanted: true,
            address,
            expire_time: None,
            locale: language.tag().to_owned(),
            // No time is said.
            time_zone: String::new(),
            variables: Some(Variables::EmploymentToVerify(
                notification_pb::EmploymentToVerifyVariables {
                    organization_display_name,
                    link,
                },
            )),
        }
    }
}
