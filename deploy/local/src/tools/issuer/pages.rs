//! The issuer's pages.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::people::{BUILT_IN, Person};
use super::request::Request;
use crate::html::{escape, page, table};

/// The front page: what this is.
pub(super) async fn home() -> Html<String> {
    let row = |(short, name, what): &(&str, &str, &str)| {
        format!(
            "<td><code>{short}</code></td><td>{name}</td><td>{short}@example.test</td><td class=\"muted\">{what}</td>"
        )
    };
    let people = table(&["Name", "Person", "Address", ""], BUILT_IN.iter().map(row));
    let body = format!(
        "<h1>The developer’s issuer</h1>\n<p>An OpenID Connect provider for this machine only. \
         <code>cargo dev token --as NAME</code> prints a token of:</p>\n{people}\
         <p>Any other address makes a further person. A role in an organization is given there, not here.</p>\n"
    );
    page("The developer’s issuer", &body)
}

/// The page to pick a person: one button each, and a form for anybody else.
pub(super) fn pick(request: &Request, registered: &[Person]) -> Html<String> {
    let hidden = hidden_fields(request);
    let button = |value: &str, name: &str, what: &str| {
        format!("<button name=\"person\" value=\"{value}\">{name}<small>{what}</small></button>\n")
    };
    let mut buttons = String::new();
    for (short, name, what) in BUILT_IN {
        buttons += &button(short, name, &format!("{short} {what}"));
    }
    for person in registered {
        let email = escape(&person.email);
        buttons += &button(&email, &escape(&person.name), &email);
    }
    let focus = if request.prompt == "create" {
        "autofocus"
    } else {
        ""
    };
    let body = format!(
        "<h1>Who are you?</h1>\n<form method=\"post\" action=\"/authorize\" class=\"people\">\n{hidden}{buttons}</form>\n\
         <h2>Somebody else</h2>\n\
         <form method=\"post\" action=\"/authorize\" class=\"inline\" id=\"register\">\n{hidden}\
         <input type=\"email\" name=\"email\" required placeholder=\"address\" aria-label=\"Address\" value=\"{}\" {focus}>\n\
         <input name=\"name\" placeholder=\"name\" aria-label=\"Name\">\n\
         <button>Register and continue</button>\n</form>\n",
        escape(&request.login_hint),
    );
    page("Sign in", &body)
}

/// What is wrong with a request that cannot be sent back.
pub(super) fn problem(problem: &str) -> Response {
    let body = format!(
        "<h1>That is not possible</h1>\n<p class=\"bad\">{}</p>\n",
        escape(problem)
    );
    (StatusCode::BAD_REQUEST, page("Not possible", &body)).into_response()
}

/// The request travels through the form, so that nothing is kept for people who never decide.
fn hidden_fields(request: &Request) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(request) else {
        return String::new();
    };
    let hidden = |(name, value): (&String, &Value)| {
        let value = escape(value.as_str().unwrap_or_default());
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
    };
    fields.iter().map(hidden).collect()
}
