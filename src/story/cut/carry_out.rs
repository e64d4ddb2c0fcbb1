//! A plan carried out on a mail's lines: cuts that rest on a guess are weighed first, and called off where too much would go with them.

use std::collections::HashMap;

use super::attribution::{self, Grade};
use super::mark::drawn_line;
use super::plan::Plan;
use super::seen::Seen;
use super::signature::Piece;
use super::{Cut, Rule, Trimmed, quote, redact, sign_off, told};
use crate::story::passage::Line;

/// Words of a salutation.
const SALUTATION: usize = 4;

impl Plan {
    pub(super) fn carry_out(mut self, lines: &[Line], seen: &[Seen]) -> Trimmed {
        let weigh = |pieces: &mut dyn Iterator<Item = &Piece>| -> usize {
            pieces.flat_map(|p| &seen[p.start..p.end]).map(Seen::weight).sum()
        };
        let all: usize = seen.iter().map(Seen::weight).sum();
        let certain = weigh(&mut self.pieces.iter().filter(|p| !p.doubtful));
        let doubtful = weigh(&mut self.pieces.iter().filter(|p| p.doubtful));
        let unmarked = self.pieces.iter();
        let unmarked = unmarked.filter(|p| p.rule.goes_to_the_end() || p.rule == Rule::QuoteMarks);
        let in_head = |i: &usize| self.heads.iter().any(|head| head.contains(i));
        let unmarked = unmarked
            .flat_map(|p| p.start..p.end)
            .filter(|i| !in_head(i) && !seen[*i].ends());
        let unmarked: usize = unmarked.map(|i| seen[i].weight()).sum();
        let mut called_off = self.doubted;
        if doubtful * 10 > all.saturating_sub(certain) * 6 {
            self.pieces.retain(|p| !p.doubtful);
            called_off = true;
        }
        let mut rules: Vec<Option<(usize, Rule)>> = vec![None; lines.len()];
        for (n, piece) in self.pieces.iter().enumerate() {
            rules[piece.start..piece.end].fill(Some((n, piece.rule)));
        }
        // A line drawn to part two texts says nothing where one of them is gone.
        let tells = |i: usize| !seen[i].blank() && !seen[i].ruled && !drawn_line(&seen[i].text);
        let something = (0..lines.len()).any(|i| rules[i].is_none() && tells(i));
        let something = something && !only_greets(seen, |i| rules[i].is_none() && tells(i));
        let anything = (0..lines.len()).any(|i| !seen[i].blank());
        // `Sent from my iPhone` under a photo is nobody's word.
        let footers = self
            .pieces
            .iter()
            .all(|p| matches!(p.rule, Rule::SentFrom | Rule::VirusScanner));
        let mut in_signature = false;
        if !something && anything && !footers {
            // A program's box for the signature may hold all that was written: it is where the cursor stands.
            let boxed = |rule: &Option<(usize, Rule)>| rule.is_some_and(|(_, rule)| rule == Rule::SignatureBlock);
            in_signature = (0..lines.len()).any(|i| boxed(&rules[i]) && seen[i].signature_hint && tells(i));
            match in_signature {
                true => rules
                    .iter_mut()
                    .filter(|rule| boxed(rule))
                    .for_each(|rule| *rule = None),
                false => {
                    rules.fill(None);
                    called_off = true;
                    self.inner = None;
                }
            }
        }
        // Blank lines between a cut and the end go with the cut.
        for i in (1..lines.len()).rev() {
            if rules[i].is_some() && rules[i - 1].is_none() && seen[i - 1].blank() && rules[i..].len() < 3 {
                rules[i - 1] = rules[i];
            }
        }
        let on_top = self.pieces.iter().filter(|p| self.on_top && p.rule == Rule::QuoteOnTop);
        let on_top = weigh(&mut on_top.filter(|p| rules[p.start].is_some()));
        let last = (0..lines.len())
            .rfind(|i| rules[*i].is_none() && tells(*i))
            .unwrap_or(0);
        let signature = |i: usize| rules[i].is_some_and(|(_, rule)| rule == Rule::SignatureDelimiter);
        let goes_on = |i: usize| {
            (i + 1..=last)
                .find(|n| !seen[*n].blank())
                .filter(|n| rules[*n].is_none())
        };
        let goes_on = |i: usize| goes_on(i).is_some_and(|n| seen[n].depth == 0 && !told::postscript(&seen[n].fold));
        let stays = |i: usize| rules[i].is_none() && seen[i].delimiter || signature(i) && goes_on(i);
        let in_box = |i: usize| rules[i].is_none() && seen[i].signature_hint && tells(i);
        let typed = in_signature || (0..lines.len()).any(|i| seen[i].depth == 0 && in_box(i));
        let under_delimiter = typed || (0..last).any(|i| seen[i].depth == 0 && stays(i));
        let (kept, cuts) = self.part(lines, seen, &rules);
        let mut out = Trimmed {
            kept,
            cuts,
            nothing_cut: called_off,
            another_kept: self.another,
            quotation_kept: self.quotation,
            unmarked_cut: (something || in_signature)
                && (self.unaddressed || self.signed || unmarked * 10 > self.may_go(all)),
            most_cut: something && on_top * 10 > all * 6,
            under_delimiter,
            sign_off: self.sign_off,
            ..Trimmed::default()
        };
        if let Some(mut forward) = self.forward {
            if let Some((start, end)) = self.cover {
                forward.cover = lines[start..end].to_vec();
            }
            if self.inner.is_none() {
                forward.depth = 0;
            }
            out.forward = Some(forward);
        }
        out
    }

    /// The lines that stay, and those that go together. `rules`: of each line which piece it goes with, and by which rule.
    fn part(&self, lines: &[Line], seen: &[Seen], rules: &[Option<(usize, Rule)>]) -> (Vec<Line>, Vec<Cut>) {
        let depth = self.forward.as_ref().map_or(0, |f| f.depth);
        let (mut kept, mut cuts) = (Vec::new(), Vec::<Cut>::new());
        let own = |i: usize, line: &Line| {
            let mut line = line.clone();
            if self.inner.is_some_and(|from| i >= from) {
                line.quote = line.quote.saturating_sub(depth);
                (line.hints.quoted, line.hints.forwarded, line.hints.attribution) = (false, false, false);
            }
            line
        };
        let mut bare = without_addresses(lines, &named_in(lines, seen, |i| rules[i].is_none()));
        let mut last = None;
        for (i, line) in lines.iter().enumerate() {
            match (rules[i], bare.remove(&i)) {
                (None, None) => kept.push(own(i, line)),
                (None, Some((first, left))) => {
                    if first {
                        cuts.push(Cut {
                            rule: Rule::AttributionAddress,
                            lines: vec![],
                            at: kept.len(),
                            left: 0,
                        });
                    }
                    let stays = line.is_blank() || !Seen::of(&left).blank();
                    if let Some(cut) = cuts.last_mut() {
                        cut.lines.push(own(i, line));
                        cut.left += usize::from(stays);
                    }
                    kept.extend(stays.then(|| own(i, &left)));
                }
                (Some((n, rule)), _) => match cuts.last_mut() {
                    Some(cut) if last == Some(n) => cut.lines.push(line.clone()),
                    _ => cuts.push(Cut {
                        rule,
                        lines: vec![line.clone()],
                        at: kept.len(),
                        left: 0,
                    }),
                },
            }
            last = rules[i].map(|(n, _)| n);
        }
        (kept, cuts)
    }
}

/// Whether nothing but a salutation would stay, and perhaps how a letter ends: what it has to say stands in what would go.
fn only_greets(seen: &[Seen], stays: impl Fn(usize) -> bool) -> bool {
    let mut shown = (0..seen.len()).filter(|i| stays(*i)).map(|i| &seen[i]);
    let greets = |l: &Seen| l.words() <= SALUTATION && l.text.ends_with(',');
    if !shown.next().is_some_and(greets) {
        return false;
    }
    let mut closed = false;
    shown.all(|l| {
        let signs = sign_off::closing(&l.text).is_some() || closed && sign_off::name_like(&l.text, false);
        closed = true;
        signs
    })
}

/// The lines that are kept and say, with an address, who wrote what stands below them; and those of a header with or without.
fn named_in(lines: &[Line], seen: &[Seen], kept: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut named = vec![false; seen.len()];
    let linked = |i: usize| redact::links_to_an_address(&lines[i]);
    let telling = |i: usize| redact::may_tell(&seen[i].text) || linked(i);
    let mut addressed = None;
    let mut header = 0;
    for i in (0..seen.len()).filter(|i| kept(*i)) {
        if i >= header
            && let Some(block) = quote::block_at(seen, i).or_else(|| quote::bare_under_mark(seen, i))
        {
            header = block.end;
            named[i..header].fill(true);
        }
        if telling(i) {
            addressed = Some(i);
        }
        if quote::groupwise(&seen[i]) {
            named[i] = true;
        }
        if addressed.is_none_or(|at| at + attribution::MOST_LINES <= i) {
            continue;
        }
        let under = seen[i + 1..].iter().take(3).find(|l| !l.blank());
        let found = attribution::ending_at(seen, i)
            .or_else(|| attribution::over_quotation(seen, i).filter(|f| (f.start..f.end).any(linked)));
        if let Some(found) = found
            && (found.address || (found.start..found.end).any(telling))
            && (found.verb || found.grade == Grade::Strong || under.is_some_and(Seen::quoted))
        {
            named[found.start..found.end].fill(true);
        } else if linked(i)
            && !seen[i].fold.is_empty()
            && seen[i].text.ends_with(':')
            && under.is_some_and(Seen::quoted)
        {
            named[i] = true;
        }
    }
    named
}

/// The lines of `named` that belong together where one has an address, without it, and whether each is their first.
fn without_addresses(lines: &[Line], named: &[bool]) -> HashMap<usize, (bool, Line)> {
    let mut out = HashMap::new();
    let mut at = 0;
    for together in named.chunk_by(|a, b| a == b) {
        let stretch = at..at + together.len();
        at = stretch.end;
        if !together[0] {
            continue;
        }
        let mut left = lines[stretch.clone()].to_vec();
        if !redact::take_addresses_out(&mut left) {
            continue;
        }
        let numbered = left.into_iter().enumerate();
        out.extend(numbered.map(|(n, line)| (stretch.start + n, (n == 0, line))));
    }
    out
}
