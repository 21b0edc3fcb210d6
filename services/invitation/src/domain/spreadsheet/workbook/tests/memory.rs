//! What reading costs at most, whatever a workbook holds. Each file is read by a process of its own: other tests take memory too, and what
//! was given back may be taken again unseen.

use std::hint::black_box;

use super::*;
use crate::domain::spreadsheet::tests::counted;
use crate::memory::{alone, measured};

const MIB: usize = 1024 * 1024;
/// The most that reading takes beside the file.
const MOST: usize = 64 * MIB;
/// Where the process finds its file, and how many rows it is handed at most.
const FILE: &str = "MUSTER_TEST_WORKBOOK";
const KEPT: &str = "MUSTER_TEST_WORKBOOK_ROWS";
/// As many rows as a plan of the usual size allows, and a large one.
const USUAL: usize = 500;
const LARGE: usize = 100_000;
/// Nearly as many letters as a piece of markup may have.
const LONG: usize = 500_000;

const END: &str = "</sheetData></worksheet>";

/// A file that means harm.
struct Hostile {
    what: &'static str,
    bytes: Vec<u8>,
    rows: usize,
    /// What becomes of it.
    expected: &'static str,
}

fn usual(what: &'static str, bytes: Vec<u8>, expected: &'static str) -> Hostile {
    let rows = USUAL;
    Hostile {
        what,
        bytes,
        rows,
        expected,
    }
}

fn sheet(before: &str, times: usize, piece: impl Fn(usize) -> String, after: &str) -> Vec<u8> {
    let before = format!(r#"<worksheet xmlns:r="{OFFICE}"><sheetData>{HEADER}{before}"#);
    Parts::of("").streamed(SHEET, &before, times, piece, after)
}

/// Texts that cells share, nearly as many and as long as there may be, behind those of the header.
fn shared() -> String {
    let long = format!("<si><t>{}</t></si>", "a".repeat(100_000));
    let header = "<si><t>email</t></si><si><t>groups</t></si>";
    format!(
        "<sst>{header}{}{}</sst>",
        long.repeat(300),
        "<si/>".repeat(3_900_000)
    )
}

/// Of one person.
fn person() -> String {
    row(&["a@b.org", "Nurses"])
}

fn long_cells() -> Vec<Hostile> {
    let spaces = " ".repeat(MIB);
    let begin = r#"<row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve">"#;
    let end = format!("</t></is></c>{}</row>{END}", text("Nurses"));
    vec![
        usual(
            "a cell of more than there is room for",
            sheet(begin, 160, |_| spaces.clone(), &end),
            "Oversized",
        ),
        usual(
            "an attribute of more than there is room for",
            sheet("<row note=\"", 160, |_| spaces.clone(), &format!("\"/>{END}")),
            "Oversized",
        ),
        usual(
            "the same cell again and again, in error",
            sheet(
                &format!("<row>{}", text("a@b.org")),
                600_000,
                |_| r#"<c r="B2" t="e"><v>#N/A</v></c>"#.to_owned(),
                &format!("</row>{END}"),
            ),
            "1 of 1 rows",
        ),
    ]
}

fn many_rows() -> Vec<Hostile> {
    let empty = |number: usize| format!(r#"<row r="{}" ht="12.8" customHeight="1"/>"#, number + 3);
    let letters = "\u{1f600}".repeat(5_000);
    let again = r#"<row><c t="s"><v>2</v></c><c t="s"><v>2</v></c></row>"#;
    let amplified = Parts::of(&format!("{HEADER}{}", again.repeat(2_000))).with(
        "xl/sharedStrings.xml",
        &format!("<sst><si><t>email</t></si><si><t>groups</t></si><si><t>{letters}</t></si></sst>"),
    );
    vec![
        usual(
            "a million rows without cells",
            sheet(&person(), 1_048_574, empty, END),
            "1 of 1 rows",
        ),
        Hostile {
            what: "one text in all cells of many rows",
            bytes: amplified.pack(),
            rows: LARGE,
            expected: "KeepsTooMuch",
        },
        usual(
            "the same where few rows are kept",
            amplified.pack(),
            "500 of 2000 rows",
        ),
    ]
}

fn texts_and_names() -> Vec<Hostile> {
    let all = Parts::of(&format!("{HEADER}{}", person())).with("xl/sharedStrings.xml", &shared());
    let open = format!("<{}>", "n".repeat(LONG));
    let nested = Parts::of(&format!("{HEADER}{}", open.repeat(60))).with("xl/sharedStrings.xml", &shared());
    vec![
        usual("as many texts as cells may share", all.pack(), "1 of 1 rows"),
        usual("elements of long names in each other", nested.pack(), "Damaged"),
        usual("parts of long names", listed(500, 60_000), "Damaged"),
    ]
}

fn long_relations() -> Vec<Hostile> {
    let people = Parts::of(&format!("{HEADER}{}", person()));
    let list = "xl/_rels/workbook.xml.rels";
    let (_, own) = people.0.iter().find(|(name, _)| name == list).unwrap();
    let own = String::from_utf8(own.clone()).unwrap();
    let own = own.strip_suffix("</Relationships>").unwrap();
    let long = "x".repeat(LONG);
    let far =
        |number: usize| format!(r#"<Relationship Id="far{number}" Type="/worksheet" Target="{long}"/>"#);
    // Read twice, they are still less than may be unpacked.
    let unread = row(&["Ada", "Nurses"]).repeat(200);
    let link = |number: usize| format!(r#"<hyperlink ref="A{}" r:id="{long}{number}"/>"#, number + 2);
    vec![
        usual(
            "relations that lead far",
            people.streamed(list, own, 300, far, "</Relationships>"),
            "1 of 1 rows",
        ),
        usual(
            "links with long ids",
            sheet(
                &format!("{unread}</sheetData><hyperlinks>"),
                200,
                link,
                "</hyperlinks></worksheet>",
            ),
            "200 of 200 rows",
        ),
    ]
}

/// A list of parts of long names, none of which is there.
fn listed(count: u16, length: u16) -> Vec<u8> {
    let mut file = b"PK\x03\x04".to_vec();
    file.resize(30, 0);
    let begin = file.len();
    for number in 0..count {
        let mut entry = b"PK\x01\x02".to_vec();
        entry.resize(46, 0);
        entry[28..30].copy_from_slice(&length.to_le_bytes());
        file.extend(entry);
        // Letters of an old code page: each is several bytes of UTF-8.
        let mut name = format!("{number}").into_bytes();
        name.resize(usize::from(length), 0xe1);
        file.extend(name);
    }
    let size = u32::try_from(file.len() - begin).unwrap();
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    file.extend(size.to_le_bytes());
    file.extend(u32::try_from(begin).unwrap().to_le_bytes());
    file.extend([0, 0]);
    file
}

#[test]
fn no_workbook_costs_more_than_64_mib_beside_its_file() {
    let shapes = [long_cells, many_rows, texts_and_names, long_relations];
    for (place, hostile) in shapes.into_iter().flat_map(|shapes| shapes()).enumerate() {
        let Hostile {
            what, bytes, rows, ..
        } = hostile;
        let name = format!("muster-workbook-{}-{place}.xlsx", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        let settings = [
            (FILE, path.to_string_lossy().into_owned()),
            (KEPT, rows.to_string()),
        ];
        let said = alone(
            "domain::spreadsheet::workbook::tests::memory::one_alone",
            &settings,
        );
        std::fs::remove_file(&path).unwrap();
        let outcome = said.lines().find_map(|line| line.strip_prefix("outcome: "));
        let outcome = outcome.unwrap_or(&said);
        println!("{what}: {outcome}");
        assert!(outcome.starts_with(hostile.expected), "{what}: {outcome}");
    }
}

#[test]
#[ignore = "run by the test above"]
fn one_alone() {
    let Ok(path) = std::env::var(FILE) else { return };
    let rows: usize = std::env::var(KEPT).unwrap().parse().unwrap();
    let file = std::fs::read(path).unwrap();
    let (read, used) = measured(|| counted(&file, rows));
    let outcome = match &read {
        Ok((handed_out, count)) => format!("{handed_out} of {count} rows"),
        Err(SheetProblem::OfSheet { problem, .. }) => format!("{problem:?}"),
        Err(problem) => format!("{problem:?}"),
    };
    println!("\noutcome: {outcome}, {} KiB", used / 1024);
    assert!(used < MOST, "{outcome}: {used} bytes");
    // Whoever takes more is seen.
    let (_, seen) = measured(|| black_box(vec![1_u8; MOST]));
    assert!(seen > MOST / 10 * 9, "{seen} bytes");
}
