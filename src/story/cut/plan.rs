//! What is to be cut from a mail: whether it is a forward or an answer, which stretches of it are another's, and what is cut at the end
//! of those that are its author's.

use std::collections::HashSet;
use std::ops::Range;

use super::attribution;
use super::mark::{self, drawn_line};
use super::quote::{self, Foreign, Opening};
use super::seen::{Seen, address_in, has_word};
use super::signature::{self, Piece};
use super::subject::{self, Says};
use super::{Forward, Rule, Rules, banner, inside, told};
use crate::story::submission::Mailbox;

/// Words below marked lines that nothing leads up to which answer them.
const AN_ANSWER: usize = 6;

/// Words of a quotation that is somebody's mail: one question may stay above its answer.
const A_MAIL: usize = 20;

/// Quotations that are looked at to know whether their author tells who said what.
const MOST_TOLD: usize = 8;

/// Lines under a forwarded mail that are looked at for its end.
const FOOT: usize = 40;

/// Forwards inside forwards that are taken apart.
const DEEPEST_FORWARD: usize = 5;

/// What is to be cut, before it is.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) pieces: Vec<Piece>,
    pub(super) forward: Option<Forward>,
    /// The lines of the forwarder's note.
    pub(super) cover: Option<(usize, usize)>,
    /// First line of a forward that was taken apart.
    pub(super) inner: Option<usize>,
    pub(super) sign_off: Option<String>,
    /// Text that looks like another's was kept: the author says that answers stand inside it, or nothing stands above it.
    pub(super) doubted: bool,
    /// Another mail inside of this one was kept.
    pub(super) another: bool,
    /// The author's own quotation was kept, or one that is answered below.
    pub(super) quotation: bool,
    /// Marked lines go from the top with nothing over them that says whose they are.
    pub(super) on_top: bool,
    /// What nothing marks went under a line that has no address.
    pub(super) unaddressed: bool,
    /// The author's name ends what goes and nothing marks.
    pub(super) signed: bool,
    /// The mail answers none, and none is passed on in it.
    composed: bool,
    /// A mail of somebody else's stays with its header: nothing of the author's leads up to it.
    strangers: bool,
    /// Lines that say whose mail goes under them, where that one is marked.
    pub(super) heads: Vec<Range<usize>>,
}

impl Plan {
    pub(super) fn of(seen: &mut [Seen], rules: &Rules) -> Plan {
        let mut plan = Plan::default();
        let mut from = 0;
        let mut subject = rules.subject.to_owned();
        for _ in 0..DEEPEST_FORWARD {
            let warned = banner::below(seen, from);
            plan.piece(from, warned, Rule::GatewayWarning);
            from = warned;
            plan.composed = rules.fresh && plan.inner.is_none() && subject::says(&subject) == Says::Nothing;
            let foreign = plan.foreign(seen, from);
            let foreign = plan.without_a_strangers(seen, foreign, rules);
            if let Some(first) = foreign.first().filter(|_| plan.inner.is_none())
                && !forwards(seen, from, first, &subject)
                && let Some(head) = quote::own_mail(seen, first, rules.sender)
            {
                plan.own_mail(seen, from, first, head, rules.author);
                return plan;
            }
            let Some(first) = foreign.first().filter(|f| forwards(seen, from, f, &subject)) else {
                let top = foreign.first();
                let unmarked = top.filter(|f| f.to_end && seen[from..f.start].iter().all(Seen::blank));
                // Nothing stands above it and nothing marks it: it may be the text itself. What is quoted further
                // down is another matter.
                let shown =
                    |f: &Foreign| inside::signed_below(seen, from, f, rules.author) || inside::led_up(seen, from, f);
                let last = foreign.last().filter(|f| plan.composed && put_there(f));
                let strangers = last.is_some_and(|f| !shown(f) && of_a_stranger(f, rules));
                if strangers || last.is_some_and(shown) {
                    plan.strangers = strangers;
                    plan.letters(seen, from, rules.author);
                } else if let Some(body) = unmarked.map(|f| f.body.max(f.start + 1)) {
                    plan.doubted = true;
                    let below = plan.foreign(seen, body);
                    plan.reply(seen, from, &below, rules.author);
                } else {
                    plan.reply(seen, from, &foreign, rules.author);
                }
                // Whose name is under a mail that somebody passed on says nothing of them.
                if plan.inner.is_some() && !rules.team_forwards {
                    plan.sign_off = None;
                }
                return plan;
            };
            plan.composed = false;
            let shown = (first.body..first.end).find(|i| !seen[*i].blank());
            let block = first.block.clone().unwrap_or_default();
            let depth = shown.map_or(0, |i| seen[i].depth);
            let depth = depth + plan.forward.as_ref().map_or(0, |f| f.depth);
            if plan.cover.is_none() {
                plan.cover = Some((from, first.start));
            }
            let rule = Rule::ForwardHeader;
            // "From: 10:00" over "Date: 4 December" is as well the head of a meeting's minutes.
            let header = first.opening != Opening::Block || block.from.address.is_some();
            let header = header || subject::says(&subject) == Says::Forward;
            let (from_whom, date) = (block.from, block.date);
            plan.forward = Some(Forward {
                from: from_whom,
                date,
                subject: block.subject.clone(),
                cover: vec![],
                by_rule: rule,
                depth,
            });
            let (start, body) = (first.start, first.body);
            if rules.team_forwards && shown.is_some() {
                plan.piece(from, start, Rule::ForwardNote);
            } else {
                plan.pieces.extend(signature::tail(seen, from, start).pieces);
            }
            if shown.is_none() || !(header || rules.team_forwards) {
                plan.pieces.extend(signature::tail(seen, body, seen.len()).pieces);
                return plan;
            }
            plan.piece(start, body, Rule::ForwardHeader);
            if let Some(end) = closing_line(seen, body).filter(|_| first.opening == Opening::Forwarded) {
                plan.piece(end, end + 1, Rule::ForwardHeader);
                seen[end].unmark(String::new());
            }
            let off = shown.map_or(0, |i| seen[i].depth);
            for line in &mut seen[body..] {
                line.depth = line.depth.saturating_sub(off);
                (line.hinted, line.attribution_hint) = (false, false);
            }
            from = body;
            plan.inner = Some(body);
            subject = block.subject.unwrap_or_default();
        }
        plan
    }

    /// Ten times the weight that may go unmarked without a word of it: six tenths of an answer.
    pub(super) fn may_go(&self, all: usize) -> usize {
        if self.composed { 0 } else { all * 6 }
    }

    fn piece(&mut self, start: usize, end: usize, rule: Rule) {
        if start < end {
            self.pieces.push(Piece {
                start,
                end,
                rule,
                doubtful: false,
            });
        }
    }

    /// What is another's from line `from` on. A mail that answers none may hold quotations of its author's own, above anything that
    /// says of another mail.
    fn foreign(&mut self, seen: &[Seen], from: usize) -> Vec<Foreign> {
        let mut found = quote::stretches(seen, from);
        if !self.composed {
            let mut at = from;
            for other in &found {
                self.quotation |= seen[at.min(other.start)..other.start]
                    .iter()
                    .any(|l| l.depth > 0 && !l.blank());
                at = other.end;
            }
            self.quotation |= seen[at..].iter().any(|l| l.depth > 0 && !l.blank());
            return found;
        }
        let told = |f: &Foreign| quote::without_hour(seen, f);
        let own = |f: &&Foreign| quote::own(seen, f) || quote::unaddressed(seen, f) || told(f);
        let rest = found.split_off(found.iter().take_while(own).count());
        for kept in found {
            let marked = kept.opening == Opening::Bare || told(&kept);
            self.quotation |= marked;
            self.another |= !marked;
        }
        rest
    }

    /// In an answer, a mail of somebody who has nothing to do with it, above the quotation of the mail that is answered: the author put it
    /// there, and goes on below.
    fn without_a_strangers(&mut self, seen: &[Seen], mut foreign: Vec<Foreign>, rules: &Rules) -> Vec<Foreign> {
        let strangers = |f: &mut Foreign| put_there(f) && of_a_stranger(f, rules);
        let Some(theirs) = foreign.pop_if(strangers) else {
            return foreign;
        };
        let ours = |f: &Foreign| {
            let named = |address: String| rules.to.iter().any(|m| m.address.as_deref() == Some(address.as_str()));
            let head = &seen[f.start..quote::begins(seen, f)];
            !f.to_end && head.iter().any(|l| address_in(&l.text).is_some_and(named))
        };
        let below = quote::stretches(seen, theirs.body);
        match below.iter().position(ours).filter(|_| !self.composed) {
            Some(at) => {
                self.another = true;
                foreign.extend(below.into_iter().skip(at));
            }
            None => foreign.push(theirs),
        }
        foreign
    }

    /// The author sends an earlier mail of their own once more ("Did you get this?"): its words are theirs and stay, and what it
    /// answered goes.
    fn own_mail(&mut self, seen: &mut [Seen], from: usize, foreign: &Foreign, head: (usize, usize), author: &str) {
        self.another = true;
        self.pieces.extend(signature::tail(seen, from, foreign.start).pieces);
        self.piece(head.0, head.1, rule_of(foreign.opening));
        let body = head.1;
        let off = seen[body..foreign.end]
            .iter()
            .find(|l| !l.blank())
            .map_or(0, |l| l.depth);
        for line in &mut seen[body..foreign.end] {
            line.depth = line.depth.saturating_sub(off);
            line.hinted = false;
        }
        let below = self.foreign(seen, body);
        self.reply(seen, body, &below, author);
    }

    /// Letters that the author put into the mail stay: nobody can tell where they end.
    fn letters(&mut self, seen: &[Seen], from: usize, author: &str) {
        self.another = true;
        let marked = self.headers(seen, from, Rule::ForwardHeader);
        self.reply(seen, from, &marked, author);
    }

    /// Cuts the headers of mails that nothing marks line by line, where an address is in them; lines that say who wrote stay. What
    /// is marked between them is given back.
    fn headers(&mut self, seen: &[Seen], from: usize, rule: Rule) -> Vec<Foreign> {
        let mut marked: Vec<Foreign> = Vec::new();
        let mut at = from;
        for _ in 0..DEEPEST_FORWARD {
            let mut found = self.foreign(seen, at);
            let letter = found.pop_if(|last| put_there(last));
            marked.extend(found);
            let Some(letter) = letter else { break };
            let header = &seen[letter.start..letter.body];
            let addressed = header.iter().any(|l| address_in(&l.text).is_some());
            // `On ... Anna wrote:` tells the reader whose words follow
            if addressed && letter.opening != Opening::Attribution && !self.strangers {
                self.piece(letter.start, letter.body, rule);
            }
            at = letter.body.max(letter.start + 1);
        }
        marked
    }

    /// Cuts the line over a quotation that stays because it is answered below: who asked needs no name and no address.
    fn heading(&mut self, seen: &[Seen], foreign: &Foreign) {
        let head = match foreign.opening {
            Opening::Bare => quote::attribution_inside(seen, foreign),
            _ => Some((foreign.start, foreign.body)),
        };
        // `Rosa Parks wrote:` may be the author's line over a quotation of their own
        let known = |(start, end): &(usize, usize)| {
            foreign.sure || seen[*start..*end].iter().any(|l| address_in(&l.text).is_some())
        };
        if let Some((start, end)) = head.filter(known) {
            let blanks = (end..foreign.end).take_while(|i| seen[*i].blank()).count();
            self.piece(start, end + blanks, rule_of(foreign.opening));
        }
    }

    /// Cuts quotations and the end of the author's own text from line `from` on.
    fn reply(&mut self, seen: &[Seen], from: usize, mut foreign: &[Foreign], author: &str) {
        let shown = |a: usize, b: usize| (a..b).any(|i| !seen[i].blank());
        // asked of every stretch: blank lines may be all that there is
        let first_shown = (from..seen.len()).find(|i| !seen[*i].blank());
        let shown_above = |to: usize| first_shown.is_some_and(|first| first < to);
        if let Some((last, above)) = foreign.split_last()
            && inside::goes_on(seen, from, last, author)
        {
            self.doubted = true;
            foreign = above;
        }
        let mut left = foreign;
        let unmarked = |f: &&Foreign| (f.body..f.end).any(|i| !seen[i].blank() && seen[i].depth == 0);
        if let [only] = foreign
            && (only.opening == Opening::Bare || !unmarked(&only))
            && signature::tail(seen, only.end, seen.len()).end == only.end
            && (inside::announced(&seen[from..only.start]) || inside::answered_within(seen, from, only, author))
        {
            // The answers are marked like the questions.
            self.doubted = true;
            return;
        }
        if let Some(first) = foreign.first()
            && let Some(whole) = foreign.iter().find(|f| f.opening != Opening::Bare && unmarked(f))
            && (inside::announced(&seen[from..first.start]) || inside::answered_within(seen, from, whole, author))
        {
            // Nobody can tell the answers from the questions: all of it stays, and the reviewer is told.
            self.doubted = true;
            let (end, rule) = (above(seen, from, whole), rule_of(whole.opening));
            if whole.opening != Opening::Attribution {
                let blanks = (end..whole.body).take_while(|i| seen[*i].blank()).count();
                self.piece(end + blanks, whole.body, rule);
            }
            self.headers(seen, whole.body.max(whole.start + 1), rule);
            self.pieces.extend(
                signature::tail(seen, from, end)
                    .pieces
                    .into_iter()
                    .filter(|p| p.rule == Rule::SentFrom),
            );
            return;
        }
        let mut until = seen.len();
        // Foreign text at the end goes, and so do footers under it.
        loop {
            let own_from = left.last().map_or(from, |f| f.end);
            let tail = signature::tail(seen, own_from, until);
            let last = left.last();
            // A card under the quotation, without its delimiter.
            if let Some(last) = last
                && shown_above(last.start)
                && signature::only_a_card(seen, last.end, tail.end)
            {
                self.pieces.extend(tail.pieces);
                self.piece(last.end, tail.end, Rule::ContactBlock);
                until = last.end;
                continue;
            }
            if tail.end > own_from && shown(own_from, tail.end) {
                // A lone name under the quotation does not answer it: the quotation goes, the name stays.
                if let Some(last) = last
                    && shown_above(last.start)
                    && left.len() == 1
                    && signs_only(seen, last.end, tail.end, &tail.sign_off)
                {
                    self.quotation(seen, from, last, author);
                    let above = signature::tail(seen, from, last.start);
                    self.pieces.extend(above.pieces);
                }
                self.sign_off = tail.sign_off;
                self.pieces.extend(tail.pieces);
                break;
            }
            self.pieces.extend(tail.pieces);
            let Some(last) = last else { break };
            self.quotation(seen, from, last, author);
            until = last.start;
            left = &left[..left.len() - 1];
        }
        // What a phone wrote between the author's own stretches.
        let own = left
            .iter()
            .enumerate()
            .map(|(n, f)| (n.checked_sub(1).map_or(from, |above| left[above].end), f.start));
        let footers: Vec<(usize, Vec<Piece>, usize)> = own
            .map(|(start, end)| (start, signature::tail(seen, start, end)))
            .map(|(s, t)| (s, t.pieces, t.end))
            .collect();
        let gone = self.gone(seen.len());
        let kept = |p: &&Piece| !gone[p.start..p.end].contains(&true);
        let phone = footers.iter().flat_map(|(_, pieces, _)| pieces);
        let phone = phone.filter(|p| p.rule == Rule::SentFrom);
        self.pieces.extend(phone.filter(kept));
        let is_bare = |f: &Foreign| {
            f.opening == Opening::Bare && !seen[f.start].hinted && quote::attribution_inside(seen, f).is_none()
        };
        // One quotation on top and the answer under it, or a greeting above the mail that is answered and the story under it.
        let nothing_above = footers.iter().all(|(start, _, end)| start == end);
        let greeted = |f: &Foreign| {
            let quoted = &seen[f.body..f.end];
            let words: usize = quoted.iter().map(Seen::words).sum();
            let mail = !self.composed && f.sure && !is_bare(f) && words >= A_MAIL;
            mail && inside::hands_over(&seen[from..f.start]) && inside::speaks_to_a_reader(quoted)
        };
        if let [only] = left
            && foreign.len() == 1
            && (only.sure || !self.composed)
            && (nothing_above || greeted(only))
            && shown(only.end, until)
        {
            let bare = is_bare(only);
            let answer: usize = seen[only.end..until].iter().map(Seen::words).sum();
            let asks = || inside::speaks_to_a_reader(&seen[only.start..only.end]);
            let doubtful = !only.sure || bare && (self.composed || answer < AN_ANSWER || !asks());
            self.on_top = bare;
            let start = if nothing_above { from } else { above(seen, from, only) };
            self.pieces.retain(|p| p.start >= only.end || p.end <= start);
            self.pieces.push(Piece {
                start,
                end: only.end,
                rule: Rule::QuoteOnTop,
                doubtful,
            });
            self.pieces.sort_by_key(|p| p.start);
            return;
        }
        let gone = self.gone(seen.len());
        let stays = |f: &Foreign| !gone[f.start..f.end].contains(&true);
        // Whose words these are nobody but a reader can tell.
        self.quotation |= left.iter().any(stays);
        if !self.composed {
            // Whose mail is answered, where all of it stands below.
            let below = foreign[left.len()..].iter().find_map(|f| names_of(seen, f));
            for (n, answered) in left.iter().enumerate() {
                let another = |names: &HashSet<String>| {
                    let beside = left.iter().enumerate().filter(|(other, _)| *other != n).take(MOST_TOLD);
                    let beside = beside.filter_map(|(_, f)| names_of(seen, f)).chain(below.clone());
                    beside.into_iter().any(|other| other.is_disjoint(names))
                };
                // The author tells who said what: `On 3 May, Ines wrote:` above the mail of somebody else that is answered.
                let told = answered.opening == Opening::Attribution
                    && !(answered.start..answered.body).any(|i| seen[i].text.contains('@'))
                    && names_of(seen, answered).is_some_and(|names| another(&names));
                if !told && stays(answered) {
                    self.heading(seen, answered);
                }
            }
        }
        self.pieces.sort_by_key(|p| p.start);
    }

    /// Which lines go with the pieces so far.
    fn gone(&self, lines: usize) -> Vec<bool> {
        let mut gone = vec![false; lines];
        for piece in &self.pieces {
            gone[piece.start..piece.end].fill(true);
        }
        gone
    }

    fn quotation(&mut self, seen: &[Seen], from: usize, foreign: &Foreign, author: &str) {
        self.unaddressed |= quote::unaddressed(seen, foreign);
        self.signed |= quote::ends_unmarked(seen, foreign) && inside::signed_anew(seen, from, foreign, author);
        if seen[foreign.body..foreign.end]
            .iter()
            .find(|l| !l.blank())
            .is_some_and(Seen::quoted)
        {
            self.heads.push(foreign.start..foreign.body);
        }
        self.piece(above(seen, from, foreign), foreign.end, rule_of(foreign.opening));
    }
}

/// Whether a header names somebody who is neither who sent the mail nor, by the domain, who got it: nobody answers a letter of theirs
/// to us.
fn of_a_stranger(foreign: &Foreign, rules: &Rules) -> bool {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let from = foreign.block.as_ref().and_then(|block| block.from.address.as_deref());
    let mut ours = rules.to.iter().filter_map(|m| m.address.as_deref()).peekable();
    from.is_some_and(|from| {
        !from.eq_ignore_ascii_case(rules.sender)
            && ours.peek().is_some()
            && ours.all(|to| domain(to).is_some() && domain(to) != domain(from))
    })
}

/// The line that some programs draw under a mail that is passed on: the last one of it.
fn closing_line(seen: &[Seen], body: usize) -> Option<usize> {
    let said = |l: &Seen| {
        ["end forwarded message", "end of forwarded message"]
            .iter()
            .any(|w| l.fold.contains(w))
    };
    let last = seen.iter().rposition(|l| !l.blank()).filter(|i| *i > body)?;
    let drawn = drawn_line(&seen[last].text) && seen[last].text.starts_with("-----");
    let low = seen.len().saturating_sub(FOOT).max(body);
    match drawn {
        true => Some(last),
        false => (low..seen.len()).rfind(|i| said(&seen[*i]) && mark::dashed_words(&seen[*i].text)),
    }
}

/// Where what goes with another mail begins: blank lines over it are of no use without it, nor is a line drawn to part it off.
fn above(seen: &[Seen], from: usize, foreign: &Foreign) -> usize {
    let blanks = |to: usize| to - (from..to).rev().take_while(|i| seen[*i].blank()).count();
    let start = blanks(foreign.start);
    let drawn = |i: usize| drawn_line(&seen[i].text) && seen[i].text.starts_with(['_', '-', '—', '–', '─', '*', '=']);
    let parted = foreign.opening != Opening::Bare
        && start > from
        && (drawn(start - 1) || seen[start - 1].ruled)
        && (start - 1 == from || seen[start - 2].blank() || seen[start - 1].text.len() >= 12);
    let summed_up = foreign.opening == Opening::Block && start > from && sums_up(&seen[start - 1], foreign);
    if parted || summed_up { blanks(start - 1) } else { start }
}

/// `Cath Lee ---03/03/2025 10:12:45---Hello everyone, You took`: what Lotus Notes writes over the header of who is named in it.
fn sums_up(line: &Seen, foreign: &Foreign) -> bool {
    let mut parts = line.text.splitn(3, "---");
    let (Some(name), Some(date), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let theirs = foreign.block.as_ref().and_then(|block| block.from.name.as_deref());
    let dated =
        date.len() <= 24 && date.contains([':', '/', '.']) && date.bytes().filter(u8::is_ascii_digit).count() >= 8;
    theirs.is_some_and(|theirs| theirs == name.trim()) && dated
}

/// Who may be named over another's words, where a line says so.
fn names_of(seen: &[Seen], foreign: &Foreign) -> Option<HashSet<String>> {
    let names = match (&foreign.block, foreign.opening) {
        (_, Opening::Bare) => return None,
        (Some(block), _) => attribution::names(block.from.name.as_deref()?),
        (None, _) => {
            let head = seen[foreign.start..foreign.body].iter().map(|l| l.text.as_ref());
            attribution::names(&head.collect::<Vec<_>>().join(" "))
        }
    };
    (!names.is_empty()).then_some(names)
}

fn rule_of(opening: Opening) -> Rule {
    match opening {
        Opening::Bare => Rule::QuoteMarks,
        Opening::Attribution => Rule::QuoteAttribution,
        Opening::Original | Opening::Forwarded => Rule::OriginalMessage,
        Opening::Block => Rule::OutlookHeaderBlock,
        Opening::ReplyAbove => Rule::ReplyAboveLine,
    }
}

/// Another mail that only its header, or the line over it, tells from the author's words.
fn put_there(foreign: &Foreign) -> bool {
    foreign.to_end
        && matches!(
            foreign.opening,
            Opening::Attribution | Opening::Original | Opening::Block
        )
}

/// Whether what stands below a quotation answers nothing in it: a name, a closing formula with one, a postscript.
fn signs_only(seen: &[Seen], from: usize, to: usize, sign_off: &Option<String>) -> bool {
    let shown: Vec<&Seen> = seen[from..to].iter().filter(|l| !l.blank()).collect();
    let words: usize = shown.iter().map(|l| l.words()).sum();
    if shown.first().is_some_and(|l| told::postscript(&l.fold)) {
        return true;
    }
    // `Marion`, `--Marion`
    let name = |l: &Seen| l.text.trim_start_matches(['-', ' ']).starts_with(char::is_uppercase);
    let named = sign_off.is_some() || (words <= 3 && shown.len() == 1 && name(shown[0]));
    named && shown.len() <= 3 && words <= 8 && shown.iter().all(|l| !l.text.ends_with(['.', '!', '?', ':']))
}

/// Whether a header is written in Finnish or Estonian: by its word for "From".
fn finnic(header: &[Seen]) -> bool {
    let from = |l: &Seen| ["lähettäjä", "saatja"].iter().any(|word| has_word(&l.fold, word));
    header.iter().any(from)
}

/// Whether the first foreign stretch of a mail is a mail passed on rather than one answered.
fn forwards(seen: &[Seen], from: usize, first: &Foreign, subject: &str) -> bool {
    let cover = (from..first.start).any(|i| !seen[i].blank());
    let named = first.block.as_ref().is_some_and(|b| b.from != Mailbox::default());
    match first.opening {
        Opening::Forwarded => true,
        Opening::Original | Opening::Block if named => match subject::says(subject) {
            Says::Forward => !(subject::vs(subject) && finnic(&seen[first.start..first.body])),
            Says::Reply => false,
            Says::Nothing => !cover && first.to_end,
        },
        _ => false,
    }
}
