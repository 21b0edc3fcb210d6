//! Workbooks as programs write them, as people leave them, and as those make them who mean harm.

mod hostile;
#[cfg(target_os = "linux")]
mod memory;
mod sheets;
mod written;

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::SheetProblem;
use crate::domain::fault::Fault;
use crate::domain::spreadsheet::RawRow;
use crate::domain::spreadsheet::tests::{Whole, read};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of parts that are written out.
#[derive(Clone, Default)]
struct Parts(Vec<(String, Vec<u8>)>);

impl Parts {
    /// One sheet with these rows, called `List`.
    fn of(rows: &str) -> Self {
        Self::sheets(&[("List", "", rows)])
    }

    /// Sheets by name, state and rows.
    fn sheets(sheets: &[(&str, &str, &str)]) -> Self {
        let (mut list, mut relations, mut parts) = (String::new(), String::new(), Self::default());
        for (number, (name, state, rows)) in (1..).zip(sheets) {
            list += &format!(r#"<sheet name="{name}" sheetId="{number}" {state} r:id="rId{number}"/>"#);
            relations += &format!(
                r#"<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
            );
            parts = parts.with(
                &format!("xl/worksheets/sheet{number}.xml"),
                &format!(r#"<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheetData>{rows}</sheetData></worksheet>"#),
            );
        }
        relations += &format!(
            r#"<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="t" Type="{OFFICE}/styles" Target="/xl/styles.xml"/>"#
        );
        parts
            .with("xl/workbook.xml", &format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{list}</sheets></workbook>"#))
            .with("xl/_rels/workbook.xml.rels", &format!("<Relationships>{relations}</Relationships>"))
            .with("xl/sharedStrings.xml", "<sst><si><t>email</t></si><si><t>groups</t></si></sst>")
            .with("xl/styles.xml", r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>"#)
    }

    /// The same with another part, or with this one instead.
    fn with(mut self, name: &str, text: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.to_owned(), text.as_bytes().to_vec()));
        self
    }

    fn pack(&self) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            archive
                .start_file(name.as_str(), SimpleFileOptions::default())
                .unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// The same with another part, which is written piece by piece: so many between its beginning and its end.
    fn streamed<T: AsRef<str>>(
        &self,
        name: &str,
        before: &str,
        times: usize,
        piece: impl Fn(usize) -> T,
        after: &str,
    ) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (other, bytes) in self.0.iter().filter(|(other, _)| other != name) {
            archive
                .start_file(other.as_str(), SimpleFileOptions::default())
                .unwrap();
            archive.write_all(bytes).unwrap();
        }
        let options = SimpleFileOptions::default().compression_level(Some(1));
        archive.start_file(name, options).unwrap();
        archive.write_all(before.as_bytes()).unwrap();
        for number in 0..times {
            archive.write_all(piece(number).as_ref().as_bytes()).unwrap();
        }
        archive.write_all(after.as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    }

    fn read(&self) -> Result<Whole, SheetProblem> {
        read(&self.pack(), 1000)
    }

    fn rows(&self) -> Vec<RawRow> {
        self.read().unwrap().rows
    }

    fn problem(&self) -> SheetProblem {
        self.read().unwrap_err()
    }
}

/// The part of the first sheet.
const SHEET: &str = "xl/worksheets/sheet1.xml";

/// The header of most tests.
const HEADER: &str = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>"#;

fn text(text: &str) -> String {
    format!(r#"<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#)
}

/// A row of texts behind the one before it.
fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| text(cell)).collect();
    format!("<row>{}</row>", cells.concat())
}

fn brief(rows: &[RawRow]) -> Vec<(i32, &str, String)> {
    let show = |row: &RawRow| row.groups.as_lines().replace('\n', "+");
    rows.iter()
        .map(|row| (row.line, row.address.as_str(), show(row)))
        .collect()
}
