//! What a program writes is read as it was written.

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

impl Written {
    /// The text that is read. A mark that keeps programs from computing a text is none of it.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => muster_tables::unguarded(text).to_owned(),
            Self::Count(count) => count.to_string(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_program_writes_is_read_as_it_was_written(rows in vec((written(), written()), 1..20)) {
        let file = workbook(&rows).unwrap();
        let read = read(&file, 100).unwrap().rows;
        let read: Vec<_> = read.into_iter().map(|row| (row.address, row.location)).collect();
        let written: Vec<_> = rows.iter().map(|(first, second)| (first.shown(), second.shown())).collect();
        prop_assert_eq!(read, written);
    }
}
