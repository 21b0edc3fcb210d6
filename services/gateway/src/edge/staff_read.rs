//! Registry staff look at what is personal for a reason that they state, and that the organization and the person can read.

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use muster_access::scan;
use muster_identity::Caller;
use muster_proto::organization::v1::LogStaffReadRequest;
use muster_refusal::Refusal;

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
        let reason = reason(&call.parts.headers).ok_or_else(refuse::staff_reason_required)?;
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

/// The one reason that is given: a line of text that can be read.
fn reason(headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(&REASON).iter();
    let (Some(reason), None) = (given.next(), given.next()) else {
        return None;
    };
    let reason = std::str::from_utf8(reason.as_bytes()).ok()?.trim();
    let is_readable = !reason.is_empty() && !reason.chars().any(char::is_control);
    (is_readable && reason.chars().count() <= MAX_REASON).then(|| reason.to_owned())
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

    use super::*;

    fn given(values: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REASON, HeaderValue::from_bytes(value).unwrap());
        }
        reason(&headers)
    }

    #[test]
    fn a_reason_is_one_readable_line_that_is_given_once() {
        let ticket = "ticket 4711: Jürgen cannot sign in";
        assert_eq!(given(&[ticket.as_bytes()]).as_deref(), Some(ticket));
        assert_eq!(given(&[b"  why  "]).as_deref(), Some("why"));
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
            assert_eq!(given(&none), None, "{none:?}");
        }
        let most = "ü".repeat(500);
        assert_eq!(given(&[most.as_bytes()]), Some(most));
    }
}
