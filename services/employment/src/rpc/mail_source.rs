//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use futures::future::join_all;
use muster_ids::VerificationNoticeName;
use muster_proto::notification::v1 as notification_pb;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_refusal::Violations;
use muster_server::Call;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::verification_notice::get_mail::{Mail, get_mail};

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<notification_pb::GetMailRequest>,
    ) -> Result<Response<notification_pb::GetMailResponse>, Status> {
        let (_, notice) = Call::read(request, |call, violations| {
            Ok(subject(&call.message, "", violations))
        })?;
        let mail = get_mail(&self.context, notice).await?;
        Ok(Response::new(mail.map(Into::into).unwrap_or_default()))
    }

    async fn batch_get_mails(
        &self,
        request: Request<notification_pb::BatchGetMailsRequest>,
    ) -> Result<Response<notification_pb::BatchGetMailsResponse>, Status> {
        let (_, notices) = Call::read(request, |call, violations| {
            let each = call.message.requests.iter().enumerate();
            let all: Vec<_> = each
                .map(|(place, question)| subject(question, &format!("requests[{place}]."), violations))
                .collect();
            Ok(all.into_iter().collect::<Option<Vec<_>>>())
        })?;
        let mails = notices.into_iter().map(|notice| get_mail(&self.context, notice));
        let answers = join_all(mails)
            .await
            .into_iter()
            .map(|mail| notification_pb::MailAnswer {
                mail: mail.ok().map(|mail| mail.map(Into::into).unwrap_or_default()),
            });
        Ok(Response::new(notification_pb::BatchGetMailsResponse {
            answers: answers.collect(),
        }))
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
            variables: Some(Variables::EmploymentToVerify(
                notification_pb::EmploymentToVerifyVariables {
                    organization_display_name,
                    link,
                },
            )),
        }
    }
}
