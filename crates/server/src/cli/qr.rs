//! QR codes drawn with characters.

use std::io::IsTerminal;

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Black on white whatever the terminal's colours: some phones read no other.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const USUAL: &str = "\x1b[0m";

/// The code of `text`, two rows to a line; nothing if it is too long for a code.
pub(super) fn code(text: &str) -> String {
    // A screen gets no scratches: the least redundancy makes the smallest code.
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return String::new();
    };
    let drawn = code.render::<Dense1x2>().build();
    if !std::io::stdout().is_terminal() {
        return drawn;
    }
    let lines: Vec<String> = drawn.lines().map(|line| format!("{BLACK_ON_WHITE}{line}{USUAL}")).collect();
    lines.join("\n")
}
