//! Which fields an update changes (AIP-134, AIP-161).
//!
//! A mask is needed, and names fields: without one, or with `*`, an old client would clear the fields that a newer version
//! has added. Everything that is wrong with a mask is told at once. Field rules of the resource are looked at only where
//! the mask names the field.

use muster_proto::UpdateRequest;
use muster_refusal::Violations;
use prost::Name;

use crate::Call;
use crate::etag::IfMatch;

/// The field of every update that names what is changed.
const FIELD: &str = "update_mask";

/// The fields that an update changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateMask(Vec<&'static str>);

impl UpdateMask {
    /// Whether the field is changed.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.contains(&field)
    }

    /// The new value of a field, when it is changed and can be read; whoever reads it notes why it cannot.
    pub fn when<T>(&self, field: &str, read: impl FnOnce() -> Option<T>) -> Option<T> {
        self.has(field).then(read).flatten()
    }
}

impl<M: UpdateRequest> Call<M> {
    /// The mask of an update of `updatable` fields. What is wrong with it is noted: none, `*`, a path that is no field of the
    /// resource, and one that the caller may not change.
    pub fn update_mask(&self, updatable: &[&'static str], violations: &mut Violations) -> UpdateMask {
        let asked = self.message.update_mask();
        if asked.is_empty() {
            violations.add(FIELD, format!("must name what is changed: {}", choice(updatable)));
        }
        let mut fields = Vec::new();
        for (place, path) in asked.iter().enumerate() {
            match updatable.iter().find(|field| *field == path) {
                Some(field) => fields.push(*field),
                None => violations.add(format!("{FIELD}.paths[{place}]"), problem::<M>(path, updatable)),
            }
        }
        UpdateMask(fields)
    }

    /// The version that the caller changes.
    pub fn if_match(&self) -> IfMatch {
        IfMatch::of(self.message.etag())
    }
}

/// What can be changed. JSON spells fields another way, and its masks take no other: where that is so, both are said.
fn choice(updatable: &[&'static str]) -> String {
    let json: Vec<String> = updatable.iter().map(|field| json_name(field)).collect();
    let fields = updatable.join(", ");
    if json == updatable {
        fields
    } else {
        format!("{fields} (in JSON: {})", json.join(", "))
    }
}

/// `allowed_domains` is `allowedDomains` (protobuf's JSON mapping).
fn json_name(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, rest) = word.split_at(word.len().min(1));
        name + &head.to_uppercase() + rest
    })
}

fn problem<M: UpdateRequest>(path: &str, updatable: &[&'static str]) -> String {
    let resource = M::Resource::NAME;
    let first = path.split('.').next().unwrap_or(path);
    let descriptor = muster_proto::pool().get_message_by_name(&M::Resource::full_name());
    let exists = descriptor.is_some_and(|message| message.get_field_by_name(first).is_some());
    let choice = choice(updatable);
    match path {
        "*" => format!("must name each field: {choice}; `*` would clear fields that you do not know yet"),
        _ if !exists => format!("must be a field of {resource}: {choice}"),
        _ if updatable.contains(&first) => format!("must name {first} as a whole"),
        _ => format!("must not be changed; what can be changed is {choice}"),
    }
}
