//! A look of registry staff is written down.

use sqlx::PgConnection;

use crate::domain::{About, StaffRead};
use crate::error::Error;
use crate::store::{employment_projection, staff_read};

/// Writes it down, with the person that it is about.
pub(crate) async fn apply(tx: &mut PgConnection, read: StaffRead) -> Result<(), Error> {
    let person = match About::of(&read.subject) {
        About::Person(person) => Some(person),
        About::Employment(id) => employment_projection::find_person(tx, read.organization, id).await?,
        About::Nobody => None,
    };
    Ok(staff_read::insert(tx, &StaffRead { person, ..read }).await?)
}
