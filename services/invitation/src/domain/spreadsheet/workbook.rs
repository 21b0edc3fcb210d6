//! A workbook (ECMA-376, `.xlsx`), read as a stream of cells.
//!
//! A small file may unpack to anything, and a sheet may claim to be as large as one can be. So bytes are counted as they
//! unpack, before anything reads them; one piece of markup is never longer than a cell can be; and of what a sheet says
//! only its cells count. Reading costs the shared texts and the rows that are at hand, 56 MiB at most, whatever the sheet claims.
//!
//! The first visible sheet is read. Where another visible one would be read as well, the file is refused instead of
//! choosing.

mod grid;
mod links;
mod number;
mod package;
mod parts;
mod strings;
mod styles;
mod xml;

use std::collections::{HashMap, HashSet};

use muster_address::EmailAddress;

use super::header::{Columns, Header};
use super::row::{RawRow, RowOf};
use super::{Format, SheetProblem};
use crate::domain::fault::Fault;
use grid::Grid;
use package::Package;
use parts::{Book, Listed};
use strings::Strings;
use styles::Styles;

/// How many other sheets are looked at, whether they would be read as well.
const LOOKED_AT: usize = 20;
/// How many sheets that are not read are told, at most.
const TOLD: usize = 50;
/// The most bytes of the texts that cells share together with the rows: any number of cells may show the same text, and each row is stored
/// with its own.
const MAX_TAKEN: usize = 56 * 1024 * 1024;

/// A workbook that was looked through, and its sheet that is read.
pub(super) struct Workbook<'a> {
    reader: Reader<'a>,
    /// The part of the sheet.
    part: String,
    /// The addresses that stand as links behind what is no address, by their row.
    linked: HashMap<i32, String>,
}

/// What was found in a workbook.
pub(super) struct Found {
    /// How many rows there are, also beyond the limit.
    pub(super) count: usize,
    pub(super) format: Format,
}

/// What was found in the rows.
struct Rows {
    count: usize,
    /// The column of the addresses.
    email: usize,
    /// The rows whose text there is no address.
    unread: HashSet<i32>,
}

impl<'a> Workbook<'a> {
    /// Looks a workbook through; see [`super::read`].
    pub(super) fn open(bytes: &'a [u8], most_rows: usize) -> Result<(Self, Found), SheetProblem> {
        let mut package = Package::open(bytes)?;
        let book = Book::read(&mut package)?;
        let strings = Strings::read(&mut package, book.strings.as_deref())?;
        let styles = Styles::read(&mut package, book.styles.as_deref(), book.is_1904)?;
        let mut reader = Reader {
            package,
            strings,
            styles,
        };
        let first = chosen(&mut reader, &book)?;
        let of_sheet = |problem: SheetProblem| problem.of_sheet(&first.name);
        let rows = reader.rows(&first.part, most_rows).map_err(of_sheet)?;
        let linked = linked(&mut reader, &first.part, &rows)?;
        let others = book.sheets.iter().filter(|sheet| sheet.part != first.part);
        let format = Format {
            sheet: first.name.clone(),
            unread_sheets: others.take(TOLD).map(|sheet| sheet.name.clone()).collect(),
            ..Format::default()
        };
        let part = first.part.clone();
        let found = Found {
            count: rows.count,
            format,
        };
        Ok((Self { reader, part, linked }, found))
    }

    /// Its rows, from the first one. What unpacked within the bounds when it was looked through does so once more.
    pub(super) fn rows(&mut self) -> Result<WorkbookRows<'_, 'a>, SheetProblem> {
        self.reader.package.begin_again();
        let mut grid = self.reader.grid(&self.part)?;
        let row = RowOf::new(columns(&mut grid)??);
        Ok(WorkbookRows {
            grid,
            row,
            linked: &self.linked,
        })
    }
}

/// The rows of a sheet that are not read yet.
pub(super) struct WorkbookRows<'s, 'a> {
    grid: Grid<'s, 'a>,
    row: RowOf,
    linked: &'s HashMap<i32, String>,
}

impl WorkbookRows<'_, '_> {
    fn read(&mut self) -> Result<Option<RawRow>, SheetProblem> {
        let Some(ended) = self.grid.next_filled(&mut self.row)? else {
            return Ok(None);
        };
        let mut row = self.row.take((ended.number, ended.number), Vec::new());
        if ended.is_hidden {
            row.faults.push(Fault::HiddenRow);
        }
        if let Some(address) = self.linked.get(&row.line) {
            let address = address.clone();
            row.faults.push(Fault::LinkedAddress { address });
        }
        Ok(Some(row))
    }
}

impl Iterator for WorkbookRows<'_, '_> {
    type Item = Result<RawRow, SheetProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What cells are understood by.
struct Reader<'a> {
    package: Package<'a>,
    strings: Strings,
    styles: Styles,
}

/// The sheet to read: the first visible one, if no other could be meant.
fn chosen<'b>(reader: &mut Reader<'_>, book: &'b Book) -> Result<&'b Listed, SheetProblem> {
    let mut visible = book.sheets.iter().filter(|sheet| sheet.is_visible);
    let first = visible.next().ok_or(SheetProblem::NoVisibleSheet)?;
    let found = reader.header(first)?;
    for other in visible.take(LOOKED_AT) {
        if reader.header(other)?.is_err() {
            continue;
        }
        let (first, other) = (first.name.clone(), other.name.clone());
        return Err(match found {
            Ok(()) => SheetProblem::SeveralSheets { first, other },
            Err(_) => SheetProblem::NotTheFirstSheet { first, other },
        });
    }
    found.map_err(|problem| problem.of_sheet(&first.name))?;
    Ok(first)
}

impl<'a> Reader<'a> {
    fn grid(&mut self, part: &str) -> Result<Grid<'_, 'a>, SheetProblem> {
        Grid::open(&mut self.package, part, &self.strings, &self.styles)
    }

    /// Whether the first row of a sheet that shows anything names the columns: the problem within, if it does not.
    fn header(&mut self, sheet: &Listed) -> Result<Result<(), SheetProblem>, SheetProblem> {
        let mut grid = self.grid(&sheet.part)?;
        Ok(columns(&mut grid)?.map(|_| ()))
    }

    /// Looks the rows of a sheet through.
    fn rows(&mut self, part: &str, most_rows: usize) -> Result<Rows, SheetProblem> {
        let mut taken = self.strings.taken();
        let mut grid = self.grid(part)?;
        let columns = columns(&mut grid)??;
        let (mut count, mut unread, mut row) = (0, HashSet::new(), RowOf::new(columns));
        while let Some(ended) = grid.next_filled(&mut row)? {
            count += 1;
            if count <= most_rows {
                let row = row.take((ended.number, ended.number), Vec::new());
                taken += row.taken();
                if taken > MAX_TAKEN {
                    return Err(SheetProblem::KeepsTooMuch);
                }
                if row.address.parse::<EmailAddress>().is_err() {
                    unread.insert(row.line);
                }
            }
            if count == most_rows {
                row.keep_no_more();
            }
        }
        match count {
            0 => Err(SheetProblem::NoRows),
            _ => Ok(Rows {
                count,
                email: columns.email,
                unread,
            }),
        }
    }
}

/// The columns that the first row names that shows anything and is not hidden.
fn columns(grid: &mut Grid<'_, '_>) -> Result<Result<Columns, SheetProblem>, SheetProblem> {
    let mut header = Header::default();
    loop {
        match grid.next_filled(&mut header)? {
            None => return Ok(Err(SheetProblem::Empty)),
            Some(row) if row.is_hidden => {}
            Some(_) => return Ok(header.columns()),
        }
    }
}

/// Spreadsheet programs turn typed addresses into links, under which people write names. The shown text is what counts;
/// where it is no address, the one behind it is suggested.
fn linked(reader: &mut Reader<'_>, part: &str, rows: &Rows) -> Result<HashMap<i32, String>, SheetProblem> {
    if rows.unread.is_empty() {
        return Ok(HashMap::new());
    }
    let is_wanted = |row: i32, column: usize| column == rows.email && rows.unread.contains(&row);
    let found = links::addresses(&mut reader.package, part, is_wanted)?;
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests;
