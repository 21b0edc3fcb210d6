//! What the contract says of requests and responses. The implementations are generated beside the messages
//! (`build/contract.rs`), so that a handler cannot name the wrong field.

use prost::{Message, Name};

/// The request message of an RPC.
pub trait RequestMessage: Message + Name + Clone + Default + 'static {
    /// The path of the RPC: `/muster.organization.v1.GroupService/CreateGroup`.
    const RPC: &'static str;
    /// Where the request names the organization on which the permission is needed; `None` when the access rule names no
    /// field.
    const SCOPE: Option<Scope>;

    /// The resource name in that field; empty when it is absent, or there is no such field.
    fn scope(&self) -> &str;

    /// Whether the field of this path is looked at. An update reads of its resource only what its mask names.
    fn reads(&self, field: &str) -> bool {
        let _ = field;
        true
    }
}

/// The field of a request that names the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Its path, such as `parent` or `group.name`.
    pub field: &'static str,
    /// The form of the name, such as `organizations/*/groups/*`; `None` when the contract binds the RPC to no HTTP path, and
    /// the field has a rule that says its form.
    pub form: Option<&'static str>,
}

/// A request that may be repeated: the same id with the same request, the same answer (AIP-155).
pub trait HasRequestId: RequestMessage {
    /// A UUID, by the field rules; empty for none.
    fn request_id(&self) -> &str;
}

/// A request for one page of a list (AIP-158).
pub trait Paged: RequestMessage {
    /// How many to return at most.
    fn page_size(&self) -> i32;
    /// Where the page begins; empty for the first.
    fn page_token(&self) -> &str;
    /// Everything that decides what is in the list: what a page token is bound to.
    #[must_use]
    fn without_page(&self) -> Self;
}

/// A request that names the version of the thing which it is about (AIP-154).
pub trait HasEtag: RequestMessage {
    /// The etag that the caller read; empty for "whichever".
    fn etag(&self) -> &str;
}

/// A request that changes some fields of a resource (AIP-134).
pub trait UpdateRequest: HasEtag {
    /// What is changed.
    type Resource: Message + Name + Clone + Default;
    /// The field that holds the resource, such as `group`.
    const FIELD: &'static str;

    /// Paths of the fields to change (AIP-161).
    fn update_mask(&self) -> &[String];
    /// The resource with the new values.
    fn resource(&self) -> Option<&Self::Resource>;
}

/// A response that holds one resource and nothing else.
pub trait ResourceResponse: Message + Default + From<Self::Resource> + 'static {
    /// What it holds.
    type Resource;
}

/// A response that is a page of a list and nothing else.
pub trait ListResponse: Message + Default {
    /// What is on the page.
    type Item: Message;

    /// The response; the token is empty on the last page.
    fn page(items: Vec<Self::Item>, next_page_token: String) -> Self;
}

/// The response that tells of one thing.
pub fn answer<R: ResourceResponse>(thing: impl Into<R::Resource>) -> R {
    R::from(thing.into())
}

/// Of an update's resource, its name, its etag and what the mask names; everything beside the resource.
#[doc(hidden)]
pub fn is_updated<U: UpdateRequest>(request: &U, field: &str) -> bool {
    let inside = field
        .strip_prefix(U::FIELD)
        .and_then(|rest| rest.strip_prefix('.'));
    inside.is_none_or(|inside| {
        let first = inside.split(['.', '[']).next().unwrap_or(inside);
        matches!(first, "name" | "etag") || request.update_mask().iter().any(|path| path == first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invitation::v1::UploadImportRequest;
    use crate::organization::v1::{ActivateSubscriptionRequest, GetRoleRequest, Group, UpdateGroupRequest};
    use crate::records::v1::ListAssignmentsRequest;

    #[test]
    fn a_scope_says_its_field_and_the_form_of_the_name() {
        let scope = |field, form| Some(Scope { field, form });
        assert_eq!(
            UpdateGroupRequest::SCOPE,
            scope("group.name", Some("organizations/*/groups/*"))
        );
        assert_eq!(
            ListAssignmentsRequest::SCOPE,
            scope("parent", Some("organizations/*/learners/*"))
        );
        let subscription = Some("organizations/*/subscription");
        assert_eq!(ActivateSubscriptionRequest::SCOPE, scope("name", subscription));
        assert_eq!(
            UploadImportRequest::SCOPE,
            scope("parent", Some("organizations/*"))
        );
        assert_eq!(GetRoleRequest::SCOPE, None);
        assert_eq!(
            GetRoleRequest::RPC,
            "/muster.organization.v1.RolesInternalService/GetRole"
        );
        let group = Group {
            name: "organizations/1/groups/2".to_owned(),
            ..Default::default()
        };
        let request = UpdateGroupRequest {
            group: Some(group),
            ..Default::default()
        };
        assert_eq!(request.scope(), "organizations/1/groups/2");
        assert_eq!(UpdateGroupRequest::default().scope(), "");
    }

    #[test]
    fn a_name_without_an_http_path_has_nothing_behind_it() {
        let upload = |parent: &str| UploadImportRequest {
            parent: parent.to_owned(),
            ..Default::default()
        };
        let id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";
        for (parent, fits) in [
            (String::new(), true),
            (format!("organizations/{id}"), true),
            (format!("organizations/{id}/groups/x"), false),
            (format!("organizations/{id}/x/../y"), false),
            (format!("organizations/{id}\n"), false),
        ] {
            assert_eq!(crate::validate(&upload(&parent)).is_empty(), fits, "{parent:?}");
        }
    }

    #[test]
    fn an_update_reads_what_its_mask_names() {
        let update_mask = Some(prost_types::FieldMask {
            paths: vec!["trainings".to_owned()],
        });
        let request = UpdateGroupRequest {
            update_mask,
            ..Default::default()
        };
        for read in [
            "group",
            "group.name",
            "group.etag",
            "group.trainings",
            "group.trainings[2]",
            "request_id",
        ] {
            assert!(request.reads(read), "{read}");
        }
        for unread in ["group.display_name", "group.trainingsX", "group.state"] {
            assert!(!request.reads(unread), "{unread}");
        }
    }
}
