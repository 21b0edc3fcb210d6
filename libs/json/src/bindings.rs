//! Which HTTP request is which RPC: the `google.api.http` options of the descriptors.

use http::Method;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MethodDescriptor, Value};

use crate::files::{AcceptedFile, Served};
use crate::template::{Template, TemplateProblem};

/// One way to call an RPC over HTTP.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The RPC.
    pub rpc: MethodDescriptor,
    /// GET, PUT, POST, DELETE or PATCH.
    pub method: Method,
    /// The paths.
    pub template: Template,
    /// What the body of the request is.
    pub body: Content,
    /// The file that the answer is, when it is one.
    pub served: Option<Served>,
}

/// What a body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// There is none: what the path does not say stands in the query.
    None,
    /// Everything that the path does not say.
    Whole,
    /// One field of the request; the others stand in the query.
    Field(String),
    /// A file; the fields of the request stand in the query, or in a form beside it.
    File(AcceptedFile),
}

/// What is wrong with a binding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rpc}: {what}")]
pub struct BindingProblem {
    /// The RPC.
    pub rpc: String,
    /// What is wrong, and with what.
    pub what: String,
}

/// Every binding of a contract.
#[derive(Debug, Clone, Default)]
pub struct Bindings(Vec<Binding>);

/// The answer to "which RPC is this".
#[derive(Debug)]
pub enum Found<'b> {
    /// This one, with the values of the fields that stand in the path.
    Rpc(&'b Binding, Vec<(&'b str, String)>),
    /// None by this method; these would be understood.
    OtherMethods(Vec<&'b Method>),
    /// None.
    Nothing,
}

impl Bindings {
    /// Reads the bindings of all RPCs for which `is_exposed`, by their paths.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load(
        pool: &DescriptorPool,
        is_exposed: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<BindingProblem>> {
        let Some(option) = pool.get_extension_by_name("google.api.http") else {
            return Ok(Self::default());
        };
        let (mut bindings, mut problems) = (Vec::new(), Vec::new());
        for rpc in pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
        {
            let options = rpc.options();
            if !is_exposed(&path_of(&rpc)) || !options.has_extension(&option) {
                continue;
            }
            let Value::Message(rule) = options.get_extension(&option).into_owned() else {
                continue;
            };
            match Binding::read(&rpc, &rule) {
                Ok(binding) => bindings.push(binding),
                Err(what) => problems.push(BindingProblem {
                    rpc: rpc.full_name().to_owned(),
                    what,
                }),
            }
        }
        if problems.is_empty() {
            Ok(Self(bindings))
        } else {
            Err(problems)
        }
    }

    /// All of them, in the order of the contract.
    pub fn all(&self) -> &[Binding] {
        &self.0
    }

    /// The RPC of a request.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let fitting: Vec<_> = self
            .0
            .iter()
            .filter_map(|binding| Some((binding, binding.template.captures(path)?)))
            .collect();
        let others: Vec<_> = fitting.iter().map(|(binding, _)| &binding.method).collect();
        if others.is_empty() {
            return Found::Nothing;
        }
        match fitting.into_iter().find(|(binding, _)| binding.method == *method) {
            Some((binding, captures)) => Found::Rpc(binding, captures),
            None => Found::OtherMethods(others),
        }
    }
}

impl Content {
    /// The one field of the request that the body is.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::None | Self::Whole => None,
            Self::Field(field) => Some(field),
            Self::File(taken) => Some(&taken.field),
        }
    }
}

impl Binding {
    /// The path of the gRPC call: `/package.Service/Method`.
    pub fn path(&self) -> String {
        path_of(&self.rpc)
    }

    fn read(rpc: &MethodDescriptor, rule: &DynamicMessage) -> Result<Self, String> {
        let (method, pattern) = pattern(rule).ok_or("has a binding without a method and a path")?;
        let template = Template::parse(&pattern)
            .map_err(|problem: TemplateProblem| format!("the path {pattern} {problem}"))?;
        for field in template.fields() {
            if !is_text(rpc, field) {
                return Err(format!(
                    "{field} in the path {pattern} is no text field of the request"
                ));
            }
        }
        let body = match (text(rule, "body").as_str(), AcceptedFile::read(rpc)?) {
            (field, Some(taken)) => Content::File(taken.in_field(rpc, field)?),
            _ if rpc.is_client_streaming() => {
                return Err("takes a stream, which no HTTP request is that is not a file".to_owned());
            }
            ("", None) => Content::None,
            ("*", None) => Content::Whole,
            (field, None) if rpc.input().get_field_by_name(field).is_some() => {
                Content::Field(field.to_owned())
            }
            (field, None) => return Err(format!("the body {field} is no field of the request")),
        };
        let served = Served::read(rpc, &text(rule, "response_body"))?;
        if body != Content::None && matches!(method, Method::GET | Method::DELETE) {
            return Err(format!("{method} with a body"));
        }
        Ok(Self {
            rpc: rpc.clone(),
            method,
            template,
            body,
            served,
        })
    }
}

fn path_of(rpc: &MethodDescriptor) -> String {
    format!("/{}/{}", rpc.parent_service().full_name(), rpc.name())
}

fn pattern(rule: &DynamicMessage) -> Option<(Method, String)> {
    [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ]
    .into_iter()
    .find_map(|(field, method)| {
        let path = text(rule, field);
        (!path.is_empty()).then_some((method, path))
    })
}

fn text(rule: &DynamicMessage, field: &str) -> String {
    rule.get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Does the dotted path lead to a single string field?
fn is_text(rpc: &MethodDescriptor, path: &str) -> bool {
    let mut message = Some(rpc.input());
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let Some(field) = message.take().and_then(|message| message.get_field_by_name(name)) else {
            return false;
        };
        if names.peek().is_none() {
            return field.kind() == Kind::String && !field.is_list();
        }
        message = field.kind().as_message().cloned();
    }
    false
}
