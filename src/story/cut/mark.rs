//! Lines that say "another mail begins here": `-----Original Message-----`, `Begin forwarded message:`, and a service
//! desk's "please type your reply above this line".

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a mark announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The mail that is answered (or, by some programs, forwarded).
    Original,
    Forwarded,
    /// Only what stands above it is the reply.
    ReplyAbove,
}

#[rustfmt::skip]
const ORIGINAL: &[&str] = &[
    "original message", "original e-mail", "original email", "original mail", "originalmeddelande", "reply message",
    "replied message", "ursprüngliche nachricht", "ursprüngliche e-mail", "originalnachricht", "original-nachricht",
    "ursprüngliche mail", "message d'origine", "message d’origine", "message original", "message initial",
    "courriel original", "mensaje original", "mensaje de origen", "correo original", "messaggio originale",
    "messaggio di origine", "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht",
    "oorspronkelijke mail", "mensagem original", "oprindelig meddelelse", "original meddelelse", "oprindelig besked",
    "opprinnelig melding", "original melding", "ursprungligt meddelande", "alkuperäinen viesti",
    "alkuperäinen sähköposti", "wiadomość oryginalna", "oryginalna wiadomość", "wiadomosc oryginalna",
    "pierwotna wiadomość", "původní zpráva", "pôvodná správa", "eredeti üzenet", "mesaj original",
    "mesajul original", "izvorna poruka", "originalna poruka", "izvirno sporočilo", "исходное сообщение",
    "исходное письмо", "оригинальное сообщение", "первоначальное сообщение", "вихідне повідомлення",
    "оригінальне повідомлення", "оригинално съобщение", "orijinal mesaj", "özgün ileti", "orijinal ileti",
    "asıl mesaj", "αρχικό μήνυμα", "元のメッセージ", "オリジナルメッセージ", "original message (元のメッセージ)", "原始邮件", "原邮件", "原始郵件",
    "原始信件", "原始訊息", "原始消息", "回复的原邮件", "원본 메시지", "원본 이메일", "원본이메일", "originalni e-mail", "originalno sporočilo", "원본메시지", "원본 메일", "원본메일", "الرسالة الأصلية", "رسالة أصلية",
    "הודעה מקורית", "پیام اصلی", "pesan asli", "pesan asal", "thư gốc", "tin nhắn gốc", "ข้อความต้นฉบับ",
    "ข้อความเดิม", "algne kiri", "algkiri", "originalais ziņojums", "pradinis laiškas", "मूल संदेश",
    "missatge original", "mensaxe orixinal", "upprunaleg skilaboð", "original appointment", "original von",
    "mail original", "mail d'origine", "message précédent", "e-mail d'origine", "mensagem inicial",
    "mensaje anterior", "original-mail", "ursprungsmeddelande", "původní e-mail", "původní email", "původní mail",
];

#[rustfmt::skip]
const FORWARDED: &[&str] = &[
    "forwarded message", "begin forwarded message", "forwarded mail", "forwarded email", "forwarded by",
    "forwarded from", "start of forwarded message", "forwarded conversation", "weitergeleitete nachricht",
    "weitergeleitete e-mail", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
    "beginn der weitergeleiteten nachricht", "weitergeleitet von", "weitergeleitete mail", "message transféré",
    "message transmis", "message réexpédié", "début du message réexpédié", "début du message transféré",
    "courriel transféré", "transféré par", "transféré", "mensaje reenviado", "inicio del mensaje reenviado",
    "comienza el mensaje reenviado", "mensaje remitido", "reenviado por", "messaggio inoltrato",
    "inizio messaggio inoltrato", "inoltrato da", "messaggio trasmesso", "doorgestuurd bericht",
    "begin doorgestuurd bericht", "doorgestuurd door", "doorgezonden bericht", "mensagem encaminhada",
    "início da mensagem encaminhada", "início da mensagem reencaminhada", "mensagem reencaminhada",
    "encaminhado por", "videresendt meddelelse", "videresendt besked", "start på videresendt besked",
    "videresendt melding", "begynnelse på videresendt melding", "videresendt e-post", "vidarebefordrat meddelande",
    "vidarebefordrat brev", "vidarebefordrat mejl", "vidarebefordrat e-postmeddelande",
    "påbörjat vidarebefordrat brev", "början på vidarebefordrat meddelande", "välitetty viesti",
    "edelleenlähetetty viesti", "välitetty viesti alkaa", "edelleen lähetetty viesti", "wiadomość przekazana dalej",
    "przekazana wiadomość", "wiadomość przekazana", "początek przekazywanej wiadomości",
    "początek przekazanej wiadomości", "treść przekazanej wiadomości", "przeposlaná zpráva", "přeposlaná zpráva",
    "začátek přeposílané zprávy", "přeposlaný e-mail", "preposlaná správa", "začiatok preposlanej správy",
    "továbbított üzenet", "továbbított levél", "mesaj redirecționat", "mesaj redirectionat", "mesaj retransmis",
    "începutul mesajului redirecționat", "proslijeđena poruka", "prosleđena poruka", "posredovano sporočilo",
    "пересылаемое сообщение", "пересланное сообщение", "пересылаемое письмо", "переслано",
    "начало переадресованного сообщения", "начало пересылаемого сообщения", "пересланное письмо",
    "переслане повідомлення", "пересилане повідомлення", "початок переадресованого повідомлення",
    "препратено съобщение", "препратено писмо", "iletilen mesaj", "yönlendirilen mesaj", "iletilmiş ileti",
    "iletilen ileti", "iletinin başlangıcı", "yönlendirilen e-posta", "προωθημένο μήνυμα",
    "έναρξη προωθημένου μηνύματος", "αρχή προωθημένου μηνύματος", "転送されたメッセージ", "転送メッセージ", "転送メール", "転送されたメール",
    "转发邮件", "轉寄郵件", "转发的邮件", "轉寄的郵件", "转发邮件信息", "轉寄訊息", "开始转发的邮件", "開始轉寄郵件", "下面是被转发的邮件", "以下為轉寄的郵件", "转发消息", "转发信息",
    "전달된 메일", "전달된 메시지", "전달 메시지", "전달한 메시지", "الرسالة المعاد توجيهها", "رسالة معاد توجيهها", "رسالة محولة",
    "بدء الرسالة المعاد توجيهها", "הודעה שהועברה", "תחילת ההודעה שהועברה", "پیام هدایت شده", "پیام ارسال شده",
    "pesan yang diteruskan", "pesan terusan", "mesej yang dimajukan", "awal pesan yang diteruskan",
    "thư đã chuyển tiếp", "tin nhắn đã chuyển tiếp", "bắt đầu thư được chuyển tiếp", "chuyển tiếp thư",
    "ข้อความที่ส่งต่อ", "เริ่มต้นข้อความที่ส่งต่อ", "edastatud kiri", "edasi saadetud kiri", "pārsūtītais ziņojums",
    "pārsūtīts ziņojums", "persiunčiamas laiškas", "persiųstas laiškas", "missatge reenviat", "mensaxe reenviada",
    "áframsend skilaboð", "फ़ॉरवर्ड किया गया संदेश", "अग्रेषित संदेश",
];

/// What lines are drawn with.
const MARKS: &[char] = &['-', '_', '=', '*', '#', '–', '—', '─', '~', '<', '+', '|', '‐'];

/// Words of which one each stands in "reply above this line".
#[rustfmt::skip]
const REPLY: &[&str] = &[
    "reply", "respond", "response", "type", "write", "answer", "comment", "antwort", "antworten", "schreiben",
    "répon", "respon", "rispond", "svar", "odpov", "ответ", "yanıt", "vastaa", "antwoord", "add your", "message",
    "text", "escriba", "escribir", "respues", "digite", "scriv", "écri", "ecri", "schrijf", "skriv", "napisz",
    "pišt", "回复", "回覆", "返信",
];
#[rustfmt::skip]
const ABOVE: &[&str] = &[
    "above this line", "above the line", "above this delimiter", "above these lines", "über dieser linie",
    "über dieser zeile", "oberhalb dieser linie", "oberhalb dieser zeile", "au-dessus de cette ligne",
    "au dessus de cette ligne", "por encima de esta línea", "encima de esta línea", "arriba de esta línea",
    "acima desta linha", "sopra questa riga", "sopra questa linea", "al di sopra di questa riga", "boven deze lijn",
    "boven deze regel", "over denne linje", "over denne linjen", "ovanför den här linjen", "ovanför denna linje",
    "ovanför denna rad", "tämän rivin yläpuolelle", "nad tą linią", "powyżej tej linii", "nad tento řádek",
    "nad tuto čáru", "выше этой строки", "выше этой линии", "над этой строкой", "над этой чертой",
    "bu satırın üzerine", "bu satırın üstüne", "此行上方", "在此线上方", "この行より上", "この線より上", "peste această linie",
    "deasupra acestei linii", "ezen sor fölé", "above this", "below this line",
];

/// Those of them that are about answering: "write your name above this line" is of a petition.
#[rustfmt::skip]
const ANSWER: &[&str] = &[
    "reply", "respond", "response", "answer", "replies", "antwort", "répon", "respon", "respues", "rispond", "svar",
    "odpov", "ответ", "yanıt", "vastaa", "antwoord", "回复", "回覆", "返信",
];

/// What mark the line is, by its lower-case text.
pub(super) fn mark(fold: &str) -> Option<Mark> {
    if fold.is_empty() || fold.len() > 260 {
        return None;
    }
    let ends: &[char] = &[
        '-', '_', '=', '*', '#', ' ', '–', '—', '~', '<', '>', '─', '+', '|', '.', '‐',
    ];
    let inner = fold.trim_matches(ends);
    let bare = inner.trim_end_matches([':', '：', ' ', '.']);
    let drawn = fold.chars().take_while(|c| MARKS.contains(c)).count();
    let dashed = drawn >= 2 || drawn == 1 && fold.ends_with(MARKS);
    // `--- Original Message ---`, `Original Message:`; a bare `Original message` only where it is all there is.
    if bare.len() <= 120 {
        if let Some(mark) = WHOLE.get(bare) {
            return Some(*mark);
        }
        let begins = |phrases: &[&str]| {
            phrases.iter().any(|phrase| {
                let rest = bare.strip_prefix(phrase);
                rest.is_some_and(|rest| rest.len() <= 70 && !rest.starts_with(char::is_alphabetic))
            })
        };
        if dashed && begins(FORWARDED) {
            return Some(Mark::Forwarded);
        }
        if dashed && begins(ORIGINAL) {
            return Some(Mark::Original);
        }
    }
    // The cheapest question first: nearly every line of every mail comes here.
    let has = |words: &[&str]| words.iter().any(|word| inner.contains(word));
    if inner.split(' ').nth(24).is_some() || !(dashed || has(ANSWER)) || !has(ABOVE) || inner.contains(" i ") {
        return None;
    }
    let asks = inner.contains("ticket")
        || ABOVE.iter().any(|above| inner.ends_with(above))
        || REPLY.iter().any(|word| inner.starts_with(word));
    ((dashed && has(REPLY)) || (has(ANSWER) && asks)).then_some(Mark::ReplyAbove)
}

static WHOLE: LazyLock<HashMap<&str, Mark>> = LazyLock::new(|| {
    let forwarded = FORWARDED.iter().map(|phrase| (*phrase, Mark::Forwarded));
    forwarded
        .chain(ORIGINAL.iter().map(|phrase| (*phrase, Mark::Original)))
        .collect()
});

/// `----- some words -----`: a mark in words that are not known; it is one where a header block follows.
pub(super) fn dashed_words(text: &str) -> bool {
    let ends: &[char] = &['-', '_', '=', '*', '─', '—', '‐'];
    let led = text.chars().take_while(|c| ends.contains(c)).count();
    let followed = text.chars().rev().take_while(|c| ends.contains(c)).count();
    led >= 3 && followed >= 3 && text.split(' ').count() <= 9
}

/// A line drawn of underscores, dashes and the like: Outlook.com draws one above its header block, many a list above
/// its footer.
pub(super) fn drawn_line(text: &str) -> bool {
    let ink = |c: &char| "_-=*~#–—─━.·＿+‐".contains(*c);
    let Some(first) = text.chars().next().filter(ink) else {
        return false;
    };
    let dash = |c: char| matches!(c, '-' | '–' | '—' | '─' | '‐');
    // `-=-=-=-=-=-`, `==^=====`; Groups.io draws the last
    if text.len() >= 8 && (text.chars().all(|c| "-=*~_+^".contains(c)) || text == "_._,_._,_") {
        return true;
    }
    let mut count = 0;
    text.chars().filter(|c| *c != ' ').all(|c| {
        count += 1;
        c == first || dash(c) && dash(first)
    }) && count >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_programs_are_known_however_many_dashes_they_draw() {
        for (text, expected) in [
            ("-----Original Message-----", Mark::Original),
            ("----- Original Message -----", Mark::Original),
            ("--- Original message ---", Mark::Original),
            ("-------- Original message --------", Mark::Original),
            ("---- original message ----", Mark::Original),
            ("Original Message", Mark::Original),
            ("-----Ursprüngliche Nachricht-----", Mark::Original),
            ("-------- Original-Nachricht --------", Mark::Original),
            ("-----Message d'origine-----", Mark::Original),
            ("-----Mensaje original-----", Mark::Original),
            ("-----Messaggio originale-----", Mark::Original),
            ("-----Oorspronkelijk bericht-----", Mark::Original),
            ("-----Mensagem original-----", Mark::Original),
            ("-----Oprindelig meddelelse-----", Mark::Original),
            ("-----Opprinnelig melding-----", Mark::Original),
            ("-----Ursprungligt meddelande-----", Mark::Original),
            ("-----Alkuperäinen viesti-----", Mark::Original),
            ("-----Wiadomość oryginalna-----", Mark::Original),
            ("-----Původní zpráva-----", Mark::Original),
            ("-----Исходное сообщение-----", Mark::Original),
            ("------------------ 原始邮件 ------------------", Mark::Original),
            ("-----原始郵件-----", Mark::Original),
            ("-------- 원본 메시지 --------", Mark::Original),
            ("---------- Forwarded message ----------", Mark::Forwarded),
            ("---------- Forwarded message ---------", Mark::Forwarded),
            ("-------- Forwarded Message --------", Mark::Forwarded),
            ("Begin forwarded message:", Mark::Forwarded),
            (
                "----- Forwarded message from Marion Maxwell <marion@example.org> -----",
                Mark::Forwarded,
            ),
            ("------- Start of forwarded message -------", Mark::Forwarded),
            (
                "----- Forwarded by Marion Maxwell/Brighton on 04/12/2010 10:00 -----",
                Mark::Forwarded,
            ),
            ("Anfang der weitergeleiteten Nachricht:", Mark::Forwarded),
            ("-------- Weitergeleitete Nachricht --------", Mark::Forwarded),
            ("Début du message réexpédié :", Mark::Forwarded),
            ("---------- Message transféré ----------", Mark::Forwarded),
            ("---------- Mensaje reenviado ----------", Mark::Forwarded),
            ("Inizio messaggio inoltrato:", Mark::Forwarded),
            ("---------- Doorgestuurd bericht ----------", Mark::Forwarded),
            ("---------- Mensagem encaminhada ----------", Mark::Forwarded),
            ("---------- Пересылаемое сообщение ----------", Mark::Forwarded),
            ("---------- 転送メッセージ ----------", Mark::Forwarded),
            ("##- Please type your reply above this line -##", Mark::ReplyAbove),
            ("--- Reply above this line ---", Mark::ReplyAbove),
            ("=-=-=-= Please reply above this line =-=-=-=", Mark::ReplyAbove),
            (
                "In replies all text above this line is added to the ticket",
                Mark::ReplyAbove,
            ),
            ("Write ABOVE THIS LINE to post a reply", Mark::ReplyAbove),
            ("Please reply above this line", Mark::ReplyAbove),
            (
                "##- Bitte geben Sie Ihre Antwort über dieser Zeile ein. -##",
                Mark::ReplyAbove,
            ),
        ] {
            assert_eq!(mark(&text.to_lowercase()), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_sentence_about_a_message_is_no_mark() {
        for text in [
            "The original message of the campaign was hope.",
            "Forwarded message received, thank you",
            "I reply above this line of argument every time.",
            "- original messages are best",
            "Original",
            "----",
        ] {
            assert_eq!(mark(&text.to_lowercase()), None, "{text}");
        }
    }
}
