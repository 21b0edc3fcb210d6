//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_clock::TimeZones;
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
use crate::ops::access_mail::get_mail::{Mail, Question, Says, get_mail};

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<notification_pb::GetMailRequest>,
    ) -> Result<Response<notification_pb::GetMailResponse>, Status> {
        let (_, asked) = Call::read(request, |call, violations| {
            mails::question(call, violations, question)
        })?;
        Ok(Response::new(self.mail(asked).await?))
    }

    async fn batch_get_mails(
        &self,
        request: Request<notification_pb::BatchGetMailsRequest>,
    ) -> Result<Response<notification_pb::BatchGetMailsResponse>, Status> {
        let (_, asked) = Call::read(request, |call, violations| {
            mails::questions(call, violations, question)
        })?;
        Ok(Response::new(
            mails::answers(asked, |question| self.mail(question)).await,
        ))
    }
}

impl Rpc {
    async fn mail(&self, question: Question) -> Result<notification_pb::GetMailResponse, Error> {
        let mail = get_mail(&self.context, question).await?;
        let time_zones = &self.context.time_zones;
        Ok(mail.map(|mail| response(mail, time_zones)).unwrap_or_default())
    }
}

/// What is wrong is told of the fields after `within`. The mails of other purposes are about things of other services.
fn question(
    asked: &notification_pb::GetMailRequest,
    within: &str,
    violations: &mut Violations,
) -> Option<Question> {
    use notification_pb::MailPurpose as Purpose;
    let (field, subject) = (format!("{within}subject"), &asked.subject);
    match asked.purpose() {
        Purpose::AccessRequested => named(violations, &field, subject).map(Question::Notice),
        Purpose::AccessEnds => named(violations, &field, subject).map(Question::Reminder),
        Purpose::ReviewDue => named(violations, &field, subject).map(Question::Review),
        Purpose::OwnershipMoved => named(violations, &field, subject).map(Question::Moved),
        Purpose::Suspension => named(violations, &field, subject).map(Question::Suspension),
        Purpose::Unspecified
        | Purpose::Invite
        | Purpose::EmploymentToVerify
        | Purpose::Join
        | Purpose::GroupsInactive => {
            violations.add(
                format!("{within}purpose"),
                "must be the purpose of a mail about access, a review, an ownership or a suspension",
            );
            None
        }
    }
}

fn response(mail: Mail, time_zones: &TimeZones) -> notification_pb::GetMailResponse {
    let Mail {
        address,
        organization_display_name,
        language,
        authority,
        says,
    } = mail;
    let organization_display_name = organization_display_name.to_string();
    let (expire_time, variables) = match says {
        Says::Requested => {
            let variables = notification_pb::AccessRequestedVariables {
                organization_display_name,
            };
            (None, Variables::AccessRequested(variables))
        }
        Says::Ends { at, own } => {
            let variables = notification_pb::AccessEndsVariables {
                organization_display_name,
                own,
            };
            (Some(timestamp(at)), Variables::AccessEnds(variables))
        }
        Says::Review { is_overdue } => {
            let variables = notification_pb::ReviewDueVariables {
                organization_display_name,
                is_overdue,
            };
            (None, Variables::ReviewDue(variables))
        }
        Says::Moved { is_owner } => {
            let variables = notification_pb::OwnershipMovedVariables {
                organization_display_name,
                is_owner,
            };
            (None, Variables::OwnershipMoved(variables))
        }
        Says::Suspension { is_over } => {
            let variables = notification_pb::SuspensionVariables {
                organization_display_name,
                is_over,
            };
            (None, Variables::Suspension(variables))
        }
    };
    notification_pb::GetMailResponse {
        wanted: true,
        address: address.as_given().to_owned(),
        expire_time,
        locale: language.tag().to_owned(),
        time_zone: time_zones.name_of(&authority),
        variables: Some(variables),
    }
}
