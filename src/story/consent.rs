//! What a storyteller agreed to, and whether a page keeps to it. Each rule stands beside its English.

use jiff::Timestamp;

use super::event::Asks;
use super::id::slug;
use super::page::Front;
use super::policy::Refusal;
use super::state::{Grant, Life};

/// What may be used of a story, as `consent --scope` has it.
pub const SCOPES: [(&str, &str); 4] = [
    ("name", "the storyteller's name"),
    ("pseudonym", "the story, under another name"),
    ("photos", "the photos"),
    ("place", "where it happened"),
];

/// A story as somebody wants to use it.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// Whether the team asks for consent at all.
    pub required: bool,
    pub front: &'a Front,
    /// The Markdown.
    pub body: &'a str,
    pub has_photos: bool,
    /// What the storyteller is called, as far as it is known here.
    pub storyteller: &'a [String],
    /// Where it is to go.
    pub targets: &'a [String],
    pub now: Timestamp,
}

/// A rule: what breaks it, and what would help.
pub struct Rule {
    /// For scripts.
    pub code: &'static str,
    pub english: &'static str,
    /// How this use breaks it.
    broken: fn(&Life, &Use) -> Option<String>,
    /// `STORY` stands for what a person would type.
    hint: &'static str,
}

/// What helps where there is no yes.
pub const MISSING: &str = "when they said yes: `consent STORY --grant --evidence \"how you know\"`";

/// Why there is no yes, where one is asked for.
pub fn missing(required: bool, life: &Life) -> Option<&'static str> {
    let why = match life.revoked {
        true => "its author took their yes back",
        false => "the storyteller's consent is not recorded",
    };
    (required && life.consent.is_none()).then_some(why)
}

/// All that a use of a story is measured against, in the order in which it is told.
pub const RULES: [Rule; 8] = [
    Rule {
        code: "policy.withdrawal_asked",
        english: "Who asks to have a story back is not published until a person has read it.",
        broken: |life, _| {
            let wish = life.withdrawal_asked()?;
            Some(format!("its author asks to have it back (follow-up-{}.md)", wish.mail))
        },
        hint: "read it with `show STORY`; then `withdraw STORY -m \"...\"`, or `withdraw STORY --keep -m \"why it is none\"`",
    },
    Rule {
        code: "policy.no_consent",
        english: "Nothing is published without the storyteller's yes.",
        broken: |life, used| missing(used.required, life).map(str::to_owned),
        hint: MISSING,
    },
    Rule {
        code: "policy.consent_condition",
        english: "A yes with a condition is none until a person has settled the condition.",
        broken: |life, _| {
            let wish = life.wishes.iter().find(|w| w.asks == Asks::Condition)?;
            Some(format!(
                "its author says yes with a condition (follow-up-{}.md)",
                wish.mail
            ))
        },
        hint: "read it with `show STORY`, do as they wish, then `consent STORY --grant --scope ... --mail N`",
    },
    Rule {
        code: "policy.consent_expired",
        english: "A yes until a day ends with that day.",
        broken: |life, used| {
            life.consent.as_ref().filter(|g| g.is_over(used.now))?;
            Some("its author's yes was for a time that is over".to_owned())
        },
        hint: "`consent STORY` says until when; ask again with `write STORY --consent`, then record the answer",
    },
    Rule {
        code: "policy.consent_name",
        english: "Where the name was not agreed to, the page does not carry it.",
        broken: |life, used| {
            let grant = life.consent.as_ref()?;
            (!grant.covers("name")).then(|| name_on_page(used)).flatten()
        },
        hint: "`edit STORY --author \"Another Name\"` changes byline, title and address; the text is yours to edit",
    },
    Rule {
        code: "policy.consent_photos",
        english: "Where the photos were not agreed to, the page has none.",
        broken: |life, used| {
            let grant = life.consent.as_ref()?;
            (!grant.covers("photos") && used.has_photos)
                .then(|| "its author did not agree to the photos, and it has some".to_owned())
        },
        hint: "`media STORY drop FILE` takes a photo out; the text then needs approval",
    },
    Rule {
        code: "policy.consent_place",
        english: "Where the place was not agreed to, the page does not name it.",
        broken: |life, used| {
            let grant = life.consent.as_ref()?;
            let place = used.front.place.as_deref().filter(|place| !place.trim().is_empty())?;
            (!grant.covers("place")).then(|| format!("its author did not agree to the place, and it says {place:?}"))
        },
        hint: "`edit STORY --place \"\"` takes it off; look for it in the text, too",
    },
    Rule {
        code: "policy.consent_target",
        english: "A story goes only where its author agreed to have it.",
        broken: |life, used| {
            let grant = life.consent.as_ref()?;
            let other = used.targets.iter().find(|t| !grant.is_for(t))?;
            Some(format!(
                "its author agreed to have it on {}, and not on {other}",
                grant.targets.join(", ")
            ))
        },
        hint: "ask the author with `write STORY -m \"...\"`; `consent STORY` shows what they agreed to",
    },
];

impl Grant {
    /// Whether `what` may be used. Where nothing is named, the story as it stands.
    pub fn covers(&self, what: &str) -> bool {
        self.scope.is_empty() || self.scope.iter().any(|s| s == what)
    }

    /// Whether it may go to this target.
    pub fn is_for(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|t| t == target)
    }

    /// Whether the time for which it was given is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until < now)
    }
}

/// Whether the story may be used like this: the first rule that it breaks, as a refusal.
pub fn permits(life: &Life, used: &Use, title: &str, story: &str) -> Result<(), Refusal> {
    let broken = |rule: &Rule| Some((rule.code, (rule.broken)(life, used)?, rule.hint));
    match RULES.iter().find_map(broken) {
        None => Ok(()),
        Some((code, why, hint)) => Err(Refusal {
            code,
            what: format!("{title} is not ready to publish"),
            why,
            hint: hint.replace("STORY", story),
            exit: 5,
        }),
    }
}

/// Where the storyteller's name stands on the page: as its byline or in its address, or in full in title or text.
fn name_on_page(used: &Use) -> Option<String> {
    let front = used.front;
    let told = |place: &str| Some(format!("its author did not agree to their name, and {place}"));
    let names = used.storyteller.iter().map(|name| slug(name));
    for name in names.filter(|name| !name.is_empty()) {
        if slug(&front.author) == name {
            return told("it is the byline");
        }
        let has = |text: &str| format!("-{}-", words(text)).contains(&format!("-{name}-"));
        let full = name.contains('-');
        let titled = [Some(&front.title), front.subtitle.as_ref(), front.description.as_ref()];
        if full && titled.into_iter().flatten().any(|text| has(text)) {
            return told("it is in the title");
        }
        if full && has(&front.slug) {
            return told("it is in the page's address");
        }
        let said = front.alt.values().chain(front.credits.values());
        if full && (has(used.body) || said.into_iter().any(|text| has(text))) {
            return told("it is in the text");
        }
    }
    None
}

/// A text's words in the alphabet of slugs, with a hyphen between two.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words.filter(|w| !w.is_empty()).map(slug).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::event::{Actor, Event, EventId, Role, What};

    fn at(day: u8) -> Timestamp {
        format!("2026-05-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn life(whats: Vec<What>) -> Life {
        let actor = Actor {
            name: "Ann".into(),
            role: Role::Reviewer,
        };
        let event = |(n, what): (usize, What)| Event {
            id: EventId::from_random((n as u64 + 1).to_be_bytes()),
            after: vec![],
            at: at(1),
            by: actor.clone(),
            text: None,
            what,
            sig: None,
        };
        Life::of(&whats.into_iter().enumerate().map(event).collect::<Vec<_>>())
    }

    fn yes(scope: &[&str], targets: &[&str], until: Option<Timestamp>) -> What {
        What::Consent {
            grant: true,
            scope: scope.iter().map(|s| (*s).to_owned()).collect(),
            targets: targets.iter().map(|s| (*s).to_owned()).collect(),
            until,
            evidence: "by phone".into(),
            mail: None,
        }
    }

    fn asks(asks: Asks) -> What {
        What::FollowUp {
            mail: crate::story::MailId::of("a", "b", "c", "d", &[]),
            mail_version: 1,
            notes: vec![],
            auth: vec![],
            asks: Some(asks),
        }
    }

    /// The code of the rule that a page breaks: byline, title, text, place, photos.
    fn broken(whats: Vec<What>, page: (&str, &str, &str, Option<&str>, bool), required: bool) -> &'static str {
        let (author, title, body, place, has_photos) = page;
        let front = Front {
            title: title.into(),
            author: author.into(),
            slug: slug(author),
            place: place.map(str::to_owned),
            ..Front::default()
        };
        let used = Use {
            required,
            front: &front,
            body,
            has_photos,
            storyteller: &["Marion Maxwell".to_owned()],
            targets: &["site".to_owned(), "mail".to_owned()],
            now: at(10),
        };
        match permits(&life(whats), &used, "T", "marion") {
            Ok(()) => "",
            Err(refusal) => {
                assert_eq!(refusal.exit, 5);
                assert!(
                    !refusal.hint.contains("STORY") && !refusal.why.is_empty(),
                    "{refusal:?}"
                );
                refusal.code
            }
        }
    }

    #[test]
    fn a_page_keeps_to_what_its_author_agreed_to() {
        const PLAIN: (&str, &str, &str, Option<&str>, bool) = ("Marion Maxwell", "Stories: M", "We won.", None, false);
        const HIDDEN: (&str, &str, &str, Option<&str>, bool) = ("Rose", "Stories: Rose", "We won.", None, false);
        let revoked = What::Consent {
            grant: false,
            scope: vec![],
            targets: vec![],
            until: None,
            evidence: "by mail".into(),
            mail: None,
        };
        let named = ["name"];
        #[rustfmt::skip]
        let cases = [
            (vec![], PLAIN, "policy.no_consent"),
            (vec![yes(&[], &[], None)], PLAIN, ""),
            (vec![yes(&[], &[], None)], ("Marion Maxwell", "T", "Text", Some("Leeds"), true), ""),
            (vec![yes(&[], &[], None), revoked.clone()], PLAIN, "policy.no_consent"),
            (vec![yes(&[], &[], None), asks(Asks::Withdrawal)], PLAIN, "policy.withdrawal_asked"),
            (vec![asks(Asks::Withdrawal), yes(&[], &[], None)], PLAIN, ""),
            (vec![yes(&[], &[], None), asks(Asks::Condition)], PLAIN, "policy.consent_condition"),
            (vec![asks(Asks::Condition), yes(&["pseudonym"], &[], None)], HIDDEN, ""),
            (vec![yes(&[], &[], Some(at(9)))], PLAIN, "policy.consent_expired"),
            (vec![yes(&[], &[], Some(at(10)))], PLAIN, ""),
            (vec![yes(&["pseudonym"], &[], None)], PLAIN, "policy.consent_name"),
            (vec![yes(&["photos"], &[], None)], PLAIN, "policy.consent_name"),
            (vec![yes(&["pseudonym"], &[], None)], HIDDEN, ""),
            (vec![yes(&["pseudonym"], &[], None)], ("Rose", "Stories: Rose", "I, MARION  Maxwell, won.", None, false), "policy.consent_name"),
            (vec![yes(&["pseudonym"], &[], None)], ("Rose", "Stories: Marion Maxwell", "We won.", None, false), "policy.consent_name"),
            (vec![yes(&["pseudonym"], &[], None)], ("Rose", "Stories: Rose", "Marion and Mr Maxwell came.", None, false), ""),
            (vec![yes(&named, &[], None)], ("Marion Maxwell", "T", "Text", None, true), "policy.consent_photos"),
            (vec![yes(&["name", "photos"], &[], None)], ("Marion Maxwell", "T", "Text", None, true), ""),
            (vec![yes(&named, &[], None)], ("Marion Maxwell", "T", "Text", Some("Leeds"), false), "policy.consent_place"),
            (vec![yes(&named, &[], None)], ("Marion Maxwell", "T", "Text", Some(" "), false), ""),
            (vec![yes(&[], &["mail"], None)], PLAIN, "policy.consent_target"),
            (vec![yes(&[], &["mail", "site"], None)], PLAIN, ""),
            (vec![yes(&[], &["paper"], None)], PLAIN, "policy.consent_target"),
        ];
        for (n, (whats, page, code)) in cases.into_iter().enumerate() {
            assert_eq!(broken(whats.clone(), page, true), code, "case {n}: {whats:?}");
            // what an author limited binds a team that does not ask, too
            let optional = if code == "policy.no_consent" { "" } else { code };
            assert_eq!(broken(whats, page, false), optional, "case {n}, not required");
        }
    }

    #[test]
    fn what_an_author_asks_for_stands_until_a_person_settles_it() {
        let open = |whats: Vec<What>| life(whats).withdrawal_asked().map(|w| w.mail);
        assert_eq!(open(vec![asks(Asks::Withdrawal)]), Some(2));
        assert_eq!(open(vec![asks(Asks::Condition), asks(Asks::Withdrawal)]), Some(3));
        let note = |about: Option<EventId>| What::Noted {
            note: "She is away".into(),
            about,
        };
        assert_eq!(
            open(vec![asks(Asks::Withdrawal), note(None)]),
            Some(2),
            "a note of something else"
        );
        let about = EventId::from_random(1u64.to_be_bytes());
        assert_eq!(open(vec![asks(Asks::Withdrawal), note(Some(about))]), None);
        let gone = What::Withdrawn {
            note: "as she wished".into(),
        };
        assert_eq!(open(vec![asks(Asks::Withdrawal), gone]), None);
    }
}
