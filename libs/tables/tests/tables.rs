//! Files of every format, written and read again.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::io::Read as _;

use muster_tables::{Cell, Column, Format, Head, Sheet, SheetLine, TableWriter};
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
        "Name,Completed,Record shared,Since,Last\r\n\
         '=cmd|' /C calc'!A0,-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n\
         \"a,\"\"b\"\"\nc\",-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n\
         李,-3,yes,2026-03-01,2026-03-01T12:00:00Z\r\n"
    );
    // For Excel the same behind the mark.
    let marked = file(Format::CsvExcel, &["=cmd|' /C calc'!A0", "a,\"b\"\nc", "李"]);
    assert_eq!(marked, [b"\xef\xbb\xbf", csv.as_bytes()].concat());
    // And where the comma stands before decimals.
    let other = file(Format::CsvExcelSemicolon, &["a;b", "c"]);
    assert_eq!(
        String::from_utf8(other).unwrap(),
        "\u{feff}Name;Completed;Record shared;Since;Last\r\n\
         \"a;b\";-3;yes;2026-03-01;2026-03-01T12:00:00Z\r\n\
         c;-3;yes;2026-03-01;2026-03-01T12:00:00Z\r\n"
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
            "_rels/.rels",
            "xl/styles.xml",
            "xl/worksheets/sheet1.xml",
            "xl/worksheets/sheet2.xml",
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
            "[Content_Types].xml",
        ]
    );
    let (_, sheet) = &parts[2];
    assert!(!sheet.contains("<f>") && sheet.ends_with("</sheetData></worksheet>"));
    assert_eq!(sheet.matches("<row ").count(), 4);
    let text = |shown: &str| format!(r#"<c t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>"#);
    for shown in ["=1+1", "&lt;Ada&gt; &amp; co", "\u{fffd}bell", "2026-03-01"] {
        assert!(sheet.contains(&text(shown)), "{shown}: {sheet}");
    }
    assert!(sheet.contains(r#"<c><v>-3</v></c><c t="b"><v>1</v></c>"#));
    // What is to be known of it has a sheet of its own.
    let (_, notes) = &parts[3];
    let note = text("As of 2026-03-01T12:00:00Z, for Ada");
    assert!(notes.contains("Staff report") && notes.contains(&note), "{notes}");
    let (_, workbook) = &parts[4];
    assert!(workbook.contains(
        r#"<sheet name="Sheet1" sheetId="1" r:id="rId1"/><sheet name="Notes" sheetId="2" r:id="rId2"/>"#
    ));
    for (_, part) in &parts[4..] {
        for place in [1, 2] {
            let says = if part.contains("<workbook ") {
                format!(r#"r:id="rId{place}""#)
            } else {
                format!("worksheets/sheet{place}.xml")
            };
            assert!(part.contains(&says), "{says}: {part}");
        }
    }
}

/// The rows of each sheet of a table of so many, with its headings; and the last row.
fn sheets(rows: i64) -> (Vec<usize>, String) {
    let head = Head {
        title: "Counts".to_owned(),
        notes: Vec::new(),
        columns: vec![Column::new("count", "Count", 1.0)],
    };
    let mut file = TableWriter::new(Format::Xlsx, head).unwrap();
    let mut bytes = Vec::new();
    for row in 1..=rows {
        file.row(&[Cell::Count(row)]).unwrap();
        bytes.extend(file.take());
    }
    bytes.extend(file.finish().unwrap());
    let parts = parts(&bytes);
    let sheets: Vec<&String> = parts
        .iter()
        .filter(|(name, _)| name.starts_with("xl/worksheets/"))
        .map(|(_, sheet)| sheet)
        .collect();
    let last = sheets.last().unwrap().rsplit("<row ").next().unwrap();
    (
        sheets
            .iter()
            .map(|sheet| sheet.matches("<row ").count())
            .collect(),
        last.to_owned(),
    )
}

/// No row is dropped where a sheet has no room for it: as many rows are there as were written.
#[test]
fn a_table_that_a_sheet_has_no_room_for_goes_on_on_the_next() {
    for (rows, expected) in [
        (0, vec![1]),
        (1, vec![2]),
        (1_048_575, vec![1_048_576]),
        (1_048_576, vec![1_048_576, 2]),
    ] {
        let (sheets, last) = sheets(rows);
        assert_eq!(sheets, expected, "{rows}");
        assert!(
            rows == 0 || last.contains(&format!("<v>{rows}</v>")),
            "{rows}: {last}"
        );
    }
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

/// The bytes of a stream, when the object that begins there is one.
fn stream(pdf: &[u8], offset: usize) -> Option<Vec<u8>> {
    let object = &pdf[offset..];
    let end = find(object, b"endobj").unwrap();
    let object = &object[..end];
    let begin = find(object, b"stream\n")? + b"stream\n".len();
    let mut bytes = Vec::new();
    let mut inflated = flate2::read::ZlibDecoder::new(&object[begin..]);
    inflated.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// What each number of a page stands for, as the file says: `<0005> <00610301>`.
fn meanings(cmap: &str) -> BTreeMap<u16, String> {
    let mut meanings = BTreeMap::new();
    for line in cmap.lines().filter(|line| line.starts_with('<')) {
        let mut hex = line.split(['<', '>']).filter(|part| !part.trim().is_empty());
        let number = u16::from_str_radix(hex.next().unwrap(), 16).unwrap();
        let units = hex.next().unwrap().as_bytes().chunks(4);
        let units = units.map(|unit| u16::from_str_radix(std::str::from_utf8(unit).unwrap(), 16).unwrap());
        let text = String::from_utf16(&units.collect::<Vec<_>>()).unwrap();
        // Of the range that a map begins with, which is no pair.
        meanings.entry(number).or_insert(text);
    }
    meanings
}

/// The numbers that are shown by each piece of text of a page, from left to right.
fn shown(page: &[u8]) -> Vec<Vec<u16>> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    while let Some(begin) = find(&page[at..], b"BT\n") {
        let begin = at + begin;
        let end = begin + find(&page[begin..], b"\nET").unwrap();
        let mut bytes = Vec::new();
        let mut rest = &page[begin..end];
        while let Some(open) = rest.iter().position(|byte| matches!(byte, b'(' | b'<')) {
            let is_hex = rest[open] == b'<';
            rest = &rest[open + 1..];
            rest = if is_hex {
                hex(rest, &mut bytes)
            } else {
                literal(rest, &mut bytes)
            };
        }
        pieces.push(
            bytes
                .chunks(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect(),
        );
        at = end;
    }
    pieces
}

/// What follows a string of hexadecimal digits.
fn hex<'a>(text: &'a [u8], bytes: &mut Vec<u8>) -> &'a [u8] {
    let end = find(text, b">").unwrap();
    for pair in text[..end].chunks(2) {
        bytes.push(u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    }
    &text[end + 1..]
}

/// What follows a string of characters (ISO 32000, 7.3.4.2).
fn literal<'a>(mut text: &'a [u8], bytes: &mut Vec<u8>) -> &'a [u8] {
    let mut depth = 1;
    loop {
        let (byte, rest) = (text[0], &text[1..]);
        text = rest;
        match byte {
            b'\\' => {
                let (escaped, length) = match text[0] {
                    b'n' => (b'\n', 1),
                    b'r' => (b'\r', 1),
                    b't' => (b'\t', 1),
                    b'b' => (8, 1),
                    b'f' => (12, 1),
                    b'0'..=b'7' => {
                        let octal = std::str::from_utf8(&text[..3]).unwrap();
                        (u8::from_str_radix(octal, 8).unwrap(), 3)
                    }
                    other => (other, 1),
                };
                bytes.push(escaped);
                text = &text[length..];
                continue;
            }
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text;
        }
        bytes.push(byte);
    }
}

/// The lines of a table of one column, as whoever searches the file or copies from it gets them; `is_rtl`: of what is read from right
/// to left.
fn read_again(names: &[&str], is_rtl: bool) -> Vec<String> {
    read_again_with(Vec::new(), names, is_rtl)
}

fn read_again_with(notes: Vec<String>, names: &[&str], is_rtl: bool) -> Vec<String> {
    let head = Head {
        title: "T".to_owned(),
        notes,
        columns: vec![Column::new("name", "Name", 1.0)],
    };
    let mut file = TableWriter::new(Format::Pdf, head).unwrap();
    for name in names {
        file.row(&[Cell::text(*name)]).unwrap();
    }
    let is_of_a_row =
        |line: &String| line != "T" && line != "Name" && line != "emaN" && line.parse::<u32>().is_err();
    let mut lines = lines_of(&file.finish().unwrap(), is_rtl);
    lines.retain(is_of_a_row);
    lines
}

fn lines_of(pdf: &[u8], is_rtl: bool) -> Vec<String> {
    let streams: Vec<Vec<u8>> = objects(pdf)
        .into_iter()
        .filter_map(|at| stream(pdf, at))
        .collect();
    let is_map = |bytes: &&Vec<u8>| find(bytes, b"beginbfchar").is_some();
    let map = String::from_utf8(streams.iter().find(is_map).unwrap().clone()).unwrap();
    let meanings = meanings(&map);
    let pages = streams
        .iter()
        .filter(|bytes| find(bytes, b"BT\n").is_some() && !is_map(bytes));
    let lines = pages.flat_map(|page| shown(page)).map(|numbers| {
        let text = |number: &u16| meanings.get(number).cloned().unwrap_or_default();
        let mut texts: Vec<String> = numbers.iter().map(text).collect();
        if is_rtl {
            texts.reverse();
        }
        texts.concat()
    });
    lines.collect()
}

/// What a name is admitted with comes back, the very letters, whatever else stands in the file.
#[test]
fn the_texts_of_a_pdf_can_be_read_again() {
    let long = "x".repeat(5000);
    let names = [
        "Ada Lovelace",
        "a\u{301}\u{323}",
        "\u{1ea1}",
        "Zo\u{308}e\u{308}",
        "q\u{307}\u{323}",
        "ΑΩ Жя",
        "(a\\b)",
        "ﬁ fi",
    ];
    assert_eq!(read_again(&names, false), names);
    let from_the_right = ["מרים", "مريم عبد", "שָׁלוֹם", "محمّد"];
    assert_eq!(read_again(&from_the_right, true), from_the_right);
    assert_eq!(read_again(&[&long], false).concat(), long);
}

/// What the font has not is told by its number, in as many lines as that takes, and nothing is left out without a word.
#[test]
fn what_the_font_has_not_is_told() {
    let told = read_again(&["李小龍", "Ada \u{1f955}"], false);
    assert_eq!(told, ["[U+674E][U+5C0F][U+9F8D]", "Ada [U+1F955]"]);
}

#[test]
fn what_is_to_be_known_of_a_table_stands_in_front_of_it() {
    let notes = vec!["Left out: 3.".to_owned(), "Made on 2026-03-01".to_owned()];
    let expected = ["Left out: 3.", "Made on 2026-03-01", "Ada"];
    assert_eq!(read_again_with(notes, &["Ada"], false), expected);
}

#[test]
fn a_pdf_takes_every_text() {
    for name in ["", " ", "\u{200d}\u{202e}", "a\nb"] {
        let pdf = file(Format::Pdf, &[name]);
        assert!(pdf.ends_with(b"%%EOF\n"), "{name:?}");
    }
    assert_eq!(read_again(&["a\nb"], false), ["a b"]);
}

/// Of a hundred times the rows, what waits to be taken is no more.
#[test]
fn what_waits_does_not_grow_with_the_rows() {
    for format in [
        Format::Csv,
        Format::CsvExcel,
        Format::Xlsx,
        Format::Pdf,
        Format::Json,
    ] {
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

/// What the page has no room for is written smaller, and none of it is lost.
#[test]
fn a_page_holds_all_its_lines() {
    let write = |count: usize| {
        let lines = (0..count).map(|line| SheetLine::new(format!("line {line}"), 24.0, 6.0));
        let sheet = Sheet {
            title: "A page".to_owned(),
            lines: lines.collect(),
        };
        sheet.write().unwrap()
    };
    for count in [1, 5, 120] {
        let pdf = write(count);
        let wanted: Vec<String> = (0..count).map(|line| format!("line {line}")).collect();
        assert_eq!(lines_of(&pdf, false), wanted);
        assert!(find(&pdf, b"/Count 1").is_some());
    }
}
