//! What may not stand in a name that other people are shown.

/// Whether a character is a control, cannot be seen, or turns the writing direction of others: with these, one name can
/// be made to look like another.
///
/// Unicode's general categories Cc and Cf with the line separators, but without U+200C and U+200D, which Persian, Indic
/// scripts and emoji need.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0001}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_be_turned_around_or_hidden() {
        for name in ["\u{202e}ecila", "alice\u{200b}", "al\u{2066}ice", "alice\n", "\u{feff}alice"] {
            assert!(name.chars().any(is_deceptive), "{name:?}");
        }
    }

    #[test]
    fn names_of_all_scripts_are_names() {
        for name in ["Alice O’Neill", "艾丽斯", "أليس", "نمی\u{200c}دانم", "👩\u{200d}🚀 Zoë"]
        {
            assert!(!name.chars().any(is_deceptive), "{name:?}");
        }
    }
}
