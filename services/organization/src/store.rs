//! SQL, as functions on a connection, so that the caller decides on the transaction. Every statement on a tenant's rows names
//! the organization; finders return `Option`.

/// How the license of a profile `o` stands and where it is: as the authority of its programme tells, or else as the profile says.
macro_rules! as_told {
    () => {
        "coalesce((SELECT p.license_status FROM programmes AS p WHERE p.programme_id = o.programme_id),
                  o.license_status) AS license_status,
         coalesce((SELECT ARRAY[p.street_address, p.city, p.region, p.postal_code] FROM programmes AS p
                   WHERE p.programme_id = o.programme_id),
                  ARRAY[o.street_address, o.city, o.region, o.postal_code]) AS address"
    };
}

pub(crate) mod access_mail;
pub(crate) mod access_request;
pub(crate) mod catalog;
pub(crate) mod employment_projection;
pub(crate) mod group;
pub(crate) mod inviting;
pub(crate) mod join_page;
pub(crate) mod license_number;
pub(crate) mod location;
pub(crate) mod logo;
pub(crate) mod organization;
pub(crate) mod ownership_offer;
pub(crate) mod person_organization;
pub(crate) mod profile_user;
pub(crate) mod programme;
pub(crate) mod programme_load;
pub(crate) mod registry;
pub(crate) mod review;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod staff_act;
pub(crate) mod staff_read;
pub(crate) mod stray;
pub(crate) mod subscription;

use muster_database::DatabaseError;
use sqlx::postgres::PgQueryResult;

/// A guarded UPDATE: exactly one row was there to be changed.
fn guarded(done: PgQueryResult) -> Result<(), DatabaseError> {
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        let text = "a row that is locked changed under the lock";
        Err(DatabaseError::Inconsistent(text.to_owned()))
    }
}
