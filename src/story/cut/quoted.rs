//! What a mail quotes of the mail that it answers, without the lines that say whose it is.

use super::itself::one_speaks;
use super::legal::{legal, notice};
use super::program::by_a_program;
use super::quote::{self, Foreign};
use super::seen::Seen;
use super::{Rule, Rules, banner, look, signature};
use crate::story::passage::Line;

/// The lines of the mails that are quoted, in order, a blank one between two. What a gateway wrote over one is left out, and what a
/// program wrote under one, marked or not. A company's notice is not: a word of the author's left out with it could be "no".
pub fn quoted(lines: &[Line], rules: &Rules) -> Vec<Line> {
    let mut seen = look(lines, rules);
    let mut out = Vec::new();
    for foreign in quote::stretches(&seen, banner::below(&seen, 0)) {
        let begins = quote::begins(&seen, &foreign).min(foreign.end);
        unmark(&mut seen, begins, &foreign);
        let start = banner::below(&seen[..foreign.end], begins);
        let mut gone = vec![false; foreign.end];
        let foot = signature::tail(&seen, start, foreign.end).pieces;
        for piece in foot.iter().filter(|piece| is_stamped(piece.rule)) {
            for at in piece.start..piece.end {
                gone[at] = by_a_program(&seen[at].text);
            }
        }
        out.extend((start..foreign.end).filter(|i| !gone[*i]).map(|i| lines[i].clone()));
        out.push(Line::plain(""));
    }
    out
}

/// Looks at the lines as they stood in the mail that is quoted.
fn unmark(seen: &mut [Seen], begins: usize, foreign: &Foreign) {
    let quotation = &mut seen[begins..foreign.end];
    let depth = quotation.iter().find(|l| !l.blank()).map_or(0, |l| l.depth);
    for line in quotation {
        line.depth = line.depth.saturating_sub(depth);
        line.hinted = false;
    }
}

/// Whether a program alone sets it under a mail, in a line of its own.
fn is_stamped(rule: Rule) -> bool {
    matches!(rule, Rule::SentFrom | Rule::VirusScanner)
}

/// Whether a text is a company's notice, which asks its reader to delete the mail that it stands in.
pub fn is_notice(text: &str) -> bool {
    let fold = text.to_lowercase();
    legal(&fold) >= 2 && notice(&fold) && !one_speaks(&fold)
}
