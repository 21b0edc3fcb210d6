//! `grpc.reflection` (v1 and v1alpha): everything that can be called from outside, described to whoever asks.
//!
//! Answers need no sign-in and are far larger than questions, so one stream has so many of them and no more.

mod descriptors;

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use futures::future::ready;
use futures::stream::StreamExt as _;
use muster_refusal::{ErrorReason, Refusal};
use prost::Message;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};
use tonic_reflection::pb::{v1, v1alpha};

pub(super) use self::descriptors::Descriptors;

/// Questions of one stream. Whoever describes the whole contract asks for each of its files and services once.
const MAX_QUESTIONS: usize = 200;
/// What one stream is told, in bytes: all of the contract, twice.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Answers. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Reflection(Arc<Descriptors>);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a stream may still ask.
struct Budget {
    questions: usize,
    bytes: usize,
}

impl Reflection {
    pub(super) fn of(descriptors: Arc<Descriptors>) -> Self {
        Self(descriptors)
    }

    /// One answer a question, in order; the first that goes beyond the budget ends the stream.
    fn answers(
        &self,
        questions: impl Stream<Item = Result<ServerReflectionRequest, Status>> + Send + 'static,
    ) -> impl Stream<Item = Result<ServerReflectionResponse, Status>> + Send + 'static {
        let descriptors = Arc::clone(&self.0);
        let budget = Budget {
            questions: MAX_QUESTIONS,
            bytes: MAX_BYTES,
        };
        questions.scan(budget, move |budget, question| {
            let answered = question.and_then(|question| budget.spend(answer(&descriptors, question)));
            ready(Some(answered))
        })
    }
}

impl Budget {
    fn spend(&mut self, answer: ServerReflectionResponse) -> Result<ServerReflectionResponse, Status> {
        let left = self
            .questions
            .checked_sub(1)
            .zip(self.bytes.checked_sub(answer.encoded_len()));
        let (questions, bytes) = left.ok_or_else(|| {
            Status::from(Refusal::new(
                ErrorReason::RateLimited,
                "one stream is told only so much; open another one for the rest",
            ))
        })?;
        (self.questions, self.bytes) = (questions, bytes);
        Ok(answer)
    }
}

fn answer(descriptors: &Descriptors, question: ServerReflectionRequest) -> ServerReflectionResponse {
    let response = match &question.message_request {
        Some(MessageRequest::FileByFilename(name)) => file(descriptors.file(name)),
        Some(MessageRequest::FileContainingSymbol(name)) => file(descriptors.file_of_symbol(name)),
        Some(MessageRequest::FileContainingExtension(asked)) => {
            file(descriptors.file_of_extension(&asked.containing_type, asked.extension_number))
        }
        Some(MessageRequest::AllExtensionNumbersOfType(extended)) => numbers(descriptors, extended),
        Some(MessageRequest::ListServices(_)) => services(descriptors),
        None => error(
            Code::InvalidArgument,
            "the question is none of those of the protocol",
        ),
    };
    ServerReflectionResponse {
        valid_host: question.host.clone(),
        original_request: Some(question),
        message_response: Some(response),
    }
}

fn file(found: Option<&[u8]>) -> MessageResponse {
    match found {
        Some(file) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: vec![file.to_vec()],
        }),
        None => error(Code::NotFound, "nothing here is called so"),
    }
}

fn numbers(descriptors: &Descriptors, extended: &str) -> MessageResponse {
    match descriptors.extension_numbers(extended) {
        Some(extension_number) => MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
            base_type_name: extended.to_owned(),
            extension_number,
        }),
        None => error(Code::NotFound, "no message here is called so"),
    }
}

fn services(descriptors: &Descriptors) -> MessageResponse {
    let service = |name: &String| ServiceResponse { name: name.clone() };
    MessageResponse::ListServicesResponse(ListServiceResponse {
        service: descriptors.services().iter().map(service).collect(),
    })
}

/// What is not known is told within the stream, which goes on.
fn error(code: Code, message: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: code.into(),
        error_message: message.to_owned(),
    })
}

#[tonic::async_trait]
impl v1::server_reflection_server::ServerReflection for Reflection {
    type ServerReflectionInfoStream = Answers<ServerReflectionResponse>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        Ok(Response::new(Box::pin(self.answers(request.into_inner()))))
    }
}

/// The older protocol has the same messages under another name.
#[tonic::async_trait]
impl v1alpha::server_reflection_server::ServerReflection for Reflection {
    type ServerReflectionInfoStream = Answers<v1alpha::ServerReflectionResponse>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<v1alpha::ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let questions = request.into_inner().map(|question| same(&question?));
        let answers = self.answers(questions).map(|answer| same(&answer?));
        Ok(Response::new(Box::pin(answers)))
    }
}

/// A message as another one of the same fields.
fn same<M: Message + Default>(message: &impl Message) -> Result<M, Status> {
    M::decode(message.encode_to_vec().as_slice()).map_err(|_| Refusal::internal().into())
}
