//! Reads settings and collects every mistake, where clap stops at the first.

use std::any::TypeId;
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args, Command};

use super::Secret;

/// The program whose settings are read.
#[derive(Clone, Debug)]
pub struct Program {
    /// Name of the binary, with the sub-command if one was given.
    pub name: String,
    /// What it does, for `--help`.
    pub about: String,
    /// Version, for `--version`.
    pub version: &'static str,
    /// Printed after the flags.
    pub epilogue: Cow<'static, str>,
}

/// Why there are no settings.
#[derive(Debug)]
pub enum ConfigErrors {
    /// Nothing is wrong: help or version was asked for. The text is for standard output.
    HelpRequested(String),
    /// Everything that is wrong, one line each. The process exits with 64 (EX_USAGE).
    Wrong(Vec<String>),
}

/// Reads `arguments` (without the program's name) and the environment.
///
/// # Errors
/// [`ConfigErrors`]: all of them.
pub fn read<T: Args>(program: &Program, arguments: &[OsString]) -> Result<T, ConfigErrors> {
    let command = T::augment_args(Command::new("muster"))
        .bin_name(program.name.clone())
        .display_name(program.name.clone())
        .about(program.about.clone())
        .version(program.version)
        .after_help(program.epilogue.clone().into_owned())
        .no_binary_name(true);
    let matches = matches(hiding_secrets(command), arguments)?;
    T::from_arg_matches(&matches).map_err(|error| ConfigErrors::Wrong(vec![one_line(&error)]))
}

/// No value of a [`Secret`] is shown, whoever declared the setting.
fn hiding_secrets(command: Command) -> Command {
    command.mut_args(|arg| {
        let secret = arg.get_value_parser().type_id() == TypeId::of::<Secret>();
        if secret { arg.hide_env_values(true) } else { arg }
    })
}

/// Each round finds one mistake, writes it down and takes away the rule that found it.
fn matches(mut command: Command, arguments: &[OsString]) -> Result<ArgMatches, ConfigErrors> {
    let mut wrong = Vec::new();
    loop {
        let error = match command.clone().try_get_matches_from(arguments) {
            Ok(matches) if wrong.is_empty() => return Ok(matches),
            Ok(_) => return Err(ConfigErrors::Wrong(wrong)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Err(ConfigErrors::HelpRequested(error.to_string()));
            }
            ErrorKind::MissingRequiredArgument => {
                let missing = named(&command, &error);
                wrong.extend(missing.iter().map(|arg| format!("{} is missing", names(arg))));
                command = missing.iter().fold(command, |command, arg| {
                    command.mut_arg(arg.get_id().as_str(), |arg| arg.required(false))
                });
                if missing.is_empty() {
                    wrong.push(one_line(&error));
                    return Err(ConfigErrors::Wrong(wrong));
                }
            }
            ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
                let Some(arg) = named(&command, &error).into_iter().next() else {
                    wrong.push(one_line(&error));
                    return Err(ConfigErrors::Wrong(wrong));
                };
                wrong.push(bad_value(&arg, &error));
                command = command.mut_arg(arg.get_id().as_str(), |arg| {
                    arg.value_parser(clap::value_parser!(OsString))
                        .default_value(None::<&str>)
                });
            }
            // An unknown flag: what follows it cannot be understood.
            _ => {
                wrong.push(one_line(&error));
                return Err(ConfigErrors::Wrong(wrong));
            }
        }
    }
}

/// The arguments that the error names.
fn named(command: &Command, error: &clap::Error) -> Vec<Arg> {
    let shown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(many)) => many.clone(),
        _ => Vec::new(),
    };
    // Arguments cannot be shown before their command is built.
    let mut built = command.clone();
    built.build();
    built
        .get_arguments()
        .filter(|arg| shown.contains(&arg.to_string()))
        .cloned()
        .collect()
}

/// `--listen (MUSTER_LISTEN)`
fn names(arg: &Arg) -> String {
    if arg.is_positional() {
        return arg.to_string();
    }
    let flag = arg.get_long().unwrap_or_else(|| arg.get_id().as_str());
    match arg.get_env() {
        Some(variable) => format!("--{flag} ({})", variable.to_string_lossy()),
        None => format!("--{flag}"),
    }
}

fn bad_value(arg: &Arg, error: &clap::Error) -> String {
    let mut why = "cannot be used".to_owned();
    if let Some(problem) = std::error::Error::source(error) {
        why = problem.to_string();
        let mut source = problem.source();
        while let Some(cause) = source {
            why.push_str(&format!(": {cause}"));
            source = cause.source();
        }
    }
    match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !arg.is_hide_env_values_set() => {
            format!("{}: \"{value}\" {why}", names(arg))
        }
        _ => format!("{}: {why}", names(arg)),
    }
}

fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HelpRequested(text) => f.write_str(text),
            Self::Wrong(lines) => {
                writeln!(f, "the settings cannot be used:")?;
                lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
                writeln!(f, "see --help")
            }
        }
    }
}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageSettings;
    use crate::settings::{CommonSettings, DatabaseSettings};

    fn read_from<T: Args>(arguments: &[&str]) -> Result<T, ConfigErrors> {
        let program = Program {
            name: "muster-test".into(),
            about: "Tests".into(),
            version: "1.2.3",
            epilogue: "".into(),
        };
        read(
            &program,
            &arguments.iter().map(OsString::from).collect::<Vec<_>>(),
        )
    }

    fn wrong<T: Args + fmt::Debug>(arguments: &[&str]) -> Vec<String> {
        match read_from::<T>(arguments) {
            Err(ConfigErrors::Wrong(lines)) => lines,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let lines = wrong::<CommonSettings>(&[
            "--listen=nowhere",
            "--database-pool=0",
            "--max-calls=0",
            "--trace-ratio=2",
            "--database-url=",
            "--workload-issuer=https://cluster",
        ]);
        let about = |text: &str| lines.iter().any(|line| line.contains(text));
        assert!(
            about("--listen (MUSTER_LISTEN): \"nowhere\" invalid socket address"),
            "{lines:#?}"
        );
        assert!(
            about("--database-pool (MUSTER_DATABASE_POOL): \"0\""),
            "{lines:#?}"
        );
        assert!(about("--max-calls (MUSTER_MAX_CALLS): \"0\""), "{lines:#?}");
        assert!(
            about("--trace-ratio (MUSTER_TRACE_RATIO): \"2\" is not a number from 0 to 1"),
            "{lines:#?}"
        );
        assert!(
            about("--database-url (MUSTER_DATABASE_URL): is empty"),
            "{lines:#?}"
        );
        assert!(about("--amqp-url (MUSTER_AMQP_URL) is missing"), "{lines:#?}");
        assert!(
            about("--caller-jwks (MUSTER_CALLER_JWKS) is missing"),
            "{lines:#?}"
        );
        assert!(!about("MUSTER_WORKLOAD_ISSUER"), "{lines:#?}");
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let settings: DatabaseSettings = read_from(&["--database-url=postgres://u:hunter2@h/d"]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_kept_by_its_type_and_other_values_are_shown() {
        let command = CommonSettings::augment_args(Command::new("test"));
        let command = hiding_secrets(PasswordSettings::augment_args(command));
        let hidden: Vec<_> = command
            .get_arguments()
            .filter(|arg| arg.is_hide_env_values_set())
            .map(|arg| arg.get_id().as_str())
            .collect();
        assert_eq!(hidden, ["database_url", "amqp_url", "password"]);
    }

    #[derive(Debug, clap::Args)]
    struct PasswordSettings {
        /// Declared by somebody who thought of nothing
        #[arg(long, env = "MUSTER_TEST_PASSWORD")]
        password: Secret,
    }

    #[test]
    fn a_password_that_cannot_be_used_is_not_repeated() {
        let settings: PasswordSettings = read_from(&["--password=hunter2"]).unwrap();
        assert_eq!(settings.password.reveal(), "hunter2");
        assert_eq!(
            wrong::<PasswordSettings>(&["--password="]),
            ["--password (MUSTER_TEST_PASSWORD): is empty"]
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_said_to_be_not_there() {
        let lines = wrong::<PageSettings>(&["--page-key=/nowhere/at/all"]);
        assert!(lines[0].contains("No such file"), "{lines:#?}");
    }

    #[test]
    fn an_unknown_flag_is_named() {
        assert!(wrong::<DatabaseSettings>(&["--databse-url=x"])[0].contains("--databse-url"));
    }

    #[test]
    fn help_names_flags_variables_and_defaults() {
        let Err(ConfigErrors::HelpRequested(help)) = read_from::<CommonSettings>(&["--help"]) else {
            panic!("no help")
        };
        for text in [
            "--listen",
            "MUSTER_LISTEN",
            "0.0.0.0:8080",
            "MUSTER_DATABASE_URL",
            "muster-test",
        ] {
            assert!(help.contains(text), "{text} is not in\n{help}");
        }
    }
}
