//! Signatures of mail, verified by other people's code with the records that `deploy/secrets` tells.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use muster_clock::Clock;
use muster_notification::context::Context;
use muster_notification::smtp::DkimKeys;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::fixture::{Fixture, RESEND_AFTER, step, words};
use crate::sending::message;
use crate::smtp_server::Fault;

const FIRST: [&str; 2] = ["muster1-rsa", "muster1-ed25519"];
const SECOND: [&str; 2] = ["muster2-rsa", "muster2-ed25519"];
/// When the keys of these tests begin to sign, and when the next ones do.
const BEGIN: OffsetDateTime = datetime!(2026-03-01 00:00 UTC);
const NEXT: OffsetDateTime = datetime!(2026-03-01 12:05 UTC);

/// The folder of an installation. Ends with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Self(std::env::temp_dir().join(format!("muster-dkim-{}", Clock::system().new_uuid())));
        assert!(folder.step(&[]));
        folder
    }

    /// Whether this step of `deploy/secrets` was done.
    fn step(&self, step: &[&str]) -> bool {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let mut made = Command::new(script);
        let done = made.arg(&self.0).args(step).output().unwrap();
        done.status.success()
    }

    fn file(&self) -> PathBuf {
        self.0.join("notification/dkim-keys.toml")
    }

    fn keys(&self) -> DkimKeys {
        DkimKeys::from_file(self.file().to_str().unwrap()).unwrap()
    }

    /// Uses the next keys, from this time: the script says one that is an hour ahead.
    fn used_from(&self, from: &str) -> DkimKeys {
        let times = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with("from = "));
            lines.map(str::to_owned).collect()
        };
        let before = times(&std::fs::read_to_string(self.file()).unwrap());
        assert!(self.step(&["use", "dkim"]));
        let mut text = std::fs::read_to_string(self.file()).unwrap();
        let said = times(&text).into_iter().find(|time| !before.contains(time));
        text = text.replace(&said.unwrap(), &format!("from = \"{from}\""));
        std::fs::write(self.file(), text).unwrap();
        self.keys()
    }

    /// With the first keys in use since [`BEGIN`].
    fn signing() -> (Self, DkimKeys) {
        let folder = Self::new();
        assert!(folder.step(&["next", "dkim", "muster.example"]));
        let keys = folder.used_from("2026-03-01T00:00:00Z");
        (folder, keys)
    }

    /// What is in DNS.
    fn records(&self) -> String {
        std::fs::read_to_string(self.0.join("dkim-records.txt")).unwrap()
    }

    /// The selectors of the signatures of a message, all of which are good by these records.
    fn verified(&self, records: &str, message: &[u8]) -> Result<Vec<String>, String> {
        let zone = self.0.join("zone");
        std::fs::write(&zone, records).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/dkim/verify.py");
        // The one that Debian's packages are for.
        let mut process = Command::new("/usr/bin/python3")
            .arg(script)
            .arg(zone)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What ended before it read says why.
        let _ = process.stdin.take().unwrap().write_all(message);
        let done = process.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!said.contains("ModuleNotFoundError"), "{MISSING}");
        if !done.status.success() {
            return Err(said);
        }
        let selectors = String::from_utf8(done.stdout).unwrap();
        Ok(selectors.lines().map(str::to_owned).collect())
    }
}

const MISSING: &str = "signatures cannot be verified: it takes `apt-get install python3-dkim`";

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A short message from somebody, signed as it is at this time.
fn signed(keys: &DkimKeys, date: OffsetDateTime) -> Vec<u8> {
    let short = [b"From: no-reply@muster.example\r\n".as_slice(), &message().bytes].concat();
    keys.signed(&short, date).unwrap()
}

#[test]
fn the_steps_of_deploy_secrets_leave_no_signature_without_its_record() {
    let folder = Folder::new();
    let later = NEXT + Duration::from_secs(86_400);
    assert!(!folder.step(&["use", "dkim"]) && !folder.step(&["retire", "dkim"]));
    // For which domain?
    assert!(!folder.step(&["next", "dkim"]));
    assert!(folder.step(&["next", "dkim", "muster.example"]) && !folder.step(&["next", "dkim"]));
    let records = folder.records();
    let unused = folder.verified(&records, &signed(&folder.keys(), later));
    assert_eq!(unused, Ok(Vec::new()));
    let first = folder.used_from("2026-03-01T00:00:00Z");
    assert_eq!(folder.records(), records);
    assert_eq!(folder.verified(&records, &signed(&first, BEGIN)).unwrap(), FIRST);
    assert!(folder.step(&["next", "dkim"]) && !folder.step(&["retire", "dkim"]));
    let both = folder.records();
    assert!(both.starts_with(&records) && both.lines().count() == 4, "{both}");
    // Published, and not used.
    let published = signed(&folder.keys(), later);
    for records in [&records, &both] {
        assert_eq!(folder.verified(records, &published).unwrap(), FIRST);
    }
    let second = folder.used_from("2026-03-01T12:05:00Z");
    let before = NEXT - Duration::from_secs(1);
    for (keys, date, selectors) in [
        (&first, before, FIRST),
        (&second, before, FIRST),
        // A replica that was not restarted in time.
        (&first, NEXT, FIRST),
        (&second, NEXT, SECOND),
    ] {
        assert_eq!(folder.verified(&both, &signed(keys, date)).unwrap(), selectors);
    }
    // What was mailed before is the same as it was.
    assert_eq!(signed(&first, before), signed(&second, before));
    assert!(folder.verified(&records, &signed(&second, NEXT)).is_err());
    assert!(folder.step(&["retire", "dkim"]));
    let last = folder.records();
    assert!(!last.contains("muster1-") && last.lines().count() == 2, "{last}");
    let alone = signed(&folder.keys(), later);
    assert_eq!(folder.verified(&last, &alone).unwrap(), SECOND);
    assert!(folder.verified(&last, &signed(&first, later)).is_err());
}

#[test]
fn a_message_that_was_changed_has_no_good_signature() {
    let (folder, keys) = Folder::signing();
    let signed = String::from_utf8(signed(&keys, NEXT)).unwrap();
    let verified = |text: String| folder.verified(&folder.records(), text.as_bytes());
    assert_eq!(verified(signed.clone()).unwrap(), FIRST);
    // As servers on the way may write it.
    let rewritten = signed
        .replace("Subject: hello", "Subject:\r\n\thello ")
        .replace("\r\n\r\nhello\r\n", "\r\n\r\nhello  \r\n\r\n");
    assert_eq!(verified(rewritten).unwrap(), FIRST);
    for (text, changed) in [
        ("Subject: hello", "Subject: hallo"),
        ("\r\n\r\nhello", "\r\n\r\nhallo"),
        ("From: no-reply@", "From: somebody@"),
        ("Subject: hello", "Subject: hello\r\nSubject: hallo"),
        (
            "Subject: hello",
            "Subject: hello\r\nReply-To: somebody@elsewhere.example",
        ),
    ] {
        let changed = signed.replace(text, changed);
        assert_ne!(changed, signed);
        assert!(verified(changed.clone()).is_err(), "{changed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_has_the_signatures_of_the_first_though_keys_were_exchanged() {
    let (folder, first) = Folder::signing();
    let fixture = Fixture::new().await;
    let worker = |keys: DkimKeys| {
        fixture.worker_of(Context {
            dkim: Some(keys),
            ..fixture.context()
        })
    };
    fixture.ask().await;
    fixture.smtp.script([Fault::CutAfterDot]);
    assert_eq!(words(&step(&worker(first)).await), ["ambiguous"]);
    assert!(folder.step(&["next", "dkim"]));
    let second = folder.used_from("2026-03-01T12:05:00Z");
    fixture.clock.advance(RESEND_AFTER);
    assert!(fixture.clock.now() > NEXT);
    assert_eq!(words(&step(&worker(second.clone())).await), ["taken"]);
    fixture.ask().await;
    assert_eq!(words(&step(&worker(second)).await), ["taken"]);
    let [before, copy, after] = fixture.smtp.taken().try_into().unwrap();
    assert_eq!(before.text(), copy.text());
    for (mail, selectors) in [(copy, FIRST), (after, SECOND)] {
        let verified = folder.verified(&folder.records(), &mail.bytes);
        assert_eq!(verified.unwrap(), selectors);
    }
}

/// With the keys taken away it is still the same message: only a changed one says that it replaces another.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_without_the_signatures_of_the_first_is_the_same_message() {
    let (_folder, keys) = Folder::signing();
    let fixture = Fixture::new().await;
    let context = Context {
        dkim: Some(keys),
        ..fixture.context()
    };
    fixture.ask().await;
    fixture.smtp.script([Fault::CutAfterDot]);
    assert_eq!(words(&step(&fixture.worker_of(context)).await), ["ambiguous"]);
    fixture.clock.advance(RESEND_AFTER);
    assert_eq!(words(&fixture.step().await), ["taken"]);
    let [first, second] = fixture.smtp.taken().try_into().unwrap();
    assert!(first.text().ends_with(&second.text()) && first != second);
    assert!(first.text().starts_with("DKIM-Signature: v=1;"));
}
