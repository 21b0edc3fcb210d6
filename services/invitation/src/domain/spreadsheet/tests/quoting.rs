//! Quotation marks as people and programs leave them.

use super::super::super::fault::Fault;
use super::super::RawRow;
use super::{brief, is, rows};

/// The faults of each row, without what is repeated of its cells.
fn faults(text: &str) -> Vec<(i32, Vec<Fault>)> {
    let rows = rows(text.as_bytes());
    let of_row = |mut row: RawRow| {
        row.faults.iter_mut().filter_map(value).for_each(String::clear);
        (row.line, row.faults)
    };
    rows.into_iter().map(of_row).collect()
}

/// What is repeated of a cell whose marks are wrong.
fn value(fault: &mut Fault) -> Option<&mut String> {
    match fault {
        Fault::MarkNotClosed { value, .. } | Fault::TextAfterMark { value, .. } => Some(value),
        _ => None,
    }
}

fn unclosed(line: i32) -> Fault {
    let value = String::new();
    Fault::MarkNotClosed { line, value }
}

fn followed(begin: i32, end: i32) -> Fault {
    let value = String::new();
    Fault::TextAfterMark { begin, end, value }
}

#[test]
fn a_cell_whose_marks_are_wrong_is_repeated_with_them() {
    let long = format!("a@b.org,\"{},", "x".repeat(300));
    let cut = format!("\"{}\u{2026}", "x".repeat(198));
    for (record, repeated) in [
        ("\"a\"@b.org,X,", "\"a\"@b.org"),
        ("a@b.org,\"X\" ,", "\"X\" "),
        ("a@b.org,X,\"Ann \\\"Annie\\\" K\"", "\"Ann \\\"Annie\\\" K\""),
        ("a@b.org,\"X,", "\"X"),
        ("a@b.org,\"X\n\"y,", "\"X"),
        (long.as_str(), cut.as_str()),
    ] {
        let text = format!("email,groups,notes\n{record}\nb@b.org,X,\n");
        let mut row = rows(text.as_bytes()).remove(0);
        let said: Vec<&str> = row
            .faults
            .iter_mut()
            .filter_map(value)
            .map(|value| value.as_str())
            .collect();
        assert_eq!(said, [repeated], "{record}");
    }
}

#[test]
fn a_mark_that_is_not_closed_swallows_nobody() {
    let text = "name,email,groups\n\"Ada L,a@b.org,X\n\"Bob M\",b@b.org,X\nCy N,c@b.org,X\n";
    let expected = [
        is(2, "a@b.org", "X"),
        is(3, "b@b.org", "X"),
        is(4, "c@b.org", "X"),
    ];
    assert_eq!(brief(text.as_bytes()), expected);
    assert_eq!(faults(text), [(2, vec![unclosed(2)]), (3, vec![]), (4, vec![])]);
}

#[test]
fn a_mark_that_is_never_closed_is_told_where_it_began() {
    let others = "b@b.org,X,\n".repeat(500);
    let text = format!("email,groups,notes\na@b.org,\"X\nY\",\"see\n{others}");
    let faults = faults(&text);
    assert_eq!((faults.len(), &faults[0]), (501, &(2, vec![unclosed(3)])));
    assert!(faults[1..].iter().all(|(_, faults)| faults.is_empty()));
    assert_eq!(brief(b"email,groups\na@b.org,\"X"), [is(2, "a@b.org", "X")]);
}

#[test]
fn behind_a_closing_mark_stands_a_separator_or_a_line_end() {
    for (record, address, groups) in [
        ("\"a\"@b.org,X,", "a@b.org", "X"),
        ("a@b.org,\"X\" ,", "a@b.org", "X "),
        ("a@b.org,X,\"Ann \\\"Annie\\\" K\"", "a@b.org", "X"),
        ("a@b.org,X,\"\"note", "a@b.org", "X"),
        ("a@b.org,X,\"no\"\"te\" \"x\"", "a@b.org", "X"),
    ] {
        let text = format!("email,groups,notes\n{record}\nb@b.org,X,\n");
        assert_eq!(
            brief(text.as_bytes()),
            [is(2, address, groups), is(3, "b@b.org", "X")],
            "{record}"
        );
        assert_eq!(
            faults(&text),
            [(2, vec![followed(2, 2)]), (3, vec![])],
            "{record}"
        );
    }
}

#[test]
fn lines_that_may_be_a_piece_of_a_cell_are_rows_and_in_doubt() {
    let text = "notes,email,groups\n\"see below\nx,evil@b.org,X\nand \"this\" too\",a@b.org,X\nz,b@b.org,X\n";
    let doubtful = Fault::DoubtfulLine { begin: 2 };
    let expected = [
        (2, vec![followed(2, 4)]),
        (3, vec![doubtful.clone()]),
        (4, vec![doubtful]),
        (5, vec![]),
    ];
    assert_eq!(faults(text), expected);
    let numbers: Vec<i32> = rows(text.as_bytes()).iter().map(|row| row.number).collect();
    assert_eq!(numbers, [2, 3, 4, 5], "and each has its number");
}

#[test]
fn a_space_before_a_mark_is_told_where_the_cell_is_read() {
    let before = |column: &str| Fault::SpaceBeforeMark {
        column: column.to_owned(),
    };
    let text = "email, groups, notes\n\"a@b.org\", \"X;Y\", \"z\"\n \"b@b.org\",X,\n";
    assert_eq!(
        faults(text),
        [(2, vec![before("groups")]), (3, vec![before("email")])]
    );
}

/// A record of three people, with something wrong put at every place of the first of them.
#[test]
fn whatever_is_wrong_with_one_row_the_others_are_read() {
    let good = ["\"Ada, L\"", "a@b.org", "\"X;Y\""];
    let wrong = [
        "\"", "\"\"\"", "\"a\"b", "\"a\" ", "a\"b", "\\\"", "\"a,b", "x\"", " \"a\"",
    ];
    for end in ["\n", "\r\n", "\r"] {
        for fault in wrong {
            for place in 0..good.len() {
                let mut cells = good;
                cells[place] = fault;
                let first = cells.join(",");
                let text =
                    format!("name,email,groups{end}{first}{end}\"Bob\",b@b.org,X{end}Cy,c@b.org,\"X\"{end}");
                let read = brief(text.as_bytes());
                assert_eq!(read.first().map(|row| row.0), Some(2), "{text:?}");
                for (line, address) in [(3, "b@b.org"), (4, "c@b.org")] {
                    assert!(read.contains(&is(line, address, "X")), "{text:?}: {read:?}");
                }
                let told = faults(&text);
                assert!(
                    told[1..].iter().all(|(_, faults)| faults.is_empty()),
                    "{text:?}: {told:?}"
                );
            }
        }
    }
}

#[test]
fn lines_inside_a_cell_that_is_closed_are_that_cell() {
    let text = "notes,email,groups\r\n\"see below\r\nx,evil@b.org,X\r\nand \"\"this\"\" too\",a@b.org,X\r\n\"old\rmac\",b@b.org,X\r\n";
    assert_eq!(
        brief(text.as_bytes()),
        [is(2, "a@b.org", "X"), is(5, "b@b.org", "X")]
    );
}
