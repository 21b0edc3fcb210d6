//! A line of the access log, as it is written for programs or for people.

use muster_identity::Role;
use serde::Deserialize;
use uuid::Uuid;

/// What both forms have in front.
const TARGET: &str = "muster_gateway::access";

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) method: String,
    /// The tag of the caller, or their network.
    pub(super) caller: String,
    pub(super) is_refused: bool,
    pub(super) trace: String,
    /// What policies were asked, if they were.
    pub(super) asked: Option<RecordedDecision>,
}

/// What policies were asked, and said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordedDecision {
    pub(super) role: Option<Role>,
    pub(super) staff: bool,
    pub(super) organization: Option<Uuid>,
    pub(super) permitted: bool,
}

impl RecordedDecision {
    /// Who asked: `OWNER`, `staff`, `staff who is ADMIN`, `nobody there`.
    pub(super) fn in_words(self) -> String {
        match (self.staff, self.role) {
            (false, Some(role)) => role.as_str().to_owned(),
            (true, Some(role)) => format!("staff who is {}", role.as_str()),
            (true, None) => "staff".to_owned(),
            (false, None) => "nobody there".to_owned(),
        }
    }
}

/// As it is written.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Written {
    target: String,
    method: String,
    caller: String,
    decision: String,
    #[serde(alias = "trace")]
    trace_id: String,
    role: Option<String>,
    staff: bool,
    permitted: Option<bool>,
    organization: Option<Uuid>,
}

impl Line {
    /// `None` of any other line.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let written = if text.starts_with('{') {
            serde_json::from_str(text).ok()?
        } else {
            people(text)?
        };
        (written.target == TARGET && !written.method.is_empty()).then(|| written.into())
    }
}

/// `12:00:00.000  INFO muster_gateway::access: call method=… code=… …`
fn people(text: &str) -> Option<Written> {
    let (_, fields) = text.split_once(&format!("{TARGET}: call "))?;
    let value = |name: &str| {
        let mut fields = fields.split(' ').filter_map(|field| field.split_once('='));
        fields.find(|(field, _)| *field == name).map(|(_, value)| value)
    };
    let text = |name| value(name).unwrap_or_default().to_owned();
    Some(Written {
        target: TARGET.to_owned(),
        method: text("method"),
        caller: text("caller"),
        decision: text("decision"),
        trace_id: text("trace"),
        role: value("role").map(str::to_owned),
        staff: value("staff") == Some("true"),
        permitted: value("permitted").and_then(|said| said.parse().ok()),
        organization: value("organization").and_then(|id| id.parse().ok()),
    })
}

impl From<Written> for Line {
    fn from(written: Written) -> Self {
        let role = |name: &str| {
            let all = [Role::Viewer, Role::Admin, Role::Owner];
            all.into_iter().find(|role| role.as_str() == name)
        };
        let asked = written
            .role
            .zip(written.permitted)
            .map(|(name, permitted)| RecordedDecision {
                role: role(&name),
                staff: written.staff,
                organization: written.organization,
                permitted,
            });
        Self {
            is_refused: written.decision == "refused",
            method: written.method,
            caller: written.caller,
            trace: written.trace_id,
            asked,
        }
    }
}
