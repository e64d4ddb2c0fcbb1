//! Where foreign text begins and ends: the lines of a mail as stretches of the author's own and of quoted text.

use super::attribution::{self, Grade};
use super::footer::Footer;
use super::header_block::{self, Block};
use super::mark::{Mark, dashed_words, drawn_line, mark};
use super::seen::{Seen, address_in};
use super::sign_off::{closing, name_like};
use crate::story::submission::Mailbox;

/// What a stretch of foreign text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// `>` or the program's own element, without a line over it.
    Bare,
    Attribution,
    /// `-----Original Message-----`.
    Original,
    /// `From: ... Sent: ...`.
    Block,
    Forwarded,
    ReplyAbove,
}

/// Lines that the author did not write.
#[derive(Debug, Clone)]
pub(super) struct Foreign {
    pub start: usize,
    /// First line of the mail quoted: after attribution and header block.
    pub body: usize,
    pub end: usize,
    pub opening: Opening,
    pub block: Option<Block>,
    /// No attribution that a story might have too.
    pub sure: bool,
    /// Nothing can follow it: it is not marked line by line, so it goes on to the end of the mail.
    pub to_end: bool,
}

/// Marks that may stand over one header.
const MARKS: usize = 4;

/// Lines that an author may sign with.
const SIGNED: usize = 3;

/// All foreign stretches, in order; what lies between is the author's. Linear: each line is looked at a bounded number
/// of times.
pub(super) fn stretches(lines: &[Seen], from: usize) -> Vec<Foreign> {
    let quoted = quoted_lines(lines, from);
    let mut out: Vec<Foreign> = Vec::new();
    let mut i = from;
    let mut kept = from;
    while i < lines.len() {
        if lines[i].blank() {
            i += 1;
            continue;
        }
        let floor = out.last().map_or(kept, |f| f.end.max(kept));
        if let Some(found) = opening(lines, &quoted, floor, i) {
            i = found.end;
            add(lines, &mut out, found);
            continue;
        }
        if quoted[i] {
            let end = run_end(lines, &quoted, i);
            let own = element_in(lines, i, end).unwrap_or(end);
            if own_quotation(lines, &quoted, floor, i, own) {
                i = own;
                kept = own;
                continue;
            }
            let bare = Foreign {
                start: i,
                body: i,
                end,
                opening: Opening::Bare,
                block: None,
                sure: true,
                to_end: false,
            };
            add(lines, &mut out, bare);
            i = end;
            continue;
        }
        i += 1;
    }
    out
}

/// Two foreign stretches with nothing of the author's between them are one. Marked lines right above a mail that nothing marks are
/// another matter than that mail.
fn add(lines: &[Seen], out: &mut Vec<Foreign>, found: Foreign) {
    let parted = |last: &Foreign| last.opening == Opening::Bare && found.to_end && found.opening != Opening::Bare;
    match out.last_mut() {
        Some(last)
            if lines[last.end..found.start].iter().all(Seen::blank)
                && found.opening != Opening::Forwarded
                && !parted(last) =>
        {
            last.end = found.end;
            last.to_end |= found.to_end;
        }
        _ => out.push(found),
    }
}

/// Which lines the mail program marked as quoted. In `gmail_quote` an answer between the quotations is inside the
/// element but outside of its `<blockquote>`: it is not quoted.
fn quoted_lines(lines: &[Seen], from: usize) -> Vec<bool> {
    let mut quoted: Vec<bool> = lines.iter().map(|l| l.quoted() || l.attribution_hint).collect();
    let mut i = from;
    while i < lines.len() {
        if !lines[i].hinted {
            i += 1;
            continue;
        }
        let end = (i..lines.len())
            .find(|n| !lines[*n].hinted && !lines[*n].blank())
            .unwrap_or(lines.len());
        let shown = (i..end).filter(|n| !lines[*n].blank());
        if let Some(first) = shown.clone().take(5).find(|n| lines[*n].depth > 0) {
            for n in shown.filter(|n| *n > first && lines[*n].depth == 0 && !lines[*n].attribution_hint) {
                quoted[n] = false;
            }
        }
        i = end;
    }
    // A quoted line that a mailer wrapped leaves its last words without `>`.
    for n in from + 1..lines.len() {
        let (above, line) = (&lines[n - 1], &lines[n]);
        let below = lines.get(n + 1).filter(|l| !l.blank());
        let under = !quoted[n] && above.depth > 0 && !above.blank() && !above.hinted && !line.blank();
        let unfinished = above.text.len() >= 60 && !above.text.ends_with(['.', '?', '!', ':']);
        if !under || !unfinished || line.text.len() > 40 {
            continue;
        }
        let small = |l: &Seen| l.text.starts_with(char::is_lowercase);
        quoted[n] = match below {
            Some(below) => below.depth == above.depth && (small(line) || small(below)),
            None => small(line) && above.text.len() >= 65,
        };
    }
    quoted
}

/// The attribution that a stretch begins with inside of its marks, as iPhones write it: its lines.
pub(super) fn attribution_inside(lines: &[Seen], foreign: &Foreign) -> Option<(usize, usize)> {
    let head = foreign.start..foreign.end.min(foreign.start + 6);
    let found = |i| attribution::ending_at(lines, i).filter(|a| a.grade == Grade::Strong && a.start >= foreign.start);
    head.into_iter().find_map(found).map(|a| (a.start, a.end))
}

/// The first line of the mail that is quoted. A program may mark the line over it as a part of it.
pub(super) fn begins(lines: &[Seen], foreign: &Foreign) -> usize {
    let start = match foreign.opening {
        Opening::Bare => attribution_inside(lines, foreign).map_or(foreign.start, |(_, end)| end),
        _ => foreign.body,
    };
    let head = start..foreign.end.min(start + attribution::MOST_LINES);
    head.rev().find(|i| lines[*i].attribution_hint).map_or(start, |i| i + 1)
}

/// Marked lines without an address or anything else that says of another mail: what the author of a mail that answers none quotes
/// in it.
pub(super) fn own(lines: &[Seen], foreign: &Foreign) -> bool {
    let stretch = foreign.start..foreign.end;
    let marked = |i: usize| lines[i].depth > 0 && !lines[i].attribution_hint;
    let addressed = |i: usize| address_in(&lines[i].text).is_some();
    let names = |i: usize| addressed(i) || attribution::ending_at(lines, i).is_some() || block_at(lines, i).is_some();
    foreign.opening == Opening::Bare && marked(foreign.start) && !stretch.into_iter().any(names)
}

/// A line like "Original Message" and no header under it, where a mail program writes both, or `On ... Rosa Parks wrote:` without an
/// address, and nothing that marks what follows.
pub(super) fn unaddressed(lines: &[Seen], foreign: &Foreign) -> bool {
    let hinted = lines[foreign.start..foreign.end]
        .iter()
        .any(|l| l.hinted || l.attribution_hint);
    let said = || lines[foreign.start..foreign.body].iter().any(|l| l.text.contains('@'));
    let nameless = match foreign.opening {
        Opening::Original => foreign.block.is_none(),
        Opening::Attribution => foreign.block.is_none() && !said(),
        _ => false,
    };
    nameless && foreign.to_end && !hinted
}

/// `On 3 March 2026 the Gazette wrote:` over marked lines. A program has the hour there, or an address.
pub(super) fn without_hour(lines: &[Seen], foreign: &Foreign) -> bool {
    let head = &lines[foreign.start..foreign.body];
    let hinted = |l: &Seen| l.hinted || l.attribution_hint;
    let program = |l: &Seen| l.text.contains('@') || attribution::timed(&l.fold) || hinted(l);
    let marked = &lines[foreign.body..foreign.end];
    foreign.opening == Opening::Attribution
        && foreign.block.is_none()
        && !head.iter().any(program)
        && marked.iter().all(|l| l.blank() || l.depth > 0 && !hinted(l))
}

/// The lines over the sender's own earlier mail that say so, by the address in them.
pub(super) fn own_mail(lines: &[Seen], foreign: &Foreign, sender: &str) -> Option<(usize, usize)> {
    let (start, body) = match foreign.opening {
        Opening::ReplyAbove => return None,
        Opening::Bare => attribution_inside(lines, foreign)?,
        _ => (foreign.start, foreign.body),
    };
    let address = match &foreign.block {
        Some(block) => block.from.address.clone(),
        None => lines[start..body].iter().find_map(|l| address_in(&l.text)),
    };
    (!sender.is_empty() && address?.eq_ignore_ascii_case(sender)).then_some((start, body))
}

/// Whether nothing says where the last lines of a stretch end.
pub(super) fn ends_unmarked(lines: &[Seen], foreign: &Foreign) -> bool {
    let last = (foreign.body..foreign.end).rfind(|i| !lines[*i].blank());
    last.is_some_and(|i| !lines[i].ends())
}

fn run_end(lines: &[Seen], quoted: &[bool], start: usize) -> usize {
    let mut end = start;
    let mut i = start;
    while i < lines.len() {
        if quoted[i] {
            end = i + 1;
        } else if !lines[i].blank() {
            break;
        }
        i += 1;
    }
    end
}

/// A few quoted lines that the author's last line leads up to: at the very end, or right above the mail that is answered.
fn own_quotation(lines: &[Seen], quoted: &[bool], floor: usize, start: usize, end: usize) -> bool {
    let above = (floor..start).rev().take(2).find(|n| !lines[*n].blank());
    end - start <= 6
        && lines[start..end].iter().filter(|l| !l.blank()).count() <= 4
        && lines[start..end]
            .iter()
            .all(|l| !l.attribution_hint && address_in(&l.text).is_none())
        && above.is_some_and(|n| !lines[n].quoted() && leads_up(&lines[n].text))
        && under_names(lines, end).is_none_or(|next| another_begins(lines, quoted, next))
}

/// Whether the author's line leads up to what follows: also `On 3 May 1999 she wrote:`, as no program says "she".
fn leads_up(text: &str) -> bool {
    let pronoun = || {
        ["It ", "She ", "He ", "They "]
            .iter()
            .any(|word| text.starts_with(word))
    };
    let people = || attribution::names_no_mailbox(text) || attribution::names_people(text);
    let told = || attribution::tells(text) || people() || pronoun();
    attribution::leads_up(text) || text.ends_with(':') && text.len() <= 160 && !text.contains('@') && told()
}

/// The first line with something on it that is no name, no closing formula, no phone's line and no signature under its delimiter.
fn under_names(lines: &[Seen], from: usize) -> Option<usize> {
    let phone = |l: &Seen| l.footer() == Some(Footer::SentFrom);
    let signs = |l: &Seen| !l.quoted() && (closing(&l.text).is_some() || name_like(&l.text, false) || phone(l));
    let mut shown = (from..lines.len()).filter(|i| !lines[*i].blank());
    if let Some(delimiter) = shown
        .clone()
        .take(SIGNED)
        .find(|i| !signs(&lines[*i]))
        .filter(|i| lines[*i].delimiter)
    {
        let below = (delimiter + 1..lines.len()).take_while(|i| !lines[*i].blank() && !lines[*i].quoted());
        return next_shown(lines, delimiter + 1 + below.count());
    }
    let first = shown.by_ref().take(SIGNED).find(|i| !signs(&lines[*i]));
    first.or_else(|| shown.next())
}

/// Whether a line that says so, or a header, begins another mail at line `at`.
fn another_begins(lines: &[Seen], quoted: &[bool], at: usize) -> bool {
    let last = lines.len().min(at + attribution::MOST_LINES);
    let marked = |i: usize| {
        quoted[at] && attribution::ending_at(lines, i).is_some_and(|a| a.start == at && a.grade == Grade::Strong)
    };
    let begins = |i: usize| opening(lines, quoted, at, i).is_some_and(|f| f.start == at && f.sure) || marked(i);
    lines[at].attribution_hint || (at..last).any(begins)
}

/// Where, under marked lines, the element begins that the program made for the mail that is answered.
fn element_in(lines: &[Seen], start: usize, end: usize) -> Option<usize> {
    let above = &lines[start];
    (start + 1..end).find(|n| {
        let line = &lines[*n];
        let attributed = line.attribution_hint && line.depth <= above.depth;
        !above.attribution_hint && !line.blank() && (attributed || line.hinted && !above.hinted)
    })
}

/// Takes a quote box for a quotation where it ends an answer, and `Anna Berg wrote:` stands over it, who is `to` get the answer; or
/// her name, address and the date, as Nextcloud writes them.
pub(super) fn unbox(lines: &mut [Seen], to: &[Mailbox]) {
    let shown = |l: &Seen| !l.blank();
    let Some(end) = lines
        .iter()
        .rposition(shown)
        .map(|i| i + 1)
        .filter(|end| lines[end - 1].boxed)
    else {
        return;
    };
    let outside = lines[..end].iter().rposition(|l| shown(l) && !l.boxed);
    let Some(above) = outside.filter(|i| lines[*i].depth == 0) else {
        return;
    };
    let named = to.iter().filter_map(|m| m.name.as_deref()).any(|name| {
        let more = lines[above]
            .text
            .split(' ')
            .count()
            .saturating_sub(name.split(' ').count());
        more <= 2 && lines[above].fold.contains(&name.to_lowercase())
    });
    let verb = || attribution::over_quotation(lines, above).is_some_and(|a| a.verb && a.start == above);
    if named && verb() || attribution::names_and_dates(&lines[above].text) {
        lines[above + 1..end].iter_mut().for_each(|l| l.depth = l.depth.max(1));
    }
}

fn next_shown(lines: &[Seen], from: usize) -> Option<usize> {
    (from..lines.len()).find(|i| !lines[*i].blank())
}

/// The same, but giving up soon: a mark is followed closely.
fn soon_shown(lines: &[Seen], from: usize) -> Option<usize> {
    (from..lines.len().min(from + 8)).find(|i| !lines[*i].blank())
}

/// The foreign text that begins at line `i` (or, for an attribution, ends its first lines there). Lines before `floor` are
/// taken already.
fn opening(lines: &[Seen], quoted: &[bool], floor: usize, i: usize) -> Option<Foreign> {
    let line = &lines[i];
    // Inside a quotation only its beginning is looked at: a header written there may be that of a forward.
    if quoted[i] && i > floor && (i.saturating_sub(3)..i).any(|n| quoted[n] && n >= floor) {
        return None;
    }
    let make = |start: usize, body: usize, opening: Opening, block: Option<Block>| {
        let shown = next_shown(lines, body);
        let marked = shown.is_some_and(|n| quoted[n]) || quoted[i];
        let end = match shown {
            Some(n) if marked => run_end(lines, quoted, if quoted[n] { n } else { i }).max(body.min(lines.len())),
            _ => box_end(lines, i).max(body.min(lines.len())),
        };
        Some(Foreign {
            start,
            body: body.min(end),
            end,
            opening,
            block,
            sure: true,
            to_end: !marked && end == lines.len(),
        })
    };
    if groupwise(line) {
        let end = lines.len();
        return Some(Foreign {
            start: i,
            body: i + 1,
            end,
            opening: Opening::Attribution,
            block: None,
            sure: true,
            to_end: true,
        });
    }
    // The same with its attribution in words.
    let over_plain_text = || next_shown(lines, i + 1).is_some_and(|n| lines[n].depth == 0);
    if line.depth >= 3
        && lines[floor..i]
            .iter()
            .rfind(|l| !l.blank())
            .is_some_and(|l| !l.quoted())
        && over_plain_text()
        && attribution::over_quotation(lines, i).is_some_and(|a| a.grade == Grade::Strong)
    {
        return Some(Foreign {
            start: i,
            body: i + 1,
            end: lines.len(),
            opening: Opening::Attribution,
            block: None,
            sure: true,
            to_end: true,
        });
    }
    if let Some(body) = boxes(lines, i).or_else(|| columns(lines, i)) {
        return make(i, body, Opening::Block, None);
    }
    match mark(&line.fold) {
        Some(Mark::ReplyAbove) if !quoted[i] => {
            return Some(Foreign {
                start: i,
                body: i + 1,
                end: lines.len(),
                opening: Opening::ReplyAbove,
                block: None,
                sure: true,
                to_end: true,
            });
        }
        Some(kind @ (Mark::Original | Mark::Forwarded)) => {
            let opening = if kind == Mark::Original {
                Opening::Original
            } else {
                Opening::Forwarded
            };
            // A mail forwarded twice may have both lines over one header.
            let mut next = soon_shown(lines, i + 1);
            for _ in 0..MARKS {
                let again = |n: &usize| matches!(mark(&lines[*n].fold), Some(Mark::Original | Mark::Forwarded));
                next = match next.filter(again) {
                    Some(n) => soon_shown(lines, n + 1),
                    None => break,
                };
            }
            let block = next.and_then(|n| block_at(lines, n).or_else(|| header_block::bare(lines, n)));
            if let Some(block) = block {
                // Zoho draws its line under the header once more.
                let again = soon_shown(lines, block.end).filter(|n| lines[*n].fold == line.fold);
                return make(i, again.map_or(block.end, |n| n + 1), opening, Some(block));
            }
            let said = next.and_then(|n| attributed(lines, i + 1, n));
            if let Some((end, block)) = said {
                return make(i, end, opening, Some(block));
            }
            let drawn = line.text.starts_with(['-', '_', '=', '*', '—', '─', '<', '+']) && line.text.len() >= 14;
            let prose = || next.is_some_and(|n| in_prose(lines, n));
            if drawn && next.is_some() && (kind == Mark::Original && !prose() || line.hinted || line.forward_hint) {
                return make(i, i + 1, opening, None);
            }
        }
        _ => {}
    }
    if let Some(found) = glued(lines, i) {
        return Some(found);
    }
    // Notes writes `Inactive hide details for Cath Lee---24/11/2026 09:00:12---Dear Marion` for a picture it had there.
    // Verse has left of it `"Cath Lee" ---24/11/2026 09:00:12---Dear Marion`.
    let dashed_date = || line.text.split("---").nth(1).is_some_and(attribution::dated);
    let hidden = line.fold.starts_with("inactive hide details for ") || line.text.starts_with('"') && dashed_date();
    if (drawn_line(&line.text) || dashed_words(&line.text) || hidden)
        && line.text.len() >= 5
        && let Some(next) = soon_shown(lines, i + 1)
        && let Some(block) = block_at(lines, next)
    {
        return make(i, block.end, Opening::Block, Some(block));
    }
    // Orange quotes its header and writes `Message du 24/11/25 09:12` over it.
    if quoted[i]
        && line.fold.starts_with("message d")
        && attribution::dated(&line.fold)
        && let Some(block) = lines.get(i + 1).and_then(|_| block_at(lines, i + 1))
    {
        return make(i, block.end, Opening::Block, Some(block));
    }
    // `---- Cath Lee wrote ----` and then the text without marks.
    if dashed_words(&line.text) && attribution::dashed_name(&line.text) && !quoted[i] {
        return make(i, i + 1, Opening::Attribution, None);
    }
    // Without an address, a date as programs write it: with the hour. `Date: 4 May 1951` stands over a letter on paper.
    let timed = |date: &Option<String>| date.as_ref().is_some_and(|d| header_block::has_hour(d));
    if line.ruled
        && let Some(next) = soon_shown(lines, i + 1)
        && let Some(block) = block_at(lines, next)
        && (block.from.address.is_some() || lines[next].quoted() || timed(&block.date))
    {
        return make(i, block.end, Opening::Block, Some(block));
    }
    if let Some(block) = block_at(lines, i)
        && (block.from.address.is_some() || line.quoted() || block.kinds >= 3 && timed(&block.date))
    {
        return make(i, block.end, Opening::Block, Some(block));
    }
    if !quoted[i] {
        let found = attribution::ending_at(lines, i)?;
        let start = found.start.max(floor);
        let shown = next_shown(lines, i + 1);
        let marked = shown.is_some_and(|n| quoted[n]);
        if !found.holds(marked, shown.is_none()) {
            return None;
        }
        // `On 4 December 2010 at 10:15, Anna Berg wrote:` and then what she wrote, in quotation marks: a story's.
        let spoken = |n: usize| lines[n].text.starts_with(['"', '“', '„', '«', '‘', '「', '『']);
        if !marked && !found.address && shown.is_some_and(spoken) {
            return None;
        }
        if found.inline || !marked {
            let end = box_end(lines, i);
            return Some(Foreign {
                start,
                body: i + 1,
                end,
                opening: Opening::Attribution,
                block: None,
                sure: true,
                to_end: end == lines.len(),
            });
        }
        let end = run_end(lines, quoted, shown?);
        return Some(Foreign {
            start,
            body: i + 1,
            end,
            opening: Opening::Attribution,
            block: None,
            sure: found.grade > Grade::Weak,
            to_end: false,
        });
    }
    None
}

/// Lines below one like "Original Message" in which the mail that is answered is looked for.
const BELOW_PROSE: usize = 60;

/// Whether a sentence goes on at line `next`, under a line like "Original Message" without a header, and the mail that is
/// answered begins further down: the author shows such a line.
fn in_prose(lines: &[Seen], next: usize) -> bool {
    let last = lines.len().min(next + BELOW_PROSE);
    let begins = |i: usize| {
        let addressed = |b: Block| b.from.address.is_some() || b.kinds >= 3;
        lines[i].depth == 0
            && (attribution::ending_at(lines, i).is_some_and(|a| a.grade == Grade::Strong)
                || block_at(lines, i).is_some_and(addressed))
    };
    lines[next].text.starts_with(char::is_lowercase) && (next + 1..last).any(begins)
}

/// Where what nothing marks ends, at the latest: with the quote box that line `i` stands in, or with the mail.
fn box_end(lines: &[Seen], i: usize) -> usize {
    let outside = |n: &usize| !lines[*n].boxed && !lines[*n].blank();
    (i..lines.len())
        .find(outside)
        .filter(|_| lines[i].boxed)
        .unwrap_or(lines.len())
}

/// `-------- Original message --------From: Cath Lee <cath@team.example> Date: ... Subject: ...`: phones of Samsung lose the
/// line ends of their header.
fn glued(lines: &[Seen], i: usize) -> Option<Foreign> {
    let text = lines[i].text.as_ref();
    let inner = text.strip_prefix("--")?.trim_start_matches('-');
    let (words, rest) = inner.split_once("--")?;
    let header = rest.trim_start_matches(['-', ' ']);
    let kind = mark(&format!("--{}--", words.to_lowercase()))?;
    let block = header_block::glued(header, i)?;
    let opening = match kind {
        Mark::Original => Opening::Original,
        Mark::Forwarded => Opening::Forwarded,
        Mark::ReplyAbove => return None,
    };
    Some(Foreign {
        start: i,
        body: i + 1,
        end: lines.len(),
        opening,
        block: Some(block),
        sure: true,
        to_end: true,
    })
}

/// Lines of a longest header that is drawn as boxes.
const BOXES: usize = 60;

/// One past the header that Notes draws as boxes: `|------------>`, `| From:      |`, `|------------>`, and its value in a wider one.
fn boxes(lines: &[Seen], i: usize) -> Option<usize> {
    let dashes = |text: &str| text.len() >= 8 && text.bytes().all(|b| b == b'-');
    let arrow = |l: &Seen| {
        l.text
            .strip_prefix('|')
            .and_then(|t| t.strip_suffix('>'))
            .is_some_and(dashes)
    };
    let wide = |l: &Seen| l.text.strip_suffix('|').is_some_and(dashes);
    let cell = |l: &Seen| l.text.len() > 1 && l.text.starts_with('|') && l.text.ends_with('|');
    if !arrow(&lines[i]) {
        return None;
    }
    let end = (i..lines.len().min(i + BOXES))
        .find(|n| !(arrow(&lines[*n]) || wide(&lines[*n]) || cell(&lines[*n])))
        .unwrap_or(lines.len().min(i + BOXES));
    (lines[i..end].iter().filter(|l| arrow(l)).count() >= 4).then_some(end)
}

/// One past the header that Notes writes in columns without colons: who and when on the left, and on the right `To`, `cc` and
/// `Subject`, each over or beside its value.
fn columns(lines: &[Seen], i: usize) -> Option<usize> {
    let ends = |n: usize, labels: &[&str]| labels.contains(&lines[n].text.rsplit(' ').next().unwrap_or_default());
    let within = |from: usize, labels: &[&str]| (from..lines.len().min(from + 6)).find(|n| ends(*n, labels));
    if i > 0 && !lines[i - 1].blank() || lines[i].words() > 5 {
        return None;
    }
    let to = within(i, &["To", "An", "Para"])?;
    let copy = within(to + 1, &["cc", "Kopie"])?;
    let subject = within(copy + 1, &["Subject", "Thema", "Asunto"])?;
    let dated = (i..=copy).any(|n| attribution::dated(&lines[n].fold));
    let addressed = (i..=copy).any(|n| lines[n].text.contains('@'));
    if !dated || !addressed || lines[subject].text.contains(' ') || lines[i..=copy].iter().any(Seen::blank) {
        return None;
    }
    let value = soon_shown(lines, subject + 1)?;
    Some((value..lines.len()).find(|n| lines[*n].blank()).unwrap_or(lines.len()))
}

/// `>>> Cath Lee <cath@team.example> 12/4/2010 10:00 AM >>>`, and then the text without marks.
pub(super) fn groupwise(line: &Seen) -> bool {
    line.depth >= 3 && line.text.ends_with(">>>") && line.fold.len() > 10
}

/// The header without colons that begins under the line `i`, which says that another mail begins.
pub(super) fn bare_under_mark(lines: &[Seen], i: usize) -> Option<Block> {
    mark(&lines[i].fold).filter(|kind| *kind != Mark::ReplyAbove)?;
    header_block::bare(lines, soon_shown(lines, i + 1)?)
}

/// The header that begins at line `i`, if one does.
pub(super) fn block_at(lines: &[Seen], i: usize) -> Option<Block> {
    header_block::starting_at(lines, i).or_else(|| header_block::stacked(lines, i))
}

/// An attribution under a mark, as Proton writes it: who and when, instead of a header block.
fn attributed(lines: &[Seen], low: usize, next: usize) -> Option<(usize, Block)> {
    let last = (next..lines.len().min(next + 4))
        .find(|n| attribution::ending_at(lines, *n).is_some_and(|a| a.start >= low))?;
    let found = attribution::ending_at(lines, last)?;
    let prose = found.start > next && lines[next].text.starts_with(char::is_lowercase);
    if found.grade == Grade::Weak || prose {
        return None;
    }
    let text: Vec<&str> = lines[found.start..found.end].iter().map(|l| l.text.as_ref()).collect();
    let text = text.join(" ");
    let from = who(&text);
    Some((
        found.end,
        Block {
            end: found.end,
            from,
            date: Some(text),
            subject: None,
            kinds: 2,
        },
    ))
}

/// The mailbox in an attribution: the address, and as name what stands before it after the last digit or comma.
pub(super) fn who(text: &str) -> Mailbox {
    let mut from = header_block::mailbox(text);
    if let Some(name) = &from.name {
        let name = name.rsplit([',', '，', ';']).next().unwrap_or(name).trim();
        let at = name
            .rfind(|c: char| c.is_ascii_digit() || c == ':')
            .map_or(0, |at| at + 1);
        let name = name[at..]
            .trim()
            .trim_start_matches("AM ")
            .trim_start_matches("PM ")
            .trim_matches('"');
        from.name = (!name.is_empty() && name.split(' ').count() <= 6).then(|| name.to_owned());
    }
    from
}
