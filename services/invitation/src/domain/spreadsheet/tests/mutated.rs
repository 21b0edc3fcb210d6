//! The files of `tests/spreadsheets`, harmed in every way that comes to mind: each is read or refused within 64 MiB, and nothing else happens.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use muster_testkit::corpus;
use muster_testkit::effort::MUTATIONS;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::counted;
use crate::memory::{alone, measured};

/// As many rows as a plan of the usual size allows.
const ROWS: usize = 500;
/// The most memory that reading one takes.
const MOST: usize = 64 * 1024 * 1024;
/// What readers of text and markup stumble over.
const STUMBLING: [&[u8]; 16] = [
    b"\"",
    b"\"\"",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b",",
    b";",
    b"\t",
    b"<",
    b"]]>",
    b"&#x110000;",
    b"r=\"XFD1048576\"",
    b"4294967295",
];

#[test]
fn a_file_that_was_harmed_is_read_or_refused() {
    alone("domain::spreadsheet::tests::mutated::harmed_alone", &[]);
}

#[test]
#[ignore = "run by the test above"]
fn harmed_alone() {
    let files = files();
    let (mut taken, mut refused, mut dearest) = (0, 0, 0);
    for (place, (name, bytes)) in files.iter().enumerate() {
        for round in 0..MUTATIONS.or::<usize>(12) {
            let seed = (place * 1_000_000 + round) as u64;
            let mut random = StdRng::seed_from_u64(seed);
            let (_, other) = &files[random.random_range(0..files.len())];
            let harmed = match repacked(bytes, other, &mut random) {
                Some(harmed) if random.random_bool(0.7) => harmed,
                _ => harmed(bytes, other, &mut random),
            };
            // Whoever reads the output of a crash finds the file again by its seed.
            println!("{name}, seed {seed}");
            let (read, used) = measured(|| counted(&harmed, ROWS));
            assert!(used < MOST, "{used} bytes");
            dearest = dearest.max(used);
            match read {
                Ok((handed_out, count)) => {
                    taken += 1;
                    assert_eq!(handed_out, count.min(ROWS));
                }
                Err(problem) => {
                    refused += 1;
                    assert!(!problem.to_string().is_empty());
                }
            }
        }
    }
    println!("{taken} read, {refused} refused, {} KiB at most", dearest / 1024);
    // Otherwise they are harmed so much that nobody looks inside, or so little that nothing is tried.
    assert!(taken > refused / 10 && refused > taken / 10, "{taken}, {refused}");
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spreadsheets");
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    corpus(&folder).into_iter().map(named).collect()
}

/// With up to eight harms.
fn harmed(bytes: &[u8], other: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..=8) {
        let place = random.random_range(0..=bytes.len());
        let end = (place + random.random_range(0..64)).min(bytes.len());
        match random.random_range(0..7) {
            0 if place < bytes.len() => bytes[place] ^= 1 << random.random_range(0..8),
            1 => drop(bytes.drain(place..end)),
            2 => {
                let again = bytes[place..end].repeat(random.random_range(1..200));
                bytes.splice(place..place, again);
            }
            3 => {
                let text = STUMBLING[random.random_range(0..STUMBLING.len())];
                bytes.splice(place..place, text.iter().copied());
            }
            4 if !other.is_empty() => {
                let from = random.random_range(0..other.len());
                let piece = &other[from..(from + 200).min(other.len())];
                bytes.splice(place..end, piece.iter().copied());
            }
            5 => bytes.truncate(place.max(bytes.len() / 2)),
            _ => bytes[place..end].reverse(),
        }
    }
    bytes
}

/// A workbook, one part of which was harmed before it was packed again; `None`: it is none.
fn repacked(bytes: &[u8], other: &[u8], random: &mut StdRng) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let count = archive.len();
    let victim = (count > 0).then(|| random.random_range(0..count))?;
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..count {
        let name = archive.name_for_index(place)?.ok()?.into_owned();
        let mut part = archive.by_index(place).ok()?;
        let mut text = Vec::new();
        // Of a part that unpacks to more, the beginning does.
        (&mut part).take(1 << 20).read_to_end(&mut text).ok()?;
        packed.start_file(name, SimpleFileOptions::default()).ok()?;
        let text = if place == victim {
            harmed(&text, other, random)
        } else {
            text
        };
        packed.write_all(&text).ok()?;
    }
    Some(packed.finish().ok()?.into_inner())
}
