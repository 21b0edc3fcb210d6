//! What the document says of the contract's own fields.

use muster_ids::OrganizationId;
use muster_proto::gateway::v1::ExplainAccessRequest;
use muster_proto::invitation::v1::{BatchCreateInvitationsRequest, CreateInvitationRequest, Invitation};
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, CreateOrganizationRequest, Limits, Organization,
};
use muster_proto::validate;
use regex::Regex;

use super::*;

fn document() -> Value {
    let bindings = Bindings::load(&muster_proto::documented_pool(), |_| true).unwrap();
    let rules = Rules::load(muster_proto::pool()).unwrap();
    let about = About {
        title: "Muster",
        version: "1",
        server: "https://muster.example",
    };
    open_api(&bindings, &rules, about)
}

fn schema<'d>(document: &'d Value, name: &str) -> &'d Value {
    let schema = &document["components"]["schemas"][format!("muster.{name}")];
    assert!(schema.is_object(), "{name}");
    schema
}

fn body<'d>(document: &'d Value, path: &str) -> &'d Value {
    let body = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let name = body["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    &document["components"]["schemas"][name]
}

fn parameter<'d>(document: &'d Value, path: &str, name: &str) -> &'d Value {
    let methods = document["paths"][path].as_object().unwrap();
    let parameters = methods
        .values()
        .flat_map(|operation| operation["parameters"].as_array().unwrap());
    parameters
        .into_iter()
        .find(|parameter| parameter["name"] == name)
        .unwrap()
}

fn required(schema: &Value) -> Vec<&str> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap()).collect()
}

/// The fields of this message that broke a rule, as JSON calls them.
fn broken(violations: Vec<muster_proto::FieldViolation>, inside: &str) -> Vec<String> {
    let fields = violations.into_iter().map(|violation| violation.field);
    let own = fields.filter_map(|field| Some(field.strip_prefix(inside)?.to_owned()));
    own.map(|field| camel(&field)).collect()
}

fn camel(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |whole, word| {
        let (initial, rest) = word.split_at(1);
        whole + &initial.to_uppercase() + rest
    })
}

#[test]
fn what_is_required_is_what_an_empty_request_lacks() {
    let document = document();
    let invitation = CreateInvitationRequest {
        invitation: Some(Invitation::default()),
        ..Default::default()
    };
    let told = required(schema(&document, "invitation.v1.Invitation-Input"));
    assert_eq!(told, broken(validate(&invitation), "invitation."));
    let organization = CreateOrganizationRequest {
        organization: Some(Organization::default()),
        ..Default::default()
    };
    let told = required(schema(&document, "organization.v1.Organization-Input"));
    let mut lacking = broken(validate(&organization), "organization.");
    lacking.dedup();
    assert_eq!(told, lacking);
    let limits = ActivateSubscriptionRequest {
        limits: Some(Limits::default()),
        ..Default::default()
    };
    let told = required(schema(&document, "organization.v1.Limits-Input"));
    assert_eq!(told, broken(validate(&limits), "limits."));

    // What the path says stands in no body.
    let path = "/v1/organizations/{organization}/subscription:activate";
    let mut told = vec!["name"];
    told.extend(required(body(&document, path)));
    assert_eq!(
        told,
        broken(validate(&ActivateSubscriptionRequest::default()), "")
    );
    let path = "/v1/organizations/{organization}/invitations:batchCreate";
    let mut told = vec!["parent"];
    told.extend(required(body(&document, path)));
    assert_eq!(
        told,
        broken(validate(&BatchCreateInvitationsRequest::default()), "")
    );
    assert_eq!(broken(validate(&ExplainAccessRequest::default()), ""), ["method"]);
    let explain = "/v1/access:explain";
    assert_eq!(parameter(&document, explain, "method")["required"], true);
    assert!(
        parameter(&document, explain, "resource")
            .get("required")
            .is_none()
    );
}

#[test]
fn bounds_are_said_as_schemas_say_them() {
    let document = document();
    let field = |message: &str, field: &str| {
        let mut said = schema(&document, message)["properties"][field].clone();
        said.as_object_mut().unwrap().remove("description");
        said
    };
    assert_eq!(
        field("organization.v1.Organization-Input", "licensingAuthority"),
        json!({ "type": "string", "minLength": 2, "maxLength": 40, "pattern": "^[a-z0-9][a-z0-9-]*$" })
    );
    // A start-up has none.
    let number = field("organization.v1.Organization", "licenseNumber");
    assert!(
        number["pattern"].as_str().unwrap().starts_with("^$|^["),
        "{number}"
    );
    assert_eq!(number.get("minLength"), None);
    assert_eq!(number["maxLength"], 40);
    assert_eq!(
        field("invitation.v1.Invitation-Input", "groups"),
        json!({ "type": "array", "minItems": 1, "maxItems": 50,
                "items": { "type": "string", "pattern": "^[^\\u0000]*$" } })
    );
    assert_eq!(
        field("organization.v1.Group-Input", "trainings")["uniqueItems"],
        true
    );
    assert_eq!(
        field("organization.v1.Limits-Input", "invitationsByHand"),
        json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 1000 })
    );
    assert_eq!(
        field("invitation.v1.InvitationCount", "count"),
        json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]+$" })
    );
    let activate = body(
        &document,
        "/v1/organizations/{organization}/subscription:activate",
    );
    let plan = &activate["properties"]["plan"];
    let all = schema(&document, "organization.v1.Plan")["enum"]
        .as_array()
        .unwrap();
    assert_eq!(all[0], "PLAN_UNSPECIFIED");
    assert_eq!(plan["enum"].as_array().unwrap()[..], all[1..]);
    assert_eq!(
        activate["properties"]["requestId"]["format"], "uuid",
        "an absent one is as good as an empty one"
    );
}

#[test]
fn parameters_are_bounded_too() {
    let document = document();
    let rows = "/v1/organizations/{organization}/imports/{import}/rows";
    let size = &parameter(&document, rows, "pageSize")["schema"];
    assert_eq!(
        (&size["minimum"], &size["maximum"]),
        (&json!(0), &json!(i32::MAX))
    );
    assert_eq!(
        parameter(&document, rows, "pageToken")["schema"]["maxLength"],
        1000
    );
    assert_eq!(parameter(&document, rows, "states")["schema"]["maxItems"], 10);
    assert_eq!(
        parameter(&document, rows, "import")["description"],
        "The id of the import: of its `name`, the part after `imports/`."
    );
}

#[test]
fn requests_are_closed_and_answers_open() {
    let document = document();
    let (mut closed, mut open) = (0, 0);
    let all = document["components"]["schemas"].as_object().unwrap();
    let messages = all.iter().filter(|(name, _)| name.starts_with("muster."));
    for (name, schema) in messages.filter(|(_, schema)| schema["type"] == "object") {
        let is_closed = schema["additionalProperties"] == false;
        let stands_in = |side: &str| {
            let sides = document["paths"]
                .as_object()
                .unwrap()
                .values()
                .flat_map(|methods| methods.as_object().unwrap().values())
                .map(|operation| &operation[side]);
            leads(all, sides, name)
        };
        assert_eq!(is_closed, stands_in("requestBody"), "{name}");
        assert_eq!(!is_closed, stands_in("responses"), "{name}");
        if is_closed {
            closed += 1;
        } else {
            open += 1;
        }
    }
    assert!(closed > 5 && open > 20, "{closed} and {open}");
}

/// Whether one of these leads to the schema of this name.
fn leads<'d>(all: &'d Map<String, Value>, from: impl IntoIterator<Item = &'d Value>, to: &str) -> bool {
    let mut reached: Vec<&str> = Vec::new();
    let mut texts: Vec<String> = from.into_iter().map(Value::to_string).collect();
    while let Some(text) = texts.pop() {
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let (name, _) = reference.split_once('"').unwrap();
            let (name, schema) = all.get_key_value(name).unwrap();
            if !reached.contains(&name.as_str()) {
                reached.push(name);
                texts.push(schema.to_string());
            }
        }
    }
    reached.contains(&to)
}

#[test]
fn an_operation_says_with_which_reasons_it_is_refused_and_as_which_codes() {
    let document = document();
    let submit = "/v1/organizations/{organization}:submit";
    let responses = document["paths"][submit]["post"]["responses"]
        .as_object()
        .unwrap();
    let codes: Vec<_> = responses.keys().map(String::as_str).collect();
    assert_eq!(codes, ["200", "400", "403", "409", "default"]);
    assert_eq!(responses["403"]["x-reasons"], json!(["ADDRESS_UNKNOWN"]));
    assert_eq!(responses["409"]["x-reasons"], json!(["LICENSE_NUMBER_TAKEN"]));
    assert_eq!(
        responses["400"]["x-reasons"],
        json!(["ORGANIZATION_STATE", "REQUEST_ID_REUSED"])
    );
    let text = responses["409"]["description"].as_str().unwrap();
    assert!(
        text.starts_with("- `LICENSE_NUMBER_TAKEN`: An approved profile"),
        "{text}"
    );
    let page = crate::reference(&document).unwrap();
    assert!(
        page.contains("<dt>409</dt><dd><code>LICENSE_NUMBER_TAKEN</code>"),
        "{submit}"
    );
}

#[test]
fn every_reason_of_every_rpc_stands_in_its_operation() {
    let document = document();
    let bindings = Bindings::load(&muster_proto::documented_pool(), |_| true).unwrap();
    for binding in bindings.all() {
        let (path, _) = binding.template.open_api();
        let method = binding.method.as_str().to_ascii_lowercase();
        let responses = document["paths"][&path][&method]["responses"]
            .as_object()
            .unwrap();
        let said = responses
            .values()
            .flat_map(|response| response["x-reasons"].as_array().into_iter().flatten());
        assert_eq!(said.count(), muster_proto::refuses(&binding.rpc).len(), "{path}");
    }
}

#[test]
fn an_update_requires_nothing_of_its_resource_but_bounds_it() {
    let document = document();
    let path = "/v1/organizations/{organization}/groups/{group}";
    let update = &document["paths"][path]["patch"];
    let body = &update["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(
        body["$ref"],
        "#/components/schemas/muster.organization.v1.Group-Update"
    );
    let group = schema(&document, "organization.v1.Group-Update");
    assert!(group.get("required").is_none());
    assert_eq!(group["additionalProperties"], false);
    assert_eq!(group["properties"]["displayName"]["maxLength"], 80);
    assert_eq!(parameter(&document, path, "updateMask")["in"], "query");
}

#[test]
fn an_id_of_a_path_is_an_id_of_a_name() {
    let (id, id_or_me) = (
        Regex::new(parameters::ID).unwrap(),
        Regex::new(parameters::ID_OR_ME).unwrap(),
    );
    for (text, is_id) in [
        ("0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88", true),
        ("0190A6D4-7b3e-7c52-9f2b-2f6d0e1a4c88", false),
        ("0190a6d47b3e7c529f2b2f6d0e1a4c88", false),
        ("me", false),
        ("-", false),
        ("", false),
    ] {
        assert_eq!(id.is_match(text), is_id, "{text}");
        assert_eq!(text.parse::<OrganizationId>().is_ok(), is_id, "{text}");
        assert_eq!(id_or_me.is_match(text), is_id || text == "me", "{text}");
    }
    let document = document();
    let pattern = |path, name| parameter(&document, path, name)["schema"]["pattern"].clone();
    let grants = "/v1/persons/{person}/grants/{grant}:revoke";
    assert_eq!(
        (pattern(grants, "person"), pattern(grants, "grant")),
        (parameters::ID_OR_ME.into(), parameters::ID.into())
    );
}

#[test]
fn an_answer_requires_what_is_always_there() {
    let document = document();
    let told = |name: &str| required(schema(&document, name));
    assert_eq!(told("gateway.v1.ExplainAccessResponse").len(), 8);
    assert_eq!(told("organization.v1.GetOrganizationResponse"), ["organization"]);
    let organization = told("organization.v1.Organization");
    assert!(organization.contains(&"displayName") && !organization.contains(&"createTime"));
}

#[test]
fn every_body_has_a_name_of_its_own() {
    let document = document();
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|path| path.as_object().unwrap().values());
    let bodies = operations.filter_map(|operation| operation.get("requestBody"));
    // A file has none.
    let bodies = bodies.filter_map(|body| body["content"].get("application/json"));
    let names = bodies.map(|body| body["schema"]["$ref"].as_str().unwrap());
    // Whoever updates a thing may say any of its fields, by whichever RPC: the mask says which count.
    let mut names: Vec<_> = names.filter(|name| !name.ends_with("-Update")).collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(names.contains(&"#/components/schemas/muster.organization.v1.ApproveOrganizationRequest-Body"));
    assert!(names.contains(&"#/components/schemas/muster.invitation.v1.LookupInvitationRequest"));
}

#[test]
fn operations_are_called_as_their_rpcs_and_no_two_alike() {
    let bindings = Bindings::load(&muster_proto::documented_pool(), |_| true).unwrap();
    let mut names: Vec<_> = bindings
        .all()
        .iter()
        .map(|binding| binding.rpc.name().to_owned())
        .collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "generated clients could not tell them apart");
}
