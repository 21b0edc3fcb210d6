//! From the contract to the domain: what the field rules of the contract cannot say. The shell tells the caller of broken
//! rules and of everything that is noted here at once.

use muster_refusal::Violations;

/// The values to filter by, or nothing and a violation of `field` for each that the contract does not know.
pub(super) fn filter<C, T>(violations: &mut Violations, field: &str, given: &[i32]) -> Option<Vec<T>>
where
    C: TryFrom<i32>,
    T: TryFrom<C>,
{
    let values = given.iter().enumerate().map(|(place, value)| {
        let known = C::try_from(*value).ok().and_then(|value| T::try_from(value).ok());
        let known = known.ok_or("must be one of the values of the contract");
        violations.check(format!("{field}[{place}]"), known)
    });
    let values: Vec<_> = values.collect();
    values.into_iter().collect()
}
