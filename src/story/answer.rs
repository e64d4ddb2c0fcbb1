//! What an author's reply says to "may we publish it?". A yes is taken only where it is plain; all else is for a person to read.

pub mod beside;
pub mod quotation;
mod wish;

pub use wish::{Condition, condition, limit, withdrawal, withdrawal_of_a_story};

/// The words that were a plain yes, as the author wrote them: the evidence. `reply` is the mail's text with the quoted letter cut off,
/// `name` is the author's.
///
/// The letter asks for the words "I agree". Beside them there may be a greeting, thanks, and the author's own name. Whatever else is
/// there, a condition, a question, a wish, another name, leaves it to a person: consent that was not given is the worse error.
pub fn plain_yes(reply: &str, name: &str) -> Option<String> {
    // a reply, not a second story that happens to say it
    if reply.len() > 2_000 {
        return None;
    }
    let own: Vec<&str> = reply.lines().filter(|line| !is_logo(line)).collect();
    let own = own.join("\n");
    if !own.chars().all(is_plain) {
        return None;
    }
    let mut yes = None;
    for sentence in own.split(['.', '!', '\n', ';']).map(str::trim) {
        let words = words(sentence);
        if words.is_empty() || is_courtesy(&words, sentence) || is_signed(&words, name) || publishes(&words) {
            continue;
        }
        if !is_yes(&words, sentence, name) {
            return None;
        }
        yes.get_or_insert_with(|| bare(sentence));
    }
    yes
}

/// What a program writes in plain text for the logo in a signature: `[image: Company logo]`.
fn is_logo(line: &str) -> bool {
    let line = line.trim().replace('\\', "").to_lowercase();
    let named = line
        .strip_prefix("[image:")
        .and_then(|rest| rest.strip_suffix(']'))
        .map(words);
    named.is_some_and(|words| words.len() <= 4 && words.last().is_some_and(|word| word == "logo"))
}

/// Pictures that say yes, and their colour of skin.
const GLAD: [char; 9] = [
    '\u{1f44d}',
    '\u{1f642}',
    '\u{1f60a}',
    '\u{1f600}',
    '\u{1f603}',
    '\u{1f604}',
    '\u{1f64f}',
    '\u{2764}',
    '\u{fe0f}',
];

/// Letters, and marks that say nothing themselves: no question, nothing struck out, no picture of a thumb that points down.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric()
        || GLAD.contains(&c)
        || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
        || c.is_whitespace()
        || ".,!;:'\"*_-()/&>\\`".contains(c)
        || matches!(
            c,
            '\u{2019}' | '\u{2018}' | '\u{201c}' | '\u{201d}' | '\u{2bc}' | '\u{2013}' | '\u{2014}' | '\u{2026}'
        )
}

/// A sentence without the marks about it.
fn bare(sentence: &str) -> String {
    sentence.trim_matches(['*', '_', '"', '>', ' ']).to_owned()
}

/// The words of a sentence in lower case; `don't` is one.
pub fn words(sentence: &str) -> Vec<String> {
    let lower = sentence.to_lowercase().replace(['\u{2019}', '\u{2bc}', '`'], "'");
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let bare = words.map(|word| word.trim_matches('\''));
    bare.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// "I agree", alone or with what says no more than that.
fn is_yes(words: &[String], sentence: &str, name: &str) -> bool {
    let Some(place) = words.windows(2).position(|pair| pair[0] == "i" && pair[1] == "agree") else {
        return false;
    };
    let (before, after) = (&words[..place], &words[place + 2..]);
    // "Hello Cath, I agree": a greeting has a name in it
    let greeted = is_greeting(before, sentence)
        || thanks(before, sentence)
        || before.iter().all(|word| ASSENT.contains(&word.as_str()));
    // "I agree, Marion", "I agree xx"
    let signs = || {
        let behind = sentence
            .rsplit_once([',', '-', '\u{2013}', '\u{2014}'])
            .map(|(_, behind)| self::words(behind));
        behind.is_some_and(|behind| behind == after && is_signed(after, name))
    };
    let kisses = matches!(after, [word] if word.len() > 1 && is_kiss(word));
    let says = after.iter().all(|word| TO_WHAT.contains(&word.as_str()));
    // "published on my blog" is elsewhere
    let mine = after.iter().position(|word| word == "my");
    let elsewhere = mine.is_some_and(|at| after.get(at + 1).is_none_or(|word| word != "story"));
    greeted && (says && !elsewhere || kisses || !after.is_empty() && signs())
}

/// "Please publish it": no more than the letter asked.
fn publishes(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rest = match words[..] {
        ["please" | "do", "publish", ..] => &words[2..],
        ["please", "do", "publish", ..] => &words[3..],
        _ => return false,
    };
    matches!(rest, ["it"] | ["this"] | ["my" | "the" | "this", "story"])
}

fn is_kiss(word: &str) -> bool {
    word.len() <= 4 && word.bytes().all(|b| b == b'x')
}

const ASSENT: [&str; 12] = [
    "yes",
    "yeah",
    "ok",
    "okay",
    "sure",
    "of",
    "course",
    "thanks",
    "thank",
    "you",
    "and",
    "certainly",
];

/// What the letter asks for, and thanks: nothing in it narrows or widens a yes.
const TO_WHAT: [&str; 31] = [
    "to",
    "the",
    "publication",
    "publishing",
    "publish",
    "published",
    "of",
    "my",
    "story",
    "that",
    "you",
    "your",
    "with",
    "this",
    "it",
    "for",
    "be",
    "being",
    "can",
    "may",
    "on",
    "blog",
    "website",
    "site",
    "and",
    "thanks",
    "thank",
    "fully",
    "completely",
    "much",
    "very",
];

/// "Hello Cath": beside the opening only whom it greets, by a name as names are written. "Hello, remove my photo" is a wish.
fn is_greeting(words: &[String], sentence: &str) -> bool {
    let opens = ["hi", "hello", "dear", "hey", "good"];
    words.len() <= 4
        && words
            .split_first()
            .is_some_and(|(open, rest)| opens.contains(&open.as_str()) && greets(rest, sentence))
}

/// Whether the words of the sentence are whom it speaks to.
fn greets(words: &[String], sentence: &str) -> bool {
    let greeted = [
        "there",
        "all",
        "again",
        "everyone",
        "everybody",
        "team",
        "m4c",
        "friend",
        "friends",
        "sir",
        "madam",
        "and",
        "morning",
        "afternoon",
        "evening",
        "day",
        "to",
        "you",
    ];
    // "Hi, Remove Photo" is a wish, however it is written
    let denies = [
        "i",
        "we",
        "not",
        "no",
        "never",
        "if",
        "only",
        "but",
        "nothing",
        "once",
        "dont",
        "cannot",
        "please",
        "remove",
        "delete",
        "change",
        "leave",
        "use",
        "hide",
        "without",
        "anonymous",
        "anonymously",
        "name",
        "surname",
        "photo",
        "photos",
        "picture",
        "pictures",
    ];
    let is_name = |word: &&str| word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase);
    let names: Vec<String> = sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(is_name)
        .map(str::to_lowercase)
        .collect();
    let fits =
        |word: &String| !denies.contains(&word.as_str()) && (greeted.contains(&word.as_str()) || names.contains(word));
    words.iter().all(fits)
}

/// "Thank you so much for your letter", "Thank you Cath".
fn thanks(words: &[String], sentence: &str) -> bool {
    let about = [
        "so", "very", "much", "again", "for", "your", "you", "the", "kind", "lovely", "nice", "letter", "mail",
        "email", "answer", "reply", "reading", "it", "my", "story", "thanks", "thank", "many", "all", "this",
        "message", "and",
    ];
    let opens = |word: &String| ["thanks", "thank", "many"].contains(&word.as_str());
    let said = words.iter().take_while(|word| about.contains(&word.as_str())).count();
    let (said, names) = words.split_at(said);
    let speaks = |word: &String| ["thanks", "you", "much", "again"].contains(&word.as_str());
    let named = names.is_empty() || said.last().is_some_and(speaks) && greets(names, sentence);
    words.first().is_some_and(opens) && words.len() <= 12 && names.len() <= 2 && named
}

/// A greeting, thanks, or how a letter ends.
fn is_courtesy(words: &[String], sentence: &str) -> bool {
    let ends = [
        "best",
        "kind",
        "warm",
        "regards",
        "wishes",
        "yours",
        "sincerely",
        "cheers",
        "love",
        "with",
        "many",
        "all",
        "the",
        "and",
        "thanks",
        "thank",
        "you",
    ];
    let assent = words.iter().all(|word| ASSENT.contains(&word.as_str()));
    is_greeting(words, sentence)
        || thanks(words, sentence)
        || assent
        || words.iter().all(|word| ends.contains(&word.as_str()))
}

/// The author's own name at the end, or a part of it, and kisses; another name may be the one they want to be called by.
fn is_signed(words: &[String], name: &str) -> bool {
    let name = self::words(name);
    let words = match words.split_last() {
        Some((last, rest)) if is_kiss(last) && (last.len() > 1 || !rest.is_empty()) => rest,
        _ => words,
    };
    let is_part = |word: &String| {
        let initial = word.chars().count() == 1;
        name.iter()
            .any(|part| part == word || initial && part.starts_with(word.as_str()))
    };
    !name.is_empty() && words.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_yes_is_heard_and_its_words_are_the_evidence() {
        for (reply, words) in [
            ("I agree", "I agree"),
            ("I agree.\n\nMarion", "I agree"),
            ("*I agree*", "I agree"),
            ("\"I agree\"\n", "I agree"),
            ("yes, i agree!", "yes, i agree"),
            (
                "Hello Cath,\n\nThank you for the kind letter. I agree to the publication of my story.\n\nBest,\nMarion",
                "I agree to the publication of my story",
            ),
            ("Hi Cath Lee, I agree", "Hi Cath Lee, I agree"),
            ("I AGREE", "I AGREE"),
            ("Dear M4C Team,\n\nI agree\n\nKind regards,\nM. Maxwell", "I agree"),
            ("Yes! I agree. Thank you so much for reading my story!", "I agree"),
            ("I agree. Marion x", "I agree"),
            ("I agree xx", "I agree xx"),
            ("I agree\n\nxxx", "I agree"),
            ("I agree, Marion", "I agree, Marion"),
            ("I agree - Marion Maxwell", "I agree - Marion Maxwell"),
            ("I agree. Thank you Cath!", "I agree"),
            ("I agree. Thank you so much, Cath Lee!", "I agree"),
            ("Thanks for your email, I agree", "Thanks for your email, I agree"),
            ("I agree \u{1f44d}\u{1f3fd}", "I agree \u{1f44d}\u{1f3fd}"),
            ("I agree \u{2764}\u{fe0f}", "I agree \u{2764}\u{fe0f}"),
            ("Yes. I agree. Please publish it.", "I agree"),
            ("I agree\n\n[image: Company logo]", "I agree"),
            ("I agree\n\n\\[image: Example Trust logo\\]", "I agree"),
        ] {
            assert_eq!(plain_yes(reply, "Marion Maxwell").as_deref(), Some(words), "{reply}");
        }
    }

    #[test]
    fn what_is_not_a_plain_yes_is_for_a_person() {
        for reply in [
            "~~I agree~~",
            "I agree \u{1f44e}",
            "I agree\u{ff1f} \u{2717}",
            "",
            "Thank you!",
            "I don't agree",
            "I don\u{2019}t agree",
            "I do not agree.",
            "I agree, but please take out my surname.",
            "I agree if you change the photo",
            "I agree\n\nPlease do not use the photo.",
            "What do I agree to?",
            "Nobody will say I agree",
            "They think I agree",
            "I cannot say I agree",
            "I disagree",
            "I agree. Can you take out the street?",
            "I agree only to my first name",
            "I agreed with her on the day",
            "Hi agree",
            "I agree anonymously",
            "I agree. Please use the name Maria.",
            "I agree\n\nMaria",
            "I agree. Call me M in it.",
            "I agree to publish it as Maria",
            "I agree for my first name to be used",
            "I agree. Thank you for leaving out my surname.",
            "Yes",
            "Hello, I don't, I agree",
            "Good, once the photo is gone, I agree",
            "I agree. My children, too.",
            "Hello, change my name.\n\nI agree",
            "Hi, please remove photo\nI agree",
            "Hi, Remove Photo\nI agree",
            "Thank you, Anonymous Please\n\nI agree",
            "I agree. Hey, delete the photo.",
            "I agree to it being published on my blog",
            "I agree to that being published and the site being my blog",
            "I agree to my",
            "I agree x",
            "I agree, Maria",
            "I agree Maria xx",
            "I agree. Thank you No",
            "I agree. Thank you for Maria",
            "Thanks, but I don't, I agree",
            "I agree. Thanks, remove my photo",
            "I agree. Please publish it as Maria.",
            "I agree. Please publish it on Monday",
            "Please publish it.",
            "I agree\n\n[image: not my surname]",
            "I agree\n\n[image: but not with the logo of the trust]",
            "Good after editing, I agree",
        ] {
            assert_eq!(plain_yes(reply, "Marion Maxwell"), None, "{reply}");
        }
        let story = format!("I agree. {}", "We walked on and on that day. ".repeat(100));
        assert_eq!(plain_yes(&story, "Marion Maxwell"), None);
    }
}
