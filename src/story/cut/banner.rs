//! What a mail gateway writes over a mail that came from outside: "CAUTION: This email originated from outside of the
//! organization. Do not click links ...", "You don't often get email from ...". Looked for on top only.

use super::itself::{begins_with_this_mail, names_a_mail, personal};
use super::mark::drawn_line;
use super::seen::{Seen, address_in};

/// Words of a longest warning; what is longer is a letter.
const MOST_WORDS: usize = 90;
/// Paragraphs of warnings over one mail: two gateways, each with a heading.
const MOST_PARAGRAPHS: usize = 4;

/// The mail comes from outside.
#[rustfmt::skip]
const OUTSIDE: &[&str] = &[
    "from outside", "outside of the organi", "outside the organi", "outside your organi", "outside our organi",
    "outside of your organi", "outside of our organi", "outside the company", "outside of the company", "external sender",
    "external email", "external e-mail", "external mail", "external message", "external source", "external address",
    "external to ", "externen absender", "externer absender", "externen quelle", "externe e-mail", "externe mail",
    "von extern", "außerhalb", "ausserhalb", "extérieur", "exterieur", "externe à", "expéditeur externe", "source externe",
    "fuera de la", "fuera de su", "fuera de nuestra", "remitente externo", "correo externo", "origen externo",
    "fora da ", "remetente externo", "e-mail externo", "email externo", "mittente esterno", "dall'esterno",
    "dall’esterno", "esterna all", "esterno all", "externe afzender", "buiten de organisatie", "buiten uw organisatie",
    "buiten onze organisatie", "van buiten", "extern avsändare", "utanför", "ekstern afsender", "ekstern avsender",
    "uden for ", "udefra", "utenfor", "ulkopuolelta", "ulkopuoli", "spoza organizacji", "spoza firmy",
    "nadawca zewnętrzny", "zewnętrznego nadawcy", "nadawcy zewnętrznego", "externího odesílatele", "externí odesílatel", "mimo organizaci",
    "внешнего отправителя", "внешний отправитель", "внешней почты", "извне", "зовнішнього відправника", "ззовні",
    "dışından", "dış kaynak", "harici", "社外", "外部", "組織外", "组织外", "외부", "خارج", "خارجي", "מחוץ", "חיצוני",
    "εξωτερικ", "εκτός", "külső", "kívülről", "din afara", "expeditor extern",
];

/// Whoever sends from outside, by a name that only programs have for them.
#[rustfmt::skip]
const SENDERS: &[&str] = &[
    "externen absender", "externer absender", "expéditeur externe", "remitente externo", "remetente externo", "mittente esterno",
    "externe afzender", "extern avsändare", "ekstern afsender", "ekstern avsender", "nadawca zewnętrzny", "zewnętrznego nadawcy",
    "nadawcy zewnętrznego", "externího odesílatele", "внешнего отправителя", "зовнішнього відправника",
];

/// And is to be handled with care.
#[rustfmt::skip]
const CARE: &[&str] = &[
    "click", " link", "attachment", "recogni", "trust", "suspicious", "phishing", "caution", "verify", "klicken",
    "anhänge", "anhäng", "vertrau", "cliquez", "liens", "pièces jointes", "expéditeur", "haga clic", "enlaces", "adjunto",
    "remitente", "clique", "anexo", "remetente", "clic", "allegati", "mittente", "klik", "bijlage", "afzender",
    "koppelingen", "klicka", "länk", "bilag", "avsändare", "vedhæft", "afsender", "vedlegg", "avsender", "lenker",
    "napsauta", "linkk", "liit", "lähettäj", "klikaj", "łącza", "linki", "załącznik", "nadawc", "neklik", "odkaz", "příloh",
    "ссылк", "вложен", "отправител", "посилан", "вкладен", "відправник", "tıkla", "bağlantı", "ekler", "gönderen",
    "リンク", "添付", "クリック", "送信者", "链接", "附件", "发件人", "點擊", "点击", "連結", "寄件", "링크", "첨부", "발신자", "رابط", "روابط",
    "مرفق", "المرسل", "קישור", "קבצים", "השולח", "συνδέσμ", "συνημμέν", "αποστολέα", "kattint", "melléklet", "feladó",
    "linkuri", "atașament", "expeditor",
];

/// Words that cry out, at the beginning.
#[rustfmt::skip]
const ALARMS: &[&str] = &[
    "caution", "warning", "external", "attention", "use caution", "exercise caution", "think twice", "think before",
    "please use caution", "please be careful", "be careful", "be cautious", "alert", "notice", "achtung", "vorsicht", "warnung",
    "hinweis", "extern", "avertissement", "prudence", "precaución", "atención", "advertencia", "aviso", "cuidado", "atenção",
    "attenzione", "avviso", "let op", "waarschuwing", "varning", "obs", "advarsel", "forsigtig", "varoitus", "huomio",
    "uwaga", "ostrzeżenie", "upozornění", "pozor", "varování", "внимание", "осторожно", "увага", "обережно", "dikkat",
    "uyarı", "注意", "警告", "【", "주의", "경고", "تحذير", "تنبيه", "זהירות", "שים לב", "προσοχή", "figyelem", "atenție",
];

/// What there is in a mail that does harm, and what its reader would do with it.
#[rustfmt::skip]
const HARM: &[&str] = &[
    "click", "link", "attachment", "suspicious", "phishing", "klick", "anhäng", "anhang", "cliquez", "liens", "pièces jointes", "clic",
    "enlaces", "adjunto", "clique", "anexo", "allegati", "klik", "bijlage", "koppelingen", "länk", "bilag", "vedhæft", "vedlegg",
    "lenker", "napsauta", "liit", "łącza", "załącznik", "odkaz", "příloh", "ссылк", "вложен", "посилан", "вкладен", "tıkla",
    "bağlantı", "ekler", "リンク", "添付", "クリック", "链接", "附件", "點擊", "点击", "連結", "링크", "첨부", "رابط", "روابط", "مرفق",
    "קישור", "קבצים", "συνδέσμ", "συνημμέν", "kattint", "melléklet", "atașament",
];

/// Somebody speaks of people, not of a mail.
const OWN: &[&str] = &[
    " we ",
    " us ",
    " wir ",
    " nous ",
    " nosotros ",
    " noi ",
    " wij ",
    "我们",
    "私",
    "우리",
];

/// Outlook's word about a sender whom one seldom hears from, with a link.
#[rustfmt::skip]
const SELDOM: &[&str] = &[
    "don't often get email from", "don’t often get email from", "learnaboutsenderidentification",
    "nicht oft e-mails von", "nicht häufig e-mails von", "nicht oft eine e-mail von", "nicht häufig eine e-mail von",
    "n'obtenez pas souvent d'e-mail", "n’obtenez pas souvent d’e-mail", "pas souvent d'e-mails", "pas souvent de courriers",
    "no suele recibir correo", "não costuma receber", "non si ricevono spesso", "non ricevi spesso",
    "niet vaak e-mail", "inte ofta e-post", "ofta inte e-post", "ikke ofte mails", "ikke ofte e-mail", "ikke ofte e-post",
    "saat harvoin sähköpost", "nieczęsto otrzymujesz", "rzadko otrzymujesz", "nedostáváte často e-mail",
    "нечасто получаете", "нечасто отримуєте", "sık sık e-posta almıyorsunuz", "nem gyakran kap",
    "nu primiți des", "からのメールを受け取る頻度", "不常收到来自", "不常收到來自", "자주 받지",
];

/// A line of its own: `[EXTERNAL]`, `*** EXTERNAL EMAIL ***`.
#[rustfmt::skip]
const STAMPS: &[&str] = &[
    "external", "ext", "external email", "external e-mail", "external mail", "external message", "external sender",
    "external email warning", "caution: external email", "caution: external", "caution: external sender",
    "warning: external email", "warning: external", "extern", "externe e-mail", "externe mail", "externer absender",
    "externe", "courriel externe", "e-mail externe", "expéditeur externe", "message externe", "externo",
    "correo externo", "remitente externo", "e-mail externo", "remetente externo", "esterno", "mittente esterno",
    "e-mail esterna", "extern e-mail", "externe afzender", "extern avsändare", "extern e-post", "ekstern", "ekstern mail",
    "ekstern e-post", "ekstern afsender", "ekstern avsender", "zewnętrzny", "wiadomość zewnętrzna", "externí e-mail",
    "внешняя почта", "внешнее письмо", "harici", "社外メール", "外部メール", "外部邮件", "外部郵件", "외부메일", "외부 메일",
];

/// One past the warnings that stand at the top of the lines from `from` on; `from` where there are none.
pub(super) fn below(lines: &[Seen], from: usize) -> usize {
    let mut end = from;
    for _ in 0..MOST_PARAGRAPHS {
        let Some(first) = (end..lines.len().min(end + 12)).find(|i| !lines[*i].blank() && !drawn(&lines[*i])) else {
            break;
        };
        if lines[first].quoted() || lines[first].image {
            break;
        }
        let Some(last) = warning(lines, first) else { break };
        end = last;
    }
    // The line drawn under it.
    let next = (end..lines.len().min(end + 3)).find(|i| !lines[*i].blank());
    match next {
        Some(next) if end > from && drawn(&lines[next]) => next + 1,
        _ => end,
    }
}

fn drawn(line: &Seen) -> bool {
    line.ruled || drawn_line(&line.text)
}

/// One past the warning that begins at `first`: a line, or a wrapped paragraph.
fn warning(lines: &[Seen], first: usize) -> Option<usize> {
    if stamp(&lines[first].text) {
        return Some(first + 1);
    }
    // Proofpoint marks both ends of its own.
    if lines[first].fold.ends_with("pfptbannerstart") {
        let end = (first + 1..lines.len().min(first + 16)).find(|i| lines[*i].fold.ends_with("pfptbannerend"))?;
        return Some(end + 1);
    }
    if warns(&lines[first].fold) {
        // Its sentence may be wrapped.
        let open = |i: usize| !lines[i].text.ends_with(['.', '!', '。', ')', ']']);
        let wrapped = |i: usize| !lines[i].blank() && open(i - 1) && lines[i].text.starts_with(char::is_lowercase);
        let end = (first + 1..lines.len().min(first + 6)).find(|i| !wrapped(*i));
        return Some(end.unwrap_or(first + 1));
    }
    let mut text = String::new();
    for (i, line) in lines.iter().enumerate().skip(first).take(8) {
        if line.blank() || line.fold.is_empty() || drawn(line) {
            break;
        }
        text.push_str(&line.fold);
        text.push(' ');
        let below = lines.get(i + 1).is_none_or(|l| l.blank() || drawn(l));
        if below && warns(text.trim_end()) {
            return Some(i + 1);
        }
    }
    None
}

fn stamp(text: &str) -> bool {
    let frame: &[char] = &[
        '[', ']', '*', '!', '#', '<', '>', '{', '}', '(', ')', '-', '=', '_', ' ', ':', '【', '】', '⚠', '\u{fe0f}',
    ];
    let bare = text.trim_matches(frame);
    let framed = bare.len() < text.len();
    let cries = bare.contains(' ') && !bare.chars().any(char::is_lowercase);
    (framed || cries) && bare.len() <= 40 && STAMPS.contains(&bare.to_lowercase().as_str())
}

/// Whether the text is such a warning, and nothing of a person's own.
fn warns(fold: &str) -> bool {
    if fold.is_empty() || fold.split(' ').nth(MOST_WORDS).is_some() || fold.chars().count() > 700 {
        return false;
    }
    let has = |words: &[&str]| words.iter().any(|word| fold.contains(word));
    // the program names whom it means, or links to what it says of it
    let whom =
        || address_in(fold).is_some() || ["aka.ms/", "learnabout", "http"].iter().any(|link| fold.contains(link));
    if has(SELDOM) && whom() {
        return true;
    }
    let start = fold.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '【');
    let outside = has(OUTSIDE) || start.starts_with("external");
    if !outside || !names_a_mail(fold) || personal(fold) || OWN.iter().any(|word| fold.contains(word)) {
        return false;
    }
    let alarmed = ALARMS.iter().any(|word| start.starts_with(word));
    let named = begins_with_this_mail(start);
    let care = CARE.iter().filter(|word| fold.contains(**word)).count();
    let harm = has(HARM);
    let few = fold.split(' ').count() <= 16;
    let organisation = has(&["organi", "external sender", "external email", "external e-mail"]) && few;
    // `ACHTUNG: Diese E-Mail stammt von einem externen Absender.`
    let sender = alarmed && has(SENDERS) && few;
    // `This email was sent from outside the University. Be careful with links.`
    let university = named
        && harm
        && few
        && ["from outside the university", "from outside of the university"]
            .iter()
            .any(|w| fold.contains(w));
    harm && (alarmed && care >= 1 || named && care >= 2 || care >= 3)
        || (alarmed || named) && organisation
        || sender
        || university
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Line;

    fn cut(text: &str) -> usize {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        below(&seen, 0)
    }

    #[test]
    fn warnings_of_gateways_are_known_in_their_languages() {
        let missed: Vec<&str> = [
            "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and know the content is safe.",
            "EXTERNAL EMAIL: Do not click any links or open any attachments unless you trust the sender.",
            "This message was sent from outside your organisation. Please be cautious with links and attachments.",
            "[EXTERNAL]",
            "*** EXTERNAL EMAIL ***",
            "EXTERNAL EMAIL",
            "You don't often get email from marion@example.org. Learn why this is important",
            "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Klicken Sie nicht auf Links und öffnen Sie keine Anhänge.",
            "ATTENTION : ce message provient de l'extérieur. Ne cliquez pas sur les liens.",
            "Atención: este correo proviene de un remitente externo. No haga clic en los enlaces.",
            "ATENÇÃO: e-mail externo. Não clique em links nem abra anexos.",
            "ATTENZIONE: questa e-mail proviene da un mittente esterno. Non aprire gli allegati.",
            "LET OP: deze e-mail komt van een externe afzender. Klik niet op links.",
            "Внимание! Письмо от внешнего отправителя. Не переходите по ссылкам.",
            "【注意】このメールは社外から送信されました。リンクをクリックしないでください。",
            "注意：此邮件来自外部。请勿点击链接或打开附件。",
            "UWAGA: wiadomość spoza organizacji. Nie otwieraj załączników.",
            "ACHTUNG: Diese E-Mail stammt von einem externen Absender.",
            "ATTENZIONE: questa email proviene da un mittente esterno.",
            "UWAGA: Wiadomość pochodzi od nadawcy zewnętrznego.",
            "OBS: Detta mejl kommer från en extern avsändare.",
            "This email was sent from outside the University. Be careful with links.",
        ]
        .into_iter()
        .filter(|text| cut(text) == 0)
        .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn a_story_about_the_outside_is_no_warning() {
        for text in [
            "CAUTION: wet paint. That was the sign on the new bus stop.",
            "[External] was the word stamped on our folder.",
            "External help came late, and we opened every letter from outside ourselves.",
            "Attention came from outside the town first: a reporter rang.",
            "This email is about people from outside who came to link arms with us.",
            "Warning: this story is long.",
            "You don't often get email from people like me.",
            "Caution: the gate opens from outside, and the link to the street is a chain.",
            "Achtung! Wer von außerhalb kam, dem war nicht zu vertrauen.",
            "Notice: this message is pinned to the door from outside. Do not trust it.",
            "External examiners came, with caution and with attachments.",
            "This email was written from outside the university, where we sleep in tents.",
            "Achtung, ein externer Absender waren wir für die Stadt immer: keine E-Mail von uns wurde je gelesen, also gingen wir hin und blieben.",
            "Think twice before you knock, said the man from outside our street, and never trust a link in a chain.",
            "Atención: fuera de la plaza no hay que fiarse de nadie, y los enlaces del metro están cerrados.",
        ] {
            assert_eq!(cut(text), 0, "{text}");
        }
    }

    #[test]
    fn a_warning_goes_whole_and_the_text_under_it_stays() {
        let text = "***********\nCAUTION: External Email\nDo not click links or open attachments from external senders\nyou do not trust.\n***********\n\nWe won.";
        assert_eq!(cut(text), 5);
        assert_eq!(cut("We won.\n\n[EXTERNAL]"), 0);
    }
}
