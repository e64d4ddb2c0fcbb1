//! What a mail's subject says of it, in all languages: that it passes on another, or answers one.

/// Prefixes of subjects of forwarded mails, and of answers.
#[rustfmt::skip]
const FORWARD_PREFIXES: &[&str] = &[
    "fwd", "fw", "tr", "wg", "rv", "vs", "vb", "pd", "doorst", "enc", "i", "ilt", "továbbítás", "redirecionar", "fs",
    "vl", "прд", "转发", "轉寄", "转寄", "轉發", "転送", "전달", "إعادة توجيه", "הועבר", "πρθ", "přeposláno", "перенаправлено",
    "пересл", "przekazane", "preposlané", "i fwd", "trs", "reenv", "isl", "nrd", "pt", "yml", "chuyển tiếp",
];
#[rustfmt::skip]
const REPLY_PREFIXES: &[&str] = &[
    "re", "aw", "sv", "antw", "antwort", "ré", "rép", "r", "odp", "res", "rif", "vast", "ynt", "cevap", "yan", "отв",
    "отг", "回复", "回覆", "答复", "答覆", "返信", "회신", "답장", "رد", "השב", "תשובה", "σχετ", "απ", "válasz", "vá", "bls",
    "ref", "ris", "ответ", "atb", "ats", "tl", "trả lời", "bals", "yt", "quot", "odg",
];

#[derive(PartialEq)]
pub(super) enum Says {
    Forward,
    Reply,
    Nothing,
}

/// Whether a subject says in any language that the mail passes on another.
pub fn is_forward(subject: &str) -> bool {
    says(subject) == Says::Forward
}

/// What a subject says by the prefix that a mail program put before it.
pub(super) fn says(subject: &str) -> Says {
    // the small letter of `İLT:` is an i and a dot of its own
    let fold = subject.trim().to_lowercase().replace('\u{307}', "");
    let Some((prefix, _)) = fold.split_once([':', '：']) else {
        return Says::Nothing;
    };
    let prefix = prefix
        .trim()
        .trim_end_matches(|c: char| c.is_ascii_digit() || "[]()* ".contains(c));
    if FORWARD_PREFIXES.contains(&prefix) {
        Says::Forward
    } else if REPLY_PREFIXES.contains(&prefix) {
        Says::Reply
    } else {
        Says::Nothing
    }
}

/// `VS:` is "videresendt" in Danish and Norwegian, and "vastaus", an answer, in Finnish and Estonian.
pub(super) fn vs(subject: &str) -> bool {
    subject
        .trim()
        .get(..3)
        .is_some_and(|head| head.eq_ignore_ascii_case("vs:"))
}
