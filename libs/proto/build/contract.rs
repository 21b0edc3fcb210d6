//! What the descriptors say of requests and responses, as implementations of the traits in `src/messages.rs`.

use proc_macro2::TokenStream;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};
use quote::{format_ident, quote};

const RULE: &str = "muster.access.v1.rule";
const HTTP: &str = "google.api.http";
const FIELD_RULES: &str = "buf.validate.field";
const FIELD_MASK: &str = "google.protobuf.FieldMask";

/// Everything about one RPC.
pub fn of(method: &MethodDescriptor) -> Result<TokenStream, String> {
    let (input, output) = (method.input(), method.output());
    if let Some(map) = input.fields().find(FieldDescriptor::is_map) {
        return Err(format!(
            "{} is a map: its order is not fixed, so that a request has no fingerprint",
            map.name()
        ));
    }
    let mut tokens = request(method)?;
    tokens.extend(request_id(&input)?);
    tokens.extend(paged(&input));
    tokens.extend(update(&input)?);
    tokens.extend(etag(&input));
    tokens.extend(page(&output));
    tokens.extend(one_resource(&output));
    Ok(tokens)
}

/// The Rust type of a message of the suite.
fn path(message: &MessageDescriptor) -> TokenStream {
    let name = message.full_name().trim_start_matches("muster.");
    let parts = name.split('.').map(|part| format_ident!("{part}"));
    quote!(crate::#(#parts)::*)
}

fn request(method: &MethodDescriptor) -> Result<TokenStream, String> {
    let input = method.input();
    let request = path(&input);
    let rpc = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let (field, named) = match scope(method) {
        None => (quote!(None), quote!("")),
        Some(field) => {
            let form = form(method, &field);
            if form.is_none() && !has_pattern(&input, &field) {
                return Err(format!(
                    "{field} needs an HTTP path or a pattern: something could stand behind the name"
                ));
            }
            let form = form.map_or(quote!(None), |form| quote!(Some(#form)));
            let named = text_at(&input, &field)?;
            (quote!(Some(crate::Scope { field: #field, form: #form })), named)
        }
    };
    let reads = update_mask(&input).map(|_| {
        quote! {
            fn reads(&self, field: &str) -> bool {
                crate::is_updated(self, field)
            }
        }
    });
    Ok(quote! {
        impl crate::RequestMessage for #request {
            const RPC: &'static str = #rpc;
            const SCOPE: Option<crate::Scope> = #field;

            fn scope(&self) -> &str {
                #named
            }

            #reads
        }
    })
}

/// The field in which the access rule looks for the organization.
fn scope(method: &MethodDescriptor) -> Option<String> {
    let rule = extension(method, RULE)?;
    let require = rule.get_field_by_name("require")?.into_owned();
    let require = require.as_message()?;
    let scope = require
        .has_field_by_name("scope")
        .then(|| require.get_field_by_name("scope"))??;
    scope.as_str().map(str::to_owned)
}

/// What the HTTP binding captures into this field, such as `organizations/*/groups/*`.
fn form(method: &MethodDescriptor, field: &str) -> Option<String> {
    let http = extension(method, HTTP)?;
    let captured = format!("{{{field}=");
    http.fields().find_map(|(_, value)| {
        let (_, rest) = value.as_str()?.split_once(&captured)?;
        rest.split_once('}').map(|(form, _)| form.to_owned())
    })
}

fn extension(method: &MethodDescriptor, name: &str) -> Option<DynamicMessage> {
    let extension = method.parent_pool().get_extension_by_name(name)?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

/// The text in the field of this path; nothing when a message on the way is absent.
fn text_at(message: &MessageDescriptor, path: &str) -> Result<TokenStream, String> {
    let no_such = || format!("{path} is no text of the request");
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = message.get_field_by_name(first).ok_or_else(no_such)?;
    let first = format_ident!("{first}");
    match (rest, field.kind()) {
        (None, Kind::String) => Ok(quote!(&self.#first)),
        (Some(rest), Kind::Message(inner)) if !rest.contains('.') => {
            let rest_field = inner.get_field_by_name(rest).ok_or_else(no_such)?;
            let rest = format_ident!("{rest}");
            match rest_field.kind() {
                Kind::String => Ok(quote!(self.#first.as_ref().map_or("", |inner| &inner.#rest))),
                _ => Err(no_such()),
            }
        }
        _ => Err(no_such()),
    }
}

fn request_id(input: &MessageDescriptor) -> Result<Option<TokenStream>, String> {
    let Some(field) = input.get_field_by_name("request_id") else {
        return Ok(None);
    };
    if !is_uuid(&field) {
        return Err("request_id needs the field rule string.uuid".to_owned());
    }
    let request = path(input);
    Ok(Some(quote! {
        impl crate::HasRequestId for #request {
            fn request_id(&self) -> &str {
                &self.request_id
            }
        }
    }))
}

fn is_uuid(field: &FieldDescriptor) -> bool {
    text_rule(field, "uuid").is_some_and(|rule| rule.as_bool() == Some(true))
}

/// Whether what stands in the field is bound by an expression.
fn has_pattern(message: &MessageDescriptor, field: &str) -> bool {
    let field = message.get_field_by_name(field);
    let rule = field.and_then(|field| text_rule(&field, "pattern"));
    rule.is_some_and(|rule| {
        rule.as_str()
            .is_some_and(|pattern| pattern.starts_with('^') && pattern.ends_with('$'))
    })
}

/// A field rule of texts.
fn text_rule(field: &FieldDescriptor, name: &str) -> Option<Value> {
    let extension = field.parent_pool().get_extension_by_name(FIELD_RULES)?;
    let options = field.options();
    let rules = options.get_extension(&extension);
    let texts = rules.as_message()?.get_field_by_name("string")?.into_owned();
    Some(texts.as_message()?.get_field_by_name(name)?.into_owned())
}

fn paged(input: &MessageDescriptor) -> Option<TokenStream> {
    input.get_field_by_name("page_size")?;
    input.get_field_by_name("page_token")?;
    let request = path(input);
    Some(quote! {
        impl crate::Paged for #request {
            fn page_size(&self) -> i32 {
                self.page_size
            }

            fn page_token(&self) -> &str {
                &self.page_token
            }

            fn without_page(&self) -> Self {
                Self { page_size: 0, page_token: String::new(), ..self.clone() }
            }
        }
    })
}

fn update_mask(input: &MessageDescriptor) -> Option<FieldDescriptor> {
    let field = input.get_field_by_name("update_mask")?;
    (field.kind().as_message()?.full_name() == FIELD_MASK).then_some(field)
}

/// The resource is the only message of the request beside the mask.
fn update(input: &MessageDescriptor) -> Result<Option<TokenStream>, String> {
    if update_mask(input).is_none() {
        return Ok(None);
    }
    let resources: Vec<_> = input
        .fields()
        .filter_map(|field| Some((field.name().to_owned(), ours(&field)?)))
        .collect();
    let [(field, resource)] = resources.as_slice() else {
        return Err("a request with an update_mask holds one resource".to_owned());
    };
    let (request, resource, name) = (path(input), path(resource), field);
    let field = format_ident!("{field}");
    Ok(Some(quote! {
        impl crate::UpdateRequest for #request {
            type Resource = #resource;
            const FIELD: &'static str = #name;

            fn update_mask(&self) -> &[String] {
                self.update_mask.as_ref().map_or(&[], |mask| &mask.paths)
            }

            fn resource(&self) -> Option<&#resource> {
                self.#field.as_ref()
            }
        }

        impl crate::HasEtag for #request {
            fn etag(&self) -> &str {
                self.#field.as_ref().map_or("", |resource| &resource.etag)
            }
        }
    }))
}

/// Of a request that names the etag itself.
fn etag(input: &MessageDescriptor) -> Option<TokenStream> {
    input.get_field_by_name("etag")?;
    let request = path(input);
    Some(quote! {
        impl crate::HasEtag for #request {
            fn etag(&self) -> &str {
                &self.etag
            }
        }
    })
}

/// A response that is a page and nothing else.
fn page(output: &MessageDescriptor) -> Option<TokenStream> {
    let fields: Vec<_> = output.fields().collect();
    let [items, token] = fields.as_slice() else {
        return None;
    };
    let item = items.kind().as_message().filter(|_| items.is_list()).map(path)?;
    if token.name() != "next_page_token" {
        return None;
    }
    let (response, items) = (path(output), format_ident!("{}", items.name()));
    Some(quote! {
        impl crate::ListResponse for #response {
            type Item = #item;

            fn page(#items: Vec<#item>, next_page_token: String) -> Self {
                Self { #items, next_page_token }
            }
        }
    })
}

/// A response that holds one resource and nothing else.
fn one_resource(output: &MessageDescriptor) -> Option<TokenStream> {
    let fields: Vec<_> = output.fields().collect();
    let [field] = fields.as_slice() else {
        return None;
    };
    let resource = path(&ours(field)?);
    let (response, field) = (path(output), format_ident!("{}", field.name()));
    Some(quote! {
        impl crate::ResourceResponse for #response {
            type Resource = #resource;
        }

        impl From<#resource> for #response {
            fn from(resource: #resource) -> Self {
                Self { #field: Some(resource) }
            }
        }
    })
}

/// The message of the suite that a field holds one of.
fn ours(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let message = field.kind().as_message().cloned()?;
    (!field.is_list() && message.full_name().starts_with("muster.")).then_some(message)
}
