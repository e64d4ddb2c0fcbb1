//! What a line that starts `From ` has to look like to begin a mail.

/// Whether `line`, which starts `From `, ends in a date as mail programs write it there: `Fri Dec  3 10:15:00 2010` with or
/// without seconds, a zone before or after the year, or the RFC 5322 form `Fri, 3 Dec 2010 10:15:00 +0000`.
pub(super) fn is_dated(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let Ok(rest) = std::str::from_utf8(&rest[rest.len().saturating_sub(200)..]) else {
        return false;
    };
    let mut words: Vec<&str> = rest.split_ascii_whitespace().collect();
    if let [.., "remote", "from", _] = words[..] {
        words.truncate(words.len() - 3);
    }
    let Some(time) = words.iter().rposition(|word| is_time(word)) else {
        return false;
    };
    let (before, after) = (&words[..time], &words[time + 1..]);
    match before {
        [.., day_name, month, day] if is_day_name(day_name) && is_month(month) && is_day(day) => match after {
            [year] => is_year(year),
            [a, b] => (is_year(a) && is_zone(b)) || (is_zone(a) && is_year(b)),
            [a, b, c] => is_zone(a) && is_zone(b) && is_year(c),
            _ => false,
        },
        [.., day_name, day, month, year] => {
            let day_name = day_name.strip_suffix(',').unwrap_or(day_name);
            is_day_name(day_name)
                && is_day(day)
                && is_month(month)
                && is_year(year)
                && after.len() <= 2
                && after.iter().all(|zone| is_zone(zone.trim_matches(['(', ')'])))
        }
        _ => false,
    }
}

fn is_day_name(word: &str) -> bool {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&word)
}

fn is_month(word: &str) -> bool {
    [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    .contains(&word)
}

fn is_day(word: &str) -> bool {
    word.len() <= 2 && matches!(word.parse(), Ok(1..=31))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && matches!(word.parse(), Ok(1970..=9999))
}

/// `10:15` or `10:15:00`
fn is_time(word: &str) -> bool {
    let parts: Vec<&str> = word.splitn(4, ':').collect();
    let two_digits = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.len(), 2 | 3)
        && parts[0].len() <= 2
        && parts[0].parse::<u8>().is_ok()
        && parts[1..].iter().all(two_digits)
}

/// `+0100`, `GMT`, `DST`
fn is_zone(word: &str) -> bool {
    match word.as_bytes() {
        [b'+' | b'-', digits @ ..] => digits.len() == 4 && digits.iter().all(u8::is_ascii_digit),
        letters => (1..=5).contains(&letters.len()) && letters.iter().all(u8::is_ascii_uppercase),
    }
}

/// Whether `line` is the first line of a header field: RFC 5322's field name and a colon, blanks between allowed.
pub(super) fn is_field(line: &[u8]) -> bool {
    let Some(colon) = line.iter().take(200).position(|b| *b == b':') else {
        return false;
    };
    let name = line[..colon].trim_ascii_end();
    !name.is_empty() && name.iter().all(|b| matches!(b, 33..=126))
}

/// The first line of `bytes` and what comes after, without the line end.
pub(super) fn first_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &b""[..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// Without the empty lines at the front.
fn without_empty_lines(mut bytes: &[u8]) -> &[u8] {
    while let [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whether a file that begins so is an mbox: a `From ` line with a date, or with a header field after it.
pub(in crate::inbox) fn begins_with_from_line(bytes: &[u8]) -> bool {
    let (line, rest) = first_line(without_empty_lines(bytes));
    line.starts_with(b"From ") && (is_dated(line) || is_field(first_line(rest).0) || rest.starts_with(b">From "))
}

/// Whether bytes that begin so may be one mail: a header field, maybe after a `From ` line or a byte order mark.
pub(in crate::inbox) fn begins_like_a_mail(bytes: &[u8]) -> bool {
    let (line, rest) = first_line(without_from_line(bytes));
    // Two lines are looked at, so that a text with one colon in it is no mail: `Name: x`, then a field, a folded line or
    // the end of the header.
    let (second, _) = first_line(rest);
    let goes_on = second.is_empty() || is_field(second) || second.starts_with(b" ") || second.starts_with(b"\t");
    is_field(line) && goes_on
}

/// One mail's bytes without a byte order mark, empty lines and a `From ` line before the header.
pub(in crate::inbox) fn without_from_line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let begin = without_empty_lines(bytes);
    match first_line(begin) {
        (line, rest) if line.starts_with(b"From ") && !is_field(line) => rest,
        (line, rest) if line.starts_with(b"From ") && is_dated(line) => rest,
        _ => begin,
    }
}
