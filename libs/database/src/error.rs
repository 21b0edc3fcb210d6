//! What can go wrong with the database, in the words of its callers.

use muster_states::UnknownVariant;
use sqlx::Error as Driver;
use thiserror::Error;

/// Why a unit of work failed. The driver's own words are in the source: for the log, never for a caller.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The server is away, full, restarting, read-only, or gave up on a deadlock: trying again may help. When the
    /// connection broke during COMMIT the outcome is not known; a repeated `request_id` resolves it.
    #[error("the database is unavailable")]
    Unavailable(#[source] Option<Driver>),
    /// A statement, a lock or the whole unit took longer than it may.
    #[error("the database did not answer in time")]
    Timeout(#[source] Option<Driver>),
    /// A constraint refused the row.
    #[error("constraint {constraint} refused the row")]
    Conflict {
        /// The constraint's or unique index's name, as the migration wrote it.
        constraint: String,
        /// The driver's error.
        source: Driver,
    },
    /// A stored row is not what the code believes it to be.
    #[error("a stored row is inconsistent: {0}")]
    Inconsistent(String),
    /// Anything else: a mistake in a statement.
    #[error("the database refused the statement")]
    Other(#[source] Driver),
}

impl DatabaseError {
    /// The name of the constraint that refused the row, if that is what happened.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Conflict { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Whether the same unit may succeed when it is tried again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout(_))
    }
}

impl From<Driver> for DatabaseError {
    fn from(error: Driver) -> Self {
        match &error {
            Driver::Database(refusal) => match Kind::of(refusal.code().as_deref().unwrap_or_default()) {
                Kind::Unavailable => Self::Unavailable(Some(error)),
                Kind::Timeout => Self::Timeout(Some(error)),
                Kind::Conflict => match refusal.constraint().map(str::to_owned) {
                    Some(constraint) => Self::Conflict {
                        constraint,
                        source: error,
                    },
                    None => Self::Other(error),
                },
                Kind::Other => Self::Other(error),
            },
            Driver::Io(_)
            | Driver::Tls(_)
            | Driver::PoolTimedOut
            | Driver::PoolClosed
            | Driver::WorkerCrashed => Self::Unavailable(Some(error)),
            // The server hung up in the middle of a message.
            Driver::Protocol(_) => Self::Unavailable(Some(error)),
            Driver::RowNotFound => Self::Inconsistent("a row that must exist does not".to_owned()),
            Driver::ColumnDecode { index, .. } => {
                Self::Inconsistent(format!("column {index} cannot be read"))
            }
            Driver::Decode(problem) => Self::Inconsistent(problem.to_string()),
            _ => Self::Other(error),
        }
    }
}

impl From<UnknownVariant> for DatabaseError {
    fn from(unknown: UnknownVariant) -> Self {
        Self::Inconsistent(unknown.to_string())
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Unavailable,
    Timeout,
    Conflict,
    Other,
}

impl Kind {
    /// PostgreSQL documentation, appendix A.
    fn of(sqlstate: &str) -> Self {
        match sqlstate {
            // query_canceled, lock_not_available, idle_in_transaction_session_timeout
            "57014" | "55P03" | "25P03" => Self::Timeout,
            // read_only_sql_transaction: this server was the primary; the next connection finds the new one.
            "25006" => Self::Unavailable,
            // serialization_failure, deadlock_detected: rolled back by the server, nothing happened.
            "40001" | "40P01" => Self::Unavailable,
            // unique, foreign key, check, exclusion.
            "23505" | "23503" | "23514" | "23P01" => Self::Conflict,
            // connection exception, insufficient resources, operator intervention, system error.
            other => match other.get(..2) {
                Some("08" | "53" | "57" | "58") => Self::Unavailable,
                _ => Self::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_are_sorted_by_what_a_caller_can_do() {
        assert_eq!(Kind::of("57P01"), Kind::Unavailable);
        assert_eq!(Kind::of("53300"), Kind::Unavailable);
        assert_eq!(Kind::of("57014"), Kind::Timeout);
        assert_eq!(Kind::of("55P03"), Kind::Timeout);
        assert_eq!(Kind::of("23505"), Kind::Conflict);
        assert_eq!(Kind::of("42601"), Kind::Other);
        assert_eq!(Kind::of(""), Kind::Other);
    }

    #[test]
    fn display_never_repeats_the_driver() {
        let error = DatabaseError::from(Driver::Protocol("secret detail".to_owned()));
        assert_eq!(error.to_string(), "the database is unavailable");
        assert!(error.is_transient());
    }
}
