//! Lines of an address card: telephone numbers, addresses, links, titles.

use super::attribution::dated;
use super::phrases::Phrases;
use super::seen::{Seen, address_in, has_word};

#[rustfmt::skip]
const CONTACT_LABELS: &[&str] = &[
    "tel", "tel.", "telephone", "t", "m", "mob", "mobile", "cell", "ph", "phone", "fax", "f", "e", "email", "e-mail",
    "mail", "w", "web", "website", "skype", "twitter", "facebook", "linkedin", "instagram", "whatsapp", "direct",
    "office", "handy", "mobil", "telefon", "tél", "téléphone", "portable", "tlf", "gsm", "teléfono", "móvil", "cel",
    "telefono", "cellulare", "telefoon", "mobiel", "telefone", "celular", "puh", "puhelin", "kom", "tel/fax", "тел",
    "телефон", "моб", "факс", "電話", "携帯", "电话", "手机", "手機", "전화", "휴대폰", "هاتف", "טלפון", "נייד", "blog", "dd",
    "ddi", "c", "p", "o", "a", "address", "adresse", "fon", "home", "work", "url", "http", "toll free", "mob.",
    "ph.", "@",
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
