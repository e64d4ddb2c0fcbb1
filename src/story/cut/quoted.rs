//! What a mail quotes of the mail that it answers, without the lines that say whose it is.

use super::quote;
use super::{Rule, Rules, banner, look, signature};
use crate::story::passage::Line;

/// The lines of the mails that are quoted, in order, a blank one between two. What a gateway wrote over one is left out, and what a
/// program or a company wrote under one that nothing marks.
pub fn quoted(lines: &[Line], rules: &Rules) -> Vec<Line> {
    let seen = look(lines, rules);
    let mut out = Vec::new();
    for foreign in quote::stretches(&seen, banner::below(&seen, 0)) {
        let start = banner::below(&seen, quote::begins(&seen, &foreign)).min(foreign.end);
        let mut gone = vec![false; foreign.end];
        if foreign.to_end {
            let foot = signature::tail(&seen, start, foreign.end).pieces;
            for piece in foot.iter().filter(|piece| is_stamped(piece.rule)) {
                gone[piece.start..piece.end].fill(true);
            }
        }
        out.extend((start..foreign.end).filter(|i| !gone[*i]).map(|i| lines[i].clone()));
        out.push(Line::plain(""));
    }
    out
}

/// Whether nobody typed it: a program or a company sets it under every mail.
fn is_stamped(rule: Rule) -> bool {
    use Rule::{EnvironmentNotice, LegalNotice, ListFooter, SentFrom, VirusScanner};
    matches!(
        rule,
        EnvironmentNotice | LegalNotice | ListFooter | SentFrom | VirusScanner
    )
}
