//! Addresses out of a line that says who wrote: the words of it stay.

use crate::story::passage::{Line, Span};

/// What stands around an address.
const OPEN: &[char] = &['<', '(', '['];
const CLOSE: &[char] = &['>', ')', ']'];

/// Takes every e-mail address out of the line, with its brackets and the link that it was. Whether there was one.
pub(super) fn take_addresses_out(line: &mut Line) -> bool {
    let mut taken = false;
    let mailto = |href: &String| {
        href.get(..7)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
    };
    for span in line
        .spans
        .iter_mut()
        .filter(|span| span.href.as_ref().is_some_and(mailto))
    {
        span.href = None;
        taken = true;
    }
    while let Some((start, end)) = address(&words(&line.spans)) {
        remove(&mut line.spans, start, end);
        taken = true;
    }
    taken
}

fn words(spans: &[Span]) -> String {
    let shown = spans.iter().filter(|span| span.image.is_none());
    shown.map(|span| span.text.as_str()).collect()
}

/// Where the first address is, with its brackets and the blank before it.
fn address(words: &str) -> Option<(usize, usize)> {
    let at = words.find('@')?;
    let part = |c: char| c.is_ascii_alphanumeric() || "@._%+-=/'&!#:".contains(c);
    let bare = |text: &str| text.len() - text.trim_start_matches(part).len();
    let open = words[..at].rfind(OPEN).filter(|open| !words[*open..at].contains(CLOSE));
    let close = words[at..].find(CLOSE).map(|close| at + close);
    let (start, end) = match (open, close) {
        (Some(open), Some(close)) => (open, close + 1),
        // a mailer broke the line in mid-address
        (Some(open), None) => (open, words.len()),
        _ => {
            let start = words[..at].trim_end_matches(part).len();
            let end = at + bare(&words[at..]);
            (
                start,
                end - (words[start..end].len() - words[start..end].trim_end_matches([':', '.']).len()),
            )
        }
    };
    let before = words[..start].trim_end_matches([' ', '\u{a0}', '<', '(', '[']).len();
    let after = end + words[end..].len() - words[end..].trim_start_matches(CLOSE).len();
    Some((before, after))
}

/// Takes these bytes of the words out of the spans.
fn remove(spans: &mut Vec<Span>, start: usize, end: usize) {
    let mut at = 0;
    for span in spans.iter_mut().filter(|span| span.image.is_none()) {
        let len = span.text.len();
        let (from, to) = (start.clamp(at, at + len) - at, end.clamp(at, at + len) - at);
        span.text.replace_range(from..to, "");
        at += len;
    }
    spans.retain(|span| span.image.is_some() || !span.text.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_goes_and_every_word_stays() {
        for (text, kept) in [
            (
                "On 4 May, Cath Lee <cath@example.org> wrote:",
                "On 4 May, Cath Lee wrote:",
            ),
            ("On 4 May, cath@example.org wrote:", "On 4 May, wrote:"),
            (
                "Cath Lee (cath@example.org) wrote on 4 May:",
                "Cath Lee wrote on 4 May:",
            ),
            ("4 mars skrev Cath Lee <cath@example.org>:", "4 mars skrev Cath Lee:"),
            (
                "4/5 Cath Lee <cath@example.org>さんは書きました:",
                "4/5 Cath Leeさんは書きました:",
            ),
            ("Cath [mailto:cath@example.org] wrote:", "Cath wrote:"),
            ("Cath <cath@example.org<mailto:cath@example.org>> wrote:", "Cath wrote:"),
            ("On 4 May, Cath Lee <cath@", "On 4 May, Cath Lee"),
        ] {
            let mut line = Line::plain(text);
            assert!(take_addresses_out(&mut line), "{text}");
            assert_eq!(line.words(), kept, "{text}");
        }
        assert!(!take_addresses_out(&mut Line::plain("Cath Lee wrote:")));
    }

    #[test]
    fn an_address_may_be_a_link_or_hide_behind_one() {
        let link = |text: &str| Span {
            href: Some("mailto:cath@example.org".to_owned()),
            ..Span::text(text)
        };
        for (shown, kept) in [("cath@example.org", "Cath wrote:"), ("Lee", "Cath <Lee> wrote:")] {
            let mut line = Line {
                spans: vec![Span::text("Cath <"), link(shown), Span::text("> wrote:")],
                ..Line::default()
            };
            assert!(take_addresses_out(&mut line));
            assert_eq!(line.words(), kept);
            assert!(line.spans.iter().all(|span| span.href.is_none()));
        }
    }
}
