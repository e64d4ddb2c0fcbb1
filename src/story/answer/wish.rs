//! What an author asks for in a reply, beside a plain yes: to have the story back, or a yes with a condition. Nothing is done for it
//! but to tell a person, so a doubtful one is told, too.

/// How a language asks to have something back.
struct Tongue {
    /// Verbs that ask alone: "remove my story".
    takes: &'static [&'static str],
    /// Verbs that need their other half: "take it down".
    splits: &'static [&'static str],
    halves: &'static [&'static str],
    /// What is asked for.
    things: &'static [&'static str],
    /// "Do not publish".
    nots: &'static [&'static str],
    publishes: &'static [&'static str],
}

#[rustfmt::skip]
const TONGUES: [Tongue; 8] = [
    // English
    Tongue {
        takes: &["remove", "removed", "delete", "deleted", "withdraw", "withdrawn", "unpublish", "unpublished", "retract", "revoke", "rescind", "erase"],
        splits: &["take", "taken", "taking", "pull", "pulled"],
        halves: &["down", "off", "back", "offline", "away"],
        things: &["story", "post", "article", "piece", "text", "page", "it", "this", "that", "everything", "consent", "permission", "agreement", "yes", "mine"],
        nots: &["don't", "dont", "not", "never", "longer", "rather", "stop"],
        publishes: &["publish", "published", "publishing", "publication", "appear", "website", "site", "blog", "online", "public"],
    },
    // German
    Tongue {
        takes: &["löschen", "löscht", "lösche", "löschung", "entfernen", "entfernt", "entferne", "widerrufe", "widerruf", "zurückziehen", "zurückgezogen"],
        splits: &["nehmt", "nehmen", "nehme", "nimm", "ziehe", "zieht"],
        halves: &["herunter", "runter", "raus", "heraus", "zurück", "offline", "weg"],
        things: &["geschichte", "text", "beitrag", "artikel", "seite", "sie", "ihn", "es", "einwilligung", "zustimmung", "erlaubnis"],
        nots: &["nicht", "kein", "keine"],
        publishes: &["veröffentlicht", "veröffentlichen", "veröffentlichung", "erscheinen"],
    },
    // French
    Tongue {
        takes: &["retirez", "retirer", "retire", "supprimez", "supprimer", "enlevez", "enlever", "effacez", "effacer"],
        splits: &[], halves: &[],
        things: &["histoire", "texte", "récit", "article", "témoignage", "publication", "page", "consentement", "accord", "autorisation"],
        nots: &["pas", "plus"],
        publishes: &["publiez", "publier", "publiée", "publié"],
    },
    // Spanish
    Tongue {
        takes: &["retiren", "retirar", "retiro", "retire", "quiten", "quitar", "borren", "borrar", "borre", "eliminen", "eliminar", "elimine"],
        splits: &[], halves: &[],
        things: &["historia", "texto", "relato", "artículo", "publicación", "página", "consentimiento", "permiso"],
        nots: &["no"],
        publishes: &["publiquen", "publicar", "publique", "publicada"],
    },
    // Portuguese
    Tongue {
        takes: &["retirem", "retirar", "retiro", "removam", "remover", "apaguem", "apagar", "eliminem", "eliminar", "tirem"],
        splits: &[], halves: &[],
        things: &["história", "texto", "relato", "artigo", "publicação", "página", "consentimento", "autorização"],
        nots: &["não"],
        publishes: &["publiquem", "publicar", "publicada"],
    },
    // Italian
    Tongue {
        takes: &["togliete", "togliere", "rimuovete", "rimuovere", "cancellate", "cancellare", "ritiro", "ritirare", "ritirate"],
        splits: &[], halves: &[],
        things: &["storia", "testo", "racconto", "articolo", "pagina", "consenso", "permesso"],
        nots: &["non"],
        publishes: &["pubblicate", "pubblicare", "pubblicata"],
    },
    // Polish
    Tongue {
        takes: &["usuńcie", "usunąć", "usuń", "usunięcie", "wycofuję", "wycofać", "skasujcie", "skasować", "zdejmijcie", "zdjąć"],
        splits: &[], halves: &[],
        things: &["historię", "historii", "tekst", "tekstu", "artykuł", "opowieść", "zgodę", "zgody"],
        nots: &["nie"],
        publishes: &["publikujcie", "publikować", "opublikowana", "publikowana"],
    },
    // Welsh
    Tongue {
        takes: &["tynnwch", "tynnu", "dilëwch", "dileu"],
        splits: &[], halves: &[],
        things: &["stori", "erthygl", "ganiatâd", "caniatâd"],
        nots: &["peidiwch", "ddim"],
        publishes: &["cyhoeddi", "chyhoeddi"],
    },
];

/// What is asked to be left out is not the story: "do not publish my surname".
const PARTS: [&str; 22] = [
    "name",
    "names",
    "surname",
    "photo",
    "photos",
    "picture",
    "pictures",
    "image",
    "address",
    "street",
    "number",
    "line",
    "sentence",
    "paragraph",
    "word",
    "words",
    "age",
    "nachname",
    "namen",
    "foto",
    "fotos",
    "nom",
];
/// Not never, but not yet, or not so.
const PROVISOS: [&str; 9] = [
    "until", "till", "before", "unless", "without", "yet", "bevor", "avant", "antes",
];
/// A reply, not a second story that tells of such a thing.
const LONGEST: usize = 1_000;
/// So many words may stand between a verb and what it asks for.
const APART: usize = 4;

/// The words by which a reply asks to have the story back, or not to have it published at all. `reply` is the mail's text with what it
/// quotes cut off.
pub fn withdrawal(reply: &str) -> Option<String> {
    let found = |sentence: &String| asks_back(&super::words(sentence));
    let wish = sentences(reply)?.into_iter().find(found)?;
    Some(super::bare(&wish))
}

/// The same in what may be a company's notice, which says "delete this message" and "remove me from this list": it has to speak of a story.
pub fn withdrawal_of_a_story(notice: &str) -> Option<String> {
    let found = |sentence: &String| {
        let words = super::words(sentence);
        words.iter().any(|word| STORIES.contains(&&**word)) && asks_back(&words)
    };
    let wish = split(notice).find(found)?;
    Some(super::bare(&wish))
}

/// What no other mail is called.
#[rustfmt::skip]
const STORIES: [&str; 20] = [
    "story", "article", "piece", "geschichte", "beitrag", "artikel", "histoire", "récit", "témoignage", "historia", "relato",
    "artículo", "história", "artigo", "storia", "racconto", "articolo", "historię", "opowieść", "stori",
];

fn asks_back(words: &[String]) -> bool {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if matches!(words[..], ["i", "withdraw"] | ["ich", "widerrufe"] | ["je", "retire"]) {
        return true;
    }
    if has(&PARTS) {
        return false;
    }
    if words.windows(3).any(|w| matches!(w, ["changed", "my", "mind"])) {
        return true;
    }
    let denied = |tongue: &Tongue, place: usize| {
        // "I do not agree, please delete it" denies no more than the agreement
        let before = words[place.saturating_sub(3)..place].iter().rev();
        let mut near = before.take_while(|word| !["please", "agree", "bitte"].contains(word));
        near.any(|word| tongue.nots.contains(word))
    };
    TONGUES.iter().any(|tongue| {
        let thing = |from: usize, to: usize| {
            let between = &words[from.min(words.len())..to.min(words.len())];
            between.iter().any(|word| tongue.things.contains(word))
        };
        let asks = words.iter().enumerate().any(|(place, word)| {
            // "remove it", "my story removed"
            let alone = || {
                let around = thing(place.saturating_sub(APART), place) || thing(place + 1, place + 1 + APART);
                tongue.takes.contains(word) && around
            };
            // "take my story down", "take down my story", "have it taken down"
            let split = || {
                let after = &words[place + 1..(place + 2 + APART).min(words.len())];
                let half = after.iter().position(|word| tongue.halves.contains(word));
                let here = |half: usize| thing(place.saturating_sub(2), place) || thing(place + 1, place + 4 + half);
                tongue.splits.contains(word) && half.is_some_and(here)
            };
            (alone() || split()) && !denied(tongue, place)
        });
        let refuses = !has(&PROVISOS)
            && words.iter().enumerate().any(|(place, word)| {
                let before = &words[place.saturating_sub(7)..place];
                // in French the word that denies stands behind
                let after = &words[place + 1..(place + 2).min(words.len())];
                let around = before.iter().chain(after);
                tongue.publishes.contains(word) && around.into_iter().any(|word| tongue.nots.contains(word))
            });
        asks || refuses
    })
}

/// What a yes with a condition leaves out, as far as it says so in words that are known: for a person, who decides what it means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    pub name: bool,
    pub photos: bool,
    pub place: bool,
}

impl Condition {
    /// The scope that would keep to it, as `consent --scope` has it.
    pub fn scope(&self) -> String {
        let parts = [
            if self.name { "pseudonym" } else { "name" },
            if self.photos { "" } else { "photos" },
            if self.place { "" } else { "place" },
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(",")
    }
}

/// Whether an answer to "may we publish it?" says yes and goes on: "yes, but without my name".
pub fn condition(reply: &str) -> Option<Condition> {
    let sentences = sentences(reply)?;
    let words: Vec<Vec<String>> = sentences.iter().map(|sentence| super::words(sentence)).collect();
    // "yes, please" and "please publish it" limit nothing
    let limits = |words: &&Vec<String>| {
        let pleased = words.last().is_some_and(|word| word == "please");
        let assent = words
            .iter()
            .all(|word| word == "please" || super::ASSENT.contains(&word.as_str()));
        !(super::publishes(words) || pleased && assent)
    };
    let any = |list: &[&str]| {
        let told = words.iter().filter(limits);
        told.flatten().any(|word| list.contains(&word.as_str()))
    };
    let says_yes = words.iter().any(|sentence| {
        let agrees = sentence.windows(2).any(|w| w[0] == "i" && w[1] == "agree");
        let opens = sentence.first().is_some_and(|word| {
            [
                "yes", "ok", "okay", "sure", "fine", "ja", "oui", "sí", "sim", "tak", "ie",
            ]
            .contains(&word.as_str())
        });
        let happy = sentence
            .iter()
            .any(|word| ["happy", "fine", "glad"].contains(&word.as_str()));
        agrees || opens || happy
    });
    if !says_yes || !any(&LIMITS) {
        return None;
    }
    Some(left_out(any))
}

/// What an answer leaves out, by whether any of these words is in it.
fn left_out(any: impl Fn(&[&str]) -> bool) -> Condition {
    Condition {
        name: any(&[
            "name",
            "names",
            "surname",
            "anonymous",
            "anonymously",
            "pseudonym",
            "initials",
            "call",
            "called",
            "namen",
            "nachnamen",
            "nom",
            "nombre",
            "nome",
        ]),
        photos: any(&[
            "photo", "photos", "picture", "pictures", "image", "images", "foto", "fotos",
        ]),
        place: any(&[
            "place", "street", "town", "city", "village", "address", "where", "ort", "lieu",
        ]),
    }
}

/// Whether words beside a yes, or after it, limit it: a limiting word, what of the story or of its use it is about, and a wish in it or the
/// author's own (`my surname`). A question is none, but for "could you".
pub fn limit(text: &str) -> Option<Condition> {
    let limits = |sentence: &&str| {
        let words = super::words(sentence);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&&**word));
        let asks = words
            .first()
            .is_some_and(|word| ["could", "can", "would", "will"].contains(&&**word));
        let wishes =
            has(&MINE) || words.first().is_some_and(|word| WISHES.contains(&&**word)) || has(&["please", "bitte"]);
        let about = has(&PARTS) || has(&USES);
        let otherwise = has(&["rather", "instead"]) && about;
        has(&UNNAMED)
            || (!sentence.ends_with('?') || asks) && (has(&LIMITING) && about && (wishes || asks) || otherwise)
    };
    let sentence = text
        .split_inclusive(['.', '!', '?', ';', '\n'])
        .map(str::trim)
        .find(limits)?;
    let words = super::words(sentence);
    Some(left_out(|list| words.iter().any(|word| list.contains(&&**word))))
}

#[rustfmt::skip]
const MINE: [&str; 14] = [
    "my", "mein", "meinen", "meinem", "meine", "mon", "ma", "mi", "meu", "minha", "mio", "mia", "moje", "fy",
];
#[rustfmt::skip]
const WISHES: [&str; 18] = [
    "only", "don't", "dont", "do", "leave", "omit", "hide", "remove", "use", "not", "without", "ohne", "nur", "sans", "sin", "senza", "sem", "bez",
];

/// Whether a line may say more than a signature does: no word of wishes, of parts of a story, or of its use is in it.
pub(super) fn says_nothing_of_it(line: &str) -> bool {
    let words = super::words(line);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&&**word));
    const MORE: [&str; 12] = [
        "keep", "private", "withheld", "pen", "as", "call", "me", "record", "off", "i", "we", "never",
    ];
    let tongues = TONGUES.iter().any(|tongue| has(tongue.nots) || has(tongue.publishes));
    !(has(&LIMITS)
        || has(&LIMITING)
        || has(&PARTS)
        || has(&USES)
        || has(&UNNAMED)
        || has(&MINE)
        || has(&MORE)
        || tongues)
}

/// Whether a word limits what is said, in one of the languages that are known.
pub(super) fn denies(word: &str) -> bool {
    const MORE: [&str; 8] = ["disagree", "nope", "wait", "until", "kein", "keine", "senza", "sem"];
    (LIMITS.contains(&word)
        || LIMITING.contains(&word)
        || MORE.contains(&word)
        || TONGUES.iter().any(|tongue| tongue.nots.contains(&word)))
        && word != "no"
}

#[rustfmt::skip]
const LIMITING: [&str; 29] = [
    "not", "don't", "dont", "without", "only", "except", "unless", "leave", "leaving", "instead", "another", "different", "rather",
    "remove", "change", "omit", "hide", "ohne", "nur", "nicht", "sans", "pas", "seulement", "sin", "solo", "senza", "sem", "bez", "tylko",
];
const UNNAMED: [&str; 4] = ["anonymous", "anonymously", "pseudonym", "anonym"];
#[rustfmt::skip]
const USES: [&str; 20] = [
    "publish", "published", "publishing", "publication", "print", "printed", "called", "veröffentlichen", "veröffentlicht", "publier", "publiez",
    "publicar", "publiquen", "nachnamen", "familiennamen", "nombre", "nome", "nazwiska", "vorname", "vornamen",
];

const LIMITS: [&str; 32] = [
    "but",
    "only",
    "without",
    "except",
    "if",
    "unless",
    "not",
    "don't",
    "dont",
    "no",
    "anonymous",
    "anonymously",
    "pseudonym",
    "instead",
    "rather",
    "change",
    "remove",
    "leave",
    "leaving",
    "another",
    "different",
    "first",
    "please",
    "aber",
    "ohne",
    "nur",
    "mais",
    "sans",
    "pero",
    "sin",
    "mas",
    "ale",
];

/// The sentences of a reply; lines that a mail program broke are put together. `None`: it is longer than a reply.
fn sentences(reply: &str) -> Option<Vec<String>> {
    (reply.len() <= LONGEST).then(|| split(reply).collect())
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let paragraphs = text
        .split("\n\n")
        .map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    let sentences = paragraphs.flat_map(|p| p.split(['.', '!', '?', ';']).map(str::to_owned).collect::<Vec<_>>());
    sentences.filter(|s| !s.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_have_the_story_back_is_heard() {
        for reply in [
            "Please take my story down.",
            "Hello Cath,\n\nplease could you take my\nstory down? My employer saw it.\n\nMarion",
            "Take it off your website please",
            "I would like it taken down",
            "Can you please remove my story from the blog?",
            "I want my story deleted",
            "I do not agree, please delete everything you have about me.",
            "I withdraw.",
            "I withdraw my consent",
            "I'd like to withdraw my permission, sorry.",
            "I have changed my mind.",
            "I\u{2019}ve changed my mind, sorry",
            "Please don't publish my story.",
            "I no longer want this to be published",
            "I do not want my story on your website any more.",
            "Sorry, I'd rather it was not published after all",
            "I take back my consent",
            "Bitte nehmt meine Geschichte wieder runter.",
            "Bitte löschen Sie meinen Beitrag.",
            "Ich ziehe meine Einwilligung zurück",
            "Ich möchte nicht, dass es veröffentlicht wird",
            "Merci de retirer mon histoire.",
            "Ne publiez pas mon texte",
            "Por favor, retiren mi historia",
            "No quiero que se publique, no lo publiquen",
            "Por favor retirem a minha história",
            "Per favore togliete la mia storia",
            "Proszę usunąć moją historię.",
            "Wycofuję zgodę",
            "Plis tynnwch fy stori i lawr",
            "If you have received my email, please remove my story.",
            "If you are not able to do that, please take it down.",
            "Please take my story down.\n\nIf you are not the intended recipient, please delete this message.",
            "Please delete the story, this email, and any attachments.",
            "Please do not publish the story, this message is confidential.",
            "Bitte löscht die Geschichte, diese E-Mail war vertraulich.",
        ] {
            assert!(withdrawal(reply).is_some(), "{reply}");
        }
        let wish = withdrawal("Hi,\n\nplease *take my story down*. Thanks");
        assert_eq!(wish.as_deref(), Some("please *take my story down"));
    }

    #[test]
    fn other_wishes_are_not_taken_for_one() {
        for reply in [
            "",
            "I agree",
            "Thank you for your kind letter.",
            "Please don't take my story down!",
            "I agree, but please do not publish my surname.",
            "Please take the photo down",
            "Could you remove the last sentence?",
            "Please remove my name from the story",
            "Do not publish it before June",
            "Please don't publish it without the photo",
            "It was a long day, and we took the bus back.",
            "Until then nights get the supplement back that they took in 2008.",
            "In the end they had to take the fence down, and the posts that held it.",
            "When will it be published?",
            "The council did not listen. We went there again.",
            "Not yet, I am away until Monday",
        ] {
            assert_eq!(withdrawal(reply), None, "{reply}");
        }
        let long = format!("{} Please take my story down.", "We walked on. ".repeat(200));
        assert_eq!(withdrawal(&long), None, "it is a story");
    }

    #[test]
    fn a_yes_with_a_condition_is_told_from_others() {
        let scope = |reply: &str| condition(reply).map(|c| c.scope());
        assert_eq!(
            scope("Yes, but without my name").as_deref(),
            Some("pseudonym,photos,place")
        );
        assert_eq!(
            scope("I agree. Please leave the photos out.").as_deref(),
            Some("name,place")
        );
        assert_eq!(
            scope("I'm happy for you to use it if you do not say which street or show the picture").as_deref(),
            Some("name")
        );
        assert_eq!(
            scope("Ja, aber ohne meinen Namen").as_deref(),
            Some("pseudonym,photos,place")
        );
        for reply in [
            "Yes",
            "Yes, please",
            "Yes. I agree. Please publish it.",
            "Thank you",
            "No, but thank you",
            "When will it be out?",
            "My name is Marion",
        ] {
            assert_eq!(scope(reply), None, "{reply}");
        }
    }
}
