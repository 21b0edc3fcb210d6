//! What a transition comes to.

use std::convert::Infallible;

/// What a transition of an aggregate comes to. The verb that asked for it stores what changed with one guarded UPDATE
/// (`WHERE … AND version = $n - 1`), so that of two that race one is told that it lost.
///
/// `R` is why the rules do not allow it, for the caller; a transition that is always allowed leaves it out.
#[must_use = "nothing has been stored yet"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition<T, R = Infallible> {
    /// Allowed: this is to be stored.
    Changed(T),
    /// It is so already; nothing is to be stored, and the caller gets the answer of whoever did it.
    AlreadyDone(T),
    /// Not allowed in the state in which it is.
    Refused(R),
}

impl<T, R> Transition<T, R> {
    /// The same, with why it is refused put another way.
    pub fn refused_as<S>(self, why: impl FnOnce(R) -> S) -> Transition<T, S> {
        match self {
            Self::Changed(next) => Transition::Changed(next),
            Self::AlreadyDone(same) => Transition::AlreadyDone(same),
            Self::Refused(refused) => Transition::Refused(why(refused)),
        }
    }
}
