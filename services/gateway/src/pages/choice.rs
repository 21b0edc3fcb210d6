//! Where people can sign in, if there are several issuers to choose from.

use url::form_urlencoded::Serializer;

use super::Pages;
use super::destination::Destination;
use super::relying_party::{Prompt, RelyingParty};

/// An issuer that can be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) name: String,
    /// The link that signs in there.
    pub(crate) sign_in: String,
    /// The link that registers there.
    pub(crate) register: String,
}

impl Pages {
    /// The issuers to choose from, to sign in like this and go on there; none where there is no choice.
    pub(crate) fn choices(&self, prompt: Prompt, to: Destination) -> Vec<Choice> {
        match self.parties.as_slice() {
            [_] => Vec::new(),
            several => several
                .iter()
                .map(|party| Choice::of(party, prompt, to))
                .collect(),
        }
    }
}

impl Choice {
    fn of(party: &RelyingParty, prompt: Prompt, to: Destination) -> Self {
        Self {
            name: party.name().to_owned(),
            sign_in: link(party, prompt, to),
            register: link(party, Prompt::Create, to),
        }
    }
}

fn link(party: &RelyingParty, prompt: Prompt, to: Destination) -> String {
    let path = "/sign-in?".to_owned();
    let begin = path.len();
    let mut query = Serializer::for_suffix(path, begin);
    query.append_pair("issuer", party.issuer());
    if let Some(prompt) = prompt.value() {
        query.append_pair("prompt", prompt);
    }
    if let Some(to) = to.value() {
        query.append_pair("to", to);
    }
    query.finish()
}
