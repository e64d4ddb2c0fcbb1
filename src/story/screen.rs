//! Which mail is a story, and which is set aside and by what rule. In doubt it is a story: a reviewer sees it.

use std::fmt;

use serde::Serialize;

use super::letter::{LetterId, is_ordinary, is_own, no_person_at};
use super::submission::Submission;

/// What the screening finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screened {
    Story,
    /// Not a story; `reason` is for a person, and names the header that told.
    SetAside {
        rule: Rule,
        reason: String,
    },
}

/// Why mail is set aside. The words are part of `--json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    OwnLetter,
    Bounce,
    AutoReply,
    MailingList,
    Calendar,
    Spam,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Rule::OwnLetter => "own-letter",
            Rule::Bounce => "bounce",
            Rule::AutoReply => "auto-reply",
            Rule::MailingList => "mailing-list",
            Rule::Calendar => "calendar",
            Rule::Spam => "spam",
        })
    }
}

/// What the screening knows of this desk.
#[derive(Debug, Clone, Default)]
pub struct ScreenSetting {
    /// The blog's addresses: a list that is one of them is no foreign list.
    pub own: Vec<String>,
}

/// Looks at a mail as a whole, its outermost headers only: a team member may forward a list mail that holds a story.
pub fn screen(mail: &Submission, setting: &ScreenSetting) -> Screened {
    type Test = fn(&Submission, &ScreenSetting) -> Option<String>;
    let rules: [(Rule, Test); 6] = [
        (Rule::OwnLetter, own_letter),
        (Rule::Bounce, bounce),
        (Rule::AutoReply, auto_reply),
        (Rule::MailingList, mailing_list),
        (Rule::Calendar, |mail, _| {
            mail.signals
                .calendar_only
                .then(|| "it is a calendar invitation or an answer to one, and says little more".to_owned())
        }),
        (Rule::Spam, |mail, _| {
            mail.signals
                .spam
                .as_ref()
                .map(|verdict| format!("the receiving server calls it spam ({verdict})"))
        }),
    ];
    for (rule, test) in rules {
        if let Some(reason) = test(mail, setting) {
            return Screened::SetAside { rule, reason };
        }
    }
    Screened::Story
}

/// A letter that this tool sent: by its mark, or by its own Message-ID. A reply has neither, only references to it.
fn own_letter(mail: &Submission, _: &ScreenSetting) -> Option<String> {
    let ours = mail.signals.our_mark.is_some() || mail.message_id.parse::<LetterId>().is_ok();
    ours.then(|| "it is one of our own letters".to_owned())
}

/// RFC 3464 reports, and the bounces of servers that do not write them.
fn bounce(mail: &Submission, _: &ScreenSetting) -> Option<String> {
    let signals = &mail.signals;
    if signals.delivery_report {
        let about = signals
            .reported_address
            .as_ref()
            .map(|address| format!(" about {address}"))
            .unwrap_or_default();
        return Some(format!("it is a delivery report{about}"));
    }
    if signals.null_return_path && !is_auto(mail) {
        return Some("its return path is empty, as in a bounce".to_owned());
    }
    // Exim's mark on the bounces it writes
    if signals.machine_headers.iter().any(|name| name == "x-failed-recipients") {
        return Some("it is a bounce (x-failed-recipients)".to_owned());
    }
    let local = local_part(mail);
    let daemon = local == "mailer-daemon" || local == "maildaemon";
    // a postmaster may be a person with a story
    let words = [
        "undeliver",
        "delivery",
        "returned mail",
        "failure notice",
        "unzustellbar",
        "non remis",
        "no entregado",
        "mancata consegna",
    ];
    let subject = mail.subject.to_lowercase();
    let from_office = local == "postmaster" && words.iter().any(|word| subject.contains(word));
    (daemon || from_office).then(|| format!("it is from {local}@..."))
}

/// Mail that a machine wrote in answer to mail, or on its own (RFC 3834, section 5).
fn auto_reply(mail: &Submission, setting: &ScreenSetting) -> Option<String> {
    let signals = &mail.signals;
    if let Some(value) = signals.auto_submitted.as_deref().filter(|value| *value != "no") {
        return Some(format!("it is automatic (Auto-Submitted: {value})"));
    }
    if let Some(value) = signals.precedence.as_deref().filter(|value| value.starts_with("auto")) {
        return Some(format!("it is automatic (Precedence: {value})"));
    }
    if let Some(name) = signals.machine_headers.iter().find(|name| is_reply_header(name)) {
        return Some(format!("it is automatic ({name})"));
    }
    // a web form writes as noreply@ and names the author in Reply-To
    let from = mail.from.address.as_deref().unwrap_or_default();
    let answerable = mail.reply_to.as_ref().and_then(|m| m.address.as_deref());
    let answerable = answerable.is_some_and(|to| no_person_at(to).is_none() && !is_own(to, &setting.own));
    if !from.is_empty() && !answerable && is_silent(from) {
        return Some("it is from an address that takes no answer".to_owned());
    }
    let phrase = away_phrase(&mail.subject)?;
    let answers_us = mail.references.iter().any(|id| id.parse::<LetterId>().is_ok());
    let machine = !signals.machine_headers.is_empty() || signals.precedence.as_deref().is_some_and(|p| !is_ordinary(p));
    let second_sign = if answers_us {
        "in answer to a letter of ours"
    } else if machine || signals.null_return_path {
        "with the headers of a machine"
    } else {
        // a story may be called "Out of office"
        return None;
    };
    Some(format!(
        "its subject is that of an absence note ({phrase:?}), {second_sign}"
    ))
}

fn is_auto(mail: &Submission) -> bool {
    let signals = &mail.signals;
    signals.auto_submitted.as_deref().is_some_and(|value| value != "no")
        || away_phrase(&mail.subject).is_some()
        || signals.machine_headers.iter().any(|name| is_reply_header(name))
}

/// Headers that only an automatic reply has. X-Auto-Response-Suppress, X-No-Ack and Feedback-ID are on the mail of people, too
/// (Exchange, Proton).
fn is_reply_header(name: &str) -> bool {
    matches!(
        name,
        "x-autoreply" | "x-autoreply-from" | "x-autorespond" | "x-auto-reply" | "x-mail-autoreply"
    )
}

/// List mail, unless the list is how this desk gets its mail (a Google group as the blog's address).
fn mailing_list(mail: &Submission, setting: &ScreenSetting) -> Option<String> {
    let signals = &mail.signals;
    if let Some(list) = &signals.list {
        let lower = list.to_lowercase();
        let ours = |own: &String| {
            let own = own.to_lowercase();
            lower.contains(&own) || lower.contains(&format!("<{}>", own.replace('@', ".")))
        };
        if setting.own.iter().any(ours) {
            return None;
        }
        return Some(format!("it came over a mailing list ({list})"));
    }
    let bulk = |value: &&str| matches!(*value, "bulk" | "junk" | "list");
    let value = signals.precedence.as_deref().filter(bulk)?;
    Some(format!("it is bulk mail (Precedence: {value})"))
}

fn local_part(mail: &Submission) -> String {
    let address = mail.from.address.as_deref().unwrap_or_default();
    address.split('@').next().unwrap_or_default().to_lowercase()
}

/// `noreply@` and its like, but not every address that nobody should be answered at.
fn is_silent(address: &str) -> bool {
    let plain: String = address.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let plain = plain.to_lowercase();
    ["noreply", "donotreply"].iter().any(|word| plain.starts_with(word)) && no_person_at(address).is_some()
}

/// The beginning of a subject by which mail programs mark an absence note, in the languages their makers ship.
fn away_phrase(subject: &str) -> Option<&'static str> {
    const PHRASES: [&str; 32] = [
        // English
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "auto response",
        "autoresponse",
        "out of office",
        "out of the office",
        "away from my mail",
        "i am away",
        "on annual leave",
        // German
        "automatische antwort",
        "abwesenheitsnotiz",
        "abwesend",
        "nicht im büro",
        // French
        "réponse automatique",
        "absence du bureau",
        "absent du bureau",
        // Spanish, Portuguese
        "respuesta automática",
        "fuera de la oficina",
        "resposta automática",
        "fora do escritório",
        // Italian
        "risposta automatica",
        "fuori ufficio",
        "fuori sede",
        // Dutch
        "automatisch antwoord",
        "afwezig",
        // Swedish, Danish, Norwegian
        "autosvar",
        "automatiskt svar",
        "automatisk svar",
        // Polish
        "odpowiedź automatyczna",
        // Russian
        "автоматический ответ",
    ];
    let lower = subject.trim().to_lowercase();
    PHRASES.into_iter().find(|phrase| lower.starts_with(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::id::MailId;
    use crate::story::submission::{Mailbox, Signals};

    fn mail(from: &str, subject: &str, signals: Signals) -> Submission {
        Submission {
            mail: MailId::of("", "", "", "", &[]),
            message_id: "abc@example.com".into(),
            references: vec![],
            date: None,
            received: None,
            subject: subject.into(),
            from: Mailbox {
                name: None,
                address: Some(from.into()),
            },
            sender: None,
            reply_to: None,
            to: vec![],
            lines: vec![],
            attachments: vec![],
            embedded: vec![],
            documents: vec![],
            codes: vec![],
            signals,
            auth: vec![],
            notes: vec![],
        }
    }

    fn rule(mail: &Submission) -> Option<Rule> {
        let setting = ScreenSetting {
            own: vec!["m4cblog@example.org".into()],
        };
        match screen(mail, &setting) {
            Screened::Story => None,
            Screened::SetAside { rule, reason } => {
                assert!(!reason.is_empty());
                Some(rule)
            }
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_rule_sets_aside_what_it_is_for() {
        let marion = "marion@example.com";
        let plain = Signals::default;
        for (from, subject, signals, expected) in [
            (marion, "My story", plain(), None),
            (
                marion,
                "My story",
                Signals {
                    our_mark: some("1"),
                    ..plain()
                },
                Some(Rule::OwnLetter),
            ),
            (
                marion,
                "Undeliverable",
                Signals {
                    delivery_report: true,
                    ..plain()
                },
                Some(Rule::Bounce),
            ),
            (
                marion,
                "x",
                Signals {
                    null_return_path: true,
                    ..plain()
                },
                Some(Rule::Bounce),
            ),
            (
                "MAILER-DAEMON@example.com",
                "failure notice",
                plain(),
                Some(Rule::Bounce),
            ),
            (
                "postmaster@example.com",
                "Undeliverable: My story",
                plain(),
                Some(Rule::Bounce),
            ),
            ("postmaster@example.com", "How I came to run our mail", plain(), None),
            (
                marion,
                "x",
                Signals {
                    auto_submitted: some("auto-replied"),
                    ..plain()
                },
                Some(Rule::AutoReply),
            ),
            (
                marion,
                "x",
                Signals {
                    auto_submitted: some("auto-generated"),
                    ..plain()
                },
                Some(Rule::AutoReply),
            ),
            (
                marion,
                "x",
                Signals {
                    auto_submitted: some("no"),
                    ..plain()
                },
                None,
            ),
            (
                marion,
                "x",
                Signals {
                    precedence: some("auto_reply"),
                    ..plain()
                },
                Some(Rule::AutoReply),
            ),
            (
                marion,
                "x",
                Signals {
                    machine_headers: vec!["x-autoreply".into()],
                    ..plain()
                },
                Some(Rule::AutoReply),
            ),
            (
                marion,
                "x",
                Signals {
                    machine_headers: vec!["x-mail-autoreply".into()],
                    ..plain()
                },
                Some(Rule::AutoReply),
            ),
            (
                marion,
                "x",
                Signals {
                    machine_headers: vec!["x-failed-recipients".into()],
                    ..plain()
                },
                Some(Rule::Bounce),
            ),
            (
                marion,
                "x",
                Signals {
                    machine_headers: vec!["x-auto-response-suppress".into()],
                    ..plain()
                },
                None,
            ),
            (
                marion,
                "x",
                Signals {
                    machine_headers: vec!["feedback-id".into()],
                    ..plain()
                },
                None,
            ),
            ("noreply@shop.example.com", "Your order", plain(), Some(Rule::AutoReply)),
            (
                marion,
                "x",
                Signals {
                    list: some("<leaders.example.net>"),
                    ..plain()
                },
                Some(Rule::MailingList),
            ),
            (
                marion,
                "x",
                Signals {
                    list: some("Stories <m4cblog.example.org>"),
                    ..plain()
                },
                None,
            ),
            (
                marion,
                "x",
                Signals {
                    list: some("<mailto:m4cblog@example.org>"),
                    ..plain()
                },
                None,
            ),
            (
                marion,
                "x",
                Signals {
                    precedence: some("bulk"),
                    ..plain()
                },
                Some(Rule::MailingList),
            ),
            (
                marion,
                "x",
                Signals {
                    precedence: some("first-class"),
                    ..plain()
                },
                None,
            ),
            (
                marion,
                "x",
                Signals {
                    calendar_only: true,
                    ..plain()
                },
                Some(Rule::Calendar),
            ),
            (
                marion,
                "x",
                Signals {
                    spam: some("X-Spam-Flag: YES"),
                    ..plain()
                },
                Some(Rule::Spam),
            ),
        ] {
            assert_eq!(
                rule(&mail(from, subject, signals.clone())),
                expected,
                "{from} {subject} {signals:?}"
            );
        }
    }

    #[test]
    fn a_story_called_out_of_office_is_a_story_and_an_absence_note_is_not() {
        let phrases = [
            "Out of office",
            "Automatic reply: Thank you",
            "Abwesenheitsnotiz",
            "Réponse automatique : Merci",
            "Respuesta automática",
            "Afwezig",
            "Fuori ufficio",
            "Autosvar",
            "Odpowiedź automatyczna",
            "Автоматический ответ",
            "Resposta automática",
        ];
        for subject in phrases {
            let mut note = mail("marion@example.com", subject, Signals::default());
            assert_eq!(rule(&note), None, "{subject}");
            note.references = vec!["m4c.3f9a2c41b0.07070707070707070707070707070707@example.org".into()];
            assert_eq!(rule(&note), Some(Rule::AutoReply), "{subject}");
            note.references.clear();
            note.signals.machine_headers = vec!["x-auto-response-suppress".into()];
            assert_eq!(rule(&note), Some(Rule::AutoReply), "{subject}");
        }
        // a person who answers in that thread
        let mut answer = mail("marion@example.com", "Re: Out of office", Signals::default());
        answer.references = vec!["m4c.3f9a2c41b0.07070707070707070707070707070707@example.org".into()];
        assert_eq!(rule(&answer), None);
    }

    #[test]
    fn an_absence_note_without_a_return_path_is_no_bounce() {
        let note = mail(
            "marion@example.com",
            "Automatic reply: x",
            Signals {
                null_return_path: true,
                ..Signals::default()
            },
        );
        assert_eq!(rule(&note), Some(Rule::AutoReply));
    }

    #[test]
    fn our_own_message_id_is_ours_and_a_reply_to_it_is_not() {
        let id = "m4c.3f9a2c41b0.07070707070707070707070707070707@example.org";
        let mut letter = mail("m4cblog@example.org", "Thank you", Signals::default());
        letter.message_id = id.into();
        assert_eq!(rule(&letter), Some(Rule::OwnLetter));
        let mut reply = mail("marion@example.com", "Re: Thank you", Signals::default());
        reply.references = vec![id.into()];
        assert_eq!(rule(&reply), None);
    }

    #[test]
    fn a_web_form_that_writes_as_noreply_is_read_by_its_reply_to() {
        let mut form = mail("noreply@forms.example.com", "New story", Signals::default());
        form.reply_to = Some(Mailbox {
            name: None,
            address: Some("marion@example.com".into()),
        });
        assert_eq!(rule(&form), None);
        form.reply_to = Some(Mailbox {
            name: None,
            address: Some("m4cblog@example.org".into()),
        });
        assert_eq!(rule(&form), Some(Rule::AutoReply));
    }
}
