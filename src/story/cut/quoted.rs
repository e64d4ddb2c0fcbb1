//! What a mail quotes of the mail that it answers, without the lines that say whose it is.

use std::ops::Range;

use super::contact::contact;
use super::footer::list_way;
use super::itself::{names_this_mail, one_speaks};
use super::legal::{legal, notice};
use super::mark::drawn_line;
use super::quote::{self, Foreign};
use super::seen::Seen;
use super::told::paragraph;
use super::{Rule, Rules, banner, look, signature};
use crate::story::passage::Line;

/// The lines of the mails that are quoted, in order, a blank one between two. What a gateway wrote over one is left out, and what a
/// program or a company wrote under one, marked or not.
pub fn quoted(lines: &[Line], rules: &Rules) -> Vec<Line> {
    let mut seen = look(lines, rules);
    let mut out = Vec::new();
    for foreign in quote::stretches(&seen, banner::below(&seen, 0)) {
        let begins = quote::begins(&seen, &foreign).min(foreign.end);
        unmark(&mut seen, begins, &foreign);
        let start = banner::below(&seen[..foreign.end], begins);
        let mut gone = vec![false; foreign.end];
        let foot = signature::tail(&seen, start, foreign.end).pieces;
        let foot = foot.iter().filter(|piece| is_stamped(piece.rule));
        let foot = foot
            .map(|piece| piece.start..piece.end)
            .chain(short_notice(&seen, start, foreign.end));
        for foot in foot {
            for said in sentences(&seen, foot.start, foot.end) {
                let nobodys = nobody_said(&seen[said.clone()]);
                gone[said].fill(nobodys);
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

/// Whether nobody typed it: a program or a company sets it under every mail.
fn is_stamped(rule: Rule) -> bool {
    use Rule::{EnvironmentNotice, LegalNotice, ListFooter, SentFrom, VirusScanner};
    matches!(
        rule,
        EnvironmentNotice | LegalNotice | ListFooter | SentFrom | VirusScanner
    )
}

/// The last paragraph where it is a notice, too short to be known for one under a story.
fn short_notice(seen: &[Seen], from: usize, to: usize) -> Option<Range<usize>> {
    let last = (from..to).rfind(|i| !seen[*i].blank())?;
    let first = (from..last).rfind(|i| seen[*i].blank()).map_or(from, |above| above + 1);
    is_notice(&paragraph(&seen[first..=last])).then_some(first..last + 1)
}

/// A line that no program wrapped.
const SHORT: usize = 50;

/// The lines in stretches that end with a sentence or a paragraph: what somebody wrote at a notice stands in a line of its own.
fn sentences(seen: &[Seen], from: usize, to: usize) -> Vec<Range<usize>> {
    let begins = |line: Option<&Seen>| line.is_some_and(|l| !l.text.starts_with(char::is_lowercase));
    let ends = |i: &usize| {
        let (line, below) = (&seen[*i], seen.get(i + 1));
        let linked = |word: &str| word.contains("://") || word.contains('@') || word.contains("www.");
        let whole = || line.text.chars().count() < SHORT || line.text.split(' ').next_back().is_some_and(linked);
        line.blank() || line.text.ends_with(['.', '!', '?', '\u{3002}', ':']) || whole() && begins(below)
    };
    let mut all = Vec::new();
    let mut start = from;
    for end in (from..to).filter(ends).map(|i| i + 1).chain([to]) {
        all.push(start..end);
        start = end;
    }
    all
}

/// Whether a sentence reads as a company or a program has it. In doubt it is the author's: a word of theirs left out could be "no".
fn nobody_said(lines: &[Seen]) -> bool {
    let text = paragraph(lines);
    let foot = |l: &Seen| l.blank() || l.ruled || drawn_line(&l.text) || l.footer().is_some();
    let known = |l: &Seen| foot(l) || contact(l);
    let told = || lines.iter().all(known) || legal(&text) > 0 || names_this_mail(&text) || list_way(&text, || "");
    lines.iter().all(foot) || !one_speaks(&text) && told()
}

/// Whether a sentence or a paragraph is a legal notice's, which asks its reader to delete the mail that it stands in.
pub fn is_notice(text: &str) -> bool {
    let fold = text.to_lowercase();
    legal(&fold) >= 2 && notice(&fold) && !one_speaks(&fold)
}
