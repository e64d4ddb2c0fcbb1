//! What a person is asked for at a terminal: yes or no, and words, written in an editor of theirs.

use std::io::{BufRead, IsTerminal, Write};

use crate::desk::Desk;
use crate::desk::names::resolve;
use crate::desk::typed::{self, Purpose, Waiting, Words};
use crate::story::StoryId;

use super::editor::{InHand, Unfinished, in_editor};
use super::global::Global;
use super::kept::{keep, keep_for_none, safely};
use super::report::{Failure, Outcome};

/// The words of before, where somebody wrote for the same, they were not taken, and whoever sits here says that they go on with them.
pub fn go_on(desk: &Desk, global: &Global, story: &StoryId, purpose: Purpose) -> Result<Option<Waiting>, Failure> {
    let Some(waiting) = typed::of(desk, story).into_iter().find(|w| w.words.purpose == purpose) else {
        return Ok(None);
    };
    let on = waiting.at.to_zoned_datetime(desk.config.team.timezone.clone());
    let on = on.strftime("%-d %B, %H:%M");
    let author = desk.story(&desk.repo()?, story)?.front().author;
    let question = format!("What you wrote for this on {on} for the story of {author} is kept. Go on with it?");
    if agreed(global, &question)? {
        return Ok(Some(waiting));
    }
    if !global.dry_run && agreed(global, "Throw it away?")? {
        typed::forget(desk, &waiting);
    }
    Ok(None)
}

/// Runs `work` with the words of a message: from `-m`, else asked for in an editor where there is a terminal. What was written there and
/// was not taken is kept.
pub fn with_message(
    desk: &Desk,
    global: &Global,
    stories: &[String],
    given: Option<String>,
    (purpose, wanted): (Purpose, &str),
    work: impl FnOnce(String) -> Outcome,
) -> Outcome {
    if given.is_some() || global.no_input || !std::io::stdin().is_terminal() {
        return work(message(global, given, wanted, "")?);
    }
    let repo = desk.repo()?;
    // nobody writes for a story that is not there
    let ids = stories.iter().map(|story| resolve(desk, &repo, story));
    let ids: Vec<StoryId> = ids.collect::<Result<_, _>>()?;
    // 7: of what follows from it something is left to do
    let taken = |code: &u8| !global.dry_run && matches!(code, 0 | 7);
    let [id] = &ids[..] else {
        // words for several are not offered for one of them
        let in_hand = InHand::begin();
        let text = message(global, None, wanted, "")?;
        return safely(desk, keep_for_none(text.as_bytes()), in_hand, || work(text), taken);
    };
    let before = go_on(desk, global, id, purpose.clone())?;
    let begin = before
        .as_ref()
        .map(|b| String::from_utf8_lossy(&b.words.text).into_owned());
    let words = |text: &[u8]| Words::new(id, purpose.clone(), text).instead_of(before.as_ref());
    let in_hand = InHand::begin();
    let text = message(global, None, wanted, begin.as_deref().unwrap_or_default());
    let text = text.map_err(|unfinished| unfinished.kept(desk, words))?;
    let place = keep(&desk.config.spool_folder(), &words(text.as_bytes())).ok();
    safely(desk, place, in_hand, || work(text), taken)
}

/// Asks yes or no at a terminal; without one the answer is no.
pub fn agreed(global: &Global, question: &str) -> Result<bool, Failure> {
    if global.no_input || !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let _ = write!(std::io::stderr(), "{} [y/N] ", super::report::visible(question));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|e| Failure::new("input", 1, "the answer could not be read", e, "say --yes"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Text for a message: from `-m`, else asked for in an editor where there is a terminal, beginning with `before`.
pub fn message(global: &Global, given: Option<String>, wanted: &str, before: &str) -> Result<String, Unfinished> {
    if let Some(text) = given {
        return match text.trim() {
            "" => Err(empty(wanted).into()),
            _ => Ok(text),
        };
    }
    if global.no_input || !std::io::stdin().is_terminal() {
        let missing = format!("{wanted} is missing");
        let why = "there is no terminal to ask at";
        return Err(Failure::usage(missing, why, "give it with -m \"...\"").into());
    }
    let shown = |line: &str| match line.starts_with('#') {
        // or it would be left out
        true => format!(" {line}"),
        false => line.to_owned(),
    };
    let before: Vec<String> = before.lines().map(shown).collect();
    let before = before.join("\n");
    let question = format!(
        "{before}\n# Write {wanted} here, save, and close the editor. Lines that begin with # are left out; nothing written does nothing.\n"
    );
    let own = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let own: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        own.join("\n").trim().to_owned()
    };
    match in_editor(question.as_bytes(), ".txt") {
        Ok(text) => Some(own(&text))
            .filter(|text| !text.is_empty())
            .ok_or_else(|| empty(wanted).into()),
        Err(Unfinished { failure, saved }) => {
            let saved = saved
                .map(|saved| own(&saved).into_bytes().into_boxed_slice())
                .filter(|own| !own.is_empty());
            Err(Unfinished { failure, saved })
        }
    }
}

fn empty(wanted: &str) -> Failure {
    Failure::usage(
        format!("{wanted} is empty"),
        "",
        "nothing was done; give it with -m \"...\"",
    )
}
