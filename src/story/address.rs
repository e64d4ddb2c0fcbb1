//! Mail addresses in one line of a mail's header, a name, a subject or the name of a file, also where they are disguised:
//! `anna at example.org`, `anna[at]example(dot)org`, `anna%40example.org`, wide letters, letters that cannot be seen.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::plain::Plain;

/// An address in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes in the line.
    pub at: Range<usize>,
    /// As mail would have it, the domain in lower case: `anna@example.org`.
    pub address: String,
    pub domain: String,
}

/// The addresses of a line that have a domain with a dot and a top level of letters. Costs one pass.
///
/// `anna at example.org` is one where the local part has more than plain letters in it or the top level is a usual one, in small
/// letters: "Anna at home.Then" is none, nor is "meet me at example.org".
pub fn addresses(line: &str) -> Vec<Found> {
    all_of(&Plain::of(line), false)
}

/// The addresses of a text in sentences. Its authors sign petitions at change.org: by the word "at" alone only those are known of
/// which the local part tells, or whose dots are words.
pub fn in_sentences(text: &Plain) -> Vec<Found> {
    all_of(text, true)
}

fn all_of(plain: &Plain, sentences: bool) -> Vec<Found> {
    if !plain.may_have_any() {
        return Vec::new();
    }
    let found = plain.addresses(sentences);
    found
        .map(|(at, found)| Found {
            at: plain.place(at),
            ..found
        })
        .collect()
}

/// The line with `stand_in` for every address, and for whatever else stands around an `@` without a blank, bracket or quote.
pub fn without(line: &str, stand_in: &str) -> String {
    let mut out = line.to_owned();
    // what is left may make another one
    for _ in 0..8 {
        let plain = Plain::of(&out);
        let spans = plain.spans();
        if spans.is_empty() {
            return out;
        }
        let mut kept = String::with_capacity(out.len());
        let mut end = 0;
        for span in spans {
            kept.push_str(&out[end..span.start]);
            kept.push_str(stand_in);
            end = span.end;
        }
        kept.push_str(&out[end..]);
        out = kept;
    }
    stand_in.to_owned()
}

impl Plain<'_> {
    /// What `without` takes out, in order and apart.
    fn spans(&self) -> Vec<Range<usize>> {
        static AROUND: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[^\s<>()\[\]",;:]+@[^\s<>()\[\]",;:]+"#));
        if !self.may_have_any() {
            return Vec::new();
        }
        let mut spans: Vec<Range<usize>> = self.addresses(false).map(|(at, _)| at).collect();
        spans.extend(AROUND.find_iter(&self.text).map(|m| m.range()));
        for span in &mut spans {
            let before = self.text[..span.start].trim_end_matches('/');
            let label = before.len().checked_sub("mailto:".len());
            if let Some(label) = label.filter(|at| before.get(*at..).is_some_and(|l| l.eq_ignore_ascii_case("mailto:")))
            {
                span.start = label;
            }
        }
        spans.sort_by_key(|span| span.start);
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(spans.len());
        for span in spans.into_iter().map(|span| self.place(span)) {
            match apart.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => apart.push(span),
            }
        }
        apart
    }

    /// Cheap, as most lines have none.
    fn may_have_any(&self) -> bool {
        self.line
            .bytes()
            .any(|b| matches!(b, b'@' | b'%' | b'&' | b'[' | b'(' | b'{' | b'<') || !b.is_ascii())
            || self
                .text
                .as_bytes()
                .windows(2)
                .any(|two| two.eq_ignore_ascii_case(b"at"))
    }

    fn addresses(&self, sentences: bool) -> impl Iterator<Item = (Range<usize>, Found)> {
        static AT: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?i) *[\[({<【〔] *(?:at|@|(?P<letter>a)|ät|arroba) *[\])}>】〕] *|(?P<blank> +@ *|@ +)|@|(?P<word>[ _-]+at[ _-]+)",
            )
        });
        AT.captures_iter(&self.text).filter_map(move |sign| {
            let all = sign.get(0)?.range();
            let sign = match (sign.name("blank"), sign.name("word")) {
                // `(a)` is the first of a list
                _ if sentences && (sign.name("word").is_some() || sign.name("letter").is_some()) => Sign::Word,
                (None, None) => Sign::Sure,
                _ => Sign::Likely,
            };
            let local = Local::before(&self.text[..all.start])?;
            let (domain, length) = domain(&self.text[all.end..], &local, sign)?;
            let at = all.start - local.length..all.end + length;
            let address = format!("{}@{domain}", local.name);
            Some((at.clone(), Found { at, address, domain }))
        })
    }
}

/// How much what stands between the two parts says.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    /// It is one of addresses alone.
    Sure,
    Likely,
    /// It is a word of any sentence.
    Word,
}

/// Longest of a local part, in characters (RFC 5321, section 4.5.3.1.1), with room for dots in words.
const LOCAL: usize = 80;
/// And of a domain (section 4.5.3.1.2).
const DOMAIN: usize = 255;

/// `[dot]`, `(dot)`, ` dot `
const DOT: &str = r"(?: *[\[({<【〔] *(?:dot|punkt|point|punto|\.) *[\])}>】〕] *|[ _-]+dot[ _-]+)";

/// What stands before the sign.
struct Local {
    name: String,
    length: usize,
    /// Whether it has more in it than plain words have: letters with a dot, a digit or an underscore among them.
    telling: bool,
    /// Whether it may be a local part that stands for somebody.
    somebody: bool,
}

/// What stands before "at example.org" in a sentence, and is nobody's address.
const NOBODY: &[&str] = &[
    "and", "are", "be", "find", "found", "her", "here", "him", "is", "it", "live", "look", "me", "meet", "more", "now",
    "online", "or", "out", "read", "see", "story", "them", "us", "visit", "was", "we", "were", "you",
];

impl Local {
    fn before(text: &str) -> Option<Local> {
        static PART: LazyLock<Regex> = LazyLock::new(|| {
            let part = r"[\p{Alphabetic}\p{M}\p{N}.%+'’_-]+";
            pattern(&format!("(?i){part}(?:{DOT}{part})*$"))
        });
        let from = text.char_indices().rev().take(LOCAL).last()?.0;
        let written = PART.find(&text[from..])?.as_str();
        let written = written.trim_start_matches(|c: char| !c.is_alphanumeric());
        let name = spelt(written);
        let name = name.trim_end_matches(|c: char| !c.is_alphanumeric());
        if name.is_empty() {
            return None;
        }
        let letters = name.chars().any(char::is_alphabetic);
        Some(Local {
            length: written.len(),
            telling: letters && name.contains(|c: char| c.is_numeric() || c == '.' || c == '_'),
            somebody: !NOBODY.contains(&name.to_lowercase().as_str()),
            name: name.to_owned(),
        })
    }
}

/// With dots that are dots.
fn spelt(text: &str) -> String {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){DOT}")));
    WORD.replace_all(text, ".").into_owned()
}

/// The domain that `after` begins with, and how long it is there.
fn domain(after: &str, local: &Local, sign: Sign) -> Option<(String, usize)> {
    static LABELS: LazyLock<Regex> = LazyLock::new(|| {
        let label = r"[\p{Alphabetic}\p{M}\p{N}-]+";
        pattern(&format!(r"(?i)^{label}(?:(?:\.|{DOT}){label})+"))
    });
    static NEXT: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?i)\.|{DOT}")));
    let end = after.char_indices().nth(DOMAIN).map_or(after.len(), |(at, _)| at);
    let all = LABELS.find(&after[..end])?.as_str();
    // each but the first dot may as well end the sentence, or begin the end of a file's name
    let dots: Vec<Range<usize>> = NEXT.find_iter(all).map(|m| m.range()).collect();
    let ends = dots.iter().skip(1).map(|dot| dot.start).chain([all.len()]);
    let tops: Vec<(Range<usize>, usize)> = dots.iter().cloned().zip(ends).collect();
    let (_, end) = tops.into_iter().rev().find(|(dot, end)| {
        let top = &all[dot.end..*end];
        let spelt = &all[dot.clone()] != ".";
        let letters = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
        let somebodys = || {
            let told = sign == Sign::Likely || dots.iter().any(|dot| &all[dot.clone()] != ".");
            told && local.somebody && is_usual(top, &all[..*end], spelt)
        };
        letters && (sign == Sign::Sure || local.telling && !is_file(top) || somebodys())
    })?;
    Some((spelt(&all[..end]).to_lowercase(), end))
}

/// Ends of file names, which follow a dot as a top level does.
fn is_file(top: &str) -> bool {
    const ENDS: &[&str] = &[
        "avi", "bmp", "csv", "doc", "docx", "eml", "gif", "heic", "htm", "html", "ics", "jpeg", "jpg", "md", "mov",
        "mp", "mpg", "odt", "pages", "pdf", "png", "ppt", "pptx", "rtf", "svg", "tif", "tiff", "txt", "vcf", "wav",
        "webp", "xls", "xlsx", "xml", "zip",
    ];
    ENDS.contains(&top.to_ascii_lowercase().as_str())
}

/// A top level that mail is often sent to, or any of two letters, in small letters or all of the domain in large ones.
fn is_usual(top: &str, domain: &str, spelt: bool) -> bool {
    const USUAL: &[&str] = &[
        "academy",
        "app",
        "biz",
        "blog",
        "charity",
        "club",
        "com",
        "community",
        "coop",
        "dev",
        "edu",
        "email",
        "example",
        "foundation",
        "gov",
        "info",
        "international",
        "invalid",
        "london",
        "me",
        "mil",
        "mobi",
        "museum",
        "name",
        "net",
        "ngo",
        "online",
        "org",
        "pro",
        "scot",
        "site",
        "test",
        "wales",
        "xyz",
    ];
    // countries' that are English words, which may follow the word "dot"
    const WORDS: &[&str] = &[
        "am", "as", "at", "be", "by", "do", "in", "is", "it", "me", "my", "no", "so", "to", "us",
    ];
    let lower = top.to_ascii_lowercase();
    let shouted = !domain.chars().any(char::is_lowercase);
    let country = lower.len() == 2 && lower.bytes().all(|b| b.is_ascii_alphabetic());
    (top == lower || shouted)
        && !is_file(top)
        && (country || USUAL.contains(&lower.as_str()))
        && !(spelt && WORDS.contains(&lower.as_str()))
}

/// The `regex` crate never backtracks: its time is linear in the text.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the tests use it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_address_is_found_and_what_only_looks_like_one_is_not() {
        for (line, expected) in [
            ("anna.secret at private.example", Some("anna.secret@private.example")),
            ("Ａnna.secret＠private.example", Some("Anna.secret@private.example")),
            (
                "mailto:anna.secret%40private.example",
                Some("anna.secret@private.example"),
            ),
            ("anna.secret%2540private%2eexample", Some("anna.secret@private.example")),
            ("anna.secret&#64;private.example", Some("anna.secret@private.example")),
            ("anna@example.org", Some("anna@example.org")),
            ("anna.secret @ private.example", Some("anna.secret@private.example")),
            ("anna [at] example (dot) org", Some("anna@example.org")),
            ("anna(at)example[dot]org", Some("anna@example.org")),
            ("anna{at}mail.example.org", Some("anna@mail.example.org")),
            ("anna（at）example．org", Some("anna@example.org")),
            ("anna ａｔ example.org", Some("anna@example.org")),
            ("anna AT example DOT org", Some("anna@example.org")),
            ("ANNA AT EXAMPLE.ORG", Some("ANNA@example.org")),
            (
                "anna dot secret at private dot example",
                Some("anna.secret@private.example"),
            ),
            ("anna.secret_at_private.example", Some("anna.secret@private.example")),
            ("anna\u{a0}at\u{a0}example.org", Some("anna@example.org")),
            ("an\u{200b}na a\u{2060}t example.o\u{ad}rg", Some("anna@example.org")),
            (
                "anna.secret%20at%20private.example.pdf",
                Some("anna.secret@private.example"),
            ),
            ("anna at example.org.Then we met", Some("anna@example.org")),
            ("anna at libero.it", Some("anna@libero.it")),
            ("Anna.Secret At Private.Example", Some("Anna.Secret@private.example")),
            ("07700900123 at private.example", Some("07700900123@private.example")),
            ("анна at почта.example", Some("анна@почта.example")),
            // and these are none
            ("Anna at Leeds", None),
            ("Anna at home.Then we met", None),
            ("anna at home.then we met", None),
            ("Sam @ The Hall", None),
            ("3 of 10 people @ the hall. then", None),
            ("Meet me at example.org", None),
            ("Read more at example.org", None),
            ("Class of 2010 at St.Pauls", None),
            ("IMG_2010 at leeds.jpg", None),
            ("Picnic at st.helens.jpg", None),
            ("Look at the dot in the sky", None),
            ("The chat example.org", None),
            ("that (a) example", None),
            ("50%40", None),
            ("at example.org", None),
            ("@example.org", None),
            ("", None),
        ] {
            let found = addresses(line);
            let found: Vec<&str> = found.iter().map(|f| f.address.as_str()).collect();
            assert_eq!(found, expected.as_slice(), "{line}");
        }
    }

    #[test]
    fn what_is_left_of_a_line_has_no_address_in_it() {
        for (line, expected) in [
            ("Ａnna.secret＠private.example", "…"),
            ("Write <mailto:anna%40private.example>, or not", "Write <…>, or not"),
            ("anna.secret at private.example.pdf", "….pdf"),
            ("Anna (anna [at] private (dot) example) Berg", "Anna (…) Berg"),
            ("anna at example.org and ben at example.net", "… and …"),
            ("bounces+anna=example.org@...", "…"),
            ("anna@localhost", "…"),
            ("Anna at Leeds", "Anna at Leeds"),
            ("100 % (all) of it, R&D – 50%20", "100 % (all) of it, R&D – 50%20"),
        ] {
            assert_eq!(without(line, "…"), expected, "{line}");
        }
        // not even one that is put together by what was taken out
        for line in [
            "anna ben at x.org at private.example",
            &"anna ".repeat(20).replace(' ', " at x.org "),
        ] {
            let left = without(line, " ");
            assert!(addresses(&left).is_empty() && !left.contains("private"), "{left}");
        }
    }

    #[test]
    fn hostile_lines_cost_time_in_proportion() {
        without("warm@example.org", "");
        for piece in [
            " at ",
            "a at b.Xx ",
            "a at b.c-at-",
            "a@",
            "@ ",
            "%25",
            "&",
            "[",
            "[at]",
            "a.",
            " dot ",
            "＠",
            "a dot ",
        ] {
            let line = piece.repeat(200_000 / piece.len());
            crate::effort::in_time(piece, || (addresses(&line), without(&line, " ")));
        }
    }
}
