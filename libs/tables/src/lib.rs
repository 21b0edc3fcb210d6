//! Tables as files: CSV, XLSX, PDF and JSON, written row by row. What has been written is taken away while the rows come, so
//! that a file of any length costs the memory of a few pages of it; nothing is ever on a disk. Beside them, one page to print ([`Sheet`]).
//!
//! No cell is a formula to whoever opens the file, whatever people called themselves.
//!
//! ```
//! use muster_tables::{Cell, Column, Format, Head, TableWriter};
//!
//! let head = Head {
//!     title: "Staff".to_owned(),
//!     notes: Vec::new(),
//!     columns: vec![Column::new("name", "Name", 3.0), Column::new("completed", "Completed", 1.0)],
//! };
//! let mut file = TableWriter::new(Format::Csv, head)?;
//! file.row(&[Cell::text("=HYPERLINK(0)"), Cell::Count(3)])?;
//! let mut bytes = file.take();
//! bytes.extend(file.finish()?);
//! assert_eq!(String::from_utf8(bytes)?, "Name,Completed\r\n'=HYPERLINK(0),3\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod csv;
mod formula;
mod json;
mod pdf;
mod xlsx;

pub use formula::{guarded, unguarded};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), in UTF-8, for programs.
    Csv,
    /// The same with the mark of UTF-8 in front: Excel takes it for the encoding of its country without.
    CsvExcel,
    /// The same with semicolons between the values: what Excel expects where the comma stands before decimals.
    CsvExcelSemicolon,
    /// A workbook (ECMA-376): as many sheets as the rows need, each with the headings, and one with the notes.
    Xlsx,
    /// Pages to print: A4, landscape.
    Pdf,
    /// One object a row, in an array.
    Json,
}

/// What stands above the rows.
#[derive(Debug, Clone)]
pub struct Head {
    /// What the table is of. Of a PDF, and on the last sheet of a workbook that has notes.
    pub title: String,
    /// Lines below it: as of when, for whom, what is left out. Where the title is.
    pub notes: Vec<String>,
    /// The columns; a row has as many cells.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    key: &'static str,
    heading: &'static str,
    share: f32,
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, never anything else.
    Text(String),
    /// A number.
    Count(i64),
    /// Yes or no.
    Is(bool),
    /// A moment; written in UTC, and says so.
    Time(OffsetDateTime),
    /// A civil day.
    Day(Date),
}

/// One page to print, A4, landscape, its lines in the middle, below each other. Long lines are broken, and all of them are written
/// smaller where the page has no room for them.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What the file is called where it is open.
    pub title: String,
    /// The lines, from above.
    pub lines: Vec<SheetLine>,
}

/// A line of a page.
#[derive(Debug, Clone)]
pub struct SheetLine {
    text: String,
    size: f32,
    above: f32,
}

/// Why a file cannot be written on.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The font of the PDFs cannot be used.
    #[error("the font cannot be used: {0}")]
    Font(String),
    /// An XLSX has 4 GiB at the most.
    #[error("a workbook has no room for more")]
    TooLarge,
}

/// A file that is being written.
pub struct TableWriter(Kind);

enum Kind {
    Csv(csv::Csv),
    Xlsx(Box<xlsx::Xlsx>),
    Pdf(Box<pdf::Pdf>),
    Json(json::Json),
}

impl Format {
    /// Its media type, without parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvExcel | Self::CsvExcelSemicolon => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
        }
    }

    /// What file names end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvExcel | Self::CsvExcelSemicolon => "csv",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }
}

impl Column {
    /// `key`: its name for programs. `heading`: for people. `share`: its width on paper, in proportion to the others.
    #[must_use]
    pub const fn new(key: &'static str, heading: &'static str, share: f32) -> Self {
        Self { key, heading, share }
    }
}

impl Sheet {
    /// What such a file is.
    pub const FORMAT: Format = Format::Pdf;

    /// Writes the file.
    ///
    /// # Errors
    /// [`Problem::Font`].
    pub fn write(&self) -> Result<Vec<u8>, Problem> {
        pdf::sheet::write(self)
    }
}

impl SheetLine {
    /// So large, with so much room above it, both in points.
    pub fn new(text: impl Into<String>, size: f32, above: f32) -> Self {
        let text = text.into();
        Self { text, size, above }
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What may not be there.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// As people read it.
    fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Is(true) => "yes".to_owned(),
            Self::Is(false) => "no".to_owned(),
            Self::Time(time) => moment(*time),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// To the second.
fn moment(time: OffsetDateTime) -> String {
    let utc = time.to_offset(UtcOffset::UTC);
    let whole = utc.replace_nanosecond(0).unwrap_or(utc);
    // Years that the format has no room for do not come from the database.
    whole.format(&Rfc3339).unwrap_or_default()
}

impl TableWriter {
    /// A file with this head, and no rows yet.
    ///
    /// # Errors
    /// [`Problem::Font`], [`Problem::TooLarge`].
    pub fn new(format: Format, head: Head) -> Result<Self, Problem> {
        Ok(Self(match format {
            Format::Csv => Kind::Csv(csv::Csv::new(&head)),
            Format::CsvExcel => Kind::Csv(csv::Csv::marked(&head, ',')),
            Format::CsvExcelSemicolon => Kind::Csv(csv::Csv::marked(&head, ';')),
            Format::Xlsx => Kind::Xlsx(Box::new(xlsx::Xlsx::new(head)?)),
            Format::Pdf => Kind::Pdf(Box::new(pdf::Pdf::new(head)?)),
            Format::Json => Kind::Json(json::Json::new(&head)),
        }))
    }

    /// A further row.
    ///
    /// # Errors
    /// [`Problem::TooLarge`].
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), Problem> {
        match &mut self.0 {
            Kind::Csv(csv) => csv.row(cells),
            Kind::Xlsx(xlsx) => return xlsx.row(cells),
            Kind::Pdf(pdf) => pdf.row(cells),
            Kind::Json(json) => json.row(cells),
        }
        Ok(())
    }

    /// What is written and was not taken before; may be nothing.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Kind::Csv(csv) => csv.take(),
            Kind::Xlsx(xlsx) => xlsx.take(),
            Kind::Pdf(pdf) => pdf.take(),
            Kind::Json(json) => json.take(),
        }
    }

    /// Completes the file: the rest of it.
    ///
    /// # Errors
    /// [`Problem::Font`], [`Problem::TooLarge`].
    pub fn finish(self) -> Result<Vec<u8>, Problem> {
        match self.0 {
            Kind::Csv(csv) => Ok(csv.finish()),
            Kind::Xlsx(xlsx) => xlsx.finish(),
            Kind::Pdf(pdf) => pdf.finish(),
            Kind::Json(json) => Ok(json.finish()),
        }
    }
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").finish_non_exhaustive()
    }
}
