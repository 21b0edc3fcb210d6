//! Writing the message of an attempt: what its source says now, in the words of the delivery.

use time::OffsetDateTime;
use tokio::time::Instant;

use super::{Course, Written};
use crate::context::Context;
use crate::domain::{Claimed, Outcome, SentCopy};
use crate::mails::{Mail, MessageProblem, Rendered};

/// Asks the source and writes the message. What the source says is kept also when nothing can be written.
pub(super) async fn write(
    context: &Context,
    claimed: &Claimed,
    course: &mut Course,
) -> Result<Written, Outcome> {
    let asked = Instant::now();
    let mail = context.sources.mail(&claimed.request).await?;
    (course.expire_time, course.is_awaited) = (mail.expire_time, true);
    let (rendered, sha256) = copy(context, &mail, claimed).map_err(|problem| {
        tracing::error!(%problem, "a message could not be written");
        match problem {
            // The release that made the delivery is running, or coming back; what could not be signed may be the next time.
            MessageProblem::UnknownTemplate | MessageProblem::Unsigned => Outcome::Unasked,
            MessageProblem::Address | MessageProblem::Form => Outcome::Unmailable,
        }
    })?;
    Ok(Written {
        rendered,
        sha256,
        asked,
    })
}

/// The message as it is sent, and the SHA-256 that it is known again by.
fn copy(context: &Context, mail: &Mail, claimed: &Claimed) -> Result<(Rendered, [u8; 32]), MessageProblem> {
    let (rendered, date) = render(context, mail, claimed)?;
    let sha256 = rendered.sha256();
    let signed = signed(context, rendered, date)?;
    Ok((addressed(context, signed, claimed)?, sha256))
}

/// The second copy of a message that may have been taken has the same bytes, or it is another message that says so. With its date.
fn render(
    context: &Context,
    mail: &Mail,
    claimed: &Claimed,
) -> Result<(Rendered, OffsetDateTime), MessageProblem> {
    let same = mail.render(&context.sender, &claimed.stamp)?;
    match claimed.possible_copy {
        Some(sha256) if sha256 != same.sha256() => {
            let version = claimed.request.purpose.current_version();
            let stamp = claimed.stamp.replacement(context.clock.now(), version);
            Ok((mail.render(&context.sender, &stamp)?, stamp.date))
        }
        _ => Ok((same, claimed.stamp.date)),
    }
}

/// With signatures before it, where it is signed here.
fn signed(
    context: &Context,
    mut rendered: Rendered,
    date: OffsetDateTime,
) -> Result<Rendered, MessageProblem> {
    if let Some(keys) = &context.dkim {
        let signed = keys.signed(&rendered.bytes, date);
        rendered.bytes = signed.map_err(|_| MessageProblem::Unsigned)?;
    }
    Ok(rendered)
}

/// With a return path of its own, where reports are read.
fn addressed(
    context: &Context,
    mut rendered: Rendered,
    claimed: &Claimed,
) -> Result<Rendered, MessageProblem> {
    if let Some(return_paths) = &context.return_paths {
        let copy = SentCopy {
            delivery: claimed.lease.delivery,
            number: claimed.history.next_copy(),
        };
        rendered.from = return_paths.of(copy).ok_or(MessageProblem::Address)?;
        rendered.reports_are_read = true;
    }
    Ok(rendered)
}
