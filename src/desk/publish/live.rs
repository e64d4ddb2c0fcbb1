//! `publish --wait-live`: a person who has just published waits until readers find it.

use std::thread;
use std::time::{Duration, Instant};

use crate::desk::Desk;
use crate::desk::site::{Site, is_web};
use crate::story::step::Story;

use super::Published;

/// An address of which it is not known that readers find the story there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLive {
    pub url: String,
    pub why: String,
    /// Whether it was asked.
    pub asked: bool,
}

/// Waits until each address of the story's receipts answers as a page does, no longer than `patience` in all; gives those that did not,
/// and why. Asked is what is at the `url` of its target in config.toml, and what the target itself answered in this very run (`done`):
/// everybody who can push can write other addresses into the record.
pub fn wait_live(desk: &Desk, story: &Story, done: &Published, patience: Duration) -> Vec<NotLive> {
    let since = Instant::now();
    let places = story.life.posts.iter().filter(|(_, post)| post.certain);
    let places = places.filter_map(|(name, post)| Some((name, post.place.as_ref()?)));
    let look = |(name, url): (&String, &String)| {
        let just_told = |put: &super::Put| put.target == *name && put.result.as_ref() == Ok(url);
        let may = match Site::of(&desk.config, name, url) {
            _ if done.puts.iter().any(just_told) => Ok(()),
            Site::Ours => Ok(()),
            Site::Unnamed => Err(format!("config.toml names no `url` for {name}")),
            Site::Elsewhere => Err(format!("it is not at the `url` of {name}")),
            Site::Gone => Err(format!("config.toml has no target {name} any more")),
        };
        let (why, asked) = match may {
            Ok(()) => (wait(url, since, patience).err()?, true),
            Err(why) => (why, false),
        };
        let url = url.clone();
        Some(NotLive { url, why, asked })
    };
    places.filter(|(_, url)| is_web(url)).filter_map(look).collect()
}

fn wait(url: &str, since: Instant, patience: Duration) -> Result<(), String> {
    let mut pause = Duration::from_millis(200);
    loop {
        let left = patience.saturating_sub(since.elapsed());
        match crate::target::answers(url, left.clamp(Duration::from_secs(1), Duration::from_secs(30))) {
            Ok(()) => return Ok(()),
            Err(why) if left.is_zero() => return Err(why.to_string()),
            Err(_) => {
                thread::sleep(pause.min(left));
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
    }
}
