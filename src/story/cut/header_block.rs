//! The header of another mail, written out in the text: `From: ... Sent: ... To: ... Subject: ...` and its words in
//! other languages. A block needs From and one of Date and Subject.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::story::address::addresses;
use crate::story::passage::Line;
use crate::story::submission::Mailbox;

use super::seen::{Seen, address_in};

/// Lines below one of an unknown name that a known one is looked for in: a signature of DKIM goes on for so long.
const UNKNOWN_FOLDED: usize = 12;

/// Lines that a folded header (a long To) may go on for.
const MOST_FOLDED: usize = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    From,
    Date,
    Subject,
    To,
    Other,
}

#[rustfmt::skip]
const NAMES: &[(Field, &[&str])] = &[
    (Field::From, &[
        "from", "von", "absender", "de", "expéditeur", "expediteur", "da", "mittente", "van", "afzender", "fra",
        "från", "fran", "od", "от", "від", "от кого", "отправитель", "kimden", "gönderen", "lähettäjä", "feladó",
        "nadawca", "odesílatel", "odosielateľ", "pošiljatelj", "šalje", "de la", "expeditor", "remitente",
        "remetente", "avsender", "avsändare", "afsender", "από", "αποστολέας", "dari", "pengirim", "daripada", "từ",
        "người gửi", "จาก", "از", "saatja", "nuo", "no", "差出人", "送信者", "送信元", "发件人", "寄件者", "寄件人", "發件人", "发信人", "oddi wrth", "frá",
        "보낸 사람", "보낸사람", "발신인", "من", "מאת", "de parte de", "פרום", "од", "ad", "प्रेषक", "від кого",
        "발신", "보낸이", "보낸 이", "sūtītājs", "siuntėjas", "发件者", "寄件者", "pošiljatelj", "пошиљалац",
    ]),
    (Field::Date, &[
        "anfonwyd", "date", "sent", "date sent", "sent on", "sent at", "datum", "gesendet", "gesendet am", "envoyé", "envoye",
        "envoyé le", "date d'envoi", "date d’envoi", "fecha", "enviado", "enviado el", "enviado em", "enviada em",
        "enviada", "data", "inviato", "inviata", "data invio", "data di invio", "verzonden", "verzonden op", "dato",
        "sendt", "skickat", "skickat den", "lähetetty", "päivämäärä", "päiväys", "wysłano", "data wysłania",
        "wysłane", "wysłany", "odesláno", "dátum", "odoslané", "elküldve", "küldve", "küldés ideje", "trimis",
        "trimis la", "trimis:", "poslano", "poslato", "дата", "отправлено", "дата отправки", "надіслано",
        "изпратено", "tarih", "gönderildi", "gönderme tarihi", "gönderilme", "gönderim tarihi", "送信日時", "日時", "日付",
        "发送时间", "发送日期", "日期", "时间", "時間", "寄件日期", "傳送時間", "傳送日期", "傳送", "已傳送", "已发送", "已發送", "보낸 날짜", "날짜", "보낸 시간",
        "التاريخ", "تاريخ", "تاريخ الإرسال", "تم الإرسال", "אריך", "תאריך", "נשלח", "ημερομηνία", "στάλθηκε",
        "εστάλη", "tanggal", "dikirim", "terkirim", "ngày", "đã gửi", "gửi", "วันที่", "ส่งเมื่อ", "ส่ง", "kuupäev",
        "saadetud", "datums", "siųsta", "תאריך שליחה", "تاریخ", "दिनांक", "time",
        "enviat", "enviat el", "išsiųsta", "išsiuntimo data", "послато", "датум", "送信日", "受信日時", "发件时间", "nosūtīts",
        "보낸날짜", "보낸 일시", "일시", "inviato il", "verstuurd", "saatmiskuupäev", "date et heure", "gesendet um",
    ]),
    (Field::Subject, &[
        "subject", "betreff", "betr", "objet", "asunto", "oggetto", "onderwerp", "assunto", "emne", "ämne", "amne",
        "aihe", "temat", "předmět", "predmet", "tárgy", "subiect", "subiectul", "тема", "относно", "konu", "件名",
        "主题", "主題", "主旨", "题目", "標題", "제목", "الموضوع", "موضوع", "נושא", "הנדון", "θέμα", "perihal", "subjek",
        "judul", "hal", "chủ đề", "tiêu đề", "เรื่อง", "หัวข้อ", "teema", "tema", "naslov", "zadeva", "assumpte",
        "efni", "विषय", "re", "rubrik", "ogg", "sujet", "tēma", "предмет",
    ]),
    (Field::To, &[
        "to", "an", "à", "a", "para", "aan", "til", "till", "do", "кому", "kime", "alıcı", "宛先", "收件人", "收件者",
        "받는 사람", "받는사람", "수신인", "إلى", "אל", "vastaanottaja", "saaja", "címzett", "către", "catre", "komu", "za",
        "prima", "προς", "kepada", "ke", "tới", "đến", "ถึง", "destinataire", "destinatario", "destinatário", "per",
        "naar", "empfänger", "до", "saajad", "vastaanottajat", "به", "לכבוד", "למי", "받은 사람",
        "받는이", "받는 이", "per a", "kam", "за", "коме", "adressaat", "adresaat", "odbiorca", "mottagare", "modtager",
        "mottaker", "ontvanger", "alıcılar", "destinatari", "收件方",
    ]),
    (Field::Other, &[
        "cc", "bcc", "kopie", "kopie an", "kopi", "kopia", "copie", "copie à", "copie a", "cópia", "copia", "抄送",
        "副本", "참조", "копия", "копія", "bilgi", "reply-to", "reply to", "antworten an", "svara till", "svar til",
        "vastaus", "antwoord aan", "odpovědět komu", "odpowiedz do", "yanıt", "antwort an", "répondre à",
        "responder a", "rispondi a", "importance", "priority", "wichtigkeit", "importancia", "priorität",
        "attachments", "attachment", "anlagen", "pièces jointes", "message-id", "organization", "organisation",
        "mime-version", "content-type", "x-mailer", "return-path", "delivered-to", "received", "重要性", "답장",
        "másolatot kap", "ccc", "kopija", "blind copy", "newsgroups", "references", "in-reply-to", "user-agent",
        "list-id", "sender", "κοιν", "κοινοποίηση", "عبر", "نسخة", "עותק", "dodano", "dw", "udw", "adjuntos",
        "allegati", "anexos", "附件", "添付ファイル", "kopio", "cc:", "tembusan", "สำเนา", "resent-from", "via",
        "reply above",
    ]),
];

static FIELDS: LazyLock<HashMap<&'static str, Field>> = LazyLock::new(|| {
    NAMES
        .iter()
        .flat_map(|(field, names)| names.iter().map(move |name| (*name, *field)))
        .collect()
});

/// A header block found in the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// One past its last line.
    pub end: usize,
    pub from: Mailbox,
    pub date: Option<String>,
    pub subject: Option<String>,
    /// How many different fields it has.
    pub kinds: usize,
}

/// The header field a line is, and its value.
pub(super) fn field(text: &str) -> Option<(Field, &str)> {
    let text = text.trim_start_matches(['*', '_', '|', ' ', '-', '•']);
    let mut colon = None;
    for (i, (at, c)) in text.char_indices().enumerate() {
        match c {
            ':' | '：' => {
                colon = Some((at, c.len_utf8()));
                break;
            }
            _ if i > 26 => break,
            _ => {}
        }
    }
    let (at, len) = colon?;
    let name = text[..at].trim_matches(['*', '_', ' ']).to_lowercase();
    let found = FIELDS.get(name.as_str()).copied().or_else(|| {
        // `收 件 人`, `主　题`: blanks put in to make the words one width.
        let close: String = name.chars().filter(|c| *c != ' ').collect();
        close
            .chars()
            .all(|c| c as u32 > 0x2e80)
            .then(|| FIELDS.get(close.as_str()).copied())?
    })?;
    Some((found, text[at + len..].trim_matches(['*', '_', ' ', '|'])))
}

/// Names of the field that says who gets a copy: no program begins a header with it.
#[rustfmt::skip]
const COPIES: &[&str] = &[
    "cc", "bcc", "ccc", "kopie", "kopie an", "kopi", "kopia", "copie", "copie à", "copie a", "cópia", "copia", "kopija", "kopio",
    "抄送", "副本", "참조", "копия", "копія", "bilgi", "másolatot kap", "κοιν", "κοινοποίηση", "نسخة", "עותק", "dw", "udw", "tembusan", "สำเนา",
];

fn copies(text: &str) -> bool {
    let name = text.split_once([':', '：']).map_or("", |(name, _)| name);
    name.len() <= 40 && COPIES.contains(&name.trim_matches(['*', '_', ' ']).to_lowercase().as_str())
}

/// The header of old Notes, its labels on lines of their own: name and address, the date, `To`, the receivers, `cc`,
/// `Subject`.
pub(super) fn stacked(lines: &[Seen], start: usize) -> Option<Block> {
    // The cheapest question first: every line comes here.
    if !lines[start].text.contains('@') || lines[start].fold.is_empty() {
        return None;
    }
    let shown: Vec<usize> = (start..lines.len().min(start + 24))
        .filter(|i| !lines[*i].blank())
        .take(14)
        .collect();
    let (from, date) = (&lines[*shown.first()?], &lines[*shown.get(1)?]);
    let told = address_in(&from.text).is_some() && from.words() <= 8;
    let when = super::attribution::dated(&date.fold) && date.text.contains([':', '.']) && date.words() <= 5;
    if !told || !when || shown[1] != start + 1 {
        return None;
    }
    let label = |i: usize, wanted: Field| {
        let name = lines[i].fold.trim_end_matches([':', ' ']);
        FIELDS.get(name) == Some(&wanted)
    };
    label(*shown.get(2)?, Field::To).then_some(())?;
    let at = shown.iter().position(|i| label(*i, Field::Subject))?;
    let subject = shown.get(at + 1).map(|i| lines[*i].text.to_string());
    Some(Block {
        end: shown.get(at + 1).map_or(lines.len(), |i| i + 1),
        from: mailbox(&from.text),
        date: some(&date.text),
        subject,
        kinds: 4,
    })
}

/// The block that begins at line `start`, if one does. `depth` is how deep in quotation its lines must stand.
pub(super) fn starting_at(lines: &[Seen], start: usize) -> Option<Block> {
    let first = &lines[start];
    if first.fold.is_empty() {
        return None;
    }
    let known = field(&first.text).map(|(kind, _)| kind);
    let first_field = known.or_else(|| unknown(lines, start, &[]).map(|_| Field::Other))?;
    if copies(&first.text) {
        return None;
    }
    if let Some(block) = on_one_line(&first.text, start) {
        return Some(block);
    }
    let depth = first.depth;
    let mut block = Block {
        end: start + 1,
        ..Block::default()
    };
    let mut seen: Vec<Field> = Vec::new();
    let mut folded = 0;
    let mut blanks = 0;
    let mut last = first_field;
    // `From:` on one line and the name on the next.
    let mut empty = false;
    // Under a field of an unknown name all is its value, up to the known one below.
    let mut strange = false;
    for (i, line) in lines.iter().enumerate().skip(start).take(60) {
        if line.blank() {
            blanks += 1;
            // One blank between fields happens in text made from HTML; two end the header.
            if blanks > 1 {
                break;
            }
            continue;
        }
        if line.depth != depth || line.fold.is_empty() {
            break;
        }
        let known = field(&line.text);
        let other = if known.is_none() && blanks == 0 {
            unknown(lines, i, &seen)
        } else {
            None
        };
        // `A: Then Sue came.` over a header that begins with From and has a line `To:` of its own.
        let before_from = |kind: Field| {
            let place = |kind: Field| seen.iter().position(|k| *k == kind);
            kind != Field::Other && place(kind).is_some_and(|at| place(Field::From).is_some_and(|from| at < from))
        };
        if blanks == 0 && known.is_some_and(|(kind, _)| before_from(kind)) {
            return None;
        }
        strange = other.map_or(strange && known.is_none(), |(_, goes_on)| goes_on);
        match known.or(other.map(|(value, _)| (Field::Other, value))) {
            Some((kind, value)) if !(seen.contains(&kind) && kind != Field::Other && blanks > 0) => {
                if blanks > 0 && !block_continues(&seen, kind, i - start) {
                    break;
                }
                if seen.contains(&kind) && kind != Field::Other && kind != Field::To {
                    break;
                }
                match kind {
                    Field::From => block.from = mailbox(value),
                    Field::Date => block.date = some(value),
                    Field::Subject => block.subject = some(value),
                    _ => {}
                }
                if !seen.contains(&kind) {
                    seen.push(kind);
                }
                last = kind;
                empty = value.is_empty();
                (folded, blanks) = (0, 0);
                block.end = i + 1;
            }
            _ if blanks == 0
                && folded < MOST_FOLDED
                && (empty || strange || goes_on(last, &lines[i - 1].text, &line.text, folded)) =>
            {
                empty = false;
                folded += 1;
                let more = |value: &mut Option<String>| {
                    let old = value.take().unwrap_or_default();
                    *value = some(format!("{old} {}", line.text).trim());
                };
                match last {
                    Field::From if block.from.address.is_none() => {
                        let whole = format!("{} {}", block.from.name.clone().unwrap_or_default(), line.text);
                        block.from = mailbox(whole.trim());
                    }
                    Field::Date if block.date.is_none() => more(&mut block.date),
                    Field::Subject => more(&mut block.subject),
                    _ => {}
                }
                block.end = i + 1;
            }
            _ => break,
        }
    }
    block.kinds = seen.len();
    let has = |f: Field| seen.contains(&f);
    // `From: 22:00` is a watch's
    let nobody = block.from.address.is_none()
        && block
            .from
            .name
            .as_ref()
            .is_some_and(|name| !name.contains(char::is_alphabetic));
    (has(Field::From) && (has(Field::Date) || has(Field::Subject)) && !nobody).then_some(block)
}

/// Whether `text` begins with a header as programs write it, under a line that they draw: with an address or the hour. Where its words
/// are not known, it has three of them and the first has an address.
pub fn is_header(text: &str) -> bool {
    let lines: Vec<Line> = text.lines().filter(|l| !l.trim().is_empty()).map(Line::plain).collect();
    let seen: Vec<Seen> = lines.iter().map(Seen::of).filter(|l| !l.blank()).collect();
    let Some(first) = seen.first() else {
        return false;
    };
    let label = |l: &Seen| {
        l.text
            .split_once([':', '：'])
            .is_some_and(|(name, _)| (1..=26).contains(&name.trim().chars().count()) && !name.contains('@'))
    };
    let unknown = || seen.len() >= 3 && address_in(&first.text).is_some() && seen.iter().take(3).all(label);
    // From, Sent, To and Subject, in whatever words, with a year: names alone, as Exchange writes them
    let whole = || seen.len() >= 4 && seen.iter().take(4).all(label) && seen.iter().take(4).any(|l| has_year(&l.text));
    let known = |block: Block| block.from.address.is_some() || block.date.is_some_and(|date| has_hour(&date));
    starting_at(&seen, 0).map_or_else(unknown, known) || whole()
}

fn has_year(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers
        .into_iter()
        .any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")))
}

/// Whether a date has the hour, as programs write it: `10:00`, `10h00`, `10 h 00`, `10 AM`, and at the end `10.00` and `10.00.00`.
pub(super) fn has_hour(date: &str) -> bool {
    let fold = date.to_lowercase();
    let short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let dotted = |word: &str| {
        let parts: Vec<&str> = word.split('.').collect();
        (2..=3).contains(&parts.len())
            && parts.iter().all(|part| short(part))
            && parts[1..].iter().all(|part| part.len() == 2)
    };
    let words: Vec<&str> = fold.split_whitespace().collect();
    let spoken = || {
        words
            .windows(2)
            .any(|pair| short(pair[0]) && ["h", "am", "pm", "uhr"].contains(&pair[1]))
    };
    super::attribution::timed(&fold) || words.len() > 1 && words.last().is_some_and(|word| dotted(word)) || spoken()
}

/// `X-Mailer-Id: 12`, a line of a header whose name is not known here: its value, and whether a known one stands soon below
/// it. `seen` is what stands above it.
fn unknown<'a>(lines: &'a [Seen], at: usize, seen: &[Field]) -> Option<(&'a str, bool)> {
    let line = &lines[at];
    let (name, value) = line.text.split_once(':').filter(|(name, _)| name.len() <= 60)?;
    let token = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && name.starts_with(char::is_alphabetic);
    if !token || !name.contains('-') && seen.is_empty() || value.starts_with("//") {
        return None;
    }
    let below = lines[at + 1..]
        .iter()
        .take(UNKNOWN_FOLDED)
        .take_while(|l| !l.blank() && l.depth == line.depth)
        .find_map(|l| field(&l.text).map(|(kind, value)| (kind, value.contains('@'))));
    // Under a subject the text may begin, and lead up to anything.
    let goes_on = below.is_some_and(|(kind, addressed)| {
        let more = matches!(kind, Field::From | Field::Date | Field::Subject) && !seen.contains(&kind);
        addressed || more && !seen.contains(&Field::Subject)
    });
    let experimental = !seen.is_empty() && name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("x-"));
    (goes_on || experimental).then_some((value.trim(), goes_on))
}

/// `From "Cath Lee" <cath@team.example>`, `To ...`, `Date ...`, `Subject ...`: eM Client leaves out the colons under its mark.
pub(super) fn bare(lines: &[Seen], start: usize) -> Option<Block> {
    let mut block = Block {
        end: start,
        ..Block::default()
    };
    for line in lines.iter().skip(start).take(8) {
        let (name, value) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        let Some(kind) = FIELDS.get(name.to_lowercase().as_str()) else {
            break;
        };
        match kind {
            Field::From => block.from = mailbox(value.trim()),
            Field::Date => block.date = some(value.trim()),
            Field::Subject => block.subject = some(value.trim()),
            _ => {}
        }
        block.kinds += 1;
        block.end += 1;
    }
    let whole = block.from.address.is_some() && block.date.is_some() && block.subject.is_some();
    whole.then_some(block)
}

/// Whether, after a blank line, a further field may belong to the same header: only while it is not complete.
fn block_continues(seen: &[Field], kind: Field, lines: usize) -> bool {
    !seen.contains(&Field::Subject) || (seen.len() <= 4 && kind != Field::Other && lines <= 10)
}

/// Whether a line without a field name is the rest of the field above it.
fn goes_on(last: Field, above: &str, text: &str, folded: usize) -> bool {
    let width = |s: &str| s.chars().map(|c| 1 + usize::from(c as u32 > 0x2e80)).sum::<usize>();
    match last {
        // A list of people: addresses, or names with `;` and `,`.
        Field::To | Field::Other => text.contains('@') || text.contains([';', '<', '>']) || text.ends_with(','),
        Field::From => folded == 0 && (text.contains('@') || text.starts_with('<') || text.starts_with('[')),
        Field::Date => folded == 0 && text.len() < 40 && text.contains(|c: char| c.is_ascii_digit()),
        // A subject is folded at most once, where the next word had no room: the text may begin right under it.
        Field::Subject => {
            folded == 0 && text.len() < 60 && width(above) + width(text.split(' ').next().unwrap_or_default()) >= 64
        }
    }
}

/// `From: Marion [mailto:m@example.org] Sent: Saturday To: Blog Subject: Story`, all on one line.
fn on_one_line(text: &str, start: usize) -> Option<Block> {
    let block = run_together(text, start)?;
    (block.kinds >= 3 && block.date.is_some() && block.subject.is_some()).then_some(block)
}

/// The same behind a mark, where no blank may stand between a value and the next name: From and one more will do.
pub(super) fn glued(text: &str, start: usize) -> Option<Block> {
    let block = run_together(text, start)?;
    (block.kinds >= 2 && block.from.address.is_some()).then_some(block)
}

/// The fields that begin in a line: which, and where the name and the value of each begin.
pub(super) fn fields_in(text: &str) -> Vec<(Field, usize, usize)> {
    let blank = |c: char| matches!(c, ' ' | '\u{a0}' | '*' | '>' | '|');
    let mut found: Vec<(Field, usize, usize)> = Vec::new();
    for (colon, c) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '：')).take(24) {
        let before = text[..colon].trim_end_matches(['*', ' ', '\u{a0}']);
        let begins = |end: usize| {
            let at = before[..end].char_indices().rfind(|(_, c)| blank(*c));
            at.map_or(0, |(at, c)| at + c.len_utf8())
        };
        let last = begins(before.len());
        // `Enviado el:`, `보낸 사람:`
        let two = begins(before[..last].trim_end_matches([' ', '\u{a0}']).len());
        let named = |at: usize| FIELDS.get(before[at..].to_lowercase().as_str()).map(|kind| (*kind, at));
        if let Some((kind, name)) = named(two).or_else(|| named(last))
            && !found.iter().any(|(f, ..)| *f == kind)
        {
            found.push((kind, name, colon + c.len_utf8()));
        }
    }
    found
}

fn run_together(text: &str, start: usize) -> Option<Block> {
    let found = fields_in(text);
    let value = |kind: Field| {
        let i = found.iter().position(|(f, ..)| *f == kind)?;
        let until = found.get(i + 1).map_or(text.len(), |(_, word, _)| *word);
        some(text[found[i].2..until].trim_matches(['*', ' ', '|']))
    };
    let from = value(Field::From)?;
    (found[0].1 <= 2).then(|| Block {
        end: start + 1,
        from: mailbox(&from),
        date: value(Field::Date),
        subject: value(Field::Subject),
        kinds: found.len(),
    })
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `Marion Maxwell <m@example.org>`, `Marion Maxwell [mailto:m@example.org]`, `"Maxwell, Marion" <...>`, or a bare one.
pub(super) fn mailbox(text: &str) -> Mailbox {
    let address = address_in(text);
    // `anna [at] example.org` stays whole, so that it is still known for what it is where names are tidied
    let disguised = address.is_none() && !addresses(text).is_empty();
    let cut = text.find(['<', '[', '(']).filter(|_| !disguised).unwrap_or(text.len());
    let mut name = text[..cut]
        .trim_matches([' ', '"', '\'', '*', '_', ',', '“', '”'])
        .to_owned();
    if let Some(address) = &address {
        name = name
            .replace(address.as_str(), "")
            .replace("mailto:", "")
            .trim_matches([' ', '"', '\''])
            .to_owned();
    }
    Mailbox {
        name: some(&name),
        address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Option<Block> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        starting_at(&seen, 0)
    }

    #[test]
    fn header_blocks_are_known_in_the_languages_of_the_programs() {
        let table = [
            "From: Marion Maxwell\nSent: Saturday, December 4, 2010 10:00 AM\nTo: Blog\nSubject: Story",
            "From: Marion Maxwell [mailto:marion@example.org] \nSent: 04 December 2010 10:00\nTo: 'Blog'\nSubject: RE: Story",
            "*From:* Marion Maxwell [mailto:marion@example.org]\n*Sent:* Saturday\n*To:* Blog\n*Subject:* Story",
            "**From:** Marion\n**Date:** 4 December 2010\n**To:** Blog\n**Subject:** Story",
            "Von: Marion Maxwell\nGesendet: Samstag, 4. Dezember 2010 10:00\nAn: Blog\nBetreff: AW: Geschichte",
            "De : Marion Maxwell\nEnvoyé : samedi 4 décembre 2010 10:00\nÀ : Blog\nObjet : Histoire",
            "De\u{a0}: Marion Maxwell\nDate\u{a0}: 4 décembre\nÀ\u{a0}: Blog\nObjet\u{a0}: Histoire",
            "De: Marion Maxwell\nEnviado el: sábado, 4 de diciembre de 2010 10:00\nPara: Blog\nAsunto: Historia",
            "De: Marion Maxwell\nEnviada em: sábado, 4 de dezembro de 2010 10:00\nPara: Blog\nAssunto: História",
            "Da: Marion Maxwell\nInviato: sabato 4 dicembre 2010 10:00\nA: Blog\nOggetto: Storia",
            "Van: Marion Maxwell\nVerzonden: zaterdag 4 december 2010 10:00\nAan: Blog\nOnderwerp: Verhaal",
            "Fra: Marion Maxwell\nSendt: 4. december 2010 10:00\nTil: Blog\nEmne: Historie",
            "Från: Marion Maxwell\nSkickat: den 4 december 2010 10:00\nTill: Blog\nÄmne: Berättelse",
            "Lähettäjä: Marion Maxwell\nLähetetty: 4. joulukuuta 2010 10:00\nVastaanottaja: Blog\nAihe: Tarina",
            "Od: Marion Maxwell\nWysłano: sobota, 4 grudnia 2010 10:00\nDo: Blog\nTemat: Historia",
            "Od: Marion Maxwell\nOdesláno: sobota 4. prosince 2010 10:00\nKomu: Blog\nPředmět: Příběh",
            "Feladó: Marion Maxwell\nElküldve: 2010. december 4. 10:00\nCímzett: Blog\nTárgy: Történet",
            "От: Марион Максвелл\nОтправлено: 4 декабря 2010 г. 10:00\nКому: Блог\nТема: История",
            "Kimden: Marion Maxwell\nGönderildi: 4 Aralık 2010 10:00\nKime: Blog\nKonu: Hikaye",
            "差出人: Marion Maxwell\n送信日時: 2010年12月4日 10:00\n宛先: Blog\n件名: 物語",
            "发件人：Marion Maxwell\n发送时间：2010年12月4日 10:00\n收件人：Blog\n主题：故事",
            "发件人: Marion Maxwell\n发送时间: 2010-12-04 10:00\n收件人: Blog\n主题: 故事",
            "寄件者: Marion Maxwell\n寄件日期: 2010年12月4日\n收件者: Blog\n主旨: 故事",
            "보낸 사람: Marion Maxwell\n보낸 날짜: 2010년 12월 4일\n받는 사람: Blog\n제목: 이야기",
            "من: Marion Maxwell\nتاريخ الإرسال: 4 ديسمبر 2010\nإلى: Blog\nالموضوع: قصة",
            "מאת: Marion Maxwell\nנשלח: 4 דצמבר 2010\nאל: Blog\nנושא: סיפור",
            "Από: Marion Maxwell\nΣτάλθηκε: Σάββατο, 4 Δεκεμβρίου 2010\nΠρος: Blog\nΘέμα: Ιστορία",
            "Date: Sat, 4 Dec 2010 10:00:00 +0000\nFrom: Marion Maxwell <marion@example.org>\nTo: blog@example.com\nSubject: Story",
            "Subject: \tStory\nDate: \tSat, 4 Dec 2010\nFrom: \tMarion Maxwell <marion@example.org>\nTo: \tblog@example.com",
            "From: Marion Maxwell\n\nSent: Saturday\n\nTo: Blog\n\nSubject: Story",
            "발신: Marion Maxwell\n날짜: 10/12/4 오전 10:00\n받은 사람: Blog\n제목: 이야기",
            "De: Marion Maxwell\nEnviat: dissabte, 4 de desembre de 2010\nPer a: Blog\nTema: Història",
            "From: Marion Maxwell [mailto:marion@example.org] Sent: Saturday, December 4 To: Blog Subject: Story",
            "From: Marion Maxwell\nTo: a@example.org; b@example.org;\nc@example.org; d@example.org\nDate: Saturday\nSubject: Story",
        ];
        for text in table {
            let found = block(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.end, text.lines().count(), "{text}");
            assert!(found.from.name.is_some(), "{text}");
        }
    }

    #[test]
    fn a_field_of_an_unknown_name_does_not_end_the_header() {
        for text in [
            "From: Marion Maxwell <m@example.org>\nX-Foo: bar\nDate: Saturday\nSubject: Story\nTo: b@example.org",
            "From: Marion Maxwell <m@example.org>\nDate: Saturday\nX-Foo: bar\nSubject: Story\nTo: b@example.org",
            "X-Foo: bar\nFrom: Marion Maxwell <m@example.org>\nDate: Saturday\nSubject: Story",
            "From: Marion Maxwell <m@example.org>\nDate: Saturday\nPrioritet: hoy\nSubject: Story\nTo: b@example.org",
            "From: Marion Maxwell <m@example.org>\nDate: Saturday\nSubject: Story\nX-Foo: bar",
            "DKIM-Signature: v=1; a=rsa-sha256\nbh=abcd\nb=efgh\nFrom: Marion Maxwell <m@example.org>\nDate: Saturday",
        ] {
            let found = block(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.end, text.lines().count(), "{text}");
            assert_eq!(found.from.address.as_deref(), Some("m@example.org"), "{text}");
        }
        let head = "From: Marion Maxwell <m@example.org>\nDate: Saturday\nSubject: Story";
        for text in [
            "Note: I was ill.",
            "Follow-up: we won.\nDate: the day we won",
            "Dear all: hello",
        ] {
            assert_eq!(block(&format!("{head}\n{text}")).unwrap().end, 3, "{text}");
        }
    }

    #[test]
    fn under_a_drawn_line_a_header_has_an_address_or_the_hour() {
        for text in [
            "From: Marion Maxwell\nSent: Saturday, December 4, 2010 10:00 AM\nSubject: Story",
            "\n From: marion@example.org\nTo: b@example.org\nSubject: Story\nDate: Saturday",
            "Oddi wrth: Marion <m@example.org>\nAnfonwyd: 4 Rhagfyr\nAt: b@example.org\nPwnc: Story",
        ] {
            assert!(is_header(text), "{text}");
        }
        for text in [
            "",
            "From: the ninth floor\nTo: the landlord\nSubject: the lift",
            "Date: 3 March 2025\nPresent: Olu, Priya, Sam\nSubject: the lift",
            "Olu: Who are you?\nMe: The ninth floor.\nOlu: All of you?",
            "When: Friday, 19:00\nWhere: the hall\nAsk: marion@example.org",
            "From: Marion Maxwell <m@example.org>",
        ] {
            assert!(!is_header(text), "{text}");
        }
    }

    #[test]
    fn two_words_and_a_colon_are_no_header_block() {
        for text in [
            "Cc: the whole street\nFrom: Marion Maxwell <m@example.org>\nDate: Saturday\nSubject: Story",
            "From: the people of Brighton\nwith love",
            "Date: Saturday\nPlace: the town hall\nFrom here we marched",
            "To: do\nSubject: nothing",
            "From the council: nothing\nSent: nothing",
        ] {
            assert!(block(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_short_subject_is_not_folded_and_notes_stacks_its_labels() {
        let found =
            block("From: Marion Maxwell <m@example.org>\nDate: 2010-12-04\nSubject: Story\nIt was a Monday.").unwrap();
        assert_eq!((found.end, found.subject.as_deref()), (3, Some("Story")));
        let stack = "Marion Maxwell <m@example.org>\n04/12/2010 10:00\n\nTo\n\"b@example.org\" <b@example.org>\ncc\n\nSubject\nStory\n\nText";
        let lines: Vec<Line> = stack.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        assert_eq!(stacked(&seen, 0).map(|b| b.end), Some(9));
        let event: Vec<Line> = "The hall <hall@example.org>\n04/12/2010 10:00\n\nBring cake"
            .lines()
            .map(Line::plain)
            .collect();
        let seen: Vec<Seen> = event.iter().map(Seen::of).collect();
        assert!(stacked(&seen, 0).is_none());
    }

    #[test]
    fn a_mailbox_is_read_from_every_way_of_writing_it() {
        let both = |text: &str| {
            let m = mailbox(text);
            (m.name.unwrap_or_default(), m.address.unwrap_or_default())
        };
        let marion = ("Marion Maxwell".to_owned(), "marion@example.org".to_owned());
        assert_eq!(both("Marion Maxwell <marion@example.org>"), marion);
        assert_eq!(both("Marion Maxwell [mailto:marion@example.org]"), marion);
        assert_eq!(both("\"Marion Maxwell\" <mailto:marion@example.org>"), marion);
        assert_eq!(both("Marion Maxwell (marion@example.org)"), marion);
        assert_eq!(both("marion@example.org").1, marion.1);
        assert_eq!(both("Marion Maxwell").0, marion.0);
        for disguised in ["marion [at] example (dot) org", "Marion (marion(at)example.org)"] {
            assert_eq!(both(disguised), (disguised.to_owned(), String::new()));
        }
    }
}
