//! Times and lengths of time, which are taken exactly or not at all.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, Value};
use serde_json::Value as Json;

/// Nanoseconds: nine digits behind the point.
const MAX_DIGITS: usize = 9;
/// The years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const FORM: &str = "must be a time as RFC 3339 writes it, such as 2026-03-01T12:00:00Z";

/// # Errors
/// What it must be.
pub(super) fn timestamp(
    descriptor: &MessageDescriptor,
    value: &Json,
) -> Result<DynamicMessage, &'static str> {
    let text = value.as_str().ok_or(FORM)?;
    if digits_behind_point(text) > MAX_DIGITS {
        return Err(
            "has more than nine digits behind the point: nanoseconds are the smallest part that is kept",
        );
    }
    if text.get(17..19) == Some("60") {
        return Err("names a leap second, which cannot be kept; name the second before or after");
    }
    // Of what the parser takes besides, other clients would not read it.
    let is_canonical = text.get(10..11) == Some("T") && !text.ends_with('z');
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .filter(|_| is_canonical)
        .ok_or(FORM)?;
    if !SECONDS.contains(&time.unix_timestamp()) {
        return Err("must be a time in the years 1 to 9999");
    }
    let mut message = DynamicMessage::new(descriptor.clone());
    message.set_field_by_name("seconds", Value::I64(time.unix_timestamp()));
    message.set_field_by_name("nanos", Value::I32(time.nanosecond().cast_signed()));
    Ok(message)
}

/// # Errors
/// What it must be.
pub(super) fn duration(descriptor: &MessageDescriptor, value: &Json) -> Result<DynamicMessage, &'static str> {
    if value
        .as_str()
        .is_some_and(|text| digits_behind_point(text) > MAX_DIGITS)
    {
        return Err(
            "has more than nine digits behind the point: nanoseconds are the smallest part that is kept",
        );
    }
    let strict = DeserializeOptions::new();
    DynamicMessage::deserialize_with_options(descriptor.clone(), value, &strict)
        .map_err(|_| "must be a length of time in seconds, such as 1.5s, of at most 315576000000s")
}

fn digits_behind_point(text: &str) -> usize {
    let behind = text.split_once('.').map_or("", |(_, behind)| behind);
    behind.bytes().take_while(u8::is_ascii_digit).count()
}
