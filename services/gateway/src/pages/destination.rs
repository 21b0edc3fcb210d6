//! Where a sign-in leads: a page of ours, one of a closed list. Nothing redirects to what somebody else has chosen.

use serde::{Deserialize, Serialize};

/// The page that was left to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Destination {
    /// The invitation whose link was followed; without one, all of one's own.
    #[default]
    Invitation,
    Invitations,
    Trainings,
    Consent,
}

impl Destination {
    /// Its path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Invitation => "/invitation",
            Self::Invitations => "/invitations",
            Self::Trainings => "/trainings",
            Self::Consent => "/consent",
        }
    }

    /// As the parameter `to` of a link to sign in says it; what leads nowhere else says nothing.
    pub(crate) fn value(self) -> Option<&'static str> {
        match self {
            Self::Invitation => None,
            Self::Invitations => Some("invitations"),
            Self::Trainings => Some("trainings"),
            Self::Consent => Some("consent"),
        }
    }

    /// What the parameter says; the invitation, if it is none of ours.
    pub(crate) fn of_value(value: Option<&str>) -> Self {
        let all = [Self::Invitations, Self::Trainings, Self::Consent];
        let said = all.into_iter().find(|destination| destination.value() == value);
        said.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_led_to() {
        for destination in [
            Destination::Invitation,
            Destination::Invitations,
            Destination::Trainings,
            Destination::Consent,
        ] {
            assert_eq!(Destination::of_value(destination.value()), destination);
        }
        for other in ["", "//elsewhere.example", "/trainings", "TRAININGS"] {
            assert_eq!(Destination::of_value(Some(other)), Destination::Invitation);
        }
    }
}
