//! A workbook (ECMA-376, `.xlsx`), read as a stream of cells.
//!
//! A small file may unpack to anything, and a sheet may claim to be as large as one can be. So bytes are counted as they
//! unpack, before anything reads them; one piece of markup is never longer than a cell can be; and of what a sheet says
//! only its cells count. Reading costs the shared texts and the rows that are kept, 56 MiB at most, whatever the sheet claims.
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

use std::collections::HashMap;

use muster_address::EmailAddress;

use super::header::{Columns, Header};
use super::row::{RawRow, RowOf};
use super::{Format, Sheet, SheetProblem};
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
/// The most bytes of what is kept while a workbook is read: the texts that cells share, of which any number of cells may show the same, and
/// the rows.
const MAX_KEPT: usize = 56 * 1024 * 1024;

/// Reads a workbook; see [`super::read`].
pub(super) fn read(bytes: &[u8], most_rows: usize) -> Result<Sheet, SheetProblem> {
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
    let (mut rows, count, email) = reader.rows(first, most_rows).map_err(of_sheet)?;
    suggest_linked(&mut reader, first, email, &mut rows)?;
    let others = book.sheets.iter().filter(|sheet| sheet.part != first.part);
    let format = Format {
        sheet: first.name.clone(),
        unread_sheets: others.take(TOLD).map(|sheet| sheet.name.clone()).collect(),
        ..Format::default()
    };
    Ok(Sheet { rows, count, format })
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
    fn grid(&mut self, sheet: &Listed) -> Result<Grid<'_, 'a>, SheetProblem> {
        Grid::open(&mut self.package, &sheet.part, &self.strings, &self.styles)
    }

    /// Whether the first row of a sheet that shows anything names the columns: the problem within, if it does not.
    fn header(&mut self, sheet: &Listed) -> Result<Result<(), SheetProblem>, SheetProblem> {
        let mut grid = self.grid(sheet)?;
        Ok(columns(&mut grid)?.map(|_| ()))
    }

    /// The rows, how many there are, and the column of the addresses.
    fn rows(
        &mut self,
        sheet: &Listed,
        most_rows: usize,
    ) -> Result<(Vec<RawRow>, usize, usize), SheetProblem> {
        let mut kept = self.strings.taken();
        let mut grid = self.grid(sheet)?;
        let columns = columns(&mut grid)??;
        let (mut rows, mut count, mut row) = (Vec::new(), 0, RowOf::new(&columns));
        while let Some(ended) = grid.next_filled(&mut row)? {
            count += 1;
            if count <= most_rows {
                let mut taken = row.take(ended.number, Vec::new());
                if ended.is_hidden {
                    taken.faults.push(Fault::HiddenRow);
                }
                kept += taken.taken();
                if kept > MAX_KEPT {
                    return Err(SheetProblem::KeepsTooMuch);
                }
                rows.push(taken);
            }
            if count == most_rows {
                row.keep_no_more();
            }
        }
        match count {
            0 => Err(SheetProblem::NoRows),
            _ => Ok((rows, count, columns.email)),
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
fn suggest_linked(
    reader: &mut Reader<'_>,
    sheet: &Listed,
    email: usize,
    rows: &mut [RawRow],
) -> Result<(), SheetProblem> {
    let mut unread: HashMap<i32, usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        if row.address.parse::<EmailAddress>().is_err() {
            unread.insert(row.line, place);
        }
    }
    if unread.is_empty() {
        return Ok(());
    }
    let is_wanted = |row: i32, column: usize| column == email && unread.contains_key(&row);
    for (row, address) in links::addresses(&mut reader.package, &sheet.part, is_wanted)? {
        if let Some(&place) = unread.get(&row) {
            rows[place].faults.push(Fault::LinkedAddress { address });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
