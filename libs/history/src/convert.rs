//! From the domain to messages, exhaustively.

use std::collections::BTreeMap;

use muster_ids::{PersonId, PersonName};
use muster_proto::history::v1 as pb;
use muster_server::convert::timestamp;

use crate::{HistoryAct, HistoryEntry, Seal};

impl HistoryEntry {
    /// As it stands in the contract; `name` is its resource name.
    pub(crate) fn message(self, name: String) -> pb::HistoryEntry {
        let Self {
            organization: _,
            id: _,
            number: _,
            time,
            actor,
            subject,
            act,
            changes,
            reason,
            seal,
        } = self;
        let act = act.parse::<HistoryAct>();
        let act = act.map_or(pb::HistoryAct::Unspecified, pb::HistoryAct::from);
        let Seal { position, digest } = seal.unwrap_or(Seal {
            position: 0,
            digest: String::new(),
        });
        pb::HistoryEntry {
            name,
            change_time: Some(timestamp(time)),
            actor: shown(actor),
            subject,
            act: act.into(),
            changes: changes_of(&changes),
            reason,
            position,
            digest,
        }
    }
}

/// A person by their resource name, anybody else as they are called.
fn shown(actor: String) -> String {
    let person = actor
        .strip_prefix("person:")
        .and_then(|id| id.parse::<PersonId>().ok());
    person.map_or(actor, |person| PersonName { person }.to_string())
}

/// Field by field. What somebody has made unreadable is shown as it stands there.
fn changes_of(changes: &str) -> Vec<pb::HistoryChange> {
    let read = serde_json::from_str::<BTreeMap<String, (Option<String>, Option<String>)>>(changes);
    let Ok(read) = read else {
        return vec![pb::HistoryChange {
            field: String::new(),
            before: None,
            after: Some(changes.to_owned()),
        }];
    };
    let change = |(field, (before, after))| pb::HistoryChange { field, before, after };
    read.into_iter().map(change).collect()
}

muster_proto::same_values! {
    HistoryAct = pb::HistoryAct { Recorded, Created, Changed, Removed }
}
