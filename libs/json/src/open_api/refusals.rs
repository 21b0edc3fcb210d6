//! Which errors an operation answers: the reasons that stand beside its RPC, by their HTTP codes.

use std::collections::BTreeMap;

use muster_refusal::ErrorReason;
use prost_reflect::{EnumDescriptor, MethodDescriptor};
use serde_json::{Map, Value, json};

use super::schemas::comment;
use crate::problem::http_code_of;

/// The responses of an RPC for its own reasons, by HTTP code. Reasons that may be the answer to any call are not among them.
pub(super) fn of(rpc: &MethodDescriptor) -> Map<String, Value> {
    let Some(all) = rpc.parent_pool().get_enum_by_name("muster.error.v1.ErrorReason") else {
        return Map::new();
    };
    let mut by_code: BTreeMap<u16, Vec<ErrorReason>> = BTreeMap::new();
    for reason in muster_proto::refuses(rpc) {
        by_code
            .entry(http_code_of(reason).as_u16())
            .or_default()
            .push(reason);
    }
    let responses = by_code.into_iter();
    responses
        .map(|(code, reasons)| (code.to_string(), response(&reasons, &all)))
        .collect()
}

fn response(reasons: &[ErrorReason], all: &EnumDescriptor) -> Value {
    let lines: Vec<_> = reasons.iter().map(|reason| line(*reason, all)).collect();
    let names: Vec<_> = reasons.iter().map(|reason| name(*reason)).collect();
    json!({
        "description": lines.join("\n"),
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/google.rpc.Status" } } },
        "x-reasons": names,
    })
}

fn line(reason: ErrorReason, all: &EnumDescriptor) -> String {
    let text = all
        .get_value(reason.into())
        .map(|value| comment(&all.parent_file(), value.path()))
        .unwrap_or_default();
    format!("- `{}`: {text}", name(reason))
}

/// As it stands in `ErrorInfo.reason`.
fn name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}
