//! Reads settings and collects every mistake, where clap stops at the first.

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args, Command};

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
    pub epilogue: &'static str,
}

/// Why there are no settings.
#[derive(Debug)]
pub enum Mistakes {
    /// Nothing is wrong: help or version was asked for. The text is for standard output.
    Asked(String),
    /// Everything that is wrong, one line each. The process exits with 64 (EX_USAGE).
    Wrong(Vec<String>),
}

/// Reads `arguments` (without the program's name) and the environment.
///
/// # Errors
/// [`Mistakes`]: all of them.
pub fn read<T: Args>(program: &Program, arguments: &[OsString]) -> Result<T, Mistakes> {
    let command = T::augment_args(Command::new("muster"))
        .bin_name(program.name.clone())
        .display_name(program.name.clone())
        .about(program.about.clone())
        .version(program.version)
        .after_help(program.epilogue)
        .no_binary_name(true);
    let matches = matches(command, arguments)?;
    T::from_arg_matches(&matches).map_err(|error| Mistakes::Wrong(vec![one_line(&error)]))
}

/// Each round finds one mistake, writes it down and takes away the rule that found it.
fn matches(mut command: Command, arguments: &[OsString]) -> Result<ArgMatches, Mistakes> {
    let mut wrong = Vec::new();
    loop {
        let error = match command.clone().try_get_matches_from(arguments) {
            Ok(matches) if wrong.is_empty() => return Ok(matches),
            Ok(_) => return Err(Mistakes::Wrong(wrong)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Err(Mistakes::Asked(error.to_string()));
            }
            ErrorKind::MissingRequiredArgument => {
                let missing = named(&command, &error);
                wrong.extend(missing.iter().map(|arg| format!("{} is missing", names(arg))));
                command = missing.iter().fold(command, |command, arg| {
                    command.mut_arg(arg.get_id().as_str(), |arg| arg.required(false))
                });
                if missing.is_empty() {
                    wrong.push(one_line(&error));
                    return Err(Mistakes::Wrong(wrong));
                }
            }
            ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
                let Some(arg) = named(&command, &error).into_iter().next() else {
                    wrong.push(one_line(&error));
                    return Err(Mistakes::Wrong(wrong));
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
                return Err(Mistakes::Wrong(wrong));
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
    command
        .get_arguments()
        .filter(|arg| shown.contains(&arg.to_string()))
        .cloned()
        .collect()
}

/// `--listen (MUSTER_LISTEN)`
fn names(arg: &Arg) -> String {
    let flag = arg.get_long().unwrap_or_else(|| arg.get_id().as_str());
    match arg.get_env() {
        Some(variable) => format!("--{flag} ({})", variable.to_string_lossy()),
        None => format!("--{flag}"),
    }
}

fn bad_value(arg: &Arg, error: &clap::Error) -> String {
    let why =
        std::error::Error::source(error).map_or_else(|| "cannot be used".to_owned(), ToString::to_string);
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

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(text) => f.write_str(text),
            Self::Wrong(lines) => {
                writeln!(f, "the settings cannot be used:")?;
                lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
                writeln!(f, "see --help")
            }
        }
    }
}

impl std::error::Error for Mistakes {}
