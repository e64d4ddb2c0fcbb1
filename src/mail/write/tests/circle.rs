//! What comes back of a letter, read by our own reader: the letter itself, an absence note, a bounce, a person's answer.

use super::super::*;
use super::letter;
use crate::mail::read::{ReadSetting, read};
use crate::story::letter::never_answer;
use crate::story::screen::{Rule, ScreenSetting, Screened, screen};
use crate::story::submission::{Kept, Submission};

fn back(raw: &[u8]) -> Submission {
    read(Kept::sworn(raw), &ReadSetting::default()).unwrap()
}

fn rule(mail: &Submission) -> Option<Rule> {
    let setting = ScreenSetting {
        own: vec!["m4cblog@example.org".to_owned()],
    };
    match screen(mail, &setting) {
        Screened::Story => None,
        Screened::SetAside { rule, .. } => Some(rule),
    }
}

#[test]
fn our_own_letter_is_known_when_it_comes_back_whatever_was_taken_from_it() {
    let written = write(&letter()).unwrap();
    let text = String::from_utf8(written.bytes).unwrap();
    let without = |name: &str| {
        text.lines()
            .filter(|line| !line.starts_with(name))
            .collect::<Vec<_>>()
            .join("\r\n")
    };
    for raw in [
        text.clone(),
        format!("Return-Path: <>\r\nReceived: from a by b; Sun, 01 Mar 2026 10:00:01 +0000\r\n{text}"),
        without("X-M4C-Stories"),
        without("Message-ID"),
    ] {
        let mail = back(raw.as_bytes());
        assert_eq!(rule(&mail), Some(Rule::OwnLetter), "{raw}");
        assert!(
            never_answer(
                &mail.signals,
                Some("m4cblog@example.org"),
                &["m4cblog@example.org".into()]
            )
            .is_some()
        );
    }
}

#[test]
fn a_persons_answer_names_the_letter_and_may_be_answered() {
    let id = letter().id;
    let raw = format!(
        "From: Marion <marion@example.com>\r\nTo: m4cblog@example.org\r\nSubject: Re: My story\r\nMessage-ID: <r1@example.com>\r\n\
         In-Reply-To: <{id}>\r\nReferences: <abc@example.com> <{id}>\r\n\r\nI agree\r\n"
    );
    let mail = back(raw.as_bytes());
    assert_eq!(rule(&mail), None);
    assert_eq!(never_answer(&mail.signals, Some("marion@example.com"), &[]), None);
    let named: Vec<LetterId> = mail.references.iter().filter_map(|id| id.parse().ok()).collect();
    assert_eq!(named, [id]);
}

#[test]
fn an_absence_note_and_a_bounce_are_set_aside_and_never_answered() {
    let id = letter().id;
    let written = String::from_utf8(write(&letter()).unwrap().bytes).unwrap();
    let note = format!(
        "From: marion@example.com\r\nSubject: Out of office: Re: My story\r\nIn-Reply-To: <{id}>\r\nMessage-ID: <n@example.com>\r\n\r\nI am away.\r\n"
    );
    let polite = note
        .replace("Message-ID", "Auto-Submitted: auto-replied\r\nMessage-ID")
        .replace("Out of office", "Away");
    for raw in [note, polite] {
        assert_eq!(rule(&back(raw.as_bytes())), Some(Rule::AutoReply), "{raw}");
    }
    let bounce = format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; marion@example.com\r\n\
         Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{written}\r\n--b--\r\n"
    );
    let mail = back(bounce.as_bytes());
    assert_eq!(rule(&mail), Some(Rule::Bounce));
    assert!(never_answer(&mail.signals, Some("marion@example.com"), &[]).is_some());
    assert_eq!(mail.signals.reported_address.as_deref(), Some("marion@example.com"));
    assert_eq!(
        mail.signals.reported_message_id.unwrap().parse::<LetterId>().unwrap(),
        id
    );
}
