//! A line as the rules look at it: blanks made plain, `>` counted, invisible characters gone.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::footer::{Footer, footer};
use crate::story::passage::{Kind, Line};

/// Longer than any line that a mail program writes about a mail: such a line is never more than text.
const LONGEST_MARK: usize = 1200;

/// One line, prepared.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    /// Trimmed, on single spaces, `>` off, digits of any script as ASCII. Empty where there is nothing to read.
    pub text: Cow<'a, str>,
    /// Lower case of `text`; empty where the line is too long to be a mark.
    pub fold: String,
    /// How deep in quotation, by `>` or by `<blockquote>`.
    pub depth: u8,
    /// The mail program said that it is quoted.
    pub hinted: bool,
    /// Quoted only as it stands below another mail's header.
    pub unended: bool,
    pub attribution_hint: bool,
    pub signature_hint: bool,
    pub forward_hint: bool,
    /// All its words have a colour of their own.
    pub coloured: bool,
    /// An image stands here: never blank, never a mark.
    pub image: bool,
    /// In a quote box of the author's own.
    pub boxed: bool,
    /// A horizontal rule.
    pub ruled: bool,
    /// `-- ` with its blank (RFC 3676, section 4.3).
    pub delimiter: bool,
    /// The sender's own address and nothing else.
    pub own_address: bool,
    /// The sender's own name and nothing else.
    pub own_name: bool,
    footer: OnceCell<Option<Footer>>,
}

impl<'a> Seen<'a> {
    pub fn of(line: &'a Line) -> Seen<'a> {
        let raw = line.words();
        let marks = quote_marks(&raw);
        let body = match raw {
            Cow::Borrowed(text) => Cow::Borrowed(&text[marks.1..]),
            Cow::Owned(text) => Cow::Owned(text[marks.1..].to_owned()),
        };
        let delimiter = matches!(body.trim_end_matches('\r'), "-- " | "--\u{a0}" | "--  ");
        let text = clean(body);
        Seen {
            fold: fold(&text),
            depth: line.quote.saturating_add(marks.0),
            hinted: line.hints.quoted,
            unended: line.hints.unended,
            attribution_hint: line.hints.attribution,
            signature_hint: line.hints.signature,
            forward_hint: line.hints.forwarded,
            coloured: line.hints.coloured,
            image: !line.is_blank() && text.is_empty() && line.kind != Kind::Rule,
            boxed: line.kind == Kind::Quote,
            ruled: line.kind == Kind::Rule,
            delimiter,
            own_address: false,
            own_name: false,
            footer: OnceCell::new(),
            text,
        }
    }

    /// Takes a mark off its beginning: `text` is what is left.
    pub fn unmark(&mut self, text: String) {
        self.fold = fold(&text);
        self.text = text.into();
        self.footer = OnceCell::new();
    }

    /// Nothing to read or look at, a lone `>` included.
    pub fn blank(&self) -> bool {
        #[cfg(test)]
        crate::effort::step();
        self.text.is_empty() && !self.image && !self.ruled
    }

    /// Quoted by the program that wrote the mail.
    pub fn quoted(&self) -> bool {
        self.depth > 0 || self.hinted
    }

    /// Quoted by what also says where the quotation ends.
    pub fn ends(&self) -> bool {
        self.quoted() && !self.unended
    }

    /// What footer the line is. Asked several times of the same line, and found out once.
    pub fn footer(&self) -> Option<Footer> {
        *self.footer.get_or_init(|| footer(&self.fold))
    }

    /// How much there is to read, for the share that a cut takes: letters and digits count, so that Japanese weighs
    /// like English.
    pub fn weight(&self) -> usize {
        self.text.len() - self.text.bytes().filter(|b| *b == b' ').count()
    }

    pub fn words(&self) -> usize {
        let (mut words, mut counted) = (0, false);
        for c in self.text.chars() {
            let new = !counted && c.is_alphanumeric();
            words += usize::from(new);
            counted = c != ' ' && (counted || new);
        }
        words
    }
}

fn fold(text: &str) -> String {
    match text.len() <= LONGEST_MARK {
        true => text.to_lowercase(),
        false => String::new(),
    }
}

/// How many `>` the line begins with, and where its text begins.
fn quote_marks(text: &str) -> (u8, usize) {
    let mut depth = 0u8;
    let mut at = 0;
    for (i, c) in text.char_indices() {
        match c {
            '>' => {
                depth = depth.saturating_add(1);
                at = i + 1;
            }
            ' ' | '\t' | '\u{a0}' => {}
            _ => break,
        }
    }
    // One blank after the marks belongs to them; `-- ` must keep its own.
    if depth > 0 && text[at..].starts_with(' ') {
        at += 1;
    }
    // The mbox writer's `>From ` is no quotation.
    if depth == 1 && text.starts_with(">From ") {
        return (0, 0);
    }
    (depth, at)
}

/// Where an attribution was wrapped before the `>` of its address, what is left (`> wrote:`) is not quoted.
pub(super) fn rejoin_addresses(lines: &mut [Seen]) {
    for n in 1..lines.len() {
        let above = &lines[n - 1];
        let open = above.depth == 0 && above.text.contains('@') && !above.text.ends_with('>');
        if open && lines[n].depth == 1 && address_goes_on(&lines[n].text) {
            lines[n].depth = 0;
        }
    }
}

/// Marks the lines that are the sender's own address: Foxmail writes it over the quotation.
pub(super) fn find_own_address(lines: &mut [Seen], sender: &str) {
    if !sender.is_empty() {
        for line in lines
            .iter_mut()
            .filter(|l| l.text.contains('@') && !l.text.contains(' '))
        {
            line.own_address = address_in(&line.text).is_some_and(|a| a.eq_ignore_ascii_case(sender));
        }
    }
}

/// Marks the lines that are the sender's own name, or begin with the first of it and have few words more.
pub(super) fn find_own_name(lines: &mut [Seen], author: &str) {
    let first = author.split(' ').next().unwrap_or_default().to_lowercase();
    if !first.is_empty() {
        for line in lines.iter_mut().filter(|l| l.fold.len() <= 60) {
            line.own_name = line.words() <= 4 && line.fold.starts_with(&first) && has_word(&line.fold, &first);
        }
    }
}

/// What follows the address of an attribution: `wrote:`.
fn address_goes_on(text: &str) -> bool {
    text.len() < 40
        && text.ends_with([':', '：'])
        && [
            "wrote",
            "schrieb",
            "a écrit",
            "escribió",
            "escreveu",
            "ha scritto",
            "het volgende",
            "skrev",
            "kirjoitti",
            "napisał",
            "napsal",
            "írta",
            "a scris",
            "写道",
            "寫道",
            "пишет",
            "пише",
            "написал",
            "님이 작성",
        ]
        .iter()
        .any(|verb| text.starts_with(verb))
}

/// Characters that nobody sees: soft hyphen, zero width, direction marks, byte order mark.
fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}

fn clean(text: Cow<str>) -> Cow<str> {
    let plain = |b: u8| (0x21..0x7f).contains(&b);
    let bytes = text.as_bytes();
    let neat = bytes.first().is_none_or(|b| plain(*b))
        && bytes.last().is_none_or(|b| plain(*b))
        && bytes.iter().all(|b| plain(*b) || *b == b' ')
        && !text.contains("  ");
    if neat {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !unseen(*c)) {
        if c.is_whitespace() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else {
            out.push(plain_sign(c));
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    Cow::Owned(out)
}

/// Arabic-Indic, Persian, Devanagari, Thai and full-width digits as ASCII ones, and the small colon that Yahoo writes in
/// Taiwan and the ratio of Evolution's hours as colons: dates are read alike everywhere.
fn plain_sign(c: char) -> char {
    if matches!(c, '\u{fe55}' | '\u{2236}' | '\u{a789}') {
        return ':';
    }
    let zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
    let c32 = c as u32;
    match zeros.iter().find(|zero| (**zero..**zero + 10).contains(&c32)) {
        Some(zero) => char::from(b'0' + (c32 - zero) as u8),
        None => c,
    }
}

/// `text` with `needle` in it as a whole word: no letter touches it. For scripts without blanks between words any
/// place will do.
pub(super) fn has_word(text: &str, needle: &str) -> bool {
    find_word(text, needle).is_some()
}

/// Where `needle` ends in `text`, as a whole word (see [`has_word`]).
pub(super) fn find_word(text: &str, needle: &str) -> Option<usize> {
    let script = |c: char| c.is_ascii() || (c as u32) < 0x590 || (0x1e00..0x2000).contains(&(c as u32));
    text.match_indices(needle).find_map(|(at, found)| {
        let end = at + found.len();
        let touched = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        let free = !touched(text[..at].chars().next_back()) && !touched(text[end..].chars().next());
        (free || !needle.chars().all(script)).then_some(end)
    })
}

/// An e-mail address in the text, blanks within `<...>` forgiven (mailers wrap in mid-address).
pub(super) fn address_in(text: &str) -> Option<String> {
    let looks = |s: &str| {
        let (local, domain) = s.rsplit_once('@')?;
        let fits = |c: char| c.is_alphanumeric() || "._%+-=/'&!#".contains(c);
        let ok = !local.is_empty() && local.chars().all(fits) && domain.len() > 2 && domain.chars().all(fits);
        ok.then(|| s.to_owned())
    };
    let trim: &[char] = &[
        '<', '>', '(', ')', '[', ']', '"', '\'', ',', ';', ':', '*', '.', '|', '：', '，', '。',
    ];
    if let Some(open) = text.find('<') {
        let inside: String = text[open + 1..]
            .chars()
            .take_while(|c| *c != '>')
            .filter(|c| *c != ' ')
            .collect();
        let inside = inside.trim_start_matches("mailto:").trim_matches(trim);
        if let Some(found) = looks(inside) {
            return Some(found);
        }
    }
    text.split([' ', '<', '>', '(', ')', '[', ']', '"', ',', ';', '，', '、'])
        .filter(|word| word.contains('@'))
        .find_map(|word| looks(word.trim_start_matches("mailto:").trim_matches(trim)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_its_mark_is_asked_anew_what_footer_it_is() {
        let line = Line::plain(": Sent from my iPhone");
        let mut seen = Seen::of(&line);
        assert_eq!(seen.footer(), None);
        seen.unmark("Sent from my iPhone".to_owned());
        assert_eq!(seen.footer(), Some(Footer::SentFrom));
    }
}
