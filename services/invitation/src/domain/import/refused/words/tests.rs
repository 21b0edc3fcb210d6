use std::collections::BTreeSet;

use muster_language::{faults, keys};

use super::*;
use crate::domain::import::Outcome;

/// Where the rows of these tests stand.
const IN_SPANISH: &str = "fila 7 (línea 8 del archivo)";
const IN_ENGLISH: &str = "row 7 (line 8 of the file)";

fn raw(address: &str, groups: &[&str], faults: Vec<Fault>) -> RawRow {
    RawRow {
        line: 8,
        number: 7,
        address: address.to_owned(),
        groups: groups.iter().collect(),
        faults,
        ..RawRow::default()
    }
}

/// What is told of a problem of the row.
fn told(problem: &Problem, raw: &RawRow, language: Language) -> String {
    let row = Row {
        raw: raw.clone(),
        outcome: Outcome::Invalid,
        problems: vec![problem.clone()],
        groups: Vec::new(),
        location: None,
        invitation: None,
        trace_id: String::new(),
    };
    costs_of(&row, language)
}

fn error(reason: Reason, column: &str) -> Problem {
    Problem::error(reason, column, "in English")
}

#[test]
fn what_is_wrong_with_an_address_is_told_in_the_language_of_the_file() {
    let long = format!("{}@example.org", "a".repeat(70));
    for (address, spanish) in [
        ("", "falta la dirección"),
        (
            "ada at example.org",
            "la dirección debe tener la forma nombre@dominio",
        ),
        (
            long.as_str(),
            "la dirección debe tener como máximo 254 bytes, y como máximo 64 de ellos antes de la arroba",
        ),
        (
            "ada\u{200b}@example.org",
            "la dirección contiene U+200B, que no se ve; quítelo",
        ),
        (
            "a,b@example.org",
            "la dirección tiene antes de la arroba un carácter que ninguna puede tener, como un espacio, una coma o un paréntesis",
        ),
        (
            "ada@example..org",
            "la dirección tiene después de la arroba algo que no es un dominio válido, como example.org",
        ),
    ] {
        let row = raw(address, &["Nurses"], Vec::new());
        let problem = error(Reason::AddressInvalid, "email");
        let spanish = format!("{IN_SPANISH}: correo: {spanish}");
        assert_eq!(told(&problem, &row, Language::Spanish), spanish);
        let problem = problem.suggest(Some("ada@example.org"));
        let meant = format!("{spanish} (probablemente: ada@example.org)");
        assert_eq!(told(&problem, &row, Language::Spanish), meant);
        let english = format!("{IN_ENGLISH}: email: in English (probably meant: ada@example.org)");
        assert_eq!(told(&problem, &row, Language::English), english);
    }
}

#[test]
fn a_name_that_is_none_is_told_with_what_looks_like_it() {
    for (given, name, meant, why) in [
        (
            "nurses",
            "nurses",
            "",
            "cuentan las mayúsculas, las minúsculas y los espacios",
        ),
        // Of several in one cell.
        (
            "Aides|nurses",
            "nurses",
            "Nurses",
            "cuentan las mayúsculas, las minúsculas y los espacios",
        ),
        (
            "Nurses\u{200b}",
            "Nurses[U+200B]",
            "Nurses",
            "se parece a «Nurses», pero contiene U+200B, que no se ve",
        ),
        (
            "Nurs\u{435}s",
            "Nurs\u{435}s",
            "Nurses",
            "se parece a «Nurses», pero está escrito con otros caracteres, como U+0435 en lugar de U+0065",
        ),
        (
            "Cafe\u{301}",
            "Cafe\u{301}",
            "Caf\u{e9}",
            "se parece a «Caf\u{e9}», pero está escrito con otros caracteres, como U+0065 en lugar de U+00E9",
        ),
    ] {
        let row = RawRow {
            location: given.to_owned(),
            ..raw("", &[given], Vec::new())
        };
        let probably = match meant {
            "" => String::new(),
            meant => format!(" (probablemente: {meant})"),
        };
        let unknown = |reason, column| error(reason, column).of(name).suggest(Some(meant));
        let group = unknown(Reason::GroupUnknown, "groups");
        assert_eq!(
            told(&group, &row, Language::Spanish),
            format!("{IN_SPANISH}: grupos: no hay ningún grupo «{name}»; {why}{probably}")
        );
        if given.contains('|') {
            continue;
        }
        let location = unknown(Reason::LocationUnknown, "location");
        assert_eq!(
            told(&location, &row, Language::Spanish),
            format!("{IN_SPANISH}: lugar: no hay ningún lugar «{name}»; {why}{probably}")
        );
    }
}

#[test]
fn every_other_problem_that_costs_a_row_is_told_in_the_language_of_the_file() {
    let earlier = Place { line: 3, row: 2 };
    let together = error(Reason::TooManyGroupsTogether, "groups").about(earlier);
    for (problem, spanish) in [
        (
            error(Reason::AddressMarked, "email"),
            "correo: la dirección empieza con un signo que los programas de hojas de cálculo ponen delante de un texto; quítelo",
        ),
        (
            error(Reason::AddressOfLearner, "email"),
            "correo: la dirección es de alguien que ya está activo en la organización; quite la fila",
        ),
        (
            error(Reason::AddressOfLearner, ""),
            "la dirección es ahora de alguien que ya está activo en la organización; no hay que hacer nada",
        ),
        (
            error(Reason::GroupsMissing, "groups"),
            "grupos: indique al menos un grupo",
        ),
        (
            error(Reason::TooManyGroups, "groups"),
            "grupos: indique como máximo 50 grupos",
        ),
        (
            together,
            "grupos: con los grupos de la fila 2 (línea 3 del archivo), que tiene la misma dirección, son más de 50; indique menos",
        ),
        (
            error(Reason::TooManyGroupsTogether, ""),
            "la dirección ya está invitada, y con estos tendría más de 50 grupos; indique menos y suba la fila otra vez",
        ),
        (
            error(Reason::GroupInactive, "groups").of("Old"),
            "grupos: el grupo «Old» no está activo; indique otro",
        ),
        (
            error(Reason::MoreGroups, "groups").of("Cooks; Old"),
            "grupos: otros de los grupos indicados no existen o no están activos: Cooks; Old",
        ),
        (
            error(Reason::LocationInactive, "location").of("Mill"),
            "lugar: el lugar «Mill» no está activo; indique otro, o ninguno",
        ),
        (
            error(Reason::MailboxFull, ""),
            "este buzón ya tiene tantos correos como puede recibir en cada uno de los próximos 90 días; use direcciones de otros buzones",
        ),
        (
            error(Reason::MessagesUsedUp, ""),
            "los mensajes del plan están agotados para los próximos 90 días; suba la fila otra vez más adelante, o pida un plan mayor",
        ),
        (
            error(Reason::OrganizationNotActive, ""),
            "la organización ya no está activa; no se envió nada",
        ),
        (
            error(Reason::GroupsInactive, ""),
            "ninguno de los grupos de la fila sigue activo; indique otro y suba la fila otra vez",
        ),
    ] {
        let row = raw("ada@example.org", &["Nurses"], Vec::new());
        let said = told(&problem, &row, Language::Spanish);
        assert_eq!(said, format!("{IN_SPANISH}: {spanish}"));
        let said = told(&problem, &row, Language::English);
        assert!(
            said.starts_with(IN_ENGLISH) && said.ends_with(": in English"),
            "{said}"
        );
    }
}

/// Each fault of a file that costs a row, with what is told of it.
fn of_files() -> Vec<(Fault, &'static str)> {
    let (value, cell) = (String::new, || "B7".to_owned());
    let column = |name: &str| name.to_owned();
    vec![
        (
            Fault::SurplusCells { value: value() },
            "la fila tiene más celdas que la primera línea; ponga entre comillas la celda que contiene el separador",
        ),
        (
            Fault::CellTooLong {
                column: column("groups"),
            },
            "grupos: la celda es más larga de lo que puede ser; solo se muestra su comienzo",
        ),
        (
            Fault::SpaceBeforeMark {
                column: column("email"),
            },
            "correo: hay un espacio delante de las comillas; quítelo, para que la celda empiece con ellas",
        ),
        (
            Fault::MarkNotClosed {
                line: 8,
                value: value(),
            },
            "las comillas con las que empieza una celda en la línea 8 no se cierran; ciérrelas o quítelas. Las líneas que siguen se leyeron como filas propias",
        ),
        (
            Fault::TextAfterMark {
                begin: 8,
                end: 8,
                value: value(),
            },
            "en la línea 8 hay más texto detrás de las comillas que cierran una celda; ponga allí un separador, o escriba dos veces las comillas de dentro de la celda",
        ),
        (
            Fault::TextAfterMark {
                begin: 8,
                end: 9,
                value: value(),
            },
            "la celda que empieza con comillas en la línea 8 se cierra en la línea 9, donde sigue más texto; corrija las comillas",
        ),
        (
            Fault::DoubtfulLine { begin: 5 },
            "esto puede ser una fila, o una parte de la celda que empieza en la línea 5; corrija allí las comillas",
        ),
        (
            Fault::CellError {
                column: column("location"),
                cell: cell(),
                error: "#N/A".to_owned(),
            },
            "lugar: la celda B7 muestra el error #N/A; escriba en ella el valor mismo",
        ),
        (
            Fault::NotComputed {
                column: column("email"),
                cell: cell(),
            },
            "correo: la celda B7 es una fórmula que nunca se calculó; abra el archivo en su programa de hojas de cálculo y guárdelo otra vez, o escriba el valor mismo",
        ),
        (
            Fault::BeyondColumns {
                cell: cell(),
                value: value(),
            },
            "la celda B7 está a la derecha de las columnas que tienen nombre; dé un nombre a su columna, o vacíela",
        ),
        (
            Fault::LinkedAddress {
                address: "ada@b.org".to_owned(),
            },
            "correo: el texto de la celda no es una dirección, pero enlaza con una; lo que cuenta es lo que la celda muestra (probablemente: ada@b.org)",
        ),
    ]
}

#[test]
fn what_a_row_was_read_with_is_told_with_its_cells_and_lines() {
    let all: Vec<Fault> = of_files().into_iter().map(|(fault, _)| fault).collect();
    for (fault, spanish) in of_files() {
        // Beside all those of other kinds.
        let others = all.iter().filter(|other| other.reason() != fault.reason());
        let faults = others.cloned().chain([fault.clone()]).collect();
        let row = raw("Ada", &["Nurses"], faults);
        let problem = fault.problem(&row);
        let said = told(&problem, &row, Language::Spanish);
        assert_eq!(said, format!("{IN_SPANISH}: {spanish}"));
        let said = told(&problem, &row, Language::English);
        assert!(said.contains(&problem.description), "{said}");
    }
}

#[test]
fn of_the_same_fault_in_two_columns_each_has_its_cell() {
    let fault = |column: &str, cell: &str| Fault::NotComputed {
        column: column.to_owned(),
        cell: cell.to_owned(),
    };
    let row = raw("", &[], vec![fault("email", "A7"), fault("groups", "B7")]);
    for (fault, begin) in row
        .faults
        .iter()
        .zip(["correo: la celda A7", "grupos: la celda B7"])
    {
        let said = told(&fault.problem(&row), &row, Language::Spanish);
        assert!(said.starts_with(&format!("{IN_SPANISH}: {begin} ")), "{said}");
    }
}

/// What an earlier release has written, and what nobody knows of the row any more, is told as it was written.
#[test]
fn a_problem_of_which_too_little_is_known_is_told_as_it_stands() {
    let without_a_reason = Problem {
        reason: None,
        ..error(Reason::GroupsMissing, "groups")
    };
    let without_its_fault = error(Reason::CellError, "email");
    for problem in [without_a_reason, without_its_fault] {
        let said = told(&problem, &raw("", &[], Vec::new()), Language::Spanish);
        assert!(said.ends_with(": in English"), "{said}");
    }
}

#[test]
fn a_place_is_a_row_and_its_line_where_that_is_another_one() {
    for (line, spanish) in [(7, "fila 7"), (8, IN_SPANISH)] {
        let here = Place { line, row: 7 };
        assert_eq!(place(here, Language::Spanish), spanish);
        assert_eq!(
            place(here, Language::English),
            here.to_string(),
            "as in descriptions"
        );
    }
}

#[test]
fn every_message_is_in_each_language_and_said() {
    assert_eq!(faults(ENGLISH, SPANISH), Vec::<String>::new());
    assert!(Texts::new(ENGLISH, SPANISH).is_ok());
    assert!(Texts::new("", PROBLEMS_IN_SPANISH).is_ok());
    let source = include_str!("../words.rs");
    let quoted: BTreeSet<&str> = source.split('"').collect();
    let [file, problems] = [ENGLISH, PROBLEMS_IN_SPANISH].map(|messages| keys(messages).unwrap());
    for key in file.keys().chain(problems.keys()) {
        assert!(quoted.contains(key.as_str()), "nobody says {key}");
    }
    for said in source.split("self.say(\"").skip(1) {
        let key = said.split('"').next().unwrap();
        assert!(problems.contains_key(key), "there is no message {key}");
    }
}
