//! Messages as files, one each, and what is shown of them in lists.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use muster_clock::Clock;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::mime::Message;
use super::mood::Mood;

/// The recipients that were postponed, one a line.
const POSTPONED: &str = "postponed";

/// One line of the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    /// Counts up from 1.
    pub(super) id: u64,
    /// The sender of the envelope.
    pub(super) from: String,
    /// The recipients of the envelope.
    pub(super) to: Vec<String>,
    pub(super) subject: String,
    /// When the last byte had come, RFC 3339.
    pub(super) received: String,
}

/// The folder of messages, and its index in memory.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    index: Mutex<Vec<Summary>>,
    /// To whom messages were to come again later.
    postponed: Mutex<BTreeSet<String>>,
    clock: Clock,
}

impl Store {
    /// Opens the folder and reads what is in it.
    pub(super) fn open(folder: &Path, clock: Clock) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut index = Vec::new();
        for file in fs::read_dir(folder)?.flatten() {
            let name = file.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".eml"));
            if let Some(id) = id.and_then(|id| id.parse().ok()) {
                index.push(summary(id, &Message::parse(&fs::read(file.path())?)));
            }
        }
        index.sort_by_key(|summary| summary.id);
        let postponed = fs::read_to_string(folder.join(POSTPONED)).unwrap_or_default();
        Ok(Self {
            folder: folder.to_path_buf(),
            index: Mutex::new(index),
            postponed: Mutex::new(postponed.lines().map(str::to_owned).collect()),
            clock,
        })
    }

    /// Keeps a message. The envelope goes before it, in the headers that RFC 5321 (section 4.4) has for that.
    pub(super) fn keep(&self, from: &str, to: &[String], content: &[u8]) -> anyhow::Result<u64> {
        let received = self.clock.now().format(&Rfc3339)?;
        let delivered = to.iter().map(|to| format!("Delivered-To: {to}\r\n"));
        let delivered = delivered.collect::<String>();
        let envelope = format!("Return-Path: <{from}>\r\n{delivered}X-Received: {received}\r\n");
        let whole = [envelope.as_bytes(), content].concat();
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let id = index.last().map_or(1, |last| last.id + 1);
        // Whole or not at all, also when we are killed meanwhile.
        let unfinished = self.folder.join("unfinished");
        fs::write(&unfinished, &whole)?;
        fs::rename(&unfinished, self.file(id))?;
        index.push(summary(id, &Message::parse(&whole)));
        Ok(id)
    }

    /// The newest messages first, `limit` at most; only those to an address, unless it is empty.
    pub(super) fn list(&self, to: &str, limit: usize) -> Vec<Summary> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let to = to.trim();
        let wanted = |summary: &&Summary| {
            let mut recipients = summary.to.iter();
            to.is_empty() || recipients.any(|recipient| recipient.eq_ignore_ascii_case(to))
        };
        index.iter().rev().filter(wanted).take(limit).cloned().collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How whoever sends is treated at this moment.
    pub(super) fn mood(&self) -> Mood {
        Mood::of(&self.folder)
    }

    /// Whether a message to them is to come again later, in this mood. Nobody hears that twice, also when this process is killed
    /// meanwhile: whoever does waits five minutes the next time, then fifteen, then hours.
    pub(super) fn postpones(&self, mood: Mood, recipients: &[String]) -> bool {
        if self.mood() != mood {
            return false;
        }
        let mut postponed = self.postponed.lock().unwrap_or_else(PoisonError::into_inner);
        let first = recipients
            .iter()
            .filter(|to| postponed.insert((*to).clone()))
            .map(|to| format!("{to}\n"))
            .collect::<String>();
        if first.is_empty() {
            return false;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join(POSTPONED));
        file.and_then(|mut file| file.write_all(first.as_bytes())).is_ok()
    }

    /// One message as it came.
    pub(super) fn read(&self, id: u64) -> Option<Vec<u8>> {
        fs::read(self.file(id)).ok()
    }

    fn file(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:08}.eml"))
    }
}

/// What the list shows of a message.
pub(super) fn summary(id: u64, message: &Message) -> Summary {
    Summary {
        id,
        from: message.header("Return-Path").trim_matches(['<', '>']).to_owned(),
        to: message.headers("Delivered-To").map(str::to_owned).collect(),
        subject: message.subject.clone(),
        received: message.header("X-Received").to_owned(),
    }
}
