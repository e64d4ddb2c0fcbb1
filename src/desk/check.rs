//! A finding of `check` waived: let stand, for a reason that stands in the record.

use std::fmt;

use crate::story::check::{Finding, RULES, check, rule};
use crate::story::event::What;
use crate::story::policy::{Policy, Refusal};
use crate::story::step::{Clerk, Step, Story};

use super::review::Planned;

/// Which findings somebody means: `phone`, or the second of them, `phone:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    pub rule: &'static str,
    pub n: Option<usize>,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.rule)?;
        self.n.map_or(Ok(()), |n| write!(f, ":{n}"))
    }
}

impl Which {
    /// Reads what a person typed.
    pub fn parse(typed: &str) -> Result<Which, Refusal> {
        let (name, n) = match typed.split_once(':') {
            Some((name, n)) => (name, Some(n)),
            None => (typed, None),
        };
        let refusal = |why: String, hint: String| Refusal {
            code: "usage",
            what: format!("--waive {typed:?} names no finding"),
            why,
            hint,
            exit: 2,
        };
        let Some(known) = rule(name) else {
            let names: Vec<&str> = RULES.iter().map(|r| r.name).collect();
            let why = format!("there is no rule {name:?}");
            return Err(refusal(why, format!("the rules are {}", names.join(", "))));
        };
        let n = match n.map(str::parse::<usize>) {
            None => None,
            Some(Ok(n)) if n > 0 => Some(n),
            Some(_) => {
                let why = "what follows the colon is the finding's number".to_owned();
                return Err(refusal(why, format!("write {name}:1")));
            }
        };
        Ok(Which { rule: known.name, n })
    }

    fn is(&self, finding: &Finding) -> bool {
        finding.rule.name == self.rule && self.n.is_none_or(|n| n == finding.n)
    }
}

/// Lets findings stand. Bound to their words: others of the same rule stay open.
pub fn waive(story: &Story, policy: &Policy, clerk: &Clerk, which: &[Which], note: &str) -> Planned {
    story.agrees()?;
    let found = check(story, &policy.checks);
    let mut events = Vec::new();
    for one in which {
        let these: Vec<&Finding> = found.iter().filter(|f| one.is(f)).collect();
        if these.is_empty() {
            return Err(nothing_there(story, one, &found));
        }
        let keys: Vec<String> = these
            .iter()
            .filter(|f| f.waived.is_none())
            .map(|f| f.key.clone())
            .collect();
        if !keys.is_empty() {
            events.push(What::Checked {
                rule: one.rule.to_owned(),
                findings: keys,
                note: note.to_owned(),
            });
        }
    }
    if events.is_empty() {
        return Ok(None);
    }
    let step = Step {
        subject: "Waive a check on".to_owned(),
        // the reason can say what the finding hides: it stands in the record, not in the log of commits
        events,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

fn nothing_there(story: &Story, which: &Which, found: &[Finding]) -> Refusal {
    let many = found.iter().filter(|f| f.rule.name == which.rule).count();
    Refusal {
        code: "story.no_such_finding",
        what: format!("{} has no such finding", story.title()),
        why: match (many, which.n) {
            (0, _) => format!("`{}` finds nothing in it", which.rule),
            (many, _) => format!("`{}` finds {many} in it", which.rule),
        },
        hint: format!("`check {}` shows what there is", story.id.folder()),
        exit: 2,
    }
}
