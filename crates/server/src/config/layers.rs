//! The sources of the configuration, read into one list of values: later ones win.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Fault, Origin};
use super::keys::{Config, SECTIONS};
use super::setting::Raw;

/// The file's name, looked for in the data folder and then in the working folder.
const FILE: &str = "visavis.toml";
/// Names the file, as `--config` does.
const FILE_VARIABLE: &str = "VISAVIS_CONFIG";

/// What other programs of the project read, after `VISAVIS_`: they may be started from the same shell.
const OTHER_PROGRAMS: [&str; 9] = [
    // Tests, measurements and the development server of the web app.
    "BINARY",
    "CHROMIUM",
    "FIREFOX",
    "REQUIRE_ALL",
    "SCREENS",
    "SERVER",
    "CLUSTER_KILL_TEST_FILE",
    // The small messenger.
    "TOKEN",
    "WEBHOOK_KEY",
];

/// Where settings may come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config`: the file; it must exist.
    pub config: Option<PathBuf>,
    /// `--data`: short for `--set data.dir=…`.
    pub data: Option<PathBuf>,
    /// `--set section.key=value`, each.
    pub sets: Vec<String>,
    /// Environment variables; those that do not begin with `VISAVIS_` are skipped.
    pub variables: Vec<(OsString, OsString)>,
}

/// One value with its place.
pub(super) struct Value {
    pub(super) key: String,
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// Which file was read, and all values in the order in which they apply.
pub(super) fn read(sources: &Sources, faults: &mut Vec<Fault>) -> (Option<PathBuf>, Vec<Value>) {
    let mut over = variables(sources, faults);
    over.extend(flags(sources, faults));
    let file = find_file(sources, &over);
    let mut values = file.as_deref().map(|path| read_file(path, faults)).unwrap_or_default();
    values.extend(over);
    (file, values)
}

fn variables(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Value> {
    let mut values = Vec::new();
    for (name, value) in &sources.variables {
        let Some(name) = name.to_str() else { continue };
        let Some(rest) = name.strip_prefix("VISAVIS_") else { continue };
        let origin = Origin::Variable(name.to_owned());
        let Some((section, key)) = rest.split_once("__") else {
            if name != FILE_VARIABLE && !OTHER_PROGRAMS.contains(&rest) && !is_of_a_platform(rest, value) {
                faults.push(Fault::unknown_variable(origin, rest));
            }
            continue;
        };
        let Some(value) = value.to_str() else {
            faults.push(Fault::new(origin, "is not UTF-8"));
            continue;
        };
        let key = format!("{}.{}", section.to_lowercase(), key.to_lowercase());
        values.push(Value { key, raw: Raw::Words(value.to_owned()), origin });
    }
    values.sort_by(|one, other| one.key.cmp(&other.key));
    values
}

/// Whether a container platform sets this variable by itself for a service called `visavis` or `visavis-…`: `_SERVICE_HOST`,
/// `_SERVICE_PORT`, `_SERVICE_PORT_<NAME>`, `_PORT` with a URL, and `_PORT_<NUMBER>_TCP` with what follows.
fn is_of_a_platform(rest: &str, value: &OsStr) -> bool {
    let numbered = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let rest = format!("_{rest}");
    rest.ends_with("_SERVICE_HOST")
        || rest.ends_with("_SERVICE_PORT")
        || rest.contains("_SERVICE_PORT_")
        || rest.split("_PORT_").skip(1).any(numbered)
        || (rest.ends_with("_PORT") && value.to_str().is_some_and(|value| value.contains("://")))
}

fn flags(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Value> {
    let mut values = Vec::new();
    if let Some(folder) = &sources.data {
        let origin = Origin::Flag("--data".to_owned());
        match folder.to_str() {
            Some(text) => {
                values.push(Value { key: "data.dir".to_owned(), raw: Raw::Words(text.to_owned()), origin });
            }
            None => faults.push(Fault::new(origin, "is not UTF-8")),
        }
    }
    for flag in &sources.sets {
        let origin = Origin::Flag(format!("--set {flag}"));
        match flag.split_once('=') {
            Some((key, value)) => {
                let raw = Raw::Words(value.trim().to_owned());
                values.push(Value { key: key.trim().to_owned(), raw, origin });
            }
            None => faults.push(Fault::new(origin, "must be written --set section.key=value")),
        }
    }
    values
}

fn find_file(sources: &Sources, over: &[Value]) -> Option<PathBuf> {
    if let Some(named) = &sources.config {
        return Some(named.clone());
    }
    if let Some((_, named)) = sources.variables.iter().find(|(name, _)| name == FILE_VARIABLE) {
        return Some(PathBuf::from(named));
    }
    let data = over.iter().rev().find_map(|value| match &value.raw {
        Raw::Words(folder) if value.key == "data.dir" => Some(PathBuf::from(folder)),
        _ => None,
    });
    let data = data.unwrap_or_else(|| Config::default().data.dir);
    [data.join(FILE), PathBuf::from(FILE)].into_iter().find(|path| path.exists())
}

fn read_file(path: &Path, faults: &mut Vec<Fault>) -> Vec<Value> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            faults.push(Fault::new(Origin::WholeFile(path.to_owned()), format!("cannot be read: {error}")));
            return Vec::new();
        }
    };
    let origin = |start: usize| {
        let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        Origin::File(path.to_owned(), line)
    };
    let table = match DeTable::parse(&text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
            let is_value = text.get(line..start).is_some_and(|before| before.contains('='));
            let hint = if is_value { " (texts are written in quotes)" } else { "" };
            let problem = format!("not TOML: {}{hint}", error.message());
            faults.push(Fault::new(origin(start), problem));
            return Vec::new();
        }
    };
    let mut values = Vec::new();
    for (section, content) in &table {
        let name = section.get_ref();
        let DeValue::Table(keys) = content.get_ref() else {
            faults.push(Fault::unknown_key(origin(section.span().start), name));
            continue;
        };
        let known = SECTIONS.iter().any(|known| known.name == name);
        if !known && keys.is_empty() {
            faults.push(Fault::unknown_section(origin(section.span().start), name));
        }
        for (key, value) in keys {
            values.push(Value {
                key: format!("{name}.{}", key.get_ref()),
                raw: raw(value),
                origin: origin(key.span().start),
            });
        }
    }
    // The parser sorts keys by name; people read from the top.
    values.sort_by_key(|value| match value.origin {
        Origin::File(_, line) => line,
        Origin::Default | Origin::WholeFile(_) | Origin::Variable(_) | Origin::Flag(_) => 0,
    });
    values
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("this number"), Raw::Integer),
        DeValue::Boolean(truth) => Raw::Boolean(*truth),
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map_or(Raw::Other("a list of other things than strings"), Raw::List),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}
