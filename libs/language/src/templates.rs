//! What tests ask of templates, which are to say nothing by themselves.

/// Stands for a value in its place.
const VALUE: char = '\u{fffc}';
/// Attributes that people read, or that are read to them.
const READ: [&str; 7] = [
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "label",
    "placeholder",
    "title",
];
/// Those `input`s of which people read the value, too.
const BUTTONS: [&str; 3] = ["type=\"submit\"", "type=\"button\"", "type=\"reset\""];

/// What stands in a template where people read: between its tags, and in attributes that are read to them. In every branch, whatever a page
/// or a mail that is made of it would show of that.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Words of the template itself: the same in every language.
    pub words: Vec<String>,
    /// The expressions of the values that are put there.
    pub values: Vec<String>,
}

/// What an askama template says, of HTML or of plain text.
#[must_use]
pub fn said(template: &str) -> Said {
    let (markup, expressions) = taken_apart(template);
    let (mut said, mut expressions) = (Said::default(), expressions.into_iter());
    let mut rest = Some(markup.as_str());
    while let Some(text) = rest {
        let (text, tag) = split(text, '<');
        said.text(text, &mut expressions);
        rest = tag.and_then(|tag| {
            let (tag, after) = split(tag, '>');
            said.tag(tag, &mut expressions);
            after
        });
    }
    said
}

/// What comes before the character, and what comes after it.
fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The template without statements and comments, a character for each value, and the expressions of those.
fn taken_apart(template: &str) -> (String, Vec<String>) {
    let (mut markup, mut expressions, mut rest) = (String::new(), Vec::new(), template);
    while let Some((before, from)) = rest.split_once('{') {
        markup.push_str(before);
        let mut inside = from.chars();
        let end = match inside.next() {
            Some('{') => "}}",
            Some('%') => "%}",
            Some('#') => "#}",
            _ => {
                markup.push('{');
                rest = from;
                continue;
            }
        };
        let (inside, after) = inside.as_str().split_once(end).unwrap_or((inside.as_str(), ""));
        if end == "}}" {
            markup.push(VALUE);
            expressions.push(inside.trim_matches(['-', '~', '+']).trim().to_owned());
        }
        rest = after;
    }
    markup.push_str(rest);
    (markup, expressions)
}

impl Said {
    fn text(&mut self, text: &str, expressions: &mut impl Iterator<Item = String>) {
        self.values
            .extend(expressions.by_ref().take(text.matches(VALUE).count()));
        let words = text.replace(VALUE, " ");
        if is_said(&words) {
            self.words.push(words.trim().to_owned());
        }
    }

    fn tag(&mut self, tag: &str, expressions: &mut impl Iterator<Item = String>) {
        let is_button = tag.starts_with("input") && BUTTONS.iter().any(|button| tag.contains(button));
        // What an attribute says stands between quotes, behind its name.
        let mut parts = tag.split('"');
        while let Some(before) = parts.next() {
            pass_over(before, expressions);
            let Some(value) = parts.next() else { break };
            let name = before.trim_end_matches('=').rsplit(char::is_whitespace).next();
            let name = name.unwrap_or_default();
            if READ.contains(&name) || (is_button && name == "value") {
                self.text(value, expressions);
            } else {
                pass_over(value, expressions);
            }
        }
    }
}

/// The values in a part of a tag that nobody reads.
fn pass_over(part: &str, expressions: &mut impl Iterator<Item = String>) {
    expressions
        .by_ref()
        .take(part.matches(VALUE).count())
        .for_each(drop);
}

/// Whether there is a letter in it, beside the names of characters: `&nbsp;` is none.
fn is_said(text: &str) -> bool {
    let mut parts = text.split('&');
    let first = parts.next().unwrap_or_default();
    let after_names = parts.map(|part| match part.split_once(';') {
        Some((name, after)) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#') => after,
        _ => part,
    });
    std::iter::once(first)
        .chain(after_names)
        .any(|part| part.contains(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::{Said, said};

    #[test]
    fn what_a_template_says_by_itself_is_found_in_every_branch_and_attribute() {
        let template = r##"<!doctype html><html lang="{{ page.tag() }}"><title>{{ say("title") }} · Muster</title>
            {# Nobody reads this. #}<style media="screen"></style>
            {% if a > b %}<p class="notice">Something <b>{{- name -}}</b>, { 5 }</p>{% else %}&nbsp;&#8209;{% endif %}
            <input type="text" name="who" value="{{ typed }}" placeholder="Your name"{% if x %} title="{{ why }}"{% endif %}>
            <input type="submit" value="Send"><img alt="" src="/a/{{ id }}"><a href="/b?c=d&amp;e" aria-label="{{ label }}">{{ text }}</a>"##;
        let said_here = said(template);
        assert_eq!(said_here.words, ["· Muster", "Something", "Your name", "Send"]);
        let values = ["say(\"title\")", "name", "why", "label", "text"];
        assert_eq!(said_here.values, values);
    }

    #[test]
    fn plain_text_is_a_template_without_tags() {
        let template =
            "Subject: {{ subject }}\n\n{% for one in all %}  - {{ one }}\n{% endfor %}{{ then }}\n";
        let Said { words, values } = said(template);
        assert_eq!(words.len(), 1);
        assert!(words[0].starts_with("Subject:"), "{words:?}");
        assert_eq!(values, ["subject", "one", "then"]);
        assert_eq!(said("{{ a }}: 1, 2 (3)\n").words, Vec::<String>::new());
    }
}
