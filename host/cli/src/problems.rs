//! How what went wrong is told.

use caponier_runtime::Problem;

use crate::style::{BAD, BOLD, shown};

/// Everything that is wrong with a revision, as one error.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Writes an error to standard error.
pub(crate) fn report(error: &anyhow::Error) {
    match error.downcast_ref::<Problems>() {
        Some(Problems(problems)) => {
            for problem in problems {
                write(&problem.to_string());
            }
        }
        None => write(&format!("{error:#}")),
    }
}

/// A message, and its hint in a line of its own.
fn write(text: &str) {
    let text = shown(text);
    match text.split_once("\nhint: ") {
        Some((message, hint)) => {
            anstream::eprintln!("{BAD}error{BAD:#}: {message}");
            anstream::eprintln!("{BOLD}hint{BOLD:#}: {hint}");
        }
        None => anstream::eprintln!("{BAD}error{BAD:#}: {text}"),
    }
}
