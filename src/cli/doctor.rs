//! `doctor`: a line a part.

use crate::desk::Desk;
use crate::desk::doctor::{self, Finding, Health};

use super::report::{Outcome, Report};

pub fn doctor(desk: &Desk, report: &Report) -> Outcome {
    let mut all = Vec::new();
    doctor::examine(desk, &mut |finding| {
        if !report.json {
            tell(&finding, report);
        }
        all.push(finding);
    });
    if report.json {
        report.object(&all);
    }
    let bad = all.iter().filter(|f| f.health == Health::Bad).count();
    if !report.json && bad == 0 && !report.quiet {
        report.line("All is well.");
    }
    let login = all.iter().any(|f| f.exit == 4);
    Ok(match (login, bad) {
        (true, _) => 4,
        (false, 0) => 0,
        (false, _) => 1,
    })
}

/// With `-q` only what is bad.
fn tell(finding: &Finding, report: &Report) {
    let (word, colour) = match finding.health {
        Health::Ok => ("ok  ", "32"),
        Health::Note => ("note", "33"),
        Health::Bad => ("BAD ", "31"),
    };
    if report.quiet && finding.health != Health::Bad {
        return;
    }
    report.marked(word, colour, &format!("{}: {}", finding.part, finding.said));
    if !finding.hint.is_empty() {
        report.line(&format!("      {}", finding.hint.replace('\n', "\n      ")));
    }
}
