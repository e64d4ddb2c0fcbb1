//! What is cut from a mail, and by which rule: forwards, quoted replies, signatures, footers.
//!
//! [`trim`] is a function of lines. It finds foreign stretches first ([`quote`]), decides whether the mail is a forward
//! or a reply ([`plan`]), looks at the end of what is the author's own ([`signature`]), and then cuts what was found
//! ([`carry_out`]). The author's words come first: in doubt nothing is cut. All matching is by hand over lines of bounded
//! length, without regular expressions and without recursion, so that the cost is linear in the size of the mail.

mod apart;
mod attribution;
mod banner;
mod carry_out;
mod contact;
mod element;
mod feet;
mod footer;
mod header_block;
mod inside;
mod itself;
mod legal;
mod mark;
mod notice;
mod phone;
mod phrases;
mod plan;
mod prefix;
mod program;
mod quote;
mod quoted;
mod redact;
mod rule;
mod seen;
mod sign_off;
mod signature;
mod subject;
#[cfg(test)]
mod tests;
mod told;
mod typed;

use super::passage::Line;
use super::submission::Mailbox;
pub use apart::apart;
pub use header_block::is_header;
use plan::Plan;
pub use program::by_a_program;
pub use quoted::{is_notice, quoted};
pub use rule::Rule;
use seen::Seen;
pub use subject::is_forward;

/// What the mail is, as far as cutting needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules<'a> {
    /// Whether an inline forward is taken apart (its sender is of the team). Otherwise it is reported; its header goes, and
    /// what its sender wrote above it stays.
    pub team_forwards: bool,
    /// The mail's subject: `Fwd:` and `Re:` in all languages tell a forward from a reply where the text alone does not.
    pub subject: &'a str,
    /// The address it came from: alone on the last line it is no part of the text.
    pub sender: &'a str,
    /// The name it came from; empty where it has none.
    pub author: &'a str,
    /// Whom it is to.
    pub to: &'a [Mailbox],
    /// Nothing in its header names a mail that it answers (no In-Reply-To, no References). Where its subject says nothing of
    /// one either, its author may have put in what looks like another mail, and goes on below where their name is the last.
    pub fresh: bool,
}

/// A mail after cutting. Every line that came in is in `kept` or in exactly one of `cuts`, in order: see [`put_back`]. Lines
/// that are kept and say with an address whose words follow (`On ... Anna <a@example.org> wrote:`, a header) are in both:
/// whole in a cut, in `kept` what is left of them without it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trimmed {
    pub kept: Vec<Line>,
    pub cuts: Vec<Cut>,
    /// The mail that this one forwards, if it does.
    pub forward: Option<Forward>,
    /// The name under the text, as a byline where the mail's sender has none. It stays in `kept`, except where it was
    /// part of a signature.
    pub sign_off: Option<String>,
    /// Cuts were called off because most or all of the mail would have gone with them: the reviewer should look.
    pub nothing_cut: bool,
    /// What looks like another mail was kept, because this one answers none or it is its sender's own. Its header went, if it holds
    /// an address.
    pub another_kept: bool,
    /// Lines marked by `>` were kept: their author's own quotation, as the mail answers none or their line leads up to it; or one
    /// that is answered below.
    pub quotation_kept: bool,
    /// A quotation went that nothing marks line by line, and it was most of the mail, or nothing over it has an address, or the
    /// author's name ends it, or the mail answers none: the author's words may be under it.
    pub unmarked_cut: bool,
    /// Marked lines above an answer went that were most of the mail, and nothing says whose they are.
    pub most_cut: bool,
    /// Text under a line like `-- ` was kept, or under the signature that begins there, or in the mail program's box for it, as it reads
    /// like none.
    pub under_delimiter: bool,
}

/// Lines that were cut together.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    pub rule: Rule,
    pub lines: Vec<Line>,
    /// The line of `kept` before which they stood; `kept.len()` for the end.
    pub at: usize,
    /// How many lines of `kept` from there on are what is left of these: none but where an address alone was cut.
    pub left: usize,
}

/// A forwarded mail, by what its header in the text says.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    pub from: Mailbox,
    /// As written there, in whatever language and form.
    pub date: Option<String>,
    pub subject: Option<String>,
    /// What the forwarder wrote above it.
    pub cover: Vec<Line>,
    pub by_rule: Rule,
    /// How deep the forwarded mail stood in quotation; its lines in `kept` are that much less deep than they came.
    pub depth: u8,
}

/// Takes a mail's lines apart into the author's words and the rest.
///
/// Cuts whose structure is certain (an attribution with its quotation, a header block, `-- `) are made whatever their
/// share: a short answer over a long history is common. Cuts that rest on a guess (a bare `>` quotation on top, a contact
/// block without a closing formula) are called off if they would take more than 60 % of what the certain ones leave;
/// and if nothing would be left, nothing is cut at all. Both set [`Trimmed::nothing_cut`].
pub fn trim(lines: &[Line], rules: &Rules) -> Trimmed {
    let mut seen = look(lines, rules);
    let plan = Plan::of(&mut seen, rules);
    plan.carry_out(lines, &seen)
}

/// The lines as the rules look at them.
fn look<'a>(lines: &'a [Line], rules: &Rules) -> Vec<Seen<'a>> {
    let mut seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
    seen::rejoin_addresses(&mut seen);
    seen::find_own_address(&mut seen, rules.sender);
    seen::find_own_name(&mut seen, rules.author);
    prefix::unmark(&mut seen);
    element::free(&mut seen);
    if !rules.fresh || subject::says(rules.subject) == subject::Says::Reply {
        quote::unbox(&mut seen, rules.to);
    }
    seen
}

/// The lines as they were before [`trim`] (of a forward taken apart: less deep in quotation by [`Forward::depth`]).
pub fn put_back(kept: &[Line], cuts: &[Cut]) -> Vec<Line> {
    let mut out = Vec::with_capacity(kept.len() + cuts.iter().map(|c| c.lines.len()).sum::<usize>());
    let mut cuts = cuts.iter().peekable();
    let mut left = 0;
    for at in 0..=kept.len() {
        while let Some(cut) = cuts.next_if(|cut| cut.at <= at) {
            out.extend_from_slice(&cut.lines);
            left = at + cut.left;
        }
        out.extend(kept.get(at).filter(|_| at >= left).cloned());
    }
    out
}

/// Whether a mail program writes such a line over another mail, in any language: `-----Original Message-----`.
pub fn leads_to_another(line: &str) -> bool {
    matches!(
        mark::mark(&line.to_lowercase()),
        Some(mark::Mark::Original | mark::Mark::Forwarded)
    )
}
