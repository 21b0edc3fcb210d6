//! Files of every format, written and read again.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::io::Read as _;

use muster_tables::{Cell, Column, Format, Head, TableWriter};
use time::macros::{date, datetime};

fn head() -> Head {
    Head {
        title: "Staff report".to_owned(),
        notes: vec!["As of 2026-03-01T12:00:00Z, for Ada".to_owned()],
        columns: vec![
            Column::new("name", "Name", 3.0),
            Column::new("completed", "Completed", 1.0),
            Column::new("shared", "Record shared", 1.0),
            Column::new("since", "Since", 1.0),
            Column::new("last", "Last", 2.0),
        ],
    }
}

fn row(name: &str) -> [Cell; 5] {
    [
        Cell::text(name),
        Cell::Count(-3),
        Cell::Is(true),
        Cell::Day(date!(2026 - 03 - 01)),
        Cell::maybe(Some(datetime!(2026-03-01 13:00:00.5 +01:00)), Cell::Time),
    ]
}

fn file(format: Format, names: &[&str]) -> Vec<u8> {
    let mut file = TableWriter::new(format, head()).unwrap();
    let mut bytes = Vec::new();
    for name in names {
        file.row(&row(name)).unwrap();
        bytes.extend(file.take());
    }
    bytes.extend(file.finish().unwrap());
    bytes
}

#[test]
fn values_are_separated_and_no_text_is_a_formula() {
    let csv = String::from_utf8(file(Format::Csv, &["=cmd|' /C calc'!A0", "a,\"b\"\nc", "李"])).unwrap();
    assert_eq!(
        csv,
        "\u{feff}Name,Completed,Record shared,Since,Last\r\n\
         '=cmd|' /C calc'!A0,-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n\
         \"a,\"\"b\"\"\nc\",-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n\
         李,-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n"
    );
}

#[test]
fn objects_hold_what_is_said_by_its_key() {
    assert_eq!(file(Format::Json, &[]), b"[\n]\n");
    let mut json = TableWriter::new(Format::Json, head()).unwrap();
    let mut cells = row("\"\\\u{1}");
    cells[3] = Cell::Empty;
    json.row(&cells).unwrap();
    json.row(&row("Ada")).unwrap();
    let text = String::from_utf8(json.finish().unwrap()).unwrap();
    let first = r#"{"name":"\"\\\u0001","completed":-3,"shared":true,"last":"2026-03-01T12:00:00Z"},"#;
    assert_eq!(text.lines().nth(1), Some(first));
    assert_eq!(text.lines().count(), 4, "{text}");
}

/// The parts of an archive, as its directory has them; each is as long as that says, and has that checksum.
fn parts(archive: &[u8]) -> Vec<(String, String)> {
    let number = |at: usize, bytes: usize| {
        let bytes = archive[at..at + bytes].iter().rev();
        bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let end = archive.len() - 22;
    assert_eq!(number(end, 4), 0x0605_4b50);
    let (count, length, mut at) = (number(end + 10, 2), number(end + 12, 4), number(end + 16, 4));
    assert_eq!(at + length, end);
    let mut parts = Vec::new();
    for _ in 0..count {
        assert_eq!(number(at, 4), 0x0201_4b50);
        let (checksum, compressed, length) = (number(at + 16, 4), number(at + 20, 4), number(at + 24, 4));
        let (name_length, offset) = (number(at + 28, 2), number(at + 42, 4));
        let name = &archive[at + 46..at + 46 + name_length];
        assert_eq!(number(offset, 4), 0x0403_4b50);
        assert_eq!(&archive[offset + 30..offset + 30 + name_length], name);
        let begin = offset + 30 + name_length;
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(&archive[begin..begin + compressed])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(
            (text.len(), crc32fast::hash(text.as_bytes()) as usize),
            (length, checksum)
        );
        let behind = begin + compressed;
        assert_eq!(archive[behind + 4..behind + 16], archive[at + 16..at + 28]);
        parts.push((String::from_utf8(name.to_vec()).unwrap(), text));
        at += 46 + name_length;
    }
    assert_eq!(at, end);
    parts
}

#[test]
fn a_workbook_is_an_archive_whose_texts_are_texts() {
    let parts = parts(&file(Format::Xlsx, &["=1+1", "<Ada> & co", "\u{7}bell"]));
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "[Content_Types].xml",
            "_rels/.rels",
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
            "xl/styles.xml",
            "xl/worksheets/sheet1.xml"
        ]
    );
    let (_, sheet) = parts.last().unwrap();
    assert!(!sheet.contains("<f>") && sheet.ends_with("</sheetData></worksheet>"));
    assert_eq!(sheet.matches("<row ").count(), 4);
    let text = |shown: &str| format!(r#"<c t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>"#);
    for shown in ["=1+1", "&lt;Ada&gt; &amp; co", "\u{fffd}bell", "2026-03-01"] {
        assert!(sheet.contains(&text(shown)), "{shown}: {sheet}");
    }
    assert!(sheet.contains(r#"<c><v>-3</v></c><c t="b"><v>1</v></c>"#));
}

/// What stands at an offset of the table of a PDF.
fn objects(pdf: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(pdf);
    let start = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap();
    let table = &pdf[start.parse::<usize>().unwrap()..];
    let table = std::str::from_utf8(table).unwrap();
    let lines = table.lines().skip(3).take_while(|line| line.ends_with(" n "));
    lines.map(|line| line[..10].parse().unwrap()).collect()
}

#[test]
fn every_object_of_a_pdf_stands_where_its_table_says() {
    let names: Vec<String> = (0..200).map(|number| format!("Ada Lovelace {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let pdf = file(Format::Pdf, &names);
    let objects = objects(&pdf);
    assert!(objects.len() > 8 + 2 * 4, "several pages: {}", objects.len());
    for (number, offset) in (1..).zip(objects) {
        let begins = format!("{number} 0 obj");
        assert!(
            pdf[offset..].starts_with(begins.as_bytes()),
            "{number} at {offset}"
        );
    }
}

#[test]
fn a_pdf_takes_every_text() {
    let long = "x".repeat(5000);
    for name in [
        "",
        " ",
        "مريم عبد",
        "a\u{301}\u{323}",
        "李小龍",
        "\u{1f600}",
        "\u{200d}\u{202e}",
        "a\nb",
        &long,
    ] {
        let pdf = file(Format::Pdf, &[name]);
        assert!(pdf.ends_with(b"%%EOF\n"), "{name:?}");
    }
}

/// Of a hundred times the rows, what waits to be taken is no more.
#[test]
fn what_waits_does_not_grow_with_the_rows() {
    for format in [Format::Csv, Format::Xlsx, Format::Pdf, Format::Json] {
        let mut file = TableWriter::new(format, head()).unwrap();
        let mut most = 0;
        for number in 0..5_000 {
            file.row(&row(&format!("Ada Lovelace {number}"))).unwrap();
            most = most.max(file.take().len());
        }
        assert!(most < 64 * 1024, "{format:?}: {most}");
        let rest = file.finish().unwrap().len();
        assert!(rest < 128 * 1024, "{format:?}: {rest}");
    }
}
