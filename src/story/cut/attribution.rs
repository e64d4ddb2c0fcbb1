//! The line a mail program writes over a quotation: `On Sat, 4 Dec 2010 at 10:00, Marion <m@example.org> wrote:`.
//!
//! It is known by its parts (a date, a time, an address, a verb of writing, a colon), not by one pattern per program:
//! programs and languages order them as they like. Matching is by hand, each line looked at with at most five before it.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::phrases::Phrases;
use super::seen::{Seen, address_in, find_word, has_word};

/// Lines one attribution may be wrapped over.
pub(super) const MOST_LINES: usize = 6;

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// Only if it is all names and a quotation follows.
    Weak,
    /// If a quotation follows.
    Fair,
    /// Whatever follows.
    Strong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// First line, and one past the last.
    pub start: usize,
    pub end: usize,
    pub grade: Grade,
    /// It has a verb of writing.
    pub verb: bool,
    pub address: bool,
    /// The quoted text begins on the attribution's own last line.
    pub inline: bool,
}

/// Verbs of writing, as they stand before or after a name.
#[rustfmt::skip]
static VERBS: Phrases = Phrases::new(&[
    "wrote", "writes", "excerpts from", "wrote the following", "has written", "quoting", "said the following", "schrieb", "schrieben",
    "geschrieben", "schreibt", "zitat von", "a écrit", "a ecrit", "écrit", "écrivait", "ecrit", "citation de",
    "selon", "escribió", "escribio", "ha escrito", "escribía", "citando", "va escriure", "escribiu", "idatzi",
    "ha scritto", "scrisse", "scrive", "schreef", "geschreven", "escreveu", "skrev", "skreiv", "skrifaði",
    "kirjoitti", "lainaus", "цитирую", "цитата", "cytat", "citát", "according to", "のメール", "kirjutas", "rakstīja", "rašė", "napisał", "napisała", "napisał(a)", "napisał/a", "pisze", "napsal",
    "napsala", "napsal(a)", "napsal/a", "píše", "napísal", "napísala", "napísal(a)", "írta", "írt", "a scris", "ha escrit", "écriviez", "schrieben sie", "можете прочитать", "można przeczytać", "citeren", "citerar", "citerer", "siterer", "cytowanie", "citace", "citát", "citiranje", "цитирование", "idézet", "citazione", "citat", "napisal/-a",
    "scrie", "napisao", "napisala", "napisao/la", "je pisao", "piše", "је написао", "је написала", "написао",
    "написао/ла", "aliandika", "sumulat", "geskryf", "je napisal", "je napisala", "je napisal/-a", "написа",
    "написал", "написала", "написал(а)", "писали", "писали вы", "писали", "쓴 글", "쓴 글:", "님이 쓴 글", "написав", "написала(а)", "пишет", "пише", "писал", "писала", "напиша",
    "έγραψε", "έγραψαν", "έγραψες", "yazdı", "yazmış", "yazdi", "menulis", "đã viết", "viết", "เขียน", "เขียนว่า",
    "書きました", "のメッセージ", "作成", "님이 작성", "작성", "썼습니다", "씀", "写道", "寫道", "来信", "写到", "كتب", "كتبت", "كتابة", "כתב",
    "כתבה", "כתבו", "نوشت", "ने लिखा", "लिखा", "shkroi", "skribis", "sgrifennodd",
]);

/// Verbs of speaking. They stand in stories as often as in attributions: such a line needs a quotation under it.
#[rustfmt::skip]
static SAYS: Phrases = Phrases::new(&[
    "said", "says", "typed", "adds", "added", "spake", "stated", "scribbled", "uttered", "replied", "responded", "meinte", "sagte",
    "hat gesagt", "a dit", "disait", "dijo", "disse", "ha detto", "zei", "sagde", "sade", "sanoi", "powiedział", "powiedziała",
    "řekl", "řekla", "сказал", "сказала",
]);

/// Words that an attribution begins with.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "on", "at", "le", "am", "el", "il", "op", "em", "den", "dne", "dňa", "dnia", "w dniu", "a(z)", "la data", "în",
    "in", "pe", "dana", "на", "в", "у", "на дата", "στις", "στισ", "την", "pada", "vào", "vao", "lúc", "เมื่อ",
    "ในวันที่", "בתאריך", "ב", "ביום", "في", "بتاريخ", "در", "在", "於", "于", "quoting", "zitat von", "citando",
    "selon", "ar", "på", "von", "le:", "el:",
];

/// Beginnings after which the name follows, so that no line above them belongs to the attribution.
#[rustfmt::skip]
const NAME_LATER: &[&str] = &[
    "on ", "at ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "dne ", "w dniu ", "pe ", "på ", "dňa ",
    "quoting ",
];

/// Lower-case words that stand in attributions beside dates and names.
#[rustfmt::skip]
const LITTLE: &[&str] = &[
    "on", "at", "the", "of", "um", "uhr", "am", "pm", "a.m.", "p.m.", "cet", "gmt", "utc", "à", "a", "le", "de",
    "del", "di", "da", "do", "du", "des", "la", "las", "los", "les", "el", "il", "alle", "ore", "ha", "as", "às",
    "em", "hat", "den", "der", "die", "das", "kl", "kl.", "klo", "om", "op", "uur", "h", "van", "von", "vom", "y",
    "e", "i", "via", "het", "dne", "dnia", "dniu", "w", "o", "o godz", "godz", "v", "ve", "je", "fra", "från", "og",
    "och", "und", "and", "et", "dr", "giorno", "dia", "día", "horas", "heures", "hrs", "hours", "mit", "bin", "al",
    "ten", "ter", "på", "ezt", "időpont", "la data", "data", "pada", "pukul", "tanggal", "tarihinde", "saat", "şunu",
    "th", "thg", "jam", "lúc", "vào", "г", "в", "год", "год,", "г.", "ч", "у", "р", "р.", "στις", "χρήστης", "ο",
    "π.μ.", "μ.μ.", "notifications", "following", "has", "clock", "o'clock", "to",
    "пользователь", "письме", "от", "użytkownik", "odesílatel", "lietotājs", "kasutaja", "oseba", "užívateľ", "godzinie",
    "twoim", "liście", "datowanym", "klockan", "kello", "wysłanej", "dniach", "heeft", "volgende", "folgendes", "dem",
];

/// Beginnings of weekday and month names that are written small.
#[rustfmt::skip]
const DATE_WORDS: &[&str] = &[
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
    "oct", "nov", "dec", "lun", "mer", "mié", "mie", "jeu", "jue", "ven", "vie", "sam", "sáb", "sab", "dim", "dom",
    "gio", "janv", "fév", "fev", "mars", "avr", "abr", "mai", "juin", "juil", "août", "aou", "ago", "set", "out",
    "déc", "dic", "dez", "ene", "gen", "mag", "giu", "lug", "ott", "maa", "din", "woe", "don", "vri", "zat", "zon",
    "mei", "okt", "man", "tir", "ons", "tor", "fre", "lør", "lör", "søn", "sön", "mån", "tis", "maj", "ma", "di",
    "wo", "do", "vr", "za", "zo", "seg", "ter", "qua", "qui", "sex", "segunda", "terça", "quarta", "quinta", "sexta",
    "pon", "wto", "śro", "śr", "czw", "pią", "pt", "sob", "nie", "sty", "lut", "kwi", "cze", "lip", "sie", "wrz",
    "paź", "lis", "gru", "led", "úno", "bře", "dub", "kvě", "čer", "srp", "zář", "říj", "pro", "po", "út", "ut",
    "st", "čt", "pá", "so", "ne", "tam", "hel", "huh", "tou", "kes", "hei", "elo", "syy", "lok", "jou", "tii", "per",
    "lau", "la", "su", "ke", "to", "pe", "már", "ápr", "máj", "jún", "júl", "hét", "ked", "sze", "csü", "pén", "szo",
    "vas", "iun", "iul", "noi", "luni", "marți", "joi", "vineri", "sâm", "dum", "oca", "şub", "nis", "haz", "tem",
    "ağu", "eyl", "eki", "kas", "ara", "янв", "фев", "мар", "апр", "май", "мая", "июн", "июл", "авг", "сен", "окт",
    "ноя", "дек", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "січ", "лют", "бер", "кві", "тра", "чер", "лип", "сер",
    "вер", "жов", "лис", "гру", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
];

/// Before these and a word in small letters stands no name: `the mayor wrote`.
const ARTICLES: &[&str] = &[
    "the", "el", "la", "los", "las", "le", "les", "il", "lo", "der", "die", "das", "de", "het", "my", "our",
];

/// Small words that tell a story, and never stand in an attribution.
#[rustfmt::skip]
const PROSE: &[&str] = &[
    "my", "we", "our", "us", "he", "she", "they", "his", "their", "me", "him", "them", "who", "which", "that",
    "about", "letter", "email", "mail", "because", "when", "then", "this", "is", "was", "were", "ich", "mir", "mein",
    "meine", "meinem", "meiner", "wir", "uns", "unser", "er", "sie", "brief", "nous", "mon", "ma", "mes", "notre",
    "nos", "moi", "elle", "lettre", "yo", "mi", "nuestro", "nuestra", "carta", "io", "mio", "mia", "noi", "lettera",
    "ik", "mijn", "wij", "ons", "onze", "hij", "zij", "jag", "min", "vi", "vår", "jeg", "vores", "я", "мы", "мой",
    "мне", "нам", "она", "eu", "meu", "minha", "nosso",
];

static SMALL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    LITTLE
        .iter()
        .copied()
        .chain(VERBS.list().iter().chain(SAYS.list()).flat_map(|verb| verb.split(' ')))
        .collect()
});
static TELLING: LazyLock<HashSet<&str>> = LazyLock::new(|| PROSE.iter().copied().collect());
static DATES: LazyLock<HashSet<&str>> = LazyLock::new(|| DATE_WORDS.iter().copied().collect());

/// Whether a word begins like a weekday or a month; the shortest of those must be the whole word.
fn date_word(word: &str) -> bool {
    DATES.contains(word)
        || word
            .char_indices()
            .map(|(at, _)| at)
            .skip(3)
            .take(6)
            .any(|end| DATES.contains(&word[..end]) && end > 2)
}

/// What an attribution is made of, seen in one text.
#[derive(Default)]
struct Parts {
    address: bool,
    dated: bool,
    timed: bool,
    verb: bool,
    /// No verb of writing, but one of speaking.
    says: bool,
    colon: bool,
    opener: bool,
    leading_date: bool,
    prose: bool,
    /// Words in small letters that belong to no date and no name.
    small: usize,
    words: usize,
    /// A sentence ends inside.
    sentences: bool,
}

/// The attribution whose last line is `last`, if there is one there.
pub(super) fn ending_at(lines: &[Seen], last: usize) -> Option<Attribution> {
    let under = || lines[last + 1..].iter().take(3).find(|l| !l.blank());
    found_at(lines, last, || under().is_none_or(Seen::quoted))
}

/// The same, where what stands under it is known to be a quotation.
pub(super) fn over_quotation(lines: &[Seen], last: usize) -> Option<Attribution> {
    found_at(lines, last, || true)
}

fn found_at(lines: &[Seen], last: usize, quoted_under: impl Fn() -> bool) -> Option<Attribution> {
    let line = &lines[last];
    if line.fold.is_empty() || line.fold.len() > 400 {
        return None;
    }
    if names_and_dates(&line.text) && quoted_under() {
        return Some(Attribution {
            start: last,
            end: last + 1,
            grade: Grade::Fair,
            verb: false,
            address: true,
            inline: false,
        });
    }
    let ends = ends_like_one(&line.fold) || address_ends(&line.text);
    let told = ends || quoted_under() && told_first(&line.fold);
    if !told {
        return inline(lines, last);
    }
    // Most lines that end in a colon have neither date nor address near, and no quotation under them.
    let first = last.saturating_sub(MOST_LINES - 1);
    let telling = |l: &Seen| l.text.bytes().any(|b| b.is_ascii_digit() || b == b'@');
    if !lines[first..=last].iter().any(telling) && !quoted_under() {
        return None;
    }
    let mut best: Option<(u8, Attribution)> = None;
    let mut text = String::new();
    let mut gaps = 0;
    // The window so far lacks its beginning: a bare address, or a date after a name.
    let mut headless = false;
    for start in (first..=last).rev() {
        let above = &lines[start];
        if above.blank() && above.depth == line.depth && start < last && gaps < 2 {
            gaps += 1;
            continue;
        }
        if above.fold.is_empty() || above.depth != line.depth || above.fold.len() > 300 {
            break;
        }
        if start < last && closes(&above.fold) {
            break;
        }
        text = if text.is_empty() {
            above.text.to_string()
        } else {
            join(&above.text, &text)
        };
        if text.len() > 500 {
            break;
        }
        let parts = Parts::of(&text);
        if start < last && parts.sentences {
            break;
        }
        let Some(grade) = parts.grade() else { continue };
        let grade = if ends { grade } else { grade.min(Grade::Fair) };
        let opened = parts.opener || parts.leading_date;
        let whole = opened && parts.verb && parts.address && grade == Grade::Strong;
        // Over a blank line only what is an attribution from "On" to "wrote:" reaches.
        if gaps > 0
            && !(whole && above.text.contains(|c: char| c.is_ascii_digit()) && best.is_none_or(|(rank, _)| rank < 7))
        {
            continue;
        }
        let bare = start < last && lines[start + 1].text.starts_with(['<', '(', '[']);
        let completes = headless && gaps == 0 && Parts::names(&above.text, bare);
        let rank = grade as u8 * 2 + u8::from(opened) * 3 + u8::from(completes) * 4;
        if best.is_none_or(|(best, _)| rank > best) {
            let end = last + 1;
            best = Some((
                rank,
                Attribution {
                    start,
                    end,
                    grade,
                    verb: parts.verb,
                    address: parts.address,
                    inline: false,
                },
            ));
        }
        headless = above.text.starts_with(['<', '(', '['])
            || !parts.address && !NAME_LATER.iter().any(|w| above.fold.starts_with(w));
        if opened && grade == Grade::Strong && !headless {
            break;
        }
    }
    best.map(|(_, found)| begun_above(lines, found, first))
}

/// `On Mon,` and `On Mon, Nov 24, 2025 at`: what a mailer that wraps early leaves of the beginning on the line above.
fn begun_above(lines: &[Seen], mut found: Attribution, first: usize) -> Attribution {
    let Some(above) = found.start.checked_sub(1).filter(|a| *a >= first).map(|a| &lines[a]) else {
        return found;
    };
    let part = |word: &str| {
        let bare = word.trim_matches([',', '.', ':', '(', ')']);
        bare.chars().all(|c| c.is_ascii_digit()) || SMALL.contains(bare) || date_word(bare)
    };
    let opens = OPENERS.iter().any(|word| starts_with_word(&above.fold, word));
    let same = above.depth == lines[found.start].depth && !above.blank() && above.fold.len() <= 60;
    let open_end = !above.fold.ends_with(['.', '!', '?', ':'])
        || date_word(above.fold.rsplit(' ').next().unwrap_or("").trim_matches('.'));
    let dated = above
        .fold
        .split(' ')
        .skip(1)
        .any(|w| date_word(w.trim_matches([',', '.'])) || w.contains(|c: char| c.is_ascii_digit()));
    if same && opens && open_end && dated && above.fold.split(' ').all(part) {
        found.start -= 1;
    }
    found
}

/// `On ..., Marion <m@example.org> wrote: Hello ...` with the quotation on the same line.
fn inline(lines: &[Seen], last: usize) -> Option<Attribution> {
    let text = &lines[last].text;
    let at = text.find("@")?;
    let colon = at + text[at..].find([':', '：'])?;
    let head = &text[..=colon + text[colon..].chars().next().map_or(0, |c| c.len_utf8() - 1)];
    let parts = Parts::of(head);
    let sure = parts.grade() == Some(Grade::Strong) && parts.verb && (parts.opener || parts.leading_date);
    (sure && parts.address && parts.dated && !parts.sentences).then_some(Attribution {
        start: last,
        end: last + 1,
        grade: Grade::Strong,
        verb: true,
        address: true,
        inline: true,
    })
}

/// `---- Cath Lee wrote ----`: a name and a verb of writing, between dashes.
pub(super) fn dashed_name(text: &str) -> bool {
    let inner = text.trim_matches(['-', '–', '—', '─', '=', ' ', ':']);
    let name = VERBS
        .list()
        .iter()
        .find_map(|verb| inner.strip_suffix(verb)?.strip_suffix(' '));
    name.is_some_and(|name| {
        (1..=5).contains(&name.split(' ').count())
            && !name
                .split(' ')
                .any(|word| word.starts_with(char::is_lowercase) && !word.contains('@'))
            && name.chars().all(|c| c.is_alphabetic() || " .'-<>@_()".contains(c))
    })
}

/// A line of the author's own that leads up to what follows: `The sign on the wall read:`. No name, no number, no verb
/// of writing.
pub(super) fn leads_up(text: &str) -> bool {
    let told = |w: &&str| w.chars().all(char::is_lowercase) && !SMALL.contains(*w);
    text.ends_with(':')
        && !text.contains(|c: char| c.is_ascii_digit() || c == '@')
        && text.len() <= 160
        && !has_verb(&text.to_lowercase())
        && text.trim_end_matches(':').split(' ').filter(told).count() >= 3
}

/// Whether a line says what people said or wrote who have no mailbox: `The children said:`. Nobody's name, no number.
pub(super) fn names_people(text: &str) -> bool {
    #[rustfmt::skip]
    const BEFORE: &[&str] = &["my", "our", "unser", "unsere", "meine", "mein", "mon", "ma", "mes", "nos", "notre", "mi", "mis", "gli", "i", "os", "as", "o", "a", "een"];
    let fold = text.to_lowercase();
    let first = fold.split(' ').next().unwrap_or_default();
    let told = |w: &&str| w.chars().all(char::is_lowercase) && !SMALL.contains(*w);
    text.ends_with([':', '：'])
        && text.len() <= 160
        && !text.contains(|c: char| c.is_ascii_digit() || c == '@')
        && (ARTICLES.contains(&first) || BEFORE.contains(&first))
        && text
            .trim_end_matches([':', '：', ' ', '\u{a0}'])
            .split(' ')
            .any(|w| told(&w))
        && Parts::of(text).grade().is_none()
}

/// Whether it says what somebody wrote who has no mailbox, as no program does: `On 4 May 2021 the council wrote:`.
pub(super) fn names_no_mailbox(text: &str) -> bool {
    let parts = Parts::of(text);
    parts.prose && parts.verb && parts.colon && !parts.address
}

/// Whether a word stands in it that tells a story: `we`, `my`, `they`.
pub(super) fn tells(text: &str) -> bool {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    text.split(' ')
        .map(bare)
        .any(|word| word == "i" || TELLING.contains(word.as_str()))
}

/// The words of an attribution, or of a header's From, that may be names: in lower case.
pub(super) fn names(text: &str) -> HashSet<String> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let words = text.split([' ', '<', '@', '.']).map(bare);
    words
        .filter(|word| word.starts_with(char::is_uppercase))
        .map(|word| word.to_lowercase())
        .filter(|word| word.chars().count() >= 2 && !SMALL.contains(word.as_str()) && !date_word(word))
        .filter(|word| !OPENERS.contains(&word.as_str()))
        .collect()
}

impl Attribution {
    /// Whether it is one, given what follows: `quoted` is whether the next line with something on it is a quotation,
    /// `ends` whether there is no such line.
    pub fn holds(&self, quoted: bool, ends: bool) -> bool {
        quoted || self.inline || self.grade == Grade::Strong || (ends && self.verb && self.grade == Grade::Fair)
    }
}

fn join(a: &str, b: &str) -> String {
    // A mailer that wraps inside an address leaves `<marion@` behind.
    let glue = if a.ends_with(['@', '<', '-']) { "" } else { " " };
    format!("{a}{glue}{b}")
}

/// A line that ends a thought: nothing that follows belongs to it.
fn closes(fold: &str) -> bool {
    let open = fold.rfind('(') > fold.rfind(')');
    fold.ends_with(['!', '?']) || (fold.ends_with(':') && fold.len() > 1 && !open)
}

fn bare_end(fold: &str) -> &str {
    fold.trim_end_matches(['*', '_', ' ', '"', '\'', '-', '>', ']'])
}

fn ends_like_one(fold: &str) -> bool {
    let end = bare_end(fold);
    end.ends_with([':', '：'])
        || fold.rsplit(' ').next().is_some_and(|word| word.starts_with("news:"))
        || fold.trim_start_matches(['[', ' ']).starts_with("quoting ") && (end.ends_with(')') || fold.contains('@'))
        || VERBS.end(end.trim_end_matches(['.', '…']))
}

/// `"Cath Lee" <cath@team.example> – December 4, 2010 10:00 AM`, as Nextcloud writes it: no verb and no colon.
pub(super) fn names_and_dates(text: &str) -> bool {
    text.starts_with('"')
        && text.split_once(" – ").is_some_and(|(who, when)| {
            let when = when.to_lowercase();
            let ends = who.ends_with('>') || who.ends_with(|c: char| c.is_alphanumeric());
            ends && address_in(who).is_some() && dated(&when) && timed(&when) && when.split(' ').count() <= 8
        })
}

/// `Am 04.12.10 um 10:00 schrieb Cath Lee`, the name last and no colon behind it.
fn told_first(fold: &str) -> bool {
    [" schrieb ", " schreef ", " skrev "]
        .iter()
        .any(|verb| fold.contains(verb))
        && fold.contains(|c: char| c.is_ascii_digit())
}

fn address_ends(text: &str) -> bool {
    text.ends_with('>') && text.contains('@')
}

/// Whether a verb of attributions stands in the text, as a word.
fn has_verb(fold: &str) -> bool {
    has(&VERBS, fold)
}

fn has(verbs: &Phrases, fold: &str) -> bool {
    verbs.stand_in(fold) && verbs.list().iter().any(|verb| has_word(fold, verb))
}

impl Parts {
    fn of(text: &str) -> Parts {
        let text = text.trim_matches(['*', '_', ' ', '-', '"', '>', '|', '[']);
        let fold = text.to_lowercase();
        let end = bare_end(&fold);
        let mut parts = Parts {
            address: address_in(text).is_some()
                || ["<[hidden email]", "<>", "[mailto:", "(at)", " <at> "]
                    .iter()
                    .any(|s| fold.contains(s)),
            timed: timed(&fold),
            dated: dated(&fold),
            verb: has_verb(&fold),
            colon: end.ends_with([':', '：']),
            opener: OPENERS.iter().any(|word| starts_with_word(&fold, word)),
            leading_date: fold.starts_with(|c: char| c.is_ascii_digit()) || starts_with_weekday(&fold),
            ..Parts::default()
        };
        // `9:12 AM Marion <m@example.org>`: its date stands on the line above.
        parts.leading_date &= parts.dated || !timed(fold.split(' ').next().unwrap_or_default());
        parts.says = !parts.verb && parts.colon && has(&SAYS, &fold);
        let likely =
            parts.verb || parts.says || parts.colon && parts.address || parts.dated && (parts.address || parts.timed);
        if !likely {
            return parts;
        }
        let outside = without_angles(text);
        let (mut article, mut of, mut after_date, mut german) = (false, false, false, false);
        for word in outside.split(' ') {
            let bare = word.trim_matches([',', ';', ':', '(', ')', '"', '\'', '*', '[', ']', '：', '“', '”']);
            if !bare.chars().any(char::is_alphanumeric) {
                continue;
            }
            parts.words += 1;
            let small = bare.chars().all(|c| !c.is_uppercase()) && bare.chars().all(char::is_alphabetic);
            let cased = bare.chars().any(|c| c.to_uppercase().next() != Some(c));
            let first = parts.words == 1 && ["She", "He", "They", "We", "It", "Who", "This"].contains(&bare);
            // `ma` is "my" in French and Monday in Dutch.
            let told = TELLING.contains(bare) && !date_word(bare);
            if first || bare == "I" || told {
                parts.prose = true;
            }
            let known = SMALL.contains(bare) || date_word(bare);
            if small && cased && !known {
                parts.small += 1;
            }
            // `la mairie` begins like a month, and `das Amt` with a capital
            let month = of && date_word(bare);
            let noun = small && !SMALL.contains(bare) && !DATES.contains(bare) && !month || german;
            parts.prose |= article && noun && cased && !parts.address;
            german = ["der", "die", "das"].contains(&bare);
            // Not the `der` of `van der berg`.
            article = ARTICLES.contains(&bare) && after_date;
            // `3 de marzo`
            of = bare == "de" && after_date;
            after_date = bare.contains(|c: char| c.is_ascii_digit()) || date_word(bare) || VERBS.list().contains(&bare);
        }
        parts.sentences = sentence_inside(&outside);
        parts
    }

    /// A line that is a name and perhaps an address, as mailers break it off from the rest of an attribution.
    fn names(text: &str, bare: bool) -> bool {
        let outside = without_angles(text);
        let words: Vec<&str> = outside
            .split(' ')
            .filter(|w| w.chars().any(char::is_alphabetic))
            .collect();
        let small = words
            .iter()
            .filter(|w| w.starts_with(char::is_lowercase) && !SMALL.contains(**w) && !w.contains('@'))
            .count();
        let addressed = text.contains('<') && text.contains('@');
        words.len() <= 12
            && (addressed || bare && words.len() <= 6)
            && small <= 1
            && !words.iter().any(|w| TELLING.contains(w))
            && !text.ends_with(['.', '!', '?'])
    }

    fn grade(&self) -> Option<Grade> {
        let grade = self.written()?;
        // `On Saturday, 4 December 2010 at 10:00, the mayor said:` is how a story goes on.
        let sure = !self.says || self.address && self.dated;
        Some(if sure { grade } else { grade.min(Grade::Fair) })
    }

    fn written(&self) -> Option<Grade> {
        let Parts {
            address,
            dated,
            timed,
            verb,
            colon,
            opener,
            leading_date,
            ..
        } = *self;
        let calm = !self.prose && self.words <= 28;
        if verb || self.says {
            if !calm || self.sentences {
                return None;
            }
            if address && (dated || timed) && self.words <= 24 {
                return Some(Grade::Strong);
            }
            if dated && timed && self.small <= 1 && (colon || opener || leading_date) {
                return Some(Grade::Strong);
            }
            if address || ((dated || timed) && (colon || opener) && self.small <= 2) {
                return Some(Grade::Fair);
            }
            // `Marion Maxwell wrote:`
            if colon && self.small == 0 && (2..=8).contains(&self.words) {
                return Some(Grade::Weak);
            }
            return None;
        }
        // Programs in many languages, and many a hand-made setting, leave out the verb.
        if address && dated && calm && !self.sentences && self.small > 2 {
            // A language not known here: only over a quotation.
            return (colon && timed && self.words <= 18).then_some(Grade::Fair);
        }
        // `Citeren Marion <m@example.org>:`, whatever the first word means.
        if address && colon && !dated && self.words <= 6 && self.small <= 1 && !self.prose && !self.sentences {
            return Some(Grade::Weak);
        }
        // A date with the hour and a colon right over a quotation, in whatever language and order.
        let most = if opener || leading_date { 2 } else { 0 };
        if !address && dated && timed && colon && calm && self.words <= 14 && self.small <= most && !self.sentences {
            return Some(Grade::Weak);
        }
        if address && dated && calm && !self.sentences {
            if timed && colon && self.words <= 18 {
                return Some(Grade::Strong);
            }
            if leading_date && self.words <= 14 {
                return Some(Grade::Fair);
            }
        }
        None
    }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else {
        return false;
    };
    let free_script = word.chars().all(|c| c as u32 >= 0x590);
    free_script || !rest.starts_with(char::is_alphabetic)
}

fn starts_with_weekday(fold: &str) -> bool {
    let first = fold.split([' ', ',', '.']).next().unwrap_or_default();
    fold.len() > first.len()
        && first.chars().count() <= 12
        && date_word(first)
        && fold[first.len()..]
            .trim_start_matches([' ', ',', '.'])
            .starts_with(|c: char| c.is_ascii_digit())
}

/// The text without what stands in `<...>` or `[...]`: addresses are no words.
fn without_angles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' | '[' => {
                inside = true;
                out.push(' ');
            }
            '>' | ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// `. ` and then a capital, after a word of four letters or more that is no date word.
fn sentence_inside(text: &str) -> bool {
    text.match_indices([' ']).any(|(at, _)| {
        let before = &text[..at];
        if !before.ends_with(['.', '!', '?']) || !text[at + 1..].starts_with(char::is_uppercase) {
            return false;
        }
        let word: String = before[..before.len() - 1]
            .chars()
            .rev()
            .take_while(|c| c.is_alphabetic())
            .collect();
        let word: String = word.chars().rev().collect::<String>().to_lowercase();
        word.chars().count() >= 4 && !date_word(&word)
    })
}

/// A time of day: `10:00`, `10h00`, `10時00`, `kl. 10.00`.
pub(super) fn timed(fold: &str) -> bool {
    let mut before = [' ', ' ', ' '];
    let mut run = 0;
    let chars: Vec<char> = fold.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_digit() {
            run += 1;
            continue;
        }
        if (1..=2).contains(&run) {
            let next = |n: usize| chars.get(i + n).is_some_and(char::is_ascii_digit);
            let two = next(1) && next(2) && !next(3);
            if two && matches!(c, ':' | 'h' | '：' | '時' | '时' | '点' | '點') {
                return true;
            }
            if matches!(c, '時' | '时' | '点' | '點' | '시') {
                return true;
            }
        }
        run = 0;
        before.rotate_left(1);
        before[2] = *c;
    }
    ["kl ", "kl. ", "klo ", "pukul ", "um ", "om "].iter().any(|clock| {
        find_word(fold, clock.trim_end()).is_some_and(|end| {
            let rest = fold[end..].trim_start_matches([' ', '.']);
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (1..=2).contains(&digits) && rest[digits..].starts_with('.')
        })
    })
}

/// A date: a year of four digits, or day, month and year in digits.
pub(super) fn dated(fold: &str) -> bool {
    let mut groups: Vec<(&str, Option<char>)> = Vec::new();
    let mut rest = fold;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        groups.push((&rest[..end], rest[end..].chars().next()));
        rest = &rest[end..];
    }
    let year = |digits: &str| digits.len() == 4 && (1980..2600).contains(&digits.parse().unwrap_or(0));
    let by_year = groups.iter().any(|(digits, _)| year(digits));
    let by_digits = groups.windows(3).any(|w| {
        let sep = w[0].1;
        w.iter().all(|(d, _)| d.len() <= 2) && sep == w[1].1 && matches!(sep, Some('.' | '/' | '-'))
    });
    by_year || by_digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Line;

    fn grade(text: &str) -> Option<Grade> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        let found = ending_at(&seen, seen.len() - 1)?;
        assert_eq!(found.start, 0, "{text}");
        Some(found.grade)
    }

    #[test]
    fn attributions_of_programs_in_many_languages_are_strong() {
        let table = [
            "On Sat, Dec 4, 2010 at 10:00 AM, Marion Maxwell <marion@example.org> wrote:",
            "On Sat, Dec 4, 2010 at 10:00 AM Marion Maxwell <marion@example.org>\nwrote:",
            "On Sat, Dec 4, 2010 at 10:00 AM, Marion Maxwell\n<marion@example.org> wrote:",
            "On Sat, 4 Dec 2010 10:00:00 +0000\nMarion Maxwell <marion@\nexample.org> wrote:",
            "On 04/12/2010 10:00, Marion Maxwell wrote:",
            "On 4 Dec 2010, at 10:00, Marion Maxwell <marion@example.org> wrote:",
            "On Dec 4, 2010, at 10:00 AM, Marion Maxwell wrote:",
            "On 2010-12-04 10:00, marion wrote:",
            "On Saturday, December 4, 2010 10:00 AM, Marion Maxwell <marion@example.org> wrote:",
            "2010-12-04 10:00 GMT+01:00 Marion Maxwell <marion@example.org>:",
            "2010/12/4 10:00 Marion Maxwell <marion@example.org>:",
            "* Marion Maxwell <marion@example.org> [2010-12-04 10:00]:",
            "Am 04.12.2010 um 10:00 schrieb Marion Maxwell:",
            "Am Sa., 4. Dez. 2010 um 10:00 Uhr schrieb Marion Maxwell <marion@example.org>:",
            "Marion Maxwell <marion@example.org> schrieb am Sa., 4. Dez. 2010, 10:00:",
            "Am Samstag, 4. Dezember 2010, 10:00:00 CET schrieb Marion Maxwell:",
            "Le sam. 4 déc. 2010 à 10:00, Marion Maxwell <marion@example.org> a écrit :",
            "Le 04/12/2010 10:00, Marion Maxwell a écrit :",
            "Le 4 décembre 2010 à 10:00, Marion Maxwell <marion@example.org> a écrit\u{a0}:",
            "Le 4 déc. 2010 à 10h00, Marion Maxwell <marion@example.org> a écrit :",
            "El sáb., 4 dic. 2010 a las 10:00, Marion Maxwell (<marion@example.org>)\nescribió:",
            "El 04/12/2010 a las 10:00, Marion Maxwell escribió:",
            "El 4 de diciembre de 2010 10:00, Marion Maxwell<marion@example.org>escribió:",
            "Il giorno sab 4 dic 2010 alle ore 10:00 Marion Maxwell <marion@example.org> ha scritto:",
            "Il 04/12/2010 10:00, Marion Maxwell ha scritto:",
            "Op za 4 dec. 2010 om 10:00 schreef Marion Maxwell <marion@example.org>:",
            "Op 4 december 2010 10:00 schreef Marion Maxwell <marion@example.org>:",
            "Op 04-12-10 om 10:00 schreef Marion Maxwell:",
            "Em sáb., 4 de dez. de 2010 às 10:00, Marion Maxwell <marion@example.org> escreveu:",
            "Em 04-12-2010 10:00, Marion Maxwell escreveu:",
            "Den 4 december 2010 10:00 skrev Marion Maxwell <marion@example.org>:",
            "Den lör 4 dec. 2010 kl 10:00 skrev Marion Maxwell <marion@example.org>:",
            "lør. 4. des. 2010 kl. 10:00 skrev Marion Maxwell <marion@example.org>:",
            "Den lør. 4. dec. 2010 kl. 10.00 skrev Marion Maxwell <marion@example.org>:",
            "la 4. jouluk. 2010 klo 10.00 Marion Maxwell (marion@example.org) kirjoitti:",
            "W dniu 04.12.2010 o 10:00, Marion Maxwell pisze:",
            "sob., 4 gru 2010 o 10:00 Marion Maxwell <marion@example.org> napisał(a):",
            "W dniu 4 grudnia 2010 10:00 użytkownik Marion Maxwell <marion@example.org> napisał:",
            "so 4. 12. 2010 v 10:00 odesílatel Marion Maxwell <marion@example.org> napsal:",
            "Dne 4. 12. 2010 v 10:00 Marion Maxwell napsal(a):",
            "Dňa 4.12.2010 o 10:00 Marion Maxwell napísal(a):",
            "Marion Maxwell <marion@example.org> ezt írta (időpont: 2010. dec. 4., Szo,\n10:00):",
            "2010. 12. 04. 10:00 keltezéssel, Marion Maxwell írta:",
            "Pe sâm., 4 dec. 2010 la 10:00, Marion Maxwell <marion@example.org> a scris:",
            "сб, 4 дек. 2010 г. в 10:00, Marion Maxwell <marion@example.org>:",
            "4 декабря 2010 г., 10:00 пользователь Марион Максвелл <marion@example.org> написал:",
            "04.12.2010 10:00, Марион Максвелл пишет:",
            "сб, 4 груд. 2010 р. о 10:00 Marion Maxwell <marion@example.org> пише:",
            "На сб, 4.12.2010 г. в 10:00 Marion Maxwell <marion@example.org> написа:",
            "Στις Σάβ, 4 Δεκ 2010 στις 10:00 π.μ., ο χρήστης Marion Maxwell <marion@example.org> έγραψε:",
            "Marion Maxwell <marion@example.org>, 4 Ara 2010 Cmt, 10:00 tarihinde şunu yazdı:",
            "4 Aralık 2010 10:00 tarihinde Marion Maxwell <marion@example.org> yazdı:",
            "2010年12月4日(土) 10:00 Marion Maxwell <marion@example.org>:",
            "2010年12月4日 10:00、Marion Maxwell <marion@example.org>のメッセージ:",
            "Marion Maxwell <marion@example.org> 于2010年12月4日周六 10:00写道：",
            "在 2010年12月4日，上午10:00，Marion Maxwell <marion@example.org> 写道：",
            "Marion Maxwell <marion@example.org> 於 2010年12月4日 週六 上午10:00寫道：",
            "At 2010-12-04 10:00:00, \"Marion Maxwell\" <marion@example.org> wrote:",
            "2010년 12월 4일 (토) 오전 10:00, Marion Maxwell <marion@example.org>님이 작성:",
            "في السبت، 4 ديسمبر 2010 في 10:00 ص تمت كتابة ما يلي بواسطة Marion Maxwell <marion@example.org>:",
            "في ٤ ديسمبر ٢٠١٠ ١٠:٠٠، كتب Marion Maxwell <marion@example.org>:",
            "\u{202b}בתאריך שבת, 4 בדצמ׳ 2010 ב-10:00 מאת \u{202a}Marion Maxwell\u{202c}\u{200f} <\u{202a}marion@example.org\u{202c}\u{200f}>:\u{202c}",
            "Vào 10:00, Th 7, 4 thg 12, 2010 Marion Maxwell <marion@example.org> đã viết:",
            "Pada tanggal Sab, 4 Des 2010 10:00, Marion Maxwell <marion@example.org> menulis:",
            "ในวันที่ เสาร์ 4 ธ.ค. 2010 10:00 Marion Maxwell <marion@example.org> เขียนว่า:",
            "Op ma 4 dec 2010 om 10:00 schreef Marion Maxwell <marion@example.org>:",
            "On Sat, Dec 4, 2010 at\n10:00 AM Marion Maxwell <marion@example.org>\nwrote:",
            "On Sat,\nDec 4, 2010 at 10:00 AM Marion Maxwell <marion@example.org> wrote:",
            "В письме от суббота, 4 декабря 2010 г. 10:00:00 MSK пользователь Marion Maxwell написал:",
        ];
        let missed: Vec<_> = table
            .iter()
            .map(|t| (t, grade(t)))
            .filter(|(_, g)| *g != Some(Grade::Strong))
            .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn sparse_attributions_need_a_quotation_under_them() {
        for (text, expected) in [
            ("Marion Maxwell <marion@example.org> wrote:", Grade::Fair),
            ("Marion Maxwell <marion@example.org> writes:", Grade::Fair),
            ("2010/12/4 Marion Maxwell <marion@example.org>", Grade::Fair),
            ("On 4 Dec 2010, Marion Maxwell wrote:", Grade::Fair),
            ("Quoting Marion Maxwell <marion@example.org>:", Grade::Fair),
            ("Zitat von Marion Maxwell <marion@example.org>:", Grade::Fair),
            ("Marion Maxwell wrote:", Grade::Weak),
            ("Citeren Marion Maxwell <marion@example.org>:", Grade::Fair),
            ("Marion Maxwell, Sa 4 Dez 2010 10:00:00 +0100:", Grade::Weak),
            ("Dne 4. 12. 2010 ob 10:00 je Marion Maxwell pravila:", Grade::Weak),
            ("Marion Maxwell schrieb:", Grade::Weak),
        ] {
            assert_eq!(grade(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn prose_about_writing_is_no_attribution() {
        let found: Vec<_> = [
            "On Saturday my neighbour wrote:",
            "On Monday I wrote to the council:",
            "On 4 December 2010 at 10:30 my neighbour wrote to the council at council@example.org:",
            "In 2010 we wrote:",
            "Am 4. Dezember 2010 um 10:00 Uhr haben wir an den Rat geschrieben:",
            "Le 4 décembre 2010 à 10:00 nous avons écrit :",
            "The letter said:",
            "El 4 de diciembre de 2010 a las 10:00 el alcalde escribió:",
            "This is what we did in 2010:",
            "You can write to us at marion@example.org:",
            "Things to bring on 04/12/2010 at 10:00:",
            "She wrote:",
        ]
        .into_iter()
        .map(|t| (t, grade(t)))
        .filter(|(_, g)| g.is_some())
        .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}
