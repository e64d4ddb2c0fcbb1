//! How to reach or find somebody: telephone, e-mail, postcode, street, account.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use unicode_normalization::char::is_combining_mark;

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
    let plain = text.plain.text.as_str();
    let abroad: Vec<(usize, usize)> = ABROAD.find_iter(plain).map(|m| (m.start(), m.end())).collect();
    let mut known = abroad.iter().copied().peekable();
    let home = of_country(text.wanted.country.phone);
    let home = home.find_iter(plain).map(|m| (m.start(), m.end())).filter(|(from, _)| {
        // the rest of a number with a country's code is no number of its own
        while known.next_if(|(_, end)| end <= from).is_some() {}
        known.peek().is_none_or(|(start, _)| start > from)
    });
    let home: Vec<(usize, usize)> = home.collect();
    let mut found: Vec<(usize, usize)> = abroad.into_iter().chain(home).collect();
    found.retain(|&(from, to)| {
        let plus = plain[from..].starts_with('+') && around(plain, from, to).0.is_none_or(|c| !c.is_alphanumeric());
        (stands_alone(plain, from, to) || plus) && !is_a_time(&plain[from..to])
    });
    found.sort_unstable();
    let more = elsewhere(plain, &found);
    for (from, to) in found.into_iter().chain(more) {
        let digits: String = plain[from..to].chars().filter(char::is_ascii_digit).collect();
        let place = text.plain.place(from..to);
        hits.add_as(place.start, &text.all[place], &digits);
    }
}

/// Dates, times and years, and from when to when.
fn is_a_time(words: &str) -> bool {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)?[0-9]{2}\b|[0-9]{4}[./-][0-9]{2}[./-][0-9]{2}\b|[0-9]{1,2}[.][0-9]{2} ?[-–]|(?:19|20)[0-9]{2} ?[-–/ ] ?(?:19|20)[0-9]{2}\b)",
        )
    });
    TIME.is_match(words)
}

/// Numbers of other countries than the team's, without a country's code: those that words lead up to, and those that are written
/// as nothing else is. `found`, in order, are known already.
fn elsewhere(plain: &str, found: &[(usize, usize)]) -> Vec<(usize, usize)> {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\(?[0-9](?:[ ./()\u{2010}-\u{2013}-]{0,2}[0-9]){6,14}"));
    // `(555) 123-4567`, `8 (912) 345-67-89`, `212.555.0199`, `912 345-67-89`
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:(?:[0-9]{1,2}[ -])?\([0-9]{2,5}\)[ -]?[0-9]{2,5}(?:[ -][0-9]{2,5}){1,3}|[2-9][0-9]{2}[-.][2-9][0-9]{2}[-.][0-9]{4}|(?:[0-9] )?[0-9]{3}[ -][0-9]{3}-[0-9]{2}-[0-9]{2})$",
        )
    });
    // a year in brackets stands before the pages of a paper; what ends in three noughts is a sum; times of day
    static OTHER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\((?:19|20)[0-9]{2}\)|^[1-9][0-9]{0,2}(?: [0-9]{3})* 000$|^[0-2]?[0-9][.][0-5][0-9](?:[ \u{2010}-\u{2013}-]{1,2}[0-2]?[0-9][.][0-5][0-9])+$",
        )
    });
    // `1.250.000`, `1325/2000`: a sum, and a paper of a year, unless one is told to ring just this
    static SUM: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^[1-9][0-9]{0,2}(?:[ .,][0-9]{3}){2,}$|^[1-9][0-9]{0,3}/(?:19[0-9]{2}|20[0-3][0-9])$")
    });
    // as half of Europe writes its numbers; a sum of as much is seldom told so exactly
    static NINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[1-9][0-9]{2}(?:[ .][0-9]{3}){2}$"));
    let mut known = found.iter().peekable();
    let candidates = NUMBER.find_iter(plain).filter(|number| {
        while known.next_if(|(_, end)| *end <= number.start()).is_some() {}
        let words = number.as_str();
        let digits = words.bytes().filter(u8::is_ascii_digit).count();
        known.peek().is_none_or(|(start, _)| *start >= number.end())
            && !is_a_time(words)
            && !OTHER.is_match(words)
            && (digits >= 9 && SHAPE.is_match(words) && stands_alone(plain, number.start(), number.end())
                || stands_behind_words(plain, number.start(), number.end())
                    && match leads_up(&plain[..number.start()]) {
                        Lead::Right => true,
                        Lead::Near => !SUM.is_match(words) || NINE.is_match(words) && !words.ends_with("000"),
                        Lead::No => false,
                    })
    });
    candidates.map(|m| (m.start(), m.end())).collect()
}

/// As [`stands_alone`], but for letters of scripts that put no blank between words.
fn stands_behind_words(all: &str, from: usize, to: usize) -> bool {
    let (before, after) = around(all, from, to);
    let far = |c: char| !c.is_ascii() && c.is_alphabetic();
    before.is_some_and(far) && !after.is_some_and(|c| c.is_alphanumeric() && !far(c)) || stands_alone(all, from, to)
}

/// How words lead up to a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lead {
    No,
    /// In the same sentence, and not far.
    Near,
    /// Right before it: `tel.`, `my number is`, `ring me on`.
    Right,
}

/// Whether words in front of a number say that one can ring it.
fn leads_up(before: &str) -> Lead {
    let from = before.char_indices().rev().take(48).last().map_or(0, |(at, _)| at);
    let near = before[from..].to_lowercase();
    let ends = |c: char| c.is_ascii_digit() || matches!(c, '!' | '?' | ';' | '\n' | '。' | '！' | '？' | '।');
    let near = near.rsplit(ends).next().unwrap_or_default();
    let words = |text: &str| -> Vec<String> {
        // a colon says as much as `on`
        let text = text.replace([':', '：'], " on ");
        let words = text.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c)));
        words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let (told, all) = match near.rsplit_once(". ") {
        Some((before, after)) if after.trim().is_empty() => (after, words(before)),
        Some((_, after)) => (after, words(after)),
        None => (near, words(near)),
    };
    // behind a full stop only what is shortened by it
    if told.trim().is_empty() && told.len() < near.len() {
        let short = all.last().is_some_and(|word| SHORT.contains(&word.as_str()));
        return if short { Lead::Right } else { Lead::No };
    }
    let is = |list: &[&str], at: usize| all.get(at).is_some_and(|word| list.contains(&word.as_str()));
    let lead = |at: usize| {
        let ones = is(OWN, at) && (is(NUMBERS, at + 1) || is(WEAK, at + 1));
        let strong = is(SHORT, at) || is(RING, at) || ones;
        let weak = is(WEAK, at);
        let last = at + 1 == all.len();
        let between = |i: usize| is(LINKS, i) || is(NUMBERS, i) || is(WEAK, i);
        let links = (at + 1..all.len()).all(between) && !(last && is(TOLD, at));
        let on = last || is(LINKS, at + 1) || is(NUMBERS, at + 1) || is(&["on"], all.len() - 1);
        match (strong, weak) {
            (true, _) | (_, true) if links => Lead::Right,
            (true, _) => Lead::Near,
            (_, true) if on => Lead::Near,
            _ => Lead::No,
        }
    };
    let best = (0..all.len()).map(lead).max().unwrap_or(Lead::No);
    let unparted = UNPARTED.iter().any(|word| near.contains(word));
    if unparted { best.max(Lead::Near) } else { best }
}

/// Words that are as often about something else: they lead up to a number only where one of [`LINKS`] or it follows, or `on` it.
const WEAK: &[&str] = &["phone", "mobile", "cell", "text", "called"];

/// Those of them that a sum or a paper may follow.
const TOLD: &[&str] = &["text", "called"];

/// What may stand between a word for ringing and the number.
#[rustfmt::skip]
const LINKS: &[&str] = &[
    "on", "at", "me", "us", "him", "her", "them", "is", "up",
    "mich", "uns", "unter", "auf", "ist", "mig", "meg", "på", "er", "op", "moi", "nous", "au", "est", "al", "es", "ao", "é", "mi", "pod", "na", "to",
    "мне", "нам", "по", "на",
];

/// `tel.`
const SHORT: &[&str] = &[
    "tel", "tél", "tlf", "tfno", "mob", "ph", "cel", "kom", "puh", "cep", "gsm", "тел", "моб", "τηλ", "κιν",
];

/// Words for ringing somebody up, and for what one does it with.
#[rustfmt::skip]
const RING: &[&str] = &[
    // English
    "call", "calls", "calling", "ring", "ringing", "rang", "phones", "phoned", "phoning", "telephone", "cellphone", "dial",
    "landline", "helpline", "hotline", "fax", "whatsapp", "viber", "sms", "skype",
    // German, Dutch, Danish, Norwegian, Swedish, Finnish
    "ruf", "rufe", "rufen", "ruft", "anrufen", "anruf", "telefon", "telefonnummer", "telefonisch", "handy", "handynummer", "mobil", "mobilnummer",
    "bel", "bellen", "belt", "telefoon", "telefoonnummer", "mobiel", "ringe", "telefonnummeret", "mobilen", "telefonnumret", "soita", "soittakaa", "puhelin", "puhelinnumero",
    // French, Spanish, Portuguese, Italian, Catalan, Romanian
    "appelez", "appeler", "appelle", "téléphone", "téléphonez", "téléphoner", "portable", "joindre", "llama", "llame", "llamar", "llámame", "llámanos",
    "llamen", "teléfono", "móvil", "celular", "ligue", "ligar", "telefone", "telemóvel", "chiama", "chiamate", "chiamare", "chiamami", "telefono", "telefonare", "cellulare",
    "truca", "telèfon", "mòbil", "suna", "sunați", "telefonul", "mobilul",
    // Polish, Czech, Slovak, Hungarian, Croatian, Turkish, Albanian
    "zadzwoń", "dzwoń", "dzwonić", "telefonu", "komórka", "komórkowy", "volejte", "zavolejte", "zavolajte", "hívj", "hívjon", "hívjanak", "telefonszám", "nazovite", "ara", "arayın", "telefonum", "telefoni",
    // Russian, Ukrainian, Bulgarian, Greek
    "звоните", "позвоните", "звони", "позвони", "телефон", "телефону", "мобильный", "дзвоніть", "подзвоніть", "зателефонуйте", "мобільний", "обадете", "телефона",
    "τηλέφωνο", "κινητό", "καλέστε", "τηλεφωνήστε",
    // Arabic, Persian, Urdu, Hebrew, Hindi, Bengali, Punjabi, Somali, Swahili, Indonesian
    "اتصل", "اتصلوا", "هاتف", "الهاتف", "هاتفي", "جوال", "موبايل", "واتساب", "تلفن", "تماس", "موبایل", "فون", "טלפון", "נייד", "התקשרו", "फोन", "फ़ोन", "कॉल", "मोबाइल", "ফোন", "মোবাইল", "ਫੋਨ",
    "taleefan", "simu", "telepon", "hubungi",
];

/// In scripts without blanks, and of several words.
const UNPARTED: &[&str] = &[
    "电话",
    "電話",
    "手机",
    "手機",
    "致电",
    "致電",
    "拨打",
    "撥打",
    "微信",
    "携帯",
    "전화",
    "휴대폰",
    "điện thoại",
    "gọi",
    "โทร",
];

/// Whose number it is, and a number: `my number is`; a charity has one, too.
const OWN: &[&str] = &[
    "my", "our", "his", "her", "their", "your", "meine", "unsere", "mon", "notre", "mi", "nuestro", "mój",
];
const NUMBERS: &[&str] = &["number", "nummer", "numéro", "número", "numer", "no"];

pub(super) fn email(text: &Text, hits: &mut Hits) {
    let all = text.all;
    for found in address::in_sentences(&text.plain)
        .into_iter()
        .filter(|found| !text.own(&found.domain))
    {
        hits.add_as(found.at.start, &all[found.at], &found.address);
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
