//! Each part of the desk, tried against the real thing: what is well, what is not, and what to do next. Nothing is changed by it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use crate::config::{self, TargetKind, Way};
use crate::mail::wording::Wording;
use crate::repo::{StoryRepo, signer_of_user};
use crate::story::event::LetterKind;

use super::publish::here;
use super::{Desk, Trouble, alarm, letters, places, queue};

mod git;
mod mail;

/// How well a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    Ok,
    /// It works; something about it is good to know.
    Note,
    Bad,
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// `inbox gmail`, `clock`.
    pub part: String,
    pub health: Health,
    pub said: String,
    /// What to do next; empty where there is nothing to do.
    pub hint: String,
    /// 4 where a login was refused, 1 for what else is bad, 0.
    pub exit: u8,
}

/// Less room than this is too little for a batch of mails.
const LEAST_ROOM: u64 = 200 << 20;
const LEAST_FILES: u64 = 2_000;
/// Clocks of machines that keep time differ by less.
const SLACK: SignedDuration = SignedDuration::from_mins(5);
/// This program is not older than that.
const FIRST_DAY: &str = "2026-01-01T00:00:00Z";

/// Looks at everything, and gives each finding to `each` as it is made.
pub fn examine(desk: &Desk, each: &mut dyn FnMut(Finding)) {
    let mut tell = |part: &str, (health, said, hint): Answer| {
        each(Finding {
            part: part.to_owned(),
            health,
            said,
            exit: u8::from(health == Health::Bad),
            hint,
        });
    };
    tell("configuration", configuration(desk));
    tell("clock", clock(desk));
    let repo = desk.repo();
    tell("repository", git::repository(desk, &repo));
    if let Ok(repo) = &repo {
        tell("private part", git::private_part(repo));
        // where it cannot be read, that is told above
        let damaged = queue::damaged(desk, repo).unwrap_or(0);
        if damaged > 0 {
            let many = if damaged == 1 {
                "1 story"
            } else {
                &format!("{damaged} stories")
            };
            let hint = "`status` and `list` name them, `verify` says more";
            tell("stories", bad(format!("{many} cannot be worked on"), hint));
        }
    }
    tell("identity", git::identity(desk, repo.as_ref().ok()));
    let signer = repo.as_ref().map_or_else(
        |_| signer_of_user(&super::user_config(), desk.starting()),
        StoryRepo::signer,
    );
    if desk.config.review.signed || signer.is_some() {
        tell("signatures", git::signatures(desk, repo.as_ref().ok(), signer));
    }
    tell("spool", spool(desk));
    tell("disk", disk(desk));
    tell("templates", templates(desk));
    if desk.config.review.by_mail {
        tell("decisions by mail", by_mail(desk));
    }
    if let Some(command) = &desk.config.story.heic_command {
        tell("heic_command", converter(command));
    }
    // a repository that cannot be read is told above
    let found = repo.as_ref().ok().map(|repo| here::look(desk, repo, false));
    let found = found.and_then(Result::ok).unwrap_or_default();
    for target in &desk.config.targets {
        let part = format!("target {}", target.name);
        tell(&part, self::target(desk, target));
        let lacks = found.lacking_in_words(&target.name);
        for [what, why, hint] in lacks.into_iter().chain(found.left_in_words(&target.name)) {
            tell(&part, note(format!("{what}: {why}"), hint));
        }
    }
    if desk.config.targets.is_empty() {
        let hint = "add a [[target]]; the config.toml that came with the tool has an example";
        tell("targets", note("there is none: nothing can be published", hint));
    }
    for inbox in &desk.config.inboxes {
        each(mail::inbox(inbox));
    }
    if desk.config.inboxes.is_empty() {
        let hint = "add an [[inbox]], or pipe mails into `fetch -`";
        each(finding("inboxes", note("there is none: `fetch` needs a PATH", hint)));
    }
    if let Some(repo) = repo
        .as_ref()
        .ok()
        .filter(|repo| repo.has_remote(&desk.config.repository.remote))
    {
        each(git::remote(desk, repo));
    }
    each(mail::outbox(desk));
    if let Ok(repo) = &repo
        && queue::is_remembered(desk)
    {
        let all = letters::waiting(desk, repo, desk.look_at_spool().as_ref()).unwrap_or_default();
        let before = letters::before_this_desk(&all);
        if before > 0 {
            let said =
                format!("letters that were due before this desk began, and that it does not send of itself: {before}");
            let hint = "`letters` lists them; `letters send LETTER` sends one, `letters drop LETTER` lets it be";
            each(finding("letters", note(said, hint)));
        }
        let begun = letters::begun_elsewhere(&all);
        if begun > 0 {
            let said = format!("letters that another desk began to send: {begun}");
            let hint = "it sends them, unless it is gone or lost its spool: then `letters drop LETTER` and `write STORY`, or wait: one \
                        to an author that has not left within `max_age` is told as failed, and `letters again STORY` sends it";
            each(finding("letters", note(said, hint)));
        }
    }
    if let Some(shelves) = desk.look_at_spool() {
        for (part, alarm) in alarm::standing(&shelves).into_iter().filter(|(_, alarm)| alarm.told) {
            let since = desk.moment(alarm.since);
            let said = format!("the last `cron` had a trouble that began {since}: {}", alarm.what);
            each(finding(
                &format!("cron, {part}"),
                note(said, "what is said above of that part"),
            ));
        }
    }
}

type Answer = (Health, String, String);

fn ok(said: impl Into<String>) -> Answer {
    (Health::Ok, said.into(), String::new())
}

fn note(said: impl Into<String>, hint: impl Into<String>) -> Answer {
    (Health::Note, said.into(), hint.into())
}

fn bad(said: impl Into<String>, hint: impl Into<String>) -> Answer {
    (Health::Bad, said.into(), hint.into())
}

fn finding(part: &str, (health, said, hint): Answer) -> Finding {
    Finding {
        part: part.to_owned(),
        health,
        said,
        hint,
        exit: u8::from(health == Health::Bad),
    }
}

/// What is wrong in one line: the message and its causes.
fn in_one_line(trouble: &Trouble) -> String {
    match trouble.why() {
        why if why.is_empty() => trouble.to_string(),
        why => format!("{trouble}: {why}"),
    }
}

fn configuration(desk: &Desk) -> Answer {
    let file = &desk.config.file;
    let (inboxes, targets) = (desk.config.inboxes.len(), desk.config.targets.len());
    let many = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    ok(format!(
        "{}: {}, {}",
        file.display(),
        many(inboxes, "inbox", "inboxes"),
        many(targets, "target", "targets")
    ))
}

/// What keeps reviewers from deciding by mail, beyond what the configuration is refused for.
fn by_mail(desk: &Desk) -> Answer {
    let templates = &desk.config.letters.templates;
    if let Ok(wording) = Wording::load(templates)
        && !wording.shows_the_story(LetterKind::NewStory)
    {
        let hint = format!(
            "put `{{% if by_mail %}}` and `{{{{ page }}}}` into {} as the built-in one has them",
            templates.join("new-story.md").display()
        );
        return bad(
            "the team's own template of new-story does not show the story, so nothing can be decided",
            hint,
        );
    }
    if matches!(desk.config.outbox.way, Way::Folder(_)) {
        let said = "letters are written to a folder: nobody gets one to answer";
        return note(
            said,
            "set `kind = \"smtp\"` under [outbox] when the team is to get them",
        );
    }
    let trusted = desk
        .config
        .inboxes
        .iter()
        .filter(|inbox| inbox.trusted_authserv.is_some());
    let trusted: Vec<&str> = trusted.map(|inbox| inbox.name.as_str()).collect();
    ok(format!(
        "{} may decide by answering a letter; answers count that come to {}",
        desk.config.reviewers().join(", "),
        trusted.join(", ")
    ))
}

/// The clock against what was written by it or by another machine's: a date in the future says that one of them is wrong.
fn clock(desk: &Desk) -> Answer {
    let zone = &desk.config.team.timezone;
    let now = desk.moment(desk.now);
    let name = zone.iana_name().unwrap_or("its own zone");
    let hint = "set the clock (`timedatectl` shows it), or put right the date of what is named";
    if FIRST_DAY.parse::<Timestamp>().is_ok_and(|first| desk.now < first) {
        return bad(format!("it is {now}, which cannot be"), hint);
    }
    let late = desk.now.checked_add(SLACK).unwrap_or(desk.now);
    let mut dates = vec![("config.toml was changed", modified(&desk.config.file))];
    if let Ok(repo) = desk.repo()
        && let Ok(tip) = repo.tip()
        && let Ok(past) = repo.history(&tip, None, 1)
    {
        dates.push(("the last commit was made", past.first().map(|last| last.by.at)));
    }
    for (what, at) in dates {
        if let Some(at) = at.filter(|at| *at > late) {
            let at = desk.moment(at);
            return bad(format!("it is {now}, but {what} {at}"), hint);
        }
    }
    ok(format!("{now} in {name}"))
}

fn modified(path: &Path) -> Option<Timestamp> {
    let since = fs::metadata(path).ok()?.modified().ok()?;
    let since = since.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

fn spool(desk: &Desk) -> Answer {
    let path = desk.config.spool_folder();
    let Some(shelves) = desk.look_at_spool() else {
        return will_be_written(&path, "the first run makes it");
    };
    let at = shelves.path().display();
    match fs::metadata(shelves.path()) {
        Err(error) => return bad(format!("{at}: {error}"), "look at that folder"),
        Ok(meta) if meta.uid() != rustix::process::geteuid().as_raw() => {
            return bad(
                format!("{at} belongs to another user (uid {})", meta.uid()),
                "run as that user, or choose another folder with `[spool] path`",
            );
        }
        Ok(meta) if meta.mode() & 0o077 != 0 => {
            return note(
                format!("{at} can be looked into by others"),
                "the next run closes it; see who was there",
            );
        }
        Ok(_) => {}
    }
    let damaged = shelves.asides().map(|stock| stock.damaged);
    let unread = shelves.letters().map(|stock| stock.damaged);
    match damaged.and_then(|mut all| unread.map(|more| all.extend(more)).map(|()| all)) {
        Err(error) => {
            let trouble = Trouble::Spool(error);
            bad(in_one_line(&trouble), trouble.hint())
        }
        Ok(damaged) => match damaged.into_iter().next() {
            Some(first) => {
                let trouble = Trouble::Spool(first);
                bad(in_one_line(&trouble), trouble.hint())
            }
            None => ok(at.to_string()),
        },
    }
}

fn target(desk: &Desk, target: &config::Target) -> Answer {
    if let TargetKind::Folder { path, .. } = &target.kind {
        return will_be_written(path, "the first publication makes it");
    }
    match places::try_out(desk, &target.name) {
        Ok(said) => ok(said),
        Err(not) => bad(not.why, not.hint),
    }
}

fn disk(desk: &Desk) -> Answer {
    let mut places = vec![desk.config.spool_folder(), desk.config.repository.path.clone()];
    if let Way::Folder(path) = &desk.config.outbox.way {
        places.push(path.clone());
    }
    places.extend(desk.config.targets.iter().filter_map(|target| match &target.kind {
        TargetKind::Folder { path, .. } => Some(path.clone()),
        _ => None,
    }));
    places.push(std::env::temp_dir());
    let mut least: Option<(u64, PathBuf)> = None;
    for place in places {
        let place = there(&place).to_owned();
        let Ok(disk) = statvfs(&place) else { continue };
        let shown = place.display();
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return bad(
                format!("{shown} is on a disk that is mounted read-only"),
                "mount it for writing",
            );
        }
        let room = disk.f_bavail.saturating_mul(disk.f_frsize);
        // a file system that counts no files says 0 of 0
        if disk.f_files > 0 && disk.f_favail < LEAST_FILES {
            let said = format!("there is room for only {} more files at {shown}", disk.f_favail);
            return bad(said, "remove files there (`df -i` shows it)");
        }
        if least.as_ref().is_none_or(|(known, _)| room < *known) {
            least = Some((room, place));
        }
    }
    match least {
        None => note("how much room there is cannot be asked", ""),
        Some((room, place)) if room < LEAST_ROOM => bad(
            format!("only {} MB left at {}", room >> 20, place.display()),
            "make room: nothing is lost, but nothing can be taken in",
        ),
        Some((room, place)) => ok(format!("{} MB left at {}", room >> 20, place.display())),
    }
}

/// The path itself, or the nearest folder above it that is there.
fn there(path: &Path) -> &Path {
    let above = path.ancestors().find(|p| !p.as_os_str().is_empty() && p.exists());
    above.unwrap_or(Path::new("."))
}

/// A folder that is written to, or made where it is missing.
fn will_be_written(path: &Path, maker: &str) -> Answer {
    let (shown, nearest) = (path.display(), there(path));
    if !nearest.is_dir() {
        return bad(
            format!("{} is no folder", nearest.display()),
            "name another place, or move that file",
        );
    }
    if access(nearest, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return bad(
            format!("{} cannot be written by this user", nearest.display()),
            "let this user write there, or name another place",
        );
    }
    match nearest == path {
        true => ok(shown.to_string()),
        false => ok(format!("{shown} ({maker})")),
    }
}

fn templates(desk: &Desk) -> Answer {
    let folder = &desk.config.letters.templates;
    match crate::mail::wording::Wording::load(folder) {
        Err(error) => bad(
            error.to_string(),
            "correct the template, or remove it to use the one that came with the tool",
        ),
        Ok(_) if folder.is_dir() => ok(format!("{}, and the built-in ones", folder.display())),
        Ok(_) => ok("the built-in ones"),
    }
}

fn converter(command: &[String]) -> Answer {
    let program = command.first().map_or("", String::as_str);
    let has = |mark: &str| command.iter().any(|word| word.contains(mark));
    let missing = ["{in}", "{out}"].into_iter().find(|mark| !has(mark));
    match (find_program(program), missing) {
        (None, _) => bad(
            format!("{program} is not there"),
            "install it (Debian: apt-get install libheif-examples), or correct `heic_command` under [story]",
        ),
        (Some(_), Some(mark)) => bad(
            format!("{mark} is not in it"),
            "name the files: [\"heif-convert\", \"{in}\", \"{out}\"]",
        ),
        (Some(path), None) => ok(path.display().to_string()),
    }
}

/// The file that runs under that name, as the system would find it.
fn find_program(name: &str) -> Option<PathBuf> {
    let runs = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(runs);
    }
    let path = config::environment("PATH").unwrap_or_else(|| "/usr/bin:/bin".to_owned());
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(runs)
}
