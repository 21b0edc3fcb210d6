mod mutated;
mod quoting;

use super::super::fault::Fault;
use super::*;
#[cfg(target_os = "linux")]
use crate::memory::{alone, measured};

/// A file with all the rows that are handed out of it.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) rows: Vec<RawRow>,
    pub(super) count: usize,
    pub(super) format: Format,
}

/// Reads it to its end. What was looked through once is read.
pub(super) fn read(bytes: &[u8], most_rows: usize) -> Result<Whole, SheetProblem> {
    let (mut sheet, mut rows) = (super::read(bytes, most_rows)?, Vec::new());
    for block in sheet.blocks().unwrap() {
        rows.extend(block.unwrap());
    }
    Ok(Whole {
        rows,
        count: sheet.count,
        format: sheet.format,
    })
}

/// Reads it as whoever keeps no row: how many were handed out, and how many there are.
pub(super) fn counted(bytes: &[u8], most_rows: usize) -> Result<(usize, usize), SheetProblem> {
    let (mut sheet, mut handed_out) = (super::read(bytes, most_rows)?, 0);
    for block in sheet.blocks().unwrap() {
        handed_out += block.unwrap().len();
    }
    Ok((handed_out, sheet.count))
}

fn rows(bytes: &[u8]) -> Vec<RawRow> {
    read(bytes, 1000).unwrap().rows
}

fn brief(bytes: &[u8]) -> Vec<(i32, String, String)> {
    rows(bytes)
        .into_iter()
        .map(|row| (row.line, row.address, row.groups.as_lines().replace('\n', "+")))
        .collect()
}

fn is(line: i32, address: &str, groups: &str) -> (i32, String, String) {
    (line, address.to_owned(), groups.to_owned())
}

#[test]
fn every_delimiter_line_end_and_byte_order_mark_reads_the_same() {
    let expected = vec![
        is(2, "ADA@Example.org", "Nurses"),
        is(3, "bob@example.org", "Aides+Night shift"),
    ];
    for delimiter in [",", ";", "\t"] {
        for end in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{feff}"] {
                let d = delimiter;
                let text = format!(
                    "{mark}Email{d}Groups{end}ADA@Example.org{d}Nurses{end}bob@example.org{d}\"Aides;Night shift\"{end}"
                );
                assert_eq!(brief(text.as_bytes()), expected, "{text:?}");
            }
        }
    }
}

#[test]
fn utf_16_and_windows_1252_are_read() {
    let text = "email;groups\r\nzo\u{eb}@example.org;B\u{fc}ro\r\n";
    let expected = vec![is(2, "zo\u{eb}@example.org", "B\u{fc}ro")];
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(brief(&little), expected);
    assert_eq!(brief(&big), expected);
    assert_eq!(brief(&[&[0xff, 0xfe][..], &little].concat()), expected);
    assert_eq!(brief(&[&[0xfe, 0xff][..], &big].concat()), expected);
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(brief(&latin), expected);
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let text = "\r\nemail,groups\r\n\r\n\r\na@b.org,X\r\n\"b@b.org\",\"X\r\nY\"\r\n,,\r\n  \r\nc@b.org,X";
    assert_eq!(
        brief(text.as_bytes()),
        [
            is(5, "a@b.org", "X"),
            is(6, "b@b.org", "X+Y"),
            is(10, "c@b.org", "X")
        ]
    );
}

#[test]
fn rows_are_numbered_as_programs_show_them() {
    let text =
        "\r\n\"E-mail\r\naddress\";groups\r\na@b.org;X\r\n\r\n;;\r\n\"b@b.org\";\"X\r\nY\r\nZ\"\r\nc@b.org;X";
    for (end, before) in [
        ("\r\n", ""),
        ("\n", "sep=;"),
        ("\r", "\"sep=;\";;"),
        ("\n", "\u{feff}SEP=;"),
    ] {
        let begin = if before.is_empty() { "" } else { end };
        let text = format!("{before}{begin}{}", text.replace("\r\n", end));
        let lines_before = i32::from(!before.is_empty());
        let numbers: Vec<(i32, i32)> = rows(text.as_bytes())
            .into_iter()
            .map(|row| (row.line - lines_before, row.number))
            .collect();
        assert_eq!(numbers, [(4, 3), (7, 6), (10, 7)], "{text:?}");
    }
}

#[test]
fn columns_have_any_order_and_others_are_not_read() {
    let text = "Name,GROUP,Site,E-Mail Address\n\"Lovelace, Ada\",Nurses,Main,a@b.org\n";
    let row = rows(text.as_bytes()).remove(0);
    assert_eq!((row.address.as_str(), row.location.as_str()), ("a@b.org", "Main"));
    assert_eq!(row.groups.as_lines(), "Nurses");
}

#[test]
fn ragged_rows_are_read_and_surplus_cells_are_noticed() {
    let rows = rows(b"email;groups;location\na@b.org\nb@b.org;X;;;\nc@b.org;X;;Y\n");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].groups.iter().count(), 0);
    assert_eq!(rows[1].faults, []);
    let value = "Y".to_owned();
    assert_eq!(rows[2].faults, [Fault::SurplusCells { value }]);
}

#[test]
fn a_separator_line_is_obeyed_however_programs_leave_it() {
    for separator in [";", ",", "\t", "|", ":"] {
        for said in [
            format!("sep={separator}"),
            format!("SEP={separator}"),
            format!("Sep={separator} "),
            format!("\"sep={separator}\""),
            format!("\"sep={separator}\"{separator}{separator}"),
            format!("sep={separator}{separator}{separator}"),
            format!("\u{feff}sep={separator}\u{a0}"),
        ] {
            let text = format!("{said}\r\nemail{separator}groups\r\na@b.org{separator}X\r\n");
            let sheet = read(text.as_bytes(), 10).unwrap();
            assert_eq!(sheet.format.separator, separator, "{said:?}");
            assert_eq!(brief(text.as_bytes()), [is(3, "a@b.org", "X")], "{said:?}");
        }
    }
    assert_eq!(
        brief(b"sep=;,\r\nemail,groups\r\na@b.org,X\r\n"),
        [is(3, "a@b.org", "X")],
        "saved again with another separator"
    );
}

#[test]
fn a_name_beats_an_alias_and_two_names_are_in_doubt() {
    let row = rows(b"Display name,Address,E-Mail,Groups,Site,Location\nA,12 Main St,a@b.org,X,North,Main\n")
        .remove(0);
    assert_eq!((row.address.as_str(), row.location.as_str()), ("a@b.org", "Main"));
    let row = rows(b"Address;Group;Site\na@b.org;X;North\n").remove(0);
    assert_eq!(
        (row.address.as_str(), row.location.as_str()),
        ("a@b.org", "North")
    );
    for (header, column) in [
        ("email,mail,groups", "email"),
        ("address,address,groups", "email"),
        ("email,group,groups", "groups"),
        ("email,groups,site,site", "location"),
    ] {
        let problem = read(format!("{header}\na@b.org,X,X,X\n").as_bytes(), 10).err();
        assert_eq!(problem, Some(SheetProblem::DoubledColumn(column)), "{header}");
    }
}

#[test]
fn headers_are_read_whatever_stands_round_their_words() {
    for email in [
        "\u{feff}email",
        "\"\u{feff}email\"",
        "email\u{200b}",
        "E-Mail\u{a0}Address",
        "e\u{ad}mail",
        "EMAIL*",
        "email:",
        "\"E-mail\naddress\"",
        " email_address ",
        "' email '",
        "\u{2060}\u{feff}Mail",
    ] {
        for groups in [
            "Groups",
            "Group\u{a0} Names",
            "group(s)\u{200d}",
            "\"Group\r\nname\"",
            "groups *",
        ] {
            let text = format!("{email},{groups}\na@b.org,X\n");
            assert_eq!(rows(text.as_bytes())[0].address, "a@b.org", "{text:?}");
        }
    }
}

#[test]
fn columns_that_are_not_read_may_be_as_long_and_as_many_as_they_like() {
    let note = "n".repeat(100_000);
    let many = ",x".repeat(20_000);
    let text = format!("email,groups,Notes{many}\na@b.org,X,\"{note}\"{many}\nb@b.org,X\n");
    let rows = rows(text.as_bytes());
    assert_eq!(rows.iter().filter(|row| row.faults.is_empty()).count(), 2);
}

#[test]
fn a_cell_is_limited_in_characters_and_told_with_its_row() {
    let names = |length: usize| {
        (10..60)
            .map(|n| format!("{n}{}", "\u{451}".repeat(length - 2)))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let row = rows(format!("email,groups\na@b.org,\"{}\"\n", names(80)).as_bytes()).remove(0);
    assert_eq!((row.groups.iter().count(), row.faults), (50, Vec::new()));
    let file = format!(
        "email,groups\na@b.org,{}\nb@b.org,X\n",
        "\u{451}".repeat(MAX_CELL + 1)
    );
    let rows = rows(file.as_bytes());
    let too_long = Fault::CellTooLong {
        column: "groups".to_owned(),
    };
    assert_eq!(
        (rows[0].faults.as_slice(), rows[1].faults.as_slice()),
        (&[too_long][..], &[][..])
    );
    assert_eq!(rows[0].groups.as_lines().chars().count(), MAX_CELL);
}

#[test]
fn the_end_of_file_of_dos_is_no_row() {
    for end in ["\u{1a}", "\r\n\u{1a}", "\r\n\u{1a}\u{1a}\u{1a}", "\r\n\u{1a}\r\n"] {
        let text = format!("email,groups\r\na@b.org,X{end}");
        assert_eq!(brief(text.as_bytes()), [is(2, "a@b.org", "X")], "{text:?}");
    }
}

#[test]
fn rows_with_nothing_to_see_are_none() {
    for c in "\u{a0}\u{3000}\u{200b}\u{feff}\u{ad}\u{3164}\u{115f}\u{2800}\u{1a}\u{202e}\u{e0020}".chars() {
        let text = format!("email,groups\na@b.org,X\n{c},{c} ,\n\"{c}\"\nb@b.org,X\n");
        assert_eq!(
            brief(text.as_bytes()),
            [is(2, "a@b.org", "X"), is(5, "b@b.org", "X")],
            "{c:?}"
        );
    }
}

#[test]
fn quotation_marks_inside_cells_are_kept() {
    let rows = rows(b"email,groups\na@b.org,\"The \"\"A\"\" team\"\n");
    assert_eq!(rows[0].groups.as_lines(), "The \"A\" team");
}

#[test]
fn what_is_no_spreadsheet_is_refused_with_what_to_do() {
    let no_column = |column, read: &str| SheetProblem::NoColumn {
        column,
        read: read.to_owned(),
    };
    let cases: [(&[u8], SheetProblem); 16] = [
        (b"", SheetProblem::Empty),
        (b"\xef\xbb\xbf", SheetProblem::Empty),
        (b"\r\n\r\n ; ;\r\n", SheetProblem::Empty),
        (b"sep=;", SheetProblem::Empty),
        (b"PK\x03\x04rest of a workbook", SheetProblem::Damaged),
        (b"\xd0\xcf\x11\xe0rest of it", SheetProblem::OldDocument),
        (b"\xef\xbb\xbf\n<HTML><table>", SheetProblem::Markup),
        (b"<?xml version=\"1.0\"?>", SheetProblem::Markup),
        (b"email,groups\na@b.org,X\0\n", SheetProblem::Binary),
        (b"\xff\xfee\0m\0", no_column("email", "\u{201c}em\u{201d}")),
        (b"groups\nX\n", no_column("email", "\u{201c}groups\u{201d}")),
        (
            b"email;location;\na@b.org;X\n",
            no_column("groups", "\u{201c}email\u{201d}, \u{201c}location\u{201d}"),
        ),
        (b"email,groups,mail\n", SheetProblem::DoubledColumn("email")),
        (b"email,groups\n", SheetProblem::NoRows),
        (b"email,groups\n,,,,,,,,\n \n", SheetProblem::NoRows),
        (b"\xff\xfee\0m\0a\0\x00\xd8", SheetProblem::Encoding(1)),
    ];
    for (bytes, problem) in cases {
        assert_eq!(read(bytes, 1000).err(), Some(problem));
    }
    let wide = format!("x{}", ",name".repeat(10_000));
    let said = read(wide.as_bytes(), 10).unwrap_err().to_string();
    assert!(said.len() < 400 && said.contains('\u{2026}'), "{said}");
}

#[test]
fn doubt_about_the_encoding_is_told_with_its_line() {
    let cases: [(&[u8], i32); 6] = [
        ("email,groups\r\nj\u{fc}rgen@b.org,X\r\n".as_bytes(), 3),
        (b"\xef\xbb\xbfemail,groups\r\na@b.org,X\r\n", 3),
        ("email,groups\n\n\"X\nY\",\u{451}\n".as_bytes(), 5),
        ("email,groups\ra@b.org,\u{451}\r".as_bytes(), 3),
        (b"email,groups\n\x8d", 2),
        (b"", 1),
    ];
    for (before, line) in cases {
        let after = if before.is_empty() { "\u{451}" } else { "" };
        for byte in [0x80_u8, 0xeb, 0xff] {
            let file = [before, b"Zo", &[byte], b",X\r\n", after.as_bytes()].concat();
            assert_eq!(
                read(&file, 10).err(),
                Some(SheetProblem::Encoding(line)),
                "{file:?}"
            );
        }
    }
    let sheet = read(b"email;groups\nzo\xeb@b.org;X\n", 10).unwrap();
    assert_eq!(sheet.format.encoding, "windows-1252");
    assert_eq!(
        read(b"email,groups\na@b.org,X", 10).unwrap().format.encoding,
        "UTF-8"
    );
}

#[test]
fn rows_beyond_the_limit_are_counted_and_not_kept() {
    let bomb = format!("email,groups\n{}", "a@b.org,X\n".repeat(200_000));
    let sheet = read(bomb.as_bytes(), 500).unwrap();
    assert_eq!((sheet.rows.len(), sheet.count), (500, 200_000));
}

#[test]
fn a_name_counts_once_and_one_too_many_are_kept() {
    let names = |count: usize| {
        (0..count)
            .map(|number| format!("G{number}"))
            .collect::<Vec<_>>()
            .join(";")
    };
    let file = format!("email,groups\na@b.org,X;Y;X; ;X\nb@b.org,{}\n", names(700));
    let rows = rows(file.as_bytes());
    assert_eq!(rows[0].groups.as_lines(), "X\nY");
    assert_eq!(rows[1].groups.iter().count(), 51);
}

#[test]
#[cfg(target_os = "linux")]
fn a_bomb_costs_no_memory_beyond_its_text() {
    alone("domain::spreadsheet::tests::bombs_alone", &[]);
}

#[test]
#[ignore = "run by the test above"]
#[cfg(target_os = "linux")]
fn bombs_alone() {
    let line = |filling: &str| {
        format!("email,groups\n{}", filling.repeat(MAX_BYTES / filling.len() - 1)).into_bytes()
    };
    let mut latin = b"email,groups\n\xff".to_vec();
    latin.resize(MAX_BYTES, 0x80);
    let names = format!("a@b.org,{}\n", "a;b;".repeat(1000));
    let bombs: [(&str, Vec<u8>, usize); 9] = [
        ("marks", line("\""), 8),
        ("cells that are never closed", line("\"a,b\n"), 8),
        ("text behind marks", line("\"a\"b\n"), 8),
        ("commas", line(","), 8),
        (
            "an open quotation mark",
            [b"email,groups\n\"".to_vec(), vec![b'x'; MAX_BYTES - 20]].concat(),
            8,
        ),
        ("empty lines", line("\n"), 8),
        ("rows", line("a,b\n"), 8),
        ("names", line(&names), 8),
        // Three bytes for each of the file: given up at as many as a file may have.
        ("euro signs", latin, 40),
    ];
    for (what, bytes, most) in bombs {
        let (read, used) = measured(|| counted(&bytes, 500));
        assert!(used < most * 1024 * 1024, "{what} took {used} bytes");
        assert!(
            read.is_err() || read.is_ok_and(|(handed_out, _)| handed_out <= 500),
            "{what}"
        );
    }
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let alphabet = b"email,groups;\t\r\n\"\"\0\xff\xfe\xef\xbb\xbf@.aX|=";
    for _ in 0..20_000 {
        let mut bytes = if state.is_multiple_of(2) {
            b"email,groups\n".to_vec()
        } else {
            Vec::new()
        };
        for _ in 0..state % 60 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            bytes.push(alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()]);
        }
        state = state.wrapping_add(0x1234_5678_9abc_def1).rotate_left(7);
        drop(read(&bytes, 10));
    }
}
