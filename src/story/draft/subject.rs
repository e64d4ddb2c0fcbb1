//! Which subjects say something.

/// Marks of replies and forwards, as mail programs write them in their languages, without the colon.
const PREFIXES: &[&str] = &[
    "re",
    "fw",
    "fwd",
    "aw",
    "wg",
    "tr",
    "rv",
    "sv",
    "vs",
    "vb",
    "antw",
    "antwort",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "i",
    "r",
    "res",
    "enc",
    "ref",
    "rif",
    "doorst",
    "vl",
    "továbbítás",
    "atb",
    "bls",
    "fyi",
    "回复",
    "答复",
    "转发",
    "回覆",
    "轉寄",
    "ответ",
    "fwd fwd",
    "пересл",
    "отв",
    "返信",
    "転送",
    "رد",
    "σχετ",
    "προώθ",
    "הועבר",
    "תגובה",
];

/// Words that say nothing about a story sent here.
const EMPTY_WORDS: &[&str] = &[
    "a",
    "about",
    "an",
    "and",
    "as",
    "at",
    "attached",
    "below",
    "blog",
    "blogpost",
    "by",
    "change",
    "dear",
    "doc",
    "docx",
    "document",
    "email",
    "enclosed",
    "entry",
    "file",
    "find",
    "for",
    "from",
    "fwd",
    "future",
    "hello",
    "hey",
    "hi",
    "here",
    "image",
    "images",
    "in",
    "is",
    "jpg",
    "leader",
    "leader's",
    "leaders",
    "leaders'",
    "leaders’",
    "leader’s",
    "leadership",
    "m4c",
    "mail",
    "message",
    "movement",
    "my",
    "new",
    "no",
    "none",
    "of",
    "on",
    "our",
    "pdf",
    "photo",
    "photos",
    "pic",
    "pics",
    "picture",
    "pictures",
    "piece",
    "please",
    "post",
    "re",
    "request",
    "requested",
    "s",
    "sending",
    "some",
    "stories",
    "story",
    "subject",
    "submission",
    "submitting",
    "team",
    "test",
    "text",
    "thanks",
    "the",
    "there",
    "this",
    "to",
    "training",
    "untitled",
    "update",
    "version",
    "with",
    "writing",
    "you",
    "your",
    "yours",
    "draft",
    "final",
];

/// The subject as a subtitle, where it says more than that this is a story and whose; and whether an address or a telephone number
/// went out of it.
pub fn subtitle(subject: &str, author: &str) -> Option<(String, bool)> {
    let bare = bare(subject);
    let shown = super::contacts::masked(&bare, " ");
    let went = shown != bare;
    // brackets that only had an address in them
    let shown = ["( )", "[ ]", "< >"]
        .iter()
        .fold(shown, |shown, empty| shown.replace(empty, " "));
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let author: Vec<String> = tokens(author).collect();
    let says = |token: &String| {
        let number = token.chars().all(|c| c.is_ascii_digit());
        !number && !EMPTY_WORDS.contains(&token.as_str()) && !author.contains(token)
    };
    let said = tokens(&shown).any(|t| says(&t));
    said.then(|| {
        let shown: String = shown.chars().take(200).collect();
        (shown.trim_end().to_owned(), went)
    })
}

/// Whether two subjects have the same words, but for marks of replies and of servers.
pub fn same_but_for_marks(one: &str, other: &str) -> bool {
    const SERVERS: [&str; 6] = ["external", "extern", "ext", "spam", "sender", "caution"];
    let words = |subject: &str| -> Vec<String> {
        let lower = subject.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        // `Re[2]:`, `Réf.:`
        let mark = |word: &&str| {
            let numbered = word.len() == 1 && word.starts_with(|c: char| c.is_ascii_digit());
            PREFIXES.contains(word) || SERVERS.contains(word) || numbered || ["réf", "ref"].contains(word)
        };
        words.filter(|word| !mark(word)).map(str::to_owned).collect()
    };
    words(one) == words(other)
}

/// Without the marks of replies, forwards and gateways, and without quotes around all of it.
pub fn bare(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let before = rest;
        // `[EXTERNAL]`, `[blog]`
        if let Some((tag, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']'))
            && tag.len() <= 30
            && !after.trim().is_empty()
        {
            rest = after.trim_start();
        }
        if let Some((mark, after)) = rest.split_once([':', '：']) {
            let mark = mark
                .trim()
                .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | ' '));
            if PREFIXES.contains(&mark.to_lowercase().as_str()) {
                rest = after.trim_start();
            }
        }
        if rest == before {
            break;
        }
    }
    let rest = rest.trim_end_matches("(fwd)").trim_end_matches("[Fwd]").trim();
    for (open, close) in [('"', '"'), ('“', '”'), ('\'', '\''), ('‘', '’'), ('«', '»'), ('„', '“')] {
        if let Some(inner) = rest.strip_prefix(open).and_then(|r| r.strip_suffix(close))
            && !inner.contains([open, close])
        {
            return inner.trim().to_owned();
        }
    }
    rest.to_owned()
}

fn tokens(text: &str) -> impl Iterator<Item = String> + '_ {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let words = text
        .split(move |c: char| !joins(c))
        .filter(|w| w.chars().any(char::is_alphanumeric));
    words.map(|w| w.trim_end_matches("'s").trim_end_matches("’s").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_that_says_something_is_the_subtitle() {
        for (subject, expected) in [
            (
                "How we got a crossing on Mill Road",
                Some("How we got a crossing on Mill Road"),
            ),
            ("Fwd: RE: How we got a crossing", Some("How we got a crossing")),
            ("AW: [EXTERNAL] Re[2]: The night shelter", Some("The night shelter")),
            ("转发: 我的社区", Some("我的社区")),
            ("\"From carer to councillor\"", Some("From carer to councillor")),
            ("Marion and the food bank", Some("Marion and the food bank")),
            ("Story: the food bank", Some("Story: the food bank")),
            ("story", None),
            ("My Future Leader story", None),
            ("Future Leaders' Stories - Marion Maxwell", None),
            ("Marion's story", None),
            ("Fwd: marion@example.org", None),
            ("A bench, call 07700 900123", Some("A bench, call")),
            ("Fwd: anna.secret at private.example", None),
            ("mailto:anna.secret%40private.example", None),
            ("The bench, by Ａnna＠private.example", Some("The bench, by")),
            ("The bench (anna [at] private (dot) example)", Some("The bench")),
            ("Meet me at example.org", Some("Meet me at example.org")),
            ("Tea at home.Then a march", Some("Tea at home.Then a march")),
            ("Fwd:", None),
            ("RE: Fw: ", None),
            ("(no subject)", None),
            ("Hello!", None),
            ("Blog post for M4C", None),
            ("IMPORTANT", Some("IMPORTANT")),
            ("", None),
        ] {
            let made = subtitle(subject, "Marion Maxwell").map(|(made, _)| made);
            assert_eq!(made.as_deref(), expected, "{subject}");
        }
    }
}
