//! Workbooks as a spreadsheet program saves them: somebody has typed in the first sheet, and all else is as it was.

use std::borrow::Cow;
use std::io::{Cursor, Read as _, Write as _};

use anyhow::ensure;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// The template with these rows below its headings.
pub(super) fn filled(template: &[u8], rows: &[[String; 3]]) -> anyhow::Result<Vec<u8>> {
    let mut typed = String::new();
    for (number, row) in (2..).zip(rows) {
        let cells = row.iter().zip(["A", "B", "C"]).map(|(text, column)| {
            format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
        });
        let cells: String = cells.collect();
        typed.push_str(&format!("<row r=\"{number}\">{cells}</row>"));
    }
    edited(template, "</sheetData>", &format!("{typed}</sheetData>"))
}

/// The workbook, in which cells that were wrong are right.
pub(super) fn mended(workbook: &[u8], wrong: &str, right: &str) -> anyhow::Result<Vec<u8>> {
    edited(workbook, &format!(">{wrong}<"), &format!(">{right}<"))
}

/// Whether a cell of any sheet says this.
pub(super) fn says(workbook: &[u8], text: &str) -> anyhow::Result<bool> {
    let cell = format!(">{text}<");
    Ok(parts(workbook)?
        .iter()
        .any(|(_, part)| String::from_utf8_lossy(part).contains(&cell)))
}

fn edited(workbook: &[u8], from: &str, to: &str) -> anyhow::Result<Vec<u8>> {
    let mut saved = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mut bytes) in parts(workbook)? {
        if name == SHEET {
            let sheet = String::from_utf8(bytes)?;
            ensure!(sheet.contains(from), "the first sheet does not say {from}");
            bytes = sheet.replace(from, to).into_bytes();
        }
        saved.start_file(name, SimpleFileOptions::default())?;
        saved.write_all(&bytes)?;
    }
    Ok(saved.finish()?.into_inner())
}

fn parts(workbook: &[u8]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(workbook))?;
    let names: Result<Vec<String>, _> = archive
        .file_names()
        .map(|name| name.map(Cow::into_owned))
        .collect();
    let mut parts = Vec::new();
    for name in names? {
        let mut bytes = Vec::new();
        archive.by_name(&name)?.read_to_end(&mut bytes)?;
        parts.push((name, bytes));
    }
    Ok(parts)
}
