//! Whether capitalised words are a person, an organisation or neither.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::given_names::{SURE, UNSURE};
use super::words::{Sentence, Word};

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| set(SURE));
static MAYBE: LazyLock<HashSet<&str>> = LazyLock::new(|| set(UNSURE));

/// Before a name.
static TITLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "Mr Mrs Ms Miss Mx Dr Doctor Cllr Councillor Rev Revd Reverend Father Fr Imam Rabbi Canon Pastor Sister Sir Dame Lord \
         Lady Prof Professor PC Sgt Sergeant Inspector Judge Señor Señora Señorita Sr Sra Herr Frau Monsieur Madame Mme Pan Pani \
         Auntie Aunty Aunt Uncle Nurse Headteacher",
    )
});

/// In lower case, before a name: people who have one.
static KIN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "son daughter boy girl child baby toddler grandson granddaughter nephew niece brother sister stepson stepdaughter twin \
         mother father mum dad mam husband wife partner boyfriend girlfriend cousin friend neighbour neighbor colleague \
         called named manager officer worker nurse teacher headteacher councillor pupil student tenant resident",
    )
});

/// A name with one of these in it is of a place, a house, a day or a body.
static NO_PERSON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "road street lane avenue close drive crescent terrace court gardens garden grove way square mews walk place boulevard parade rise \
         hill row park house houses hall green bridge station cross gate hospital school academy college university church cathedral \
         mosque temple synagogue centre center library museum theatre cinema club pub inn hotel market estate estates tower towers \
         flats block lodge farm common heath wood woods forest river lake island islands bay beach port harbour airport town city \
         village county district ward borough council parish north south east west northern southern eastern western central great \
         greater upper lower new old royal national international british english scottish welsh irish european american african \
         asian polish german french spanish italian muslim christian jewish hindu sikh catholic day days week month year morning \
         evening night january february march april may june july august september october november december monday tuesday \
         wednesday thursday friday saturday sunday easter christmas ramadan eid diwali ltd limited plc llp inc trust association \
         society union charity foundation group team project campaign committee company bank services service care homes home \
         housing properties lettings police fire ambulance act award awards prize cup league united wanderers rovers test \
         report plan scheme fund times post mail news echo gazette guardian leader leaders stories story future movement change \
         the a an and or but in on at of for to from with by we i he she they it you my our your his her their this that these those \
         there here when where who what why how if so then now after before since until because although while once one two three \
         four five six seven eight nine ten yes no not never every each all some any many most both either neither dear hello hi \
         hey thanks thank kind best regards wishes love yours sincerely cheers england scotland wales ireland britain london \
         manchester birmingham leeds glasgow liverpool bristol cardiff edinburgh belfast sheffield bradford nottingham leicester \
         mp mps mep tv bbc nhs m4c uk eu usa ceo cv pc id ok",
    )
});

/// Not third persons of a story, though they have full names: people whom everybody quotes.
const KNOWN: [&str; 12] = [
    "martin luther",
    "luther king",
    "rosa parks",
    "nelson mandela",
    "mahatma gandhi",
    "saul alinsky",
    "barack obama",
    "michelle obama",
    "jesus christ",
    "robin hood",
    "father christmas",
    "cesar chavez",
];

/// Between first name and surname.
const PARTICLES: [&str; 16] = [
    "de", "da", "del", "della", "di", "dos", "van", "von", "der", "den", "bin", "binti", "al", "el", "ap", "ben",
];

/// How an organisation's name ends.
static BODIES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "Ltd Limited Plc PLC LLP Inc GmbH Council Trust Association Society Union Foundation Group Company Bank Services Housing \
         Homes Properties Lettings Estates Academy School College University Hospital Church Mosque Police Constabulary Agency \
         Agents Care Healthcare Academy Nursery Builders Construction Developments Security Solutions Logistics Transport Buses \
         Trains Railways Airlines Supermarket Stores Partners Partnership Contractors Cleaning Catering Insurance Energy Water Telecom",
    )
});

/// In lower case, without accents.
fn fold(word: &str) -> String {
    let plain = |c: char| match c {
        'ł' | 'Ł' => 'l',
        'ø' | 'Ø' => 'o',
        'ı' => 'i',
        c => c,
    };
    let decomposed = word.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).map(plain);
    decomposed.flat_map(char::to_lowercase).collect()
}

pub fn is_title(word: &str) -> bool {
    TITLES.contains(word)
}

/// A capitalised word that is no place, day or beginning of a sentence.
pub fn could_be_name(word: &Word) -> bool {
    word.is_named() && !is_title(word.text) && !NO_PERSON.contains(fold(word.bare()).as_str())
}

/// Words of a sentence that name a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub first: usize,
    pub last: usize,
    /// First name and surname.
    pub full: bool,
}

/// Everybody named in a sentence but the author.
pub fn people(sentence: &Sentence, author: &str) -> Vec<Person> {
    let author: HashSet<String> = author
        .split(|c: char| !(c.is_alphanumeric() || "'’-".contains(c)))
        .map(fold)
        .collect();
    let words = &sentence.words;
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let Some(person) = person_at(words, i) else {
            i += 1;
            continue;
        };
        i = person.last + 1;
        let names = words[person.first..=person.last].iter();
        if !names.clone().all(|w| author.contains(&fold(w.bare()))) && !is_known(names) {
            found.push(person);
        }
    }
    found
}

fn is_known<'a>(names: impl Iterator<Item = &'a Word<'a>>) -> bool {
    let name: Vec<String> = names.map(|w| fold(w.bare())).collect();
    let name = name.join(" ");
    KNOWN.iter().any(|known| name.contains(known))
}

fn person_at(words: &[Word], i: usize) -> Option<Person> {
    let word = &words[i];
    // "Mrs Adeyemi", "Cllr Ann Lee"
    if is_title(word.text)
        && words
            .get(i + 1)
            .is_some_and(|next| near(next, true) && could_be_name(next))
    {
        let last = run(words, i + 1)?;
        let names = words[i + 1..=last].iter().filter(|w| w.is_named()).count();
        return Some(Person {
            first: i + 1,
            last,
            full: names > 1,
        });
    }
    // "my neighbour Oluchi", "a girl called Oluchi Bello"
    let introduced = i > 0 && KIN.contains(words[i - 1].text) && (near(word, false) || word.gap == ", ");
    if introduced && could_be_name(word) {
        let last = run(words, i)?;
        return Some(Person {
            first: i,
            last,
            full: last > i,
        });
    }
    if !word.is_named() {
        return None;
    }
    let given = fold(word.bare());
    // a double first name (Anne-Marie) is known by its first half
    let half = given.split('-').next().unwrap_or_default();
    let sure = GIVEN.contains(given.as_str()) || GIVEN.contains(half);
    if !sure && !MAYBE.contains(given.as_str()) {
        return None;
    }
    // "St James", "the Jordan", "Lake Victoria"
    let before = i.checked_sub(1).map(|b| &words[b]).filter(|_| near(word, true));
    if before
        .is_some_and(|b| b.text == "St" || b.text == "Saint" || b.text == "Lake" || b.text == "Port" || b.text == "the")
    {
        return None;
    }
    // the name of a place, of which this is the first word
    let next = words
        .get(i + 1)
        .filter(|next| near(next, false) && next.text.starts_with(char::is_uppercase));
    if next.is_some_and(|n| !could_be_name(n) && !is_title(n.text) && !is_plain(n)) && !word.text.ends_with('s') {
        return None;
    }
    let last = if word.text == word.bare() { run(words, i)? } else { i };
    let full = last > i;
    // "Will Cromer ..." may be a question
    let asks = i == 0 && ["will", "may", "mark", "grant", "hope"].contains(&given.as_str());
    (sure || full && !asks).then_some(Person { first: i, last, full })
}

/// `I`, and the like, written large without being a name.
fn is_plain(word: &Word) -> bool {
    matches!(word.text, "I" | "I'm" | "I’m" | "I'd" | "I’d")
}

/// The last word of the name that begins at `i`; `None` where it turns out to be a place's.
fn run(words: &[Word], i: usize) -> Option<usize> {
    let mut last = i;
    let mut at = i + 1;
    while let Some(word) = words.get(at).filter(|w| near(w, true)) {
        // a possessive ends a name
        if words[at - 1].bare() != words[at - 1].text || last - i >= 4 {
            break;
        }
        let initial = word.text.chars().count() == 1 && word.text.chars().all(char::is_uppercase) && word.text != "I";
        let particle = |w: &Word| PARTICLES.contains(&w.text.to_lowercase().as_str());
        let goes_on = |w: &Word| particle(w) || could_be_name(w);
        if particle(word) && words.get(at + 1).is_some_and(goes_on) || initial {
            at += 1;
            continue;
        }
        if word.is_named() && !could_be_name(word) && word.gap == " " && !is_title(word.text) {
            let folded = fold(word.bare());
            let small = [
                "the", "a", "and", "but", "in", "on", "we", "he", "she", "they", "it", "my", "our",
            ];
            return (small.contains(&folded.as_str())).then_some(last);
        }
        if !could_be_name(word) {
            break;
        }
        last = at;
        at += 1;
    }
    Some(last)
}

/// Directly behind the word before: a blank, a soft line end, or (after a title or an initial) a full stop and a blank.
fn near(word: &Word, stop: bool) -> bool {
    matches!(word.gap, " " | "\n" | "\u{a0}") || stop && word.gap == ". "
}

/// The first organisation that a sentence names: its words.
pub fn organisation(sentence: &Sentence) -> Option<(usize, usize)> {
    let words = &sentence.words;
    for (last, word) in words.iter().enumerate() {
        if !BODIES.contains(word.bare()) {
            continue;
        }
        let more = words[last + 1..]
            .iter()
            .take_while(|w| near(w, false) && BODIES.contains(w.bare()));
        let last = last + more.count();
        let mut first = last;
        while first > 0 {
            let before = &words[first - 1];
            let linked = near(&words[first], true) || words[first].gap == " & ";
            let capital = before
                .text
                .starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
            let article = [
                "The", "Our", "My", "Their", "A", "And", "But", "When", "Then", "In", "If", "So",
            ];
            let small = matches!(before.text, "of" | "and" | "for") && first < last + 1 && first >= 2;
            if !linked || !(capital || small) || article.contains(&before.text) {
                break;
            }
            first -= 1;
        }
        while first < last && matches!(words[first].text, "of" | "and" | "for") {
            first += 1;
        }
        // "the Council" names none
        if first < last {
            return Some((first, last));
        }
    }
    None
}
