//! The names in a header, and which columns they mean.

use muster_text::{folded, visible};
use unicode_normalization::UnicodeNormalization;

use super::SheetProblem;
use super::cell::{Cell, Visit};
use super::records::Records;

/// How many names of a header are repeated, and how much of each, in characters.
const REPEATED: usize = 12;
const REPEATED_OF_EACH: usize = 40;

/// A column that is read: how it is called in English and Spanish (with its accents or without, as people type), and by which
/// words that may as well be a column of another meaning. Those count only where it is not called by name.
pub(super) struct Known {
    pub(super) column: &'static str,
    names: &'static [&'static str],
    aliases: &'static [&'static str],
}

pub(super) const EMAIL: Known = Known {
    column: "email",
    names: &[
        "email",
        "e-mail",
        "mail",
        "email address",
        "e-mail address",
        "correo",
        "correos",
        "correo electrónico",
        "correo electronico",
        "dirección de correo",
        "direccion de correo",
        "dirección de correo electrónico",
        "direccion de correo electronico",
        "dirección de email",
        "direccion de email",
    ],
    aliases: &["address", "dirección", "direccion"],
};
pub(super) const GROUPS: Known = Known {
    column: "groups",
    names: &[
        "groups",
        "group",
        "group name",
        "group names",
        "group(s)",
        "grupos",
        "grupo",
        "nombre del grupo",
        "nombre de grupo",
        "nombres de los grupos",
        "grupo(s)",
    ],
    aliases: &[],
};
pub(super) const LOCATION: Known = Known {
    column: "location",
    names: &[
        "location",
        "locations",
        "location name",
        "lugar",
        "lugares",
        "lugar de trabajo",
        "nombre del lugar",
        "ubicación",
        "ubicacion",
        "ubicaciones",
    ],
    aliases: &["site", "sede", "sitio", "centro"],
};

/// Where the columns are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) email: usize,
    pub(super) groups: usize,
    pub(super) location: Option<usize>,
    /// How many columns the header has.
    pub(super) width: usize,
}

/// What a header says.
#[derive(Default)]
pub(super) struct Header {
    email: Places,
    groups: Places,
    location: Places,
    /// The first of its names, as read.
    names: Vec<String>,
    width: usize,
}

/// Where a column is, by its names and by its aliases: the first, and whether there is another.
#[derive(Default)]
struct Places {
    named: Option<(usize, bool)>,
    by_alias: Option<(usize, bool)>,
}

impl Columns {
    /// Reads the first record as a header: how many columns it knows, and where they are.
    pub(super) fn read(
        records: &mut Records<'_>,
    ) -> Result<(usize, Result<Self, SheetProblem>), SheetProblem> {
        let mut header = Header::default();
        records.next_filled(&mut header).ok_or(SheetProblem::Empty)?;
        Ok((header.known(), header.columns()))
    }
}

impl Header {
    /// How many of the columns that are read it names.
    pub(super) fn known(&self) -> usize {
        let places = [&self.email, &self.groups, &self.location];
        places.iter().filter(|places| places.any()).count()
    }

    /// Where the columns are, or why they are nowhere.
    pub(super) fn columns(self) -> Result<Columns, SheetProblem> {
        let email = self.email.one(&EMAIL)?;
        let groups = self.groups.one(&GROUPS)?;
        let location = self.location.one(&LOCATION)?;
        match (email, groups) {
            (Some(email), Some(groups)) => Ok(Columns {
                email,
                groups,
                location,
                width: self.width,
            }),
            (email, _) => Err(SheetProblem::NoColumn {
                column: if email.is_none() {
                    EMAIL.column
                } else {
                    GROUPS.column
                },
                read: self.read(),
            }),
        }
    }

    /// The names, as far as they are told.
    fn read(self) -> String {
        let mut names: Vec<String> = self
            .names
            .iter()
            .map(|name| format!("\u{201c}{name}\u{201d}"))
            .collect();
        if self.names.len() == REPEATED && self.width > REPEATED {
            names.push("\u{2026}".to_owned());
        }
        names.join(", ")
    }
}

impl Visit<'_> for Header {
    fn begin(&mut self) {
        *self = Self::default();
    }

    fn cell(&mut self, column: usize, cell: Cell<'_>) {
        self.width = self.width.max(column + 1);
        if cell.is_blank() {
            return;
        }
        let text = cell.text();
        let name = plain(&text);
        self.email.look(&EMAIL, &name, column);
        self.groups.look(&GROUPS, &name, column);
        self.location.look(&LOCATION, &name, column);
        if self.names.len() < REPEATED {
            self.names.push(shown(&text));
        }
    }
}

impl Places {
    fn look(&mut self, known: &Known, name: &str, column: usize) {
        let place = if known.names.contains(&name) {
            &mut self.named
        } else if known.aliases.contains(&name) {
            &mut self.by_alias
        } else {
            return;
        };
        *place = place.map_or(Some((column, false)), |(first, _)| Some((first, true)));
    }

    fn any(&self) -> bool {
        self.named.or(self.by_alias).is_some()
    }

    fn one(&self, known: &Known) -> Result<Option<usize>, SheetProblem> {
        match self.named.or(self.by_alias) {
            Some((_, true)) => Err(SheetProblem::DoubledColumn(known.column)),
            one => Ok(one.map(|(column, _)| column)),
        }
    }
}

/// A name in a header without what programs and forms add to it: what cannot be seen, quotation marks, the star of a
/// field that must be filled, a colon; underscores and any white space are a space.
fn plain(name: &str) -> String {
    // An accent may be a character of its own.
    let composed: String = folded(&visible(name)).nfc().collect();
    let spaced = composed.replace('_', " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | ':');
    words.join(" ").trim_matches(around).to_owned()
}

fn shown(name: &str) -> String {
    let name = visible(name);
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").chars().take(REPEATED_OF_EACH).collect()
}
