//! Path templates, as the comments of `google/api/http.proto` define them.
//!
//! ```text
//! Template = "/" Segments [ Verb ] ;   Segment  = "*" | "**" | LITERAL | Variable ;
//! Variable = "{" FieldPath [ "=" Segments ] "}" ;   Verb = ":" LITERAL ;
//! ```
//!
//! `**` is not used in this contract and is refused: a path that may have any length hides what it leads to.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    variables: Vec<Variable>,
    verb: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
}

/// A field that takes its value from some segments of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    field: String,
    from: usize,
    to: usize,
}

/// A `*` of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPart<'t> {
    /// What it is called: `organization`.
    pub name: String,
    /// The word before it: `organizations`.
    pub collection: &'t str,
}

/// What is wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// It has to begin with a slash.
    #[error("does not begin with a slash")]
    NoSlash,
    /// A segment is empty, or holds a brace or a star beside other characters.
    #[error("has a segment that is neither a word, nor `*`, nor a variable")]
    Segment,
    /// A variable is not closed, has no name, or holds another one.
    #[error("has a variable that is not `{{field}}` or `{{field=segments}}`")]
    Variable,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateProblem`].
    pub fn parse(text: &str) -> Result<Self, TemplateProblem> {
        let mut rest = text.strip_prefix('/').ok_or(TemplateProblem::NoSlash)?;
        let mut template = Self {
            segments: Vec::new(),
            variables: Vec::new(),
            verb: None,
        };
        loop {
            rest = match rest.strip_prefix('{') {
                Some(inside) => template.variable(inside)?,
                None => {
                    let end = rest.find(['/', ':']).unwrap_or(rest.len());
                    let (segment, after) = rest.split_at(end);
                    template.segments.push(Segment::parse(segment)?);
                    after
                }
            };
            match rest.split_at_checked(1) {
                None => return Ok(template),
                Some(("/", after)) => rest = after,
                Some((":", verb)) if is_word(verb) => {
                    template.verb = Some(verb.to_owned());
                    return Ok(template);
                }
                Some(_) => return Err(TemplateProblem::Segment),
            }
        }
    }

    /// Takes a variable, whose opening brace is read; gives what follows the closing one.
    fn variable<'t>(&mut self, inside: &'t str) -> Result<&'t str, TemplateProblem> {
        let (text, after) = inside.split_once('}').ok_or(TemplateProblem::Variable)?;
        let (field, segments) = text.split_once('=').unwrap_or((text, "*"));
        if field.is_empty() || !field.split('.').all(is_word) {
            return Err(TemplateProblem::Variable);
        }
        let from = self.segments.len();
        for segment in segments.split('/') {
            self.segments.push(Segment::parse(segment)?);
        }
        self.variables.push(Variable {
            field: field.to_owned(),
            from,
            to: self.segments.len(),
        });
        Ok(after)
    }

    /// The fields that take their values from the path.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| variable.field.as_str())
    }

    /// The values of the fields, if the path (without its query) is one of these.
    pub fn captures(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let path = path.strip_prefix('/')?;
        let path = match &self.verb {
            Some(verb) => path.strip_suffix(verb.as_str())?.strip_suffix(':')?,
            None => path,
        };
        let given: Vec<String> = path.split('/').map(decoded).collect::<Option<_>>()?;
        if given.len() != self.segments.len() {
            return None;
        }
        let fits = |(segment, given): (&Segment, &String)| match segment {
            Segment::Literal(literal) => literal == given,
            // A colon would be a verb that this template does not have.
            Segment::Any => !given.is_empty() && !given.contains(':'),
        };
        self.segments.iter().zip(&given).all(fits).then(|| {
            let value = |variable: &Variable| given.get(variable.from..variable.to).unwrap_or(&[]).join("/");
            self.variables
                .iter()
                .map(|variable| (variable.field.as_str(), value(variable)))
                .collect()
        })
    }

    /// As OpenAPI writes it: each `*` has a name of its own, made from the collection before it.
    ///
    /// `/v1/{name=organizations/*}:submit` becomes `/v1/organizations/{organization}:submit`.
    pub fn open_api(&self) -> (String, Vec<PathPart<'_>>) {
        let (mut path, mut parts) = (String::new(), Vec::<PathPart<'_>>::new());
        let mut before = "";
        for (place, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Literal(literal) => {
                    before = literal;
                    path.push('/');
                    path.push_str(literal);
                }
                Segment::Any => {
                    let is_taken = |name: &String| parts.iter().any(|part| part.name == *name);
                    let name = singular(before).filter(|name| !is_taken(name));
                    let name = name.unwrap_or_else(|| format!("part{place}"));
                    let _ = write!(path, "/{{{name}}}");
                    let collection = before;
                    parts.push(PathPart { name, collection });
                }
            }
        }
        if let Some(verb) = &self.verb {
            let _ = write!(path, ":{verb}");
        }
        (path, parts)
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, TemplateProblem> {
        match text {
            "*" => Ok(Self::Any),
            word if is_word(word) => Ok(Self::Literal(word.to_owned())),
            _ => Err(TemplateProblem::Segment),
        }
    }
}

fn is_word(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~');
    !text.is_empty() && text.chars().all(allowed)
}

/// A segment as it was meant; `None` when it is no text, or smuggles a separator.
fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    (!text.contains('/')).then(|| text.into_owned())
}

/// `deliveries` becomes `delivery`.
fn singular(collection: &str) -> Option<String> {
    let word = match collection.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => collection.strip_suffix('s')?.to_owned(),
    };
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template = Template::parse(template).unwrap();
        let found = template.captures(path)?;
        Some(
            found
                .into_iter()
                .map(|(field, value)| (field.to_owned(), value))
                .collect(),
        )
    }

    fn one(field: &str, value: &str) -> Option<Vec<(String, String)>> {
        Some(vec![(field.to_owned(), value.to_owned())])
    }

    #[test]
    fn variables_take_their_segments() {
        let import = "/v1/{name=organizations/*/imports/*}";
        assert_eq!(
            captures(import, "/v1/organizations/a/imports/b"),
            one("name", "organizations/a/imports/b")
        );
        assert_eq!(
            captures("/v1/{group.name}/x", "/v1/a%20b/x"),
            one("group.name", "a b")
        );
        assert_eq!(captures("/v1/trainings", "/v1/trainings"), Some(Vec::new()));
    }

    #[test]
    fn verbs_belong_to_the_path() {
        let approve = "/v1/{name=organizations/*}:approve";
        assert_eq!(
            captures(approve, "/v1/organizations/a:approve"),
            one("name", "organizations/a")
        );
        for path in [
            "/v1/organizations/a",
            "/v1/organizations/a:submit",
            "/v1/organizations/a:b:approve",
            "/v1/organizations/:approve",
        ] {
            assert_eq!(captures(approve, path), None, "{path}");
        }
        assert_eq!(
            captures("/v1/{name=organizations/*}", "/v1/organizations/a:approve"),
            None
        );
    }

    #[test]
    fn no_other_path_fits() {
        for path in [
            "",
            "/",
            "/v1",
            "/v1/organizations",
            "/v1/organizations/",
            "/v1/organizations/a/",
            "/v1/organizations//",
            "//v1/organizations/a",
            "/v1/organizations/a/b",
            "/v1/organizations/a%2Fb",
            "/v1/organizations/%ff",
            "/V1/organizations/a",
        ] {
            assert_eq!(captures("/v1/{name=organizations/*}", path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        use TemplateProblem::{NoSlash, Segment, Variable};
        let wrong = [
            ("", NoSlash),
            ("v1", NoSlash),
            ("/", Segment),
            ("/v1/", Segment),
            ("/v1/a*", Segment),
            ("/v1/**", Segment),
            ("/v1/{name=**}", Segment),
            ("/v1/{name", Variable),
            ("/v1/{}", Variable),
            ("/v1/{=a}", Variable),
            ("/v1/{a}b", Segment),
            ("/v1/a:", Segment),
            ("/v1/a:b/c", Segment),
            ("/v1/{a=b/{c}}", Segment),
        ];
        for (text, problem) in wrong {
            assert_eq!(Template::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn open_api_names_every_star() {
        let template = |text: &str| Template::parse(text).unwrap();
        let deliveries = template("/v1/{parent=organizations/*/deliveries/*}/rows:list");
        let (path, parts) = deliveries.open_api();
        assert_eq!(
            path,
            "/v1/organizations/{organization}/deliveries/{delivery}/rows:list"
        );
        let parts: Vec<_> = parts
            .iter()
            .map(|part| (part.name.as_str(), part.collection))
            .collect();
        assert_eq!(
            parts,
            [("organization", "organizations"), ("delivery", "deliveries")]
        );
        assert_eq!(template("/v1/{name=sheep/*}").open_api().0, "/v1/sheep/{part2}");
    }
}
