//! Lines that a phone, a mail service, a list or a lawyer puts under a mail.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::itself::{names_a_mail, names_this_mail, one_speaks, personal, tells_who_said};
use super::phone::{self, may_be_linked, sent_from};
use super::phrases::Phrases;
use super::seen::{address_in, has_word};

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

/// Scanners that name themselves.
#[rustfmt::skip]
static SCANNERS: Phrases = Phrases::new(&[
    "checked by avg", "virus database:", "virus signature database", "antivirus avast ha analizado", "avast antivirus",
    "avast! antivirus", "avast.com", "www.avg.com", "eset nod32", "eset smart security", "mcafee.com", "mcafee email",
    "scanned by mailscanner", "scanned by mcafee", "bullguard.com", "messagelabs email security", "scanned by the symantec", "spamassassin", "kaspersky", "bitdefender",
]);

/// What a scanner says that it did with a mail. The mail is named beside it: people look for other things too.
#[rustfmt::skip]
static SCANNED: Phrases = Phrases::new(&[
    "checked for viruses", "scanned for viruses", "for viruses", "no virus found in this", "virus scanned", "auf viren geprüft",
    "auf viren überprüft", "l'absence de virus", "l’absence de virus", "comprobado en busca de virus", "en busca de virus",
    "controllata per individuare virus", "gecontroleerd op virussen", "verificado quanto à presença de vírus",
    "verificado em busca de vírus", "antivírus avast", "sprawdzona pod kątem wirusów", "sprawdzone pod kątem wirusów",
    "na obecność wirusów", "zkontrolována na viry", "byl zkontrolován antivirovým", "kontrollerats för virus",
    "genomsökts efter virus", "kontrolleret for virus", "проверено на вирусы", "проверено на наличие вирусов",
    "virüslere karşı", "virüs taraması", "believed to be clean", "tarkistettu virusten", "virustorjunta", "vírus", "virus checked",
    "virusellenőr", "report this email as spam", "report this message as spam", "перевірено на віруси",
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
    "you received this message because you are subscribed", "you received this message because",
    "to unsubscribe from this group", "to unsubscribe from this list", "to post to this group",
    "to view this discussion on the web", "to view this discussion visit", "for more options, visit this group",
    "reply to this email directly", "reply directly to this email", "view it on github", "mute the thread",
    "unsubscribe from these emails", "list info:", "yahoo! groups links", "list archives:",
    "this email is a service from", "delivered by zendesk", "powered by zendesk", "list-unsubscribe",
    "vous avez reçu ce message, car", "vous recevez ce message, car", "vous recevez ce message car",
    "sie erhalten diese nachricht, weil", "sie haben diese nachricht erhalten, weil",
    "has recibido este mensaje porque", "hai ricevuto questo messaggio perché", "u hebt dit bericht ontvangen omdat",
    "você recebeu esta mensagem porque", "du modtager denne meddelelse, fordi", "du får det här meddelandet eftersom",
    "вы получили это сообщение, поскольку", "an infopage:", "sent from the mailing list archive",
    "view this message in context", "if you reply to this email, your message will be added to the discussion",
    "view the discussion thread", "listen-abmeldung", "__._,_.___", "reacted via gmail",
    "visit topic or reply to this email", "to respond, reply to this email or visit",
    "you can also reply to this email", "easy unsubscribe click here", "groups.io links:", "view/reply online (#",
    "mute this topic:", "reply to this email to respond", "to unsubscribe from these emails",
]);

/// Such a beginning that people write too: a program says where to go, see [`list_way`].
#[rustfmt::skip]
static LIST_WAY: Phrases = Phrases::new(&[
    "you are receiving this because", "to unsubscribe, ", "to unsubscribe send", "to unsubscribe: ",
    "to unsubscribe go", "to unsubscribe from", "visit this group at", "for more options, visit",
    "manage your notification", "change your notification", "unsubscribe from this", "unsubscribe here",
    "mailing list info", "visit your group", "to change your subscription", "your email settings:",
    "pour vous désabonner", "para anular la suscripción", "um sich von dieser", "um diese gruppe",
    "to start a new topic under", "view this ticket", "sent by freelists", "manage subscription",
    "to stop receiving notifications",
]);

/// Whether the line begins a list's footer by telling where to be rid of it: in it or in the line under it there is an address, or
/// it says no more than that.
pub(super) fn list_way<'a>(fold: &str, next: impl FnOnce() -> &'a str) -> bool {
    let way = |line: &str| {
        ["http://", "https://", "www."].iter().any(|word| line.contains(word)) || address_in(line).is_some()
    };
    let led = |next: &str| footer(next) == Some(Footer::List) || way(next) && next.split(' ').count() <= 4;
    fold.len() < 400
        && LIST_WAY.stand_in(fold)
        && !personal(&format!(" {fold} "))
        && !tells_who_said(fold)
        && (way(fold) || fold.split(' ').count() <= 4 || led(next()))
}

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
    "save a tree", "save paper", "think about the environment", "please don't print this e", "please don't print this m",
    "please don't print unless", "please don't print emails", "environment before printing",
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
    let lists = [&SCANNERS, &SCANNED, &CLEAN, &LIST, &CALENDAR, &ENVIRONMENT].map(Phrases::list);
    let footers = lists.into_iter().flatten().copied().chain(LIST_INFO).chain([SENT_TO]);
    let footers = footers.chain(PRODUCTS.iter().copied());
    AhoCorasick::new(footers.chain(phone::telling())).expect("short phrases")
});

/// What footer the line is, by its lower-case text.
pub(super) fn footer(fold: &str) -> Option<Footer> {
    let telling = !fold.is_empty() && TELLING.is_match(fold);
    if (telling || may_be_linked(fold)) && sent_from(fold) {
        return Some(Footer::SentFrom);
    }
    if !telling || tells_who_said(fold) {
        return None;
    }
    let few = |most: usize| fold.split(' ').count() <= most;
    let named = || {
        let has = |names: &[&str]| names.iter().any(|name| fold.contains(name));
        has(&["avast", "avg"]) && few(10) || has(&["www.", "http"]) && few(4)
    };
    let alone = || {
        CLEAN
            .list()
            .iter()
            .any(|s| fold.contains(s) && fold.len() <= s.len() + 2)
    };
    if fold.len() < 200 && CLEAN.stand_in(fold) && (named() || alone()) {
        return Some(Footer::Scanner);
    }
    if fold.len() < 500 && scanned(fold) {
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
    if fold.len() < 260 && ENVIRONMENT.stand_in(fold) && asks_not_to_print(fold) {
        return Some(Footer::Environment);
    }
    None
}

/// Whether a scanner says so: by its name, or of the mail itself.
fn scanned(fold: &str) -> bool {
    let virus = || VIRUS.iter().any(|word| fold.contains(word));
    let few = fold.split(' ').count();
    let named = || PRODUCTS.iter().any(|name| has_word(fold, name)) && (names_a_mail(fold) || few <= 5);
    let known = SCANNERS.stand_in(fold) && (virus() || few <= 4) || virus() && named();
    let of_this_mail = || SCANNED.stand_in(fold) && virus() && (names_this_mail(fold) || SCANNERS.stand_in(fold));
    (known || of_this_mail()) && !one_speaks(fold)
}

/// Scanners by their names: the mail is named beside them, or there is little more.
const PRODUCTS: &[&str] = &[
    "avast",
    "avg",
    "mcafee",
    "norton",
    "sophos",
    "barracuda",
    "mailscanner",
    "websense",
    "symantec",
    "clamav",
    "f-secure",
    "bullguard",
];

/// What scanners look for, and their trade.
#[rustfmt::skip]
const VIRUS: &[&str] = &[
    "virus", "viren", "vírus", "wirus", "viry", "virů", "virüs", "вирус", "вірус", "scan", "spam", "malware", "antivir",
    "checked by", "ウイルス", "病毒", "바이러스",
];

/// Whether the reader is asked to think before printing: the mail is named, or there is no more than the request.
fn asks_not_to_print(fold: &str) -> bool {
    let words: Vec<&str> = fold
        .split(|c: char| c.is_whitespace() || ".,;:!?\"()'’".contains(c))
        .filter(|w| !w.is_empty())
        .collect();
    let prints = |word: &&str| {
        PAPER
            .iter()
            .any(|stem| word.starts_with(stem) || !stem.is_ascii() && word.contains(stem))
    };
    let asks = |word: &&str| {
        ASKS.iter()
            .any(|ask| word == ask || !ask.is_ascii() && word.contains(ask))
    };
    let Some(last) = words.iter().rposition(prints) else {
        return false;
    };
    // `Antes de imprimir, piense en el medio ambiente`, `Save paper: print only if needed`
    let early = words
        .iter()
        .take(3)
        .position(prints)
        .is_some_and(|at| words[at + 1..].iter().any(asks));
    // `Think before you print: save paper, save trees`; but `Please don't print the surname`
    let green = words[last + 1..].iter().all(|word| GREEN.contains(word));
    let thing = words.get(last + 1).is_some_and(|word| {
        [
            "the", "my", "his", "her", "their", "our", "name", "names", "photo", "photos",
        ]
        .contains(word)
    });
    let short = words.len() <= 14 && (last + 4 >= words.len() && !thing || early || green);
    let named = names_this_mail(fold) || words[last..].iter().any(|w| names_a_mail(w));
    words.iter().any(asks) && (named || short) && !one_speaks(fold) && !OWN.iter().any(|w| has_word(fold, w))
}

/// What follows such a request, and no more.
const GREEN: &[&str] = &[
    "save",
    "paper",
    "trees",
    "tree",
    "a",
    "ink",
    "energy",
    "and",
    "our",
    "the",
    "planet",
    "environment",
];

/// Several people speak, or are told of.
const OWN: &[&str] = &["we", "our", "wir", "nous", "notre", "they", "he", "she"];

/// Words that ask the reader.
#[rustfmt::skip]
const ASKS: &[&str] = &[
    "imprima", "necesita",
    "please", "consider", "think", "save", "don't", "do", "remember", "bitte", "denken", "denk", "muss", "müssen", "zuliebe", "schonen", "pensez",
    "pensons", "imprimez", "respectez", "merci", "n'imprimez", "avant", "favor", "piense", "piensa", "pense", "antes", "considere", "evite", "cuide",
    "cuidemos", "pensi", "pensa", "prima", "rispetta", "rispettiamo", "denkt", "tænk", "tenk", "tänk", "ajattele", "pomyśl",
    "myślisz", "myslete", "prosím", "chraňte", "подумайте", "пожалуйста", "прежде", "берегите", "подумай", "düşün", "düşünün", "lütfen",
    "σκεφτείτε", "παρακαλ", "请", "請", "ください", "下さい", "お願い", "주세요", "바랍니다", "يرجى", "فضلك", "אנא", "gondol", "kérjük", "kérem", "gândi",
    "rugăm", "protejați", "будь", "подбайте",
];

/// `Blog mailing list`, `Blog@lists.example.org`, the info page: what Mailman writes under its line.
pub(super) fn list_info(fold: &str) -> bool {
    fold.len() < 160
        && (fold.ends_with(LIST_INFO[0]) || LIST_INFO[1..].iter().any(|page| fold.contains(page)))
        && fold.split(' ').count() <= 8
}

/// How words of printing begin.
#[rustfmt::skip]
const PAPER: &[&str] = &[
    "print", "druck", "ausdruck", "ausgedruckt", "gedruckt", "imprim", "réimprim", "stamp", "afdruk", "afgedrukt", "uitprint", "print",
    "udskriv", "skriv", "utskrift", "tulost", "wydruk", "drukow", "drukuj", "tisk", "vytisk", "vytišt", "tlač", "печат", "напечат", "распечат", "yazdır",
    "nyomtat", "kinyomtat", "tipăr", "друк", "роздрук", "надрук", "εκτυπ", "印刷", "打印", "列印", "인쇄", "출력", "طباع", "تطبع", "הדפס", "tryck",
    "papir",
];

/// A further line of a scanner's footer: `Version: 10.0.1170 / Virus Database: 426/3298`.
pub(super) fn scanner_goes_on(fold: &str) -> bool {
    fold.len() < 120
        && (fold.starts_with("version:")
            || fold.contains("avast")
            || fold.contains("www.avg")
            || fold.contains("release date:")
            || fold.starts_with("for more information please visit")
            || fold.starts_with("for more info visit www.bullguard.com")
            // The anchor under Avast's table.
            || fold.starts_with("<#dab4fad8")
            || fold.starts_with("http")
            || fold.starts_with("<http")
            || fold.starts_with("database"))
}

/// A further line of what Yahoo and MSN wrote under mails: `Everyone is raving about the all-new Yahoo! Mail.`
pub(super) fn advert_goes_on(fold: &str) -> bool {
    const SOLD: &[&str] = &["yahoo! mail", "yahoo! messenger", "yahoo! answers", "yahoo.com"];
    fold.split(' ').count() <= 14 && SOLD.iter().any(|name| fold.contains(name)) && !personal(&format!(" {fold} "))
}

/// What MSN and Hotmail sold under a line of their own: `MSN Photos is the easiest way to share and print your photos.`
pub(super) fn advert(fold: &str) -> bool {
    const SOLD: &[&str] = &["msn ", "hotmail", "windows live", "msn.com"];
    let few = fold.split(' ').count() <= 20 && !one_speaks(fold) && !OWN.iter().any(|word| has_word(fold, word));
    few && SOLD
        .iter()
        .any(|name| fold.starts_with(name) || fold.contains("http") && fold.contains(name))
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
    fn what_tells_of_the_world_is_no_footer() {
        let found: Vec<&str> = [
            "To save paper, the leaflet was printed on the back of old bus tickets.",
            "The children stamped their feet for the planet, all ninety of them.",
            "Think before you print: the dog has eaten petition number one.",
            "Der Druck auf unsere Umwelt wächst, sagte die Lehrerin, und die Kinder nickten.",
            "Les affiches sur l'environnement furent imprimées dans la cave du maire.",
            "Barnen trycker egna affischer om miljön, och läraren hjälper till.",
            "La stampa parlò di noi e dell'ambiente per una settimana intera.",
            "Lapset tulostivat kuvia ympäristöstä ja ripustivat ne portaikkoon.",
            "孩子们把环境的照片打印出来，贴满了楼道。",
            "子どもたちは環境のポスターを印刷して、橋に貼りました。",
            "Az ellenőr kétszer is ellenőrizte a liftet, aztán megjavították.",
            "The water was believed to be clean, and then the first child fell ill.",
            "Woda została sprawdzona pod kątem ołowiu, i dopiero wtedy nam uwierzyli.",
            "Everybody at the shelter was virus checked, and everybody got soup.",
            "Please don't print the surname.",
            "Please don't print this.",
            "This message has been checked for viruses by nobody, and for mistakes by my sister.",
            "Please think of the planet, said the sign that the children printed.",
            "Save the planet, they had printed on every shirt.",
            "The mail came, and with it the virus, said McAfee, our postman.",
            "You received this message because you were loved, said the balloon.",
            "Um diese Gruppe kümmerte sich niemand.",
            "To unsubscribe, you had to climb four flights of stairs and knock.",
        ]
        .into_iter()
        .filter(|t| footer(&t.to_lowercase()).is_some())
        .collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn what_names_the_mail_is_one_in_its_languages() {
        let missed: Vec<&str> = [
            "Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail ausdrucken.",
            "Der Umwelt zuliebe: Muss diese E-Mail wirklich ausgedruckt werden?",
            "Antes de imprimir este mensaje, piense en el medio ambiente.",
            "Antes de imprimir este e-mail, pense no meio ambiente.",
            "Prima di stampare questa e-mail pensa all'ambiente.",
            "Denk aan het milieu voordat u dit bericht afdrukt.",
            "Tænk på miljøet, før du printer denne mail.",
            "Tänk på miljön innan du skriver ut det här meddelandet.",
            "Ajattele ympäristöä ennen kuin tulostat tämän viestin.",
            "Pomyśl o środowisku, zanim wydrukujesz tę wiadomość.",
            "Подумайте об окружающей среде, прежде чем печатать это письмо.",
            "请在打印此邮件前考虑环境。",
            "Save paper - please do not print this e-mail unless you need to.",
            "Save a tree. Think before you print.",
            "Antes de imprimir, piense en el medio ambiente",
            "Before you print think about the ENVIRONMENT",
            "Think green, keep it on the screen. Save paper: print only if needed.",
            "E-mailen er kontrolleret for virus af AVG.",
            "This message has been scanned for malware by Websense.",
            "Ta wiadomość została sprawdzona na obecność wirusów przez oprogramowanie antywirusowe Avast.",
            "Diese Nachricht wurde auf Viren geprüft.",
            "Norton Internet Security scanned this email for viruses.",
            "Scanned by McAfee Email Protection",
            "Outgoing mail is certified Virus Free. Checked by AVG - www.avg.com",
        ]
        .into_iter()
        .filter(|t| footer(&t.to_lowercase()).is_none())
        .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn a_list_says_where_to_be_rid_of_it() {
        let way = "to unsubscribe from this list, go to https://lists.example.org/leave";
        assert!(list_way(way, || ""));
        assert!(list_way(
            "um diese gruppe zu verlassen:",
            || "https://lists.example.org/leave"
        ));
        assert!(list_way("unsubscribe here", || ""));
        for (fold, next) in [
            ("to unsubscribe from fear, knock on a door.", ""),
            (
                "um diese gruppe kümmerte sich niemand.",
                "heute findet man sie auf www.elm.example, und meine mutter macht die kasse.",
            ),
            ("you are receiving this because your hands were up, said the man.", ""),
        ] {
            assert!(!list_way(fold, || next), "{fold}");
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
        let lists = [&SCANNERS, &SCANNED, &CLEAN, &LIST, &CALENDAR, &ENVIRONMENT].map(Phrases::list);
        let phrases: Vec<&str> = lists.into_iter().chain(phone::lists()).flatten().copied().collect();
        assert!(phrases.len() > 400, "{}", phrases.len());
        for phrase in phrases {
            assert!(TELLING.is_match(phrase), "{phrase:?}");
            assert_eq!(phrase, phrase.to_lowercase(), "lines are compared in lower case");
        }
    }
}
