//! One rule option, from the descriptor's dynamic message to a [`Mode`].

use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use crate::{Actor, Mode, Problem, ScopePath, SignIn, Target};

/// Reads a rule. `request` is the RPC's request message, against which the scope path is resolved.
pub(crate) fn mode(rule: &DynamicMessage, request: &MessageDescriptor) -> Result<Mode, Vec<Problem>> {
    let chosen: Vec<_> = rule.fields().collect();
    let (field, value) = match chosen.as_slice() {
        [] => return Err(vec![Problem::NoMode]),
        [one] => one,
        _ => return Err(vec![Problem::ManyModes]),
    };
    let Some(body) = value.as_message() else {
        return Err(vec![Problem::NoMode]);
    };
    match field.name() {
        "public" => public(body),
        "authenticated" => authenticated(body),
        "require" => require(body, request),
        "capability" => capability(body),
        "internal" => internal(body),
        // A mode that this build does not know cannot be enforced by it.
        _ => Err(vec![Problem::NoMode]),
    }
}

fn public(body: &DynamicMessage) -> Result<Mode, Vec<Problem>> {
    match number(body, "calls_per_minute") {
        0 => Err(vec![Problem::NoRate]),
        calls_per_minute => Ok(Mode::Public { calls_per_minute }),
    }
}

fn authenticated(body: &DynamicMessage) -> Result<Mode, Vec<Problem>> {
    let mut problems = Vec::new();
    let reason = text(body, "reason");
    if reason.trim().is_empty() {
        problems.push(Problem::NoReason);
    }
    let workloads = texts(body, "workloads");
    let actor = match (choice(body, "actor"), workloads.is_empty()) {
        (1, true) => Some(Actor::Person),
        (2, false) => Some(Actor::Workload(workloads)),
        _ => None,
    };
    match actor {
        Some(actor) if problems.is_empty() => Ok(Mode::Authenticated { reason, actor }),
        Some(_) => Err(problems),
        None => {
            problems.push(Problem::Actor);
            Err(problems)
        }
    }
}

fn require(body: &DynamicMessage, request: &MessageDescriptor) -> Result<Mode, Vec<Problem>> {
    let permission = text(body, "permission");
    let target = if body.has_field_by_name("scope") {
        let path = text(body, "scope");
        Target::Organization(ScopePath::resolve(&path, request).map_err(|problem| vec![problem])?)
    } else if flag(body, "platform") {
        Target::Platform
    } else {
        return Err(vec![Problem::Require]);
    };
    if permission.is_empty() {
        return Err(vec![Problem::Require]);
    }
    Ok(Mode::Require { permission, target })
}

fn capability(body: &DynamicMessage) -> Result<Mode, Vec<Problem>> {
    let mut problems = Vec::new();
    let calls_per_minute = number(body, "calls_per_minute");
    if calls_per_minute == 0 {
        problems.push(Problem::NoRate);
    }
    let sign_in = match choice(body, "sign_in") {
        1 => SignIn::Optional,
        2 => SignIn::Required,
        _ => {
            problems.push(Problem::SignIn);
            return Err(problems);
        }
    };
    if problems.is_empty() {
        Ok(Mode::Capability {
            sign_in,
            calls_per_minute,
        })
    } else {
        Err(problems)
    }
}

fn internal(body: &DynamicMessage) -> Result<Mode, Vec<Problem>> {
    let callers = texts(body, "callers");
    if callers.is_empty() || callers.iter().any(|caller| caller.is_empty()) {
        return Err(vec![Problem::NoCallers]);
    }
    Ok(Mode::Internal { callers })
}

/// The services that a rule names as those that answer, if it names any.
pub(crate) fn served_by(rule: &DynamicMessage) -> Option<Vec<String>> {
    let internal = rule.get_field_by_name("internal")?;
    let services = texts(internal.as_message()?, "served_by");
    (!services.is_empty()).then_some(services)
}

/// What a rule for people who are signed in asks for besides.
pub(crate) fn is_required(rule: &DynamicMessage, what: &str) -> bool {
    ["require", "authenticated"]
        .into_iter()
        .filter(|mode| rule.has_field_by_name(mode))
        .filter_map(|mode| rule.get_field_by_name(mode))
        .any(|body| body.as_message().is_some_and(|body| flag(body, what)))
}

fn text(body: &DynamicMessage, field: &str) -> String {
    body.get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn texts(body: &DynamicMessage, field: &str) -> Vec<String> {
    let value = body.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn number(body: &DynamicMessage, field: &str) -> u32 {
    body.get_field_by_name(field)
        .and_then(|value| value.as_u32())
        .unwrap_or_default()
}

fn choice(body: &DynamicMessage, field: &str) -> i32 {
    body.get_field_by_name(field)
        .and_then(|value| value.as_enum_number())
        .unwrap_or_default()
}

fn flag(body: &DynamicMessage, field: &str) -> bool {
    body.get_field_by_name(field)
        .and_then(|value| value.as_bool())
        .unwrap_or_default()
}
