//! The parts of a workbook, each unpacked as it is read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead, Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::super::SheetProblem;

/// The most bytes of all parts that are read, unpacked.
pub(super) const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// The most bytes of one piece of markup or text: a cell has 32,767 characters, of which each takes seven bytes at most.
pub(super) const MAX_PIECE: usize = 512 * 1024;
/// The most parts that are listed.
const MAX_PARTS: usize = 10_000;
/// The most bytes of their names, with what else the list says of each in words: they are kept several times.
const MAX_WORDS: usize = 2 * 1024 * 1024;
/// What begins an entry of the list of parts.
const LISTED: &[u8] = b"PK\x01\x02";
/// How much is unpacked at a time.
const STEP: usize = 32 * 1024;
/// How a part is marked that only who has the password can read.
const ENCRYPTED: &str = "assword";

/// A file of parts.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Where a part is, by its name in lower case.
    places: HashMap<String, usize>,
    /// How many bytes may still be unpacked.
    left: u64,
}

/// One part, as it unpacks.
pub(super) struct Part<'p, 'a> {
    file: ZipFile<'p, Cursor<&'a [u8]>>,
    step: Box<[u8]>,
    begin: usize,
    end: usize,
    /// How many bytes the present piece may still have.
    piece: usize,
    /// How many bytes of all parts may still be unpacked.
    left: &'p mut u64,
}

impl<'a> Package<'a> {
    /// Reads the list of the parts. It is as long as it is, not as long as it says: nothing is made room for before its
    /// entries were counted.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, SheetProblem> {
        let mut words = 0;
        for (count, entry) in memchr::memmem::find_iter(bytes, LISTED).enumerate() {
            words += words_of(bytes, entry);
            if count == MAX_PARTS || words > MAX_WORDS {
                return Err(SheetProblem::Damaged);
            }
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetProblem::Damaged)?;
        let mut places = HashMap::new();
        for place in 0..archive.len() {
            if let Some(Ok(name)) = archive.name_for_index(place) {
                places.insert(plain(&name), place);
            }
        }
        Ok(Self {
            archive,
            places,
            left: MAX_UNPACKED,
        })
    }

    /// For who reads once more what was read: as many bytes may be unpacked as in the beginning.
    pub(super) fn begin_again(&mut self) {
        self.left = MAX_UNPACKED;
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&plain(name))
    }

    /// The part of this name; `None` if there is none.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_, 'a>>, SheetProblem> {
        let Some(&place) = self.places.get(&plain(name)) else {
            return Ok(None);
        };
        let file = self.archive.by_index(place).map_err(|error| {
            if error.to_string().contains(ENCRYPTED) {
                SheetProblem::Encrypted
            } else {
                SheetProblem::Damaged
            }
        })?;
        Ok(Some(Part {
            file,
            step: vec![0; STEP].into_boxed_slice(),
            begin: 0,
            end: 0,
            piece: MAX_PIECE,
            left: &mut self.left,
        }))
    }
}

impl Part<'_, '_> {
    /// The next piece begins.
    pub(super) fn begin_piece(&mut self) {
        self.piece = MAX_PIECE;
    }

    /// Why reading was broken off here.
    pub(super) fn problem(&self) -> SheetProblem {
        if *self.left == 0 {
            SheetProblem::UnpacksTooLarge
        } else if self.piece == 0 {
            SheetProblem::Oversized
        } else {
            SheetProblem::Damaged
        }
    }
}

impl Read for Part<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Part<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.begin == self.end {
            let count = self.file.read(&mut self.step)?;
            *self.left = self.left.saturating_sub(count as u64);
            if *self.left == 0 {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            (self.begin, self.end) = (0, count);
        }
        let end = self.end.min(self.begin + self.piece);
        Ok(&self.step[self.begin..end])
    }

    fn consume(&mut self, count: usize) {
        self.begin += count;
        self.piece = self.piece.saturating_sub(count);
    }
}

/// How long the name of the listed part is whose entry begins here, with its other fields and its comment.
fn words_of(bytes: &[u8], entry: usize) -> usize {
    let length = |at: usize| {
        let two = bytes
            .get(entry + at..)
            .and_then(<[u8]>::first_chunk)
            .copied()
            .unwrap_or_default();
        usize::from(u16::from_le_bytes(two))
    };
    length(28) + length(30) + length(32)
}

/// A name as it is compared: some programs write `\` for `/`, or other letters than the list says.
fn plain(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// Where a relation leads that a part tells.
pub(super) fn resolved(part: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = if target.starts_with('/') {
        Cow::Borrowed(target.as_str())
    } else {
        Cow::Owned(format!("{folder}/{target}"))
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Where the relations of a part stand.
pub(super) fn relations_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}
