//! How wide the terminal is: for the review, and for lists.

use std::io::{self, IsTerminal};

use ratatui_crossterm::crossterm::terminal::size;

/// How wide the terminal is that the answer goes to; `None`: it goes elsewhere, or nobody knows.
pub fn columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = size().ok()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}
