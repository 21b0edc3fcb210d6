//! Every mail of the suite: why it is sent, which service is its source, and its words.
//!
//! To add a mail: its purpose and its variables in `notification/v1/mail.proto`, a row below, two templates
//! (`templates/<purpose>/v1.txt`, which begins with the Subject header, and `v1.html`), the words that both say in each
//! language (`v1.en.ftl`, `v1.es.ftl`), and what the source fills into the variables. A service that is the source of no mail yet is to be made known: CONTRIBUTING.md, "Add a mail".
//!
//! To change the words of a mail: a new version with templates of its own, as the last of its row. New deliveries get it;
//! a delivery that was made before keeps its own, so that every copy of a message has the same bytes. An earlier version
//! stays in the row for as long as a delivery of it may wait: until the release after it has been running for 72 hours.

pub(crate) mod escape;
mod message;
mod page;
mod subject;

use std::sync::LazyLock;

pub use message::{Mail, MessageProblem, Rendered, Sender, Stamp, message_id};
use muster_language::{Language, Texts};
use muster_proto::notification::v1 as pb;
pub use muster_proto::notification::v1::InviteVariables;
pub use muster_proto::notification::v1::get_mail_response::Variables;
use muster_states::stored_enum;
pub use page::{Circumstances, Words};
pub use subject::{NoSubject, Subject};

/// What is known of a mail besides its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailSpec {
    /// The service that is asked for it, just before it is sent.
    pub source: &'static str,
    /// The collection of what it is about, such as `invitations`.
    pub collection: &'static str,
    /// The versions of its words that a delivery may have, oldest first.
    pub versions: &'static [i32],
}

/// What a version is said in: words of its own in each language, or what stands in its templates.
macro_rules! spoken {
    ($language:ident) => {
        page::Spoken::English
    };
    ($language:ident $english:literal $spanish:literal) => {{
        static TEXTS: LazyLock<Option<Texts>> = LazyLock::new(|| {
            let texts = Texts::new(
                include_str!(concat!("../templates/", $english)),
                include_str!(concat!("../templates/", $spanish)),
            );
            texts
            .inspect_err(|problem| tracing::error!(%problem, "a mail has no words"))
                .ok()
        });
        page::Spoken::Words(TEXTS.as_ref().ok_or(MessageProblem::Form)?, $language)
    }};
}

macro_rules! mails {
    ($(
        $(#[$doc:meta])*
        $purpose:ident = $word:literal, about $collection:literal of $source:literal, saying $variables:ident:
            $($version:literal = $text:literal $html:literal $(in $english:literal $spanish:literal)?),+;
    )*) => {
        stored_enum! {
            /// Why a mail is sent.
            pub enum Purpose {
                $($(#[$doc])* $purpose = $word,)*
            }
        }

        impl Purpose {
            /// Its row.
            #[must_use]
            pub fn spec(self) -> MailSpec {
                match self {
                    $(Self::$purpose => MailSpec {
                        source: $source,
                        collection: $collection,
                        versions: &[$($version),+],
                    },)*
                }
            }

            /// The purpose in the contract; `None` for one that this release does not know.
            #[must_use]
            pub fn of_contract(purpose: pb::MailPurpose) -> Option<Self> {
                match purpose {
                    pb::MailPurpose::Unspecified => None,
                    $(pb::MailPurpose::$purpose => Some(Self::$purpose),)*
                }
            }
        }

        impl From<Purpose> for pb::MailPurpose {
            fn from(purpose: Purpose) -> Self {
                match purpose {
                    $(Purpose::$purpose => Self::$purpose,)*
                }
            }
        }

        /// Writes a mail in the words of `version`, in this language; what was written before there was a choice is in English.
        ///
        /// # Errors
        /// [`MessageProblem::UnknownTemplate`] for a version that this release does not have, [`MessageProblem::Form`] for
        /// the variables of another mail.
        pub fn write(
            purpose: Purpose,
            version: i32,
            variables: &Variables,
            circumstances: &Circumstances,
            language: Language,
        ) -> Result<Words, MessageProblem> {
            match (purpose, version, variables) {
                $($(
                    (Purpose::$purpose, $version, Variables::$purpose(variables)) => {
                        #[derive(askama::Template)]
                        #[template(path = $text)]
                        struct Text<'a> {
                            mail: page::Page<'a, pb::$variables>,
                        }
                        #[derive(askama::Template)]
                        #[template(path = $html)]
                        struct Html<'a> {
                            mail: page::Page<'a, pb::$variables>,
                        }
                        let spoken = spoken!(language $($english $spanish)?);
                        let mail = |form| page::Page::new(variables, circumstances, spoken, form);
                        page::words(spoken, &Text { mail: mail(page::Form::Text) }, &Html { mail: mail(page::Form::Html) })
                    }
                )+)*
                _ if purpose.spec().versions.contains(&version) => Err(MessageProblem::Form),
                _ => Err(MessageProblem::UnknownTemplate),
            }
        }
    };
}

// purpose = stored word, about the collection of its source, saying the variables: version = templates in words, …, newest last
mails! {
    /// To invite.
    Invite = "INVITE", about "invitations" of "invitation", saying InviteVariables:
        1 = "invite/v1.txt" "invite/v1.html",
        2 = "invite/v2.txt" "invite/v2.html",
        3 = "invite/v3.txt" "invite/v3.html" in "invite/v3.en.ftl" "invite/v3.es.ftl",
        4 = "invite/v4.txt" "invite/v4.html" in "invite/v4.en.ftl" "invite/v4.es.ftl";
    /// To tell an administrator that somebody waits to be verified.
    EmploymentToVerify = "EMPLOYMENT_TO_VERIFY", about "verificationNotices" of "employment", saying EmploymentToVerifyVariables:
        1 = "employment_to_verify/v1.txt" "employment_to_verify/v1.html",
        2 = "employment_to_verify/v2.txt" "employment_to_verify/v2.html" in "employment_to_verify/v2.en.ftl" "employment_to_verify/v2.es.ftl";
    /// To confirm the address with which somebody asked to join.
    Join = "JOIN", about "joinRequests" of "invitation", saying JoinVariables:
        1 = "join/v1.txt" "join/v1.html",
        2 = "join/v2.txt" "join/v2.html" in "join/v2.en.ftl" "join/v2.es.ftl",
        3 = "join/v3.txt" "join/v3.html" in "join/v3.en.ftl" "join/v3.es.ftl";
    /// To tell an owner that somebody asks to be let in.
    AccessRequested = "ACCESS_REQUESTED", about "accessNotices" of "organization", saying AccessRequestedVariables:
        1 = "access_requested/v1.txt" "access_requested/v1.html",
        2 = "access_requested/v2.txt" "access_requested/v2.html" in "access_requested/v2.en.ftl" "access_requested/v2.es.ftl";
    /// To tell somebody that an access ends in a month: their own, or, of an owner, one that they can extend.
    AccessEnds = "ACCESS_ENDS", about "accessNotices" of "organization", saying AccessEndsVariables:
        1 = "access_ends/v1.txt" "access_ends/v1.html",
        2 = "access_ends/v2.txt" "access_ends/v2.html" in "access_ends/v2.en.ftl" "access_ends/v2.es.ftl",
        3 = "access_ends/v3.txt" "access_ends/v3.html" in "access_ends/v3.en.ftl" "access_ends/v3.es.ftl";
    /// To remind an owner of the review of the profile.
    ReviewDue = "REVIEW_DUE", about "accessNotices" of "organization", saying ReviewDueVariables:
        1 = "review_due/v1.txt" "review_due/v1.html",
        2 = "review_due/v2.txt" "review_due/v2.html" in "review_due/v2.en.ftl" "review_due/v2.es.ftl";
    /// To tell that registry staff moved an ownership.
    OwnershipMoved = "OWNERSHIP_MOVED", about "accessNotices" of "organization", saying OwnershipMovedVariables:
        1 = "ownership_moved/v1.txt" "ownership_moved/v1.html" in "ownership_moved/v1.en.ftl" "ownership_moved/v1.es.ftl";
    /// To tell an owner that registry staff suspended the organization, or let it go on.
    Suspension = "SUSPENSION", about "accessNotices" of "organization", saying SuspensionVariables:
        1 = "suspension/v1.txt" "suspension/v1.html" in "suspension/v1.en.ftl" "suspension/v1.es.ftl";
    /// To tell whoever invited that somebody could not accept, because none of the groups is active.
    GroupsInactive = "GROUPS_INACTIVE", about "acceptanceNotices" of "invitation", saying GroupsInactiveVariables:
        1 = "groups_inactive/v1.txt" "groups_inactive/v1.html" in "groups_inactive/v1.en.ftl" "groups_inactive/v1.es.ftl";
}

impl Purpose {
    /// The version of the words that new deliveries get.
    #[must_use]
    pub fn current_version(self) -> i32 {
        self.spec().versions.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
