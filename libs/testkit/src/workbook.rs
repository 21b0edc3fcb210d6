//! Workbooks as spreadsheet programs save them: for tests to type in, and to look into.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The part that holds what is on the first sheet.
const FIRST_SHEET: &str = "xl/worksheets/sheet1.xml";

/// A workbook, as the bytes of its file.
#[derive(Debug, Clone)]
pub struct SavedWorkbook(pub Vec<u8>);

impl SavedWorkbook {
    /// The same with these cells below everything else on the first sheet, as a program saves what somebody has typed there. All else is as
    /// it was. The cells hold no markup.
    ///
    /// # Panics
    /// When it is no workbook.
    #[must_use]
    pub fn with_row(&self, cells: &[&str]) -> Self {
        let mut saved = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mut text) in self.parts() {
            if name == FIRST_SHEET {
                let cells = cells
                    .iter()
                    .map(|cell| format!(r#"<c t="inlineStr"><is><t>{cell}</t></is></c>"#));
                let row = format!("<row>{}</row></sheetData>", cells.collect::<String>());
                text = text.replace("</sheetData>", &row);
            }
            let options = SimpleFileOptions::default();
            saved.start_file(name, options).expect("a part that is begun");
            saved.write_all(text.as_bytes()).expect("a part that is written");
        }
        Self(saved.finish().expect("a workbook").into_inner())
    }

    /// What one of its parts holds, such as `xl/workbook.xml`.
    ///
    /// # Panics
    /// When it is no workbook, or has no such part.
    #[must_use]
    pub fn part(&self, name: &str) -> String {
        let mut parts = self.parts().into_iter();
        let found = parts.find(|(part, _)| part == name);
        found.expect("a part of this name").1
    }

    /// Whether a cell of any sheet says this and nothing else.
    ///
    /// # Panics
    /// When it is no workbook.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        let cell = format!(">{text}<");
        self.parts().iter().any(|(_, part)| part.contains(&cell))
    }

    /// Its parts by their names, all of which are text.
    fn parts(&self) -> Vec<(String, String)> {
        let mut archive = ZipArchive::new(Cursor::new(&self.0)).expect("a workbook");
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.expect("the name of a part").into_owned())
            .collect();
        let read = |name: String| {
            let mut text = String::new();
            let mut part = archive.by_name(&name).expect("a part");
            part.read_to_string(&mut text).expect("a part that is text");
            (name, text)
        };
        names.into_iter().map(read).collect()
    }
}
