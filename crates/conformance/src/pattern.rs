//! Messages with holes: `"$name"` stands for a value that is the same wherever the name stands.
//!
//! A pattern matches a message that has at least its fields. A name is bound by the first message that is heard with
//! it, or made up when it must be said before anybody has: a UUID for `$call…`, the next whole number for `$rev…` and
//! `$n…`, a text for others. `"~60000"` matches a number from 1 to 60000 and is said as the larger one. `"$absent"` matches
//! where there is nothing, and is left out of what is said.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

/// What the names of a transcript stand for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    bound: BTreeMap<String, Value>,
    numbers: u64,
}

impl Names {
    /// Why `message` is not what `pattern` says, if it is not. Binds names only when it is.
    pub(crate) fn hear(&mut self, pattern: &Value, message: &Value) -> Result<(), String> {
        let mut fresh = BTreeMap::new();
        self.compare("", pattern, Some(message), &mut fresh)?;
        self.bound.append(&mut fresh);
        Ok(())
    }

    fn compare(
        &self,
        at: &str,
        pattern: &Value,
        found: Option<&Value>,
        fresh: &mut BTreeMap<String, Value>,
    ) -> Result<(), String> {
        if pattern == "$absent" {
            return found.map_or(Ok(()), |found| Err(format!("{at} is {found} and should not be there")));
        }
        let Some(found) = found else { return Err(format!("{at} is missing")) };
        let differs = || Err(format!("{at} is {found}, not {pattern}"));
        match pattern {
            Value::String(text) if text.starts_with('$') => {
                match self.bound.get(text).or_else(|| fresh.get(text)) {
                    Some(known) if known == found => Ok(()),
                    Some(known) => Err(format!("{at} is {found}; {text} was {known}")),
                    None => {
                        fresh.insert(text.clone(), found.clone());
                        Ok(())
                    }
                }
            }
            Value::String(text) if limit(text).is_some() => {
                let within = found.as_u64().zip(limit(text)).is_some_and(|(n, limit)| n > 0 && n <= limit);
                if within { Ok(()) } else { differs() }
            }
            Value::Object(fields) => {
                for (name, pattern) in fields {
                    self.compare(&format!("{at}.{name}"), pattern, found.get(name), fresh)?;
                }
                if found.is_object() { Ok(()) } else { differs() }
            }
            Value::Array(items) => {
                let Some(found_items) = found.as_array().filter(|found| found.len() == items.len()) else {
                    return differs();
                };
                for (index, (pattern, item)) in items.iter().zip(found_items).enumerate() {
                    self.compare(&format!("{at}[{index}]"), pattern, Some(item), fresh)?;
                }
                Ok(())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if pattern == found {
                    Ok(())
                } else {
                    differs()
                }
            }
        }
    }

    /// The message that `pattern` says, every name filled in.
    pub(crate) fn fill(&mut self, pattern: &Value) -> Value {
        match pattern {
            Value::String(text) if text.starts_with('$') => {
                if let Some(known) = self.bound.get(text) {
                    return known.clone();
                }
                let made = self.make_up(text);
                self.bound.insert(text.clone(), made.clone());
                made
            }
            Value::String(text) => limit(text).map_or_else(|| pattern.clone(), Value::from),
            Value::Object(fields) => {
                let mut filled = Map::new();
                for (name, value) in fields.iter().filter(|(_, value)| *value != "$absent") {
                    filled.insert(name.clone(), self.fill(value));
                }
                Value::Object(filled)
            }
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => pattern.clone(),
        }
    }

    fn make_up(&mut self, name: &str) -> Value {
        let bare = name.trim_start_matches('$');
        if bare.starts_with("call") {
            return Uuid::now_v7().to_string().into();
        }
        self.numbers += 1;
        if bare.starts_with("rev") {
            return self.numbers.into();
        }
        format!("{bare}.{}", self.numbers).into()
    }
}

/// The number of `"~60000"`.
fn limit(text: &str) -> Option<u64> {
    text.strip_prefix('~')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_bound_by_what_is_heard_and_must_be_the_same_from_then_on() {
        let mut names = Names::default();
        names
            .hear(&json!({"re": "$1", "data": {"call": "$call"}}), &json!({"re": "x", "data": {"call": "c"}}))
            .unwrap();
        assert_eq!(names.fill(&json!({"call": "$call", "id": "$1"})), json!({"call": "c", "id": "x"}));
        let refused = names.hear(&json!({"call": "$call"}), &json!({"call": "other"})).unwrap_err();
        assert_eq!(refused, r#".call is "other"; $call was "c""#);
    }

    #[test]
    fn a_message_that_does_not_fit_binds_nothing() {
        let mut names = Names::default();
        names.hear(&json!({"id": "$a", "type": "ok"}), &json!({"id": "1", "type": "call"})).unwrap_err();
        names.hear(&json!({"id": "$a"}), &json!({"id": "2"})).unwrap();
        assert_eq!(names.fill(&json!("$a")), "2");
    }

    #[test]
    fn what_is_said_first_is_made_up_once() {
        let mut names = Names::default();
        let said =
            names.fill(&json!({"call": "$call", "data": {"rev": "$rev1", "ms": "~60000", "not": "$absent"}}));
        assert_eq!(said["data"], json!({"rev": 1, "ms": 60_000}));
        assert_eq!(names.fill(&json!("$call")), said["call"]);
    }

    #[test]
    fn more_fields_are_fine_and_fewer_are_not() {
        let mut names = Names::default();
        let pattern =
            json!({"type": "call", "data": {"peer": {"id": "bob"}, "reason": "$absent", "left": "~100"}});
        let with = |data: Value| json!({"type": "call", "data": data});
        names.hear(&pattern, &with(json!({"peer": {"id": "bob", "name": "Bob"}, "left": 7}))).unwrap();
        for (data, why) in [
            (json!({"peer": {}, "left": 7}), ".data.peer.id is missing"),
            (json!({"peer": {"id": "bob"}, "left": 101}), ".data.left is 101, not \"~100\""),
            (
                json!({"peer": {"id": "bob"}, "left": 7, "reason": "x"}),
                ".data.reason is \"x\" and should not be there",
            ),
        ] {
            assert_eq!(names.hear(&pattern, &with(data)).unwrap_err(), why);
        }
    }
}
