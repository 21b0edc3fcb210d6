//! Times and roles of the contract, and those of the domain.

use muster_identity::Role;
use muster_proto::organization::v1 as organization_pb;
use prost_types::Timestamp;
use time::OffsetDateTime;

const NANOSECONDS: i128 = 1_000_000_000;

/// As the contract writes it.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    // Below 1,000,000,000 by definition.
    let nanos = i32::try_from(at.nanosecond()).unwrap_or_default();
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos,
    }
}

/// The value is no time between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time between the years 1 and 9999")]
pub struct NotATime;

/// Cut to whole microseconds: what Postgres stores is what was compared.
///
/// # Errors
/// Outside of what `google.protobuf.Timestamp` may say.
pub fn from_timestamp(at: Timestamp) -> Result<OffsetDateTime, NotATime> {
    if !(0..1_000_000_000).contains(&at.nanos) {
        return Err(NotATime);
    }
    let whole = i128::from(at.nanos - at.nanos % 1000);
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.seconds) * NANOSECONDS + whole)
        .ok()
        .filter(|at| (1..=9999).contains(&at.year()))
        .ok_or(NotATime)
}

/// As the contract writes it; `None`: no role.
#[must_use]
pub fn role(role: Option<Role>) -> organization_pb::Role {
    match role {
        None => organization_pb::Role::Unspecified,
        Some(Role::Viewer) => organization_pb::Role::Viewer,
        Some(Role::Admin) => organization_pb::Role::Admin,
        Some(Role::Owner) => organization_pb::Role::Owner,
    }
}

/// The role that the contract writes so; `None` where it says none.
#[must_use]
pub fn from_role(role: organization_pb::Role) -> Option<Role> {
    match role {
        organization_pb::Role::Unspecified => None,
        organization_pb::Role::Viewer => Some(Role::Viewer),
        organization_pb::Role::Admin => Some(Role::Admin),
        organization_pb::Role::Owner => Some(Role::Owner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_called_in_the_contract_as_in_the_domain_and_comes_back() {
        for known in [Role::Viewer, Role::Admin, Role::Owner] {
            let written = role(Some(known));
            assert_eq!(written.as_str_name(), format!("ROLE_{}", known.as_str()));
            assert_eq!(from_role(written), Some(known));
        }
        assert_eq!(from_role(role(None)), None);
    }

    #[test]
    fn a_time_comes_back_with_its_microseconds() {
        let at = Timestamp {
            seconds: 1_772_366_400,
            nanos: 123_456_789,
        };
        let read = from_timestamp(at).unwrap();
        assert_eq!(
            timestamp(read),
            Timestamp {
                nanos: 123_456_000,
                ..at
            }
        );
        let before_1970 = from_timestamp(Timestamp {
            seconds: -1,
            nanos: 500_000_000,
        })
        .unwrap();
        assert_eq!(
            timestamp(before_1970),
            Timestamp {
                seconds: -1,
                nanos: 500_000_000
            }
        );
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for (seconds, nanos) in [
            (0, -1),
            (0, 1_000_000_000),
            (i64::MAX, 0),
            (i64::MIN, 0),
            (253_402_300_800, 0),
        ] {
            assert_eq!(from_timestamp(Timestamp { seconds, nanos }), Err(NotATime));
        }
    }
}
