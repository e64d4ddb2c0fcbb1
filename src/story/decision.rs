//! What a reviewer's answer by mail decides: the first line that they wrote says it, in one of three forms, and nothing else does. Not
//! what is quoted, not a signature, not a second line.

use super::cut::{self, Rules};
use super::draft;
use super::passage::{Kind, Line};

/// A decision, as a mail has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    /// What they wrote with it, without what is quoted, without signature, addresses and telephone numbers; it stands on `main`.
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// `approve`
    Approve,
    /// `changes: ...`
    Changes,
    /// `reject: ...`
    Reject,
}

/// Why a mail decides nothing. The Display goes on after "because".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error("its first line is none of `approve`, `changes: ...` and `reject: ...`")]
    NoDecision,
    #[error("nothing stands after `{0}:`, and its author needs to know")]
    NoWords(&'static str),
    #[error("what you wrote is too long to tell where it ends and the quoted letter begins")]
    TooLong,
}

/// Longest note, in characters.
const LONGEST: usize = 4_000;

/// Reads the lines of an answer. `subject` and `sender` are the mail's, `name` is the reviewer's: under the text it is no part of it.
///
/// # Errors
/// [`Unclear`] for whatever is not plainly a decision.
pub fn read(lines: &[Line], subject: &str, sender: &str, name: &str) -> Result<Decision, Unclear> {
    let rules = Rules {
        team_forwards: false,
        subject,
        sender,
        author: "",
        fresh: false,
        to: &[],
    };
    let trimmed = cut::trim(lines, &rules);
    // what a mail server wrote on top of it is nobody's word
    let warning = trimmed
        .cuts
        .first()
        .filter(|c| c.at == 0 && c.rule == cut::Rule::GatewayWarning);
    let own = &lines[warning.map_or(0, |cut| cut.lines.len())..];
    let first = own.iter().find(|line| !line.is_blank()).ok_or(Unclear::NoDecision)?;
    let (verdict, words) = said(first).ok_or(Unclear::NoDecision)?;

    let is_first = |line: &&Line| !line.is_blank();
    // what is passed on below is not theirs
    let passed_on = trimmed.cuts.iter().find(|c| c.rule == cut::Rule::ForwardHeader);
    let kept = &trimmed.kept[..passed_on.map_or(trimmed.kept.len(), |cut| cut.at)];
    let start = kept
        .iter()
        .position(|line| is_first(&line))
        .filter(|at| kept[*at] == *first);
    let rest = start.map_or(&[][..], |at| &kept[at + 1..]);
    let mut note: Vec<String> = vec![words];
    note.extend(
        rest.iter()
            .take_while(|line| !is_foreign(line))
            .map(|line| line.words().trim().to_owned()),
    );
    without_sign_off(&mut note, trimmed.sign_off.as_deref(), name);
    let note = draft::public(note.join("\n").trim());
    match verdict {
        Verdict::Changes if note.is_empty() => Err(Unclear::NoWords("changes")),
        Verdict::Reject if note.is_empty() => Err(Unclear::NoWords("reject")),
        _ if note.chars().count() > LONGEST => Err(Unclear::TooLong),
        verdict => Ok(Decision { verdict, note }),
    }
}

/// The decision in a line, and what stands beside it.
fn said(line: &Line) -> Option<(Verdict, String)> {
    if line.kind != Kind::Text || is_foreign(line) || line.hints.signature {
        return None;
    }
    // what is struck out is taken back, and a picture is no word
    if line.spans.iter().any(|span| span.strike || span.image.is_some()) {
        return None;
    }
    let words = line.words();
    let words = words.trim();
    if words.strip_suffix('.').unwrap_or(words).eq_ignore_ascii_case("approve") {
        return Some((Verdict::Approve, String::new()));
    }
    let (word, rest) = words.split_once(':')?;
    let verdict = match word.trim_end() {
        word if word.eq_ignore_ascii_case("changes") => Verdict::Changes,
        word if word.eq_ignore_ascii_case("reject") => Verdict::Reject,
        _ => return None,
    };
    Some((verdict, rest.trim().to_owned()))
}

/// Quoted by its marks, or by the mail program's own word.
fn is_foreign(line: &Line) -> bool {
    line.quote > 0 || line.hints.quoted || line.hints.forwarded || line.hints.attribution
}

/// Takes the reviewer's name off the end, and "Best wishes," above it.
fn without_sign_off(note: &mut Vec<String>, sign_off: Option<&str>, name: &str) {
    let trim = |note: &mut Vec<String>| {
        while note.len() > 1 && note.last().is_some_and(String::is_empty) {
            note.pop();
        }
    };
    trim(note);
    let first_name = name.split_whitespace().next().unwrap_or_default();
    let is_name = |line: &String| {
        let line = line.trim_start_matches(['-', '–', '—', ' ']);
        Some(line) == sign_off || line.eq_ignore_ascii_case(name) || line.eq_ignore_ascii_case(first_name)
    };
    if note.len() > 1 && note.last().is_some_and(is_name) {
        note.pop();
        trim(note);
        let closes = |line: &String| line.ends_with(',') && line.split_whitespace().count() <= 4;
        if note.len() > 1 && note.last().is_some_and(closes) {
            note.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::{Hints, Span};

    fn of(text: &str) -> Result<Decision, Unclear> {
        let lines: Vec<Line> = text.split('\n').map(quoted).collect();
        read(&lines, "Re: New: Tea", "cath@team.example", "Cath Lee")
    }

    /// As the reader of plain text makes them.
    fn quoted(line: &str) -> Line {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        Line {
            quote: u8::try_from(depth).unwrap(),
            ..Line::plain(line[depth..].trim_start())
        }
    }

    fn verdict(text: &str) -> Option<(Verdict, String)> {
        of(text).ok().map(|d| (d.verdict, d.note))
    }

    #[test]
    fn the_first_line_decides() {
        use Verdict::{Approve, Changes, Reject};
        let quote = "\n\nOn Sat, 4 Dec 2010 at 10:12, M4C Team <team@example.org> wrote:\n> A story came in.\n> approve\n> reject: no\n";
        for (text, wanted, note) in [
            ("approve", Approve, ""),
            ("Approve.", Approve, ""),
            ("\n  APPROVE \u{a0}\n", Approve, ""),
            ("approve\n\nCath", Approve, ""),
            (
                "approve\n\nBest wishes,\nCath Lee\n-- \nCath Lee\nOrganiser, 020 7946 0000",
                Approve,
                "",
            ),
            ("approve\nWhat a story!", Approve, "What a story!"),
            ("approve\n\nSent from my iPhone", Approve, ""),
            ("changes: Which year was this?", Changes, "Which year was this?"),
            (
                "Changes : Which year?\n\nAnd which street?\n\nThanks,\nCath",
                Changes,
                "Which year?\n\nAnd which street?",
            ),
            ("CHANGES:\nWhich year?", Changes, "Which year?"),
            (
                "reject: We cannot name the landlord",
                Reject,
                "We cannot name the landlord",
            ),
            // no address and no telephone number goes to main
            ("reject: ask ben@example.org or 020 7946 0000", Reject, "ask … or …"),
        ] {
            for text in [text.to_owned(), format!("{text}{quote}")] {
                assert_eq!(verdict(&text), Some((wanted, note.to_owned())), "{text:?}");
            }
        }
    }

    #[test]
    fn nothing_else_does() {
        for text in [
            "",
            "Looks good to me",
            "approved",
            "approve it",
            "approve!",
            "I approve",
            "approve, but change the title",
            "approve: yes",
            "changes",
            "reject",
            "Hello,\napprove",
            "see below\n> approve",
            "> approve",
            "> approve\n\nno, wait",
            ">> approve",
            "-- \napprove",
            "* approve",
            "changes:",
            "changes:   \n\n-- \nCath",
            "reject:\n> because of this",
            "On Sat, 4 Dec 2010 at 10:12, M4C Team <team@example.org> wrote:\n> approve",
            "On Sat, 4 Dec 2010 at 10:12, Cath <cath@team.example> wrote:\napprove",
            "From: Cath Lee <cath@team.example>\nSent: Saturday\nTo: M4C Team\nSubject: Re: Tea\n\napprove",
            "---------- Forwarded message ---------\nFrom: Cath Lee <cath@team.example>\nDate: Saturday\nSubject: Re: Tea\nTo: M4C Team\n\napprove",
        ] {
            assert_eq!(verdict(text), None, "{text:?}");
        }
        assert_eq!(of("changes:"), Err(Unclear::NoWords("changes")));
        assert_eq!(of("reject:\n\n> because of this"), Err(Unclear::NoWords("reject")));
        assert_eq!(of(&format!("reject: {}", "no ".repeat(2_000))), Err(Unclear::TooLong));
    }

    #[test]
    fn what_a_mail_program_marks_as_not_theirs_does_not_either() {
        let plain = Line::plain("approve");
        let hints = |hints| Line { hints, ..plain.clone() };
        let struck = Span {
            strike: true,
            ..Span::text("approve")
        };
        for line in [
            hints(Hints {
                quoted: true,
                ..Hints::default()
            }),
            hints(Hints {
                signature: true,
                ..Hints::default()
            }),
            hints(Hints {
                forwarded: true,
                ..Hints::default()
            }),
            hints(Hints {
                attribution: true,
                ..Hints::default()
            }),
            Line {
                spans: vec![struck],
                ..Line::default()
            },
            Line {
                kind: Kind::Quote,
                ..plain.clone()
            },
            Line {
                kind: Kind::Code,
                ..plain.clone()
            },
        ] {
            let lines = [line, Line::plain("approve")];
            assert_eq!(read(&lines, "", "", "Cath"), Err(Unclear::NoDecision), "{lines:?}");
        }
    }

    #[test]
    fn a_servers_warning_on_top_is_not_the_first_line() {
        let warning = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender.";
        assert_eq!(
            verdict(&format!("{warning}\n\napprove")),
            Some((Verdict::Approve, String::new()))
        );
        assert_eq!(verdict(&format!("{warning}\n\n> approve")), None);
    }
}
