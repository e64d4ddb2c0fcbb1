//! What a reviewer reads of a story, top to bottom: whose it is and where it stands, what to look at, the text as readers will see it,
//! and on wish what was cut, what was changed, and what happened.

use unicode_width::UnicodeWidthStr;

use super::ink::{Hue, Ink, Piece, Row, words, wrap};
use super::photos::Photos;
use super::{proposed, rendered};
use crate::desk::account::shown;
use crate::desk::queue::Summary;
use crate::desk::walk::{Reading, age, said};
use crate::desk::{Desk, StoryRepo};
use crate::story::check::{Rule, check};
use crate::story::event::What;
use crate::story::record::one_line;
use crate::story::state::State;
use crate::story::wording::{self, Fate};

/// What is shown beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    pub cut: bool,
    pub own_words: bool,
    pub history: bool,
}

/// What can be shown beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Cut,
    OwnWords,
    History,
}

/// Longer lines than this are hard to read.
pub(super) const WIDEST: usize = 96;

/// The story in rows of at most `width` columns.
pub fn rows(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &Reading,
    me: Option<&str>,
    view: View,
    photos: &Photos,
    width: usize,
) -> Vec<Row> {
    let whole = width;
    let width = width.min(WIDEST);
    let story = &reading.story;
    let front = story.front();
    let mut out = vec![vec![Piece::new(&one_line(&story.title()), Ink::of(Hue::Heading))]];
    if let Some(subtitle) = &front.subtitle {
        out.extend(wrap(&[Piece::plain(&one_line(subtitle))], width, "", ""));
    }
    out.push(Row::new());
    for (label, value, hue) in facts(desk, reading, me) {
        let label = format!("{label:<11}");
        let value = Piece::new(&one_line(&value), Ink::of(hue));
        let mut rows = wrap(&[value], width.saturating_sub(label.len()).max(10), "", "");
        for (at, row) in rows.iter_mut().enumerate() {
            let label = if at == 0 {
                label.clone()
            } else {
                " ".repeat(label.len())
            };
            row.insert(0, Piece::new(&label, Ink::of(Hue::Label)));
        }
        out.extend(rows);
    }
    let beside = view.own_words && whole >= WIDE;
    if beside {
        let column = ((whole - GUTTER.len()) / 2).min(WIDEST);
        let left = titled("As readers will see it", text(reading, photos, column), column);
        let own = reading.own_words(desk, repo);
        let right = match &own {
            Ok(own) => rendered::rows(own, column),
            Err(trouble) => wrap(&[Piece::plain(&trouble.to_string())], column, "", ""),
        };
        let right = titled("What the author wrote", right, column);
        out.extend(side_by_side(left, right, column));
        if let Some(own) = own.ok().filter(|own| own.trim_end() != story.page.body().trim_end()) {
            out.extend(titled(
                "What was changed: [-taken out-]  {+put in+}",
                changes(&own, story.page.body(), width),
                width,
            ));
        }
    } else {
        out.extend(titled("As readers will see it", text(reading, photos, width), width));
    }
    out.extend(proposed::later_mails(desk, repo, reading, whole, width));
    for (shown, part) in [
        (view.cut, Part::Cut),
        (view.own_words && !beside, Part::OwnWords),
        (view.history, Part::History),
    ] {
        if shown {
            out.extend(self::part(desk, repo, reading, part, width));
        }
    }
    out
}

/// One part of what is shown beside the text.
pub fn part(desk: &Desk, repo: &StoryRepo, reading: &Reading, part: Part, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    match part {
        Part::Cut => cut(reading, &mut out, width),
        Part::OwnWords => own_words(desk, repo, reading, &mut out, width),
        Part::History => history(desk, reading, &mut out, width),
    }
    out
}

/// The text of the story.
fn text(reading: &Reading, photos: &Photos, width: usize) -> Vec<Row> {
    let rows = photos.text(reading, width);
    match rows.is_empty() {
        true => vec![vec![Piece::new("There is no text.", Ink::of(Hue::Caution))]],
        false => rows,
    }
}

/// A window this wide has room for two texts.
pub(super) const WIDE: usize = 140;
pub(super) const GUTTER: &str = " | ";

/// Two columns, the left one `width` wide.
pub(super) fn side_by_side(left: Vec<Row>, right: Vec<Row>, width: usize) -> Vec<Row> {
    let many = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let pairs = (0..many).map(|_| (left.next().unwrap_or_default(), right.next().unwrap_or_default()));
    let joined = pairs.map(|(mut row, right)| {
        let blanks = width.saturating_sub(words(&row).width());
        row.push(Piece::new(
            &format!("{}{GUTTER}", " ".repeat(blanks)),
            Ink::of(Hue::Label),
        ));
        row.extend(right);
        row
    });
    joined.collect()
}

pub(super) fn titled(words: &str, rows: Vec<Row>, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    headline(&mut out, words, width);
    out.extend(rows);
    out
}

pub(super) fn headline(out: &mut Vec<Row>, words: &str, width: usize) {
    let line = format!("-- {words} ");
    let rest = width.min(72).saturating_sub(line.chars().count());
    out.push(Row::new());
    out.push(vec![Piece::new(
        &format!("{line}{}", "-".repeat(rest)),
        Ink::of(Hue::Label),
    )]);
    out.push(Row::new());
}

/// `draft: 0 of 1 approvals`
fn state(desk: &Desk, reading: &Reading) -> String {
    let s = &reading.summary;
    let votes = format!("{} of {} approvals", s.approvals, desk.policy.approvals);
    let by = match s.voters.is_empty() {
        true => String::new(),
        false => format!(" ({})", s.voters.join(", ")),
    };
    match s.state {
        State::Published if s.correction => format!("published, with a correction that is not out: {votes}{by}"),
        state @ (State::Draft | State::Approved | State::Scheduled | State::ChangesRequested) => {
            format!("{state}: {votes}{by}")
        }
        State::Conflict => {
            "conflict: one approved it and another rejected it, and neither knew; reopen or reject settles it"
                .to_owned()
        }
        state => state.to_string(),
    }
}

/// `draft, 2 checks`
pub fn state_and_checks(s: &Summary) -> String {
    match s.blocking() {
        0 => s.state.to_string(),
        1 => format!("{}, 1 check", s.state),
        many => format!("{}, {many} checks", s.state),
    }
}

/// What the checks found, a rule a line: the words, what it means, and what to do.
fn findings(desk: &Desk, reading: &Reading) -> Vec<(&'static str, String, Hue)> {
    let found = check(&reading.story, &desk.policy.checks);
    let mut rules: Vec<(&Rule, Vec<&str>)> = Vec::new();
    for f in found.iter().filter(|f| f.waived.is_none()) {
        match rules.iter_mut().find(|(rule, _)| rule.name == f.rule.name) {
            Some((_, words)) => words.push(&f.words),
            None => rules.push((f.rule, vec![&f.words])),
        }
    }
    let line = |(rule, words): (&Rule, Vec<&str>)| {
        let many = words.len();
        let mut told = words.into_iter().take(TOLD).collect::<Vec<_>>().join("; ");
        if many > TOLD {
            told.push_str(&format!("; and {} more", many - TOLD));
        }
        let hue = if rule.blocks { Hue::Caution } else { Hue::Plain };
        ("Check", format!("{told} ({}). {}", rule.name, rule.english), hue)
    };
    let mut lines: Vec<_> = rules.into_iter().map(line).collect();
    if found.iter().any(|f| f.blocks()) && desk.policy.checks.block {
        let words = "What is found is mended (e) or let stand (w) before you can approve.";
        lines.push(("", words.to_owned(), Hue::Caution));
    }
    for (f, waiver) in found.iter().filter_map(|f| Some((f, f.waived.as_ref()?))) {
        let words = format!("{} ({}), says {}: {}", f.words, f.rule.name, waiver.by, waiver.note);
        lines.push(("May stand", words, Hue::Plain));
    }
    lines
}

/// Of one rule, so many findings are named.
const TOLD: usize = 5;

/// Whose turn it is, in words.
pub fn turn(desk: &Desk, s: &Summary, me: Option<&str>) -> String {
    match s.turn(&desk.policy) {
        turn if Some(turn.as_str()) == me => "you".to_owned(),
        turn => turn,
    }
}

fn facts(desk: &Desk, reading: &Reading, me: Option<&str>) -> Vec<(&'static str, String, Hue)> {
    let story = &reading.story;
    let front = story.front();
    let life = &story.life;
    let mut facts = Vec::new();
    let mut fact = |label, value: String, hue| {
        if !value.trim().is_empty() {
            facts.push((label, value, hue));
        }
    };
    fact("State", state(desk, reading), Hue::Plain);
    fact("Turn", turn(desk, &reading.summary, me), Hue::Plain);
    if let Some(at) = life.received {
        let day = crate::cli::fetch::day(at, desk);
        let came = match age(Some(at), desk.now) {
            age if age == "today" => format!("today, {day}"),
            age => format!("{age} ago, {day}"),
        };
        fact("Came", came, Hue::Plain);
    }
    match &reading.people {
        Some(people) => {
            fact("From", shown(&people.storyteller), Hue::Plain);
            if people.sender != people.storyteller {
                fact("Sent by", shown(&people.sender), Hue::Plain);
            }
            if let Some(forwarder) = &people.forwarder {
                fact("Forwarded", format!("by {}", shown(forwarder)), Hue::Plain);
            }
        }
        None => fact(
            "From",
            "not known here: this desk has no private part of the story".to_owned(),
            Hue::Caution,
        ),
    }
    for event in &story.record.events {
        if let What::Received { auth, .. } = &event.what {
            for found in auth {
                let domain = found.domain.as_deref().unwrap_or("the sender's domain");
                match found.result.as_str() {
                    "pass" => fact(
                        "Sender",
                        format!("proven: {domain} stands for it ({})", found.method),
                        Hue::Good,
                    ),
                    other => fact(
                        "Sender",
                        format!("not proven by {domain} ({}: {other})", found.method),
                        Hue::Caution,
                    ),
                }
            }
            if auth.is_empty() {
                fact(
                    "Sender",
                    "not proven: no mail server we trust checked it".to_owned(),
                    Hue::Plain,
                );
            }
        }
    }
    let byline = [Some(front.author.clone()), front.place.clone()];
    fact(
        "Byline",
        byline
            .into_iter()
            .flatten()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        Hue::Plain,
    );
    fact("Tags", front.tags.join(", "), Hue::Plain);
    match &life.consent {
        Some(grant) => fact(
            "Author",
            format!(
                "said yes, to {}: {} (recorded by {})",
                crate::cli::consent::limits(desk, grant),
                grant.evidence,
                grant.recorded_by
            ),
            Hue::Good,
        ),
        None if desk.policy.consent_required => {
            fact(
                "Author",
                "has not said yes to publication yet (y records it)".to_owned(),
                Hue::Plain,
            );
        }
        None => {}
    }
    for (label, words) in crate::cli::consent::tasks(story) {
        fact(label, words, Hue::Caution);
    }
    let described = |file: &str| match front.alt.get(file).filter(|alt| !alt.trim().is_empty()) {
        Some(alt) => format!("{file} ({alt})"),
        None => format!("{file} (no description yet)"),
    };
    fact(
        "Photos",
        reading.photos().map(described).collect::<Vec<_>>().join("; "),
        Hue::Plain,
    );
    for vote in life.lapsed(story.text, &desk.policy) {
        let who = vote.lapsed_by.as_deref().unwrap_or("an edit outside the tool");
        fact(
            "Lapsed",
            format!(
                "the approval by {}, because the text was changed by {who}",
                vote.by.name
            ),
            Hue::Caution,
        );
    }
    for request in life.unanswered(story.text) {
        fact("Asked", format!("{}: {}", request.by.name, request.note), Hue::Caution);
    }
    for later in crate::desk::walk::later::proposed(story) {
        let words = format!(
            "the author sent a new text (mail {}), shown below; m takes it or leaves it out",
            later.number
        );
        fact("New text", words, Hue::Caution);
    }
    for event in &story.record.events {
        match &event.what {
            What::Received { notes, .. } | What::FollowUp { notes, .. } => {
                notes.iter().for_each(|n| fact("Look at", n.clone(), Hue::Caution));
            }
            What::Noted { note, .. } => fact("Note", format!("{}: {note}", event.by.name), Hue::Plain),
            _ => {}
        }
    }
    for (label, words, hue) in findings(desk, reading) {
        fact(label, words, hue);
    }
    if let Some(damage) = &reading.summary.damage {
        fact("Damaged", damage.clone(), Hue::Bad);
    }
    if !reading.by_hand.is_empty() {
        let files = reading.by_hand.join(", ");
        fact(
            "Look at",
            format!("somebody is changing {files} in the folder; this is the text as it was last kept"),
            Hue::Caution,
        );
    }
    let out = reading.cut.iter().filter(|p| !reading.back.contains(&p.n)).count();
    match out {
        0 => {}
        1 => fact(
            "Cut",
            "1 piece of the mail was left out (x shows it)".to_owned(),
            Hue::Plain,
        ),
        many => fact(
            "Cut",
            format!("{many} pieces of the mail were left out (x shows them)"),
            Hue::Plain,
        ),
    }
    facts
}

fn cut(reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What was cut from the mail (b brings it back)", width);
    if reading.cut.is_empty() {
        let words = match reading.people {
            Some(_) => "Nothing was cut.",
            None => "What was cut is not known here: this desk has no private part of the story.",
        };
        out.push(vec![Piece::plain(words)]);
    }
    for piece in &reading.cut {
        let back = if reading.back.contains(&piece.n) {
            " (back in the text)"
        } else {
            ""
        };
        let head = format!("{}. {}{back}", piece.n, one_line(&piece.why));
        out.extend(wrap(&[Piece::new(&head, Ink::strong())], width, "", "   "));
        for line in piece.text.lines() {
            out.extend(wrap(&[Piece::plain(line)], width, "   | ", "   | "));
        }
    }
}

fn own_words(desk: &Desk, repo: &StoryRepo, reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What the author wrote", width);
    match reading.own_words(desk, repo) {
        Err(trouble) => out.extend(wrap(&[Piece::plain(&trouble.to_string())], width, "", "")),
        Ok(own) if own.trim_end() == reading.story.page.body().trim_end() => {
            out.push(vec![Piece::plain(
                "The text above is what the author wrote: nothing was changed.",
            )]);
        }
        Ok(own) => {
            out.extend(wrap(&[Piece::plain("[-taken out-]  {+put in+}")], width, "", ""));
            out.push(Row::new());
            out.extend(changes(&own, reading.story.page.body(), width));
        }
    }
}

/// The words that were taken out and put in, paragraphs that stayed left out.
pub fn changes(old: &str, new: &str, width: usize) -> Vec<Row> {
    let mut paragraphs: Vec<(bool, Vec<Piece>)> = vec![(false, Vec::new())];
    for (fate, text) in wording::changes(old, new) {
        let (open, close, hue) = match fate {
            Fate::Same => ("", "", Hue::Plain),
            Fate::Gone => ("[-", "-]", Hue::Bad),
            Fate::New => ("{+", "+}", Hue::Good),
        };
        let changed = fate != Fate::Same;
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                paragraphs.push((changed, Vec::new()));
            }
            let Some((was_changed, pieces)) = paragraphs.last_mut() else {
                continue;
            };
            *was_changed |= changed;
            if !part.is_empty() {
                pieces.push(Piece::new(&format!("{open}{part}{close}"), Ink::of(hue)));
            }
        }
    }
    let mut out = Vec::new();
    let mut left_out = false;
    for (changed, pieces) in paragraphs {
        if pieces.is_empty() {
            continue;
        }
        if changed {
            out.extend(wrap(&pieces, width, "", ""));
        } else if !left_out {
            out.push(vec![Piece::new("...", Ink::of(Hue::Label))]);
        }
        left_out = !changed;
    }
    out
}

fn history(desk: &Desk, reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What happened", width);
    let seals = crate::desk::seal::seals(&reading.story);
    for event in &reading.story.record.events {
        let at = event.at.to_zoned_datetime(desk.config.team.timezone.clone());
        let signed = match desk.worth(&reading.story, &seals, event) {
            None => String::new(),
            Some(Ok(())) => " (signed)".to_owned(),
            Some(Err(doubt)) => format!(" ({doubt})"),
        };
        let words = format!(
            "{}  {} {}{signed}",
            at.strftime("%Y-%m-%d %H:%M"),
            event.by.name,
            said(&event.what)
        );
        out.extend(wrap(&[Piece::plain(&one_line(&words))], width, "", "    "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_in_words_that_need_no_colour() {
        let rows = changes(
            "One.\n\nI clean at nite.\n\nEnd.\n",
            "One.\n\nI clean at night.\n\nEnd.\n",
            60,
        );
        let rows: Vec<String> = rows.iter().map(words).collect();
        assert_eq!(rows, ["...", "I clean at [-nite.-]{+night.+}", "..."]);
    }
}
