//! Mail addresses and telephone numbers in what a mail's headers say: never on `main`, in a title, a note or a file name.

use super::super::address;

/// The text with `stand_in` for every mail address, disguised or not, and telephone number (written with a leading `0` or `+`).
pub fn masked(text: &str, stand_in: &str) -> String {
    let text = address::without(text, stand_in);
    without_numbers(&text, stand_in, |run| run.starts_with(['0', '+']) && digits(run) >= 9)
}

/// A name has neither addresses nor long numbers in it, however they are written.
pub fn off_a_name(name: &str) -> String {
    let name = address::without(name, " ");
    without_numbers(&name, " ", |run| digits(run) >= 7)
}

fn digits(run: &str) -> usize {
    run.bytes().filter(u8::is_ascii_digit).count()
}

/// Runs of digits with no more than one or two of ` -./()` between them.
fn without_numbers(text: &str, stand_in: &str, private: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut joined = false;
    while let Some(first) = rest.chars().next() {
        let begins = !joined && (first.is_ascii_digit() || first == '+');
        let end = if begins { end_of_run(rest) } else { 0 };
        let goes_on = rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if end > 0 && !goes_on && private(&rest[..end]) {
            out.push_str(stand_in);
            rest = &rest[end..];
            continue;
        }
        let end = end.max(first.len_utf8());
        out.push_str(&rest[..end]);
        joined = rest[..end].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        rest = &rest[end..];
    }
    out
}

/// Behind the last digit of the run that `text` begins with.
fn end_of_run(text: &str) -> usize {
    let (mut end, mut between) = (0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => (end, between) = (at + 1, 0),
            b'+' if at == 0 => {}
            b' ' | b'-' | b'.' | b'/' | b'(' | b')' if between < 2 => between += 1,
            _ => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_telephone_numbers_go_and_nothing_else() {
        for (text, expected) in [
            (
                "the attachment marion@example.org.pdf was kept",
                "the attachment … was kept",
            ),
            (
                "<marion@example.org> may be the storyteller",
                "<…> may be the storyteller",
            ),
            (
                "nobody reads what is sent to bounces+marion=example.org@...",
                "nobody reads what is sent to …",
            ),
            ("call 07700 900123.pdf", "call ….pdf"),
            ("+44 (0)7700 900-123", "…"),
            ("IMG_20190102_0123456789.jpg", "IMG_20190102_0123456789.jpg"),
            (
                "the mail's date 2035-12-04 10:12 UTC is in the future",
                "the mail's date 2035-12-04 10:12 UTC is in the future",
            ),
            (
                "3 of 10 people @ the hall, 2010 / 2011",
                "3 of 10 people @ the hall, 2010 / 2011",
            ),
            ("caf\u{e9} 0800", "caf\u{e9} 0800"),
            ("", ""),
        ] {
            assert_eq!(masked(text, "…"), expected, "{text}");
        }
        assert_eq!(off_a_name("Marion Maxwell 7700 900123").trim(), "Marion Maxwell");
        assert_eq!(off_a_name("Marion (marion@example.org) Maxwell"), "Marion ( ) Maxwell");
        assert_eq!(off_a_name("Class of 2010"), "Class of 2010");
    }

    #[test]
    fn a_long_row_of_digits_costs_one_pass() {
        let long = "1 a".repeat(300_000);
        assert_eq!(masked(&long, "…"), long);
        let long = "1".repeat(1_000_000) + "x";
        assert_eq!(masked(&long, "…"), long);
    }
}
