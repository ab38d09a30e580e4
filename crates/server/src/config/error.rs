//! What is wrong with the configuration, where, and what would be right.

use std::fmt;
use std::path::PathBuf;

use super::keys::{SECTIONS, key, keys};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The file as a whole.
    WholeFile(PathBuf),
    /// A line of the file, counted from 1.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// A flag, as it was written.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::WholeFile(path) => path.display().fmt(f),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub origin: Origin,
    /// `section.key`, if it got that far.
    pub key: Option<String>,
    /// What, and what would be right.
    pub problem: String,
}

impl Fault {
    pub(crate) fn new(origin: Origin, problem: impl Into<String>) -> Self {
        Self { origin, key: None, problem: problem.into() }
    }

    pub(crate) fn unknown_key(origin: Origin, key: &str) -> Self {
        let problem = match similar(key) {
            Some(known) => format!("unknown key; did you mean {known}?"),
            None => "unknown key; `visavis config docs` lists them".to_owned(),
        };
        Self { origin, key: Some(key.to_owned()), problem }
    }

    /// `rest` is the variable's name after `VISAVIS_`, without a double underscore.
    pub(crate) fn unknown_variable(origin: Origin, rest: &str) -> Self {
        let problem = match similar(&rest.to_lowercase()).and_then(key) {
            Some(known) => format!("sets nothing; did you mean {}?", known.variable()),
            None => "sets nothing; variables are called VISAVIS_<SECTION>__<KEY>, and `visavis config docs` lists them"
                .to_owned(),
        };
        Self::new(origin, problem)
    }

    pub(crate) fn unknown_section(origin: Origin, section: &str) -> Self {
        let names: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        let problem = format!("unknown section; there are {}", names.join(", "));
        Self { origin, key: Some(section.to_owned()), problem }
    }
}

/// The known key that `key` was probably meant to be.
fn similar(key: &str) -> Option<&'static str> {
    // A good guess changes about every third letter at most; below that, guesses mislead.
    const ALIKE: f64 = 0.7;
    let same_word = keys().find(|known| known.name.split('.').nth(1) == Some(key));
    if let Some(known) = same_word {
        return Some(known.name);
    }
    let (score, known) = keys()
        .map(|known| (strsim::normalized_damerau_levenshtein(key, known.name), known.name))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (score >= ALIKE).then_some(known)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.problem)
    }
}

/// Everything that is wrong with the configuration, a line each; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// In the order of the sources.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
