//! A workbook of one sheet, as a stream: the archive that it is needs no seeking back.
//!
//! Texts stand in the cells themselves: a table of shared ones would have to wait for the last row.

use crate::archive::{Archive, TooLarge};
use crate::{Cell, Head, Problem};

/// The rows of a sheet.
const MAX_ROWS: u32 = 1_048_576;
/// The characters of a cell, as UTF-16 counts them.
const MAX_UNITS: usize = 32_767;

/// The parts of a workbook beside its sheet.
const PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
    // The second format of cells is bold.
    (
        "xl/styles.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>"#,
    ),
];

pub(crate) struct Xlsx {
    archive: Archive,
    rows: u32,
}

impl From<TooLarge> for Problem {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl Xlsx {
    pub(crate) fn new(head: &Head) -> Result<Self, Problem> {
        let mut archive = Archive::new();
        for (name, text) in PARTS {
            archive.begin(name)?;
            archive.write(text);
        }
        archive.begin("xl/worksheets/sheet1.xml")?;
        let mut begin = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>"#
            .to_owned();
        for (place, column) in (1..).zip(&head.columns) {
            let width = 12.0 * column.share;
            begin.push_str(&format!(
                r#"<col min="{place}" max="{place}" width="{width}" customWidth="1"/>"#
            ));
        }
        begin.push_str(r#"</cols><sheetData><row r="1">"#);
        for column in &head.columns {
            begin.push_str(&inline(column.heading, r#" s="1""#));
        }
        begin.push_str("</row>");
        archive.write(&begin);
        Ok(Self { archive, rows: 1 })
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Problem> {
        if self.rows == MAX_ROWS {
            return Err(Problem::Full);
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
        self.archive.write("</sheetData></worksheet>");
        Ok(self.archive.finish()?)
    }
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
