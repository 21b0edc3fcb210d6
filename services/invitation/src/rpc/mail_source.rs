//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_ids::InvitationName;
use muster_proto::notification::v1 as proto;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_server::Call;
use muster_server::convert::timestamp;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::get_mail::{Mail, get_mail};

/// The only language so far.
const LOCALE: &str = "en";

#[tonic::async_trait]
impl MailSourceInternalService for Rpc {
    async fn get_mail(
        &self,
        request: Request<proto::GetMailRequest>,
    ) -> Result<Response<proto::GetMailResponse>, Status> {
        let (call, name): (_, InvitationName) = Call::read(request, |call, violations| {
            violations.check("purpose", own(call.message.purpose()));
            Ok(named(violations, "subject", &call.message.subject))
        })?;
        let mail = get_mail(&self.context, name, call.message.generation).await?;
        Ok(Response::new(
            mail.map_or_else(proto::GetMailResponse::default, |mail| response(&mail)),
        ))
    }
}

/// The mails of other purposes are about things of other services.
fn own(purpose: proto::MailPurpose) -> Result<(), &'static str> {
    if purpose == proto::MailPurpose::Invite {
        Ok(())
    } else {
        Err("must be the purpose of a mail about an invitation")
    }
}

fn response(mail: &Mail) -> proto::GetMailResponse {
    proto::GetMailResponse {
        wanted: true,
        address: mail.invitation.address.as_given().to_owned(),
        expire_time: Some(timestamp(mail.invitation.expire_time)),
        locale: LOCALE.to_owned(),
        variables: Some(Variables::Invite(proto::InviteVariables {
            link: mail.link.clone(),
            organization_display_name: mail.inviting.display_name.clone(),
            groups: mail.inviting.names_of_active(&mail.invitation.groups),
        })),
    }
}
