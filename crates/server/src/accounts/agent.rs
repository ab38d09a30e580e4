//! What a browser says it is, in two words: "Firefox on Linux".

/// In the order in which they are told apart: most browsers claim to be several of those below them.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The longest name taken from a program that is no browser.
const PROGRAM_CHARS: usize = 32;

/// The name of a login, from its `User-Agent`.
pub(crate) fn describe(user_agent: &str) -> String {
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(word, _)| user_agent.contains(word)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A program on {system}"),
        (None, None) => {
            let word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let program: String = user_agent.chars().take_while(word).take(PROGRAM_CHARS).collect();
            if program.is_empty() { "A program".to_owned() } else { program }
        }
    }
}
