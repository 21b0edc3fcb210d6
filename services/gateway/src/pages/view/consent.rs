//! Who may read the learning record of whoever is signed in, and who did.

use askama::Template;
use muster_clock::Zone;

use super::frame::Frame;
use crate::pages::choice::Choice;

/// The page about who may read.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub(crate) struct ConsentPage {
    pub(crate) is_signed_in: bool,
    /// A form of theirs was posted when their sign-in had ended, and did nothing.
    pub(crate) has_ended: bool,
    /// The key of what they did a moment ago; empty when they did nothing.
    pub(crate) done: &'static str,
    /// Where they work, and who else has something of them.
    pub(crate) sites: Vec<ConsentSite>,
    /// What is over, newest first.
    pub(crate) past: Vec<PastGrant>,
    /// The latest.
    pub(crate) readings: Vec<Reading>,
    /// Where to sign in, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// An organization, and what it may read.
#[derive(Debug, Clone)]
pub(crate) struct ConsentSite {
    pub(crate) display_name: String,
    /// In which its times are said.
    pub(crate) zone: Zone,
    /// The key of how the employment stands.
    pub(crate) employment: &'static str,
    /// Since when, in seconds since 1970.
    pub(crate) employed_since: Option<i64>,
    /// What it may read.
    pub(crate) active: Option<ActiveGrant>,
    /// What it asks for.
    pub(crate) asked: Option<AskedGrant>,
    /// The form that allows it; none where there is nothing to allow.
    pub(crate) allow: Option<AllowForm>,
}

/// A grant that was given.
#[derive(Debug, Clone)]
pub(crate) struct ActiveGrant {
    pub(crate) name: String,
    /// Whether it waits until the employment is verified.
    pub(crate) is_asleep: bool,
    /// Whether it came with a claim.
    pub(crate) is_of_claim: bool,
    pub(crate) since: Option<i64>,
    /// `None`: until it is taken back.
    pub(crate) until: Option<i64>,
    /// Of the form that takes it back.
    pub(crate) revoke_token: String,
}

/// A grant that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct AskedGrant {
    pub(crate) name: String,
    /// Who asked; may be empty.
    pub(crate) requester: String,
    /// What they wrote; may be empty.
    pub(crate) message: String,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    /// Of the form that denies it.
    pub(crate) deny_token: String,
}

/// The form that allows an organization to read.
#[derive(Debug, Clone)]
pub(crate) struct AllowForm {
    /// Of its field for the last day.
    pub(crate) id: String,
    pub(crate) action: &'static str,
    pub(crate) token: String,
    /// The field that says what is granted, and what it says.
    pub(crate) field: &'static str,
    pub(crate) target: String,
    /// The last day, as it was typed.
    pub(crate) until: String,
    /// Where that day ends, such as `America/Detroit`: it is posted with it, so that it ends where the page said.
    pub(crate) zone: String,
    /// The first and the last day that can be chosen.
    pub(crate) first_day: String,
    pub(crate) last_day: String,
    /// Whether that is no day until which it can be granted.
    pub(crate) is_wrong: bool,
    /// Whether it was posted when the sign-in had ended, and is to be posted again.
    pub(crate) is_again: bool,
}

/// A grant that is over.
#[derive(Debug, Clone)]
pub(crate) struct PastGrant {
    pub(crate) organization: String,
    /// In which its times are said.
    pub(crate) zone: Zone,
    /// The key of what became of it.
    pub(crate) text: &'static str,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

/// A reading of the record.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) organization: String,
    /// In which its time is said.
    pub(crate) zone: Zone,
    /// May be empty.
    pub(crate) reader: String,
    /// The keys of what the reader was there (empty when nobody knows), what they read, and why they could.
    pub(crate) role: &'static str,
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
    /// The kind of file it was written into; empty when it was not.
    pub(crate) file: &'static str,
    pub(crate) time: Option<i64>,
}

/// The page of who read.
#[derive(Debug, Clone, Template)]
#[template(path = "readings.html")]
pub(crate) struct ReadingsPage {
    pub(crate) readings: Vec<Reading>,
    /// Where the older ones are; empty when there are none.
    pub(crate) older: String,
    /// Whether these are the newest ones.
    pub(crate) is_first: bool,
    /// What registry staff looked at.
    pub(crate) looks: Vec<StaffLook>,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// A look of registry staff.
#[derive(Debug, Clone)]
pub(crate) struct StaffLook {
    pub(crate) organization: String,
    /// In which its time is said.
    pub(crate) zone: Zone,
    /// May be empty.
    pub(crate) staff: String,
    /// The key of what they looked at, and what they called.
    pub(crate) what: &'static str,
    pub(crate) call: String,
    /// In their own words.
    pub(crate) why: String,
    pub(crate) time: Option<i64>,
}

impl ConsentPage {
    fn forms(&self) -> impl Iterator<Item = &AllowForm> {
        self.sites.iter().filter_map(|site| site.allow.as_ref())
    }

    /// The form in which something is to be mended.
    fn wrong(&self) -> Option<&AllowForm> {
        self.forms().find(|form| form.is_wrong)
    }

    /// The form that is to be posted again, if something can be typed in it.
    fn again(&self) -> Option<&AllowForm> {
        self.forms().find(|form| form.is_again)
    }

    fn called(&self, name: &str) -> String {
        called(&self.frame, name)
    }

    /// What a grant allows, in a sentence.
    fn allowed(&self, grant: &ActiveGrant, zone: &Zone) -> String {
        let time = |seconds| self.frame.time(seconds, zone);
        let (since, until) = (time(&grant.since), time(&grant.until));
        let key = match grant.until {
            Some(_) => "consent-allowed-until",
            None => "consent-allowed",
        };
        self.frame.with(key, &[("since", &since), ("until", &until)])
    }

    /// Who asked, and when.
    fn asks(&self, grant: &AskedGrant, zone: &Zone) -> String {
        let time = self.frame.time(&grant.since, zone);
        let key = match grant.requester.as_str() {
            "" => "consent-asked-by-nobody",
            _ => "consent-asked",
        };
        self.frame
            .with(key, &[("name", &grant.requester), ("time", &time)])
    }

    /// What became of a grant that is over.
    fn was(&self, past: &PastGrant) -> String {
        let time = |seconds| self.frame.time(seconds, &past.zone);
        let (from, to) = (time(&past.from), time(&past.to));
        let organization = self.called(&past.organization);
        let values = [
            ("organization", organization.as_str()),
            ("from", &from),
            ("to", &to),
        ];
        self.frame.with(past.text, &values)
    }

    fn who(&self, reading: &Reading) -> String {
        who(&self.frame, reading)
    }

    fn what(&self, reading: &Reading) -> String {
        what(&self.frame, reading)
    }
}

impl ReadingsPage {
    fn called(&self, name: &str) -> String {
        called(&self.frame, name)
    }

    fn who(&self, reading: &Reading) -> String {
        who(&self.frame, reading)
    }

    fn what(&self, reading: &Reading) -> String {
        what(&self.frame, reading)
    }

    /// Who of registry staff looked.
    fn staff(&self, look: &StaffLook) -> String {
        let name = named(&self.frame, &look.staff);
        self.frame.say_with("reading-staff", "name", name)
    }
}

/// What an organization is called.
pub(super) fn called(frame: &Frame, name: &str) -> String {
    match name {
        "" => frame.say("consent-nameless"),
        name => name.to_owned(),
    }
}

fn named(frame: &Frame, name: &str) -> String {
    match name {
        "" => frame.say("no-name"),
        name => name.to_owned(),
    }
}

/// Who read, and as what.
fn who(frame: &Frame, reading: &Reading) -> String {
    let name = named(frame, &reading.reader);
    match reading.role {
        "" => name,
        role => frame.say_with_both("reading-who", "name", name, "role", frame.say(role)),
    }
}

/// What was read, and into which file.
fn what(frame: &Frame, reading: &Reading) -> String {
    let what = frame.say(reading.what);
    match reading.file {
        "" => what,
        file => frame.say_with_both("reading-into-file", "what", what, "kind", file),
    }
}
