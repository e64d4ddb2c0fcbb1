//! What stands under the author's last word, from the end up: signatures and cards, between them the mail's [`super::feet`]; and
//! the sign-off name, which stays.

use super::Rule;
use super::contact::{card_of, contact, leads_elsewhere, name_before_a_number, own_address, phone, picture, titled};
use super::feet::{list_footer, small_footer};
use super::footer::Footer;
use super::legal::legal;
use super::mark::drawn_line;
use super::notice::legal_notice;
use super::seen::Seen;
use super::sign_off::{closing, eastern, name_like, signs_for};
use super::told::{
    foot, for_whom, further_words, institutional, paragraph, paragraphs, postscript, prose, said, saying, sentence,
    speaks, tells, told,
};
use super::typed;

/// Lines to cut, by which rule, and whether there is room for doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub start: usize,
    pub end: usize,
    pub rule: Rule,
    pub doubtful: bool,
}

/// The end of a stretch of the author's own lines.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub pieces: Vec<Piece>,
    /// One past the last line that is the author's; the stretch's start where nothing is.
    pub end: usize,
    pub sign_off: Option<String>,
}

/// Lines looked at from the end, so that a long story costs no more than a short one.
const REACH: usize = 60;

/// Lines that a postscript may have.
const LONGEST_POSTSCRIPT: usize = 12;

/// Lines at the end in which a card is looked for.
const CARD: usize = 30;

/// Lines of a longest key in ASCII armour.
const LONGEST_ARMOUR: usize = 400;

/// What may be cut from the end of lines `from..to`, which are the author's own stretch.
pub(super) fn tail(lines: &[Seen], from: usize, to: usize) -> Tail {
    let mut end = to;
    let mut pieces: Vec<Piece> = Vec::new();
    let mut parted = false;
    let mut typed_on = false;
    loop {
        while end > from && lines[end - 1].blank() {
            end -= 1;
        }
        // What is quoted is no footer of the author's.
        if end == from || lines[end - 1].depth > 0 {
            break;
        }
        if let Some(cards) = typed_in_the_box(lines, from, end) {
            end = cards.end;
            pieces.extend(cards.pieces);
            typed_on = true;
            break;
        }
        // what stands above a signature's line and below another one may be text
        let signs = |p: &Piece| !parted || !tells_between(&lines[p.start + 1..p.end]);
        let ends = |p: &Piece| {
            if under_the_answered(lines, from, p.start) {
                return true;
            }
            let goes_on = |end: usize| further_words(lines, p.start, end, false).is_some();
            let foot = || list_footer(lines, p.start + 1, p.end).or_else(|| legal_notice(lines, p.start + 1, p.end));
            !goes_on(p.end) && !foot().is_some_and(|foot| goes_on(foot.start))
        };
        let found = hinted(lines, from, end)
            .or_else(|| armour(lines, from, end))
            .or_else(|| small_footer(lines, from, end))
            .or_else(|| delimited(lines, from, end).filter(signs).filter(ends))
            .or_else(|| list_footer(lines, from, end).filter(ends))
            .or_else(|| legal_notice(lines, from, end))
            .or_else(|| signed_block(lines, from, end))
            .or_else(|| contact_block(lines, from, end))
            .or_else(|| lone_address(lines, from, end));
        let Some(piece) = found else { break };
        end = piece.start;
        parted |= piece.rule == Rule::SignatureDelimiter;
        pieces.push(piece);
    }
    // A line drawn above a footer that went goes with it.
    if !pieces.is_empty() && !typed_on && end > from && drawn_line(&lines[end - 1].text) {
        let rule = pieces[pieces.len() - 1].rule;
        end -= 1;
        pieces.push(Piece {
            start: end,
            end: end + 1,
            rule,
            doubtful: false,
        });
        while end > from && lines[end - 1].blank() {
            end -= 1;
        }
    }
    let above = || {
        above_postscript(lines, from, end)
            .or_else(|| above_words(lines, from, end))
            .or_else(|| above_what_is_said(lines, from, end))
    };
    let above = if typed_on { None } else { above() };
    let sign_off = sign_off(lines, from, above.as_ref().map_or(end, |card| card.start));
    pieces.extend(above);
    let sign_off = sign_off.or_else(|| pieces.iter().rev().find_map(|p| name_in(lines, p)));
    for (i, line) in lines.iter().enumerate().take(end).skip(from) {
        let alone = |at: Option<&Seen>| at.is_none_or(Seen::blank);
        let above = i.checked_sub(1).filter(|a| *a >= from).map(|a| &lines[a]);
        if alone(above) && alone(lines.get(i + 1).filter(|_| i + 1 < end)) && line.footer() == Some(Footer::SentFrom) {
            pieces.push(Piece {
                start: i,
                end: i + 1,
                rule: Rule::SentFrom,
                doubtful: false,
            });
        }
    }
    pieces.sort_by_key(|p| p.start);
    Tail { pieces, end, sign_off }
}

pub(super) fn piece(start: usize, end: usize, rule: Rule, doubtful: bool) -> Option<Piece> {
    Some(Piece {
        start,
        end,
        rule,
        doubtful,
    })
}

pub(super) fn reach(from: usize, end: usize) -> usize {
    end.saturating_sub(REACH).max(from)
}

/// The signature between the author's last word and the postscript under it.
fn above_postscript(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = end.saturating_sub(LONGEST_POSTSCRIPT).max(from);
    let begins = |i: &usize| postscript(&lines[*i].fold) && *i > from && lines[*i - 1].blank();
    let mut end = (low..end).find(begins)?;
    while end > from && lines[end - 1].blank() {
        end -= 1;
    }
    if end == from || lines[end - 1].depth > 0 {
        return None;
    }
    hinted(lines, from, end)
        .or_else(|| delimited(lines, from, end))
        .or_else(|| signed_block(lines, from, end))
        .or_else(|| contact_block(lines, from, end))
        .or_else(|| list_footer(lines, from, end))
        .or_else(|| legal_notice(lines, from, end))
        .filter(|card| !card.doubtful)
}

/// The signature or the foot that stands above what its author wrote below it: the rest of the story, a call to sign.
fn above_words(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = reach(from, end);
    // to look at the sentences of every mail would be dear, and most have nothing of the kind
    let addressed = |l: &Seen| ["@", "http", "www."].iter().any(|sign| l.fold.contains(sign));
    let may = |l: &Seen| {
        l.signature_hint || delimiter(l).is_some() || addressed(l) || leads_elsewhere(l) || l.footer().is_some()
    };
    if !lines[low..end].iter().any(may) {
        return None;
    }
    let start = further_words(lines, low, end, true)?;
    let head = &lines[start];
    let calls = leads_elsewhere(head) && !prose(head) && (head.text.ends_with([':', '：']) || contact(head));
    let end = (from..start).rfind(|i| !lines[*i].blank())? + 1;
    if lines[end - 1].depth > 0 {
        return None;
    }
    let tells_nothing = |p: &Piece| !lines[p.start..p.end].iter().any(|l| prose(l) || tells(l));
    // people are portrayed one after the other, parted by lines
    let whose = |p: &Piece| lines[p.start].delimiter || lines[p.start..p.end].iter().any(|l| l.own_name);
    let linked = |p: &Piece| p.end > p.start + 1 && lines[p.start..p.end].iter().any(contact);
    hinted(lines, from, end)
        .filter(tells_nothing)
        .or_else(|| delimited(lines, from, end).filter(|p| sure_card(&lines[p.start..p.end]) && whose(p)))
        .or_else(|| small_footer(lines, from, end).filter(|p| p.rule == Rule::VirusScanner))
        .or_else(|| list_footer(lines, from, end).filter(linked))
        .or_else(|| contact_block(lines, from, end).filter(|p| calls && !p.doubtful))
        .filter(|p| !leads_up_to(lines, from, p.start))
}

/// Whether a delimiter and what stands under it is a card for sure: the sender's name, or a name and a way to reach them; or a foot.
fn sure_card(lines: &[Seen]) -> bool {
    let Some((line, under)) = lines.split_first() else {
        return false;
    };
    let shown: Vec<&Seen> = under.iter().filter(|l| !l.blank()).collect();
    let Some((first, rest)) = shown.split_first() else {
        return false;
    };
    let placed = matches!(delimiter(line), Some(Delimiter::Exact | Delimiter::Bare));
    let reached = rest.iter().any(|l| contact(l) || placed && titled(&l.fold));
    // `Marion Maxwell | Organiser | Leeds Tenants`
    let (head, more) = first.text.split_once('|').unwrap_or((&first.text, ""));
    let named = first.own_name && placed || name_like(head.trim(), false) && (reached || !more.is_empty());
    rest.len() <= 8 && !shown.iter().any(|l| prose(l) || tells(l)) && (named || first.footer().is_some())
}

/// What the mail program itself marked as the signature, where its author did not type on in it.
fn hinted(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let start = boxed(lines, from, end);
    (start < end && !typed::some(&lines[start..end])).then(|| piece(start, end, Rule::SignatureBlock, false))?
}

/// Where the lines begin, up to `end`, that the mail program itself marked as the signature.
fn boxed(lines: &[Seen], from: usize, end: usize) -> usize {
    let mut start = end;
    for i in (from..end).rev() {
        if lines[i].signature_hint {
            start = i;
        } else if !lines[i].blank() {
            break;
        }
    }
    start
}

/// What goes of the mail program's box for the signature, where the author typed on in it, and where their words end.
fn typed_in_the_box(lines: &[Seen], from: usize, end: usize) -> Option<Tail> {
    let start = boxed(lines, from, end);
    let cards = typed::cards(&lines[start..end])?;
    let mut tail = Tail::default();
    let mut at = start;
    for together in cards.chunk_by(|a, b| a == b) {
        let next = at + together.len();
        if together[0] {
            tail.pieces.extend(piece(at, next, Rule::SignatureBlock, false));
        } else if let Some(last) = (at..next).rfind(|i| !lines[*i].blank()) {
            tail.end = last + 1;
        }
        at = next;
    }
    Some(tail)
}

/// A key or a detached signature in ASCII armour (RFC 9580, section 6.2).
fn armour(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    lines[end - 1].text.strip_prefix("-----END PGP ")?;
    let low = end.saturating_sub(LONGEST_ARMOUR).max(from);
    let start = (low..end)
        .rev()
        .find(|i| lines[*i].text.starts_with("-----BEGIN PGP "))?;
    // `Version: GnuPG v1`, then digits: a story that shows such lines has words between them
    let armoured =
        |l: &Seen| !l.text.contains(' ') || l.text.split_once(": ").is_some_and(|(key, _)| !key.contains(' '));
    if !lines[start + 1..end - 1].iter().all(armoured) {
        return None;
    }
    piece(start, end, Rule::SignatureBlock, false)
}

/// `-- ` and its kin. The text under it must look like a signature; the higher of two delimiters wins if all below does.
fn delimited(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let mut found: Option<usize> = None;
    let mut below = end;
    let low = reach(from, end);
    for i in (low..end).rev() {
        let line = &lines[i];
        if line.blank() || line.fold.is_empty() && !line.ruled {
            continue;
        }
        let Some(kind) = delimiter(line) else { continue };
        if kind == Delimiter::Short && patch_follows(&lines[i + 1..end]) {
            continue;
        }
        // `Hannah` over a box of stars that begins with `Hannah Croft`
        let boxes = lines.get(i + 1).is_some_and(|l| l.own_name);
        if kind == Delimiter::Drawn && (below == end && i + 1 == end || underlines(lines, from, i) && !boxes) {
            continue;
        }
        // So does one of `-- ` with sentences on either side.
        if let Some(lower) = found
            && kind == Delimiter::Exact
            && tells_between(&lines[i + 1..below])
        {
            let card = |l: &Seen| contact(l) || name_like(&l.text, false);
            return match lines[lower + 1..end].iter().any(card) {
                true => piece(lower, end, Rule::SignatureDelimiter, false),
                false => None,
            };
        }
        if found.is_some() && further_words(lines, i, below, false).is_some() {
            break;
        }
        // A legal notice below says nothing of what stands between.
        let foot = legal_notice(lines, i + 1, end).map_or(end, |notice| notice.start);
        let noticed = foot < end && lines[i + 1..foot].iter().any(|l| !l.blank());
        let foot = if noticed { foot } else { end };
        // people type `--` between scenes, programs write one `-- ` over a signature
        let parted = || (low..i).any(|n| matches!(delimiter(&lines[n]), Some(Delimiter::Exact | Delimiter::Bare)));
        let words = || lines[i + 1..foot].iter().map(Seen::words).sum::<usize>();
        let told_under = match kind {
            Delimiter::Bare => true,
            Delimiter::Exact => words() > SENTENCES || parted() || leads_up_to(lines, from, i),
            _ => false,
        };
        if told_under && found.is_none() && reads_on(lines, from, i, foot) {
            return None;
        }
        // A line of `--` that comes again and again parts a text.
        let again = (low..i).any(|n| delimiter(&lines[n]) == Some(Delimiter::Bare));
        let under = &lines[i + 1..below.min(foot)];
        let scenes = !under_the_answered(lines, from, i);
        let like = signature_like(under, kind, again || found.is_some(), scenes);
        if !(like || noticed && sure_card(&lines[i..foot])) {
            break;
        }
        found = Some(i);
        below = i;
    }
    let start = found?;
    piece(start, end, Rule::SignatureDelimiter, false)
}

/// Whether a patch begins there, or what git counts of it: ` rota.py | 2 +-`.
fn patch_follows(lines: &[Seen]) -> bool {
    lines.iter().find(|l| !l.blank()).is_some_and(|l| {
        let counted = l.text.rsplit_once(" | ").is_some_and(|(_, count)| {
            let (number, signs) = count.split_once(' ').unwrap_or((count, ""));
            let counts = number.bytes().all(|b| b.is_ascii_digit()) && signs.bytes().all(|b| matches!(b, b'+' | b'-'));
            counts || number == "Bin"
        });
        counted || l.text.starts_with("diff --git ")
    })
}

/// Whether what stands between two delimiters is a text, and no card: sentences, and no number beside them.
fn tells_between(lines: &[Seen]) -> bool {
    let text = |p: &[Seen]| told(p) || p.iter().all(tells);
    let words: usize = paragraphs(lines).filter(|p| text(p)).flatten().map(Seen::words).sum();
    let named = lines
        .iter()
        .find(|l| !l.blank())
        .is_some_and(|l| name_like(&l.text, false));
    (words > 20 || paragraphs(lines).all(text))
        && !named
        && !paragraphs(lines).any(|p| !text(p) && p.iter().any(contact))
}

/// Whether line `i` is the first below the mail that is answered: a signature stands there. A quotation of the author's own is part of
/// their stretch, which begins at `from`.
fn under_the_answered(lines: &[Seen], from: usize, i: usize) -> bool {
    let above = (0..i).rfind(|a| !lines[*a].blank());
    above.is_some_and(|a| a < from && lines[a].quoted())
}

/// Whether what stands under the delimiter at `i` is a text: sentences first, and below them no card; or the names that the line
/// above leads up to, where the sender's is not the first. A tagline is set in quotation marks, or has its source under it.
fn reads_on(lines: &[Seen], from: usize, i: usize, end: usize) -> bool {
    let under = &lines[i + 1..end];
    let mut shown = under.iter().filter(|l| !l.blank());
    let Some(first) = shown.clone().next() else {
        return false;
    };
    let card = |l: &Seen| contact(l) || titled(&l.fold);
    if under_the_answered(lines, from, i) {
        return false;
    }
    if leads_up_to(lines, from, i) && !first.own_name && shown.clone().count() >= 2 && !shown.any(card) {
        return true;
    }
    let mut rest = paragraphs(under).peekable();
    // `Winter.` over a paragraph
    let heads = |p: &[Seen]| {
        let [line] = p else { return false };
        line.text.ends_with(['.', '!', '?']) && line.words() <= 3 && !line.own_name
    };
    let begins = rest
        .next()
        .is_some_and(|p| told(p) || heads(p) && rest.peek().is_some_and(|next| told(next)));
    let tagline = || {
        let words: usize = under.iter().map(Seen::words).sum();
        let source = under
            .iter()
            .rfind(|l| !l.blank())
            .is_some_and(|l| l.text.starts_with(['-', '–', '—', '~']));
        words <= TAGLINE && (source || first.text.starts_with(['"', '“', '„', '«', '\'', '‘']))
    };
    begins && !tagline() && rest.all(|p| told(p) || !p.iter().any(card)) && legal(&paragraph(under)) < 2
}

/// Words of a longest tagline.
const TAGLINE: usize = 40;

/// Words of the sentences that programs and people put into a signature: `Sent with K-9 Mail. Please excuse my brevity.`
const SENTENCES: usize = 30;

/// Whether the line above the delimiter at `i` ends in a colon.
fn leads_up_to(lines: &[Seen], from: usize, i: usize) -> bool {
    let above = lines[from..i].iter().rfind(|l| !l.blank());
    above.is_some_and(|l| l.depth == 0 && l.text.ends_with(':') && closing(&l.text).is_none())
}

/// Whether the line drawn at `i` stands under a heading.
fn underlines(lines: &[Seen], from: usize, i: usize) -> bool {
    i > from && !lines[i - 1].blank() && !lines[i].text.starts_with('_') && !lines[i].ruled
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// `-- `, as RFC 3676 has it.
    Exact,
    /// `--`, its blank lost on the way.
    Bare,
    /// `---`, `__`, `—`.
    Short,
    /// A longer line.
    Drawn,
}

pub(super) fn delimiter(line: &Seen) -> Option<Delimiter> {
    if line.delimiter {
        return Some(Delimiter::Exact);
    }
    if line.ruled {
        return Some(Delimiter::Drawn);
    }
    match line.text.as_ref() {
        "--" => Some(Delimiter::Bare),
        "---" | "__" | "___" | "—" | "–" | "――" | "– –" | "- -" | "– " | "ᐧ" | "++" | "~~" | "==" => {
            Some(Delimiter::Short)
        }
        text if drawn_line(text) && !text.starts_with(['.', '·', '#']) => Some(Delimiter::Drawn),
        _ => None,
    }
}

/// Whether what stands under a delimiter may be a signature; `parted` where there are several delimiters, `scenes` where a text may go
/// on there.
fn signature_like(lines: &[Seen], kind: Delimiter, parted: bool, scenes: bool) -> bool {
    let shown: Vec<&Seen> = lines.iter().filter(|l| !l.blank()).collect();
    let contacts = shown.iter().filter(|l| contact(l)).count();
    let prose: Vec<&&Seen> = shown.iter().filter(|l| prose(l)).collect();
    let prose_words: usize = prose.iter().map(|l| l.words()).sum();
    let all_words: usize = shown.iter().map(|l| l.words()).sum();
    let law: usize = if all_words >= 20 {
        let text = shown
            .iter()
            .take(40)
            .map(|l| l.fold.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        legal(&text)
    } else {
        0
    };
    let postscript = shown.iter().any(|l| postscript(&l.fold));
    // Lines of a wrapped paragraph.
    let running = shown.iter().filter(|l| l.words() >= 8 && !contact(l)).count();
    // All of a card on one line.
    let card = matches!(shown.as_slice(), [one] if one.text.len() <= 140
        && phone(&one.fold)
        && one.text.matches([',', '|', '·']).count() >= 2
        && name_like(one.text.split([',', '|', '·']).next().unwrap_or_default().trim(), false));
    if card {
        return true;
    }
    let named = shown.first().is_some_and(|l| name_like(&l.text, false));
    // A scene goes on there, whatever stands below it; programs run a card and its house's sentences together.
    let text = |p: &[Seen]| told(p) && !foot(p) && !p.iter().any(|l| contact(l) || l.own_name);
    let first = paragraphs(lines).next();
    let scene = match kind {
        Delimiter::Exact => {
            let card = lines.iter().any(|l| contact(l) || l.own_name);
            lines.first().is_some_and(Seen::blank) && !card && first.is_some_and(|p| text(p) && !saying(p))
        }
        Delimiter::Bare => first.is_some_and(|p| text(p) && !saying(p)) && paragraphs(lines).count() > 1,
        Delimiter::Short | Delimiter::Drawn => {
            !named && paragraphs(lines).take_while(|p| legal(&paragraph(p)) < 2).any(text)
        }
    };
    if scenes && scene {
        return false;
    }
    match kind {
        Delimiter::Exact => shown.len() <= 40 && (prose_words <= 80 || law >= 3) && !postscript,
        Delimiter::Bare => {
            let listed = shown.iter().any(|l| l.footer().is_some());
            let tagline = prose_words <= 30 && prose.len() == 1 && named && !parted;
            shown.len() <= 25
                && (prose_words <= 14 || tagline || law >= 3 || contacts >= 2 && prose_words < 60)
                && (!parted || contacts >= 1 || law >= 3 || listed || named)
                && !postscript
        }
        Delimiter::Short => {
            !shown.is_empty()
                && shown.len() <= 12
                && (prose.is_empty() && shown.len() <= 4 && named
                    || law >= 3
                    || contacts >= 1 && prose_words <= 20 && running <= 1)
                && shown.iter().all(|l| l.text.len() <= 110 || law >= 3)
                && !postscript
        }
        Delimiter::Drawn => {
            let list = shown.first().is_some_and(|l| l.footer().is_some());
            list || (contacts >= 1 && running <= 1 && shown.len() <= 12 && prose_words <= 15 && !postscript)
                || (law >= 4 && !postscript)
        }
    }
}

/// How many lines a card from line `start` on has, and how many of them lead to its owner, if it may be one.
fn block(lines: &[Seen], start: usize, end: usize) -> Option<(usize, usize)> {
    let shown: Vec<&Seen> = lines[start..end].iter().filter(|l| !l.blank()).collect();
    let strong = shown.iter().filter(|l| contact(l)).count();
    let fits = shown.iter().all(|l| {
        l.text.len() <= 120 && (!prose(l) && !sentence(l) && !tells(l) || institutional(l)) && !postscript(&l.fold)
    });
    let fits = fits && !(start..end).any(|i| said(lines, i, end));
    (fits && shown.len() <= 16).then_some((shown.len(), strong))
}

/// The line of the name under the closing formula, and where a card under it begins.
fn under_a_name(lines: &[Seen], formula: usize, end: usize) -> (usize, Option<usize>) {
    let mut name = formula;
    if closing(&lines[formula].text).is_some_and(|rest| rest.is_empty())
        && let Some(next) = (formula + 1..end).find(|i| !lines[*i].blank())
        && next <= formula + 4
        && (name_like(&lines[next].text, true) || name_before_a_number(&lines[next].text).is_some())
    {
        name = last_signer(lines, next, end);
    }
    let start = (name + 1..end).find(|i| !lines[*i].blank());
    let signer = closing(&lines[formula].text).filter(|rest| !rest.is_empty());
    let signer = signer.unwrap_or(&lines[name].text);
    let signer = name_before_a_number(signer).unwrap_or(signer);
    (name, start.and_then(|start| card_of(lines, signer, start, end)))
}

/// Whether line `i` under the name is what its author says there, and no line of the card.
fn says(lines: &[Seen], name: usize, i: usize) -> bool {
    speaks(&lines[i]) || i == name + 1 && for_whom(&lines[i])
}

/// The lines of a card, a street and a town, between the name and what its author says under it: `My mobile is 07700 900111`.
fn above_what_is_said(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = end.saturating_sub(CARD).max(from);
    let formula = (low..end).rev().find(|i| closing(&lines[*i].text).is_some())?;
    let (name, start) = under_a_name(lines, formula, end);
    let start = start?;
    let (shown, strong) = block(lines, start, end)?;
    let said = (start..end).find(|i| says(lines, name, *i))?;
    if said == start || strong == 0 {
        return None;
    }
    piece(start, said, Rule::ContactBlock, strong * 5 < shown)
}

/// Phone, address and web lines under the sign-off name.
fn contact_block(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = end.saturating_sub(CARD).max(from);
    let block = |start: usize| block(lines, start, end);
    // After a closing formula and a name.
    let formula = (low..end).rev().find(|i| closing(&lines[*i].text).is_some());
    if let Some(formula) = formula {
        let (name, start) = under_a_name(lines, formula, end);
        let fits = start.filter(|start| block(*start).is_some());
        let start = fits.and_then(|start| match (start..end).rfind(|i| says(lines, name, *i)) {
            Some(said) => (said + 1..end).find(|i| !lines[*i].blank()),
            None => Some(start),
        });
        let lone_link =
            |start: usize, shown: usize| shown == 1 && !phone(&lines[start].fold) && !lines[start].fold.contains('@');
        if let Some(start) = start
            && let Some((shown, strong)) = block(start)
            && strong >= 1
            && !lone_link(start, shown)
            && (name > formula
                || closing(&lines[formula].text).is_some_and(|rest| !rest.is_empty())
                || strong * 2 >= shown)
        {
            // `Marion` over `Marion Maxwell (she/her)`: the author has signed, the block is the program's.
            let head = lines[start]
                .text
                .split(['|', ',', '，', '('])
                .next()
                .unwrap_or_default()
                .trim();
            let again = name > formula && !head.is_empty() && signs_for(&lines[name].text, head);
            return piece(start, end, Rule::ContactBlock, strong * 5 < shown && !again);
        }
        return None;
    }
    // A paragraph of its own that begins with a name.
    let mut first = end;
    while first > low && !lines[first - 1].blank() {
        first -= 1;
    }
    let above = (from..first).rev().find(|i| !lines[*i].blank());
    let (shown, strong) = block(first)?;
    // `Marion Maxwell | Organiser`, `Marion Maxwell, Organiser`
    let head = lines[first]
        .text
        .split(['|', ',', '，'])
        .next()
        .unwrap_or_default()
        .trim();
    let named = name_like(head, false) && (head.contains(' ') || eastern(head)) && !contact(&lines[first]);
    let introduced = above.is_none_or(|a| lines[a].text.ends_with([':', ',', '：', '，']));
    let rest = &lines[first + 1..end];
    let dense = rest.iter().all(|l| contact(l) || titled(&l.fold) || l.words() <= 6);
    let sure = strong >= 2 || rest.iter().any(|l| titled(&l.fold)) || shown == 2 && rest.iter().all(own_address);
    if !named || introduced || !dense || !sure || strong == 0 || shown < 2 {
        return None;
    }
    // Where the author has signed above it already, the name goes with its block.
    let signed = above.is_some_and(|a| signs_for(&lines[a].text, head) && (a == from || lines[a - 1].blank()));
    let start = if signed { first } else { first + 1 };
    piece(start, end, Rule::ContactBlock, !(signed && strong >= 2))
}

/// The last of those who sign together, from line `name` on: `Ann Berg, 01632 960 111` over `Bo Lind, 01632 960 112`, `Ann` over `Bo`.
fn last_signer(lines: &[Seen], name: usize, end: usize) -> usize {
    let reached = |l: &Seen| name_before_a_number(&l.text).is_some() && phone(&l.fold) && !l.text.contains('|');
    let latin = |l: &Seen| l.text.chars().all(|c| (c as u32) < 0x2e80);
    let called = |l: &Seen| l.words() == 1 && latin(l) && name_like(&l.text, false) && !titled(&l.fold) && !contact(l);
    let kind = |l: &Seen| (reached(l), called(l));
    let first = kind(&lines[name]);
    let more = |i: &usize| first != (false, false) && kind(&lines[*i]) == first;
    name + (name + 1..end).take_while(more).count()
}

/// Nothing but a name and lines of an address card.
pub(super) fn only_a_card(lines: &[Seen], from: usize, to: usize) -> bool {
    let mut shown = lines[from..to].iter().filter(|l| !l.blank());
    let named = shown
        .next()
        .is_some_and(|l| name_like(&l.text, false) && l.words() >= 2);
    let rest: Vec<&Seen> = shown.collect();
    named && (1..=8).contains(&rest.len()) && rest.iter().all(|l| contact(l) || titled(&l.fold))
}

/// The sender's own address over a quotation, where nothing leads up to it.
fn lone_address(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let last = end - 1;
    let above = (from..last).rev().find(|i| !lines[*i].blank())?;
    let apart = above + 1 < last || closing(&lines[above].text).is_some();
    let over = || lines[end..].iter().any(|l| !l.blank());
    (lines[last].own_address && apart && over() && !lines[above].text.ends_with([':', '：', ',', '，']))
        .then(|| piece(last, end, Rule::ContactBlock, false))?
}

/// A block that begins with the name that stands alone above it: `Marion`, and then `Marion Maxwell (she/her)`,
/// `Organiser`, `Leeds Tenants`. The author has signed already; the block is the program's.
fn signed_block(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = end.saturating_sub(12).max(from);
    let mut first = end;
    while first > low && !lines[first - 1].blank() {
        first -= 1;
    }
    let above = (from..first).rev().find(|i| !lines[*i].blank())?;
    let shown: Vec<&Seen> = lines[first..end].iter().filter(|l| !picture(&l.fold)).collect();
    let head = shown
        .first()?
        .text
        .split(['|', ',', '，', '('])
        .next()
        .unwrap_or_default()
        .trim_matches(['*', ' ']);
    let apart = above == from || lines[above - 1].blank() || closing(&lines[above - 1].text).is_some();
    if !apart || head.is_empty() || !signs_for(&lines[above].text, head) {
        return None;
    }
    let rest = shown.get(1..).unwrap_or_default();
    let told = rest.iter().filter(|l| prose(l) || sentence(l)).count();
    let marked = shown.iter().any(|l| contact(l) || titled(&l.fold));
    let fits = shown
        .iter()
        .all(|l| l.text.len() <= 120 && l.words() <= 14 && !postscript(&l.fold) && !typed::wishes(l));
    // `Marion Maxwell | Organiser | Leeds Tenants`, all of it on one line.
    let one_line = rest.is_empty() && shown[0].text.contains('|') && name_like(head, false);
    ((one_line || told <= 1 && told < rest.len()) && marked && fits)
        .then(|| piece(first, end, Rule::ContactBlock, false))?
}

/// The name that ends the text: after a closing formula, or alone in the last paragraph.
fn sign_off(lines: &[Seen], from: usize, end: usize) -> Option<String> {
    if end == from || lines[end - 1].depth > 0 {
        return None;
    }
    let last = end - 1;
    let low = end.saturating_sub(8).max(from);
    let neat = |text: &str| {
        let text = text.trim_matches([' ', '-', '—', '–', ',', '.', '*', '_', '~']);
        text.trim_end_matches(" x").trim_end_matches(" xx").to_owned()
    };
    for i in (low..end).rev() {
        match closing(&lines[i].text) {
            Some("") => {
                let next = (i + 1..end).find(|n| !lines[*n].blank())?;
                return name_like(&lines[next].text, true).then(|| neat(&lines[next].text));
            }
            Some(rest) => return Some(neat(rest)),
            None => {}
        }
    }
    let alone = last == from || lines[last - 1].blank() || lines[last].text.starts_with(['-', '—', '–']);
    let other = (from..last).any(|i| !lines[i].blank());
    let text = &lines[last].text;
    (alone && other && name_like(text, false) && text.split(' ').count() <= 4).then(|| neat(text))
}

/// The name on the first line of a signature that was cut: a byline where the text itself has none.
fn name_in(lines: &[Seen], piece: &Piece) -> Option<String> {
    if !matches!(piece.rule, Rule::SignatureDelimiter | Rule::SignatureBlock) {
        return None;
    }
    let shown = lines[piece.start..piece.end]
        .iter()
        .find(|l| !l.blank() && delimiter(l).is_none())?;
    name_like(&shown.text, false).then(|| shown.text.trim_matches(['*', '_', ' ']).to_owned())
}
