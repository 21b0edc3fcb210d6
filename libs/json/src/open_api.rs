//! The contract as an OpenAPI document, for tools and people that do not speak protobuf.
//!
//! Version 3.0.3, which every generator reads. Descriptions are the comments of the protos, bounds their field rules.

mod bounds;
mod ecma;
mod parameters;
mod refusals;
mod schemas;

use std::collections::BTreeMap;

use muster_access::{Mode, Rules};
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Map, Value, json};

use self::schemas::{Schemas, Side, comment};
use crate::bindings::{Binding, Bindings, Content};
use crate::template::PathPart;

/// What the document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The name of the API.
    pub title: &'a str,
    /// The version of the program that serves it.
    pub version: &'a str,
    /// Where it is served, without a slash at the end.
    pub server: &'a str,
}

/// Describes every binding.
pub fn open_api(bindings: &Bindings, rules: &Rules, about: About<'_>) -> Value {
    let mut schemas = Schemas::of(bindings);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for binding in bindings.all() {
        let (path, parts) = binding.template.open_api();
        let is_open = rules.get(&binding.path()).is_some_and(|rule| is_open(&rule.mode));
        let operation = operation(binding, &parts, is_open, &mut schemas);
        let method = binding.method.as_str().to_ascii_lowercase();
        paths.entry(path).or_default().insert(method, operation);
    }
    let mut components = schemas.finish();
    components.extend(error_body());
    json!({
        "openapi": "3.0.3",
        "info": { "title": about.title, "version": about.version, "license": {
            "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0",
        } },
        "servers": [{ "url": about.server }],
        "tags": tags(bindings),
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": { "Error": error() },
            "securitySchemes": { "bearer": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "An access token of one of the installation's issuers.",
            } },
        },
        "security": [{ "bearer": [] }],
    })
}

/// Nobody has to be signed in.
fn is_open(mode: &Mode) -> bool {
    match mode {
        Mode::Public { .. } => true,
        Mode::Capability { sign_in, .. } => *sign_in == muster_access::SignIn::Optional,
        _ => false,
    }
}

fn tags(bindings: &Bindings) -> Vec<Value> {
    let services: BTreeMap<_, _> = bindings
        .all()
        .iter()
        .map(|binding| {
            let service = binding.rpc.parent_service();
            let text = comment(&service.parent_file(), service.path());
            (service.name().to_owned(), text)
        })
        .collect();
    services
        .into_iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect()
}

fn operation(binding: &Binding, parts: &[PathPart<'_>], is_open: bool, schemas: &mut Schemas) -> Value {
    let rpc = &binding.rpc;
    let service = rpc.parent_service();
    let text = comment(&rpc.parent_file(), rpc.path());
    let mut responses = Map::new();
    let done = json!({ "description": "Done.", "content": answer(binding, schemas) });
    responses.insert("200".to_owned(), done);
    responses.extend(refusals::of(rpc));
    let other = json!({ "$ref": "#/components/responses/Error" });
    responses.insert("default".to_owned(), other);
    let mut operation = json!({
        "operationId": rpc.name(),
        "tags": [service.name()],
        "summary": first_sentence(&text),
        "description": text,
        "parameters": parameters::of(binding, parts, schemas),
        "responses": responses,
    });
    if let Some(content) = content(binding, schemas) {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if is_open {
        operation["security"] = json!([]);
    }
    operation
}

fn answer(binding: &Binding, schemas: &mut Schemas) -> Value {
    if let Some(served) = &binding.served {
        // Of a file of JSON, any JSON: what is in it is the business of who made it.
        let schema = |kind: &str| match kind {
            "application/json" => json!({}),
            _ => file(),
        };
        let kinds = served.media_types.iter();
        return kinds
            .map(|kind| (kind.clone(), json!({ "schema": schema(kind) })))
            .collect::<Map<_, _>>()
            .into();
    }
    let kind = if binding.rpc.is_server_streaming() {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let schema = schemas.of_message(&binding.rpc.output(), Side::Answer);
    json!({ kind: { "schema": schema } })
}

/// An update names what it changes: nothing else has to be said.
fn side_of(input: &MessageDescriptor) -> Side {
    match input.get_field_by_name("update_mask") {
        Some(_) => Side::Update,
        None => Side::Request,
    }
}

/// A body that is a file.
fn file() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// The bodies that a request may have, by their media types.
fn content(binding: &Binding, schemas: &mut Schemas) -> Option<Value> {
    if let Content::File(taken) = &binding.body {
        let form = json!({
            "type": "object", "required": ["file"], "properties": { "file": file() },
            "description": "A form with one file. What may stand in the query may be fields of the form, before the file.",
        });
        let any = "application/octet-stream".to_owned();
        let kinds = taken.media_types.iter().cloned().chain([any]);
        let mut bodies: Map<String, Value> = kinds.map(|kind| (kind, json!({ "schema": file() }))).collect();
        bodies.insert("multipart/form-data".to_owned(), json!({ "schema": form }));
        return Some(bodies.into());
    }
    body(binding, schemas).map(|schema| json!({ "application/json": { "schema": schema } }))
}

/// The fields that the body may hold; those of the path are left out of it.
fn body(binding: &Binding, schemas: &mut Schemas) -> Option<Value> {
    let input = binding.rpc.input();
    match &binding.body {
        Content::None | Content::File(_) => None,
        Content::Field(name) => input
            .get_field_by_name(name)
            .map(|field| schemas.of_field(&field, side_of(&input))),
        Content::Whole => {
            let is_in_body = |field: &FieldDescriptor| !parameters::is_said(binding, field);
            Some(schemas.of_body(&input, is_in_body))
        }
    }
}

fn error() -> Value {
    json!({
        "description": "The call was refused. Each operation names the reasons of its own; besides, any call may be answered \
                        with `INTERNAL`, `UNAVAILABLE`, `OVERLOADED`, `DEADLINE_EXCEEDED`, `MESSAGE_TOO_LARGE` or \
                        `METHOD_NOT_FOUND`, any whose fields have bounds with `INVALID_REQUEST`, and any that needs somebody \
                        signed in with `TOKEN_MISSING`, `TOKEN_INVALID` or `PERMISSION_DENIED`.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/google.rpc.Status" } } },
    })
}

/// The error, and what its details are, by the names that they have in protobuf.
fn error_body() -> [(String, Value); 2] {
    let status = json!({
        "type": "object",
        "description": "Why a call was refused. `details` holds one `google.rpc.ErrorInfo` whose reason programs may switch \
                        on, and beside it whatever helps: of `INTERNAL`, a `google.rpc.RequestInfo` whose `requestId` is \
                        the trace id to report.",
        "required": ["code", "message", "details"],
        "properties": {
            "code": { "type": "integer", "format": "int32", "description": "The gRPC code." },
            "message": { "type": "string", "description": "What to do, for people." },
            "details": { "type": "array", "description": "For programs.",
                         "items": { "$ref": "#/components/schemas/google.protobuf.Any" } },
        },
    });
    let detail = json!({
        "type": "object",
        "description": "A message, whose fields stand beside its type: `google.rpc.ErrorInfo` has `reason`, `domain` and \
                        `metadata`, `google.rpc.BadRequest` has `fieldViolations`.",
        "required": ["@type"],
        "properties": { "@type": { "type": "string" } },
        "additionalProperties": true,
    });
    [
        ("google.rpc.Status".to_owned(), status),
        ("google.protobuf.Any".to_owned(), detail),
    ]
}

fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").or_else(|| text.strip_suffix('.').map(str::len));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
