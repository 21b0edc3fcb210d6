//! Clients and servers, by `tonic-build`; and behind each service, what the contract says of its requests and responses.

use proc_macro2::TokenStream;
use prost_build::ServiceGenerator;
use prost_reflect::DescriptorPool;
use quote::{ToTokens as _, quote};
use tonic_build::CodeGenBuilder;

use crate::contract;

const CLIENT_CODEC: &str = "crate::codec::ClientCodec";
/// Tells the caller what is wrong with a message that cannot be decoded.
const SERVER_CODEC: &str = "crate::codec::ServerCodec";

/// Answers that many get at the same time: a server encodes once what all of them get.
const SHARED: [&str; 1] = ["WatchInvitationsResponse"];
const PARTS: &str = "crate::codec::Parts";

/// Where the messages stand, seen from the module of a client or server.
const MESSAGES: &str = "super";

pub struct Generator {
    pool: DescriptorPool,
}

impl Generator {
    pub fn new(pool: DescriptorPool) -> Self {
        Self { pool }
    }
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: prost_build::Service, code: &mut String) {
        let mut builder = CodeGenBuilder::new();
        builder.emit_package(true).build_transport(true);
        let mut tokens = builder.generate_client(&Described::new(&service, CLIENT_CODEC, &[]), MESSAGES);
        tokens.extend(builder.generate_server(&Described::new(&service, SERVER_CODEC, &SHARED), MESSAGES));
        let name = format!("{}.{}", service.package, service.proto_name);
        let described = self.pool.get_service_by_name(&name).expect("it was compiled");
        for method in described.methods() {
            tokens.extend(
                contract::of(&method).unwrap_or_else(|what| panic!("{}: {what}", method.full_name())),
            );
        }
        let file = syn::parse2(tokens).expect("tonic-build and quote! write Rust");
        code.push_str(&prettyplease::unparse(&file));
    }
}

/// A service in the terms of `tonic-build`.
struct Described<'s> {
    service: &'s prost_build::Service,
    methods: Vec<DescribedMethod>,
}

struct DescribedMethod {
    method: prost_build::Method,
    codec: &'static str,
    /// Whether its answer is one of two parts.
    in_parts: bool,
}

impl<'s> Described<'s> {
    fn new(service: &'s prost_build::Service, codec: &'static str, in_parts: &[&str]) -> Self {
        let methods = service.methods.iter().cloned();
        Self {
            service,
            methods: methods
                .map(|method| DescribedMethod {
                    in_parts: in_parts.contains(&method.output_type.as_str()),
                    method,
                    codec,
                })
                .collect(),
        }
    }
}

impl tonic_build::Service for Described<'_> {
    type Comment = String;
    type Method = DescribedMethod;

    fn name(&self) -> &str {
        &self.service.name
    }

    fn package(&self) -> &str {
        &self.service.package
    }

    fn identifier(&self) -> &str {
        &self.service.proto_name
    }

    fn methods(&self) -> &[DescribedMethod] {
        &self.methods
    }

    fn comment(&self) -> &[String] {
        &self.service.comments.leading
    }
}

impl tonic_build::Method for DescribedMethod {
    type Comment = String;

    fn name(&self) -> &str {
        &self.method.name
    }

    fn identifier(&self) -> &str {
        &self.method.proto_name
    }

    fn codec_path(&self) -> &str {
        self.codec
    }

    fn client_streaming(&self) -> bool {
        self.method.client_streaming
    }

    fn server_streaming(&self) -> bool {
        self.method.server_streaming
    }

    fn comment(&self) -> &[String] {
        &self.method.comments.leading
    }

    fn deprecated(&self) -> bool {
        self.method.options.deprecated()
    }

    fn request_response_name(&self, messages: &str, _: bool) -> (TokenStream, TokenStream) {
        let path = |message: &str| {
            let path: syn::Path =
                syn::parse_str(&format!("{messages}::{message}")).expect("prost names a type");
            path.into_token_stream()
        };
        let (input, mut output) = (path(&self.method.input_type), path(&self.method.output_type));
        if self.in_parts {
            let parts: syn::Path = syn::parse_str(PARTS).expect("it is a path");
            output = quote!(#parts<#output>);
        }
        (input, output)
    }
}
