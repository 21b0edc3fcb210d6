//! `MailSourceInternalService`: what the mail worker asks just before it sends.

use muster_ids::InvitationName;
use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::mail_source_internal_service_server::MailSourceInternalService;
use muster_server::Call;
use muster_server::convert::timestamp;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use crate::ops::get_mail::{Mail, get_mail};
use crate::parts::Parts;

/// The only language so far.
const LOCALE: &str = "en";

/// Answers the mail worker.
#[derive(Clone)]
pub(crate) struct MailSourceRpc {
    pub(crate) parts: Parts,
}

#[tonic::async_trait]
impl MailSourceInternalService for MailSourceRpc {
    async fn get_mail(
        &self,
        request: Request<proto::GetMailRequest>,
    ) -> Result<Response<proto::GetMailResponse>, Status> {
        let (call, name): (_, InvitationName) = Call::read(request, |call, violations| {
            Ok(named(violations, "subject", &call.message.subject))
        })?;
        let mail = get_mail(&self.parts, name, call.message.generation).await?;
        Ok(Response::new(
            mail.map_or_else(proto::GetMailResponse::default, |mail| response(&mail)),
        ))
    }
}

fn response(mail: &Mail) -> proto::GetMailResponse {
    proto::GetMailResponse {
        wanted: true,
        address: mail.invitation.address.as_given().to_owned(),
        link: mail.link.clone(),
        organization_display_name: mail.context.display_name.clone(),
        groups: mail.context.names_of_active(&mail.invitation.groups),
        expire_time: Some(timestamp(mail.invitation.expire_time)),
        locale: LOCALE.to_owned(),
    }
}
