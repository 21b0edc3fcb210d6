//! A form that was posted, with who posted it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::account::SignedIn;
use super::form::Form;
use crate::limits::ClientAddress;

/// A form that was posted, by whoever is signed in.
pub(crate) struct Posted {
    pub(crate) pages: Arc<Pages>,
    pub(crate) signed_in: SignedIn,
    pub(crate) headers: HeaderMap,
    pub(crate) client: ClientAddress,
    pub(crate) form: Form,
}

impl FromRequest<Arc<Pages>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (mut head, body) = request.into_parts();
        let signed_in = Extension::from_request_parts(&mut head, pages).await;
        let Extension(signed_in) = signed_in.map_err(IntoResponse::into_response)?;
        let Ok(client) = ClientAddress::from_request_parts(&mut head, pages).await;
        let headers = head.headers.clone();
        let Ok(form) = Form::from_request(Request::from_parts(head, body), pages).await;
        Ok(Self {
            pages: Arc::clone(pages),
            signed_in,
            headers,
            client,
            form,
        })
    }
}
