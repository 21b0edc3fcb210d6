use super::*;

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
    assert!(!rows[1].has_surplus_cells);
    assert!(rows[2].has_surplus_cells);
}

#[test]
fn a_separator_line_is_obeyed() {
    assert_eq!(
        brief(b"sep=;\r\nemail;groups\r\na@b.org;X\r\n"),
        [is(3, "a@b.org", "X")]
    );
}

#[test]
fn quotation_marks_inside_cells_are_kept() {
    let rows = rows(b"email,groups\na@b.org,\"The \"\"A\"\" team\"\n");
    assert_eq!(rows[0].groups.as_lines(), "The \"A\" team");
}

#[test]
fn what_is_no_spreadsheet_is_refused_with_what_to_do() {
    let long = format!("email,groups\na@b.org,{}\n", "x".repeat(5000));
    let unclosed = format!("email,groups\na@b.org,\"X\n{}", "b@b.org,X\n".repeat(1000));
    let wide = format!("email,groups{}\n", ",x".repeat(70));
    let cases: [(&[u8], SheetProblem); 11] = [
        (b"", SheetProblem::Empty),
        (b"\xef\xbb\xbf", SheetProblem::Empty),
        (b"\r\n\r\n ; ;\r\n", SheetProblem::Empty),
        (b"PK\x03\x04rest of a workbook", SheetProblem::Workbook),
        (b"email,groups\na@b.org,X\0\n", SheetProblem::Binary),
        (b"\xff\xfee\0m\0", SheetProblem::NoColumn("email")),
        (b"groups\nX\n", SheetProblem::NoColumn("email")),
        (b"email;location\na@b.org;X\n", SheetProblem::NoColumn("groups")),
        (b"email,groups,mail\n", SheetProblem::DoubledColumn("email")),
        (long.as_bytes(), SheetProblem::CellTooLong(2)),
        (wide.as_bytes(), SheetProblem::TooManyColumns(1)),
    ];
    for (bytes, problem) in cases {
        assert_eq!(read(bytes, 1000).err(), Some(problem));
    }
    assert_eq!(
        read(unclosed.as_bytes(), 1000).err(),
        Some(SheetProblem::CellTooLong(2))
    );
    assert_eq!(
        read(b"\xff\xfee\0m\0a\0\x00\xd8", 10).err(),
        Some(SheetProblem::Binary)
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
fn a_record_may_have_64_cells_of_4096_bytes_and_not_one_more() {
    let cells = |number: usize, length: usize| vec!["x".repeat(length); number].join(",");
    let file = |record: String| format!("email,groups\n{record}\na@b.org,X\n").into_bytes();
    assert_eq!(read(&file(cells(64, 4096)), 10).unwrap().count, 2);
    assert_eq!(
        read(&file(cells(64, 4097)), 10).err(),
        Some(SheetProblem::CellTooLong(2))
    );
    assert_eq!(
        read(&file(cells(65, 1)), 10).err(),
        Some(SheetProblem::TooManyColumns(2))
    );
    let last = format!("email,groups\n{}", cells(65, 1));
    assert_eq!(
        read(last.as_bytes(), 10).err(),
        Some(SheetProblem::TooManyColumns(2))
    );
}

/// The most memory that this process had, in bytes, since it was asked to forget.
#[cfg(target_os = "linux")]
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// In a process of its own: other tests take memory too.
#[test]
#[cfg(target_os = "linux")]
fn a_bomb_costs_no_memory_beyond_its_text() {
    let alone = "domain::spreadsheet::tests::bombs_alone";
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    let done = process.args(["--exact", alone, "--ignored"]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
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
    let bombs: [(&str, Vec<u8>, usize); 6] = [
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
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = peak();
        let read = read(&bytes, 500);
        let used = peak() - before;
        assert!(used < most * 1024 * 1024, "{what} took {used} bytes");
        assert!(
            read.is_err() || read.is_ok_and(|sheet| sheet.rows.len() <= 500),
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
