//! Where one text holds several stories: their heads, and whom they name.

use super::byline;
use crate::story::passage::{Kind, Line};

/// Where the stories of a text begin: their heads, if there are two or more with a paragraph under each. A head is `Story 1`,
/// `Name: ...`, or a name that stands alone as a heading.
pub fn heads(lines: &[Line]) -> Vec<usize> {
    let mut heads = Vec::new();
    let mut since = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.is_blank() || line.quote > 0 {
            continue;
        }
        let text = line.words();
        let text = text.trim().trim_end_matches(':');
        let after = |head: &str| {
            let begins = text
                .get(..head.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(head));
            begins.then(|| &text[head.len()..])
        };
        let numbered = after("story ").is_some_and(|n| {
            n.trim_start_matches(['#', ' '])
                .starts_with(|c: char| c.is_ascii_digit())
        });
        let alone = lines.get(at + 1).is_none_or(Line::is_blank) && (at == 0 || lines[at - 1].is_blank());
        let styled =
            matches!(line.kind, Kind::Heading(_)) || line.spans.iter().all(|s| s.bold || s.text.trim().is_empty());
        let named = after("name:").is_some()
            || (styled && (alone || matches!(line.kind, Kind::Heading(_))) && byline::looks_like_a_name(text));
        if numbered || named {
            // the head before has to have had a text
            if heads.is_empty() || since >= 25 {
                heads.push(at);
            }
            since = 0;
        } else {
            since += text.split_whitespace().count();
        }
    }
    if heads.len() < 2 || since < 25 {
        heads.clear();
    }
    heads
}

/// The name in the head of a story: `Marion Maxwell`, `Name: Marion Maxwell`, `Story 2: Marion Maxwell`.
pub fn name_in_head(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(':');
    let labelled = |label: &str| {
        let head = line.get(..label.len())?;
        head.eq_ignore_ascii_case(label).then(|| &line[label.len()..])
    };
    let numbered =
        labelled("story ").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || "#:.- ".contains(c)));
    let name = labelled("name:").or(numbered).unwrap_or(line).trim();
    byline::looks_like_a_name(name)
        .then(|| byline::tidy(name))
        .filter(|name| !name.is_empty())
}
