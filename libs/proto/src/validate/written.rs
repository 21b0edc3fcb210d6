//! Generated from the descriptors: every text of every request, with every character that nobody sees.

use std::collections::{BTreeMap, BTreeSet};

use muster_text::{CodePoint, is_unseen};

use super::*;

/// Texts that nobody types for others to read, and why. Whatever is added to the contract is read by others until somebody
/// says here that it is not.
const NOT_WRITTEN: &[(&str, &[&str])] = &[
    (
        "names of things, tokens and tags: parsed strictly where they are read",
        &[
            "name",
            "names",
            "parent",
            "page_token",
            "resume_token",
            "etag",
            "filter_etag",
            "token",
            "certificate",
            "organization",
            "location",
            "locations",
            "grant",
            "group",
            "groups",
            "inviter",
            "learner",
            "slug",
            "training",
            "trainings",
            "assignment",
            "invitation",
            "import",
            "person",
            "persons",
            "subject",
            "google.protobuf.FieldMask.paths",
            "muster.organization.v1.LogStaffReadRequest.method",
            "muster.gateway.v1.ExplainAccessRequest.method",
            "muster.gateway.v1.ExplainAccessRequest.resource",
            "muster.employment.v1.ListEmploymentFactsRequest.after",
            "muster.records.v1.MoveProgressRequest.to",
            "muster.records.v1.TransferProgressRequest.to",
            "muster.organization.v1.JoinPage.allowed_domains",
        ],
    ),
    (
        "set by a service: what a request says there is not read",
        &[
            "muster.invitation.v1.Invitation.delivery_detail",
            "muster.invitation.v1.Invitation.person_display_name",
            "muster.invitation.v1.Invitation.trace_id",
            "muster.employment.v1.Employment.end_reason",
            "muster.employment.v1.Employment.last_day",
            "muster.employment.v1.Employment.person_display_name",
            "muster.employment.v1.Employment.source_invitation",
            "muster.employment.v1.Rejection.comment",
            "muster.organization.v1.JoinPage.caution",
            "muster.organization.v1.JoinPage.path",
            "muster.organization.v1.JoinPage.url",
            "muster.organization.v1.Organization.decision_reason",
            "muster.organization.v1.Organization.organization_number",
            "muster.organization.v1.Group.inactive_trainings",
            "muster.organization.v1.Organization.owner",
            "muster.organization.v1.Organization.programme",
            "muster.organization.v1.ProfileUser.display_name",
            "muster.records.v1.Grant.request_message",
            "muster.records.v1.Training.create_reason",
            "muster.records.v1.Grant.requester",
            "muster.records.v1.Grant.requester_display_name",
        ],
    ),
    (
        "an address: read by `muster_address`, which knows what addresses may hold",
        &[
            "muster.invitation.v1.GetRateLimitsRequest.address",
            "muster.invitation.v1.Invitation.address",
            "muster.invitation.v1.RequestToJoinRequest.address",
        ],
    ),
    (
        "cannot be refused, because somebody else chose them: `muster_text::cleaned`",
        &[
            "muster.invitation.v1.UploadImportRequest.file_name",
            "muster.organization.v1.LogStaffReadRequest.staff_display_name",
        ],
    ),
    (
        "of a row that is refused by itself, and not with all the others, or of an address like that of a row: read by the service",
        &[
            "muster.organization.v1.ProgrammeRow.licensing_authority",
            "muster.organization.v1.ProgrammeRow.license_number",
            "muster.organization.v1.ProgrammeRow.display_name",
            "muster.organization.v1.ProgrammeAddress.street_address",
            "muster.organization.v1.ProgrammeAddress.city",
            "muster.organization.v1.ProgrammeAddress.region",
            "muster.organization.v1.ProgrammeAddress.postal_code",
        ],
    ),
    (
        "looked for and never kept",
        &[
            "muster.employment.v1.ListEmploymentsRequest.position",
            "muster.employment.v1.ListEmploymentsRequest.text",
            "muster.invitation.v1.InvitationFilter.address_contains",
            "muster.invitation.v1.InvitationFilter.text",
            "muster.invitation.v1.ListLearnersRequest.text",
            "muster.invitation.v1.ListInvitationsRequest.address_contains",
            "muster.invitation.v1.ListInvitationsRequest.text",
            "muster.organization.v1.SearchRegistryRequest.text",
        ],
    ),
];

/// Every text of every request by its full name, with the rest of its message as it is when nothing is said.
fn texts() -> BTreeMap<String, FieldDescriptor> {
    let mut texts = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let services = crate::pool().services();
    let muster = services.filter(|service| service.full_name().starts_with("muster."));
    for method in muster.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        collect(&method.input(), &mut seen, &mut texts);
    }
    texts
}

fn collect(
    message: &MessageDescriptor,
    seen: &mut BTreeSet<String>,
    texts: &mut BTreeMap<String, FieldDescriptor>,
) {
    if !seen.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        match field.kind() {
            Kind::String => {
                texts.insert(field.full_name().to_owned(), field);
            }
            Kind::Message(inner) => collect(&inner, seen, texts),
            _ => {}
        }
    }
}

/// What is said of the field when it holds this text.
fn said_of(field: &FieldDescriptor, text: &str) -> Vec<String> {
    let mut message = DynamicMessage::new(field.parent_message().clone());
    let text = Value::String(text.to_owned());
    let value = if field.is_list() {
        Value::List(vec![text])
    } else {
        text
    };
    message.set_field(field, value);
    let mut violations = Vec::new();
    check_message(&message, "", &mut violations);
    let own = violations
        .into_iter()
        .filter(|violation| violation.field.starts_with(field.name()));
    own.map(|violation| violation.description).collect()
}

#[test]
fn no_text_that_others_read_holds_what_nobody_sees() {
    // Tags and variation selectors behind are thousands of the same.
    let mut unseen: Vec<char> = ('\0'..='\u{1ffff}').filter(|c| is_unseen(*c)).collect();
    unseen.extend(['\u{e0001}', '\u{e0041}', '\u{e0100}', '\u{e0fff}']);
    assert!(unseen.contains(&'\u{202e}') && unseen.len() > 60);
    let mut open = BTreeSet::new();
    let mut written = 0;
    for (name, field) in texts() {
        let rules = message_rules(field.parent_message().full_name());
        let rules = rules.and_then(|rules| rules.get(&field.number()));
        let is_written = rules.is_some_and(|rules| {
            let mut rules = rules.rules.iter();
            rules.any(|rule| matches!(rule, Rule::Line | Rule::Lines))
        });
        if is_written {
            for c in &unseen {
                let said = said_of(&field, &format!("ab{c}cd"));
                let named = format!("must not hold {}, which cannot be seen; remove it", CodePoint(*c));
                assert!(said.contains(&named), "{name}: {said:?}");
            }
        } else if said_of(&field, "ab\u{202e}cd").is_empty() {
            open.insert((field.name().to_owned(), name));
        }
        written += usize::from(is_written);
    }
    assert!(written >= 11, "only {written} fields: were the descriptors read?");
    let mut known: BTreeSet<_> = NOT_WRITTEN
        .iter()
        .flat_map(|(_, fields)| *fields)
        .copied()
        .collect();
    let both = |(short, full): &(String, String)| [short.clone(), full.clone()];
    let is_known = |names: &[String; 2]| names.iter().any(|name| known.contains(name.as_str()));
    let unknown: Vec<_> = open.iter().map(both).filter(|names| !is_known(names)).collect();
    assert!(
        unknown.is_empty(),
        "say `(muster.text.v1.written)` of each, or why not in NOT_WRITTEN: {unknown:#?}"
    );
    for name in open.iter().flat_map(both) {
        known.remove(name.as_str());
    }
    assert!(known.is_empty(), "no request has them any more: {known:?}");
}

#[test]
fn what_has_lines_keeps_them_and_what_is_a_line_has_none() {
    let texts = texts();
    let said = |field: &str, text: &str| said_of(&texts[field], text);
    let reason = "muster.employment.v1.EndEmploymentRequest.reason";
    assert!(said(reason, "moved away\nto Lansing").is_empty());
    assert_eq!(said(reason, "\u{1b}[2J"), ["must not hold control characters"]);
    let name = "muster.records.v1.Training.display_name";
    assert_eq!(
        said(name, "First\u{2028}Aid"),
        ["must be one line of text, without control characters"]
    );
    assert_eq!(said(name, "\u{3000}"), ["must have something that can be seen"]);
}
