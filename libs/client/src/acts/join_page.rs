//! Join pages: their settings, and what strangers do there.

use muster_proto::invitation::v1::join_request_service_client::JoinRequestServiceClient;
use muster_proto::invitation::v1::{RequestToJoinRequest, VerifyJoinRequestRequest};
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_proto::organization::v1::{
    GetJoinPageRequest, JoinPage, JoinPageLogo, LookupJoinPageRequest, LookupJoinPageResponse,
    SetJoinPageLogoRequest, UpdateJoinPageRequest,
};
use prost_types::FieldMask;

use super::resource;
use crate::{CallError, Transport, call, request_id};

/// Reads the settings of an organization's page.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, name: &str) -> Result<JoinPage, CallError> {
    let request = GetJoinPageRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| JoinPageServiceClient::new(client).get_join_page(request).await;
    resource(reader, request, send, |response| response.join_page).await
}

/// Changes the settings that `fields` name: `enabled`, `slug`, `allowed_domains`.
///
/// # Errors
/// The call failed.
pub async fn update<T: Transport>(admin: &T, page: JoinPage, fields: &[&str]) -> Result<JoinPage, CallError> {
    let request = UpdateJoinPageRequest {
        join_page: Some(page),
        update_mask: Some(FieldMask {
            paths: fields.iter().map(|field| (*field).to_owned()).collect(),
        }),
        request_id: request_id(),
    };
    let send = async |client, request| JoinPageServiceClient::new(client).update_join_page(request).await;
    resource(admin, request, send, |response| response.join_page).await
}

/// Sets the logo that the page shows, of the bytes of a PNG or JPEG file.
///
/// # Errors
/// The call failed.
pub async fn set_logo<T: Transport>(
    admin: &T,
    name: &str,
    picture: Vec<u8>,
) -> Result<JoinPageLogo, CallError> {
    let request = SetJoinPageLogoRequest {
        name: name.to_owned(),
        picture,
        request_id: request_id(),
    };
    let send = async |client, request| {
        JoinPageServiceClient::new(client)
            .set_join_page_logo(request)
            .await
    };
    resource(admin, request, send, |response| response.logo).await
}

/// What the page of this address shows.
///
/// # Errors
/// The call failed.
pub async fn lookup<T: Transport>(anybody: &T, slug: &str) -> Result<LookupJoinPageResponse, CallError> {
    let request = LookupJoinPageRequest {
        slug: slug.to_owned(),
    };
    call(anybody, request, async |client, request| {
        JoinPageServiceClient::new(client).lookup_join_page(request).await
    })
    .await
}

/// Asks to join; a mail to the address says what to do next. Gives the organization's name.
///
/// # Errors
/// The call failed.
pub async fn ask<T: Transport>(anybody: &T, request: RequestToJoinRequest) -> Result<String, CallError> {
    let asked = call(anybody, request, async |client, request| {
        JoinRequestServiceClient::new(client)
            .request_to_join(request)
            .await
    });
    Ok(asked.await?.organization_display_name)
}

/// Confirms the address by the token of the mail. Gives the organization's name.
///
/// # Errors
/// The call failed.
pub async fn verify<T: Transport>(anybody: &T, token: &str) -> Result<String, CallError> {
    let request = VerifyJoinRequestRequest {
        token: token.to_owned(),
    };
    let verified = call(anybody, request, async |client, request| {
        JoinRequestServiceClient::new(client)
            .verify_join_request(request)
            .await
    });
    Ok(verified.await?.organization_display_name)
}
