//! Small files that ask for much, and bytes of which nobody knows what they are.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::package::{MAX_PIECE, MAX_UNPACKED};
use super::*;

/// A workbook whose sheet is so many times the same between its header and its end.
fn repeated(before: &str, again: &str, times: usize, after: &str) -> Vec<u8> {
    let before = format!("<worksheet><sheetData>{before}");
    Parts::of("").streamed(SHEET, &before, times, |_| again, after)
}

#[test]
fn one_text_of_many_megabytes_is_given_up_where_no_cell_goes_on() {
    let long = "a".repeat(MAX_PIECE);
    for (begin, end) in [
        (r#"<row><c t="inlineStr"><is><t>"#, "</t></is></c></row>"),
        ("<!-- ", " -->"),
        ("<row note='", "'/>"),
        ("<![CDATA[", "]]>"),
        ("<", "/>"),
    ] {
        let file = repeated(begin, &long, 2, &format!("{end}</sheetData></worksheet>"));
        assert!(file.len() < 20_000, "{} bytes", file.len());
        assert_eq!(read(&file, 10).unwrap_err(), SheetProblem::Oversized, "{begin}");
    }
}

#[test]
fn what_unpacks_to_more_than_there_is_room_for_is_given_up_on_the_way() {
    let note = format!("<!--{}-->", "a".repeat(MAX_PIECE / 2));
    let times = usize::try_from(MAX_UNPACKED).unwrap() / note.len() + 1;
    let file = repeated("", &note, times, "</sheetData></worksheet>");
    assert!(file.len() < 4_000_000, "{} bytes", file.len());
    assert_eq!(read(&file, 10).unwrap_err(), SheetProblem::UnpacksTooLarge);
}

#[test]
fn a_sheet_is_as_large_as_its_cells_whatever_it_claims() {
    let begin = format!(
        r#"{HEADER}<row r="2">{}{}</row>"#,
        text("a@b.org"),
        text("Nurses")
    );
    let rows: String = (3..=1_048_576)
        .map(|number| format!(r#"<row r="{number}" s="7" customFormat="1"/>"#))
        .collect();
    let file = repeated(&begin, &rows, 1, "</sheetData></worksheet>");
    let sheet = read(&file, 10).unwrap();
    assert_eq!(
        (sheet.count, brief(&sheet.rows)),
        (1, vec![(2, "a@b.org", "Nurses".to_owned())])
    );
    // Seventeen thousand million cells of 32 bytes, by the range; the numbers of shared formulas and texts are no sizes.
    let far = format!(
        r#"{HEADER}<row r="2">{}{}<c r="C2"><f t="shared" si="4294967295" ref="A1:XFD1048576">1</f><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#,
        text("a@b.org"),
        text("Nurses"),
    );
    let sheet = Parts::of("").with(
        "xl/worksheets/sheet1.xml",
        &format!(r#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData>{far}</sheetData></worksheet>"#),
    );
    let sheet = sheet.with("xl/sharedStrings.xml", r#"<sst count="4294967295" uniqueCount="4294967295"><si><t>email</t></si><si><t>groups</t></si></sst>"#);
    assert!(sheet.pack().len() < 2_048);
    let rows = sheet.rows();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[1].faults,
        [Fault::BeyondColumns {
            cell: "XFD1048576".to_owned(),
            value: "1".to_owned()
        }]
    );
}

#[test]
fn rows_beyond_the_limit_are_counted_and_not_kept() {
    let rows = row(&["a@b.org", "Nurses"]).repeat(5_000);
    let sheet = read(&Parts::of(&format!("{HEADER}{rows}")).pack(), 100).unwrap();
    assert_eq!((sheet.count, sheet.rows.len()), (5_000, 100));
}

#[test]
fn texts_that_cells_share_have_the_room_of_a_file() {
    let one = format!("<si><t>{}</t></si>", "a".repeat(100_000));
    let sheet = Parts::of(HEADER).with("xl/sharedStrings.xml", &format!("<sst>{}</sst>", one.repeat(400)));
    assert_eq!(sheet.problem(), SheetProblem::TooLong);
    // In one text, of many runs.
    let run = format!("<r><t>{}</t></r>", "a".repeat(100_000));
    let sheet = Parts::of(HEADER).with(
        "xl/sharedStrings.xml",
        &format!("<sst><si>{}</si></sst>", run.repeat(400)),
    );
    assert_eq!(sheet.problem(), SheetProblem::Oversized);
    let sheet = Parts::of(HEADER).with(
        "xl/sharedStrings.xml",
        &format!("<sst>{}</sst>", "<si/>".repeat(4_000_001)),
    );
    assert_eq!(sheet.problem(), SheetProblem::TooLong);
}

#[test]
fn elements_in_elements_names_for_texts_and_lists_without_end_are_no_workbook() {
    let deep = "<row>".repeat(100_000);
    assert_eq!(Parts::of(&deep).problem(), SheetProblem::Damaged);
    let laughs =
        r#"<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    assert_eq!(
        Parts::of(HEADER).with("xl/sharedStrings.xml", laughs).problem(),
        SheetProblem::Damaged
    );
    let mut many = Parts::of(HEADER).pack();
    many.extend(b"PK\x01\x02".repeat(10_001));
    assert_eq!(read(&many, 10).unwrap_err(), SheetProblem::Damaged);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_the_bytes_are_they_are_read_or_refused(
        edits in vec((any::<Index>(), any::<u8>()), 0..8),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut file = Parts::of(&format!("{HEADER}{}", row(&["a@b.org", "Nurses"]))).pack();
        for (place, byte) in edits {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        let _ = read(&file, 10);
    }

    #[test]
    fn whatever_the_markup_is_it_is_read_or_refused(
        part in any::<Index>(),
        edits in vec((any::<Index>(), "[<>/&;\"'=a-zA-Z0-9 ]{0,6}"), 1..6),
    ) {
        let mut parts = Parts::of(&format!("{HEADER}{}", row(&["a@b.org", "Nurses"])));
        let part = part.index(parts.0.len());
        let bytes = &mut parts.0[part].1;
        for (place, text) in edits {
            let place = place.index(bytes.len());
            bytes.splice(place..=place, text.bytes());
        }
        let _ = parts.read();
    }
}
