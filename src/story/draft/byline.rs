//! The name a story is published under.

use super::super::submission::{Mailbox, Note};
use super::contacts;

/// What stands for a name where there is none.
const NOBODY: &str = "A Future Leader";

/// Mailbox names that are nobody's: a form, an office, a machine.
const NOBODIES: &[&str] = &[
    "admin",
    "blog",
    "contact",
    "enquiries",
    "hello",
    "info",
    "mail",
    "mailer",
    "me",
    "no reply",
    "no-reply",
    "noreply",
    "office",
    "postmaster",
    "reception",
    "root",
    "stories",
    "story",
    "support",
    "team",
    "unknown",
    "user",
    "webmaster",
    "www",
    "iphone",
    "ipad",
    "my iphone",
    "home",
    "family",
    "wordpress",
    "contact form",
    "website",
    "undisclosed",
];

/// The byline and the storyteller's mailbox. In this order: the name in From, tidied; the name under the text; the
/// local part of the address where it reads as a name. Notes tell where it did not come from From.
pub fn of(
    from: &Mailbox,
    reply_to: Option<&Mailbox>,
    sign_off: Option<&str>,
    notes: &mut Vec<Note>,
) -> (String, Mailbox) {
    let mut storyteller = from.clone();
    let raw = from.name.as_deref().unwrap_or("");
    // a list or form that writes in another's name gives the author's address in Reply-To
    if let Some(reply) = reply_to.filter(|_| raw.to_lowercase().contains(" via "))
        && reply.address.is_some()
    {
        storyteller.address.clone_from(&reply.address);
    }
    let sign_off = sign_off.map(tidy).filter(|s| looks_like_a_name(s));
    let written = Some(tidy(raw)).filter(|name| is_somebody(name));
    let name = match (written, sign_off) {
        // `Marion` in From and `Marion Maxwell` under the text
        (Some(name), Some(fuller)) if is_fuller(&fuller, &name) => fuller,
        (Some(name), _) => name,
        (None, Some(signed)) => {
            notes.push(Note::BylineFromText(signed.clone()));
            signed
        }
        (None, None) => match storyteller.address.as_deref().and_then(name_in_address) {
            Some(name) => {
                notes.push(Note::Other(format!(
                    "the byline {name:?} is made from the mail address: please check it"
                )));
                name
            }
            None => {
                notes.push(Note::NoByline);
                NOBODY.to_owned()
            }
        },
    };
    storyteller.name = Some(name.clone()).filter(|n| n != NOBODY);
    (name, storyteller)
}

/// A display name as people write their name.
pub fn tidy(raw: &str) -> String {
    let shown: String = raw
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_ornament(*c))
        .collect();
    let mut name = spaced(&contacts::off_a_name(&shown));
    // `Ada Secretary on behalf of Marion Maxwell`
    if let Some(at) = find_ignoring_case(&name, " on behalf of ") {
        name = name[at + " on behalf of ".len()..].to_owned();
    }
    for mark in [" via ", " (via ", " | ", " @ ", " - ", " – "] {
        if let Some(at) = find_ignoring_case(&name, mark)
            && (mark.contains("via") || name[..at].split_whitespace().count() >= 2)
        {
            name.truncate(at);
        }
    }
    // `Marion Maxwell (M4C)`, `Marion Maxwell [Leeds]`, `Marion <marion@...>`
    for (open, close) in [('(', ')'), ('[', ']'), ('<', '>')] {
        if let Some(at) = name.find(open).filter(|at| *at > 0)
            && let Some(end) = name.rfind(close).filter(|end| *end > at)
        {
            name.replace_range(at..=end, " ");
        }
    }
    let quotes = |c: char| {
        matches!(
            c,
            '"' | '\'' | '“' | '”' | '‘' | '’' | '«' | '»' | ' ' | ',' | ';' | ':' | '*' | '_' | '/'
        )
    };
    let name = spaced(name.trim_matches(quotes));
    // what was put together may be an address only now: `at example.org, anna`
    cased(&spaced(&contacts::off_a_name(&turned(&name))))
}

/// `Maxwell, Marion` -> `Marion Maxwell`; a degree or an office after the comma stays off.
fn turned(name: &str) -> String {
    let Some((last, first)) = name.split_once(',') else {
        return name.to_owned();
    };
    let (last, first) = (last.trim(), first.trim());
    let bare = first.trim_end_matches('.').to_lowercase();
    let suffix = [
        "jr", "sr", "ii", "iii", "phd", "ph.d", "md", "mp", "mbe", "obe", "cbe", "ba", "msc", "ma", "esq", "cllr",
    ];
    if suffix.contains(&bare.as_str()) || first.is_empty() {
        return last.to_owned();
    }
    let short = |s: &str| s.split_whitespace().count() <= 3;
    // `Maxwell, Marion, Leeds Tenants`
    if let Some((given, _)) = first.split_once(',')
        && !last.contains(' ')
        && given.split_whitespace().count() <= 2
        && looks_like_a_name(given)
        && !suffix.contains(&given.trim().trim_end_matches('.').to_lowercase().as_str())
    {
        return format!("{} {last}", given.trim());
    }
    if first.contains(',') || !short(first) || !short(last) || first.contains('@') {
        return last.to_owned();
    }
    format!("{first} {last}")
}

/// A name all in capitals or all in small letters, as it is written on paper; any other as it stands.
fn cased(name: &str) -> String {
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    let has_case = letters().any(|c| c.is_uppercase() != c.is_lowercase());
    let shouted = letters().count() > 2 && letters().all(|c| !c.is_lowercase());
    let whispered = letters().all(|c| !c.is_uppercase());
    if !has_case || !(shouted || whispered) || name.contains('@') {
        return name.to_owned();
    }
    let words: Vec<&str> = name.split(' ').collect();
    let last = words.len().saturating_sub(1);
    let word = |(at, word): (usize, &&str)| {
        let lower = word.to_lowercase();
        let particle = [
            "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "al", "bin", "ibn",
            "y", "und", "ten", "ter",
        ];
        match at > 0 && at < last && particle.contains(&lower.as_str()) {
            true => lower,
            // initials without stops: `JJ`
            false if shouted && word.chars().count() <= 2 && !word.chars().any(|c| "AEIOUY".contains(c)) => {
                (*word).to_owned()
            }
            false => capitalised(&lower),
        }
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// `mcdonald` -> `McDonald`, `o'neil-smith` -> `O'Neil-Smith`
fn capitalised(lower: &str) -> String {
    let mut out = String::with_capacity(lower.len());
    let mut up = true;
    for c in lower.chars() {
        match up {
            true => out.extend(c.to_uppercase()),
            false => out.push(c),
        }
        up = matches!(c, '-' | '\'' | '’' | '.') && !(matches!(c, '\'' | '’') && out.chars().count() > 3);
        // `Mc` is always followed by a name; `Mac` often is not (Macey, Mackie)
        if out.len() == 2 && out == "Mc" && lower.len() > 4 {
            up = true;
        }
    }
    out
}

fn is_somebody(name: &str) -> bool {
    let lower = name.to_lowercase();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && !name.contains('@')
        && !NOBODIES.contains(&lower.as_str())
        && name.chars().count() <= 80
        && !name.contains("://")
}

/// Whether `fuller` is `name` with more to it.
fn is_fuller(fuller: &str, name: &str) -> bool {
    let (fuller, name) = (fuller.to_lowercase(), name.to_lowercase());
    let mut words = fuller.split_whitespace();
    name.split_whitespace().all(|w| words.any(|f| f == w))
        && fuller.split_whitespace().count() > name.split_whitespace().count()
}

/// `marion.maxwell@...` -> `Marion Maxwell`; `None` where the local part is one word, a number or an office.
fn name_in_address(address: &str) -> Option<String> {
    let local = address.split('@').next()?.split('+').next()?;
    let words: Vec<String> = local
        .split(['.', '_', '-'])
        .map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase())
        .filter(|w| !w.is_empty())
        .collect();
    let fit = (2..=4).contains(&words.len())
        && words.iter().all(|w| w.chars().all(char::is_alphabetic))
        && words.iter().any(|w| w.chars().count() > 2)
        && !words.iter().any(|w| NOBODIES.contains(&w.as_str()) || w == "reply");
    fit.then(|| words.iter().map(|w| capitalised(w)).collect::<Vec<_>>().join(" "))
}

/// One to five words that begin with a capital (or are a particle), nothing but letters and what names have in them.
pub fn looks_like_a_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let part = |c: char| c.is_alphabetic() || matches!(c, '.' | '\'' | '’' | '-');
    let particle = |w: &str| {
        [
            "van", "von", "der", "den", "de", "del", "di", "da", "bin", "al", "el", "la", "y",
        ]
        .contains(&w)
    };
    let proper = |w: &&str| w.chars().all(part) && (particle(w) || w.chars().next().is_some_and(|c| !c.is_lowercase()));
    let closing = [
        "thanks",
        "regards",
        "cheers",
        "love",
        "yours",
        "best",
        "sincerely",
        "hello",
        "dear",
        "story",
        "introduction",
    ];
    let common = words
        .iter()
        .any(|w| closing.contains(&w.to_lowercase().trim_end_matches('.')));
    (1..=5).contains(&words.len()) && words.iter().all(proper) && !common && text.chars().count() <= 60
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    // ASCII folding keeps the places of bytes
    text.to_ascii_lowercase().find(wanted)
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Emoji, dingbats and marks of direction: no part of a name.
fn is_ornament(c: char) -> bool {
    matches!(c as u32, 0x2190..=0x2BFF | 0x1F000..=0x1FAFF | 0xFE00..=0xFE0F | 0x200B | 0x200E..=0x200F | 0x202A..=0x202E
        | 0x2066..=0x2069 | 0xFEFF | 0xE0000..=0xE007F | 0x3030 | 0x20E3 | 0x2122 | 0xAE | 0xA9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_its_owner_would() {
        for (raw, expected) in [
            ("Marion Maxwell", "Marion Maxwell"),
            ("Maxwell, Marion", "Marion Maxwell"),
            ("Maxwell, Marion, Leeds Tenants", "Marion Maxwell"),
            ("Marion Maxwell, Organiser, Leeds Tenants", "Marion Maxwell"),
            ("MAXWELL, MARION", "Marion Maxwell"),
            ("marion maxwell", "Marion Maxwell"),
            ("FERGUS MCDONALD", "Fergus McDonald"),
            ("NIAMH O'NEIL-SMITH", "Niamh O'Neil-Smith"),
            ("JAN VAN DER BERG", "Jan van der Berg"),
            ("'Marion Maxwell' via M4C Blog", "Marion Maxwell"),
            ("\"Marion Maxwell\"", "Marion Maxwell"),
            ("Ada Secretary on behalf of Marion Maxwell", "Marion Maxwell"),
            ("Marion Maxwell (Leeds Citizens)", "Marion Maxwell"),
            ("Marion Maxwell | Leeds Citizens", "Marion Maxwell"),
            ("Marion Maxwell 🌻", "Marion Maxwell"),
            ("Marion Maxwell, PhD", "Marion Maxwell"),
            ("bell hooks jr", "Bell Hooks Jr"),
            ("李小龙", "李小龙"),
            ("DeShawn", "DeShawn"),
            ("JJ Abara", "JJ Abara"),
            ("  Marion\tMaxwell ", "Marion Maxwell"),
            ("Anna at Leeds", "Anna at Leeds"),
            // an address is no name, however it is written
            ("anna.secret at private.example", ""),
            ("Ａnna.secret＠private.example", ""),
            ("mailto:anna.secret%40private.example", ""),
            ("anna [at] private (dot) example", ""),
            ("at private.example, anna", ""),
            ("anna (x) at private.example", ""),
            ("Anna Berg anna.berg at private.example", "Anna Berg"),
            ("Anna Berg (anna{at}private.example)", "Anna Berg"),
        ] {
            assert_eq!(tidy(raw), expected, "{raw}");
        }
    }

    #[test]
    fn the_byline_comes_from_from_then_from_the_text_then_from_the_address() {
        let mailbox = |name: &str, address: &str| Mailbox {
            name: Some(name.to_owned()).filter(|n| !n.is_empty()),
            address: Some(address.to_owned()),
        };
        for (name, address, sign_off, expected, noted) in [
            (
                "Marion Maxwell",
                "mm@example.org",
                Some("Marion"),
                "Marion Maxwell",
                false,
            ),
            (
                "Marion",
                "mm@example.org",
                Some("Marion Maxwell"),
                "Marion Maxwell",
                false,
            ),
            (
                "mm@example.org",
                "mm@example.org",
                Some("Marion Maxwell"),
                "Marion Maxwell",
                true,
            ),
            (
                "mm at example.org",
                "mm@example.org",
                Some("Marion Maxwell"),
                "Marion Maxwell",
                true,
            ),
            ("mm at example.org", "mm@example.org", None, NOBODY, true),
            ("", "marion.maxwell82@example.org", None, "Marion Maxwell", true),
            ("", "mm82@example.org", None, NOBODY, true),
            ("info", "info@example.org", Some("Marion"), "Marion", true),
            ("", "no-reply@example.org", Some("many thanks"), NOBODY, true),
        ] {
            let mut notes = Vec::new();
            let (author, _) = of(&mailbox(name, address), None, sign_off, &mut notes);
            assert_eq!(
                (author.as_str(), !notes.is_empty()),
                (expected, noted),
                "{name} {address} {sign_off:?}"
            );
        }
    }

    #[test]
    fn a_list_that_writes_in_the_authors_name_gives_their_address_in_reply_to() {
        let list = Mailbox {
            name: Some("'Marion Maxwell' via Blog".into()),
            address: Some("blog@example.org".into()),
        };
        let own = Mailbox {
            name: None,
            address: Some("marion@example.org".into()),
        };
        let (author, storyteller) = of(&list, Some(&own), None, &mut Vec::new());
        assert_eq!(
            (author.as_str(), storyteller.address.as_deref()),
            ("Marion Maxwell", Some("marion@example.org"))
        );
    }
}
