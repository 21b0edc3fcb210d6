//! Enums of the domain and enums of the contract.

/// Converts between an enum of the domain and the enum of the contract with the same values, both ways. Either enum that
/// has a value more does not compile; the contract's `Unspecified` is nothing in the domain.
///
/// ```
/// use muster_proto::organization::v1 as pb;
///
/// #[derive(Debug, PartialEq)]
/// enum GroupState {
///     Active,
///     Inactive,
/// }
///
/// muster_proto::same_values! { GroupState = pb::GroupState { Active, Inactive } }
///
/// assert_eq!(pb::GroupState::from(GroupState::Inactive), pb::GroupState::Inactive);
/// assert_eq!(GroupState::try_from(pb::GroupState::Active), Ok(GroupState::Active));
/// assert!(GroupState::try_from(pb::GroupState::Unspecified).is_err());
/// ```
#[macro_export]
macro_rules! same_values {
    ($domain:ty = $contract:ty { $($value:ident),+ $(,)? }) => {
        impl From<$domain> for $contract {
            fn from(value: $domain) -> Self {
                match value {
                    $(<$domain>::$value => Self::$value,)+
                }
            }
        }

        impl TryFrom<$contract> for $domain {
            type Error = $crate::Unspecified;

            fn try_from(value: $contract) -> Result<Self, $crate::Unspecified> {
                match value {
                    <$contract>::Unspecified => Err($crate::Unspecified),
                    $(<$contract>::$value => Ok(Self::$value),)+
                }
            }
        }
    };
}

/// The value of an enum was not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unspecified;

impl std::fmt::Display for Unspecified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("must be chosen")
    }
}

impl std::error::Error for Unspecified {}
