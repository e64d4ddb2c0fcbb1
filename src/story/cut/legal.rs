//! Legal notices: the words they are made of, in any language, and how many a text has.

use super::itself::{names_this_mail, speaks_to_the_reader, tells_who_said};
use super::phrases::Phrases;
use super::seen::has_word;

/// Where the rules on people's data are to be read.
#[rustfmt::skip]
static PRIVACY: Phrases = Phrases::new(&[
    "datenschutz", "dsgvo", "privacy policy", "privacy notice", "privacy statement", "protección de datos",
    "política de privacidad", "datos personales", "rgpd", "gdpr", "données personnelles",
    "données à caractère personnel", "politique de confidentialité", "privacyverklaring", "persoonsgegevens",
    "dati personali", "informativa privacy", "dados pessoais", "personuppgift", "personopplysning", "persondata",
    "personoplysning", "tietosuoja", "rodo", "danych osobowych", "osobních údajů", "kvkk", "kişisel veri",
    "персональных данных", "personal data",
]);

/// A line that only points to the rules on people's data: `Informationen zum Datenschutz: https://...`.
pub(super) fn pointer(fold: &str) -> bool {
    let linked = ["http://", "https://", "www."].iter().any(|l| fold.contains(l));
    let own = ["wir haben ", "we wrote ", "we asked ", "nous avons "]
        .iter()
        .any(|w| fold.contains(w));
    // `Privacy: we process your data as explained at https://www.example.org/privacy`
    let page = || fold.contains("your data") && (fold.contains("/privacy") || fold.contains("/datenschutz"));
    // `Disclaimer: http://www.example.org/disclaimer`
    let alone = || fold.trim().starts_with("disclaimer: ") && fold.trim().split(' ').count() == 2;
    linked && !own && (PRIVACY.stand_in(fold) || page() || alone())
}

/// Words of legal notices. Two in one paragraph make one; see [`legal`].
#[rustfmt::skip]
static LEGAL: Phrases = Phrases::new(&[
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
    "vat no", "vat reg", "registered in scotland", "registered in wales", "registered in ireland", "registration number",
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
    "konfidentiella", "konfidentiellt", "circular 230", "tax advice contained in",
]);

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

/// Words that a notice may begin with and that anybody writes: they count nowhere.
const BESIDE: &[&str] = &["information contained", "views expressed", "opinions expressed"];

/// How many words of legal notices a text has; a word inside a longer one found is not counted again.
pub(super) fn legal(fold: &str) -> usize {
    let (strong, all) = legal_words(fold);
    if strong == 1 && all == 2 { 1 } else { all }
}

/// What stands before the first of them or of [`BESIDE`], if there is one.
pub(super) fn before_legal_words(fold: &str) -> &str {
    let words = LEGAL.list().iter().chain(BESIDE);
    let first = words.filter_map(|word| fold.find(word.trim_end())).min();
    &fold[..first.unwrap_or_default()]
}

/// Whether a word of a list stands in it, the short ones as words of their own.
fn has_legal(fold: &str, word: &str) -> bool {
    if word.len() > 6 {
        fold.contains(word)
    } else {
        has_word(fold, word.trim())
    }
}

/// The words of [`LEGAL`] in it.
fn legal_hits(fold: &str) -> Vec<&'static str> {
    // those are looked for without the blank
    let blank = |word: &&str| word.ends_with(' ');
    let found = LEGAL.all_in(fold).into_iter().filter(|word| !blank(word));
    let found = found.chain(LEGAL.list().iter().copied().filter(blank));
    found.filter(|word| has_legal(fold, word)).collect()
}

/// The words of [`LEGAL`] alone, and with those that count beside them.
fn legal_words(fold: &str) -> (usize, usize) {
    if !LEGAL.stand_in(fold) {
        return (0, 0);
    }
    let is = |word: &str| has_legal(fold, word);
    let hits = legal_hits(fold);
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

/// Whether a text with words of legal notices is one: it speaks of the mail it stands in or to its reader, or gives the numbers
/// of a company. A story about a confidential letter does neither.
pub(super) fn notice(fold: &str) -> bool {
    let number = || fold.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() >= 4);
    let speaks = names_this_mail(fold) || speaks_to_the_reader(fold) || COMPANY.stand_in(fold) && number();
    (speaks || tells_rights(fold)) && !tells_who_said(fold) && !of_a_person(fold)
}

/// Whether a text has the words of a notice and is a person's: it speaks to readers who are no addressees (`This message is for the
/// cleaners ...: no company number will keep you apart`), or to the team (`This message is confidential until the tribunal: please
/// do not publish the photos`).
pub(super) fn of_a_person(fold: &str) -> bool {
    if !LEGAL.stand_in(fold) || speaks_to_the_reader(fold) {
        return false;
    }
    let numbered = fold.contains(|c: char| c.is_ascii_digit());
    let without =
        |word: &str| !numbered && COMPANY.stand_in(word) || word == "disclaimer" && has_word(fold, "no disclaimer");
    let words = legal_hits(fold);
    let only = |of: &dyn Fn(&str) -> bool| words.iter().all(|word| names_this_mail(word) || of(word));
    let company = words.iter().any(|word| without(word));
    let asks = WISHES.iter().any(|wish| has_word(fold, wish));
    company && only(&without) || asks && !words.is_empty() && only(&|word| SECRET.contains(&word))
}

/// How a mail and what is in it are called that not everybody is to see.
#[rustfmt::skip]
const SECRET: &[&str] = &[
    "confidential", "any attachments", "any attachment", "vertraulich", "vertrauliche", "confidentiel", "confidentielles", "pièces jointes",
    "confidencial", "anexos", "riservato", "riservate", "allegati", "vertrouwelijk", "vertrouwelijke", "bijlagen", "fortrolig", "fortrolige",
    "konfidentiell", "konfidensiell", "poufne", "poufny", "důvěrné", "konfidentiellt",
];

/// What an author asks of those who publish, and no notice does.
#[rustfmt::skip]
const WISHES: &[&str] = &[
    "until", "not publish", "don't publish", "don’t publish", "not be published", "not print", "don't print", "don’t print", "not be printed",
    "not name", "don't name", "don’t name", "first name", "surname", "nicht veröffentlichen", "nicht veröffentlicht", "nicht abdrucken",
    "nicht drucken", "nicht nennen", "ne pas publier", "ne publiez pas", "ne soit pas publié", "no publicar", "no publiquen", "no publiquéis",
    "non pubblicare", "non pubblicate", "niet publiceren", "niet gepubliceerd", "não publicar", "não publiquem", "ikke offentliggør",
    "ikke publiser", "inte publicera", "publicera inte", "nie publikować", "proszę nie publikować", "не публиковать", "не публикуйте",
];

/// Whether it counts the rights that Spanish law has whoever keeps data tell of.
fn tells_rights(fold: &str) -> bool {
    let right = |word: &&&str| fold.contains(**word);
    let rights = [
        "acceso",
        "rectificación",
        "supresión",
        "cancelación",
        "oposición",
        "portabilidad",
    ];
    PRIVACY.stand_in(fold) && fold.contains("derecho") && rights.iter().filter(right).count() >= 2
}

/// How a company says what it is.
#[rustfmt::skip]
static COMPANY: Phrases = Phrases::new(&[
    "registered office", "registered in", "company number", "company registration", "company no", "registered number", "registered no",
    "registered charity", "charity number", "charity no", "charitable body", "registration number", "vat no", "vat reg", "vat number",
    "amtsgericht", "handelsregister", "registergericht", "hrb ", "ust-id", "sitz der gesellschaft", "sąd rejonowy", "krs", "siret", "rcs ",
    "d.lgs", "2016/679",
]);

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
            | "irs circular 230 disclosure"
            | "irs circular 230 notice"
            | "notice"
            | "nota de confidencialidad"
            | "informativa sulla privacy"
            | "fortrolighed"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_known_by_its_words_and_a_pointer_by_its_link() {
        assert!(pointer(
            "informationen zum datenschutz: https://www.example.org/datenschutz"
        ));
        assert!(!pointer("we wrote about gdpr on www.example.org"));
        // What only goes along with a notice makes none.
        assert_eq!(legal("附件里是照片，收件者是市长，请删除旧的"), 0);
        assert!(legal("this message is confidential and for the intended recipient only") >= 2);
    }

    #[test]
    fn a_notice_speaks_of_its_mail_to_its_reader_or_gives_a_companys_number() {
        for text in [
            "this message is confidential and privileged",
            "the contents are confidential. if you are not the intended recipient please delete it.",
            "elm youth trust is a charity registered in england (no. 1234567). registered office: 1 high street",
            "la información es confidencial. si no es usted el destinatario, bórrela.",
        ] {
            assert!(notice(text), "{text}");
        }
        for text in [
            "the letter was marked confidential and privileged, and the council was not liable for anything",
            "the registered office of the tenants is a kitchen, the company number is painted on the fridge",
            "this message is confidential, wrote the council, and then they printed it in the paper by error",
            "das schreiben war vertraulich, der geschäftsführer tobte, das amtsgericht schwieg",
            "il messaggio era riservato e arrivò per errore alla maestra, con gli allegati e tutto",
            "der chef schrieb, diese e-mail sei vertraulich, und wir hängten sie auf, neben das amtsgericht, hrb 4711",
            "le maire a écrit que ce message était confidentiel et que toute diffusion était interdite",
            "el alcalde escribió que este mensaje era confidencial y que quedaba prohibida su copia",
            "il sindaco scrisse che questo messaggio era riservato e la copia vietata",
            "de baas schreef dat dit bericht vertrouwelijk was en alleen voor de geadresseerde",
            "chefen skrev att detta meddelande var konfidentiellt",
            "burmistrz napisał, że ta wiadomość jest poufna, a ujawnianie zabronione",
            "o prefeito escreveu que esta mensagem era confidencial",
            "this message is for the cleaners on nights: no registered office, no company number and no disclaimer will part us",
            "this message is confidential until the tribunal. please do not publish any attachments before then",
            "diese e-mail ist vertraulich, bitte nicht veröffentlichen",
        ] {
            assert!(!notice(text), "{text}");
        }
    }
}
