//! Extra policies: what they may, what is refused, and that a bad change changes nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use muster_clock::Clock;

use super::*;

const NOBODY_INVITES: &str = "@id(\"no-invitations\") @description(\"Nobody invites this week.\")
forbid (principal, action == Muster::Action::\"invitation.create\", resource);\n";

/// A folder that is gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("muster-policies-{}", Clock::system().new_uuid()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.0.join(name)).unwrap();
    }

    fn open(&self, effects: Effects) -> Result<(Policies, Watch), Vec<PolicyProblem>> {
        let directory = self.0.clone();
        Policies::shipped()
            .unwrap()
            .with_extra(Extra { directory, effects })
    }

    /// What is wrong with it at start, a line each, without the folder.
    fn wrong(&self) -> Vec<String> {
        let folder = format!("{}/", self.0.display());
        let problems = self.open(Effects::Forbid).unwrap_err();
        problems
            .iter()
            .map(|problem| problem.in_words().replace(&folder, ""))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn may_invite(policies: &Policies) -> bool {
    policies
        .decide(&person(false), Some(Role::Owner), "invitation.create", on())
        .allowed
}

/// Until what was changed has been the same twice.
fn looks(watch: &mut Watch) {
    watch.look();
    watch.look();
}

#[test]
fn a_forbid_counts_from_the_start_and_its_id_is_told() {
    let folder = Folder::new();
    folder.write("week.cedar", NOBODY_INVITES);
    folder.write("notes.txt", "not a policy");
    let (policies, _) = folder.open(Effects::Forbid).unwrap();
    let refused = policies.decide(&person(false), Some(Role::Owner), "invitation.create", on());
    assert_eq!((refused.allowed, &*refused.policies), (false, "no-invitations"));
    let read = policies.decide(&person(false), Some(Role::Owner), "invitation.read", on());
    assert!(read.allowed);
}

#[test]
fn a_change_counts_as_soon_as_it_has_been_the_same_twice_and_nothing_is_remembered_beyond() {
    let folder = Folder::new();
    let (policies, mut watch) = folder.open(Effects::Forbid).unwrap();
    assert!(may_invite(&policies));
    let before = policies.revision();
    folder.write("week.cedar", NOBODY_INVITES);
    watch.look();
    assert!(may_invite(&policies), "it may still be written");
    watch.look();
    assert!(!may_invite(&policies));
    assert_ne!(policies.revision(), before);
    folder.remove("week.cedar");
    looks(&mut watch);
    assert!(may_invite(&policies));
}

#[test]
fn a_bad_change_leaves_the_last_good_policies_in_force() {
    let folder = Folder::new();
    folder.write("week.cedar", NOBODY_INVITES);
    let (policies, mut watch) = folder.open(Effects::Forbid).unwrap();
    let (torn, _) = NOBODY_INVITES.split_at(NOBODY_INVITES.len() - 20);
    let unfit = NOBODY_INVITES.replace("invitation.create", "invitation.destroy");
    let permit = NOBODY_INVITES.replace("forbid", "permit");
    for bad in [torn, &unfit, &permit, "", "// Nothing.\n"] {
        folder.write("week.cedar", bad);
        looks(&mut watch);
        assert!(!may_invite(&policies), "{bad}");
        assert!(watch.problem().is_some(), "{bad}");
    }
    folder.write("week.cedar", NOBODY_INVITES);
    looks(&mut watch);
    assert!(!may_invite(&policies) && watch.problem().is_none());
    fs::remove_dir_all(&folder.0).unwrap();
    looks(&mut watch);
    assert!(!may_invite(&policies) && watch.problem().is_some());
}

/// Kubernetes writes a folder of its own for every change and turns one link to it.
#[test]
fn a_turned_link_is_a_change_and_a_link_to_nothing_is_a_bad_one() {
    let folder = Folder::new();
    for (name, text) in [
        ("..1", NOBODY_INVITES),
        ("..2", &*NOBODY_INVITES.replace("create", "read")),
    ] {
        fs::create_dir(folder.0.join(name)).unwrap();
        folder.write(&format!("{name}/week.cedar"), text);
    }
    let turn = |to: &str| {
        symlink(to, folder.0.join("..data_tmp")).unwrap();
        fs::rename(folder.0.join("..data_tmp"), folder.0.join("..data")).unwrap();
    };
    turn("..1");
    symlink("..data/week.cedar", folder.0.join("week.cedar")).unwrap();
    let (policies, mut watch) = folder.open(Effects::Forbid).unwrap();
    assert!(!may_invite(&policies));
    turn("..2");
    looks(&mut watch);
    assert!(may_invite(&policies));
    turn("..3");
    looks(&mut watch);
    assert!(may_invite(&policies) && watch.problem().is_some());
}

#[test]
fn permits_are_refused_unless_they_are_switched_on() {
    let folder = Folder::new();
    let permit = "@id(\"everybody-reads\")\n@description(\"Everybody reads.\")
permit (principal, action == Muster::Action::\"invitation.read\", resource);";
    folder.write("open.cedar", permit);
    let told = "open.cedar:1: `everybody-reads` permits: extra policies may only forbid, unless \
                MUSTER_EXTRA_POLICIES_PERMIT is true";
    assert_eq!(folder.wrong(), [told]);
    let (policies, _) = folder.open(Effects::ForbidAndPermit).unwrap();
    assert!(
        policies
            .decide(&person(false), None, "invitation.read", on())
            .allowed
    );
}

#[test]
fn at_start_everything_that_is_wrong_is_told_with_file_and_line() {
    let folder = Folder::new();
    folder.write("a.cedar", "\n\nforbid (principal, action, resource)");
    folder.write(
        "b.cedar",
        &NOBODY_INVITES.replace("no-invitations", "owner-submits"),
    );
    folder.write(
        "c.cedar",
        &format!(
            "{NOBODY_INVITES}\n{}",
            NOBODY_INVITES.replace("invitation.create", "x")
        ),
    );
    folder.write("d.cedar", &"/".repeat(70_000));
    symlink("nowhere", folder.0.join("e.cedar")).unwrap();
    fs::create_dir(folder.0.join("f.cedar")).unwrap();
    let impossible = "@id(\"never\") @description(\"Never.\")
forbid (principal, action == Muster::Action::\"training.create\", resource is Muster::Organization);";
    folder.write("g.cedar", impossible);
    let wrong = folder.wrong();
    let expected = [
        "a.cedar:3: ",
        "b.cedar:1: there is another policy with the id `owner-submits`",
        "c.cedar:4: there is another policy with the id `no-invitations`",
        "cannot read d.cedar: it has more than 65536 bytes",
        "cannot read e.cedar: ",
        "cannot read f.cedar: it is no file",
        "g.cedar:1: ",
    ];
    for one in expected {
        assert!(
            wrong.iter().any(|told| told.starts_with(one)),
            "{one} in {wrong:#?}"
        );
    }
    for told in &wrong {
        assert!(expected.iter().any(|one| told.starts_with(one)), "{told}");
    }
}

#[test]
fn there_is_a_limit_to_files_and_policies() {
    let many = Folder::new();
    for n in 0..65 {
        many.write(&format!("{n}.cedar"), NOBODY_INVITES);
    }
    let told = many.wrong();
    assert!(
        told.len() == 1 && told[0].ends_with("more than 64 files"),
        "{told:?}"
    );
    let long = Folder::new();
    let policy = |n: usize| NOBODY_INVITES.replace("no-invitations", &n.to_string());
    for file in 0..2 {
        let text: String = (0..300).map(|n| policy(file * 300 + n)).collect();
        long.write(&format!("{file}.cedar"), &text);
    }
    let told = long.wrong();
    assert!(
        told.len() == 1 && told[0].ends_with("more than 500 policies"),
        "{told:?}"
    );
}

/// Neither deep text nor long chains may take the process with them: not when they are read, not when they are asked.
#[test]
fn a_policy_without_end_is_refused_and_one_that_is_just_short_enough_harms_nobody() {
    for (open, last, close) in [
        ("(", "true", ")"),
        ("!", "true", ""),
        ("if true then ", "true", " else true"),
        ("if principal.staff then true else ", "true", ""),
        ("true && ", "true", ""),
        ("principal.staff || ", "true", ""),
        ("1 + ", "1 == 1", ""),
        ("-", "1 == 1", ""),
        ("", "principal", ".a"),
        ("", "principal", "[\"a\"]"),
        ("[", "true", "].contains(true)"),
        ("{\"a\": ", "true", "}"),
        ("principal.staff == ", "true", ""),
    ] {
        for length in [60_000, 16_000] {
            let folder = Folder::new();
            let times = length / (open.len() + close.len());
            let deep = format!("{}{last}{}", open.repeat(times), close.repeat(times));
            let head = "@id(\"deep\") @description(\"Deep.\") forbid (principal, action, resource) when {";
            folder.write("deep.cedar", &format!("{head}{deep}}};"));
            match folder.open(Effects::Forbid) {
                Ok((policies, _)) => drop(may_invite(&policies)),
                Err(problems) => assert!(!problems.is_empty()),
            }
        }
    }
}
