//! Writing the message of an attempt: what its source says now, in the words of the delivery.

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
    let rendered = render(context, &mail, claimed).and_then(|rendered| addressed(context, rendered, claimed));
    let rendered = rendered.map_err(|problem| {
        tracing::error!(%problem, "a message could not be written");
        match problem {
            // The release that made the delivery is running, or coming back.
            MessageProblem::UnknownTemplate => Outcome::Unasked,
            MessageProblem::Address | MessageProblem::Form => Outcome::Unmailable,
        }
    })?;
    Ok(Written { rendered, asked })
}

/// The second copy of a message that may have been taken has the same bytes, or it is another message that says so.
fn render(context: &Context, mail: &Mail, claimed: &Claimed) -> Result<Rendered, MessageProblem> {
    let same = mail.render(&context.sender, &claimed.stamp)?;
    match claimed.possible_copy {
        Some(sha256) if sha256 != same.sha256() => {
            let version = claimed.request.purpose.current_version();
            let stamp = claimed.stamp.replacement(context.clock.now(), version);
            mail.render(&context.sender, &stamp)
        }
        _ => Ok(same),
    }
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
