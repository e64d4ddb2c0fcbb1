//! Closing formulas, and what looks like the name under one.

use std::collections::HashSet;
use std::sync::LazyLock;

#[rustfmt::skip]
const SIGN_OFFS: &[&str] = &[
    "best", "best wishes", "best regards", "regards", "kind regards", "kindest regards", "warm regards",
    "warmest regards", "warmly", "sincerely", "yours sincerely", "sincerely yours", "yours", "yours truly",
    "yours faithfully", "cheers", "thanks", "thank you", "many thanks", "thanks again", "thanks so much",
    "thanks and regards", "thanks & regards", "with thanks", "love", "much love", "lots of love", "with love",
    "take care", "all the best", "all best", "respectfully", "cordially", "in solidarity", "solidarity", "in unity",
    "peace", "with best wishes", "with kind regards", "with regards", "best,", "br", "rgds", "kr",
    "many thanks and best wishes", "with gratitude", "gratefully", "onwards", "in hope", "ta", "very best", "hugs",
    "xx", "mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "freundliche grüße",
    "freundliche grüsse", "viele grüße", "viele grüsse", "beste grüße", "beste grüsse", "liebe grüße",
    "liebe grüsse", "herzliche grüße", "herzliche grüsse", "schöne grüße", "schöne grüsse", "grüße", "gruß", "gruss",
    "lg", "vg", "mfg", "danke", "vielen dank", "besten dank", "mit besten grüßen", "mit lieben grüßen",
    "hochachtungsvoll", "herzlich", "mit herzlichen grüßen", "cordialement", "bien cordialement",
    "très cordialement", "bien à vous", "bien à toi", "amitiés", "amicalement", "sincèrement", "salutations",
    "merci", "merci d'avance", "bonne journée", "bonne soirée", "à bientôt", "respectueusement", "bises", "cdlt",
    "cdt", "meilleures salutations", "salutations distinguées", "saludos", "un saludo", "saludos cordiales",
    "atentamente", "gracias", "muchas gracias", "un abrazo", "abrazos", "cordialmente", "un cordial saludo", "atte",
    "saluti", "cordiali saluti", "distinti saluti", "un saluto", "grazie", "grazie mille", "un abbraccio",
    "a presto", "cari saluti", "tanti saluti", "buona giornata", "met vriendelijke groet",
    "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten", "groet", "groetjes", "mvg",
    "hartelijke groet", "hartelijke groeten", "bedankt", "dank u", "dank je", "alvast bedankt", "atenciosamente",
    "abraço", "abraços", "um abraço", "obrigado", "obrigada", "cumprimentos", "com os melhores cumprimentos",
    "melhores cumprimentos", "att", "grato", "grata", "med venlig hilsen", "venlig hilsen", "mvh",
    "med vänlig hälsning", "med vänliga hälsningar", "vänliga hälsningar", "vänligen", "hälsningar", "hilsen",
    "med vennlig hilsen", "vennlig hilsen", "beste hilsen", "tack", "takk", "tak", "kh", "vh", "de bedste hilsner",
    "bästa hälsningar", "med hilsen", "kærlig hilsen", "ystävällisin terveisin", "terveisin", "terv", "kiitos",
    "parhain terveisin", "yt", "pozdrawiam", "z poważaniem", "z wyrazami szacunku", "pozdrowienia", "dziękuję",
    "serdecznie pozdrawiam", "s pozdravem", "s pozdravom", "s úctou", "zdraví", "děkuji", "díky", "hezký den",
    "üdvözlettel", "tisztelettel", "üdv", "köszönöm", "cu stimă", "cu respect", "mulțumesc", "o zi bună", "lp",
    "lep pozdrav", "pozdrav", "srdačan pozdrav", "s poštovanjem", "с уважением", "с наилучшими пожеланиями",
    "спасибо", "всего доброго", "з повагою", "дякую", "поздрави", "с уважение", "με εκτίμηση", "ευχαριστώ", "φιλικά",
    "saygılarımla", "saygılarımızla", "iyi çalışmalar", "teşekkürler", "sevgiler", "selamlar", "salam",
    "hormat saya", "terima kasih", "salam hormat", "trân trọng", "thân mến", "cảm ơn", "ขอแสดงความนับถือ", "ขอบคุณ",
    "よろしくお願いします", "よろしくお願いいたします", "よろしくお願い致します", "以上", "敬具", "谢谢", "謝謝", "此致", "此致敬礼", "祝好", "顺祝商祺", "감사합니다",
    "감사합니다.", "مع التحية", "تحياتي", "مع تحياتي", "شكرا", "شكراً", "בברכה", "תודה", "בכבוד רב", "با احترام",
    "धन्यवाद", "salutacions", "atentament", "agur", "heilsa", "kveðja", "مع أطيب التحيات", "أطيب التحيات",
    "مع خالص التحية", "مع خالص الشكر", "خالص التحيات", "تحية طيبة", "وتفضلوا بقبول فائق الاحترام", "مع الشكر", "شكرا جزيلا",
    "شكراً جزيلاً", "بإخلاص", "مع تحيات", "בברכה רבה", "תודה רבה", "תודה מראש", "בתודה", "בידידות", "כל טוב", "שלך",
    "με φιλικούς χαιρετισμούς", "με εκτιμηση", "φιλικοί χαιρετισμοί", "χαιρετισμούς", "ευχαριστώ πολύ", "με τιμή",
    "ευχαριστώ εκ των προτέρων", "с уважением и наилучшими пожеланиями", "с приветом", "всего наилучшего", "искренне ваш",
    "искренне ваша", "заранее спасибо", "большое спасибо", "с теплом", "до встречи", "з найкращими побажаннями",
    "щиро дякую", "на все добре", "всього найкращого", "bien amicalement", "bien sincèrement", "salutations cordiales",
    "cordiales salutations", "sincères salutations", "bonne réception", "belle journée", "avec mes remerciements",
    "merci beaucoup", "merci encore", "je vous embrasse", "grosses bises", "bisous", "saludos afectuosos",
    "cordiales saludos", "reciba un cordial saludo", "con cariño", "muy atentamente", "besos", "un beso",
    "gracias de antemano", "com cumprimentos", "saudações", "beijos", "beijinhos", "muito obrigado", "muito obrigada",
    "obrigado desde já", "abraço a todos", "respeitosamente", "cordiali saluti e grazie", "con stima", "un caro saluto",
    "con affetto", "baci", "in attesa di riscontro", "buona serata", "groetjes en liefs", "liefs", "veel liefs",
    "hartelijke dank", "met hartelijke groet", "met groet", "vriendelijke groetjes", "gr", "schöne grüsse",
    "es grüßt", "es grüsst", "herzliche grüße", "herzlichst", "alles liebe", "alles gute", "liebe grüße und danke",
    "mit freundlichem gruss", "mit bestem gruß", "sonnige grüße", "bis bald", "danke und gruß", "danke und viele grüße",
    "vielen dank und viele grüße", "vielen dank im voraus", "danke im voraus", "mange hilsner", "mange hilsener",
    "bedste hilsner", "hilsner", "på forhånd tak", "tak på forhånd", "kærlige hilsner", "på forhånd takk",
    "mange takk", "mange tak", "alt godt", "hälsar", "vänlig hälsning", "bästa hälsning", "varma hälsningar", "tack på förhand",
    "tack så mycket", "kram", "kramar", "allt gott", "ystävällisesti", "kunnioittavasti", "terkuin", "terkut",
    "kiitos paljon", "kiitos etukäteen", "kiittäen", "serdeczności", "serdeczne pozdrowienia", "łączę pozdrowienia",
    "z pozdrowieniami", "dzięki", "pozdrawiam serdecznie", "z góry dziękuję", "miłego dnia", "uściski", "srdečně",
    "s přátelským pozdravem", "hezký zbytek dne", "s pozdravem a přáním hezkého dne", "mějte se", "mějte se hezky",
    "předem děkuji", "děkuji předem", "s přáním pěkného dne", "ďakujem", "baráti üdvözlettel", "szívélyes üdvözlettel",
    "köszönettel", "üdvözlet", "puszi", "minden jót", "előre is köszönöm", "cu drag", "cu prietenie", "cu considerație",
    "toate cele bune", "cu mulțumiri", "mulțumesc anticipat", "numai bine", "saygılar", "saygı ve sevgilerimle",
    "iyi günler", "kolay gelsin", "teşekkür ederim", "sevgi ve saygılarımla", "görüşmek üzere", "hoşça kal",
    "宜しくお願いします", "宜しくお願い致します", "どうぞよろしくお願いいたします", "何卒よろしくお願いいたします", "それでは、よろしくお願いいたします",
    "ありがとうございます", "ありがとうございました", "では", "また連絡します", "かしこ", "草々", "敬上", "敬礼", "此致 敬礼", "顺颂商祺", "順頌商祺", "祝您工作愉快",
    "祝工作顺利", "祝商祺", "祝安好", "多谢", "谨上", "感谢", "고맙습니다", "감사드립니다", "안녕히 계세요", "수고하세요", "감사해요", "드림", "올림",
    "yours aye", "best regards and thanks", "thanks in advance", "many regards", "with appreciation", "with kindest regards",
    "have a great day", "have a nice day", "have a good day", "have a lovely day", "have a good weekend", "speak soon",
    "talk soon", "see you soon", "take it easy", "warmest wishes", "warmest", "yours ever", "yours fraternally",
    "fraternally", "comradely", "in friendship", "with solidarity", "with respect", "yours respectfully", "blessings", "god bless", "warm wishes", "with warm regards",
    "kind wishes", "good wishes", "hope this helps", "thx", "tia", "ttyl", "bw", "atb", "bfn",
];

/// A name in Chinese, Japanese or Korean script, which has no blank in it.
pub(super) fn eastern(name: &str) -> bool {
    let signs = name
        .chars()
        .filter(|c| matches!(*c as u32, 0x3040..=0x9fff | 0xac00..=0xd7a3));
    (2..=5).contains(&name.chars().count()) && signs.count() == name.chars().count()
}

/// Whether `line` is a name alone, and the one that `name` begins with: `Marion` over `Marion Maxwell`.
pub(super) fn signs_for(line: &str, name: &str) -> bool {
    let line = line.trim_matches([' ', '-', '—', '–', ',', '.', '*', '_', '~']);
    let first = |text: &str| text.split(' ').next().unwrap_or_default().to_lowercase();
    name_like(line, false) && line.split(' ').count() <= 3 && first(line) == first(name)
}

/// Whether a phrase in lower case is a closing formula, or two that an "and" joins (`with thanks and best wishes`), or
/// one that says in what its writer is the reader's (`yours in solidarity`).
fn formula(phrase: &str) -> bool {
    // asked several times of every line
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| SIGN_OFFS.iter().copied().collect());
    let known = |phrase: &str| KNOWN.contains(phrase.trim());
    let joined = |at: usize| {
        let joint = JOINTS.iter().find(|joint| phrase[at..].starts_with(*joint));
        joint.is_some_and(|joint| known(&phrase[..at]) && known(&phrase[at + joint.len()..]))
    };
    let in_what = phrase.strip_prefix("yours in ");
    known(phrase)
        || phrase.match_indices(' ').any(|(at, _)| joined(at))
        || in_what.is_some_and(|what| what.split(' ').count() <= 3)
}

/// What joins two closing formulas.
const JOINTS: &[&str] = &[
    " and ", " & ", " + ", " und ", " et ", " y ", " e ", " en ", " og ", " och ", " i ",
];

/// The rest of a closing formula after its phrase: empty where the name stands on the next line.
pub(super) fn closing(text: &str) -> Option<&str> {
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    let fold = text.to_lowercase();
    let bare = fold
        .trim_end_matches([
            ',', '.', '!', ' ', ';', '-', '—', '–', ':', ')', '*', '，', '。', '、', '_', '،', '！', '~', '\u{2026}',
        ])
        .trim_start_matches(['*', '_', ' ']);
    if formula(bare) {
        return Some("");
    }
    // `Best wishes, Marion`
    if let Some((phrase, rest)) = text.split_once([',', '，', '、', '،', '-', '–', '—', '!']) {
        let rest = rest.trim_start_matches([' ', '-']);
        if formula(phrase.trim().to_lowercase().as_str()) && name_like(rest, true) {
            return Some(rest);
        }
    }
    on_one_line(text)
}

/// `LG Marion`, `Viele Grüße Marion Maxwell`: the name that follows the formula without a comma. After thanks that name
/// is the reader's as often as not.
fn on_one_line(text: &str) -> Option<&str> {
    text.match_indices(' ').take(5).find_map(|(at, _)| {
        let rest = text[at + 1..].trim();
        // few words of a story are followed by so little
        let named = rest.starts_with(char::is_uppercase) && rest.split(' ').count() <= 3 && name_like(rest, false);
        if !named {
            return None;
        }
        let phrase = text[..at].to_lowercase();
        let greets = phrase.contains(' ') || SHORT.contains(&phrase.as_str());
        let greets = greets && formula(&phrase) && !THANKS.iter().any(|w| phrase.contains(w));
        greets.then_some(rest)
    })
}

/// Formulas of one word after which a name may stand.
const SHORT: &[&str] = &[
    "lg", "vg", "mfg", "mvh", "gruß", "gruss", "grüße", "grüsse", "groetjes", "hilsen", "rgds", "cdt", "bises",
];

const THANKS: &[&str] = &[
    "thank",
    "dank",
    "merci",
    "gracias",
    "grazie",
    "obrigad",
    "tak",
    "takk",
    "tack",
    "dzięk",
    "děkuj",
    "спасибо",
];

/// Looks like a person's name: up to five words, no digits, no end of a sentence. `known` where a formula stands above.
pub(super) fn name_like(text: &str, known: bool) -> bool {
    let text = text.trim_matches(['*', '_', ' ', ',', '-', '—', '–', '~', '"', '/', '(', ')']);
    let words: Vec<&str> = text.split(' ').collect();
    let fits = |c: char| {
        c.is_alphabetic()
            || matches!(c, ' ' | '.' | '\'' | '’' | '-' | '&' | '(' | ')' | ',' | '/')
            || c as u32 > 0x2000
    };
    if text.is_empty()
        || text.chars().count() > 44
        || words.len() > 6
        || !text.chars().all(fits)
        || !text.chars().any(char::is_alphabetic)
    {
        return false;
    }
    let small = |w: &str| {
        w.starts_with(char::is_lowercase)
            && !matches!(
                w,
                "and"
                    | "i."
                    | "i.a."
                    | "i.v."
                    | "i.A."
                    | "i.V."
                    | "a."
                    | "v."
                    | "ppa."
                    | "p.p."
                    | "p.o."
                    | "de"
                    | "van"
                    | "von"
                    | "der"
                    | "den"
                    | "di"
                    | "da"
                    | "la"
                    | "du"
                    | "und"
                    | "et"
                    | "y"
                    | "e"
                    | "og"
                    | "och"
                    | "del"
                    | "dos"
                    | "x"
                    | "xx"
                    | "xxx"
            )
    };
    let smalls = words.iter().filter(|w| small(w)).count();
    if known {
        smalls == 0 || words.len() <= 2
    } else {
        smalls == 0 && words.len() <= 5 && !text.ends_with(['.', ','])
    }
}
