//! How mail programs mark what they made themselves: quotations, signatures, forwarded mails.
//!
//! Each row is a class, id or attribute that the program writes into its own mails. Programs that show a mail before
//! answering it rewrite these names with a prefix of their own (`x_` by Outlook on the web, `yiv123` and `ydp1a2b` by
//! Yahoo, `m_-123` and `gmail-` by Gmail, `aolmail_`, `ecx` by Hotmail); the prefix is taken off first.

use super::css::Style;

/// What an element is by the word of the program that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Quotation with its attribution: what stands before the cited block is the attribution, what stands after it is
    /// the author's again. Without a cited block in it all of it is quoted.
    QuoteBox,
    /// All of it is quoted.
    Quoted,
    /// All of it is quoted, one level deeper.
    Cited,
    /// All of it is a forwarded mail.
    Forwarded,
    /// The line that says who wrote what follows.
    Attribution,
    Signature,
    /// It holds the header of another mail, and all that follows is quoted.
    Header,
    /// A line drawn above another mail: where that one's header follows, all from there on is quoted. The author may draw it too, and
    /// write on below it.
    LineAbove,
}

/// What `name` with these attributes is marked as.
pub fn mark(name: &str, attr: impl Fn(&str) -> Option<String>, style: &Style) -> Option<Mark> {
    let class = attr("class").unwrap_or_default();
    let id = attr("id").unwrap_or_default();
    let tokens = class.split_ascii_whitespace().chain(id.split_ascii_whitespace());
    let blockquote = name == "blockquote";
    let mut found = None;
    for token in tokens.take(32) {
        let token = unprefixed(token).to_ascii_lowercase();
        if let Some(mark) = by_token(&token, name) {
            // inside a container's class list the stronger word wins: `gmail_quote gmail_quote_container`
            found = found.or(Some(mark));
        }
    }
    if blockquote && matches!(found, Some(Mark::QuoteBox | Mark::Quoted)) {
        return Some(Mark::Cited);
    }
    if found.is_some() {
        return found;
    }
    match attr("data-marker").as_deref() {
        Some("__DIVIDER__") => return Some(Mark::LineAbove),
        Some("__QUOTED_TEXT__") if blockquote => return Some(Mark::Cited),
        Some("__QUOTED_TEXT__" | "__HEADERS__") => return Some(Mark::Quoted),
        Some("__SIG_PRE__" | "__SIG_POST__") => return Some(Mark::Signature),
        _ => {}
    }
    if attr("data-signature-widget").is_some() || name == "signature" {
        return Some(Mark::Signature);
    }
    match attr("name").as_deref() {
        // GMX and web.de; Spark
        Some("quote") if !matches!(name, "a" | "img") => return Some(Mark::QuoteBox),
        Some("messageReplySection") => return Some(Mark::QuoteBox),
        Some("messageSignatureSection") => return Some(Mark::Signature),
        _ => {}
    }
    match name {
        "blockquote" => {
            let cite = attr("type").is_some_and(|t| t.eq_ignore_ascii_case("cite"))
                || attr("cite").is_some_and(|c| c.starts_with("mid:") || c.starts_with("cid:") || c.contains('@'))
                || style.bar_left;
            cite.then_some(Mark::Cited)
        }
        // Outlook on the web draws this rule above the header block
        "hr" if attr("tabindex").as_deref() == Some("-1") => Some(Mark::LineAbove),
        _ => None,
    }
}

/// Whether these are the classes of the box that Gmail puts around what is quoted, together with who wrote it. The box stays where somebody
/// takes both out and writes on in it.
pub fn is_gmails_box(class: &str) -> bool {
    let mut tokens = class.split_ascii_whitespace().take(32);
    tokens.any(|token| ["gmail_quote", "gmail_quote_container"].contains(&unprefixed(token)))
}

fn by_token(token: &str, name: &str) -> Option<Mark> {
    const QUOTE_BOX: &[&str] = &[
        "gmail_quote",
        "gmail_quote_container",
        "protonmail_quote",
        "tutanota_quote",
        "nylas-quote",
        "cm_quote",
        "yahoo_quoted",
        "missive_quote",
        "zmail_extra",
        "history-quote-wrapper",
        "ntes-mailmaster-quote",
        "ntes-pcmail-quote",
        "__aliyun_previous_history_wrap",
        "sh-quoted-content",
        "edo-original",
        "quotedreply",
        "mail-quote-collapse",
        "front-blockquote",
        "includetail",
        "isreplycontent",
        "origbody",
        "reply-quote",
        "aolmail_quote",
        "zd-comment-quoted",
        "airmail_quote",
        "acompli_quote",
        "mail-editor-reference-message-container",
        "_originalcontent",
        "tutanota-quote",
        "lark-mail-quote",
        "helpscout-quote",
        "freshdesk_quote",
        "skiff-mail-quote",
        "quotecontent",
    ];
    const CITED: &[&str] = &["clean_bq", "cite", "cite2"];
    const SIGNATURE: &[&str] = &[
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "k9mail-signature",
        "applemailsignature",
        "signature",
        "protonmail_signature_block",
        "ms-outlook-mobile-signature",
        "composer_signature",
        "_rc_sig",
        "_signature",
        "ymail_android_signature",
        "ymail_ios_signature",
        "front-signature",
        "cm_signature",
        "sh-signature",
        "edo-signature",
        "-x-evo-signature",
        "-x-evo-signature-wrapper",
        "ntes-pcmail-signature",
        "ntes-pcmac-signature",
        "__aliyun_signature_wrap",
        "lark-mail-signature",
        "bloop_sign",
        "outlooksignature",
        "mobile-signature",
        "email-signature",
        "mail_signature",
        "mailsignature",
        "yahoo-signature",
        "pmsignature",
        "hs_signature",
        "zm-signature",
        "zm-_id_-sgn",
        "nine_signature",
        "spark-signature",
        "tutanota_signature",
    ];
    const ATTRIBUTION: &[&str] = &[
        "gmail_attr",
        "moz-cite-prefix",
        "airmail_on",
        "reply-intro",
        "-x-evo-attribution",
        "zm-_id_-sgn1",
    ];
    const HEADER: &[&str] = &["divrplyfwdmsg", "_persistentheader", "outlookmessageheader"];
    // `appendonsend` and `ms-outlook-mobile-body-separator-line` are not among them: they stand in mails that quote none
    // too, and the cursor comes to stand below or in them.
    const LINE_ABOVE: &[&str] = &[
        "stopspelling",
        "zwchr",
        "__pbconvhr",
        "replysplit",
        "divtagdefaultwrapper-reply",
    ];
    const FORWARDED: &[&str] = &["moz-forward-container", "moz-email-headers-table", "isforwardcontent"];
    let is = |list: &[&str]| list.contains(&token);
    if is(QUOTE_BOX) {
        Some(Mark::QuoteBox)
    } else if is(CITED) && name == "blockquote" {
        Some(Mark::Cited)
    } else if is(SIGNATURE) || token.starts_with("bloop_sign_") || token.ends_with("_signature") {
        Some(Mark::Signature)
    } else if is(ATTRIBUTION) {
        Some(Mark::Attribution)
    } else if is(HEADER) {
        Some(Mark::Header)
    } else if is(LINE_ABOVE) {
        Some(Mark::LineAbove)
    } else if is(FORWARDED) {
        Some(Mark::Forwarded)
    } else if token.starts_with("yahoo_quoted") || token.starts_with("lark-mail-quote") {
        Some(Mark::QuoteBox)
    } else {
        None
    }
}

/// A class or id without the prefixes that programs put before those of a mail they show.
fn unprefixed(mut token: &str) -> &str {
    // each turn takes off a prefix; a handful of programs in a row is all there is
    for _ in 0..8 {
        let lower = token.get(..3).unwrap_or("").to_ascii_lowercase();
        let rest = if lower.starts_with("x_") {
            Some(&token[2..])
        } else if lower.starts_with("ecx") {
            Some(&token[3..])
        } else if lower == "yiv" || lower == "ydp" {
            let digits = token[3..]
                .find(|c: char| !c.is_ascii_hexdigit())
                .unwrap_or(token.len() - 3);
            // `ydp1a2b3cd4yahoo_quoted`: the prefix has eight hex digits at most, so that none of the name is eaten
            let digits = if lower == "ydp" {
                digits.min(8)
            } else {
                token[3..].find(|c: char| !c.is_ascii_digit()).unwrap_or(digits)
            };
            (digits > 0).then(|| &token[3 + digits..])
        } else if lower.starts_with("m_") {
            let body = token[2..].trim_start_matches('-');
            let digits = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
            (digits > 3).then(|| body[digits..].trim_start_matches(['-', '_']))
        } else {
            token.strip_prefix("gmail-").or_else(|| token.strip_prefix("aolmail_"))
        };
        match rest {
            Some(rest) if !rest.is_empty() => token = rest,
            _ => break,
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::html::css::style;

    fn marked(name: &str, attrs: &[(&str, &str)]) -> Option<Mark> {
        let find = |wanted: &str| attrs.iter().find(|(n, _)| *n == wanted).map(|(_, v)| v.to_string());
        let css = find("style").map(|s| style(&s)).unwrap_or_default();
        mark(name, find, &css)
    }

    #[test]
    fn each_program_is_known_by_its_own_words() {
        for (name, attrs, expected) in [
            (
                "div",
                [("class", "gmail_quote gmail_quote_container")],
                Some(Mark::QuoteBox),
            ),
            ("blockquote", [("class", "gmail_quote")], Some(Mark::Cited)),
            ("blockquote", [("type", "cite")], Some(Mark::Cited)),
            (
                "blockquote",
                [("style", "border-left:2px solid #1010FF")],
                Some(Mark::Cited),
            ),
            (
                "blockquote",
                [("style", "margin:0 0 0 40px;border:none;padding:0px")],
                None,
            ),
            ("div", [("id", "ydp1a2b3c4dyahoo_quoted_123")], Some(Mark::QuoteBox)),
            ("div", [("class", "yiv0123456789gmail_quote")], Some(Mark::QuoteBox)),
            ("div", [("id", "x_x_divRplyFwdMsg")], Some(Mark::Header)),
            ("div", [("class", "m_-123456789gmail_signature")], Some(Mark::Signature)),
            ("div", [("id", "Signature")], Some(Mark::Signature)),
            ("div", [("name", "quote")], Some(Mark::QuoteBox)),
            ("hr", [("data-marker", "__DIVIDER__")], Some(Mark::LineAbove)),
            ("hr", [("id", "zwchr")], Some(Mark::LineAbove)),
            ("div", [("class", "moz-cite-prefix")], Some(Mark::Attribution)),
            ("div", [("class", "moz-forward-container")], Some(Mark::Forwarded)),
            ("p", [("class", "pull-quote")], None),
            ("div", [("class", "elementToProof")], None),
            ("div", [("id", "appendonsend")], None),
            ("div", [("id", "ms-outlook-mobile-body-separator-line")], None),
        ] {
            assert_eq!(marked(name, &attrs), expected, "{name} {attrs:?}");
        }
    }
}
