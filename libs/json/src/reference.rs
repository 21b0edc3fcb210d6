//! The OpenAPI document as a page for people: no script, nothing from elsewhere.

use askama::Template;
use serde_json::Value;

/// Written from an OpenAPI document.
#[derive(Template)]
#[template(path = "reference.html")]
struct Reference<'d> {
    title: &'d str,
    version: &'d str,
    server: &'d str,
    tags: Vec<Tag<'d>>,
    messages: Vec<Message<'d>>,
}

struct Tag<'d> {
    name: &'d str,
    text: &'d str,
    calls: Vec<Call<'d>>,
}

struct Call<'d> {
    id: &'d str,
    method: String,
    path: &'d str,
    summary: &'d str,
    text: &'d str,
    is_open: bool,
    parameters: Vec<Field<'d>>,
    body: Vec<Field<'d>>,
    answer: String,
    /// The media types of the file that it answers; none where it answers a message.
    files: Vec<&'d str>,
    refusals: Vec<Refusal<'d>>,
}

/// The reasons with one HTTP code.
struct Refusal<'d> {
    code: &'d str,
    reasons: Vec<&'d str>,
}

struct Message<'d> {
    name: &'d str,
    text: &'d str,
    fields: Vec<Field<'d>>,
    values: Vec<&'d str>,
}

struct Field<'d> {
    name: &'d str,
    place: &'d str,
    kind: String,
    link: String,
    text: &'d str,
}

/// The page for a document that [`open_api`](crate::open_api) made.
///
/// # Errors
/// Never in practice: writing to memory succeeds.
pub fn reference(document: &Value) -> Result<String, askama::Error> {
    let tags = list(&document["tags"]).map(|tag| {
        let name = text(&tag["name"]);
        let calls = calls(document).filter(|(tagged, _)| *tagged == name);
        Tag {
            name,
            text: text(&tag["description"]),
            calls: calls.map(|(_, call)| call).collect(),
        }
    });
    let page = Reference {
        title: text(&document["info"]["title"]),
        version: text(&document["info"]["version"]),
        server: text(&document["servers"][0]["url"]),
        tags: tags.collect(),
        messages: messages(document),
    };
    page.render()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Every operation with its tag.
fn calls(document: &Value) -> impl Iterator<Item = (&str, Call<'_>)> {
    members(&document["paths"]).flat_map(move |(path, methods)| {
        members(methods).map(move |(method, operation)| {
            let content = &operation["responses"]["200"]["content"];
            let answer = members(content)
                .next()
                .map(|(_, content)| link(&content["schema"]))
                .unwrap_or_default();
            let files = members(content).filter(|_| answer.is_empty());
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let call = Call {
                id: text(&operation["operationId"]),
                method: method.to_uppercase(),
                path,
                summary: text(&operation["summary"]),
                text: text(&operation["description"]),
                is_open: operation["security"].as_array().is_some_and(Vec::is_empty),
                parameters: list(&operation["parameters"]).map(parameter).collect(),
                body: fields(resolved(document, body)),
                files: files.map(|(kind, _)| kind.as_str()).collect(),
                answer,
                refusals: refusals(&operation["responses"]),
            };
            (text(&operation["tags"][0]), call)
        })
    })
}

fn refusals(responses: &Value) -> Vec<Refusal<'_>> {
    let named = members(responses).filter(|(_, response)| response["x-reasons"].is_array());
    named
        .map(|(code, response)| Refusal {
            code,
            reasons: list(&response["x-reasons"]).map(text).collect(),
        })
        .collect()
}

fn parameter(parameter: &Value) -> Field<'_> {
    Field {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        link: String::new(),
        text: text(&parameter["description"]),
    }
}

fn messages(document: &Value) -> Vec<Message<'_>> {
    let all = members(&document["components"]["schemas"]);
    all.map(|(name, schema)| Message {
        name,
        text: text(&schema["description"]),
        fields: fields(schema),
        values: list(&schema["enum"]).map(text).collect(),
    })
    .collect()
}

/// What a reference leads to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match link(schema).as_str() {
        "" => schema,
        name => &document["components"]["schemas"][name],
    }
}

fn fields(schema: &Value) -> Vec<Field<'_>> {
    members(&schema["properties"])
        .map(|(name, schema)| Field {
            name,
            place: "",
            kind: kind(schema),
            link: link(schema),
            text: text(&schema["description"]),
        })
        .collect()
}

/// The message or enum that a schema is, or is a list of.
fn link(schema: &Value) -> String {
    let direct = [
        &schema["$ref"],
        &schema["allOf"][0]["$ref"],
        &schema["items"]["$ref"],
    ];
    let found = direct.into_iter().find_map(Value::as_str);
    found
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default()
        .to_owned()
}

fn kind(schema: &Value) -> String {
    let name = link(schema);
    let one = match name.rsplit('.').next() {
        Some(name) if !name.is_empty() => name,
        _ => match text(&schema["format"]) {
            "" => text(&schema["type"]),
            format => format,
        },
    };
    match text(&schema["type"]) {
        "array" if name.is_empty() => format!("list of {}", text(&schema["items"]["type"])),
        "array" => format!("list of {one}"),
        _ => one.to_owned(),
    }
}
