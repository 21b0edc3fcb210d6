//! Rows of profile users.

use muster_database::DatabaseError;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, Row};

use crate::domain::{Access, End, GivenAccess, ProfileUser};

impl FromRow<'_, PgRow> for ProfileUser {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            person: row.try_get("person_id")?,
            display_name: row.try_get("display_name")?,
            access: access(row)?,
        })
    }
}

/// The owner has no role in a row.
fn access(row: &PgRow) -> Result<Access, Error> {
    let version = row.try_get("version")?;
    let Some(role) = row.try_get("role")? else {
        return Ok(Access::Owned { version });
    };
    Ok(Access::Given(GivenAccess {
        role,
        origin: row.try_get("origin")?,
        end: End(row.try_get("expire_time")?),
        version,
        create_time: row.try_get("create_time")?,
        is_verified: row.try_get("is_verified")?,
    }))
}

/// What is stored of a profile user beside the profile: the owner's access stands there.
pub(super) fn given(user: &ProfileUser) -> Result<GivenAccess, DatabaseError> {
    match user.access {
        Access::Given(access) => Ok(access),
        Access::Owned { .. } => {
            let text = "the owner is to be stored beside the profile";
            Err(DatabaseError::Inconsistent(text.to_owned()))
        }
    }
}
