//! Lines that a phone, a mail service, a list or a lawyer puts under a mail.

use super::seen::has_word;

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
}

/// `Sent from my ...` and its kin: what stands before the device.
#[rustfmt::skip]
const SENT_FROM: &[&str] = &[
    "sent from my ", "sent from ", "sent via ", "sent by my ", "sent using ", "sent with ", "sent on the ",
    "sent on my ", "sent through ", "posted from ", "written on my ", "typed on my ", "composed on my ",
    "connected by ", "powered by ", "get outlook for ", "get the outlook app", "download outlook for ", "sent on a ",
    "sent wirelessly ", "mobile: sent ", "von meinem ", "von meiner ", "gesendet von ", "gesendet mit ",
    "gesendet über ", "gesendet aus ", "gesendet vom ", "gesendet via ", "diese nachricht wurde von meinem ",
    "diese nachricht wurde gesendet ", "verschickt mit ", "versendet mit ", "versendet von ", "verfasst auf ",
    "mobil gesendet", "outlook für ", "holen sie sich outlook", "laden sie outlook", "envoyé de mon ", "envoyé de ",
    "envoyé depuis ", "envoyé à partir ", "envoyé d'un ", "envoyé d’un ", "envoyé via ", "envoyé par ",
    "envoyé avec ", "envoyé par mon ", "envoye de mon ", "télécharger outlook ", "téléchargez outlook ",
    "obtenez outlook ", "obtenir outlook ", "provenance : courrier", "message envoyé depuis ", "enviado desde ",
    "enviado de ", "enviado con ", "enviado mediante ", "enviado a través ", "obtener outlook ", "obtén outlook ",
    "descargar outlook ", "enviado do ", "enviado por ", "enviado pelo ", "enviado a partir ", "enviada do ",
    "enviado via ", "enviado com ", "obter o outlook ", "obter outlook ", "obtenha o outlook ", "baixar o outlook ",
    "inviato da ", "inviato dal ", "inviato con ", "inviato tramite ", "inviata da ", "scarica outlook ",
    "ottieni outlook ", "verzonden vanaf ", "verzonden vanuit ", "verstuurd vanuit ", "get bluemail ",
    "get typeapp ", "get spark ", "verzonden met ", "verzonden via ", "verstuurd vanaf ", "verstuurd met ",
    "verstuurd via ", "verstuurd van ", "verzonden van ", "outlook voor ", "download outlook ", "haal outlook ",
    "sendt fra ", "sendt via ", "sendt med ", "send fra ", "hent outlook ", "få outlook ", "skickat från ",
    "skickat med ", "skickat via ", "skickades från ", "hämta outlook ", "skaffa outlook ", "lähetetty ",
    "hanki outlook ", "wysłane z ", "wysłano z ", "wysłane za ", "wysłane przy ", "wysłana z ", "wysłane od ",
    "pobierz outlook ", "uzyskaj outlook ", "pobierz program outlook", "odesláno z ", "odesláno pomocí ",
    "odesláno ze ", "odoslané z ", "odoslané zo ", "odoslané pomocou ", "stáhnout outlook ", "získat outlook ",
    "získejte outlook ", "küldve a ", "küldve az ", "elküldve a ", "az iphone-", "trimis de pe ", "trimis din ",
    "trimis de la ", "trimis cu ", "obțineți outlook ", "poslano z ", "poslano s ", "poslato sa ", "poslano iz ",
    "отправлено с ", "отправлено из ", "отправлено от ", "отправлено через ", "отправлено со ", "скачать outlook ",
    "надіслано з ", "надіслано через ", "відправлено з ", "изпратено от ", "изпратено с ", "στάλθηκε από ",
    "εστάλη από ", "αποστολή από ", "απεστάλη από ", "dikirim dari ", "dikirim dengan ", "terkirim dari ",
    "dihantar daripada ", "dihantar dari ", "đã gửi từ ", "được gửi từ ", "gửi từ ", "ส่งจาก ", "ส่งจาก",
    "saadetud minu ", "sūtīts no ", "išsiųsta iš ", "enviat des ", "enviat del ", "enviado dende ", "bidalita ",
    "sent í ", "sent by mobile", "sent securely ", "typed with ", "sicher versendet mit ", "sicher gesendet mit ", "sicher verschickt mit ",
    "spedito da ", "spedito dal ", "mandado desde ", "escrito desde ", "escrito no ", "écrit depuis ", "rédigé sur ",
    "getippt auf ", "geschrieben auf ", "geschrieben mit ", "geschickt von ", "gestuurd vanaf ", "sent frå ",
    "послано с ", "отправлено при ", "відправлено з ", "доставено с ", "poslano preko ", "šalje se ", "kuldve ",
    "küldve ", "elküldve ", "wysłano za ", "poslané z ", "poslané zo ", "trimis prin ", "trimisă ", "gửi bằng ",
    "أرسلت من ", "أُرسلت من ", "تم الإرسال من ", "مرسل من ", "أرسل من ", "تم إرساله من ", "נשלח מ", "נשלח ב", "أُرسل من ", "تم الارسال من ", "تم إرسالها من ", "ارسلت من ", "الحصول على outlook",
    "קבל את outlook", "λήψη του outlook",
    "ارسال شده از ", "发自我的", "发自 ", "从我的", "從我的", "由我的", "来自我的", "來自我的", "寄自我的", "傳自我的", "发送自", "發自我的", "寄件自", "나의 ",
    "내 ", "मेरे ",
];

/// Phrases that end such a line, in languages that put the device first.
#[rustfmt::skip]
const SENT_FROM_END: &[&str] = &[
    "gesendet", "gesendet.", "verschickt", "versendet", "geschickt", "gesandt", "geschrieben.", "gönderildi",
    "gönderildi.", "gönderilmiştir", "から送信", "から送信されました", "より送信", "からの送信", "で送信", "发送", "发出", "發送", "傳送", "傳送的",
    "寄出", "에서 보냄", "에서 보냈습니다", "에서 전송", "에서 보낸 메일", "에서 나의 휴대폰으로 보냄", "küldve", "küldve.", "lähetetty", "saadetud",
    "로부터 보냄", "से भेजा गया", "에서 보냅니다", "에서 발송", "에서 발송됨", "에서 보낸 메시지", "에서 작성", "から送りました", "から送っています",
    "から送信しています", "より送信しています", "からの返信", "送信されました", "gönderilmiş",
];

/// Words of devices and programs, of which one stands in such a line.
#[rustfmt::skip]
const DEVICES: &[&str] = &[
    "iphone", "ipad", "ipod", "i-phone", "android", "samsung", "galaxy", "blackberry", "windows", "phone", "nokia",
    "lumia", "htc", "sony", "xperia", "huawei", "xiaomi", "redmi", "oneplus", "pixel", "mail", "outlook", "yahoo",
    "gmail", "proton", "protonmail", "k-9", "k9", "bluemail", "spark", "airmail", "tapatalk", "motorola", "droid",
    "lg", "nexus", "kindle", "tablet", "smartphone", "handheld", "wireless", "mobile", "mobil", "verizon",
    "t-mobile", "vodafone", "o2", "orange", "at&t", "sprint", "rogers", "telus", "mailbird", "thunderbird",
    "superhuman", "missive", "zoho", "fastmail", "tutanota", "tuta", "mailspring", "polymail", "handy", "telefon",
    "telefono", "teléfono", "téléphone", "telefone", "portable", "ordinateur", "computer", "laptop", "mac",
    "macbook", "imac", "pc", "hotmail", "aol", "gmx", "web.de", "mailbox", "mymail", "aquamail", "aqua", "edison",
    "honor", "oppo", "vivo", "realme", "telia", "mobiltelefon", "mobilgerät", "telekom", "swisscom", "mobiele",
    "treo", "webos", "sfr", "bouygues", "movistar", "celular", "móvil", "movil", "dispositivo", "dispositif",
    "appareil", "device", "puhelimesta", "puhelin", "телефон", "телефона", "смартфона", "айфона", "яндекс.почты",
    "почты", "почта", "mail.ru", "ios", "pда", "hey", "email", "e-mail", "mailtrack", "newton", "canary",
    "shortwave", "boxer", "touchdown", "zimbra", "roundcube", "squirrelmail", "webmail", "hushmail", "fairphone",
    "jolla", "ubuntu", "linux", "smarttelefon", "携帯", "スマートフォン", "手机", "手機", "邮箱", "郵件", "邮件", "휴대폰", "아이폰", "هاتف",
    "جهاز", "הטלפון", "mobilen", "mobiltelefonen", "komórki", "telefonu", "iphonu", "iphone'dan", "iphone’dan",
    "iphonesta", "iphonea", "iphonem", "ipadu", "ipada", "iphonista", "androidu", "androida", "bell", "att", "mts",
    "typeapp", "surface", "xfinity", "rediffmail", "asus", "lenovo", "moto", "iphone6", "correo", "courrier",
    "posta", "typemail", "inbox", "hiri", "mailplane", "acompli", "cloudmagic", "tempo", "vivaldi", "posteo",
    "mailo", "laposte", "bbox", "e-posti", "почту", "яндекс", "rambler", "мтс",
];

/// Lines that a virus scanner adds.
#[rustfmt::skip]
const SCANNER: &[&str] = &[
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
];

/// What a scanner says of a clean mail: beside its own name only, people are free of viruses too.
#[rustfmt::skip]
const CLEAN: &[&str] = &[
    "virus-free", "virus free", "virenfrei", "privo di virus", "não contém vírus", "δεν περιέχει ιούς", "ללא וירוסים",
    "خالية من الفيروسات", "ウイルス フリー", "ウイルスフリー", "无病毒", "不含病毒", "바이러스 없음", "viruksista vapaa", "viruksettomia", "brez virusov",
    "вільний від вірусів", "без вірусів", "sans virus", "libre de virus", "virusvrij", "livre de vírus", "priva di virus",
    "wolny od wirusów", "bez virů", "без вирусов", "virusfri", "virüs bulunmuyor", "vírusmentes", "fără viruși",
];

/// Where the rules on people's data are to be read.
#[rustfmt::skip]
const PRIVACY: &[&str] = &[
    "datenschutz", "dsgvo", "privacy policy", "privacy notice", "privacy statement", "protección de datos",
    "política de privacidad", "datos personales", "rgpd", "gdpr", "données personnelles",
    "données à caractère personnel", "politique de confidentialité", "privacyverklaring", "persoonsgegevens",
    "dati personali", "informativa privacy", "dados pessoais", "personuppgift", "personopplysning", "persondata",
    "personoplysning", "tietosuoja", "rodo", "danych osobowych", "osobních údajů", "kvkk", "kişisel veri",
    "персональных данных", "personal data",
];

/// A line that only points to the rules on people's data: `Informationen zum Datenschutz: https://...`.
pub(super) fn pointer(fold: &str) -> bool {
    let linked = ["http://", "https://", "www."].iter().any(|l| fold.contains(l));
    let own = ["wir haben ", "we wrote ", "we asked ", "nous avons "]
        .iter()
        .any(|w| fold.contains(w));
    linked && !own && PRIVACY.iter().any(|w| fold.contains(w))
}

/// Where a list, a group or a help desk begins its footer.
#[rustfmt::skip]
const LIST: &[&str] = &[
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
    "to stop receiving notifications", "reply to this email to respond", "to unsubscribe from these emails",
];

#[rustfmt::skip]
const ENVIRONMENT: &[&str] = &[
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
];

/// Words of legal notices. Two in one paragraph make one; see [`legal`].
#[rustfmt::skip]
const LEGAL: &[&str] = &[
    "confidential", "privileged", "intended recipient", "intended solely", "intended only", "solely for the use",
    "for the use of the individual", "for the addressee", "named addressee", "addressee(s)",
    "received this email in error", "received this e-mail in error", "received this message in error",
    "received this in error", "received this transmission in error", "received it in error",
    "please notify the sender", "notify us immediately", "notify the sender", "delete it from your system",
    "any dissemination", "unauthorised use", "unauthorized use", "unauthorized review", "disclosure, copying",
    "strictly prohibited", "any attachments", "and any files transmitted", "any attachment", "this e-mail",
    "this email", "this message", "do not necessarily represent", "do not necessarily reflect", "views or opinions",
    "registered office", "registered in england", "company number", "company registration", "registered number",
    "accepts no liability", "no liability", "not liable", "disclaimer", "confidentiality notice",
    "legally privileged", "vat number", "registered charity", "charity number", "diese e-mail", "vertrauliche",
    "vertraulich", "nicht der richtige adressat", "irrtümlich erhalten", "informieren sie bitte", "vernichten sie",
    "unerlaubte kopieren", "unbefugte weitergabe", "rechtlich geschützte", "amtsgericht", "geschäftsführer",
    "handelsregister", "hrb ", "ust-id", "sitz der gesellschaft", "registergericht", "ce message", "cet e-mail",
    "ce courriel", "ce courrier électronique", "confidentiel", "confidentielles", "confidentialité", "destinataire",
    "destinataires", "pièces jointes", "par erreur", "toute diffusion", "toute utilisation", "avertir l'expéditeur",
    "immédiatement l'expéditeur", "décline toute responsabilité", "est interdite", "l'intégrité", "este mensaje",
    "este correo", "confidencial", "confidencialidad", "destinatario", "por error", "aviso legal", "exclusivamente",
    "queda prohibida", "protección de datos", "información privilegiada", "esta mensagem", "este e-mail",
    "confidencialidade", "destinatário", "por engano", "remetente", "informações confidenciais", "proibida",
    "anexos", "questo messaggio", "presente messaggio", "presente e-mail", "riservate", "riservato", "per errore",
    "d.lgs", "196/2003", "privacy", "vietata", "gdpr", "2016/679", "allegati", "dit bericht", "deze e-mail",
    "vertrouwelijk", "vertrouwelijke", "geadresseerde", "uitsluitend bestemd", "ten onrechte", "aansprakelijkheid",
    "bijlagen", "denne e-mail", "denne e-post", "denna e-post", "detta meddelande", "fortrolig", "fortrolige",
    "konfidentiell", "konfidensiell", "fejlagtigt", "ved en feil", "av misstag", "avsändaren", "avsenderen",
    "afsenderen", "modtager", "luottamuksellinen", "ta wiadomość", "niniejsza wiadomość", "poufne", "poufny",
    "adresat", "przez pomyłkę", "sąd rejonowy", "krs", "tato zpráva", "důvěrné", "adresát", "omylem",
    "конфиденциальн", "настоящее сообщение", "данное сообщение", "получили это сообщение по ошибке", "отправителя",
    "bu e-posta", "gizli", "yanlışlıkla", "保密", "机密", "機密", "收件人", "误收", "誤收", "誤って", "守秘", "送信者に",
    "vat no", "registered in scotland", "registered in wales", "registered in ireland", "registration number",
    "charitable body", "registered no", "company no", "charity no", "may be monitored", "monitor emails", "datos personales",
    "rgpd", "le informamos", "reglamento (ue)", "derechos de acceso", "dati personali", "regolamento ue", "données personnelles",
    "dsgvo", "rodo", "danych osobowych", "osobních údajů", "personuppgift", "persoonsgegevens",
    "este mensaje de correo", "se ha recibido este", "recibido este mensaje", "notifíquelo", "comuníquelo", "recebeu esta mensagem",
    "recebeu este e-mail", "esta comunicação", "ricevuto questo messaggio", "ricevuto questa", "ricevuta per errore", "prego informare", "distruggerlo", "luottamuksellis", "tarkoitettu vain", "poistakaa", "wiadomość jest",
    "wyłącznie dla", "poufna", "informacje poufne", "ujawnianie", "důvěrn",
    "výlučně", "dôvern", "táto správa", "ez az üzenet", "ezen üzenet",
    "e-mail üzenet", "bizalmas", "acest mesaj",
    "acest e-mail", "confidențial", "цей лист", "це повідомлення", "конфіденційн",
    "эта почта",
    "göndericiyi", "göndericiye", "kişiye özel", "hukuka aykırı", "gizlilik", "το παρόν", "εμπιστευτικ", "εκ παραδρομής", "סודית", "סודי", "חסוי", "לנמען",
    "السرية", "سرية", "سري ", "المرسل إليه", "このメール", "本メール", "当メール",
    "機密情報", "誤って受信", "誤送信", "受信された場合", "본 메일", "본 이메일",
    "본 전자우편", "이 이메일", "비밀정보", "비밀 정보", "기밀", "잘못 수신", "잘못 전송", "本邮件", "本郵件", "此邮件", "此郵件", "此電子郵件", "本電子郵件", "未经授权", "未經授權", "指定收件人", "denne mail", "konfidensielle",
    "konfidentiella", "konfidentiellt",
];

/// Words that stand in legal notices, and in other mails about letters too: they count beside one of [`LEGAL`] only.
#[rustfmt::skip]
const LEGAL_TOO: &[&str] = &[
    "viesti", "vastaanottaja", "vahingossa", "vastaanottajalle", "lähettäjälle", "wiadomości", "nadawcę", "nadawcy",
    "załączniki", "zprávu", "odesílatele", "odosielateľ", "nesprávny", "címzett", "feladót", "feladó", "tévedésből",
    "csatolt", "törölje", "destinatarului", "din greșeală", "din eroare", "expeditor", "fișierele atașate",
    "ștergeți", "адресата", "адресат", "помилково", "відправника", "видаліть", "исключительно", "по ошибке",
    "отправителю", "удалите", "вложения", "ekleri", "alıcı", "gönderene", "παραλήπτη", "αποστολέα", "κατά λάθος",
    "διαγράψτε", "בטעות", "לשולח", "المرسل", "عن طريق الخطأ", "بالخطأ", "حذفها", "送信者", "破棄", "第三者", "이 메일", "수신인",
    "수신자", "발신자", "발신인", "삭제하여", "삭제해", "附件", "收件者", "发件人", "寄件人", "寄件者", "删除", "刪除", "泄露", "洩漏", "mottakeren",
    "mottaker", "avsender", "vedlegg", "vedhæftede", "slette den", "radera", "bifogade", "это сообщение",
    "erroneamente", "cancellarlo", "削除してください", "削除して下さい", "削除をお願い", "הנמען",
];

/// What footer the line is, by its lower-case text.
pub(super) fn footer(fold: &str) -> Option<Footer> {
    if fold.is_empty() {
        return None;
    }
    if sent_from(fold) {
        return Some(Footer::SentFrom);
    }
    let named = ["avast", "avg", "www.", "http"].iter().any(|name| fold.contains(name));
    if fold.len() < 200
        && CLEAN
            .iter()
            .any(|s| fold.contains(s) && (named || fold.len() <= s.len() + 2))
    {
        return Some(Footer::Scanner);
    }
    if fold.len() < 500 && SCANNER.iter().any(|s| fold.contains(s)) {
        return Some(Footer::Scanner);
    }
    if fold.len() < 400 && LIST.iter().any(|s| fold.contains(s)) || list_info(fold) {
        return Some(Footer::List);
    }
    if fold.len() < 260
        && ENVIRONMENT.iter().any(|s| fold.contains(s))
        && paper(fold)
        && ![" we ", " i ", " our ", " wir ", " ich ", " nous ", " notre "]
            .iter()
            .any(|w| fold.contains(w))
    {
        return Some(Footer::Environment);
    }
    None
}

/// `Sent from my iPhone` in any language. Short, no sentence of its own, and with a device or a program in it, except
/// after "Sent from my": people put jokes there.
pub(super) fn sent_from(fold: &str) -> bool {
    let line = fold.trim_matches([
        '*', '_', ' ', '(', ')', '[', ']', '"', '-', '—', '–', '~', '•', '|', '.', '!',
    ]);
    let line = line.trim_start_matches("http://").trim();
    if TAGLINES.iter().any(|tagline| line.starts_with(tagline)) && line.len() < 90 {
        return true;
    }
    // An invitation after it: `Sent from Yahoo Mail. Get the app`.
    let line = match line.split_once(". ") {
        Some((first, more)) if more.split(' ').count() <= 10 && INVITES.iter().any(|w| has_word(more, w)) => first,
        _ => line,
    };
    // A link in it or after it: `Get Outlook for iOS<https://aka.ms/o0ukef>`, `Sent with [Proton Mail](https://...)`.
    let mut deep = 0u32;
    let unlinked: String = line
        .chars()
        .filter(|c| {
            match c {
                '<' | '(' => deep += 1,
                '>' | ')' => deep = deep.saturating_sub(1),
                '[' | ']' => {}
                _ => return deep == 0,
            }
            false
        })
        .take(400)
        .collect();
    let line = unlinked.trim();
    let words = line.split(' ').count();
    if line.chars().count() > 110 || words > 18 || line.contains(['?', ';']) || line.contains(". ") && !apologises(line)
    {
        return false;
    }
    if (line.starts_with("sent from my ") || line.starts_with("envoyé de mon ")) && words <= 10 {
        return true;
    }
    // `Sent from Nine<http://www.9folders.com/>`: the link tells a program.
    let linked = fold.contains("://") && words <= 5 && SENDS.iter().any(|start| line.starts_with(start));
    // `Please excuse typos, sent from my phone`
    let line = match line.rsplit_once([',', '–', '—', ':', '.']) {
        Some((before, after)) if apologises(before) && before.split(' ').count() <= 8 => after.trim(),
        _ => line,
    };
    let device = || {
        line.split([' ', ',', '.', '-', '/', '\'', '’', '®', '™', '!', '\u{a0}'])
            .any(known_device)
            || joined_device(line)
    };
    let begins = SENT_FROM.iter().any(|start| line.starts_with(start));
    // "Get Outlook for iOS" in any language.
    if words <= 7 && line.contains("outlook") && (has_word(line, "ios") || line.contains("android")) {
        return true;
    }
    // `Von meinem iPhone gesendet`, but not a sentence that ends so.
    let led = ["von ", "vom ", "diese ", "mit ", "per ", "aus ", "über ", "az ", "a "]
        .iter()
        .any(|start| line.starts_with(start));
    let first = line.split([' ', '\'', '’', '-', '.']).next().unwrap_or_default();
    let latin = line.starts_with(|c: char| c.is_ascii());
    let ends = SENT_FROM_END.iter().any(|end| line.ends_with(end)) && (led || !latin || joined_device(first));
    match line {
        "sent from mobile"
        | "sent from phone"
        | "von unterwegs gesendet"
        | "von unterwegs"
        | "mobil gesendet"
        | "sent by phone"
        | "sent by mobile"
        | "mobil gesendet, daher kurz"
        | "sent on the go" => true,
        _ => linked || (begins || ends) && (words <= 14) && device(),
    }
}

/// What a program says of itself without saying that the mail was sent with it.
const TAGLINES: &[&str] = &[
    "yahoo mail: search, organize, conquer",
    "yahoo mail : search",
    "sender notified by mailtrack",
    "laposte.net : ",
    "typed with thumbs",
    "sent with thumbs",
    "typed on a tiny",
    "ᐧ",
];

/// Words of an invitation to use the same program.
const INVITES: &[&str] = &[
    "get",
    "app",
    "mailbox",
    "download",
    "try",
    "eigene",
    "obtenez",
    "téléchargez",
    "descarga",
    "consigue",
    "scarica",
    "baixe",
    "hol",
    "hole",
    "holen",
];

/// What stands before a program that names itself with a link.
const SENDS: &[&str] = &[
    "sent from ",
    "sent with ",
    "sent via ",
    "sent using ",
    "gesendet mit ",
    "envoyé avec ",
    "enviado con ",
    "inviato con ",
];

/// The second sentence under a phone's line.
fn apologises(line: &str) -> bool {
    [
        "please",
        "excus",
        "typo",
        "brevity",
        "sorry",
        "bitte",
        "entschuld",
        "pardon",
        "disculp",
        "scus",
        "apolog",
    ]
    .iter()
    .any(|w| line.contains(w))
}

fn known_device(word: &str) -> bool {
    DEVICES.contains(&word) || DEVICE_STEMS.iter().any(|stem| word.starts_with(stem))
}

/// Words of devices that languages put endings to: `mobilról`, `telefoon`, `телефону`, `älypuhelimestani`.
#[rustfmt::skip]
const DEVICE_STEMS: &[&str] = &[
    "mobil", "telef", "téléph", "telephon", "smartphon", "smartfon", "smarttel", "iphone", "ipad", "android", "handy",
    "puhelim", "älypuhelim", "okostelefon", "okosteló", "telefón", "cellul", "celul", "мобільн", "мобильн", "телефон",
    "смартфон", "планшет", "андроид", "айфон", "айпад", "κινητ", "τηλέφων", "komórk", "tablet",
];

/// Devices in scripts without blanks, or with endings grown on: `iPhoneから送信`, `iPhone'umdan`, `iPhoneen`.
fn joined_device(line: &str) -> bool {
    [
        "iphone",
        "ipad",
        "アイフォン",
        "スマートフォン",
        "タブレット",
        "メールアプリ",
        "モバイル",
        "小米",
        "华为",
        "平板",
        "苹果",
        "갤럭시",
        "스마트폰",
        "휴대",
        "핸드폰",
        "모바일",
        "아이패드",
        "네이버",
        "카카오",
        "메일 앱",
        "هاتف",
        "جوال",
        "جهاز",
        "آيفون",
        "ايفون",
        "סמארטפון",
        "טלפון",
        "נייד",
        "אייפון",
        "android",
        "galaxy",
        "samsung",
        "outlook",
        "yahoo",
        "gmail",
        "web.de",
        "mail.ru",
        "手机",
        "手機",
        "邮箱",
        "郵件",
        "邮件",
        "携帯",
        "スマホ",
        "휴대폰",
        "아이폰",
        "blackberry",
        "huawei",
        "xiaomi",
        "windows",
        "яндекс",
        "t-online",
    ]
    .iter()
    .any(|device| line.contains(device))
}

/// `Blog mailing list`, `Blog@lists.example.org`, the info page: what Mailman writes under its line.
pub(super) fn list_info(fold: &str) -> bool {
    fold.len() < 160
        && (fold.ends_with(" mailing list") || fold.contains("/mailman/listinfo/") || fold.contains("/mailman3/lists/"))
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

/// How many words of legal notices a text has; a word inside a longer one found is not counted again.
pub(super) fn legal(fold: &str) -> usize {
    let (strong, all) = legal_words(fold);
    if strong == 1 && all == 2 { 1 } else { all }
}

/// The words of [`LEGAL`] alone, and with those that count beside them.
fn legal_words(fold: &str) -> (usize, usize) {
    let is = |word: &str| {
        if word.len() > 6 {
            fold.contains(word)
        } else {
            has_word(fold, word.trim())
        }
    };
    let hits: Vec<&str> = LEGAL.iter().copied().filter(|word| is(word)).collect();
    let strong = hits
        .iter()
        .filter(|hit| {
            !hits
                .iter()
                .any(|other| other.len() > hit.len() && other.contains(**hit))
        })
        .count();
    let inside = |word: &&str| hits.iter().any(|hit| hit.contains(*word));
    match strong {
        0 => (0, 0),
        _ => (
            strong,
            strong + LEGAL_TOO.iter().filter(|w| is(w) && !inside(w)).count().min(2),
        ),
    }
}

/// A heading over a legal notice.
pub(super) fn legal_heading(fold: &str) -> bool {
    let bare = fold.trim_matches(['*', '_', ':', ' ', '-', '.', '=']);
    matches!(
        bare,
        "disclaimer"
            | "confidentiality notice"
            | "confidentiality"
            | "confidential"
            | "legal notice"
            | "legal disclaimer"
            | "email disclaimer"
            | "e-mail disclaimer"
            | "important notice"
            | "privacy notice"
            | "haftungsausschluss"
            | "vertraulichkeitshinweis"
            | "wichtiger hinweis"
            | "rechtlicher hinweis"
            | "avis de confidentialité"
            | "avertissement"
            | "clause de confidentialité"
            | "aviso legal"
            | "aviso de confidencialidad"
            | "aviso de confidencialidade"
            | "avviso di riservatezza"
            | "nota di riservatezza"
            | "informativa privacy"
            | "vertrouwelijkheid"
            | "ansvarsfraskrivelse"
            | "confidentiality statement"
            | "notice"
            | "nota de confidencialidad"
            | "informativa sulla privacy"
            | "fortrolighed"
    )
}

/// A further line of a scanner's footer: `Version: 10.0.1170 / Virus Database: 426/3298`.
pub(super) fn scanner_goes_on(fold: &str) -> bool {
    fold.len() < 120
        && (fold.starts_with("version:")
            || fold.contains("avast")
            || fold.contains("www.avg")
            || fold.contains("release date:")
            || fold.starts_with("http")
            || fold.starts_with("<http")
            || fold.starts_with("database"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_phones_and_programs_are_known_in_their_languages() {
        let missed: Vec<&str> = [
            "Sent from my iPhone",
            "Sent from my iPhone.",
            "Sent from my BlackBerry® smartphone",
            "Sent from my Verizon Wireless BlackBerry",
            "Sent via BlackBerry from T-Mobile",
            "Sent from Yahoo Mail on Android",
            "Sent from Yahoo! Mail for iPhone",
            "Sent from my HTC One™ X, an AT&T 4G LTE smartphone",
            "Sent from my Samsung Galaxy smartphone.",
            "Sent from my toaster",
            "Sent from Mail for Windows 10",
            "Sent from Outlook for Android",
            "Get Outlook for iOS",
            "Get Outlook for Android<https://aka.ms/ghei36>",
            "Get Outlook for iOS <https://aka.ms/o0ukef>",
            "Sent with Proton Mail secure email.",
            "Sent with [ProtonMail](https://protonmail.com) Secure Email.",
            "Sent from ProtonMail mobile",
            "Sent from Mailbox",
            "Sent using Zoho Mail",
            "Sent from my Windows Phone",
            "*Sent from my Nexus*",
            "Sent from BlueMail",
            "Sent via Superhuman",
            "(Sent from my mobile)",
            "-- Sent from my Palm Pre",
            "Sent from my Android phone with K-9 Mail. Please excuse my brevity.",
            "Von meinem iPhone gesendet",
            "Von meinem Samsung Galaxy Smartphone gesendet.",
            "Gesendet von Mail für Windows 10",
            "Gesendet mit der GMX Mail App",
            "Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.",
            "Gesendet von Outlook für iOS",
            "Von unterwegs gesendet",
            "Envoyé de mon iPhone",
            "Envoyé depuis mon smartphone Samsung Galaxy.",
            "Envoyé à partir de Yahoo Mail sur Android",
            "Télécharger Outlook pour Android",
            "Obtenez Outlook pour iOS",
            "Envoyé de mon mobile Orange",
            "Enviado desde mi iPhone",
            "Enviado desde Yahoo Mail para Android",
            "Obtener Outlook para iOS",
            "Enviado do meu iPhone",
            "Enviado do Email para Windows 10",
            "Obter o Outlook para Android",
            "Inviato da iPhone",
            "Inviato dal mio Windows Phone",
            "Inviato da Yahoo Mail su Android",
            "Scarica Outlook per Android",
            "Verstuurd vanaf mijn iPhone",
            "Verzonden vanaf mijn Samsung-apparaat met mobiele data",
            "Outlook voor iOS downloaden",
            "Sendt fra min iPhone",
            "Skickat från min iPhone",
            "Lähetetty iPhonesta",
            "Lähetetty iPhonestani",
            "Wysłane z iPhone'a",
            "Wysłano z iPhone'a",
            "Wysłane z telefonu Samsung",
            "Odesláno z iPhonu",
            "Odoslané z iPhonu",
            "Trimis de pe iPhone-ul meu",
            "Отправлено с iPhone",
            "Отправлено из мобильной Почты Mail.ru",
            "Надіслано з iPhone",
            "Изпратено от моя iPhone",
            "iPhone'umdan gönderildi",
            "iPhone’dan gönderildi",
            "iPhoneから送信",
            "从我的 iPhone 发送",
            "发自我的 iPhone",
            "發自我的 iPhone",
            "從我的 iPhone 傳送",
            "나의 iPhone에서 보냄",
            "내 iPhone에서 보냄",
            "أرسلت من الـ iPhone",
            "تم الإرسال من الـ iPhone",
            "נשלח מה-iPhone שלי",
            "Στάλθηκε από το iPhone μου",
            "Dikirim dari iPhone saya",
            "Đã gửi từ iPhone của tôi",
            "ส่งจาก iPhone ของฉัน",
            "Enviat des del meu iPhone",
            "Küldve az iPhone-omról",
            "Az iPhone-omról küldve",
            "从 Windows 版邮件发送",
            "Windows 版のメールから送信",
            "スマートフォンから送信",
            "네이버 메일 앱에서 보냈습니다.",
            "삼성 갤럭시 스마트폰에서 보냈습니다.",
            "Надіслано з мобільного телефону",
            "נשלח מהטלפון שלי",
            "Στάλθηκε από το κινητό μου",
            "Küldve mobilról",
            "Odesláno z mobilu",
            "Verzonden met mijn telefoon",
            "Sicher versendet mit Proton Mail.",
            "Sent from Nine<http://www.9folders.com/>",
            "Sent from Yahoo Mail. Get the app",
            "Please excuse typos, sent from my phone",
            "Sent securely with Tuta. Get your own encrypted, ad-free mailbox:",
        ]
        .into_iter()
        .filter(|t| !sent_from(&t.to_lowercase()))
        .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn a_sentence_that_begins_alike_is_the_authors() {
        let found: Vec<&str> = [
            "Sent from the council with love, the letter came on Monday. We read it at once.",
            "Sent from one office to the next, we did not give up.",
            "Enviado de Madrid, el grupo llegó tarde.",
            "We were sent from my house to the town hall",
            "Powered by hope",
            "My phone was sent",
            "내 친구가 왔다",
            "Sent from the council, get the app, they said, and we laughed at it for a very long week.",
            "I typed this with thumbs on my phone, on the bus. Forgive me.",
        ]
        .into_iter()
        .filter(|t| sent_from(&t.to_lowercase()))
        .collect();
        assert!(found.is_empty(), "{found:#?}");
    }

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
        assert_eq!(footer("we asked people to think about the environment."), None);
        assert!(pointer(
            "informationen zum datenschutz: https://www.example.org/datenschutz"
        ));
        assert!(!pointer("we wrote about gdpr on www.example.org"));
        // What only goes along with a notice makes none.
        assert_eq!(legal("附件里是照片，收件者是市长，请删除旧的"), 0);
        assert!(legal("this message is confidential and for the intended recipient only") >= 2);
    }
}
