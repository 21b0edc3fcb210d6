//! What others write is read as others read it.

use calamine::{Data, Reader as _, Xlsx};
use proptest::collection::vec;
use proptest::prelude::*;
use rust_xlsxwriter::{Workbook, XlsxError};

use super::*;

/// What stands in a cell.
#[derive(Debug, Clone)]
enum Written {
    Text(String),
    Count(i32),
}

fn written() -> impl Strategy<Value = Written> {
    prop_oneof![
        "\\PC{0,20}".prop_map(Written::Text),
        "[_x0-9a-fA-F \\n;'\"&<>]{0,20}".prop_map(Written::Text),
        any::<i32>().prop_map(Written::Count),
    ]
}

fn workbook(rows: &[(Written, Written)]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "email")?;
    sheet.write_string(0, 1, "location")?;
    sheet.write_string(0, 2, "groups")?;
    for (line, (first, second)) in (1..).zip(rows) {
        for (column, cell) in [(0, first), (1, second)] {
            match cell {
                Written::Text(text) => sheet.write_string(line, column, text)?,
                Written::Count(count) => sheet.write_number(line, column, *count)?,
            };
        }
        sheet.write_string(line, 2, "X")?;
    }
    workbook.save_to_buffer()
}

/// The same cells, by another reader.
fn read_by_another(file: &[u8]) -> Vec<(String, String)> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    let range = workbook.worksheet_range("Sheet1").unwrap();
    let shown = |cell: Option<&Data>| match cell {
        None | Some(Data::Empty) => String::new(),
        Some(Data::Float(number)) => format!("{number}"),
        Some(cell) => cell.to_string(),
    };
    let rows = range.rows().skip(1);
    rows.map(|row| (shown(row.first()), shown(row.get(1)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_program_writes_two_readers_read_alike(rows in vec((written(), written()), 1..20)) {
        let file = workbook(&rows).unwrap();
        let ours = read(&file, 100).unwrap().rows;
        let ours: Vec<_> = ours.into_iter().map(|row| (row.address, row.location)).collect();
        // A mark that keeps programs from computing a text is none of it.
        let unguarded = |text: String| super::super::super::formula::unguarded(&text).to_owned();
        let theirs: Vec<_> = read_by_another(&file)
            .into_iter()
            .map(|(first, second)| (unguarded(first), unguarded(second)))
            .collect();
        prop_assert_eq!(ours, theirs);
    }
}
