//! Registry staff look at what is personal for a reason that they state, and that the organization and whoever it
//! concerns can read.

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use muster_access::scan;
use muster_identity::Caller;
use muster_proto::organization::v1::LogStaffReadRequest;
use muster_refusal::Refusal;
use muster_text::line_problems;

use super::call::Call;
use super::shared::Shared;
use super::{messages, refuse};

/// Where the reason stands.
const REASON: HeaderName = HeaderName::from_static("muster-reason");
/// Characters.
const MAX_REASON: usize = 500;

impl Shared {
    /// Has the look written down. Before the call is forwarded: nobody is answered whose look is not in the log.
    pub(super) async fn log_read(
        &self,
        call: &Call,
        caller: &Caller,
        first: Option<&Bytes>,
    ) -> Result<(), Refusal> {
        let person = caller.person().ok_or_else(Refusal::permission_denied)?;
        let reason = reason(&call.parts.headers)?;
        let subject = subject(call, first)?;
        let organization = scan::organization(&subject).ok_or_else(Refusal::permission_denied)?;
        let read = LogStaffReadRequest {
            organization: format!("organizations/{organization}"),
            staff_read: self.parts.clock.new_uuid().to_string(),
            staff: format!("persons/{}", person.id),
            staff_display_name: person.name.clone().unwrap_or_default(),
            method: call.rule.path.trim_start_matches('/').to_owned(),
            subject,
            reason,
        };
        let logged = self.parts.staff_reads.log(read, call.time.left()).await;
        logged.map_err(|status| {
            tracing::warn!(code = ?status.code(), "the organization service does not log a look of staff");
            Refusal::unavailable()
        })
    }
}

/// The one reason that is given: a line of text that others can read.
fn reason(headers: &HeaderMap) -> Result<String, Refusal> {
    let reason = only_one(headers).ok_or_else(refuse::staff_reason_required)?;
    match line_problems(reason).first() {
        Some(problem) => Err(refuse::staff_reason_unreadable(*problem)),
        None => Ok(reason.to_owned()),
    }
}

fn only_one(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(&REASON).iter();
    let (Some(reason), None) = (given.next(), given.next()) else {
        return None;
    };
    let reason = std::str::from_utf8(reason.as_bytes()).ok()?.trim();
    (1..=MAX_REASON)
        .contains(&reason.chars().count())
        .then_some(reason)
}

/// What the first message asks about.
fn subject(call: &Call, first: Option<&Bytes>) -> Result<String, Refusal> {
    let (path, first) = call.rule.scope().zip(first).ok_or_else(refuse::bad_framing)?;
    let named = scan::scope(path, messages::payload(first)).map_err(refuse::malformed)?;
    named.map(str::to_owned).ok_or_else(Refusal::permission_denied)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use muster_refusal::ErrorReason;
    use tonic::Status;

    use super::*;

    fn given(values: &[&[u8]]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REASON, HeaderValue::from_bytes(value).unwrap());
        }
        reason(&headers)
    }

    #[test]
    fn a_reason_is_one_readable_line_that_is_given_once() {
        let ticket = "ticket 4711: Jürgen cannot sign in";
        assert_eq!(given(&[ticket.as_bytes()]).unwrap(), ticket);
        assert_eq!(given(&[b"  why  "]).unwrap(), "why");
        let long = "x".repeat(501);
        let nothing: [Vec<&[u8]>; 6] = [
            vec![],
            vec![b""],
            vec![b"  "],
            vec![b"a", b"b"],
            vec![b"\xff"],
            vec![long.as_bytes()],
        ];
        for none in nothing {
            let refused = given(&none).unwrap_err();
            assert_eq!(refused.reason(), ErrorReason::StaffReasonRequired, "{none:?}");
        }
        let most = "ü".repeat(500);
        assert_eq!(given(&[most.as_bytes()]).unwrap(), most);
    }

    #[test]
    fn what_nobody_sees_in_a_reason_is_named() {
        for (reason, named) in [
            ("ticket \u{202e}1174", "U+202E"),
            ("a\u{200b}b", "U+200B"),
            ("\u{3164}", "U+3164"),
            ("one\u{2028}two", "one line"),
        ] {
            let refused = given(&[reason.as_bytes()]).unwrap_err();
            assert_eq!(refused.reason(), ErrorReason::StaffReasonRequired, "{reason:?}");
            let told = Status::from(refused).message().to_owned();
            assert!(told.contains(named), "{told}");
        }
    }
}
