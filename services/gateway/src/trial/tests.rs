//! Policies on logs.

use super::*;

const METHOD: &str = "muster.invitation.v1.InvitationService/CreateInvitation";
const HOME: &str = "018f3c4e-7a2b-7c3d-8e4f-5a6b7c8d9e0f";
const ADA: &str = "018f3c4e-7a2b-7c3d-8e4f-000000000001";

struct Folder(PathBuf);

impl Folder {
    fn with(policies: &str) -> Self {
        let name = format!("muster-trial-{}", muster_clock::Clock::system().new_uuid());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.0.join("more.cedar"), policies).unwrap();
        folder
    }

    fn tried(&self, log: &str, session_key: bool) -> String {
        let (file, key) = (self.0.join("log"), self.0.join("session.key"));
        std::fs::write(&file, log).unwrap();
        std::fs::write(&key, KEY).unwrap();
        let settings = TrialSettings {
            folder: self.0.clone(),
            log: file,
            policies: None,
            extra_policies_permit: false,
            session_key: session_key.then_some(key),
        };
        let mut out = Vec::new();
        try_policies(&settings, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The bytes from 0 to 31.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn forbid(principal: &str, on: &str) -> String {
    format!(
        "@id(\"audit-week\")\n@description(\"Nobody is invited.\")\nforbid (principal{principal}, action == \
         Muster::Action::\"invitation.create\", resource == Muster::Organization::\"{on}\");\n"
    )
}

fn json(method: &str, caller: &str, asked: &str) -> String {
    format!(
        "{{\"time\":\"2026-01-01T00:00:00Z\",\"target\":\"muster_gateway::access\",\"message\":\"call\",\"trace_id\":\"t\",\
         \"method\":\"{method}\",\"code\":\"OK\",\"caller\":\"{caller}\",\"decision\":\"admitted\",\"policies\":\"p\"{asked}}}\n"
    )
}

fn owner(home: &str) -> String {
    format!(",\"role\":\"OWNER\",\"staff\":false,\"permitted\":true,\"organization\":\"{home}\"")
}

#[test]
fn what_would_have_been_decided_otherwise_is_counted_by_policy() {
    let folder = Folder::with(&forbid("", HOME));
    let elsewhere = owner("018f3c4e-7a2b-7c3d-8e4f-5a6b7c8d9e10");
    let people = format!(
        "12:00:00.000  INFO muster_gateway::access: call method={METHOD} code=OK caller=bb decision=admitted policies=p \
         duration_us=1 trace=t role=ADMIN staff=false permitted=true organization={HOME}\n"
    );
    let stranger = format!(",\"role\":\"\",\"staff\":false,\"permitted\":true,\"organization\":\"{HOME}\"");
    let log = [
        "not a line of calls\n{\"target\":\"muster_gateway\",\"message\":\"listening\"}\n".to_owned(),
        json(METHOD, "aa", &owner(HOME)),
        json(METHOD, "ab", &owner(HOME)),
        json(METHOD, "aa", &elsewhere),
        people,
        json(METHOD, "cc", &stranger),
        json("muster.gateway.v1.AccessService/ExplainAccess", "aa", ""),
        json("muster.old.v1.Gone/Went", "aa", ""),
        json(METHOD, "aa", ""),
    ];
    let told = folder.tried(&log.concat(), false);
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "8 calls: 1 are decided by policies and would have been decided the same, 1 are decided by no policy",
            "4 would have been refused",
            &format!(
                "  1  by audit-week: invitation.create of ADMIN, {METHOD} (1 caller in 1 organization; first in trace t)"
            ),
            &format!(
                "  2  by audit-week: invitation.create of OWNER, {METHOD} (2 callers in 1 organization; first in trace t)"
            ),
            &format!(
                "  1  by audit-week: invitation.create of nobody there, {METHOD} (1 caller in 1 organization; first in trace t)"
            ),
            "0 would have been let through",
            "2 cannot be told",
            "  1  the line does not say what policies were asked: an older release wrote it, or the call ended before",
            "  1  this release has no such method",
        ],
        "{told}"
    );
}

#[test]
fn what_was_forbidden_before_would_be_let_through() {
    let folder = Folder::with(&forbid("", "018f3c4e-7a2b-7c3d-8e4f-5a6b7c8d9e10"));
    let refused = owner(HOME).replace("\"permitted\":true", "\"permitted\":false");
    let told = folder.tried(&json(METHOD, "aa", &refused), false);
    assert!(told.contains("1 would have been let through\n  1  by "), "{told}");
}

#[test]
fn persons_whom_policies_name_are_told_by_the_session_key_alone() {
    let folder = Folder::with(&forbid(&format!(" == Muster::Person::\"{ADA}\""), HOME));
    let tags = CallerTags::new(&(0..32).collect::<Vec<u8>>());
    let ada = tags.of_name(&format!("persons/{ADA}"));
    let log = [json(METHOD, &ada, &owner(HOME)), json(METHOD, "bb", &owner(HOME))].concat();
    let told = folder.tried(&log, false);
    assert!(
        told.contains("2 cannot be told\n  2  it depends on who called"),
        "{told}"
    );
    let told = folder.tried(&log, true);
    assert!(told.contains("1 would have been refused"), "{told}");
    assert!(told.contains("0 cannot be told"), "{told}");
}

#[test]
fn policies_that_cannot_be_used_are_told_with_everything_that_is_wrong() {
    let folder = Folder::with(
        "permit (principal, action, resource);\nforbid (principal, action, resource) when { x };",
    );
    let settings = TrialSettings {
        folder: folder.0.clone(),
        log: folder.0.join("log"),
        policies: None,
        extra_policies_permit: false,
        session_key: None,
    };
    let error = try_policies(&settings, Vec::new()).unwrap_err();
    assert!(error.downcast_ref::<ConfigErrors>().is_some(), "{error:#}");
}
