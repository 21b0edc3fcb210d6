//! The rows that became nothing, as a file that can be mended and uploaded again.

mod words;

use std::fmt::Write as _;

use muster_language::Language;
use muster_tables::{Cell, Column, Format, Head, TableWriter, guarded};

use super::template::columns;
use super::{Import, Row, RowState};

/// What a spreadsheet program takes for UTF-8.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The separators that a file without a line `sep=` may have.
const SEPARATORS: [&str; 3] = [",", ";", "\t"];

/// The rows of an import that are in it.
pub(crate) const STATES: [RowState; 2] = [RowState::Invalid, RowState::Refused];

/// The file, written like the one that was uploaded, so that the same program opens it.
#[derive(Debug)]
pub(crate) struct RefusedFile {
    pub(crate) name: String,
    language: Language,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Text { separator: &'static str },
    Workbook(Box<TableWriter>),
}

impl RefusedFile {
    /// The file about this import, in this language.
    ///
    /// # Errors
    /// A workbook has no room for its head, which cannot be.
    pub(crate) fn of(import: &Import, language: Language) -> Result<Self, muster_tables::Problem> {
        let given = import.file_name.as_str();
        let stem = given.rsplit_once('.').map_or(given, |(stem, _)| stem);
        let name = words::file_name(stem, language);
        if !import.format.sheet.is_empty() {
            let head = Head {
                title: String::new(),
                notes: Vec::new(),
                columns: columns(language)
                    .map(|name| Column::new(name, name, 3.0))
                    .to_vec(),
            };
            return Ok(Self {
                name: format!("{name}.xlsx"),
                language,
                kind: Kind::Workbook(Box::new(TableWriter::new(Format::Xlsx, head)?)),
            });
        }
        let separator = SEPARATORS.into_iter().find(|one| *one == import.format.separator);
        Ok(Self {
            name: format!("{name}.csv"),
            language,
            kind: Kind::Text {
                separator: separator.unwrap_or(","),
            },
        })
    }

    /// Its media type.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.kind {
            Kind::Text { .. } => "text/csv; charset=utf-8",
            Kind::Workbook(_) => Format::Xlsx.media_type(),
        }
    }

    /// What stands above the rows.
    pub(crate) fn begin(&mut self) -> Vec<u8> {
        match &mut self.kind {
            Kind::Text { separator } => {
                // What programs know the encoding by.
                let mut text = BYTE_ORDER_MARK.to_owned();
                write(&mut text, separator, columns(self.language));
                text.into_bytes()
            }
            Kind::Workbook(writer) => writer.take(),
        }
    }

    /// The lines of these rows.
    ///
    /// # Errors
    /// A workbook has no room for more rows than it was read from.
    pub(crate) fn rows(&mut self, rows: &[Row]) -> Result<Vec<u8>, muster_tables::Problem> {
        let mut text = String::new();
        for row in rows {
            let groups = row.raw.groups.joined(";");
            let problems = words::costs_of(row, self.language);
            let cells = [row.raw.address.as_str(), &groups, &row.raw.location, &problems];
            match &mut self.kind {
                Kind::Text { separator } => write(&mut text, separator, cells),
                Kind::Workbook(writer) => writer.row(&cells.map(|cell| Cell::text(guarded(cell))))?,
            }
        }
        Ok(match &mut self.kind {
            Kind::Text { .. } => text.into_bytes(),
            Kind::Workbook(writer) => writer.take(),
        })
    }

    /// What stands below them.
    ///
    /// # Errors
    /// A workbook has no room for more.
    pub(crate) fn end(self) -> Result<Vec<u8>, muster_tables::Problem> {
        match self.kind {
            Kind::Text { .. } => Ok(Vec::new()),
            Kind::Workbook(writer) => writer.finish(),
        }
    }
}

fn write(text: &mut String, separator: &str, cells: [&str; 4]) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push_str(separator);
        }
        let cell = guarded(cell);
        if cell.is_empty() {
            continue;
        }
        // Always between marks: whatever is in it stays one cell, in every program.
        let _ = write!(text, "\"{}\"", cell.replace('"', "\"\""));
    }
    text.push_str("\r\n");
}
