//! The look that the issuer, the inbox and the trace page share: plain HTML, one style sheet, no script.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

const STYLE: &str = include_str!("html/style.css");

/// A whole page.
pub(crate) fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        title = escape(title),
    ))
}

/// Text made safe for elements and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A table: its heads, and the cells of each row as HTML.
pub(crate) fn table(heads: &[&str], rows: impl Iterator<Item = String>) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let rows: String = rows.map(|cells| format!("<tr>{cells}</tr>\n")).collect();
    format!("<table>\n<tr>{heads}</tr>\n{rows}</table>\n")
}

/// A form that asks for the same page again: name, what to type, and what was typed of each field.
pub(crate) fn filter(fields: &[(&str, &str, &str)]) -> String {
    let input = |(name, hint, value): &(&str, &str, &str)| {
        let value = escape(value);
        format!("<input name=\"{name}\" placeholder=\"{hint}\" aria-label=\"{hint}\" value=\"{value}\">")
    };
    let inputs: String = fields.iter().map(input).collect();
    format!("<form class=\"inline\">{inputs}<button>Show</button></form>\n")
}

/// The answer where there is nothing.
pub(crate) fn missing(what: &str) -> Response {
    let body = format!("<p><a href=\"/\">Back</a></p>\n<h1>{what}</h1>\n");
    (StatusCode::NOT_FOUND, page("Not here", &body)).into_response()
}

/// Escaped text in which addresses of pages can be clicked.
pub(crate) fn with_links(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    for link in links(text) {
        if let Some((before, after)) = rest.split_once(link) {
            let safe = escape(link);
            html += &format!("{}<a href=\"{safe}\">{safe}</a>", escape(before));
            rest = after;
        }
    }
    html + &escape(rest)
}

/// The addresses of pages in a text, in order.
pub(crate) fn links(text: &str) -> Vec<&str> {
    let outside = |letter: char| letter.is_whitespace() || "<>\"'()[]".contains(letter);
    let words = text.split(outside);
    words
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(|link| link.trim_end_matches(['.', ',', ';', ':', '!']))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_text_stays_text() {
        let text = "See <http://a.test/x?y=1&z=2>, or https://b.test/.\nhttp is no link";
        assert_eq!(links(text), ["http://a.test/x?y=1&z=2", "https://b.test/"]);
        let link = |to| format!("<a href=\"{to}\">{to}</a>");
        let [first, second] = [link("http://a.test/x?y=1&amp;z=2"), link("https://b.test/")];
        let html = format!("See &lt;{first}&gt;, or {second}.\nhttp is no link");
        assert_eq!(with_links(text), html);
    }
}
