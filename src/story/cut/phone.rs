//! `Sent from my iPhone`: the line a phone or a mail program puts under a mail, in any language.

use std::borrow::Cow;

use super::attribution::tells;
use super::phrases::Phrases;
use super::seen::has_word;
use super::told;

/// `Sent from my ...` and its kin: what stands before the device.
#[rustfmt::skip]
static SENT_FROM: Phrases = Phrases::new(&[
    "sent from my ", "sent from ", "sent via ", "sent by my ", "sent using ", "sent with ", "sent on the ",
    "sent on my ", "sent through ", "posted from ", "written on my ", "typed on my ", "composed on my ", "dictated on my ", "dictated to my ", "dictated to siri", "tapped on my ", "tapped out on my ",
    "connected by ", "powered by ", "get outlook for ", "get the outlook app", "download outlook for ", "sent on a ",
    "sent wirelessly ", "mobile: sent ", "von meinem ", "von meiner ", "gesendet von ", "gesendet mit ",
    "gesendet über ", "gesendet aus ", "gesendet vom ", "gesendet via ", "diese nachricht wurde von meinem ",
    "diese nachricht wurde gesendet ", "verschickt mit ", "versendet mit ", "versendet von ", "verfasst auf ",
    "mobil gesendet", "outlook für ", "holen sie sich outlook", "laden sie outlook", "envoyé de mon ", "envoyé de ",
    "envoyé depuis ", "envoyé à partir ", "envoyé d'un ", "envoyé d’un ", "envoyé via ", "envoyé par ",
    "envoyé avec ", "envoyé sans fil ", "envoyé par mon ", "envoye de mon ", "télécharger outlook ", "téléchargez outlook ",
    "obtenez outlook ", "obtenir outlook ", "provenance : ", "message envoyé depuis ", "enviado desde ",
    "enviado de ", "enviado con ", "enviado mediante ", "enviado a través ", "obtener outlook ", "obtén outlook ",
    "descargar outlook ", "enviado do ", "enviado por ", "enviado pelo ", "enviado a partir ", "enviada do ",
    "enviado via ", "enviado com ", "obter o outlook ", "obter outlook ", "obtenha o outlook ", "baixar o outlook ",
    "inviato da ", "inviato dal ", "inviato con ", "inviato tramite ", "inviata da ", "inviata dal ", "inviato dall'", "inviato dall’", "inviato dalla ", "inviata dall'", "inviata dall’", "scarica outlook ",
    "ottieni outlook ", "verzonden vanaf ", "verzonden vanuit ", "verstuurd vanuit ", "get bluemail ",
    "get typeapp ", "get spark ", "verzonden met ", "verzonden via ", "verstuurd vanaf ", "verstuurd met ",
    "verstuurd via ", "verstuurd van ", "verzonden van ", "outlook voor ", "download outlook ", "haal outlook ",
    "sendt fra ", "sendt via ", "sendt med ", "send fra ", "hent outlook ", "få outlook ", "skickat från ",
    "skickat med ", "skickat via ", "skickades från ", "hämta outlook ", "skaffa outlook ", "lähetetty ",
    "hanki outlook ", "wysłane z ", "wysłano z ", "wysłane za ", "wysłane przy ", "wysłana z ", "wysłane od ",
    "pobierz outlook ", "uzyskaj outlook ", "pobierz program outlook", "odesláno z ", "odesláno pomocí ",
    "odesláno ze ", "odoslané z ", "odoslané zo ", "odoslané pomocou ", "stáhnout outlook ", "získat outlook ",
    "získejte outlook ", "küldve a ", "küldve az ", "elküldve a ", "az iphone-", "trimis de pe ", "trimis din ",
    "trimis de la ", "trimis cu ", "obțineți outlook ", "poslano z ", "poslano s ", "poslano iz ", "послато са ", "послато с ", "nosūtīts no ", "sent by ", "签名由", "簽名由", "发自", "發自", "получить outlook", "poslato sa ", "poslano iz ",
    "отправлено с ", "отправлено из ", "отправлено от ", "отправлено через ", "отправлено со ", "скачать outlook ",
    "надіслано з ", "надіслано через ", "відправлено з ", "изпратено от ", "изпратено с ", "στάλθηκε από ",
    "εστάλη από ", "αποστολή από ", "απεστάλη από ", "dikirim dari ", "dikirim dengan ", "terkirim dari ",
    "dihantar daripada ", "dihantar dari ", "đã gửi từ ", "được gửi từ ", "gửi từ ", "ส่งจาก ", "ส่งจาก",
    "saadetud minu ", "sūtīts no ", "išsiųsta iš ", "enviat des ", "enviat del ", "enviado dende ", "bidalita ",
    "sent í ", "sent by mobile", "sent securely ", "securely sent with ", "secured with ", "typed with ", "sicher versendet mit ", "sicher gesendet mit ", "sicher verschickt mit ",
    "spedito da ", "spedito dal ", "mandado desde ", "escrito desde ", "escrito no ", "écrit depuis ", "rédigé sur ",
    "getippt auf ", "geschrieben auf ", "geschrieben mit ", "geschickt von ", "gestuurd vanaf ", "sent frå ",
    "послано с ", "отправлено при ", "відправлено з ", "доставено с ", "poslano preko ", "šalje se ", "kuldve ",
    "küldve ", "elküldve ", "wysłano za ", "poslané z ", "poslané zo ", "trimis prin ", "trimisă ", "gửi bằng ",
    "أرسلت من ", "أُرسلت من ", "تم الإرسال من ", "مرسل من ", "أرسل من ", "تم إرساله من ", "נשלח מ", "נשלח ב", "أُرسل من ", "تم الارسال من ", "تم إرسالها من ", "ارسلت من ", "الحصول على outlook",
    "קבל את outlook", "λήψη του outlook",
    "ارسال شده از ", "来自qq", "发自我的", "发自 ", "从我的", "從我的", "由我的", "来自我的", "來自我的", "寄自我的", "傳自我的", "发送自", "發自我的", "寄件自", "나의 ",
    "내 ", "मेरे ",
]);

/// Phrases that end such a line, in languages that put the device first.
#[rustfmt::skip]
static SENT_FROM_END: Phrases = Phrases::new(&[
    "gesendet", "gesendet.", "verschickt", "versendet", "geschickt", "gesandt", "geschrieben.", "gönderildi",
    "gönderildi.", "gönderilmiştir", "から送信", "から送信されたメール", "送信されたメール", "다운로드하기", "定制", "から送信されました", "より送信", "からの送信", "で送信", "发送", "发出", "發送", "傳送", "傳送的",
    "寄出", "에서 보냄", "에서 보냈습니다", "에서 전송", "에서 보낸 메일", "에서 나의 휴대폰으로 보냄", "küldve", "küldve.", "lähetetty", "saadetud",
    "로부터 보냄", "से भेजा गया", "에서 보냅니다", "에서 발송", "에서 발송됨", "에서 보낸 메시지", "에서 작성", "から送りました", "から送っています",
    "から送信しています", "より送信しています", "からの返信", "送信されました", "gönderilmiş",
]);

/// Words of devices and programs, of which one stands in such a line.
#[rustfmt::skip]
const DEVICES: &[&str] = &[
    "iphone", "ipad", "ipod", "i-phone", "android", "samsung", "galaxy", "blackberry", "windows", "phone", "nokia",
    "lumia", "htc", "sony", "xperia", "huawei", "xiaomi", "redmi", "oneplus", "pixel", "mail", "outlook", "yahoo",
    "gmail", "proton", "protonmail", "k-9", "k9", "bluemail", "spark", "airmail", "tapatalk", "motorola", "droid",
    "lg", "nexus", "kindle", "tablet", "smartphone", "handheld", "wireless", "mobile", "mobil", "verizon",
    "t-mobile", "vodafone", "o2", "orange", "at&t", "sprint", "rogers", "telus", "mailbird", "thunderbird",
    "superhuman", "easymail", "optus", "telstra", "mobiel", "telefonumdan", "telefonundan", "mailspring", "hubspot", "outreach", "missive", "zoho", "fastmail", "tutanota", "tuta", "polymail", "handy", "telefon",
    "telefono", "teléfono", "téléphone", "telefone", "portable", "ordinateur", "computer", "laptop", "mac",
    "macbook", "imac", "pc", "hotmail", "icloud", "aol", "gmx", "web.de", "mailbox", "mymail", "aquamail", "aqua", "edison",
    "honor", "fairemail", "oppo", "vivo", "realme", "telia", "mobiltelefon", "mobilgerät", "telekom", "swisscom", "mobiele",
    "treo", "webos", "sfr", "bouygues", "movistar", "celular", "móvil", "movil", "dispositivo", "dispositif",
    "appareil", "device", "puhelimesta", "puhelin", "mailfence", "workspace", "телефон", "телефона", "смартфона", "айфона", "яндекс.почты",
    "почты", "почта", "poczta", "mail.ru", "ios", "pда", "hey", "email", "e-mail", "mailtrack", "newton", "canary",
    "shortwave", "boxer", "touchdown", "zimbra", "roundcube", "squirrelmail", "webmail", "hushmail", "fairphone",
    "jolla", "ubuntu", "linux", "smarttelefon", "携帯", "スマートフォン", "手机", "手機", "邮箱", "郵件", "邮件", "휴대폰", "아이폰", "هاتف",
    "جهاز", "הטלפון", "mobilen", "mobiltelefonen", "komórki", "telefonu", "iphonu", "iphone'dan", "iphone’dan",
    "iphonesta", "iphonea", "iphonem", "ipadu", "ipada", "iphonista", "androidu", "androida", "bell", "att", "mts",
    "typeapp", "surface", "xfinity", "rediffmail", "asus", "lenovo", "moto", "iphone6", "correo", "courrier",
    "posta", "typemail", "inbox", "hiri", "mailplane", "acompli", "cloudmagic", "tempo", "vivaldi", "posteo",
    "mailo", "laposte", "bbox", "palm", "app", "client", "apple", "watch", "zte", "alcatel", "wiko", "chromebook", "playbook", "4g", "5g", "lte", "e-posti", "почту", "яндекс", "rambler", "мтс",
];

/// One of these stands in every such line, unless a link parts it.
pub(super) fn telling() -> impl Iterator<Item = &'static str> {
    let lists = [
        SENT_FROM.list(),
        SENT_FROM_END.list(),
        TAGLINES,
        EXCUSES,
        WHOLE,
        &["outlook"],
    ];
    lists.into_iter().flatten().copied()
}

/// Everything such a line is known by.
#[cfg(test)]
pub(super) fn lists() -> [&'static [&'static str]; 6] {
    [SENT_FROM.list(), SENT_FROM_END.list(), TAGLINES, EXCUSES, SENDS, WHOLE]
}

/// What a link is written between.
pub(super) fn may_be_linked(fold: &str) -> bool {
    fold.bytes()
        .any(|b| matches!(b, b'<' | b'(' | b'[' | b']' | b'>' | b')'))
}

/// `Sent from my iPhone` in any language. Short, no sentence of its own, with a device or a program in it, and nothing that
/// tells more: `Sent from my heart` and `Written on my phone while marching` are people's words.
pub(super) fn sent_from(fold: &str) -> bool {
    let line = fold.trim_matches([
        '*', '_', ' ', '(', ')', '[', ']', '"', '-', '—', '–', '~', '•', '|', '.', '!', '📱', '📲', '✉', '\u{fe0f}',
    ]);
    let line = line.trim_start_matches("http://").trim();
    if TAGLINES.iter().any(|tagline| line.starts_with(tagline)) && line.len() < 120 {
        return true;
    }
    if let Some(rest) = EXCUSES.iter().find_map(|start| line.strip_prefix(start)) {
        return line.split(' ').count() <= 6 && !tells_more(rest.split(' '));
    }
    // An invitation after it: `Sent from Yahoo Mail. Get the app`.
    let invites =
        |more: &str| more.split(' ').count() <= 10 && INVITES.iter().any(|w| has_word(more, w)) && !tells(more);
    let line = match line.split_once(". ") {
        Some((first, more)) if invites(more) => first,
        _ => line,
    };
    let line = match line.split_once(", get ") {
        Some((first, more)) if more.contains("mailbox") || more.contains("app") => first,
        _ => line,
    };
    // what is sold with it, or its page: `Telekom Mail - kostenlos und sicher`, `eM Client | www.emclient.com`
    let line = match line.split_once(" - ").or_else(|| line.split_once(" | ")) {
        Some((first, more)) if names_a_program(first) && sells(more) => first,
        _ => line,
    };
    // A link in it or after it: `Get Outlook for iOS<https://aka.ms/o0ukef>`, `Sent with [Proton Mail](https://...)`.
    let unlinked_from = line.len();
    let unlinked = match may_be_linked(line) {
        true => Cow::Owned(without_links(line)),
        false => Cow::Borrowed(line),
    };
    let line = unlinked.trim();
    // `Sent from [Mailspring](https://...), the best free email app for work`
    if line.len() < unlinked_from && TAGLINES.iter().any(|tagline| line.starts_with(tagline)) && line.len() < 120 {
        return true;
    }
    let words = line.split(' ').count();
    if line.chars().count() > 110 || words > 18 || line.contains(['?', ';']) || line.contains(". ") && !apologises(line)
    {
        return false;
    }
    // `Sent from Nine<http://www.9folders.com/>`: the link tells a program.
    let linked = fold.contains("://") && words <= 5 && SENDS.iter().any(|start| line.starts_with(start));
    // `Please excuse typos, sent from my phone`
    let line = match line
        .rsplit_once(" - ")
        .or_else(|| line.rsplit_once([',', '–', '—', ':', '.']))
    {
        Some((before, after)) if apologises(before) && before.split(' ').count() <= 8 => after.trim(),
        _ => line,
    };
    let same_first = |start: &str| start.as_bytes().first() == line.as_bytes().first();
    let begins = SENT_FROM
        .list()
        .iter()
        .filter(|start| same_first(start) && line.starts_with(**start))
        .max_by_key(|start| start.len());
    // "Get Outlook for iOS" in any language.
    if words <= 7
        && line.contains("outlook")
        && !(line.contains(',') || tells(line))
        && (line.split(' ').any(|w| w.starts_with("ios")) || line.contains("android"))
    {
        return true;
    }
    // `Von meinem iPhone gesendet`, but not a sentence that ends so.
    let led = ["von ", "vom ", "diese ", "mit ", "per ", "aus ", "über ", "az ", "a "]
        .iter()
        .any(|start| line.starts_with(start));
    let first = line.split([' ', '\'', '’', '-', '.']).next().unwrap_or_default();
    let latin = line.starts_with(|c: char| c.is_ascii());
    let ends = SENT_FROM_END.end(line) && (led || !latin || joined_device(first));
    // `az iphone-` has the device in it
    let led_up = begins
        .filter(|start| !joined_device(start))
        .map_or(0, |start| start.len());
    let excused = || {
        let whole = line.split_once([',', '-', '.']).filter(|(_, more)| apologises(more));
        whole.is_some_and(|(first, _)| WHOLE.contains(&first.trim()))
    };
    WHOLE.contains(&line)
        || excused()
        || linked
        || (begins.is_some() || ends) && words <= 14 && only_a_device(&line[led_up..], ends || fold.contains("://"))
}

/// Whether it is such a line, and each of its words is one by which such lines are known. It has no links.
pub(super) fn says_no_more(fold: &str) -> bool {
    let known = |word: &str| {
        let lists = [SENT_FROM.list(), SENT_FROM_END.list(), WHOLE];
        let mut phrases = lists.into_iter().flatten().flat_map(|phrase| phrase.split(' '));
        let numbered = word.contains(|c: char| c.is_ascii_digit());
        let phrased = !["no", "do", "on", "of"].contains(&word) && phrases.any(|known| known == word);
        known_device(word) || numbered || MODELS.contains(&word) || phrased
    };
    sent_from(fold)
        && fold
            .split([' ', '.', ',', '!', '|', '*', '_', '"', '[', ']'])
            .all(|word| word.is_empty() || known(word))
}

/// What stands beside a device or a program.
#[rustfmt::skip]
const MODELS: [&str; 36] = [
    "my", "the", "for", "and", "on", "mi", "mon", "meu", "mio", "mijn", "für", "para", "pour", "per", "voor", "pro", "max", "plus", "mini", "air",
    "ultra", "note", "via", "with", "secure", "encrypted", "email", "der", "die", "lite", "bt", "se", "web", "de", "free", "smart",
];

/// Whether a program is named that is called nothing else, or a program by two words.
fn names_a_program(line: &str) -> bool {
    let known = line.split(' ').filter(|w| known_device(w));
    known.clone().any(|w| !generic(w)) || known.count() >= 2 || line.ends_with(" client")
}

/// Whether it praises a program, or is its page: no word of somebody who tells something.
fn sells(more: &str) -> bool {
    let words: Vec<&str> = more.split(' ').collect();
    let joints = ["und", "and", "et", "y", "e"];
    let page = words.len() == 1 && (more.starts_with("www.") || more.contains("://"));
    let praise = PRAISE.iter().any(|word| more.contains(word));
    page || praise && words.len() <= 8 && !tells(more) && !tells_more(words.into_iter().filter(|w| !joints.contains(w)))
}

/// How programs praise themselves.
#[rustfmt::skip]
const PRAISE: &[&str] = &[
    "free", "secure", "private", "kostenlos", "sicher", "gratuit", "sécuris", "gratis", "segur", "sicur", "veilig", "bezpłat",
];

/// Whether what follows `Sent from my` is a device or a program and no more: a make, and two words behind it at most, or one word
/// more with a device (`work phone`). `told` where the rest of the line says it: it ends in `gesendet`, or has the program's link.
fn only_a_device(line: &str, told: bool) -> bool {
    // `BlackBerry 10 smartphone on the EE network`: carriers have themselves named
    let carried = line
        .strip_suffix(" network")
        .and_then(|line| line.rsplit_once(" on the "));
    let line = match carried {
        Some((device, carrier)) if device.contains("blackberry") && carrier.split(' ').count() <= 3 => device,
        _ => line,
    };
    // an apology behind it is of the same making
    let line = line
        .split_once(['.', ',', ';'])
        .or_else(|| line.split_once(" - "))
        .or_else(|| line.split_once(" so ").filter(|(_, more)| told::apologises(more)))
        .filter(|(_, more)| apologises(more))
        .map_or(line, |(before, _)| before);
    let marks: &[char] = &['\'', '’', '®', '™', '!', '\u{a0}', ',', '.', '(', ')', '"'];
    let parts = |word: &str, known: fn(&str) -> bool| {
        let bare = word.trim_matches(marks);
        known(bare) || bare.split(marks).chain(bare.split(['-', '/'])).any(known)
    };
    let words: Vec<&str> = line
        .split(' ')
        .filter(|w| w.chars().any(char::is_alphanumeric))
        .collect();
    let Some(last) = words.iter().rposition(|w| parts(w, known_device) || joined_device(w)) else {
        return joined_device(line);
    };
    let behind = &words[last + 1..];
    if !told && (behind.len() > 2 || tells_more(behind.iter().copied())) {
        return false;
    }
    let made = |word: &str| known_device(word) && !generic(word);
    let named = words.iter().filter(|w| !OWN.contains(w)).count();
    // `Mail for Windows 10`
    let several = words.iter().filter(|w| parts(w, known_device)).count() >= 2;
    // `Sent from my desk, this is much easier than from my mobile phone.`
    let first = words.iter().position(|w| parts(w, known_device) || joined_device(w));
    let far = words[..first.unwrap_or(last)]
        .iter()
        .filter(|w| !OWN.contains(w))
        .count()
        > 5;
    // `Moto G`: one make has the letter of its model parted off
    let model = words
        .windows(2)
        .any(|pair| pair[0] == "moto" && matches!(pair[1], "g" | "e" | "x" | "z"));
    told || !far
        && (model
            || named <= 2 && behind.iter().all(|w| OWN.contains(w))
            || several
            || words.iter().any(|w| parts(w, made)))
}

/// Whether one of the words goes on to tell where, when or how.
fn tells_more<'a>(mut words: impl Iterator<Item = &'a str>) -> bool {
    words.any(|word| TELLS_MORE.contains(&word) || word.len() > 5 && word.ends_with("ing"))
}

/// Words that a person goes on with behind a device.
#[rustfmt::skip]
const TELLS_MORE: &[&str] = &[
    "while", "when", "as", "because", "in", "at", "on", "during", "after", "before", "with", "and", "to", "near",
    "outside", "inside", "under", "until", "for", "während", "als", "im", "auf", "beim", "mit", "und", "aus", "vor",
    "pendant", "quand", "dans", "sur", "avec", "chez", "et", "en", "mientras", "cuando", "con", "y", "desde",
    "durante", "enquanto", "com", "em", "no", "na", "e", "mentre", "nel", "nella", "terwijl", "toen", "op", "onder",
    "met", "in", "bij", "mens", "medan", "på", "i", "med", "podczas", "w", "z", "když", "při", "v", "s", "с", "в", "на",
];

/// Whose the device is: no part of its name.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "my", "a", "an", "the", "mon", "ma", "un", "une", "le", "la", "l'application", "mi", "mein", "meinem", "meiner", "dem",
    "der", "mijn", "een", "min", "mitt", "mit", "il", "el", "mio", "mia", "o", "do", "meu", "minha", "το", "μου", "του",
    "mého", "mojego", "mojej", "moji", "моего", "мого", "az", "meu", "meul", "של", "שלי", "من", "ของฉัน", "saya", "của", "tôi",
];

/// Words that are of any such thing, and of much else.
fn generic(word: &str) -> bool {
    GENERIC.contains(&word) || DEVICE_STEMS.iter().any(|stem| word.starts_with(stem))
}

#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "phone", "mail", "windows", "tablet", "wireless", "mobile", "orange", "sprint", "rogers", "mobiel", "mobiele", "portable",
    "ordinateur", "computer", "laptop", "pc", "mac", "mailbox", "bell", "honor", "vivo", "celular", "móvil", "movil",
    "dispositivo", "dispositif", "appareil", "device", "hey", "email", "e-mail", "newton", "canary", "boxer", "edison",
    "tempo", "inbox", "spark", "surface", "pixel", "galaxy", "handheld", "correo", "courrier", "posta", "app", "client", "apple", "watch", "почты", "почта",
    "почту", "edge", "touchdown", "outreach", "polymail", "aqua", "moto", "att", "poczta", "手机", "手機", "邮箱", "郵件", "邮件", "携帯", "جهاز",
];

/// Whole lines without a device, or without what the others begin with.
#[rustfmt::skip]
const WHOLE: &[&str] = &[
    "sent on the move", "sent from front", "sent via front", "sent with front", "sent using front", "sent from nine", "sent from mobile",
    "via mobile", "sent via mobile", "from my iphone", "from my ipad", "from my blackberry", "sent from phone",
    "von unterwegs gesendet", "von unterwegs", "mobil gesendet", "sent by phone", "sent by mobile",
    "mobil gesendet, daher kurz", "sent on the go", "sent from spike", "sent with spike", "sent with shift",
    "enviado do correio para windows", "enviado do correio para windows 10",
];

/// A line without its links, as far as such a line may go.
fn without_links(line: &str) -> String {
    let mut deep = 0u32;
    line.char_indices()
        .filter(|(at, c)| {
            match c {
                '<' | '(' => deep += 1,
                // `Sent with Mailbird [http://www.getmailbird.com/]`
                '[' if line[*at..].starts_with("[http") => deep += 1,
                ']' if deep > 0 && !line[*at..].contains(['>', ')']) => deep -= 1,
                '>' | ')' => deep = deep.saturating_sub(1),
                '[' | ']' => {}
                _ => return deep == 0,
            }
            false
        })
        .map(|(_, c)| c)
        .take(400)
        .collect()
}

/// What a program says of itself without saying that the mail was sent with it.
const TAGLINES: &[&str] = &[
    "yahoo mail: search, organize, conquer",
    "sent from yahoo mail: search, organize, conquer",
    "yahoo mail : search",
    "yahoo mail : gérez",
    "yahoo mail : recherch",
    "yahoo mail: busca",
    "yahoo mail: buscar",
    "yahoo mail: cerca",
    "yahoo mail: suchen",
    "sender notified by mailtrack",
    "sent from my blackberry® smartphone ",
    "sent with tuta; enjoy secure",
    "sent with tutanota, enjoy secure",
    "sent from mailspring, the best free email app",
    "get the new aol app: mail.mobile.aol.com",
    "laposte.net : ",
    "créez votre adresse électronique",
    "1 go d'espace de stockage",
    "une messagerie gratuite, garantie à vie",
    "je crée ma boîte mail",
    "don't miss out - get yahoo",
    "do you yahoo!?",
    "tired of spam? yahoo",
    "hotmail: trusted email",
    "windows live™: ",
    "una casella di posta gratuita con libero",
    "web.de freemail",
    "secure and private email",
    "this message was sent using imp, the internet messaging program",
    "this mail sent through imp: ",
    "this mail was sent through imp: ",
    "ᐧ",
];

/// What people have set as such a line, where it says no more.
const EXCUSES: &[&str] = &[
    "typed with thumbs",
    "typos courtesy of",
    "tapped on a tiny",
    "tapped out on ",
    "sent with thumbs",
    "typed on a tiny",
    "typed on a small screen",
    "typed on a small keyboard",
    "typed on a small device",
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
    DEVICES.contains(&word) || DEVICE_STEMS.iter().chain(NAME_STEMS).any(|stem| word.starts_with(stem))
}

/// Words of devices that languages put endings to: `mobilról`, `telefoon`, `телефону`, `älypuhelimestani`.
#[rustfmt::skip]
const DEVICE_STEMS: &[&str] = &[
    "mobil", "telef", "telemóv", "téléph", "telephon", "smartphon", "smartfon", "smarttel", "handy", "puhelim", "älypuhelim",
    "okostelefon", "okosteló", "telefón", "cellul", "celul", "мобільн", "мобильн", "телефон", "смартфон", "планшет",
    "κινητ", "τηλέφων", "komórk", "tablet",
];

/// Names of devices that languages do the same to.
#[rustfmt::skip]
const NAME_STEMS: &[&str] = &["iphon", "ipad", "android", "андроид", "айфон", "айпад"];

/// Devices in scripts without blanks, or with endings grown on: `iPhoneから送信`, `iPhone'umdan`, `iPhoneen`.
fn joined_device(line: &str) -> bool {
    [
        "iphone",
        "ipad",
        "telefon",
        "mobil",
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
        "آیفون",
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
            "Sent from my work phone",
            "Sent from my Verizon, Samsung Galaxy smartphone",
            "Sent from my T-Mobile 4G LTE Device",
            "Sent from my phone, please excuse typos",
            "Sent from my iPad using Tapatalk",
            "Sent from Mail for Windows 10",
            "Sent from my iPad so please forgive spelling mistakes.",
            "Sent from Mailspring, the best free email app for work",
            "Sent from [Mailspring](https://getmailspring.com/), the best free email app for work",
            "Sent with Tutanota, enjoy secure & ad-free emails.",
            "📱 Sent from my phone",
            "Sent from my Moto G",
            "Wysłane z aplikacji Poczta dla systemu Windows",
            "Get the new AOL app: mail.mobile.aol.com",
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
            "Sent with Mailbird [http://www.getmailbird.com/?utm_source=Mailbird]",
            "Yahoo Mail : Gérez vos mails plus simplement",
            "Inviato dall'app Mail di TIM",
            "签名由 网易邮箱大师 定制",
            "iOS용 Outlook<https://aka.ms/x> 다운로드하기",
            "Typos courtesy of my iPhone",
            "Please excuse brevity - sent from mobile.",
            "Sent from Yahoo Mail. Get the app",
            "Please excuse typos, sent from my phone",
            "Sent securely with Tuta. Get your own encrypted, ad-free mailbox:",
            "Securely sent with Tutanota. Get your own encrypted, ad-free mailbox:",
            "Sent with Tutanota, get your free mailbox:",
            "Secured with Tuta Mail:",
            "Enviado do meu telemóvel",
            "来自QQ邮箱iPhone版",
            "ارسال شده از آیفون من",
            "Provenance : Courrier pour Windows 10",
            "Gesendet mit Telekom Mail - kostenlos und sicher für alle!",
            "Sent from eM Client | www.emclient.com",
            "Sent from Workspace ONE Boxer",
            "Sent with Mailfence",
            "Sent on the move, please excuse typos",
            "Typed on a small screen",
            "Do You Yahoo!?",
            "Hotmail: Trusted email with powerful SPAM protection. Sign up now.",
            "WEB.DE FreeMail - einfach, schnell, kostenlos: https://www.web.de",
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
            "Sent from my heart",
            "Sent from my toaster",
            "Sent from my bed, with love",
            "Sent from my house with love",
            "Sent from my orange tree",
            "Written on my phone while marching",
            "Typed on my phone in the rain",
            "Sent from my iPhone while marching",
            "Sent from my iPhone on the bus to the council",
            "Sent from my phone outside the town hall",
            "Typed with thumbs in the rain, outside the town hall",
            "Envoyé de mon village",
            "Envoyé de mon téléphone pendant la marche",
            "Von meinem Herzen gesendet",
            "Enviado desde mi barrio",
            "Inviato dal mio quartiere",
            "Enviado de Madrid, el grupo llegó tarde.",
            "We were sent from my house to the town hall",
            "Sent from my desk, this is much easier than from my mobile phone.",
            "Powered by hope",
            "My phone was sent",
            "내 친구가 왔다",
            "Sent from the council, get the app, they said, and we laughed at it for a very long week.",
            "I typed this with thumbs on my phone, on the bus. Forgive me.",
            "Sent on the move, as we all were that year",
            "Sent from my iPhone - standing in the rain, free and wet",
            "Typed on a small screen in the rain",
            "Typed on a small farm in Wales",
            "Provenance : mon village",
            "来自手机店的老板说不行",
        ]
        .into_iter()
        .filter(|t| sent_from(&t.to_lowercase()))
        .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}
