//! Whether lines are somebody's sentences: in doubt they are the author's, and no part of a card or a foot.

use super::attribution;
use super::contact::{contact, labels, leads_elsewhere, own_address, picture, titled};
use super::itself::{names_this_mail, personal, speaks_to_the_reader, tells_what_is_said};
use super::legal::legal;
use super::phrases::Phrases;
use super::seen::Seen;
use super::sign_off::{closing, name_like};

/// The lines between blank ones.
pub(super) fn paragraphs<'l, 'a>(lines: &'l [Seen<'a>]) -> impl Iterator<Item = &'l [Seen<'a>]> {
    lines.split(|l| l.blank()).filter(|p| !p.is_empty())
}

/// The lines as one text in lower case, a blank at either end.
pub(super) fn paragraph(lines: &[Seen]) -> String {
    let mut text = String::from(" ");
    for line in lines {
        // A paragraph may be one long line: its lower case was not kept.
        if line.fold.is_empty() {
            let cut = line.text.char_indices().nth(3000).map_or(line.text.len(), |(at, _)| at);
            text.push_str(&line.text[..cut].to_lowercase());
        } else {
            text.push_str(&line.fold);
        }
        text.push(' ');
    }
    text
}

/// Whether a paragraph is somebody's sentences, also where a program wrapped them: a number in the middle makes no card of it.
pub(super) fn told(paragraph: &[Seen]) -> bool {
    let Some((last, above)) = paragraph.split_last() else {
        return false;
    };
    let wrapped = above.iter().all(|l| l.words() >= 7 || l.text.chars().count() >= 50);
    let card = |l: &Seen| {
        picture(&l.fold) || own_address(l) || institutional(l) || contact(l) && (above.is_empty() || l.words() <= 6)
    };
    if paragraph
        .iter()
        .any(|l| card(l) || l.text.contains('|') || l.footer().is_some())
    {
        return false;
    }
    let words: usize = paragraph.iter().map(Seen::words).sum();
    let ends = last.text.ends_with(['.', '!', '?', '…', '”', '"', '。', '！', '？']);
    wrapped && (ends && words >= 6 || words >= 20) || ends && paragraph.iter().all(tells)
}

/// Where the paragraphs begin that the author wrote at the end of lines `from..end`, under a signature or a foot: sentences, a
/// postscript, names, closing formulas and what somebody says between them; and with `calls` what they lead up to with a colon.
pub(super) fn further_words(lines: &[Seen], from: usize, end: usize, calls: bool) -> Option<usize> {
    let mut start = None;
    let mut at = end;
    loop {
        while at > from && lines[at - 1].blank() {
            at -= 1;
        }
        let Some(above) = (from..at).rfind(|i| lines[*i].blank()) else {
            return start;
        };
        let first = above + 1;
        let paragraph = &lines[first..at];
        let name = |l: &Seen| closing(&l.text).is_some() || name_like(&l.text, false);
        let text = told(paragraph) && !foot(paragraph);
        let calls = calls && leads_elsewhere(&paragraph[0]);
        if postscript(&paragraph[0].fold) || text && !saying(paragraph) || calls {
            start = Some(first);
        } else if !text && !paragraph.iter().all(name) {
            return start;
        }
        at = first;
    }
}

/// Whether sentences are such as programs write: of the law, of the mail that they stand in, with a link.
pub(super) fn foot(paragraph: &[Seen]) -> bool {
    let text = self::paragraph(paragraph);
    let linked = ["http", "www.", "@"].iter().any(|sign| text.contains(sign));
    let this = names_this_mail(&text) || speaks_to_the_reader(&text) || paragraph.iter().any(|l| apologises(&l.fold));
    legal(&text) > 0 || linked || this || of_the_house(&text)
}

/// Whether it is what organisations have their people say at the end of every mail.
pub(super) fn of_the_house(text: &str) -> bool {
    HOUSE.stand_in(text)
}

/// What organisations have their people say at the end of every mail.
#[rustfmt::skip]
static HOUSE: Phrases = Phrases::new(&[
    "opinions expressed", "views expressed", "calls may be recorded", "calls are recorded", "datenschutz", "working days",
    "working hours", "opening hours", "office hours", "part time", "part-time", "flexibly", "annual leave", "sprechzeiten", "bürozeiten",
    "öffnungszeiten", "traditional custodians", "traditional owners", "registered charity",
]);

/// Whether sentences may be a saying that somebody ends every mail with: in quotation marks, or with their source below.
pub(super) fn saying(paragraph: &[Seen]) -> bool {
    let begins = |l: Option<&Seen>, signs: &[char]| l.is_some_and(|l| l.text.starts_with(signs));
    begins(paragraph.first(), &['"', '“', '„', '«', '\'', '‘']) || begins(paragraph.last(), &['-', '–', '—', '~'])
}

/// `Please excuse any typos`: what people have their telephones say.
pub(super) fn apologises(fold: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "brevity", "typo", "spelling", "autocorrect", "tippfehler", "kürze", "fautes", "brièveté", "concisione",
    ];
    fold.split(' ').count() <= 14 && WORDS.iter().any(|w| fold.contains(w))
}

/// A line that tells something: long, or a sentence.
pub(super) fn prose(line: &Seen) -> bool {
    if contact(line) || line.footer().is_some() {
        return false;
    }
    let words = line.words();
    line.fold.is_empty()
        || words >= 12
        || (words >= 6 && line.text.ends_with(['.', '!', '?', '。', '！', '？', ':', ',']))
        || line.text.chars().filter(|c| *c as u32 > 0x2e80).count() > 28
}

/// A short line that ends like a sentence.
pub(super) fn sentence(line: &Seen) -> bool {
    line.words() >= 4 && line.text.ends_with(['.', '!', '?']) && !contact(line) && !titled(&line.fold)
}

/// `We won.`, `call me and you will hear the rest`: somebody's words, however short, and no line of a card.
pub(super) fn tells(line: &Seen) -> bool {
    if contact(line) || titled(&line.fold) || line.text.contains('@') {
        return false;
    }
    let words = line.words();
    let ends =
        line.text.ends_with(['.', '!', '?', '。', '！', '？']) && !line.text.contains(|c: char| c.is_ascii_digit());
    // `Elm Housing Inc.`, `Leseclub e.V.`
    let last = line.text.rsplit(' ').next().unwrap_or_default();
    let abbreviated = last.starts_with(char::is_uppercase) || last.trim_end_matches('.').contains('.');
    words >= 2 && ends && !abbreviated || words >= 4 && attribution::tells(&line.text)
}

/// Whether the author leads up to what stands below: a long line that ends in a colon, or `On the wall it says:`. The heading of a
/// notice does not.
pub(super) fn leads_up(line: &Seen) -> bool {
    let says = || line.words() >= 3 && tells_what_is_said(&line.fold);
    let heads = || legal(&line.fold) > 0 && !tells_what_is_said(&line.fold);
    line.text.ends_with([':', '：']) && closing(&line.text).is_none() && (prose(line) || says()) && !heads()
}

/// `My number is 01632 960 111, ring any time`: somebody's words in a line that has a number as a card's has.
pub(super) fn speaks(line: &Seen) -> bool {
    let text = &*line.text;
    if institutional(line) || ["@", "http", "www."].iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let calls = text.ends_with(['!', '?']) || text.contains("! ") || text.contains("? ");
    calls || line.words() >= 4 && says_with(&line.fold)
}

/// `for the tenants of Elm Road`, right under a name.
pub(super) fn for_whom(line: &Seen) -> bool {
    #[rustfmt::skip]
    const BEGINS: &[&str] = &[
        "for the ", "on behalf of ", "für die ", "für den ", "für das ", "im namen ", "pour les ", "pour la ", "pour le ", "au nom ",
        "por los ", "por las ", "en nombre ", "per gli ", "per le ", "a nome ", "namens ", "voor de ", "em nome ", "pelos ", "pelas ",
    ];
    BEGINS.iter().any(|begin| line.fold.starts_with(begin))
}

/// Whether a word tells something that is no label of a number: `my number` is one.
fn says_with(fold: &str) -> bool {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    fold.split(' ')
        .map(bare)
        .any(|word| (attribution::tells(&word) || word == "you") && !labels(&word))
}

/// `We danced.`: a paragraph of a few words that ends like a sentence.
pub(super) fn said(lines: &[Seen], i: usize, end: usize) -> bool {
    let line = &lines[i];
    let alone = i > 0 && lines[i - 1].blank() && (i + 1 >= end || lines[i + 1].blank());
    let plain = !line.text.contains(|c: char| c.is_ascii_digit() || "|@·•/".contains(c));
    let ends = line.text.ends_with(['!', '?', '。', '！', '？']) || line.text.ends_with('.') && line.words() >= 2;
    alone && plain && ends && !contact(line) && !titled(&line.fold)
}

/// `Elm Housing is a registered charity no. 1234567.`: what an organisation's letterhead says of it.
pub(super) fn institutional(line: &Seen) -> bool {
    line.words() <= 24
        && legal(&line.fold) >= 1
        && line.text.contains(|c: char| c.is_ascii_digit())
        && !personal(&format!(" {} ", line.fold))
}

pub(super) fn postscript(fold: &str) -> bool {
    ["ps ", "ps:", "p.s", "ps.", "p.p.s", "pps", "nb:", "n.b."]
        .iter()
        .any(|p| fold.starts_with(p))
}
