//! Texts, numbers, enums and bytes.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{EnumDescriptor, Kind, MapKey, Value};
use serde_json::{Number, Value as Json};

/// Both alphabets, with padding or without.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// As many names of an enum are told to who wrote another.
const MAX_NAMES: usize = 20;
/// Up to here every whole number is a real one: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value of a field of this kind, which is no message.
///
/// # Errors
/// What it must be.
pub(crate) fn scalar(kind: &Kind, value: &Json) -> Result<Value, String> {
    match kind {
        Kind::Bool => value
            .as_bool()
            .map(Value::Bool)
            .ok_or("must be true or false".to_owned()),
        Kind::String => text(value).map(|text| Value::String(text.to_owned())),
        Kind::Bytes => bytes(value).map(|bytes| Value::Bytes(bytes.into())),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => whole(value, i32::MIN, i32::MAX).map(Value::I32),
        Kind::Uint32 | Kind::Fixed32 => whole(value, u32::MIN, u32::MAX).map(Value::U32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => whole(value, i64::MIN, i64::MAX).map(Value::I64),
        Kind::Uint64 | Kind::Fixed64 => whole(value, u64::MIN, u64::MAX).map(Value::U64),
        Kind::Double => real(value, f64::MAX).map(Value::F64),
        Kind::Float => real(value, f64::from(f32::MAX)).map(|real| Value::F32(real as f32)),
        Kind::Enum(all) => number_of(all, value).map(Value::EnumNumber),
        Kind::Message(_) => Err("must be an object".to_owned()),
    }
}

/// The key of a map, which JSON always writes as text.
///
/// # Errors
/// What it must be.
pub(super) fn map_key(kind: &Kind, name: &str) -> Result<MapKey, String> {
    let text = Json::from(name);
    match (kind, name) {
        (Kind::Bool, "true") => return Ok(MapKey::Bool(true)),
        (Kind::Bool, "false") => return Ok(MapKey::Bool(false)),
        _ => {}
    }
    match scalar(kind, &text)? {
        Value::String(text) => Ok(MapKey::String(text)),
        Value::I32(number) => Ok(MapKey::I32(number)),
        Value::I64(number) => Ok(MapKey::I64(number)),
        Value::U32(number) => Ok(MapKey::U32(number)),
        Value::U64(number) => Ok(MapKey::U64(number)),
        _ => Err("is not possible".to_owned()),
    }
}

fn text(value: &Json) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a text".to_owned())
}

fn bytes(value: &Json) -> Result<Vec<u8>, String> {
    let text = text(value)?;
    let engine = if text.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    engine
        .decode(text)
        .map_err(|problem| format!("must be base64: {problem}"))
}

/// A number, or a text that is one as JSON writes it.
fn number(value: &Json) -> Option<Number> {
    match value {
        Json::Number(number) => Some(number.clone()),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Exactly, however it is written: `7`, `7.0`, `0.7e1`. Of what is read as a real number, only as much is exact.
fn whole<N>(value: &Json, least: N, most: N) -> Result<N, String>
where
    N: TryFrom<i128> + std::fmt::Display,
{
    let exact = number(value).and_then(|number| {
        let from_real = || {
            number
                .as_f64()
                .filter(|real| real.fract() == 0.0 && real.abs() <= EXACT)
                .map(|real| real as i128)
        };
        let from_text = number.as_i64().map(i128::from);
        from_text.or(number.as_u64().map(i128::from)).or_else(from_real)
    });
    exact
        .and_then(|exact| N::try_from(exact).ok())
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

fn real(value: &Json, most: f64) -> Result<f64, String> {
    match value.as_str() {
        Some("NaN") => return Ok(f64::NAN),
        Some("Infinity") => return Ok(f64::INFINITY),
        Some("-Infinity") => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let number = number(value);
    let real = match value.as_str() {
        // More exact by a digit than `serde_json` is.
        Some(text) => number.and_then(|_| text.parse().ok()),
        None => number.and_then(|number| number.as_f64()),
    };
    real.filter(|real| real.abs() <= most)
        .ok_or_else(|| format!("must be a number from -{most:e} to {most:e}"))
}

/// By its name, or by its number, also one that is not known here.
fn number_of(all: &EnumDescriptor, value: &Json) -> Result<i32, String> {
    let number = match value {
        Json::String(name) => all.get_value_by_name(name).map(|value| value.number()),
        Json::Null if all.full_name() == "google.protobuf.NullValue" => Some(0),
        _ => whole(value, i32::MIN, i32::MAX).ok(),
    };
    number.ok_or_else(|| format!("must be {}", one_of(all)))
}

/// What an enum can be, for whoever wrote something else. Of a long one only its name is told.
fn one_of(all: &EnumDescriptor) -> String {
    let names: Vec<_> = all
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| value.name().to_owned())
        .collect();
    match names.len() {
        1..=MAX_NAMES => format!("one of {}", names.join(", ")),
        _ => format!("the name of a value of {}", all.full_name()),
    }
}
