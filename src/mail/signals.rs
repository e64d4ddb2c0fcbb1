//! Header facts by which automatic mail, list mail, reports and encrypted mail are known.

use super::fields::Fields;
use super::limits::Budget;
use super::mime::Part;
use super::people;
use crate::story::submission::Signals;

/// The name of the header that marks our own letters.
const OUR_MARK: &str = "X-M4C-Stories";

/// Reads the signals of a mail from its parts, the mail itself first.
pub(super) fn of(parts: &[Part]) -> Signals {
    let Some(mail) = parts.first() else {
        return Signals::default();
    };
    let fields = &mail.fields;
    let mut signals = Signals {
        auto_submitted: fields.keyword("Auto-Submitted"),
        precedence: fields.keyword("Precedence"),
        null_return_path: fields.line("Return-Path").is_some_and(|v| v.replace(' ', "") == "<>"),
        list: list(fields),
        machine_headers: machine_headers(fields),
        our_mark: fields.text(OUR_MARK),
        spam: spam(fields),
        encrypted: encrypted(parts),
        calendar_only: calendar_only(parts),
        ..Signals::default()
    };
    // a delivery report, a read receipt (RFC 8098), a complaint (RFC 5965), or a server that only writes a header
    let report = parts.iter().find(|p| p.media_type == "message/delivery-status");
    let failed = fields.first("X-Failed-Recipients");
    signals.delivery_report = report.is_some() || failed.is_some() || mail.media_type == "multipart/report";
    if signals.delivery_report {
        let header = || people::mailboxes(failed?).into_iter().find_map(|m| m.address);
        let told = report
            .and_then(|part| final_recipient(&part.bytes()))
            .unwrap_or_default();
        signals.reported_address = told.address.or_else(header);
        signals.report_action = told.action;
        signals.report_status = told.status;
        signals.reported_message_id = parts.iter().skip(1).find_map(returned_message_id);
    }
    signals
}

/// What a report says of one recipient.
#[derive(Default)]
struct Told {
    address: Option<String>,
    action: Option<String>,
    status: Option<String>,
}

/// The first recipient a report says failed (RFC 3464, section 2.3.2), or the first it names at all.
fn final_recipient(report: &[u8]) -> Option<Told> {
    let mut first = None;
    let mut rest = &report[..report.len().min(256 << 10)];
    for _ in 0..100 {
        let skip = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        rest = &rest[skip..];
        let (group, len) = Fields::scan(rest, &mut Budget::new()).ok()?;
        if len == 0 {
            break;
        }
        rest = &rest[len..];
        let named = group
            .line("Final-Recipient")
            .or_else(|| group.line("Original-Recipient"));
        let address = named.and_then(|line| {
            // `rfc822; m@example.org`
            let value = line.split_once(';').map_or(line.as_str(), |(_, address)| address);
            people::mailboxes(value.as_bytes()).into_iter().find_map(|m| m.address)
        });
        if let Some(address) = address {
            let action = group.keyword("Action");
            let status = group.line("Status").and_then(|line| status_code(&line));
            let failed = action.as_deref().is_none_or(|a| a == "failed");
            let told = Told {
                address: Some(address),
                action,
                status,
            };
            if failed {
                return Some(told);
            }
            first.get_or_insert(told);
        }
    }
    first
}

/// `5.1.1 (bad address)` -> `5.1.1`
fn status_code(line: &str) -> Option<String> {
    let code = line.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
    let good = code.len() <= 11 && code.split('.').count() == 3 && !code.split('.').any(str::is_empty);
    good.then(|| code.to_owned())
}

/// The Message-ID in the returned mail or its returned header.
fn returned_message_id(part: &Part) -> Option<String> {
    if ![
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
    ]
    .contains(&part.media_type.as_str())
    {
        return None;
    }
    let bytes = part.bytes();
    let (fields, _) = Fields::scan(&bytes, &mut Budget::new()).ok()?;
    let id = people::message_id(fields.first("Message-ID")?);
    (!id.is_empty()).then_some(id)
}

fn list(fields: &Fields) -> Option<String> {
    if let Some(id) = fields.text("List-Id") {
        return Some(id);
    }
    let other = fields
        .names()
        .find(|n| n.starts_with("list-") || n == "mailing-list" || n == "x-mailing-list")?;
    Some(format!("{other}: {}", fields.text(&other).unwrap_or_default()))
}

fn machine_headers(fields: &Fields) -> Vec<String> {
    const NAMES: [&str; 8] = [
        "x-auto-response-suppress",
        "x-autoreply",
        "x-autoreply-from",
        "x-autorespond",
        "x-auto-reply",
        "x-mail-autoreply",
        "x-no-ack",
        "feedback-id",
    ];
    NAMES
        .iter()
        .filter(|n| fields.first(n).is_some() && !(**n == "feedback-id" && is_of_proton(fields)))
        .map(|n| (*n).to_owned())
        .collect()
}

/// Proton marks what its users write with a Feedback-ID of its own: `12345:user:proton`.
fn is_of_proton(fields: &Fields) -> bool {
    let id = fields.text("Feedback-ID").unwrap_or_default();
    id.trim().to_ascii_lowercase().ends_with(":user:proton")
}

/// The server's verdict. A mail may bring its own, so this can only set it aside, never let it in.
fn spam(fields: &Fields) -> Option<String> {
    for name in ["X-Spam-Flag", "X-Spam"] {
        if fields.keyword(name).is_some_and(|v| v == "yes" || v == "true") {
            return Some(format!("{name}: YES"));
        }
    }
    let status = fields.text("X-Spam-Status")?;
    let verdict = status.split([',', ' ']).next()?;
    verdict.eq_ignore_ascii_case("yes").then(|| {
        let short: String = status.chars().take(80).collect();
        format!("X-Spam-Status: {short}")
    })
}

/// PGP/MIME (RFC 3156), S/MIME (RFC 8551) that is no mere signature, or a text that is one PGP message.
fn encrypted(parts: &[Part]) -> bool {
    let Some(mail) = parts.first() else {
        return false;
    };
    if mail.media_type == "multipart/encrypted" {
        return true;
    }
    let smime = |part: &Part| {
        let kind = part.content.get("smime-type").unwrap_or_default().to_ascii_lowercase();
        is_sealed(part) && !kind.contains("signed-data") && !kind.contains("certs-only")
    };
    if smime(mail) {
        return true;
    }
    let first_text = parts.iter().find(|p| p.is_leaf() && p.is_text());
    first_text.is_some_and(|part| {
        let bytes = part.bytes();
        bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP MESSAGE-----")
    })
}

/// Whether the mail, or its first part where its text stands, is sealed: not a file that is attached to a text.
pub(super) fn is_sealed_text(parts: &[Part]) -> bool {
    let mut first = &parts[0];
    while let Some(&child) = first.children.first() {
        first = &parts[child];
    }
    is_sealed(first)
}

/// Whether all of the part, its text with it, is in S/MIME's own form.
pub(super) fn is_sealed(part: &Part) -> bool {
    ["application/pkcs7-mime", "application/x-pkcs7-mime"].contains(&part.media_type.as_str())
}

/// An invitation or its answer: a calendar part, and no attachment or text of a person's own ([`super::calendar::has_own_words`] says
/// of the text what is).
fn calendar_only(parts: &[Part]) -> bool {
    let Some(calendar) = calendar(parts) else {
        return false;
    };
    let method = calendar.content.get("method").map(str::to_ascii_lowercase);
    let invitation = method.is_some_and(|m| ["request", "reply", "cancel", "counter"].contains(&m.as_str()));
    let texts = parts.iter().filter(|p| {
        p.is_leaf() && (p.media_type == "text/plain" || p.media_type == "text/html") && !p.body.trim_ascii().is_empty()
    });
    texts.count() == 0 || invitation
}

/// The first calendar part.
pub(super) fn calendar<'a, 'b>(parts: &'a [Part<'b>]) -> Option<&'a Part<'b>> {
    parts.iter().find(|p| p.media_type == "text/calendar")
}
