//! What the contract says of files (`muster/file/v1/file.proto`).

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, Value};

/// The file that an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The field of the response that holds the bytes, a `google.api.HttpBody`.
    pub field: String,
    /// The media types that it may have.
    pub media_types: Vec<String>,
}

/// The file that the body of a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedFile {
    /// The field of the request that holds a piece.
    pub field: String,
    /// That which holds the name of the file.
    pub file_name_field: String,
    /// That which holds the SHA-256 of the file.
    pub sha256_field: String,
    /// The media types that it may have.
    pub media_types: Vec<String>,
}

impl Served {
    /// What the options say, and the response keeps; `None` when neither speaks of a file.
    pub(crate) fn read(rpc: &MethodDescriptor, field: &str) -> Result<Option<Self>, String> {
        let Some(serves) = option(rpc, "muster.file.v1.serves") else {
            return match field {
                "" => Ok(None),
                field => Err(format!(
                    "answers with {field} alone, which nothing says is a file"
                )),
            };
        };
        let response = rpc.output();
        let is_body = |field: FieldDescriptor| {
            let kind = field.kind();
            let message = kind.as_message();
            message.is_some_and(|message| message.full_name() == "google.api.HttpBody")
        };
        if !response.get_field_by_name(field).is_some_and(is_body) {
            return Err(format!("{field} of the response is no google.api.HttpBody"));
        }
        if !response.get_field_by_name("file_name").is_some_and(is_text) {
            return Err("the response has no text file_name".to_owned());
        }
        let media_types = texts(&serves, "media_types");
        if media_types.is_empty() {
            return Err("the file may have no media type".to_owned());
        }
        Ok(Some(Self {
            field: field.to_owned(),
            media_types,
        }))
    }
}

impl AcceptedFile {
    /// What the option says; its field stands in the binding.
    pub(crate) fn read(rpc: &MethodDescriptor) -> Result<Option<Self>, String> {
        let Some(takes) = option(rpc, "muster.file.v1.takes") else {
            return Ok(None);
        };
        let taken = Self {
            field: String::new(),
            file_name_field: text(&takes, "file_name_field"),
            sha256_field: text(&takes, "sha256_field"),
            media_types: texts(&takes, "media_types"),
        };
        let request = rpc.input();
        let holds =
            |name: &str, is: fn(FieldDescriptor) -> bool| request.get_field_by_name(name).is_some_and(is);
        if !rpc.is_client_streaming() {
            Err("takes a file, but no stream".to_owned())
        } else if !holds(&taken.file_name_field, is_text) {
            Err(format!("{} of the request is no text", taken.file_name_field))
        } else if !holds(&taken.sha256_field, is_bytes) {
            Err(format!("{} of the request holds no bytes", taken.sha256_field))
        } else {
            Ok(Some(taken))
        }
    }

    pub(crate) fn in_field(self, rpc: &MethodDescriptor, field: &str) -> Result<Self, String> {
        if rpc.input().get_field_by_name(field).is_some_and(is_bytes) {
            let field = field.to_owned();
            Ok(Self { field, ..self })
        } else {
            Err(format!(
                "the body {field} is no field of the request that holds bytes"
            ))
        }
    }
}

fn is_text(field: FieldDescriptor) -> bool {
    field.kind() == Kind::String && !field.is_list()
}

fn is_bytes(field: FieldDescriptor) -> bool {
    field.kind() == Kind::Bytes && !field.is_list()
}

fn option(rpc: &MethodDescriptor, name: &str) -> Option<DynamicMessage> {
    let extension = rpc.parent_pool().get_extension_by_name(name)?;
    let options = rpc.options();
    let value = options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).into_owned())?;
    value.as_message().cloned()
}

fn text(option: &DynamicMessage, field: &str) -> String {
    let value = option.get_field_by_name(field);
    value
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn texts(option: &DynamicMessage, field: &str) -> Vec<String> {
    let value = option.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
