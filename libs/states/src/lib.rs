//! States: enums that are stored as words, what a transition comes to, and when somebody is mailed again.
//!
//! A domain declares its states with [`stored_enum!`] and its transitions as methods of the aggregate that consume it,
//! take the time and return a [`Transition`]. It needs no database library for that: the macro brings what `sqlx` asks
//! for, so that a state is bound, selected and compared as itself.
//!
//! ```
//! use muster_states::{Transition, stored_enum};
//!
//! stored_enum! {
//!     /// Where a request stands.
//!     pub enum State {
//!         /// Nobody has decided.
//!         Open = "OPEN",
//!         /// It was granted.
//!         Granted = "GRANTED",
//!         /// It was refused.
//!         Refused = "REFUSED",
//!     }
//! }
//!
//! struct Request {
//!     state: State,
//! }
//!
//! impl Request {
//!     /// Grants it; what was refused stays so.
//!     fn grant(self) -> Transition<Self, State> {
//!         match self.state {
//!             State::Open => Transition::Changed(Self { state: State::Granted }),
//!             State::Granted => Transition::AlreadyDone(self),
//!             State::Refused => Transition::Refused(self.state),
//!         }
//!     }
//! }
//!
//! assert_eq!(State::Open.as_str(), "OPEN");
//! assert_eq!("GRANTED".parse(), Ok(State::Granted));
//! assert!("granted".parse::<State>().is_err());
//! assert_eq!(State::WORDS, ["OPEN", "GRANTED", "REFUSED"]);
//! let request = Request { state: State::Refused };
//! assert!(matches!(request.grant(), Transition::Refused(State::Refused)));
//! ```

mod next_mail;
mod stored_enum;
mod transition;

pub use next_mail::next_mail;
pub use stored_enum::UnknownVariant;
pub use transition::Transition;

/// For the code that [`stored_enum!`] writes.
#[doc(hidden)]
pub use sqlx;
