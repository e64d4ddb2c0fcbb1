//! Lines that a phone, a mail service, a list or a lawyer puts under a mail.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::phone::{self, may_be_linked, sent_from};
use super::phrases::Phrases;
use super::seen::address_in;
use super::signature::personal;

/// What kind of footer a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Footer {
    /// `Sent from my iPhone`: the line alone.
    SentFrom,
    /// A virus scanner's word, the line alone (further lines of it are [`scanner_goes_on`]).
    Scanner,
    /// A list, group or notification footer: this line and all that follow.
    List,
    /// "Please consider the environment before printing".
    Environment,
    /// `Book time with me: https://...`: the line alone.
    Calendar,
}

/// Lines that a virus scanner adds.
#[rustfmt::skip]
static SCANNER: Phrases = Phrases::new(&[
    "checked for viruses by", "scanned for viruses", "no virus found in this", "checked by avg", "virus database:",
    "auf viren geprüft", "auf viren überprüft", "l'absence de virus", "l’absence de virus",
    "virus signature database", "comprobado en busca de virus", "antivirus avast ha analizado",
    "controllata per individuare virus", "gecontroleerd op virussen", "verificado quanto à presença de vírus",
    "verificado em busca de vírus", "sprawdzona pod kątem", "sprawdzone pod kątem", "zkontrolována na viry",
    "byl zkontrolován antivirovým", "kontrollerats för virus", "genomsökts efter virus", "kontrolleret for virus",
    "проверено на вирусы", "проверено на наличие вирусов", "virüslere karşı", "virüs taraması", "avast antivirus",
    "avast! antivirus", "avast.com", "www.avg.com", "eset nod32", "eset smart security", "mcafee.com",
    "scanned by mailscanner", "believed to be clean", "messagelabs email security", "scanned by the symantec",
    "tarkistettu virusten", "virustorjunta", "ellenőrizte", "virus checked", "spamassassin",
]);

/// What a scanner says of a clean mail: beside its own name only, people are free of viruses too.
#[rustfmt::skip]
static CLEAN: Phrases = Phrases::new(&[
    "virus-free", "virus free", "virenfrei", "privo di virus", "não contém vírus", "δεν περιέχει ιούς", "ללא וירוסים",
    "خالية من الفيروسات", "ウイルス フリー", "ウイルスフリー", "无病毒", "不含病毒", "바이러스 없음", "viruksista vapaa", "viruksettomia", "brez virusov",
    "вільний від вірусів", "без вірусів", "sans virus", "libre de virus", "virusvrij", "livre de vírus", "priva di virus",
    "wolny od wirusów", "bez virů", "без вирусов", "virusfri", "virüs bulunmuyor", "vírusmentes", "fără viruși",
]);

/// Where a list, a group or a help desk begins its footer.
#[rustfmt::skip]
static LIST: Phrases = Phrases::new(&[
    "you received this message because you are subscribed", "you are receiving this because",
    "you received this message because", "to unsubscribe from this group", "to unsubscribe from this list",
    "to unsubscribe, ", "to unsubscribe send", "to unsubscribe: ", "to unsubscribe go", "to unsubscribe from",
    "to post to this group", "to view this discussion on the web", "to view this discussion visit",
    "for more options, visit this group", "visit this group at", "for more options, visit",
    "reply to this email directly", "reply directly to this email", "view it on github", "mute the thread",
    "manage your notification", "change your notification", "unsubscribe from these emails", "unsubscribe from this",
    "unsubscribe here", "list info:", "mailing list info", "yahoo! groups links", "visit your group",
    "to change your subscription", "list archives:", "this email is a service from", "delivered by zendesk",
    "powered by zendesk", "your email settings:", "list-unsubscribe", "vous avez reçu ce message, car",
    "vous recevez ce message, car", "vous recevez ce message car", "sie erhalten diese nachricht, weil",
    "sie haben diese nachricht erhalten, weil", "has recibido este mensaje porque",
    "hai ricevuto questo messaggio perché", "u hebt dit bericht ontvangen omdat",
    "você recebeu esta mensagem porque", "du modtager denne meddelelse, fordi",
    "du får det här meddelandet eftersom", "вы получили это сообщение, поскольку", "pour vous désabonner",
    "para anular la suscripción", "um sich von dieser", "um diese gruppe", "an infopage:",
    "sent from the mailing list archive", "view this message in context",
    "if you reply to this email, your message will be added to the discussion", "to start a new topic under",
    "view this ticket", "view the discussion thread", "sent by freelists", "manage subscription", "listen-abmeldung",
    "__._,_.___", "reacted via gmail", "visit topic or reply to this email",
    "to respond, reply to this email or visit", "you can also reply to this email",
    "easy unsubscribe click here", "to stop receiving notifications", "groups.io links:", "view/reply online (#", "mute this topic:", "reply to this email to respond", "to unsubscribe from these emails",
]);

/// How a newsletter's last words begin, and many another sentence.
const NO_LONGER: &str = "if you no longer wish to receive";

/// Whether the line is a newsletter's last word: beside how it begins, it or the line under it says how to be rid of it.
pub(super) fn newsletter<'a>(fold: &str, next: impl FnOnce() -> &'a str) -> bool {
    let how = |line: &str| {
        let words = ["unsubscribe", "http://", "https://", "www."];
        words.iter().any(|word| line.contains(word)) || address_in(line).is_some()
    };
    fold.len() < 400 && fold.contains(NO_LONGER) && !personal(&format!(" {fold} ")) && (how(fold) || how(next()))
}

/// An invitation to the sender's calendar.
#[rustfmt::skip]
static CALENDAR: Phrases = Phrases::new(&[
    "outlook.office.com/bookwithme", "outlook.office365.com/owa/calendar", "book time with me", "book a meeting with me",
    "schedule a meeting with me", "book time to meet with me", "termin mit mir", "prendre rendez-vous avec moi",
]);

#[rustfmt::skip]
static ENVIRONMENT: Phrases = Phrases::new(&[
    "consider the environment", "think before you print", "think before printing", "think of the environment",
    "save a tree", "save paper", "think about the environment", "please don't print", "environment before printing",
    "denken sie an die umwelt", "an die umwelt", "umwelt bevor", "umwelt, bevor", "pensez à l'environnement",
    "pensez à l’environnement", "penser à l'environnement", "pensez environnement", "respect de l'environnement",
    "avant d'imprimer", "avant d’imprimer", "n'imprimez", "antes de imprimir", "medio ambiente", "meio ambiente",
    "prima di stampare", "rispetta l'ambiente", "pensa all'ambiente", "denk aan het milieu", "denk om het milieu",
    "milieu voordat", "tænk på miljøet", "tenk på miljøet", "tänk på miljön", "ajattele ympäristöä",
    "myśl o środowisku", "pomyśl o środowisku", "myslete na životní prostředí", "подумайте об окружающей",
    "прежде чем печатать", "çevreyi düşün", "umwelt zuliebe", "der umwelt", "unsere umwelt", "l'environnement",
    "l’environnement", "el planeta", "o planeta", "la planète", "o ambiente", "el medioambiente", "l'ambiente",
    "l’ambiente", "het milieu", "miljøet", "miljön", "miljø", "ympäristö", "środowisk", "životní prostředí",
    "környezet", "mediul înconjurător", "окружающ", "довкілля", "περιβάλλον", "çevreye", "çevre", "環境", "环境", "環保", "환경",
    "البيئة", "הסביבה", "save trees", "the planet",
]);

/// How Topica and newsletters begin, with the reader's address behind it.
const SENT_TO: &str = "this email was sent to";

/// What Mailman names itself and its pages with.
const LIST_INFO: [&str; 3] = [" mailing list", "/mailman/listinfo/", "/mailman3/lists/"];

/// One of these stands in every footer. It is the first question, and for nearly every line of every mail the last.
static TELLING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let lists = [&SCANNER, &CLEAN, &LIST, &CALENDAR, &ENVIRONMENT].map(Phrases::list);
    let footers = lists.into_iter().flatten().copied().chain(LIST_INFO).chain([SENT_TO]);
    AhoCorasick::new(footers.chain(phone::telling())).expect("short phrases")
});

/// What footer the line is, by its lower-case text.
pub(super) fn footer(fold: &str) -> Option<Footer> {
    let telling = !fold.is_empty() && TELLING.is_match(fold);
    if (telling || may_be_linked(fold)) && sent_from(fold) {
        return Some(Footer::SentFrom);
    }
    if !telling {
        return None;
    }
    let named = || ["avast", "avg", "www.", "http"].iter().any(|name| fold.contains(name));
    let alone = || {
        CLEAN
            .list()
            .iter()
            .any(|s| fold.contains(s) && fold.len() <= s.len() + 2)
    };
    if fold.len() < 200 && CLEAN.stand_in(fold) && (named() || alone()) {
        return Some(Footer::Scanner);
    }
    if fold.len() < 500 && SCANNER.stand_in(fold) {
        return Some(Footer::Scanner);
    }
    let told = || personal(&format!(" {fold} "));
    let sent_to = || fold.starts_with(SENT_TO) && fold.len() < 200 && address_in(fold).is_some();
    if fold.len() < 400 && LIST.stand_in(fold) && !told() || list_info(fold) || sent_to() {
        return Some(Footer::List);
    }
    if fold.len() < 200 && fold.contains("://") && fold.split(' ').count() <= 9 && CALENDAR.stand_in(fold) {
        return Some(Footer::Calendar);
    }
    if fold.len() < 260
        && ENVIRONMENT.stand_in(fold)
        && paper(fold)
        && ![" we ", " i ", " our ", " wir ", " ich ", " nous ", " notre "]
            .iter()
            .any(|w| fold.contains(w))
    {
        return Some(Footer::Environment);
    }
    None
}

/// `Blog mailing list`, `Blog@lists.example.org`, the info page: what Mailman writes under its line.
pub(super) fn list_info(fold: &str) -> bool {
    fold.len() < 160
        && (fold.ends_with(LIST_INFO[0]) || LIST_INFO[1..].iter().any(|page| fold.contains(page)))
        && fold.split(' ').count() <= 8
}

fn paper(fold: &str) -> bool {
    [
        "print",
        "druck",
        "imprim",
        "stamp",
        "afdruk",
        "uitprint",
        "udskriv",
        "skriv",
        "tulost",
        "wydruk",
        "druko",
        "tisk",
        "печат",
        "yazdır",
        "nyomtat",
        "tipări",
        "імпрым",
        "друк",
        "εκτυπ",
        "印刷",
        "打印",
        "列印",
        "인쇄",
        "طباع",
        "تطبع",
        "הדפס",
        "tryck",
        "skrive ut",
        "skriver ut",
        "papir",
    ]
    .iter()
    .any(|word| fold.contains(word))
}

/// A further line of a scanner's footer: `Version: 10.0.1170 / Virus Database: 426/3298`.
pub(super) fn scanner_goes_on(fold: &str) -> bool {
    fold.len() < 120
        && (fold.starts_with("version:")
            || fold.contains("avast")
            || fold.contains("www.avg")
            || fold.contains("release date:")
            || fold.starts_with("for more information please visit")
            // The anchor under Avast's table.
            || fold.starts_with("<#dab4fad8")
            || fold.starts_with("http")
            || fold.starts_with("<http")
            || fold.starts_with("database"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_footers_are_known() {
        for (text, expected) in [
            (
                "This email has been checked for viruses by Avast antivirus software.",
                Footer::Scanner,
            ),
            (
                "Diese E-Mail wurde von Avast Antivirus-Software auf Viren geprüft.",
                Footer::Scanner,
            ),
            ("Virus-free. www.avast.com", Footer::Scanner),
            (
                "You received this message because you are subscribed to the Google Groups \"blog\" group.",
                Footer::List,
            ),
            ("Reply to this email directly or view it on GitHub:", Footer::List),
            ("Leaders mailing list", Footer::List),
            (
                "P Please consider the environment before printing this e-mail",
                Footer::Environment,
            ),
            (
                "Pensez à l'environnement avant d'imprimer ce message",
                Footer::Environment,
            ),
        ] {
            assert_eq!(footer(&text.to_lowercase()), Some(expected), "{text}");
        }
        for text in [
            "we asked people to think about the environment.",
            "if you no longer wish to receive letters from your landlord, unsubscribe: join a union",
            "sign up for the march: https://calendly.com/march",
            "this message was sent with a phone hidden in a shoe.",
            "sent by a horde of tenants",
        ] {
            assert_eq!(footer(text), None, "{text}");
        }
    }

    #[test]
    fn how_a_newsletter_ends_is_also_how_people_write() {
        let begins = "if you no longer wish to receive these mails";
        for (fold, next) in [
            (&*format!("{begins} you may unsubscribe at any time."), ""),
            (begins, "write to leave@lists.example.org"),
            (begins, "https://lists.example.org/leave"),
        ] {
            assert!(newsletter(fold, || next), "{fold} / {next}");
        }
        for (fold, next) in [
            (begins, ""),
            (
                "if you no longer wish to receive letters that nobody can read,",
                "join a union and read them aloud together.",
            ),
            (
                "if you no longer wish to receive nothing but silence from your council, go there with forty people.",
                "",
            ),
        ] {
            assert!(!newsletter(fold, || next), "{fold} / {next}");
        }
    }

    #[test]
    fn every_phrase_passes_the_first_question() {
        let lists = [&SCANNER, &CLEAN, &LIST, &CALENDAR, &ENVIRONMENT].map(Phrases::list);
        let phrases: Vec<&str> = lists.into_iter().chain(phone::lists()).flatten().copied().collect();
        assert!(phrases.len() > 400, "{}", phrases.len());
        for phrase in phrases {
            assert!(TELLING.is_match(phrase), "{phrase:?}");
            assert_eq!(phrase, phrase.to_lowercase(), "lines are compared in lower case");
        }
    }
}
