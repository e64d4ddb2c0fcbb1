//! The pages that are asked in one run, within the time that a run has for them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::desk::site;
use crate::target::{self, NoPage};

/// For one page. Whoever reads a page does not wait longer.
const FOR_A_PAGE: Duration = Duration::from_secs(5);
/// For all pages of a run: nothing else that it does may wait for a site that is slow.
const FOR_A_RUN: Duration = Duration::from_secs(20);
/// Less is not worth a request.
const LEAST: Duration = Duration::from_millis(500);

/// What a run found of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    There,
    /// It was asked, and did not answer as a page does.
    Not(String),
    /// It was asked, its host was there, and all the time that a page has went by.
    Hung(String),
    /// It was not asked, since its host cannot be reached.
    HostAway,
    /// It was not asked, since there was no time left.
    NoTime,
}

/// What an address answered, and how long that took.
type Ask<'a> = &'a dyn Fn(&str, Duration) -> (Result<(), NoPage>, Duration);

/// The pages of one run.
pub(super) struct Pages<'a> {
    ask: Ask<'a>,
    left: Duration,
    found: BTreeMap<String, Found>,
    /// Hosts that could not be reached: they are not waited for again.
    away: BTreeSet<String>,
}

impl Default for Pages<'_> {
    fn default() -> Self {
        Pages::asking(&|url, patience| {
            let since = Instant::now();
            (target::answers(url, patience), since.elapsed())
        })
    }
}

impl<'a> Pages<'a> {
    fn asking(ask: Ask<'a>) -> Pages<'a> {
        Pages {
            ask,
            left: FOR_A_RUN,
            found: BTreeMap::new(),
            away: BTreeSet::new(),
        }
    }

    /// Whether a page is there; each is asked once.
    pub fn look(&mut self, url: &str) -> Found {
        if let Some(found) = self.found.get(url) {
            return found.clone();
        }
        let host = site::host(url);
        if self.away.contains(&host) {
            return Found::HostAway;
        }
        let patience = FOR_A_PAGE.min(self.left);
        if patience < LEAST {
            return Found::NoTime;
        }
        let (answer, took) = (self.ask)(url, patience);
        self.left = self.left.saturating_sub(took);
        // what a page did not do in less than its time says nothing of its host
        if patience == FOR_A_PAGE && matches!(answer, Err(NoPage::Away(_))) {
            self.away.insert(host);
        }
        let found = match answer {
            Ok(()) => Found::There,
            // it did not have the time that a page has
            Err(NoPage::Silent(_) | NoPage::Away(_)) if patience < FOR_A_PAGE && took >= patience => Found::NoTime,
            // of its time, the name and the connection have so much
            Err(NoPage::Silent(why)) if took >= FOR_A_PAGE * 4 / 5 => Found::Hung(why),
            Err(why) => Found::Not(why.to_string()),
        };
        self.found.insert(url.to_owned(), found.clone());
        found
    }
}

/// The same, in the same places those that have a key in the order of their keys: whoever's turn is longest ago comes first, and what has
/// none stays where it is.
pub(super) fn by_turn<T, K: Ord>(all: &[T], key: impl Fn(&T) -> Option<K>) -> Vec<&T> {
    let mut turns: Vec<(K, &T)> = all.iter().filter_map(|one| Some((key(one)?, one))).collect();
    turns.sort_by(|a, b| a.0.cmp(&b.0));
    let mut turns = turns.into_iter().map(|(_, one)| one);
    let places = all.iter().map(|one| match key(one) {
        Some(_) => turns.next(),
        None => Some(one),
    });
    places.flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What is said of these pages, and which were asked: a host's name says what it does.
    fn look(urls: &[String]) -> (Vec<Found>, Vec<String>) {
        let asked = RefCell::new(Vec::new());
        let ask = |url: &str, patience: Duration| {
            asked.borrow_mut().push(url.to_owned());
            let soon = Duration::from_millis(1);
            match url {
                _ if url.contains("away") => (Err(NoPage::Away("timeout: connect".to_owned())), patience),
                _ if url.contains("hangs") => (Err(NoPage::Silent("timeout: global".to_owned())), patience),
                _ if url.contains("odd") => (Err(NoPage::Silent("protocol".to_owned())), soon),
                _ if url.contains("slow") => (Ok(()), patience.min(Duration::from_millis(4_800))),
                _ if url.contains("gone") => (Err(NoPage::Status(404)), soon),
                _ => (Ok(()), soon),
            }
        };
        let mut pages = Pages::asking(&ask);
        let found = urls.iter().map(|url| pages.look(url)).collect();
        (found, asked.take())
    }

    fn at(pages: &[&str]) -> Vec<String> {
        pages.iter().map(|page| format!("https://{page}")).collect()
    }

    #[test]
    fn a_page_is_asked_once_and_a_host_that_is_away_is_waited_for_once() {
        let not = |why: &str| Found::Not(why.to_owned());
        let all = at(&[
            "away.example.org/a",
            "blog.example.org/a",
            "AWAY.example.org/b",
            "blog.example.org/a",
        ]);
        let (found, asked) = look(&all);
        assert_eq!(
            found,
            [not("timeout: connect"), Found::There, Found::HostAway, Found::There]
        );
        assert_eq!(asked, all[..2]);
        let all = at(&["gone.example.org/a", "gone.example.org/b", "gone.example.org/a"]);
        let (found, asked) = look(&all);
        assert_eq!(
            found,
            [not("it answers 404"), not("it answers 404"), not("it answers 404")]
        );
        assert_eq!(asked, all[..2]);
    }

    #[test]
    fn a_page_that_does_not_answer_says_nothing_of_the_others_of_its_host() {
        let all = at(&["blog.example.org/hangs", "blog.example.org/odd", "blog.example.org/a"]);
        let (found, asked) = look(&all);
        assert!(matches!(found[..2], [Found::Hung(_), Found::Not(_)]), "{found:?}");
        assert_eq!((&found[2], asked), (&Found::There, all));
    }

    #[test]
    fn all_pages_of_a_run_have_so_much_time_and_no_more() {
        let many = |name: &str| {
            (0..50)
                .map(|n| format!("https://{name}{n}.example.org/"))
                .collect::<Vec<_>>()
        };
        for name in ["hangs", "away"] {
            let (found, asked) = look(&many(name));
            assert_eq!(asked.len() as u64, FOR_A_RUN.as_secs() / FOR_A_PAGE.as_secs());
            assert_eq!(found.iter().filter(|found| **found == Found::NoTime).count(), 46);
        }
    }

    #[test]
    fn what_gets_only_the_rest_of_the_time_was_not_asked_and_nor_was_its_host() {
        let slow = [
            "slow1.example.org/",
            "slow2.example.org/",
            "slow3.example.org/",
            "slow4.example.org/",
        ];
        for last in ["away.example.org/", "hangs.example.org/"] {
            let (found, asked) = look(&at(&[&slow[..], &[last, &format!("{last}b")]].concat()));
            assert_eq!(found[4..], [Found::NoTime, Found::NoTime], "{last}");
            assert_eq!(asked.len(), 5, "{last}");
        }
        let (found, _) = look(&at(&[&slow[..], &["gone.example.org/"]].concat()));
        assert_eq!(found[4], Found::Not("it answers 404".to_owned()));
    }

    #[test]
    fn whoever_waits_longest_for_a_turn_comes_first_and_the_others_keep_their_places() {
        let all = [
            ("a", Some(5)),
            ("b", None),
            ("c", Some(0)),
            ("d", Some(3)),
            ("e", None),
            ("f", Some(0)),
        ];
        let names: Vec<&str> = by_turn(&all, |one| one.1).into_iter().map(|one| one.0).collect();
        assert_eq!(names, ["c", "b", "f", "d", "e", "a"]);
    }
}
