//! An array of objects.

use std::fmt::Write as _;
use std::mem::take;

use crate::{Cell, Head};

pub(crate) struct Json {
    text: String,
    keys: Vec<&'static str>,
    is_first: bool,
}

impl Json {
    pub(crate) fn new(head: &Head) -> Self {
        Self {
            text: "[".to_owned(),
            keys: head.columns.iter().map(|column| column.key).collect(),
            is_first: true,
        }
    }

    /// What is empty is left out.
    pub(crate) fn row(&mut self, cells: &[Cell]) {
        self.text.push_str(if self.is_first { "\n{" } else { ",\n{" });
        self.is_first = false;
        let said = self
            .keys
            .iter()
            .zip(cells)
            .filter(|(_, cell)| **cell != Cell::Empty);
        for (place, (key, cell)) in said.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            string(&mut self.text, key);
            self.text.push(':');
            match cell {
                Cell::Count(count) => self.text.push_str(&count.to_string()),
                Cell::Is(is) => self.text.push_str(if *is { "true" } else { "false" }),
                other => string(&mut self.text, &other.shown()),
            }
        }
        self.text.push('}');
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        take(&mut self.text).into_bytes()
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.text.push_str("\n]\n");
        self.text.into_bytes()
    }
}

fn string(json: &mut String, text: &str) {
    json.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            char if char.is_control() => {
                // Writing to a String succeeds.
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            char => json.push(char),
        }
    }
    json.push('"');
}
