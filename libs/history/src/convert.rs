//! From the domain to messages, exhaustively.

use std::collections::BTreeMap;

use muster_ids::{PersonId, PersonName};
use muster_proto::history::v1 as pb;
use muster_server::convert::timestamp;

use crate::{HistoryAct, HistoryEntry, Seal};

impl HistoryEntry {
    /// As it stands in the contract; `name` is its resource name.
    pub(crate) fn message(self, name: String) -> pb::HistoryEntry {
        let mut erased_fields = Vec::new();
        let changes = self.changes_told(&mut erased_fields);
        let reason = self.told(self.reason.clone()).unwrap_or_else(|| {
            erased_fields.push("reason".to_owned());
            String::new()
        });
        let (actor_role, cause) = if self.tells_its_cause() {
            (role_of(&self.role), cause_of(&self.cause))
        } else {
            (pb::HistoryRole::Unspecified, None)
        };
        let Self {
            organization: _,
            id: _,
            number: _,
            time,
            actor,
            role: _,
            cause: _,
            subject,
            act,
            changes: _,
            reason: _,
            texts: _,
            format: _,
            previous,
            seal,
        } = self;
        let collection = name.rsplit_once('/').map(|(collection, _)| collection);
        let previous_entry = collection
            .zip(previous)
            .map(|(collection, previous)| format!("{collection}/{previous}"));
        let act = act.parse::<HistoryAct>();
        let act = act.map_or(pb::HistoryAct::Unspecified, pb::HistoryAct::from);
        let Seal { position, digest } = seal.unwrap_or(Seal {
            position: 0,
            digest: String::new(),
        });
        pb::HistoryEntry {
            previous_entry: previous_entry.unwrap_or_default(),
            name,
            change_time: Some(timestamp(time)),
            actor: shown(&actor),
            subject,
            act: act.into(),
            changes,
            reason,
            position,
            digest,
            actor_role: actor_role.into(),
            cause,
            erased_fields,
        }
    }

    /// Field by field. What somebody has made unreadable is shown as it stands there.
    fn changes_told(&self, erased_fields: &mut Vec<String>) -> Vec<pb::HistoryChange> {
        let read = serde_json::from_str::<BTreeMap<String, (Option<String>, Option<String>)>>(&self.changes);
        let Ok(read) = read else {
            return vec![pb::HistoryChange {
                field: String::new(),
                before: None,
                after: Some(self.changes.clone()),
            }];
        };
        let change = |(field, (before, after)): (String, (Option<String>, Option<String>))| {
            let values = [before, after].map(|value| value.map(|value| self.told(value)));
            if values.contains(&Some(None)) {
                erased_fields.push(field.clone());
            }
            let [before, after] = values.map(Option::flatten);
            pb::HistoryChange { field, before, after }
        };
        read.into_iter().map(change).collect()
    }
}

/// A person by their resource name, anybody else as they are called.
fn shown(actor: &str) -> String {
    let person = actor
        .strip_prefix("person:")
        .and_then(|id| id.parse::<PersonId>().ok());
    person.map_or_else(|| actor.to_owned(), |person| PersonName { person }.to_string())
}

fn role_of(role: &str) -> pb::HistoryRole {
    match role {
        "VIEWER" => pb::HistoryRole::Viewer,
        "ADMIN" => pb::HistoryRole::Admin,
        "OWNER" => pb::HistoryRole::Owner,
        "STAFF" => pb::HistoryRole::Staff,
        _ => pb::HistoryRole::Unspecified,
    }
}

/// As `muster_database::origin` says it.
fn cause_of(cause: &str) -> Option<pb::HistoryCause> {
    use pb::history_cause::Kind;
    let kind = if let Some(call) = cause.strip_prefix('/') {
        Kind::Call(call.to_owned())
    } else {
        let mut words = cause.split(' ');
        match words.next()? {
            "job" => Kind::Job(words.next()?.to_owned()),
            "event" => Kind::Event(pb::HistoryEventCause {
                r#type: words.next()?.to_owned(),
                id: words.next()?.to_owned(),
                subject: words.next()?.to_owned(),
                actor: shown(words.next()?),
            }),
            _ => return None,
        }
    };
    Some(pb::HistoryCause { kind: Some(kind) })
}

muster_proto::same_values! {
    HistoryAct = pb::HistoryAct { Recorded, Created, Changed, Removed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_led_to_an_entry_is_read_as_it_was_written() {
        use pb::history_cause::Kind;
        let kind = |cause: &str| cause_of(cause).and_then(|cause| cause.kind);
        let call = "muster.employment.v1.EmploymentService/VerifyEmployment";
        assert_eq!(kind(&format!("/{call}")), Some(Kind::Call(call.to_owned())));
        assert_eq!(
            kind("job grant-expiry"),
            Some(Kind::Job("grant-expiry".to_owned()))
        );
        let person = "019a0000-0000-7000-8000-000000000001";
        let event = pb::HistoryEventCause {
            id: "1".to_owned(),
            r#type: "employment.ended".to_owned(),
            subject: "organizations/1/employments/2".to_owned(),
            actor: format!("persons/{person}"),
        };
        let cause = format!("event employment.ended 1 organizations/1/employments/2 person:{person}");
        assert_eq!(kind(&cause), Some(Kind::Event(event)));
        for nothing in ["", "job", "event employment.ended", "a storm"] {
            assert_eq!(kind(nothing), None, "{nothing}");
        }
    }
}
