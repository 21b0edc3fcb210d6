//! What the work of a task is part of: a call, an event or a job. What keeps a history writes it down with each change.
//!
//! It is known to every transaction that the task begins, as the settings `muster.role` and `muster.cause`; it costs no statement of
//! its own. Whoever lets work begin sets it with [`scope`]; a spawned task does not inherit it.

use std::borrow::Cow;
use std::future::Future;

tokio::task_local! {
    static ORIGIN: Origin;
}

/// What led to the work of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// With which role who acts was let in: one word, empty where none was asked for.
    pub role: &'static str,
    /// What they do, or what else led to it, in one line: the path of an RPC (`/package.Service/Method`), `job <name>`, or
    /// `event <routing key> <id> <resource name of what it tells of> <actor>`.
    pub cause: Cow<'static, str>,
}

impl Origin {
    /// It was due.
    #[must_use]
    pub fn job(name: &str) -> Self {
        Self {
            role: "",
            cause: format!("job {name}").into(),
        }
    }
}

/// Runs `future` as part of `origin`.
pub async fn scope<F: Future>(origin: Origin, future: F) -> F::Output {
    ORIGIN.scope(origin, future).await
}

/// What the current task works on; nothing in particular where nobody has said it.
pub(crate) fn current() -> Option<Origin> {
    ORIGIN.try_with(Clone::clone).ok()
}
