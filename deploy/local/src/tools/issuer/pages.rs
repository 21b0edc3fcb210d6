//! The issuer's pages.

use std::fmt::Write as _;

use axum::response::Html;

use super::authorize::Request;
use super::people::{BUILT_IN, Person};
use crate::html::{escape, page};

/// The front page: what this is.
pub(super) async fn home() -> Html<String> {
    let mut body = "<h1>The developer’s issuer</h1>\n<p>An OpenID Connect provider for this machine only. \
        <code>cargo dev token --as NAME</code> prints a token of:</p>\n\
        <table><tr><th>Name</th><th>Person</th><th>Address</th><th></th></tr>\n"
        .to_owned();
    for (short, name, what) in BUILT_IN {
        let _ = writeln!(
            body,
            "<tr><td><code>{short}</code></td><td>{name}</td><td>{short}@example.test</td><td class=\"muted\">{what}</td></tr>"
        );
    }
    page(
        "The developer’s issuer",
        &(body + "</table>\n<p>Any other address makes a further person.</p>\n"),
    )
}

/// The page to pick a person: one button each, and a form for anybody else.
pub(super) fn pick(request: &Request, registered: &[Person]) -> Html<String> {
    let hidden = hidden_fields(request);
    let mut body = format!(
        "<h1>Who are you?</h1>\n<form method=\"post\" action=\"/authorize\" class=\"people\">\n{hidden}"
    );
    for (short, name, what) in BUILT_IN {
        let _ = writeln!(
            body,
            "<button name=\"person\" value=\"{short}\">{name}<small>{short} {what}</small></button>"
        );
    }
    for person in registered {
        let (name, email) = (escape(&person.name), escape(&person.email));
        let _ = writeln!(
            body,
            "<button name=\"person\" value=\"{email}\">{name}<small>{email}</small></button>"
        );
    }
    let _ = write!(
        body,
        "</form>\n<h2>Somebody else</h2>\n\
         <form method=\"post\" action=\"/authorize\" class=\"inline\" id=\"register\">\n{hidden}\
         <input type=\"email\" name=\"email\" required placeholder=\"address\" aria-label=\"Address\" value=\"{}\"{}>\n\
         <input name=\"name\" placeholder=\"name\" aria-label=\"Name\">\n\
         <button>Register and continue</button>\n</form>\n",
        escape(&request.login_hint),
        if request.prompt == "create" {
            " autofocus"
        } else {
            ""
        },
    );
    page("Sign in", &body)
}

/// What is wrong with a request that cannot be sent back.
pub(super) fn problem(problem: &str) -> Html<String> {
    page(
        "Not possible",
        &format!(
            "<h1>That is not possible</h1>\n<p class=\"bad\">{}</p>\n",
            escape(problem)
        ),
    )
}

/// The request travels through the form, so that nothing is kept for people who never decide.
fn hidden_fields(request: &Request) -> String {
    let fields = [
        ("client_id", &request.client_id),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("scope", &request.scope),
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ];
    fields.iter().fold(String::new(), |html, (name, value)| {
        html + &format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n",
            escape(value)
        )
    })
}
