//! How to reach or find somebody: telephone, e-mail, postcode, street, account.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;

use super::{Hits, Text};
use crate::story::address;

/// The `regex` crate never backtracks: its time is linear in the text.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns of the table are tested")
}

/// A country's pattern, made once.
fn of_country(text: &'static str) -> Regex {
    static MADE: LazyLock<Mutex<HashMap<&'static str, Regex>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(|broken| broken.into_inner());
    made.entry(text).or_insert_with(|| pattern(text)).clone()
}

/// The character before and the one after.
fn around(all: &str, from: usize, to: usize) -> (Option<char>, Option<char>) {
    (all[..from].chars().next_back(), all[to..].chars().next())
}

/// Not in the middle of a word, a longer number, a file name or an address of the web.
fn stands_alone(all: &str, from: usize, to: usize) -> bool {
    let (before, after) = around(all, from, to);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    !before.is_some_and(|c| word(c) || matches!(c, '/' | '=' | '#' | '%' | '+' | '-' | '&' | '£' | '$' | '€'))
        && !after.is_some_and(word)
}

pub(super) fn phone(text: &Text, hits: &mut Hits) {
    static ABROAD: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?:\+|\b00)[1-9](?:[ ./()\u{a0}\u{2010}-\u{2013}-]{0,2}[0-9]){6,14}"));
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)?[0-9]{2}\b|[0-9]{4}[./-][0-9]{2}[./-][0-9]{2}\b|[0-9]{2}[.][0-9]{2} ?[-–])",
        )
    });
    let abroad: Vec<(usize, usize)> = ABROAD.find_iter(text.all).map(|m| (m.start(), m.end())).collect();
    let mut known = abroad.iter().copied().peekable();
    let home = of_country(text.wanted.country.phone);
    let home = home
        .find_iter(text.all)
        .map(|m| (m.start(), m.end()))
        .filter(|(from, _)| {
            // the rest of a number with a country's code is no number of its own
            while known.next_if(|(_, end)| end <= from).is_some() {}
            known.peek().is_none_or(|(start, _)| start > from)
        });
    let home: Vec<(usize, usize)> = home.collect();
    for (from, to) in abroad.into_iter().chain(home) {
        let words = &text.all[from..to];
        let plus = words.starts_with('+') && around(text.all, from, to).0.is_none_or(|c| !c.is_alphanumeric());
        if !(stands_alone(text.all, from, to) || plus) || DATE.is_match(words) {
            continue;
        }
        let digits: String = words.chars().filter(char::is_ascii_digit).collect();
        hits.add_as(from, words, &digits);
    }
}

pub(super) fn email(text: &Text, hits: &mut Hits) {
    static SPELT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i) ?\\?[\[({<] ?(?:at|@) ?\\?[\])}>] ?| at "));
    let all = text.all;
    let signs = memchr::memchr_iter(b'@', all.as_bytes()).map(|at| (at, at + 1, false));
    let spelt = SPELT.find_iter(all).map(|m| (m.start(), m.end(), true));
    for (from, to, spelt) in signs.chain(spelt) {
        let local = local_part(&all[..from]);
        let domain = match all[from..to].eq_ignore_ascii_case(" at ") {
            true => spelt_domain(&all[to..]),
            false => domain(&all[to..]),
        };
        let (Some(local), Some((domain, end))) = (local, domain) else {
            continue;
        };
        if spelt && all[from..to].contains('@') && local.is_empty() || text.own(&domain) {
            continue;
        }
        let start = from - local.len();
        hits.add_as(
            start,
            &all[start..to + end],
            &format!("{local}@{domain}").replace('\\', ""),
        );
    }
    // lines that came from a mail's header, where an address may be disguised
    let front = text.front;
    for (key, line) in [
        ("title", Some(&front.title)),
        ("author", Some(&front.author)),
        ("subtitle", front.subtitle.as_ref()),
        ("description", front.description.as_ref()),
    ] {
        for found in line.map(|line| address::addresses(line)).unwrap_or_default() {
            if text.own(&found.domain) {
                continue;
            }
            let words = &line.map_or("", |line| &line[found.at]);
            let key = text.key(key);
            let at = all[key..]
                .lines()
                .next()
                .and_then(|value| value.find(words))
                .unwrap_or(0);
            hits.add_as(key + at, words, &found.address);
        }
    }
}

/// What stands right before an `@`, with Markdown's escapes; at most 64 characters (RFC 5321, 4.5.3.1.1).
fn local_part(before: &str) -> Option<&str> {
    let inside = |c: char| c.is_alphanumeric() || ".%+'-_*\\".contains(c);
    let start = before
        .char_indices()
        .rev()
        .take(64)
        .take_while(|(_, c)| inside(*c))
        .last()?
        .0;
    let local = before[start..].trim_start_matches(|c: char| !c.is_alphanumeric());
    (!local.trim_end_matches('\\').is_empty()).then_some(local)
}

/// A domain with a dot at the beginning of `after`, and where it ends.
fn domain(after: &str) -> Option<(String, usize)> {
    let inside = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let end = after
        .char_indices()
        .take(254)
        .find(|(_, c)| !inside(*c))
        .map_or_else(|| after.len().min(254), |(at, _)| at);
    let domain = after.get(..end)?.trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    let good = top.chars().count() >= 2
        && top.chars().all(char::is_alphabetic)
        && domain.split('.').all(|label| !label.is_empty());
    good.then(|| (domain.to_ascii_lowercase(), domain.len()))
}

/// `example dot org`.
fn spelt_domain(after: &str) -> Option<(String, usize)> {
    static DOT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^([A-Za-z0-9-]{1,62}) (?i:dot) ((?:co (?i:dot) )?(?i:com|org|net|uk|info|eu))\b"));
    let found = DOT.captures(after)?;
    let top = found[2].to_ascii_lowercase().replace(" dot ", ".");
    Some((format!("{}.{top}", found[1].to_ascii_lowercase()), found[0].len()))
}

pub(super) fn postcode(text: &Text, hits: &mut Hits) {
    for found in of_country(text.wanted.country.postcode).find_iter(text.all) {
        // some are known by the comma or the line end before them
        let words = found.as_str().trim_start_matches([',', ' ', '\n']);
        if stands_alone(text.all, found.end() - words.len(), found.end()) {
            hits.add(found.end() - words.len(), words);
        }
    }
}

pub(super) fn street(text: &Text, hits: &mut Hits) {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:19|20)[0-9]{2} "));
    static MONTH: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^[0-9]{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b",
        )
    });
    for found in of_country(text.wanted.country.street).find_iter(text.all) {
        let words = found.as_str();
        let no = YEAR.is_match(words) || MONTH.is_match(words);
        if !no && stands_alone(text.all, found.start(), found.end()) {
            hits.add(found.start(), words);
        }
    }
}

pub(super) fn number(text: &Text, hits: &mut Hits) {
    static IBAN: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"));
    static CARD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[3-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{3,4}\b"));
    static INSURANCE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b"));
    static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:sort ?code|account(?: number| no\.?)?|a/c|passport(?: number| no\.?)?|nhs number|ni number)[ :]{0,3}(?:is |was )?([0-9](?:[ -]?[0-9]){5,11})\b",
        )
    });
    for found in IBAN.find_iter(text.all).filter(|m| is_iban(m.as_str())) {
        hits.add(found.start(), found.as_str());
    }
    for found in CARD.find_iter(text.all).filter(|m| is_card(m.as_str())) {
        hits.add(found.start(), found.as_str());
    }
    for found in INSURANCE.find_iter(text.all) {
        hits.add(found.start(), found.as_str());
    }
    for found in ACCOUNT.captures_iter(text.all).filter_map(|c| c.get(1)) {
        hits.add(found.start(), found.as_str());
    }
}

/// ISO 13616: the rest of division by 97 is 1.
fn is_iban(text: &str) -> bool {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    let turned = text[4..].chars().chain(text[..4].chars());
    let rest = turned.fold(0u32, |rest, c| match c.to_digit(36) {
        Some(d) if d > 9 => (rest * 100 + d) % 97,
        Some(d) => (rest * 10 + d) % 97,
        None => rest,
    });
    rest == 1 && text.len() >= 15
}

/// ISO/IEC 7812: Luhn's sum.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |(i, d): (usize, &u32)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d };
    digits.len() >= 15
        && digits
            .iter()
            .rev()
            .enumerate()
            .map(doubled)
            .sum::<u32>()
            .is_multiple_of(10)
}
