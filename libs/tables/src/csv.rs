//! Comma-separated values.

use std::mem::take;

use crate::{Cell, Head};

/// What a spreadsheet program takes for the beginning of a formula, in its wide forms too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

pub(crate) struct Csv {
    text: String,
}

impl Csv {
    pub(crate) fn new(head: &Head) -> Self {
        Self { text: String::new() }.headed(head)
    }

    /// With the mark of UTF-8.
    pub(crate) fn marked(head: &Head) -> Self {
        let text = "\u{feff}".to_owned();
        Self { text }.headed(head)
    }

    fn headed(mut self, head: &Head) -> Self {
        self.line(head.columns.iter().map(|column| column.heading.to_owned()));
        self
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) {
        self.line(cells.iter().map(|cell| match cell {
            Cell::Text(text) => unarmed(text),
            other => other.shown(),
        }));
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.text.push(',');
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

/// With an apostrophe in front of what would be a formula: spreadsheet programs show the rest as it is.
fn unarmed(text: &str) -> String {
    let begins = text.trim_start().chars().next();
    let is_formula =
        begins.is_some_and(|first| FORMULA.contains(&first)) || text.starts_with(['\t', '\r', '\n']);
    if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_none() {
        for armed in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1"] {
            assert_eq!(unarmed(armed), format!("'{armed}"));
        }
        for harmless in ["Ada", "1-2", "a=b", "", "’"] {
            assert_eq!(unarmed(harmless), harmless);
        }
    }
}
