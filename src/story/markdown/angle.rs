//! Links as mail programs write them in plain text: `our page<https://example.org/a>`, `ama@example.org<mailto:ama@example.org>`.

use super::super::passage::Span;
use super::link;

/// Longer is no address that a program wrote behind a word.
const LONGEST: usize = 2000;

/// The spans with such addresses as links: one that its word says already is the link of that word, another stands for
/// itself. Angle brackets round a web address go, as they are no part of it (RFC 3986, appendix C).
pub fn spans(spans: &[Span]) -> Vec<Span> {
    let mut out = Vec::with_capacity(spans.len());
    for span in spans {
        let text = span.href.is_none() && span.image.is_none() && !span.code;
        match text && span.text.contains('<') {
            true => split(span, &mut out),
            false => out.push(span.clone()),
        }
    }
    out
}

/// One span of text, cut at its addresses.
fn split(span: &Span, out: &mut Vec<Span>) {
    let (bold, italic, strike) = (span.bold, span.italic, span.strike);
    let mut push = |text: &str, href: Option<&str>| {
        if !text.is_empty() {
            // not `..span.clone()`: each piece would copy the text of the whole line
            out.push(Span {
                text: text.to_owned(),
                bold,
                italic,
                strike,
                href: href.map(str::to_owned),
                ..Span::default()
            });
        }
    };
    let mut rest = span.text.as_str();
    while let Some((before, address, after)) = bracketed(rest) {
        let word = last_word(before);
        let lead = &before[..before.trim_end().len() - word.len()];
        let mail = address.get(..7).filter(|s| s.eq_ignore_ascii_case("mailto:"));
        let mail = mail.map(|s| address[s.len()..].split('?').next().unwrap_or_default());
        match mail {
            // the address stands there already, or the link is its own words
            Some(mail) if mail.eq_ignore_ascii_case(word) => push(before.trim_end(), None),
            Some(mail) => push(&format!("{}<{mail}>", apart(before)), None),
            None if says(word, address) => {
                push(lead, None);
                push(word, Some(address));
            }
            None => {
                push(&apart(before), None);
                let real = link::unwrapped(address).replace(link::is_mark, "");
                push(&real, Some(&real));
            }
        }
        rest = after;
    }
    push(rest, None);
}

/// What stands before the first address in angle brackets, the address, and what stands after it.
fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    for (at, _) in text.match_indices('<') {
        let inner = &text[at + 1..];
        let known = ["http://", "https://", "mailto:"].iter().any(|scheme| {
            let head = inner.as_bytes().get(..scheme.len());
            head.is_some_and(|h| h.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        if !known {
            continue;
        }
        let ends = |c: char| c == '<' || c == '>' || c.is_whitespace();
        let end = inner.find(ends).filter(|&end| inner[end..].starts_with('>'));
        let fit = |end: &usize| *end <= LONGEST && link::destination(&inner[..*end]).is_some();
        if let Some(end) = end.filter(fit) {
            return Some((&text[..at], &inner[..end], &inner[end + 1..]));
        }
    }
    None
}

/// The word right before an address, or a space before it, without the bracket that opens before the word.
fn last_word(before: &str) -> &str {
    let trimmed = before.strip_suffix(' ').unwrap_or(before);
    let word = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.trim_start_matches(['(', '[', '"', '“', '<'])
}

/// Whether `word` is that address, written out or without its beginning and end.
fn says(word: &str, address: &str) -> bool {
    let short = |text: &str| {
        let lower = text.to_lowercase();
        let bare = lower.trim_start_matches("https://").trim_start_matches("http://");
        bare.trim_start_matches("www.").trim_end_matches('/').to_owned()
    };
    word.contains('.') && [short(address), short(&link::unwrapped(address))].contains(&short(word))
}

/// With a space at its end, where a word stands there: `page<https://...>` would read as one.
fn apart(before: &str) -> String {
    match before.chars().next_back() {
        Some(c) if !c.is_whitespace() && !matches!(c, '(' | '[' | '"' | '“') => format!("{before} "),
        _ => before.to_owned(),
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn an_address_in_angle_brackets_is_a_link_and_a_doubled_one_stands_once() {
        for (typed, expected) in [
            (
                "see <https://example.org/a_b> first",
                "see [https://example.org/a_b] first",
            ),
            ("our page<https://example.org/a>.", "our page [https://example.org/a]."),
            ("(<https://example.org/a>)", "([https://example.org/a])"),
            (
                "https://example.org/a<https://example.org/a> x",
                "[https://example.org/a] x",
            ),
            ("https://example.org <https://example.org/>", "[https://example.org]"),
            ("(www.example.org<http://www.example.org/>)", "([www.example.org])"),
            (
                "ama@example.org<mailto:ama@example.org>, Leeds",
                "ama@example.org, Leeds",
            ),
            ("<ama@example.org<mailto:ama@example.org>>", "<ama@example.org>"),
            ("Mail me<mailto:ama@example.org?subject=x>", "Mail me <ama@example.org>"),
            (
                "x<https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&data=1>",
                "x [https://example.org/a]",
            ),
            ("a < b, <https://example.org", "a < b, <https://example.org"),
            (
                "<https://example.org /a> <b@example.org>",
                "<https://example.org /a> <b@example.org>",
            ),
            (
                "<https://good.org/\u{2067}gro.live\u{2069}>",
                "[https://good.org/gro.live]",
            ),
            (
                "<https://> <mailto:> <javascript:x>",
                "<https://> <mailto:> <javascript:x>",
            ),
        ] {
            let read = spans(&[Span::text(typed)]);
            let shown = read.iter().map(|s| match s.href {
                Some(_) => format!("[{}]", s.text),
                None => s.text.clone(),
            });
            assert_eq!(shown.collect::<String>(), expected, "{typed}");
        }
    }

    #[test]
    fn pieces_keep_the_manner_of_their_span() {
        let bold = Span {
            bold: true,
            italic: true,
            strike: true,
            ..Span::text("our page<https://example.org/a> x")
        };
        let read = spans(&[bold]);
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|s| s.bold && s.italic && s.strike && !s.code));
    }

    #[test]
    fn time_grows_with_the_marks_and_not_with_their_square() {
        for mark in ["<https://", "x<https://example.org/a> "] {
            let line = [Span::text(mark.repeat(300_000))];
            let read = crate::effort::in_time(mark, || spans(&line));
            assert!(!read.is_empty());
        }
    }
}
