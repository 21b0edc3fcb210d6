//! A form that was posted when the sign-in of its page had ended: nothing was done, and what was chosen and typed in it comes back
//! with its page once somebody is signed in. Only who presses the button again decides.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::Pages;
use super::cookies::Cookie;
use super::destination::Destination;
use super::form::{self, Form};

/// What is kept of it, by the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptForm {
    /// The page that it stood on.
    page: Destination,
    /// What it was about: the name of an organization, a grant, an invitation or an assignment.
    pub(crate) target: String,
    /// The last day of a consent, as it was typed.
    pub(crate) until: String,
    /// Whether the box was ticked by which an invitation is declined for good.
    pub(crate) is_ticked: bool,
}

impl Pages {
    /// Leads back to the page of a form that belongs to no session, or to another one, and keeps the form until then. What somebody
    /// else's page has typed for them is not kept.
    pub(crate) fn begin_again(
        &self,
        headers: &HeaderMap,
        page: Destination,
        target: &str,
        form: &Form,
    ) -> Response {
        let mut answer = Redirect::to(page.path()).into_response();
        if form::same_origin(headers, &self.origin) && !target.is_empty() {
            let kept = KeptForm {
                page,
                target: target.to_owned(),
                until: form.until.clone(),
                is_ticked: !form.do_not_invite_again.is_empty(),
            };
            // What is too long for a browser is no day.
            let _ = self.cookies.set(answer.headers_mut(), Cookie::Form, &kept);
        }
        answer
    }

    /// The form of this page that the browser keeps.
    pub(crate) fn kept_form(&self, headers: &HeaderMap, page: Destination) -> Option<KeptForm> {
        let kept: Option<KeptForm> = self.cookies.get(headers, Cookie::Form);
        kept.filter(|kept| kept.page == page)
    }

    /// It was shown to whoever is signed in: nobody else at this browser sees it.
    pub(crate) fn forget_form(&self, answer: &mut Response) {
        self.cookies.clear(answer.headers_mut(), Cookie::Form);
    }
}
