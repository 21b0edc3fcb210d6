//! The look that the issuer, the inbox and the trace page share: plain HTML, one style sheet, no script.

use std::fmt::Write as _;

use axum::response::Html;

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
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Escaped text in which addresses of pages can be clicked.
pub(crate) fn with_links(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    for link in links(text) {
        if let Some((before, after)) = rest.split_once(link) {
            let safe = escape(link);
            let _ = write!(html, "{}<a href=\"{safe}\">{safe}</a>", escape(before));
            rest = after;
        }
    }
    html + &escape(rest)
}

/// The addresses of pages in a text, in order.
pub(crate) fn links(text: &str) -> Vec<&str> {
    let starts = text.match_indices("http").map(|(at, _)| at).collect::<Vec<_>>();
    let mut found: Vec<&str> = Vec::new();
    let mut end = 0;
    for at in starts.into_iter() {
        let candidate = text.get(at..).unwrap_or_default();
        if at < end || !(candidate.starts_with("http://") || candidate.starts_with("https://")) {
            continue;
        }
        let length = candidate
            .find(|letter: char| {
                letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '\'' | ')' | ']')
            })
            .unwrap_or(candidate.len());
        let link = candidate
            .get(..length)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';', ':', '!']);
        end = at + link.len();
        found.push(link);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_text_stays_text() {
        let text = "See <http://a.test/x?y=1&z=2>, or https://b.test/.\nhttp is no link";
        assert_eq!(links(text), ["http://a.test/x?y=1&z=2", "https://b.test/"]);
        let html = with_links(text);
        assert!(
            html.starts_with("See &lt;<a href=\"http://a.test/x?y=1&amp;z=2\">"),
            "{html}"
        );
        assert!(html.ends_with("</a>.\nhttp is no link"), "{html}");
    }
}
