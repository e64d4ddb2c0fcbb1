//! What an author's reply says to "may we publish it?". A yes is taken only where it is plain; all else is for a person to read.

/// The words that were a plain yes, as the author wrote them: the evidence. `reply` is the mail's text with the quoted letter cut off.
///
/// The letter asks for the words "I agree". Whatever makes a condition of it, or says no, or asks, anywhere in the reply, leaves
/// it to a person: consent that was not given is the worse error.
pub fn plain_yes(reply: &str) -> Option<String> {
    // a reply, not a second story that happens to say it
    if reply.len() > 2_000 || reply.contains('?') {
        return None;
    }
    let lower = reply.to_lowercase().replace(['\u{2019}', '\u{2bc}', '`'], "'");
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let doubtful = |word: &&str| DOUBTS.contains(word) || word.ends_with("n't") || *word == "dont" || *word == "cant";
    if words.iter().any(doubtful) {
        return None;
    }
    let sentences = reply.split(['.', '!', '\n', ';']).map(str::trim);
    sentences
        .filter(|sentence| is_yes(sentence))
        .map(|sentence| sentence.trim_matches(['*', '_', '"', '>', ' ']).to_owned())
        .next()
}

/// Words after which an "I agree" is not a plain one.
const DOUBTS: [&str; 30] = [
    "not",
    "no",
    "never",
    "nor",
    "but",
    "except",
    "unless",
    "if",
    "only",
    "without",
    "however",
    "although",
    "though",
    "until",
    "provided",
    "condition",
    "instead",
    "rather",
    "change",
    "changed",
    "remove",
    "withdraw",
    "disagree",
    "stop",
    "delete",
    "anonymous",
    "anonymously",
    "pseudonym",
    "wait",
    "cannot",
];

/// "I agree", alone or with what people put around it.
fn is_yes(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let Some(place) = words.windows(2).position(|pair| pair == ["i", "agree"]) else {
        return false;
    };
    let (before, after) = (&words[..place], &words[place + 2..]);
    let opening = [
        "yes", "ok", "okay", "sure", "hi", "hello", "dear", "thanks", "thank", "you", "of", "course", "all",
    ];
    // "Hello Cath, I agree": a greeting may have a name in it
    let greeted = before
        .first()
        .is_some_and(|word| ["hi", "hello", "dear"].contains(word))
        && before.len() <= 4;
    let with = [
        "to",
        "with",
        "that",
        "for",
        "and",
        "thanks",
        "thank",
        "of",
        "fully",
        "completely",
    ];
    (greeted || before.iter().all(|word| opening.contains(word)))
        && after.first().is_none_or(|word| with.contains(word))
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
        ] {
            assert_eq!(plain_yes(reply).as_deref(), Some(words), "{reply}");
        }
    }

    #[test]
    fn what_is_not_a_plain_yes_is_for_a_person() {
        for reply in [
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
        ] {
            assert_eq!(plain_yes(reply), None, "{reply}");
        }
        let story = format!("I agree. {}", "We walked on and on that day. ".repeat(100));
        assert_eq!(plain_yes(&story), None);
    }
}
