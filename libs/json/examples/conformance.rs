//! What protobuf's own conformance runner asks (`libs/json/tests/conformance/run`): it reads and writes JSON by
//! [`muster_json::mapping`], the code that stands at the edge.
//!
//! Requests and responses come on standard input and output, each with its length in front. The protos of the suite lie in
//! the folder that `MUSTER_CONFORMANCE_PROTOS` names.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use muster_json::mapping;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

type Failure = Box<dyn Error>;

/// What the testee answers with: a field of `ConformanceResponse`, and its value.
type Answer = (&'static str, Value);

fn main() -> Result<(), Failure> {
    let folder = PathBuf::from(std::env::var("MUSTER_CONFORMANCE_PROTOS")?);
    let pool = protos(&folder)?;
    while let Some(request) = received()? {
        let (field, value) = answer(&pool, &request)?;
        let mut response = named(&pool, "conformance.ConformanceResponse")?;
        response.set_field_by_name(field, value);
        send(&response.encode_to_vec())?;
    }
    Ok(())
}

fn protos(folder: &std::path::Path) -> Result<DescriptorPool, Failure> {
    let mut compiler = protox::Compiler::new([folder])?;
    compiler.include_imports(true).open_files([
        "conformance/conformance.proto",
        "google/protobuf/test_messages_proto2.proto",
        "google/protobuf/test_messages_proto3.proto",
    ])?;
    Ok(compiler.descriptor_pool())
}

fn named(pool: &DescriptorPool, name: &str) -> Result<DynamicMessage, Failure> {
    let descriptor = pool.get_message_by_name(name);
    Ok(DynamicMessage::new(descriptor.ok_or_else(|| name.to_owned())?))
}

fn received() -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match io::stdin().read_exact(&mut length) {
        Ok(()) => {}
        Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(broken) => return Err(broken),
    }
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    io::stdin().read_exact(&mut request)?;
    Ok(Some(request))
}

fn send(response: &[u8]) -> io::Result<()> {
    let length = u32::try_from(response.len()).unwrap_or(u32::MAX);
    io::stdout().write_all(&length.to_le_bytes())?;
    io::stdout().write_all(response)?;
    io::stdout().flush()
}

fn answer(pool: &DescriptorPool, request: &[u8]) -> Result<Answer, Failure> {
    let mut asked = named(pool, "conformance.ConformanceRequest")?;
    asked.merge(request)?;
    let text = |field: &str| {
        asked
            .get_field_by_name(field)
            .and_then(|value| value.as_str().map(str::to_owned))
    };
    let name = text("message_type").unwrap_or_default();
    if name == "conformance.FailureSet" {
        return Ok(("protobuf_payload", Value::Bytes(Vec::new().into())));
    }
    let Ok(empty) = named(pool, &name) else {
        return Ok(skipped("editions are not known to the compiler"));
    };
    let wants_json = asked
        .get_field_by_name("requested_output_format")
        .is_some_and(|format| *format == Value::EnumNumber(2));
    let given_json = text("json_payload").filter(|_| asked.has_field_by_name("json_payload"));
    Ok(match given_json {
        Some(json) => match mapping::read(prost_reflect::ReflectMessage::descriptor(&empty), json.as_bytes())
        {
            Ok(message) => written(&message, wants_json),
            Err(refusal) => ("parse_error", Value::String(format!("{refusal:?}"))),
        },
        None if wants_json => read_binary(empty, &asked),
        None => skipped("nothing of it is JSON"),
    })
}

fn skipped(why: &str) -> Answer {
    ("skipped", Value::String(why.to_owned()))
}

fn read_binary(mut message: DynamicMessage, asked: &DynamicMessage) -> Answer {
    let payload = asked.get_field_by_name("protobuf_payload");
    let bytes = payload
        .and_then(|value| value.as_bytes().cloned())
        .unwrap_or_default();
    match message.merge(bytes) {
        Ok(()) => written(&message, true),
        Err(problem) => ("parse_error", Value::String(problem.to_string())),
    }
}

fn written(message: &DynamicMessage, as_json: bool) -> Answer {
    if !as_json {
        return ("protobuf_payload", Value::Bytes(message.encode_to_vec().into()));
    }
    let json = mapping::write(message).map_err(|problem| problem.to_string());
    match json.map(|json| String::from_utf8_lossy(&json).into_owned()) {
        Ok(json) => ("json_payload", Value::String(json)),
        Err(problem) => ("serialize_error", Value::String(problem)),
    }
}
