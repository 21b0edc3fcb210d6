//! A ZIP archive that is written from its beginning to its end (APPNOTE 6.3.10): how long a part is, and its checksum, stand
//! behind it, and once more in the directory at the end.

use std::io::Write as _;
use std::mem::take;

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Deflated, with its length behind it, its name in UTF-8.
const METHOD: u16 = 8;
const FLAGS: u16 = 0x0808;
/// What reads it must know: deflate.
const VERSION: u16 = 20;
/// The first day of the format's calendar: the same parts are the same archive.
const DAY: u16 = 0x21;

pub(crate) struct Archive {
    /// What is written and was not taken.
    written: Vec<u8>,
    /// How much was taken.
    taken: usize,
    part: Option<Part>,
    parts: Vec<Finished>,
}

/// The part that is being written.
struct Part {
    name: String,
    offset: usize,
    /// Where its bytes begin.
    begin: usize,
    encoder: DeflateEncoder<Vec<u8>>,
    checksum: Hasher,
    length: usize,
}

struct Finished {
    name: String,
    offset: u32,
    checksum: u32,
    /// As it is in the archive, and as it was.
    compressed: u32,
    length: u32,
}

/// An archive of this kind holds no part of 4 GiB, and has no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Archive {
    pub(crate) fn new() -> Self {
        Self {
            written: Vec::new(),
            taken: 0,
            part: None,
            parts: Vec::new(),
        }
    }

    /// Completes the part before, and begins this one.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), TooLarge> {
        self.end_part()?;
        let offset = self.length();
        self.written.extend(0x0403_4b50_u32.to_le_bytes());
        for field in [VERSION, FLAGS, METHOD, 0, DAY] {
            self.written.extend(field.to_le_bytes());
        }
        // Checksum and lengths: behind the part.
        self.written.extend([0; 12]);
        self.name(name);
        self.written.extend(name.as_bytes());
        self.part = Some(Part {
            name: name.to_owned(),
            offset,
            begin: self.length(),
            encoder: DeflateEncoder::new(Vec::new(), Compression::fast()),
            checksum: Hasher::new(),
            length: 0,
        });
        Ok(())
    }

    /// Goes on with the part.
    pub(crate) fn write(&mut self, text: &str) {
        if let Some(part) = &mut self.part {
            part.checksum.update(text.as_bytes());
            part.length += text.len();
            // Writing to memory succeeds.
            let _ = part.encoder.write_all(text.as_bytes());
            self.written.append(part.encoder.get_mut());
        }
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.taken += self.written.len();
        take(&mut self.written)
    }

    /// Completes it.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        self.end_part()?;
        let begin = self.length();
        for part in take(&mut self.parts) {
            self.written.extend(0x0201_4b50_u32.to_le_bytes());
            for field in [VERSION, VERSION, FLAGS, METHOD, 0, DAY] {
                self.written.extend(field.to_le_bytes());
            }
            self.numbers(&part);
            self.name(&part.name);
            // No comment, the first disk, no attributes.
            self.written.extend([0; 10]);
            self.written.extend(part.offset.to_le_bytes());
            self.written.extend(part.name.as_bytes());
            self.parts.push(part);
        }
        let length = self.length() - begin;
        self.written.extend(0x0605_4b50_u32.to_le_bytes());
        self.written.extend([0; 4]);
        let count = u16::try_from(self.parts.len()).map_err(|_| TooLarge)?;
        self.written.extend(count.to_le_bytes());
        self.written.extend(count.to_le_bytes());
        self.written.extend(small(length)?.to_le_bytes());
        self.written.extend(small(begin)?.to_le_bytes());
        self.written.extend([0; 2]);
        Ok(self.written)
    }

    fn end_part(&mut self) -> Result<(), TooLarge> {
        let Some(part) = self.part.take() else {
            return Ok(());
        };
        let rest = part.encoder.finish().unwrap_or_default();
        self.written.extend(rest);
        let finished = Finished {
            name: part.name,
            offset: small(part.offset)?,
            checksum: part.checksum.finalize(),
            compressed: small(self.length() - part.begin)?,
            length: small(part.length)?,
        };
        self.written.extend(0x0807_4b50_u32.to_le_bytes());
        self.numbers(&finished);
        self.parts.push(finished);
        Ok(())
    }

    fn numbers(&mut self, part: &Finished) {
        for number in [part.checksum, part.compressed, part.length] {
            self.written.extend(number.to_le_bytes());
        }
    }

    /// How long the name is, and that nothing stands beside it.
    fn name(&mut self, name: &str) {
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        self.written.extend(length.to_le_bytes());
        self.written.extend([0; 2]);
    }

    fn length(&self) -> usize {
        self.taken + self.written.len()
    }
}

fn small(length: usize) -> Result<u32, TooLarge> {
    u32::try_from(length).map_err(|_| TooLarge)
}
