//! The closed lists of positions, by licensing authority.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;

/// The lists that are shipped.
const SHIPPED: &str = include_str!("../../positions.toml");

/// What a person may say that they are, by licensing authority. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct PositionLists(Arc<HashMap<String, Vec<PositionCode>>>);

/// One position of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PositionCode {
    pub(crate) code: String,
    pub(crate) display_name: String,
}

impl FromStr for PositionLists {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lists = toml::from_str(text).map_err(|error| format!("is no list of positions: {error}"))?;
        Ok(Self(Arc::new(lists)))
    }
}

impl PositionLists {
    /// Those in the file, or those that are shipped.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub(crate) fn load(file: Option<&std::path::Path>) -> Result<Self, String> {
        match file {
            Some(path) => {
                let text = std::fs::read_to_string(path);
                let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
                text.parse()
                    .map_err(|problem| format!("{}: {problem}", path.display()))
            }
            None => SHIPPED.parse(),
        }
    }

    /// The list of an authority; empty when it has none.
    pub(crate) fn of(&self, authority: &str) -> &[PositionCode] {
        self.0.get(authority).map_or(&[], Vec::as_slice)
    }

    /// Whether a position may have this code at an organization of this authority.
    pub(crate) fn allow(&self, authority: &str, code: &str) -> bool {
        match self.of(authority) {
            [] => code.is_empty(),
            list => list.iter().any(|known| known.code == code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_the_list_of_its_authority_and_where_there_is_none_there_is_no_code() {
        let lists = PositionLists::load(None).unwrap();
        assert!(lists.allow("us-mi", "program-director") && lists.allow("us-ny", "group-teacher"));
        for (authority, code) in [("us-mi", "group-teacher"), ("us-mi", ""), ("us-oh", "substitute")] {
            assert!(!lists.allow(authority, code), "{authority} {code}");
        }
        assert!(lists.allow("us-oh", ""));
        assert!("[[us-mi]]\ncode = 1".parse::<PositionLists>().is_err());
    }
}
