//! The content repository, where it is shared, and who sits at the desk as git knows them.

use rustix::fs::{Access, access};

use crate::repo::{RepoError, Signer, StoryRepo, identity_of_user, signed_by};
use crate::story::policy::Member;
use crate::story::seal::{Key, NAMESPACE, Revoked};

use super::{Answer, Finding, Health, bad, finding, in_one_line, note, ok, will_be_written};
use crate::desk::{Desk, Trouble, sync, user_config};

/// So many files are named.
const MOST_NAMED: usize = 3;

pub(super) fn repository(desk: &Desk, repo: &Result<StoryRepo, Trouble>) -> Answer {
    let path = &desk.config.repository.path;
    let repo = match repo {
        Ok(repo) => repo,
        Err(Trouble::Repo(RepoError::Missing(_))) => {
            return match will_be_written(path, "the first `fetch` makes it, `init` at once") {
                (Health::Ok, _, _) => note(
                    format!("there is none at {} yet", path.display()),
                    "the first `fetch` makes it, `init` at once",
                ),
                other => other,
            };
        }
        Err(trouble) => return bad(in_one_line(trouble), trouble.hint()),
    };
    if access(repo.root().join(".git"), Access::WRITE_OK).is_err() {
        return bad(
            format!("{} cannot be written by this user", repo.root().display()),
            "run as the user whom the desk belongs to",
        );
    }
    match repo.uncommitted_files(MOST_NAMED + 1) {
        Err(error) => bad(in_one_line(&Trouble::Repo(error)), "look at it with `git status`"),
        Ok(files) if files.is_empty() => ok(format!("{}, all is committed", repo.root().display())),
        Ok(files) => {
            let mut names = files[..files.len().min(MOST_NAMED)].join(", ");
            if files.len() > MOST_NAMED {
                names.push_str(" ...");
            }
            note(
                format!("{} has edits that are not committed: {names}", repo.root().display()),
                "`edit STORY --take` commits one, `git checkout` there drops it",
            )
        }
    }
}

/// The server that desks share: asked for what it has.
pub(super) fn remote(desk: &Desk, repo: &StoryRepo) -> Finding {
    let name = format!("remote {}", desk.config.repository.remote);
    let asked = sync::remote(desk, repo, false).and_then(|remote| Ok((remote.heads()?, remote.address())));
    let known = asked.and_then(|(heads, address)| Ok((heads, address, sync::unpushed(desk, repo)?)));
    let (heads, address, unpushed) = match known {
        Ok(known) => known,
        Err(trouble) => {
            return Finding {
                exit: if trouble.exit() == 4 { 4 } else { 1 },
                ..finding(&name, bad(in_one_line(&trouble), trouble.hint()))
            };
        }
    };
    let answer = match unpushed {
        _ if heads.is_empty() => note(format!("{address}: it is empty"), "`sync` pushes what is here"),
        None => note(format!("{address}: nothing was ever synced with it"), "`sync`"),
        Some(local) if local.steps > 0 => {
            let since = local.since.map(|at| desk.moment(at));
            let since = since
                .map(|since| format!(", the oldest of {since}"))
                .unwrap_or_default();
            let steps = if local.steps == 1 { "step" } else { "steps" };
            note(
                format!(
                    "{address}: it does not have {} {steps} of this desk{since}",
                    local.steps
                ),
                "`sync`; or let `cron` do it, or [repository] push = \"always\"",
            )
        }
        Some(_) => ok(format!("{address}: it has all steps of this desk")),
    };
    finding(&name, answer)
}

pub(super) fn private_part(repo: &StoryRepo) -> Answer {
    let stories = repo
        .tip()
        .and_then(|tip| Ok(repo.stories(&tip)?.next().is_some()))
        .unwrap_or(false);
    match repo.private_tip() {
        Err(error) => {
            let hint = error.advice();
            bad(in_one_line(&Trouble::Repo(error)), hint)
        }
        Ok(None) if stories => note(
            "this clone has none: no letter can be sent from here, and mails cannot be shown",
            "use the desk that took the mail in, or share the private parts with it",
        ),
        Ok(None) => ok("nothing yet"),
        Ok(Some(_)) => ok("here"),
    }
}

pub(super) fn identity(desk: &Desk, repo: Option<&StoryRepo>) -> Answer {
    let known = repo.map_or_else(|| identity_of_user(&user_config()), StoryRepo::identity);
    let Some((name, email)) = known else {
        let said = "git does not know who you are: nobody decides at this desk (`fetch` and `cron` do not need it)";
        return note(said, Trouble::NoIdentity.hint());
    };
    let members = &desk.config.team.members;
    match desk.config.member(&email) {
        None if !members.is_empty() => bad(
            format!("{name} <{email}> is none of the team's members, and may decide nothing"),
            "add a line to `members` under [team], or set git's user.email to the address named there",
        ),
        Some(member) => ok(format!("{} <{email}>", member.name)),
        None => ok(format!("{name} <{email}>")),
    }
}

/// The signing key, tried: whether it signs without a question, and whether decisions with it would count.
pub(super) fn signatures(desk: &Desk, repo: Option<&StoryRepo>, signer: Option<Signer>) -> Answer {
    let wanted = desk.config.review.signed;
    let hint = "git config --global gpg.format ssh; git config --global user.signingkey ~/.ssh/id_ed25519.pub";
    if wanted && desk.policy.members.iter().all(|m| m.keys.is_empty()) {
        return bad(
            "`signed = true` under [review], and no member has a `key`: no decision counts",
            "put each member's public key into `members` under [team]",
        );
    }
    let known = repo.map_or_else(|| identity_of_user(&user_config()), StoryRepo::identity);
    let member = known.and_then(|(_, email)| {
        let same = |m: &&Member| m.has(&email);
        desk.policy.members.iter().find(same)
    });
    let Some(signer) = signer else {
        return match wanted {
            true => bad("git has no SSH key to sign with: nobody decides at this desk", hint),
            false => ok("git has no SSH key to sign with, and none is asked for"),
        };
    };
    let place = signer.place();
    let signed = signer.sign(NAMESPACE, b"doctor").and_then(|signature| {
        let key = signed_by(NAMESPACE, b"doctor", &signature);
        key.map_err(|why| RepoError::NotSigned {
            key: place.clone(),
            why,
        })
    });
    let key = match signed {
        Ok(key) => key,
        Err(RepoError::NotSigned { why, .. }) => {
            return bad(
                format!("{place} does not sign without a question: {why}"),
                format!("`ssh-add {place}` gives it to the agent"),
            );
        }
        Err(other) => return bad(other.to_string(), other.advice()),
    };
    let now = desk.now;
    let is_theirs = |k: &Key| {
        let gone = k.revoked == Revoked::Wholly || matches!(k.revoked, Revoked::Since(day) if now >= day);
        k.key == key && !gone && k.from.is_none_or(|from| now >= from) && k.until.is_none_or(|until| now < until)
    };
    let known = desk
        .policy
        .robot_keys
        .iter()
        .chain(member.iter().flat_map(|m| &m.keys))
        .any(is_theirs);
    match known || !wanted {
        true => ok(format!("{place} signs")),
        false => bad(
            format!("{place} signs, but config.toml does not give that key to whoever sits here, or not today"),
            format!("add key = \"{key}\" to your line of `members` under [team]"),
        ),
    }
}
