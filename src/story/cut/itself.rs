//! How footers and warnings speak of the mail that they stand in, and to its reader: a text about the world does neither.

use super::phrases::Phrases;
use super::seen::has_word;

/// The mail itself.
#[rustfmt::skip]
static THIS_MAIL: Phrases = Phrases::new(&[
    "this email", "this e-mail", "this message", "this mail", "this transmission", "this communication", "these emails",
    "this incoming m", "this outgoing m", "this electronic m", "diese e-mail", "diese email", "diese nachricht", "diese mail", "dieser e-mail",
    "dieser email", "dieser nachricht", "dieser mail", "ce message", "cet e-mail", "cet email", "ce courriel", "ce courrier",
    "ce mail", "cet envoi", "queste informazioni", "la presente sono", "en este documento", "informações aqui", "wiadomość wraz",
    "niniejszej korespondencji", "information transmitted", "présent message", "présent courriel", "présent e-mail", "este correo", "este mensaje", "este e-mail",
    "este email", "presente correo", "presente mensaje", "esta comunicación", "esta mensagem", "presente mensagem",
    "esta comunicação", "questa e-mail", "questa email", "questa mail", "questo messaggio", "presente messaggio",
    "presente e-mail", "presente email", "presente mail", "presente comunicazione", "deze e-mail", "deze email", "deze mail",
    "dit bericht", "dit e-mailbericht", "denne e-mail", "denne email", "denne mail", "denne e-post", "denne meddelelse",
    "denne melding", "denna e-post", "detta e-post", "detta meddelande", "detta mejl", "detta mail", "det här mejlet", "det här meddelandet",
    "tämä viesti", "tämän viestin", "tämä sähköposti", "tämän sähköposti", "tätä viestiä", "tätä sähköposti", "ta wiadomość",
    "tę wiadomość", "tej wiadomości", "niniejsza wiadomość", "niniejszej wiadomości", "niniejszy e-mail", "tego e-maila", "tento e-mail",
    "tento email", "tohoto e-mailu", "tohoto emailu", "tato zpráva", "tuto zprávu", "této zprávy", "táto správa", "túto správu", "tejto správy",
    "ez az üzenet", "ezt az üzenet", "ezen üzenet", "jelen üzenet", "ez az e-mail", "ezt az e-mail", "jelen e-mail",
    "acest mesaj", "acestui mesaj", "acest e-mail", "acest email", "acestui e-mail", "это письмо", "этого письма", "данное письмо", "это сообщение",
    "этого сообщения", "данное сообщение", "настоящее сообщение", "эта почта", "цей лист", "цього листа", "це повідомлення",
    "цього повідомлення", "bu e-posta", "bu eposta", "bu ileti", "bu mesaj", "το παρόν", "αυτό το μήνυμα", "αυτό το e-mail",
    "αυτό το email", "このメール", "本メール", "当メール", "このメッセージ", "此邮件", "本邮件", "这封邮件", "此郵件", "本郵件", "這封郵件", "此電子郵件",
    "本電子郵件", "이 메일", "이 이메일", "본 메일", "본 이메일", "본 전자우편", "이 메시지", "هذه الرسالة", "هذا البريد", "هذا الإيميل", "הודעה זו",
    "דואר זה", "מייל זה", "הודעת דוא",
]);

/// A mail, or whoever sent it.
#[rustfmt::skip]
static MAIL: Phrases = Phrases::new(&[
    "mail", "message", "sender", "nachricht", "absender", "courriel", "expéditeur", "mensaje", "correo", "remitente", "mensagem",
    "remetente", "messaggio", "mittente", "bericht", "afzender", "e-post", "meddel", "melding", "mejl", "avsändare", "avsender",
    "afsender", "viesti", "sähköposti", "lähettäj", "wiadomoś", "nadawc", "zpráv", "správ", "odesílatel", "odosielateľ",
    "üzenet", "levél", "feladó", "mesaj", "expeditor", "письм", "почт", "сообщен", "отправител", "лист", "повідомлен",
    "відправник", "e-posta", "ileti", "gönderen", "μήνυμα", "αποστολέα", "メール", "送信者", "邮件", "郵件", "发件人", "寄件", "메일",
    "발신자", "رسالة", "بريد", "المرسل", "הודעה", "דוא", "מייל", "השולח",
]);

/// What the reader of a mail is asked and told: to think first, to say that it came to the wrong one.
#[rustfmt::skip]
static READER: Phrases = Phrases::new(&[
    "if you are not", "if you have received", "if you received", "if received in error", "received it in error", "received this",
    "notify the sender", "notify us", "addressee", "intended only for", "intended solely", "imprima", "adresat", "destinatario", "destinataire", "destinatari ",
    "bestemd voor", "uitsluitend bestemd", "se o recebeu", "inform the sender", "wenn sie nicht", "falls sie nicht", "sollten sie", "informieren sie", "si vous n'êtes", "si vous n’êtes",
    "si vous avez reçu", "si vous recevez", "si usted no", "si no es usted", "si ha recibido", "si lo ha recibido", "se ha recibido",
    "se você", "se recebeu", "se a recebeu", "se lei non", "se avete ricevuto", "se lo avete", "se ha ricevuto", "qualora", "als u", "indien u", "hvis du",
    "dersom du", "om du inte", "om du har", "om du fått", "jos et", "jos olet", "jeśli", "jeżeli", "pokud", "ak ste", "ha ön", "amennyiben",
    "dacă nu", "dacă ați", "если вы", "якщо ви", "eğer", "εάν", "αν δεν", "受信された場合", "誤って受信", "如果您", "若您", "如您", "잘못 수신", "귀하", "إذا", "אם אינך", "אם קיבלת",
]);

/// Whether it names the mail that it stands in.
pub(super) fn names_this_mail(fold: &str) -> bool {
    THIS_MAIL.stand_in(fold)
}

/// Whether it begins with the mail that it stands in.
pub(super) fn begins_with_this_mail(fold: &str) -> bool {
    THIS_MAIL.list().iter().any(|name| fold.starts_with(name))
}

/// Whether it names any mail, or its sender.
pub(super) fn names_a_mail(fold: &str) -> bool {
    MAIL.stand_in(fold)
}

/// Whether it tells the reader what to do with a mail.
pub(super) fn speaks_to_the_reader(fold: &str) -> bool {
    READER.stand_in(fold)
}

/// Whether it tells what somebody said: no program does.
pub(super) fn tells_who_said(fold: &str) -> bool {
    #[rustfmt::skip]
    const SAID: &[&str] = &[
        "said", "wrote", "shouted", "sagte", "sagten", "rief", "dit-il", "dit-elle", "disait", "dijo", "dijeron", "disse", "dissero", "zei", "sade",
        "sagde", "sanoi", "powiedział", "powiedziała", "řekl", "řekla", "сказал", "сказала", "schrieb", "schrieben", "a écrit", "ont écrit",
        "avait écrit", "écrivait", "écrivit", "escribió", "escribieron", "scrisse", "scrissero", "ha scritto che", "schreef", "schreven", "skrev",
        "kirjoitti", "napisał", "napisała", "napisali", "escreveu", "escreveram", "napsal", "napsala", "написал", "написала", "написали",
    ];
    SAID.iter().any(|word| has_word(fold, word))
}

/// Whether it tells what somebody says or what is to be read somewhere: `On the wall it says:`.
pub(super) fn tells_what_is_said(fold: &str) -> bool {
    #[rustfmt::skip]
    const SAYS: &[&str] = &[
        "says", "reads", "stands", "stood", "steht", "stand", "sagt", "schreibt", "dit", "disent", "lisait", "dice", "dicen", "decía",
        "diceva", "staat", "stond", "zegt", "står", "stod", "mówi", "pisze", "diz", "dizia", "lukee", "стоит", "стояло",
    ];
    tells_who_said(fold) || SAYS.iter().any(|word| has_word(fold, word))
}

/// Whether one person speaks: no program says "my".
pub(super) fn one_speaks(fold: &str) -> bool {
    #[rustfmt::skip]
    const ONE: &[&str] = &[
        "my", "me", "ich", "mein", "meine", "meinen", "meiner", "meinem", "je", "mon", "mes", "mi", "mis", "yo", "mio", "mia",
        "meu", "minha", "ik", "mijn", "jeg", "jag", "min", "mitt", "moja", "moje", "mój", "já", "můj", "я", "мой", "моя",
    ];
    ONE.iter().any(|word| has_word(fold, word))
}

/// Whether somebody tells of himself in it: a story about a confidential letter is no legal notice. Small words mean
/// different things from language to language, so each comes with company of its own.
pub(super) fn personal(text: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let english = has(&[" the ", " and ", " to "]);
    let french = has(&[" que ", " pas ", " les ", " la "]);
    english && has(&[" i ", " my ", " me ", " we went"])
        || has(&[" ich ", " mein"])
        || french && has(&[" je ", " mon "])
}
