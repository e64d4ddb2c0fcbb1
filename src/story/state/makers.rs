//! Who made a story's text: nobody approves their own, unless the team allows it.

use crate::story::event::{Event, Role, What};
use crate::story::id::TextHash;

/// Whose the text is, as far as the record tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Makers {
    /// Those whose edits stand in the latest text that the record knows: whoever made the last edit, and all that later steps
    /// could only add to them.
    latest: Vec<String>,
    text: Option<TextHash>,
    /// Who made exactly which text: nothing that names the same text again makes it another's.
    each: Vec<(TextHash, String)>,
}

impl Makers {
    /// The text changed. A person's edit is the last one, if it is `believed`: what was there before is their text now. Every other
    /// step adds names and takes none away: one that puts two edits together, since it says of others that the text is theirs; the
    /// machine's; and, where signatures are asked for, one that lacks a proof. Forged, it costs a vote and no trust.
    pub(super) fn edited(&mut self, event: &Event, believed: bool) {
        let names = match &event.what {
            What::Merged { of } => of.clone(),
            _ => vec![event.by.name.clone()],
        };
        if let Some(text) = event.text {
            self.each.extend(names.iter().map(|name| (text, name.clone())));
        }
        if believed && event.by.role != Role::Robot && !matches!(event.what, What::Merged { .. }) {
            self.latest.clear();
        }
        let new = names.into_iter().filter(|name| !self.latest.contains(name));
        let new: Vec<String> = new.collect();
        self.latest.extend(new);
        self.text = event.text;
    }

    /// The author's own words came in: whose edits the text has in it stays as it was, whoever took them.
    pub(super) fn revised(&mut self, text: Option<TextHash>) {
        self.text = text;
    }

    /// Whether this person, and nobody beside them, made exactly this text.
    pub fn are_only(&self, name: &str, text: TextHash) -> bool {
        self.text == Some(text) && self.latest == [name]
    }

    /// Whether it is this person's text. `proven`: signatures are asked for, so that a text which came past the tool, and which
    /// nobody signed for, takes no name away either.
    pub(super) fn made(&self, name: &str, text: TextHash, proven: bool) -> bool {
        let latest = proven || self.text == Some(text);
        latest && self.latest.iter().any(|n| n == name) || self.each.iter().any(|(t, n)| *t == text && n == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["11", "22", "33"];

    fn text(n: usize) -> TextHash {
        TEXTS[n].repeat(32).parse().expect("a hash")
    }

    /// A step: whose, as what, which kind, the text that it made, whether it is believed.
    type Taken<'a> = (&'a str, &'a str, &'a str, usize, bool);

    fn makers(steps: &[Taken]) -> Makers {
        let mut makers = Makers::default();
        for (n, (name, role, kind, made, believed)) in steps.iter().enumerate() {
            let (kind, of) = kind.split_once(' ').unwrap_or((kind, ""));
            let of: Vec<String> = of.split_terminator(',').map(|name| format!("\"{name}\"")).collect();
            let fields = match kind {
                "merged" => format!(",\"of\":[{}]", of.join(",")),
                "restored" => ",\"cut\":1".to_owned(),
                _ => String::new(),
            };
            let line = format!(
                "{{\"id\":\"{n:016x}\",\"after\":[],\"at\":\"2026-01-01T00:00:00Z\",\"by\":{{\"name\":\"{name}\",\"role\":\"{role}\"}},\
                 \"event\":\"{kind}\",\"text\":\"{}\"{fields}}}",
                text(*made)
            );
            makers.edited(&Event::parse(&line).expect("an event"), *believed);
        }
        makers
    }

    fn of(makers: &Makers, n: usize, proven: bool) -> String {
        let all = ["Ann", "Ben", "Cat", "Somebody"].into_iter();
        let own: Vec<&str> = all.filter(|name| makers.made(name, text(n), proven)).collect();
        own.join(" ")
    }

    #[test]
    fn an_edit_takes_the_text_over_and_nothing_else_takes_a_name_away() {
        const ANN: Taken = ("Ann", "editor", "edited", 0, true);
        let cases: [(&str, &[Taken], usize, &str); 12] = [
            ("one edit", &[ANN], 0, "Ann"),
            (
                "another's edit after it",
                &[ANN, ("Ben", "reviewer", "edited", 1, true)],
                1,
                "Ben",
            ),
            (
                "a cut that is put back",
                &[ANN, ("Ben", "editor", "restored", 1, true)],
                1,
                "Ben",
            ),
            (
                "another's without a proof",
                &[ANN, ("Ben", "reviewer", "edited", 1, false)],
                1,
                "Ann Ben",
            ),
            (
                "and an edit with one after that",
                &[
                    ANN,
                    ("Ben", "reviewer", "edited", 1, false),
                    ("Cat", "editor", "edited", 2, true),
                ],
                2,
                "Cat",
            ),
            (
                "an edit that names the same text",
                &[ANN, ("Ben", "reviewer", "edited", 0, true)],
                0,
                "Ann Ben",
            ),
            (
                "the machine's",
                &[ANN, ("m4c-stories", "robot", "edited", 1, true)],
                1,
                "Ann",
            ),
            (
                "a merge by the machine that leaves her out",
                &[ANN, ("m4c-stories", "robot", "merged Ben,Somebody", 0, true)],
                0,
                "Ann Ben Somebody",
            ),
            (
                "the same, of another text, by a person",
                &[ANN, ("Ben", "editor", "merged Ben", 1, true)],
                1,
                "Ann Ben",
            ),
            (
                "the same without a proof",
                &[ANN, ("Ben", "editor", "merged Somebody", 1, false)],
                1,
                "Ann Somebody",
            ),
            (
                "two edits at two desks, put together by a third person",
                &[
                    ANN,
                    ("Ben", "editor", "edited", 1, true),
                    ("Cat", "editor", "merged Ann,Ben", 2, true),
                ],
                2,
                "Ann Ben",
            ),
            (
                "an edit after that",
                &[
                    ANN,
                    ("Cat", "editor", "merged Ann,Ben", 1, true),
                    ("Cat", "editor", "edited", 2, true),
                ],
                2,
                "Cat",
            ),
        ];
        for (name, steps, now, own) in cases {
            for proven in [false, true] {
                assert_eq!(of(&makers(steps), now, proven), own, "{name}, {proven}");
            }
        }
    }

    #[test]
    fn a_text_that_came_past_the_tool_takes_a_name_away_only_where_nothing_is_proven_anyway() {
        let edited = makers(&[("Ann", "editor", "edited", 0, true)]);
        assert_eq!(
            (of(&edited, 1, false).as_str(), of(&edited, 1, true).as_str()),
            ("", "Ann")
        );
        let mut revised = edited.clone();
        revised.revised(Some(text(1)));
        assert_eq!(of(&revised, 1, false), "Ann", "the author's words beside hers");
    }

    #[test]
    fn whoever_made_a_text_at_another_desk_made_it_whatever_was_made_beside_it() {
        let steps = [
            ("Ann", "editor", "edited", 0, true),
            ("Ben", "editor", "edited", 1, true),
        ];
        assert_eq!(of(&makers(&steps), 0, true), "Ann Ben");
        assert_eq!(of(&makers(&steps), 0, false), "Ann");
    }
}
