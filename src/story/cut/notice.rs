//! Legal notices under a mail: where one begins, also where no blank line parts it from the author's words.

use super::Rule;
use super::attribution;
use super::contact::{contact, titled};
use super::itself::{begins_with_this_mail, names_a_mail, names_this_mail, one_speaks, personal, speaks_to_the_reader};
use super::legal::{before_legal_words, legal, legal_heading, notice, of_a_person, pointer};
use super::mark::drawn_line;
use super::seen::{Seen, has_word};
use super::sign_off::closing;
use super::signature::{Piece, piece, reach};
use super::told::{foot, institutional, leads_up, paragraph, postscript, prose, said, sentence, tells, told};

/// Words of a longest heading on the line of a notice: `Important. Please read.`
const HEADING: usize = 3;

/// Words of a short paragraph between notices.
const SHORT: usize = 30;

/// Words of a notice that is known right under the author's lines: a sentence of their own has fewer.
const LONG: usize = 20;

/// Paragraphs of legal notices at the end.
pub(super) fn legal_notice(lines: &[Seen], from: usize, end: usize) -> Option<Piece> {
    let low = reach(from, end);
    let mut start = None;
    let mut sure = 0;
    let mut until = end;
    for _ in 0..8 {
        while until > low && lines[until - 1].blank() {
            until -= 1;
        }
        if until == low {
            break;
        }
        let mut first = until;
        while first > low && !lines[first - 1].blank() {
            first -= 1;
        }
        let mut text = paragraph(&lines[first..until]);
        let mut hits = legal(&text);
        let mut top = first;
        if hits >= 2 || pointer(&text) || lines[first..until].iter().any(|l| pointer(&l.fold)) {
            let begin = begins(lines, first, until);
            if retold(lines, low, first, begin, until) || goes_on_below(lines, begin, until) {
                break;
            }
            top = with_letterhead(lines, first, begin);
        }
        if top > first && !sure_below(&lines[top..until]) {
            let machine = |l: &Seen| contact(l) || institutional(l) || drawn_line(&l.text) || l.footer().is_some();
            if !lines[first..top].iter().all(machine) {
                break;
            }
            top = first;
        }
        if top > first {
            text = paragraph(&lines[top..until]);
            hits = legal(&text);
        }
        let words = words_in(&text);
        let own = personal(&text) || of_a_person(&text);
        // below the notice itself more of it may stand
        let speaks = hits > 0 && (notice(&text) || hits >= 3 && goes_on(lines, low, first));
        let headed = lines[top]
            .fold
            .split_once(':')
            .is_some_and(|(heading, _)| legal_heading(heading) && !text.contains(" we "));
        let is = headed && hits >= 2 && !own
            || pointer(&text) && words <= 40 && !own
            || hits >= 3 && words >= 10 && !own && speaks
            || hits >= 2 && words >= 22 && !own && speaks
            || hits >= 5 && speaks
            || heading(&lines[top..until]);
        // Between notices and below them stand addresses, and paragraphs that go on in the same vein.
        let told = |i: usize| {
            let line = &lines[i];
            let says = prose(line) || sentence(line) || tells(line);
            says && !institutional(line) || postscript(&line.fold) || said(lines, i, until)
        };
        let card = |l: &Seen| contact(l) || titled(&l.fold) || legal(&l.fold) > 0 || l.footer().is_some() || l.image;
        let carded = || start.is_some() || lines[first..until].iter().any(card);
        let short = words <= SHORT && !(first..until).any(told) && carded();
        let below = start.is_some() && hits >= 1 && words >= 15 || hits >= 2 && !attribution::tells(&text);
        let skippable = short || below && !own || disowns(&text) && words <= SHORT;
        if is {
            start = Some(top);
            sure += hits.max(2 * usize::from(pointer(&text)));
        } else if !skippable {
            break;
        }
        if top > first {
            break;
        }
        until = first;
    }
    let mut start = start?;
    if sure < 2 {
        return None;
    }
    if start > from && drawn_line(&lines[start - 1].text) {
        start -= 1;
    }
    piece(start, end, Rule::LegalNotice, false)
}

/// The line of the paragraph `first..until` at which the notice in it begins. Company servers write theirs right under the author's
/// last line.
fn begins(lines: &[Seen], first: usize, until: usize) -> usize {
    if first + 1 == until {
        return first;
    }
    let opens = |i: &usize| {
        let text = paragraph(&lines[*i..=*i]);
        let heading = text.trim().split_once(':').map_or(text.trim(), |(heading, _)| heading);
        legal_heading(heading) || pointer(&text) || legal(&text) > 0 && notice(&text) && !personal(&text)
    };
    let weighs = |i: &usize| legal(&paragraph(&lines[*i..=*i])) > 0;
    let Some(mut at) = (first..until).find(opens).or_else(|| (first..until).find(weighs)) else {
        return first;
    };
    let widest = lines[first..until].iter().map(width).max().unwrap_or_default();
    while at > first && runs_on(&lines[at - 1], &lines[at], widest) {
        at -= 1;
    }
    // `Please keep my name in this email confidential.` is the author's, over a notice that needs no such line
    let wish = |i: usize| {
        let line = &lines[i];
        let whole = line.text.ends_with(['.', '!']) && !full(line, &lines[i + 1], widest);
        let asks = i > first || line.fold.starts_with("please ");
        asks && whole && !begins_with_this_mail(&line.fold) && !legal_heading(&line.fold)
    };
    while at + 1 < until && wish(at) && !sure_below(&lines[at..=at]) && sure_below(&lines[at + 1..until]) {
        at += 1;
    }
    at
}

/// Whether lines that stand right under the author's are a notice for sure: a long one, the numbers of a company, or a link alone.
fn sure_below(lines: &[Seen]) -> bool {
    let text = paragraph(lines);
    let hits = legal(&text);
    hits >= 3 && (words_in(text.trim()) >= LONG || lines.iter().all(institutional))
        || pointer(&text) && ends_in_a_link(&text)
}

/// Whether nothing is said behind the link.
fn ends_in_a_link(text: &str) -> bool {
    let link = ["http://", "https://", "www."]
        .iter()
        .filter_map(|l| text.find(l))
        .min();
    let rest = link.and_then(|at| text[at..].split_once(' '));
    rest.is_some_and(|(_, rest)| !rest.contains(char::is_alphabetic))
}

/// `Any views expressed are those of the sender and not necessarily those of the Council`: below a notice it goes with it.
fn disowns(text: &str) -> bool {
    ["views expressed", "opinions expressed"]
        .iter()
        .any(|w| text.contains(w))
        && text.contains("not necessarily")
}

/// Where a notice begins with what stands above it in its paragraph, if that is `Elm Housing GmbH` and its street, over where it is
/// registered.
fn with_letterhead(lines: &[Seen], first: usize, begin: usize) -> usize {
    let of_a_card = |l: &Seen| {
        let short = l.words() <= 8 && !l.text.ends_with(['.', '!', '?', ':', ',']);
        contact(l) || short && (titled(&l.fold) || l.text.contains(|c: char| c.is_ascii_digit()))
    };
    let above = &lines[first..begin];
    let letterhead = above.first().is_some_and(|l| titled(&l.fold)) && above.iter().all(of_a_card);
    if letterhead { first } else { begin }
}

/// Whether a sentence of the line `above` goes on in the one below it, where a program broke lines at `widest`.
fn runs_on(above: &Seen, below: &Seen, widest: usize) -> bool {
    if above.text.ends_with(['.', '!', '?', ':', '。', '！', '？', '：']) || drawn_line(&above.text) {
        return false;
    }
    let small = below.text.starts_with(char::is_lowercase) && above.words() > 3;
    full(above, below, widest) || small
}

/// Columns of a text that a program broke at all: longer lines are paragraphs.
const COLUMNS: usize = 100;

/// Whether the next word had no room on the line `above`.
fn full(above: &Seen, below: &Seen, widest: usize) -> bool {
    let next = below.text.split(' ').next().unwrap_or_default().chars();
    // a line of Chinese may break anywhere
    let next = next.take_while(|c| (*c as u32) < 0x2e80).count().max(1);
    widest <= COLUMNS && width(above) + 1 + next > widest
}

fn width(line: &Seen) -> usize {
    line.text.chars().count()
}

/// Whether the author shows the notice at `top`: a line leads up to it, or their own sentence does.
fn retold(lines: &[Seen], low: usize, first: usize, top: usize, until: usize) -> bool {
    let above = lines[low..top].iter().rfind(|l| !l.blank());
    if above.is_some_and(leads_up) || quotes(&lines[first..top]) {
        return true;
    }
    let text = paragraph(&lines[top..until]);
    let before = before_legal_words(&text);
    let (earlier, same) = before.rsplit_once(['.', '!', '?', '。', '！']).unwrap_or(("", before));
    // a sentence that says nothing of a mail is the author's, whatever stands behind it on the same line
    let own = words_in(earlier.trim()) > HEADING && !names_this_mail(earlier) && !speaks_to_the_reader(earlier);
    own || one_speaks(same) || has_word(same, "i") || introduces(before) || tells_of_a_notice(&text)
}

/// Words with which the author leads up to what somebody wrote: `Then the letter came:`.
const INTRODUCTION: usize = 4;

/// Whether what stands before the first legal words ends in a colon, and is no heading of a notice.
fn introduces(before: &str) -> bool {
    #[rustfmt::skip]
    const HEADS: &[&str] = &[
        "note", "notice", "important", "attention", "please", "information", "warning", "caution", "statement", "advice", "hinweis", "wichtig",
        "wichtiger", "achtung", "bitte", "avis", "attention", "information", "aviso", "importante", "nota", "avviso", "attenzione", "let",
        "belangrijk", "privacy", "legal", "terms",
    ];
    let Some(lead) = before.trim_end().strip_suffix([':', '：']) else {
        return false;
    };
    let lead = lead
        .rsplit(['.', '!', '?', '。', '！'])
        .next()
        .unwrap_or_default()
        .trim();
    let heads = HEADS.iter().any(|word| has_word(lead, word));
    words_in(lead) >= INTRODUCTION && !heads && !names_a_mail(lead) && !speaks_to_the_reader(lead)
}

/// Whether the first sentence tells of a notice, as the author's own does over one: `The disclaimer became our song.`
fn tells_of_a_notice(text: &str) -> bool {
    let Some((sentence, more)) = text.trim().split_once(". ") else {
        return false;
    };
    let applies = ["appl", "http", "www.", "please", "see "]
        .iter()
        .any(|word| sentence.contains(word));
    let named = names_this_mail(sentence) || speaks_to_the_reader(sentence) || sentence.contains(':');
    let told = attribution::tells(sentence) && has_word(sentence, "disclaimer") && legal(sentence) == 1;
    told && !applies && !named && names_this_mail(more)
}

/// Whether the author's lines above a notice in its paragraph begin to tell what somebody wrote, which then goes on in the notice.
fn quotes(above: &[Seen]) -> bool {
    let leads = |l: &Seen| l.text.ends_with([':', '：']) && l.words() >= 3 && closing(&l.text).is_none();
    let signs = |l: &Seen, sign: char| l.text.chars().filter(|c| *c == sign).count();
    let count = |sign: char| above.iter().map(|l| signs(l, sign)).sum::<usize>();
    let open = count('"') % 2 == 1 || count('„') > count('“') || count('«') > count('»');
    above.iter().any(leads) || open || count('„') == 0 && count('“') > count('”')
}

/// Whether the author goes on in the same paragraph, on a line of its own under the notice at `top`.
fn goes_on_below(lines: &[Seen], top: usize, until: usize) -> bool {
    let widest = lines[top..until].iter().map(width).max().unwrap_or_default();
    let ended = |l: &Seen| l.text.ends_with(['.', '!', '?', '。', '！', '？']);
    let begins = |i: &usize| ended(&lines[i - 1]) && !full(&lines[i - 1], &lines[*i], widest);
    let Some(at) = (top + 1..until).rfind(begins) else {
        return false;
    };
    let text = paragraph(&lines[at..until]);
    told(&lines[at..until]) && !foot(&lines[at..until]) && !names_a_mail(&text)
}

/// Whether the paragraph above line `first` is a legal notice, or the heading of one.
fn goes_on(lines: &[Seen], low: usize, first: usize) -> bool {
    let Some(last) = (low..first).rev().find(|i| !lines[*i].blank()) else {
        return false;
    };
    let top = (low..last).rev().find(|i| lines[*i].blank()).map_or(low, |i| i + 1);
    let text = paragraph(&lines[top..=last]);
    heading(&lines[top..=last]) || legal(&text) >= 2 && notice(&text) && !personal(&text)
}

/// Words, by blanks; two signs of a script without blanks count as one.
fn words_in(text: &str) -> usize {
    let signs = text.chars().filter(|c| matches!(*c as u32, 0x3040..=0x9fff)).count();
    text.split(' ').count() + signs / 2
}

fn heading(lines: &[Seen]) -> bool {
    lines.first().is_some_and(|l| legal_heading(&l.fold)) && lines.len() <= 2
}
