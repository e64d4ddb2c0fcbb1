//! The ways in and out for mail: folders on this machine, and servers, which are tried.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::config::{self, Auth, Login, Server, Source, Way};
use crate::inbox::InboxError;
use crate::outbox::SendError;

use super::{Answer, Finding, bad, finding, in_one_line, note, ok, will_be_written};
use crate::desk::{Desk, Trouble, post};

pub(super) fn inbox(inbox: &config::Inbox) -> Finding {
    let part = format!("inbox {}", inbox.name);
    match &inbox.source {
        Source::Imap(imap) => on_server(&part, inbox, imap),
        Source::Maildir(path) => finding(&part, maildir(path, &inbox.after)),
        Source::Mbox(path) => finding(&part, readable(path, false)),
        Source::Files(path) => finding(&part, readable(path, true)),
    }
}

fn maildir(path: &Path, after: &config::Settling) -> Answer {
    let shown = path.display();
    for folder in ["new", "cur"] {
        let folder = path.join(folder);
        if !folder.is_dir() {
            return bad(
                format!("{shown} is no Maildir: {} is not there", folder.display()),
                "correct `path` under [[inbox]]",
            );
        }
        let leaves = fates(after).all(|fate| *fate == config::Fate::Leave);
        let wanted = if leaves {
            Access::READ_OK
        } else {
            Access::READ_OK | Access::WRITE_OK
        };
        if access(&folder, wanted | Access::EXEC_OK).is_err() {
            return bad(
                format!("{} cannot be read and written by this user", folder.display()),
                "let this user into it; mails are marked there once they are safe",
            );
        }
    }
    ok(shown.to_string())
}

fn readable(path: &Path, folder: bool) -> Answer {
    let shown = path.display();
    let read = match fs::metadata(path) {
        Ok(meta) if meta.is_dir() && folder => fs::read_dir(path).map(drop),
        Ok(meta) if meta.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        Ok(_) => fs::File::open(path).map(drop),
        Err(error) => Err(error),
    };
    match read {
        Ok(()) => ok(shown.to_string()),
        Err(error) => bad(
            format!("{shown}: {error}"),
            "correct `path` under [[inbox]], or let this user read it",
        ),
    }
}

fn fates(after: &config::Settling) -> impl Iterator<Item = &config::Fate> {
    [
        &after.new,
        &after.follow_up,
        &after.duplicate,
        &after.set_aside,
        &after.quarantined,
    ]
    .into_iter()
}

fn on_server(part: &str, inbox: &config::Inbox, imap: &config::Imap) -> Finding {
    let mut folders: Vec<&str> = fates(&inbox.after)
        .filter_map(|fate| match fate {
            config::Fate::Move(folder) => Some(folder.as_str()),
            _ => None,
        })
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let tried = post::imap(&inbox.name, imap).and_then(|mut door| {
        let tried = door.try_out(&folders)?;
        let _ = crate::inbox::Inbox::done(&mut door);
        Ok(tried)
    });
    let tried = match tried {
        Ok(tried) => tried,
        Err(trouble) => {
            let refused = matches!(&trouble, Trouble::Inbox(InboxError::LoginRefused { .. }));
            return unreachable_server(part, &imap.server, &trouble, refused);
        }
    };
    let labels = fates(&inbox.after).any(|fate| matches!(fate, config::Fate::Label(_)));
    if labels && !tried.labels {
        let said = "`after` asks for a label, and this server has none";
        return finding(part, bad(said, "use \"move:FOLDER\", \"flag\" or \"leave\""));
    }
    let mut said = format!("{}: logged in, {} is open", imap.server.host, imap.mailbox);
    if !tried.idle {
        said.push_str("; it does not tell of new mail by itself, `watch` asks it");
    }
    match tried.missing[..] {
        [] => finding(part, ok(said)),
        _ => {
            let said = format!("{said}; not there yet: {}", tried.missing.join(", "));
            finding(
                part,
                note(
                    said,
                    "the first mail that is moved there makes it; if that is not meant, correct `after`",
                ),
            )
        }
    }
}

pub(super) fn outbox(desk: &Desk) -> Finding {
    let server = match &desk.config.outbox.way {
        Way::Folder(path) => return finding("outbox", will_be_written(path, "the first letter makes it")),
        Way::Smtp(server) => server,
    };
    let trouble = match post::smtp(server).try_out() {
        Ok(()) => return finding("outbox", ok(format!("{}: letters can be handed in", server.host))),
        Err(error) => Trouble::Outbox(error),
    };
    let refused = matches!(&trouble, Trouble::Outbox(SendError::Login { .. }));
    unreachable_server("outbox", server, &trouble, refused)
}

/// A server that does not let us in, or is not to be reached.
fn unreachable_server(part: &str, server: &Server, trouble: &Trouble, refused: bool) -> Finding {
    let hint = match (&server.login, refused) {
        (Some(login), true) if is_gmail(&server.host) => gmail(login),
        (Some(_), true) => "check `user` and `password_command` (its first line is the password)".to_owned(),
        _ if matches!(
            trouble,
            Trouble::Inbox(InboxError::NoConnection { .. }) | Trouble::Outbox(SendError::Later { .. })
        ) =>
        {
            format!(
                "see that {}:{} is the right server and that the network is there; if both are so, try again later",
                server.host, server.port
            )
        }
        _ => trouble.hint(),
    };
    Finding {
        exit: if refused { 4 } else { 1 },
        ..finding(part, bad(in_one_line(trouble), hint))
    }
}

fn is_gmail(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["gmail.com", "googlemail.com"]
        .iter()
        .any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// What Google wants, in the order in which a person does it.
fn gmail(login: &Login) -> String {
    if login.auth == Auth::Xoauth2 {
        return "the access token is refused: it lasts an hour, and the command must print a fresh one, for the scope https://mail.google.com/"
            .to_owned();
    }
    let mut hint = String::new();
    // Google shows it in four groups of four letters
    let app_password = |secret: &str| {
        let letters = secret.chars().filter(|c| *c != ' ');
        letters.clone().count() == 16 && letters.clone().all(|c| c.is_ascii_lowercase())
    };
    if login.secret.secret().is_ok_and(|secret| !app_password(secret.expose())) {
        hint.push_str("what was given is not an app password, which has 16 letters; ");
    }
    hint.push_str(
        "Gmail takes no ordinary password (\"less secure app access\" is gone). In the Google account of the inbox, turn on 2-Step \
         Verification (Security), then make an app password (myaccount.google.com/apppasswords) and let password_command print its \
         16 letters; a change of the account's password ends it. In Gmail: Settings, Forwarding and POP/IMAP, Enable IMAP",
    );
    hint
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, SecretSource};

    fn login(auth: Auth, secret: &str) -> Login {
        Login {
            user: "blog@gmail.com".to_owned(),
            auth,
            secret: SecretSource::Given(Secret::new(secret)),
        }
    }

    #[test]
    fn the_settings_of_gmail_are_named_and_no_secret_is() {
        for (secret, is_one) in [
            ("abcd efgh ijkl mnop", true),
            ("abcdefghijklmnop", true),
            ("Hunter2hunter2!x", false),
        ] {
            let hint = gmail(&login(Auth::Password, secret));
            assert_eq!(hint.contains("is not an app password"), !is_one, "{hint}");
            for word in [
                "2-Step Verification",
                "app password",
                "16 letters",
                "less secure",
                "Enable IMAP",
            ] {
                assert!(hint.contains(word), "{word}: {hint}");
            }
            assert!(!hint.contains(secret));
        }
        assert!(gmail(&login(Auth::Xoauth2, "ya29.token")).contains("token is refused"));
    }

    #[test]
    fn gmail_is_known_by_its_hosts() {
        for (host, is_one) in [
            ("imap.gmail.com", true),
            ("SMTP.GoogleMail.com.", true),
            ("gmail.com", true),
            ("notgmail.com", false),
            ("gmail.com.example.org", false),
        ] {
            assert_eq!(is_gmail(host), is_one, "{host}");
        }
    }
}
