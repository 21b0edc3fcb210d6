//! `muster-gateway policies try`: what a folder of policies would have changed about calls that were made.
//!
//! The access log says of each call what policies were asked: role, staff, organization. The same is asked of the policies in
//! the folder. Who called is a tag there; so a policy that names persons can be tried with the session key, by which tags
//! are made, and without it, what depends on the person is told as unknown.

mod line;
mod report;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use muster_access::{Mode, Rules, Target};
use muster_identity::{PersonCaller, SecretKeys};
use muster_ids::{OrganizationId, PersonId};
use muster_server::settings::ConfigErrors;
use uuid::Uuid;

use self::line::{Line, RecordedDecision};
use self::report::{Change, Report};
use crate::edge::CallerTags;
use crate::policy::{Effects, Explained, Extra, Policies, Resource, View};
use crate::settings;

/// What is tried, and on what.
#[derive(Clone, Debug, clap::Args)]
pub struct TrialSettings {
    /// Folder with the policies to try: every *.cedar file in it, in place of the extra policies in force
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Access log of the gateway, as JSON or as people read it, other lines between; `-`: standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub log: PathBuf,
    /// Directory with muster.cedarschema and muster.cedar, in place of the shipped policies
    #[arg(long, env = "MUSTER_POLICIES", value_name = "DIRECTORY")]
    pub policies: Option<PathBuf>,
    /// Takes `permit` from the folder, too
    #[arg(long, env = "MUSTER_EXTRA_POLICIES_PERMIT")]
    pub extra_policies_permit: bool,
    /// The gateway's session key: tells which calls are those of persons whom policies name
    #[arg(long, env = "MUSTER_SESSION_KEY", value_name = "FILE")]
    pub session_key: Option<PathBuf>,
}

/// Asks the policies of the folder about every call in the log, and writes what they would have changed.
///
/// # Errors
/// The policies cannot be used (everything that is wrong with them), or a file cannot be read.
pub fn try_policies(settings: &TrialSettings, out: impl Write) -> anyhow::Result<()> {
    let policies = policies(settings).map_err(ConfigErrors::Wrong)?;
    let rules = Rules::load(muster_proto::pool())
        .map_err(|problems| ConfigErrors::Wrong(problems.iter().map(ToString::to_string).collect()))?;
    let trial = Trial {
        rules,
        persons: Persons::of(&policies.now(), settings.session_key.as_deref())?,
        view: policies.now(),
    };
    let mut report = Report::default();
    trial.read(log(&settings.log)?, &mut report)?;
    report.write(out)?;
    Ok(())
}

fn policies(settings: &TrialSettings) -> Result<Policies, Vec<String>> {
    let told = |problems: Vec<_>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let extra = Extra {
        directory: settings.folder.clone(),
        effects: Effects::permitting(settings.extra_policies_permit),
    };
    let base = Policies::open(settings.policies.as_deref());
    let tried = base.and_then(|base| base.with_extra(extra));
    tried.map(|(policies, _)| policies).map_err(told)
}

fn log(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}

/// The policies that are tried.
struct Trial {
    rules: Rules,
    persons: Persons,
    view: View,
}

/// Persons whom the policies name.
struct Persons {
    /// Each with the tags by every session key.
    named: Vec<(PersonId, Vec<Arc<str>>)>,
    are_known: bool,
}

impl Persons {
    fn of(view: &View, session_key: Option<&Path>) -> anyhow::Result<Self> {
        let keys = session_key.map(settings::keys).transpose()?;
        let keys = keys.iter().flat_map(SecretKeys::keys);
        let made: Vec<_> = keys.map(|key| CallerTags::new(key)).collect();
        let tags = |person: &PersonId| {
            let name = format!("persons/{person}");
            made.iter().map(|made| made.of_name(&name)).collect()
        };
        Ok(Self {
            named: view
                .persons()
                .iter()
                .map(|person| (*person, tags(person)))
                .collect(),
            are_known: session_key.is_some(),
        })
    }

    /// Who may stand behind a tag, as far as the policies tell persons apart.
    fn behind(&self, caller: &str) -> Vec<PersonId> {
        let nobody = PersonId::from_uuid(Uuid::nil());
        if !self.are_known {
            let named = self.named.iter().map(|(person, _)| *person);
            return named.chain([nobody]).collect();
        }
        let known = self
            .named
            .iter()
            .find(|(_, tags)| tags.iter().any(|tag| **tag == *caller));
        vec![known.map_or(nobody, |(person, _)| *person)]
    }
}

impl Trial {
    fn read(&self, mut log: impl BufRead, report: &mut Report) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if log.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            if let Some(line) = Line::read(&String::from_utf8_lossy(&bytes)) {
                report.calls += 1;
                self.ask(&line, report);
            }
        }
    }

    fn ask(&self, line: &Line, report: &mut Report) {
        let Some(rule) = self.rules.get(&format!("/{}", line.method)) else {
            return report.untold("this release has no such method");
        };
        let Mode::Require { permission, target } = &rule.mode else {
            report.others += 1;
            return;
        };
        let Some(asked) = line.asked else {
            return report.untold(if line.is_refused {
                "refused before policies were asked: no valid token, or no organization named"
            } else {
                "the line does not say what policies were asked: an older release wrote it, or the call ended before"
            });
        };
        let on = match (target, asked.organization) {
            (Target::Platform, _) => Resource::Platform,
            (Target::Organization(_), Some(organization)) => {
                Resource::Organization(OrganizationId::from_uuid(organization))
            }
            (Target::Organization(_), None) => {
                return report.untold("this release asks about an organization, and the line names none");
            }
        };
        let persons = self.persons.behind(&line.caller);
        let mut answers = persons
            .into_iter()
            .map(|person| self.answer(person, asked, permission, on));
        let Some(now) = answers.next() else {
            return;
        };
        if answers.any(|other| other.allowed != now.allowed) {
            return report.untold("it depends on who called: --session-key tells");
        }
        if now.allowed == asked.permitted {
            report.same += 1;
            return;
        }
        let change = Change {
            allowed: now.allowed,
            by: by(&now),
            permission: permission.clone(),
            role: asked.in_words(),
            method: line.method.clone(),
        };
        report.changed(change, line);
    }

    fn answer(&self, person: PersonId, asked: RecordedDecision, permission: &str, on: Resource) -> Explained {
        let person = PersonCaller {
            id: person,
            name: None,
            emails: Vec::new(),
            staff: asked.staff,
            access: None,
        };
        self.view.explain(&person, asked.role, permission, on)
    }
}

/// The policies that decide, or why there is none.
fn by(explained: &Explained) -> String {
    let ids: Vec<_> = explained.notes.iter().map(|note| note.id.as_str()).collect();
    if explained.failed {
        "a policy that fails".to_owned()
    } else if ids.is_empty() {
        "no policy that permits it".to_owned()
    } else {
        ids.join(", ")
    }
}

#[cfg(test)]
mod tests;
