//! Lines of an address card: telephone numbers, addresses, links, titles.

use super::attribution::dated;
use super::phrases::Phrases;
use super::seen::{Seen, address_in, has_word};
use super::sign_off::{closing, name_like, signs_for};
use super::told::institutional;

#[rustfmt::skip]
const CONTACT_LABELS: &[&str] = &[
    "tel", "tel.", "telephone", "t", "m", "mob", "mobile", "cell", "ph", "phone", "fax", "f", "e", "email", "e-mail",
    "mail", "w", "web", "website", "skype", "twitter", "facebook", "linkedin", "instagram", "whatsapp", "direct",
    "office", "handy", "mobil", "telefon", "tél", "téléphone", "portable", "tlf", "gsm", "teléfono", "móvil", "cel",
    "telefono", "cellulare", "telefoon", "mobiel", "telefone", "celular", "puh", "puhelin", "kom", "tel/fax", "тел",
    "телефон", "моб", "факс", "電話", "携帯", "电话", "手机", "手機", "전화", "휴대폰", "هاتف", "טלפון", "נייד", "blog", "dd",
    "ddi", "c", "p", "o", "a", "address", "adresse", "fon", "home", "work", "url", "http", "toll free", "mob.",
    "ph.", "@", "telefax", "tfno", "tfn",
];

#[rustfmt::skip]
static TITLES: Phrases = Phrases::new(&[
    "manager", "director", "officer", "organiser", "organizer", "coordinator", "co-ordinator", "engineer",
    "developer", "president", "ceo", "cto", "cfo", "founder", "chair", "secretary", "treasurer", "assistant",
    "consultant", "professor", "lecturer", "teacher", "editor", "head of", "lead", "specialist", "analyst",
    "designer", "architect", "partner", "associate", "leiter", "leiterin", "geschäftsführer", "directeur",
    "directrice", "responsable", "chargée", "ingénieur", "gerente", "coordinador", "direttore", "responsabile",
    "medewerker", "manager,", "ltd", "ltd.", "limited", "inc", "inc.", "llc", "gmbh", "ag", "b.v.", "plc", "e.v.",
    "s.a.", "s.r.l.", "university", "college", "street", "road", "avenue", "straße", "strasse", "str.", "rue",
    "calle", "via", "laan", "straat", "lane", "square", "floor", "suite", "po box",
]);

/// A picture, as a mail program writes it in plain text.
pub(super) fn picture(fold: &str) -> bool {
    [
        "[image:",
        "[cid:",
        "<image0",
        "[logo",
        "[image]",
        "[facebook",
        "[twitter",
        "[linkedin",
        "[inline image",
    ]
    .iter()
    .any(|i| fold.starts_with(i))
}

/// An e-mail address and nothing else.
pub(super) fn own_address(line: &Seen) -> bool {
    line.words() <= 2 && !line.text.contains(' ') && address_in(&line.text).is_some()
}

/// A phone number, an address, a link, and little else.
pub(super) fn contact(line: &Seen) -> bool {
    if line.fold.is_empty() {
        return false;
    }
    let words = line.words();
    let fold = line.fold.as_str();
    if picture(fold) {
        return true;
    }
    if words > 14 {
        return false;
    }
    let link = [
        "http://",
        "https://",
        "www.",
        "facebook.com",
        "twitter.com",
        "linkedin.com",
    ]
    .iter()
    .any(|l| fold.contains(l))
        || fold.split([' ', '|', '<']).any(bare_domain);
    let letters = line
        .text
        .split(' ')
        .filter(|w| w.chars().any(char::is_alphabetic))
        .count();
    let numbers = phone(fold) && (letters <= 6 || line.text.contains(['|', '•', '·']));
    let sentence = words > 7 && line.text.ends_with(['.', '!', '?'])
        || words > 9 && !line.text.contains(['|', '•', '·']) && !numbers;
    if sentence {
        return false;
    }
    if link || address_in(&line.text).is_some() || numbers {
        return true;
    }
    let label = fold.split([':', '：', ' ', '|']).next().unwrap_or_default();
    let value = fold[label.len()..].trim_start_matches([':', '：', ' ', '|']);
    CONTACT_LABELS.contains(&label.trim_end_matches('.'))
        && fold[label.len()..].starts_with([':', '：'])
        && !value.is_empty()
        && words <= 6
}

fn bare_domain(word: &str) -> bool {
    let word = word.trim_matches(['<', '>', '(', ')', ',', '*']);
    [
        ".com", ".org", ".net", ".co.uk", ".org.uk", ".de", ".fr", ".nl", ".es", ".it", ".io", ".eu", ".se", ".dk",
        ".no", ".pl", ".cz", ".ru",
    ]
    .iter()
    .any(|end| word.ends_with(end) && word.len() > end.len() + 1 && !word.contains('@'))
}

/// Whether a line leads up to something that is no way to reach its writer: `Sign our petition:`, `Ring Denise: 01273 900123`.
pub(super) fn leads_elsewhere(line: &Seen) -> bool {
    let label = line.fold.split_once([':', '：']).map(|(label, _)| label);
    label.is_some_and(|label| {
        !label
            .rsplit(['|', ','])
            .next()
            .is_some_and(|l| l.trim().split(' ').all(labels))
    })
}

/// Whether a word says what kind of number or address stands beside it, or when its writer is there.
pub(super) fn labels(word: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "line", "number", "https", "my", "or", "and", "only", "preferred", "text", "ext", "extension", "option", "h",
        "landline", "switchboard", "dial", "main", "reception", "appointments", "enquiries", "signal", "contact",
        "details", "opening", "working", "hours", "days", "follow", "find", "us", "me", "on", "connect", "with", "book", "a", "meeting",
        "visit", "our", "site", "bluesky", "mastodon", "youtube",
        "festnetz", "zentrale", "durchwahl", "büro", "privat", "dienstlich", "sprechzeiten", "öffnungszeiten", "bürozeiten", "vorstand",
        "vereinsregister", "standard", "ligne", "directe", "fixe", "bureau", "horaires", "oficina", "fijo", "horario", "ufficio", "orari",
        "kantoor", "vast", "pronouns", "pronomen", "pronoms", "out", "of", "emergency", "emergencies", "weekends",
    ];
    let kind = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_digit() || matches!(c, '(' | ')' | '.' | '*' | '<' | ','));
        word.is_empty() || CONTACT_LABELS.contains(&word) || WORDS.contains(&word)
    };
    word.split('/').all(kind)
}

/// The name in `Ann Berg, 01632 960 111`, `Ann Berg | Chair | 01632 960 111`: how people sign who want to be rung up.
pub(super) fn name_before_a_number(text: &str) -> Option<&str> {
    let at = text.find(|c: char| matches!(c, ',' | '|' | '(' | '–' | '—' | '+') || c.is_ascii_digit());
    let at = at.into_iter().chain(text.find(" - ")).min()?;
    let (head, rest) = text.split_at(at);
    let head = head.trim_matches(['*', ' ']);
    let reached = rest.contains(['|', '@']) || rest.bytes().filter(u8::is_ascii_digit).count() >= 6;
    let named =
        name_like(head, true) && head.split(' ').count() <= 4 && !head.ends_with('.') && closing(head).is_none();
    let label = head.split(' ').all(|word| labels(&word.to_lowercase()));
    (named && reached && !label).then_some(head)
}

/// Whether a line that stands below another's name may be of a card. `Ring Denise: 01273 900123`, `Tenants' line 01273 900123` are no
/// way to reach the writer.
fn of_a_card(line: &Seen) -> bool {
    let lettered = |w: &str| w.chars().any(char::is_alphabetic);
    let strange = |w: &str| lettered(w) && !labels(w.trim_end_matches(':'));
    let of_another = || {
        let separated = line.text.contains(['|', ',', '•', '·']);
        phone(&line.fold) && !separated && line.fold.split(' ').any(strange)
    };
    picture(&line.fold) || institutional(line) || !leads_elsewhere(line) && !of_another()
}

/// Where the card of the one who signed as `name` begins: at line `start` or, where others' paragraphs stand below that, further
/// down. A paragraph parted from the name begins with it once more, is an organisation's letterhead, or holds nothing that leads
/// to somebody else.
pub(super) fn card_of(lines: &[Seen], name: &str, start: usize, end: usize) -> Option<usize> {
    let attached = start > 0 && !lines[start - 1].blank();
    let mut top = end;
    let mut reached = false;
    let mut at = end;
    while at > start {
        if lines[at - 1].blank() {
            at -= 1;
            continue;
        }
        let first = (start..at).rfind(|i| lines[*i].blank()).map_or(start, |i| i + 1);
        let paragraph = &lines[first..at];
        let (head, below) = (&paragraph[0], &paragraph[1..]);
        let letterhead = paragraph.iter().any(institutional);
        let theirs = head.own_name || attached && first == start || letterhead || begins_with(head, name);
        let heading = |l: &Seen| l.text.ends_with([':', '：']) && leads_elsewhere(l);
        let own = theirs || of_a_card(head) && below.iter().all(of_a_card);
        if !own || paragraph.iter().any(heading) {
            break;
        }
        let linked = below.iter().any(contact) && !below.iter().all(contact);
        reached |= theirs || linked || paragraph.iter().any(|l| phone(&l.fold) || l.text.contains('@'));
        (top, at) = (first, first);
    }
    (top < end && reached).then_some(top)
}

/// Whether a line begins with the name `name`, or what it is called by.
fn begins_with(line: &Seen, name: &str) -> bool {
    let head = line.text.split(['|', ',', '，', '(']).next().unwrap_or_default();
    signs_for(name, head.trim_matches(['*', ' ']))
}

/// Seven digits or more that run on like a phone number, and are no date.
pub(super) fn phone(fold: &str) -> bool {
    let mut digits = 0;
    let mut most = 0;
    let mut plus = false;
    let mut glued = false;
    for c in fold.chars() {
        match c {
            // `CVE-2010-1234`, `v2.30.4`: numbers that begin with a word are no phone's.
            '0'..='9' if digits == 0 && glued => {}
            '0'..='9' => digits += 1,
            '+' => {
                digits = 0;
                plus = true;
            }
            ' ' | '-' | '(' | ')' | '.' | '/' | '–' => {}
            _ => digits = 0,
        }
        glued = c.is_alphabetic() || glued && (c == '-' || c.is_ascii_digit() || c == '.');
        most = most.max(digits);
    }
    (7..=16).contains(&most) && (plus || most >= 9 || !dated(fold))
}

pub(super) fn titled(fold: &str) -> bool {
    TITLES.stand_in(fold) && TITLES.list().iter().any(|t| has_word(fold, t)) || fold.contains('|')
}
