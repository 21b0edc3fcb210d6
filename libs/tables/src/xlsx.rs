//! A workbook, as a stream: the archive that it is needs no seeking back. How many sheets it has is said behind them.
//!
//! Texts stand in the cells themselves: a table of shared ones would have to wait for the last row.

use crate::archive::{Archive, TooLarge};
use crate::{Cell, Head, Problem};

/// The rows of a sheet, with its headings.
const MAX_ROWS: u32 = 1_048_576;
/// The characters of a cell, as UTF-16 counts them.
const MAX_UNITS: usize = 32_767;
/// How wide the sheet of the notes is.
const NOTES_WIDTH: f32 = 100.0;

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
/// What everything in an Office document is named after.
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Of a cell: in bold.
const BOLD: &str = r#" s="1""#;
/// The second format of cells is bold.
const STYLES: &str = r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs>"#;

pub(crate) struct Xlsx {
    archive: Archive,
    head: Head,
    /// The rows that a sheet has at the most, with its headings.
    limit: u32,
    /// What the sheets are called.
    sheets: Vec<String>,
    /// The rows of the last one.
    rows: u32,
}

impl From<TooLarge> for Problem {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl Xlsx {
    pub(crate) fn new(head: Head) -> Result<Self, Problem> {
        Self::with_limit(head, MAX_ROWS)
    }

    fn with_limit(head: Head, limit: u32) -> Result<Self, Problem> {
        let mut xlsx = Self {
            archive: Archive::new(),
            head,
            limit,
            sheets: Vec::new(),
            rows: 0,
        };
        let package = format!(
            r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        );
        xlsx.part("_rels/.rels", &package)?;
        xlsx.part(
            "xl/styles.xml",
            &format!(r#"<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>"#),
        )?;
        xlsx.sheet()?;
        Ok(xlsx)
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Problem> {
        if self.rows == self.limit {
            self.end_sheet();
            self.sheet()?;
        }
        self.rows += 1;
        let mut row = format!(r#"<row r="{}">"#, self.rows);
        for cell in cells {
            row.push_str(&match cell {
                Cell::Empty => "<c/>".to_owned(),
                Cell::Count(count) => format!("<c><v>{count}</v></c>"),
                Cell::Is(is) => format!(r#"<c t="b"><v>{}</v></c>"#, u8::from(*is)),
                other => inline(&other.shown(), ""),
            });
        }
        row.push_str("</row>");
        self.archive.write(&row);
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.archive.take()
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Problem> {
        self.end_sheet();
        self.notes()?;
        self.workbook()?;
        Ok(self.archive.finish()?)
    }

    /// A further sheet, with its headings.
    fn sheet(&mut self) -> Result<(), Problem> {
        let name = format!("Sheet{}", self.sheets.len() + 1);
        self.begin_sheet(name)?;
        let mut begin =
            r#"<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>"#
                .to_owned();
        for (place, column) in (1..).zip(&self.head.columns) {
            begin.push_str(&width(place, 12.0 * column.share));
        }
        begin.push_str(r#"</cols><sheetData><row r="1">"#);
        for column in &self.head.columns {
            begin.push_str(&inline(column.heading, BOLD));
        }
        begin.push_str("</row>");
        self.archive.write(&begin);
        self.rows = 1;
        Ok(())
    }

    /// What the table is of, and what is to be known of it, on a sheet of their own.
    fn notes(&mut self) -> Result<(), Problem> {
        if self.head.notes.is_empty() {
            return Ok(());
        }
        self.begin_sheet("Notes".to_owned())?;
        let mut sheet = format!("<cols>{}</cols><sheetData>", width(1, NOTES_WIDTH));
        sheet.push_str(&format!("<row>{}</row>", inline(&self.head.title, BOLD)));
        for note in &self.head.notes {
            sheet.push_str(&format!("<row>{}</row>", inline(note, "")));
        }
        self.archive.write(&sheet);
        self.end_sheet();
        Ok(())
    }

    fn begin_sheet(&mut self, name: String) -> Result<(), Problem> {
        self.sheets.push(name);
        let part = sheet_part(self.sheets.len());
        self.archive.begin(&format!("xl/{part}"))?;
        self.archive
            .write(&format!(r#"{DECLARATION}<worksheet xmlns="{MAIN}">"#));
        Ok(())
    }

    fn end_sheet(&mut self) {
        self.archive.write("</sheetData></worksheet>");
    }

    /// What tells of the sheets that there are.
    fn workbook(&mut self) -> Result<(), Problem> {
        let (mut sheets, mut relations, mut types) = (String::new(), String::new(), String::new());
        for (number, name) in (1..).zip(&self.sheets) {
            let part = sheet_part(number);
            sheets.push_str(&format!(
                r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#
            ));
            relations.push_str(&format!(
                r#"<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="{part}"/>"#
            ));
            types.push_str(&format!(
                r#"<Override PartName="/xl/{part}" ContentType="{CONTENT}.worksheet+xml"/>"#
            ));
        }
        let styles = self.sheets.len() + 1;
        self.part(
            "xl/workbook.xml",
            &format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>"#),
        )?;
        self.part(
            "xl/_rels/workbook.xml.rels",
            &format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId{styles}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>"#
            ),
        )?;
        self.part(
            "[Content_Types].xml",
            &format!(
                r#"<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/>{types}</Types>"#
            ),
        )
    }

    fn part(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        self.archive.begin(name)?;
        self.archive.write(DECLARATION);
        self.archive.write(text);
        Ok(())
    }
}

fn sheet_part(number: usize) -> String {
    format!("worksheets/sheet{number}.xml")
}

fn width(place: usize, width: f32) -> String {
    format!(r#"<col min="{place}" max="{place}" width="{width}" customWidth="1"/>"#)
}

/// A cell that is a text, whatever is in it.
fn inline(text: &str, style: &str) -> String {
    let mut cell = format!(r#"<c t="inlineStr"{style}><is><t xml:space="preserve">"#);
    let mut units = 0;
    for (at, char) in text.char_indices() {
        units += char.len_utf16();
        if units >= MAX_UNITS {
            cell.push('…');
            break;
        }
        match char {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            // XML readers take it for a line feed.
            '\r' => cell.push_str("_x000D_"),
            '_' if is_written(&text[at..]) => cell.push_str("_x005F_"),
            // XML has no room for these.
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                cell.push(char::REPLACEMENT_CHARACTER);
            }
            char => cell.push(char),
        }
    }
    cell.push_str("</t></is></c>");
    cell
}

/// Whether the text begins with what programs read as a character, such as `_x000D_`.
fn is_written(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 6
        && bytes.starts_with(b"_x")
        && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
        && bytes[6] == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rows the sheets of a table of so many have when each holds three and the headings.
    fn sheets(rows: i64) -> Vec<usize> {
        let head = Head {
            title: "Counts".to_owned(),
            notes: Vec::new(),
            columns: vec![crate::Column::new("count", "Count", 1.0)],
        };
        let mut xlsx = Xlsx::with_limit(head, 4).unwrap();
        let (mut counts, mut sheet) = (Vec::new(), 1);
        for row in 0..rows {
            xlsx.row(&[Cell::Count(row)]).unwrap();
            if xlsx.sheets.len() > sheet {
                counts.push(4);
                sheet = xlsx.sheets.len();
            }
        }
        counts.push(xlsx.rows as usize);
        xlsx.finish().unwrap();
        counts
    }

    #[test]
    fn a_sheet_that_is_full_is_followed_by_the_next() {
        for (rows, expected) in [
            (0, vec![1]),
            (1, vec![2]),
            (3, vec![4]),
            (4, vec![4, 2]),
            (6, vec![4, 4]),
            (7, vec![4, 4, 2]),
        ] {
            assert_eq!(sheets(rows), expected, "{rows}");
        }
    }

    #[test]
    fn what_only_looks_like_a_written_character_stays_text() {
        let cell = inline("_x0041_ _x0041 _y0041_ _xé041_\r", "");
        assert!(
            cell.contains(">_x005F_x0041_ _x0041 _y0041_ _xé041__x000D_<"),
            "{cell}"
        );
    }

    #[test]
    fn a_text_is_escaped_and_fits_into_a_cell() {
        let cell = inline("<b>&\u{7}", "");
        assert!(cell.contains(">&lt;b&gt;&amp;\u{fffd}<"), "{cell}");
        let long = inline(&"𝕏".repeat(MAX_UNITS), "");
        let text = long.split('>').nth(3).unwrap().split('<').next().unwrap();
        assert!(text.encode_utf16().count() <= MAX_UNITS && text.ends_with('…'));
    }
}
