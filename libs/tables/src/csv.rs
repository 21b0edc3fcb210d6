//! Comma-separated values.

use std::mem::take;

use crate::{Cell, Head, guarded};

pub(crate) struct Csv {
    text: String,
    separator: char,
}

impl Csv {
    pub(crate) fn new(head: &Head) -> Self {
        Self {
            text: String::new(),
            separator: ',',
        }
        .headed(head)
    }

    /// With the mark of UTF-8, and this between the values.
    pub(crate) fn marked(head: &Head, separator: char) -> Self {
        Self {
            text: "\u{feff}".to_owned(),
            separator,
        }
        .headed(head)
    }

    fn headed(mut self, head: &Head) -> Self {
        self.line(head.columns.iter().map(|column| column.heading.to_owned()));
        self
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) {
        self.line(cells.iter().map(|cell| match cell {
            Cell::Text(text) => guarded(text).into_owned(),
            other => other.shown(),
        }));
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.text.push(self.separator);
            }
            if cell.contains([',', '"', '\r', '\n', ';', '\t']) {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(&cell);
            }
        }
        self.text.push_str("\r\n");
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        take(&mut self.text).into_bytes()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}
