//! Whether the history is what it says, from the content repository alone: every commit against what it adds to the records, every
//! record against its policy, and the branch against where it stood on this machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::mail::mail_id;
use crate::repo::trail::{Link, Stand, Touched, Trail};
use crate::repo::{CommitId, Damage, StoryRepo, Tip};
use crate::story::event::{Event, What};
use crate::story::page::{INDEX, RECORD};
use crate::story::policy::Refusal;
use crate::story::proof::{self, At, Deed, Problem};
use crate::story::record::{Files, Record, one_line};
use crate::story::seal::{Doubt, Seal};
use crate::story::step::Story;
use crate::story::{StoryId, TextHash};

use super::seal::of_record;
use super::{Desk, Trouble, decide};

/// One thing that is not as it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A story, or a path.
    pub place: String,
    pub commit: Option<CommitId>,
    /// One word: `line-gone`.
    pub rule: &'static str,
    pub said: String,
    /// Whether `publish` refuses the story because of it.
    pub blocks: bool,
    /// Somebody at this desk looked at it and lets it stand.
    pub accepted: bool,
}

impl Finding {
    /// By which it is known again.
    fn key(&self) -> String {
        let commit = self.commit.map(|c| c.to_string()).unwrap_or_default();
        let text = format!("{}\0{commit}\0{}\0{}", self.place, self.rule, self.said);
        format!("{ACCEPTED}{}", &hex::encode(Sha256::digest(text))[..32])
    }
}

/// What a look at the history came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    pub stories: u64,
    pub commits: u64,
    pub events: u64,
    /// Events with a good signature by a key of whoever they are by.
    pub signed: u64,
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Nothing is wrong that nobody has let stand.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|f| f.accepted)
    }
}

/// One event on the way from the mail to the readers.
#[derive(Debug, Clone)]
pub struct Chained {
    pub event: Event,
    /// The commit that brought it; none in a history that is cut off.
    pub commit: Option<CommitId>,
    pub signed: bool,
}

/// How far a look is: commits and stories, of how many.
pub type Step<'a> = &'a mut dyn FnMut(u64, u64);

/// What a person may want verified.
#[derive(Debug, Clone)]
pub enum Scope {
    All,
    /// Commits, and the stories that they touch.
    Range(Vec<CommitId>),
    Story(StoryId),
}

/// Notes of the spool: what was let stand.
const ACCEPTED: &str = "accepted ";
/// More findings say nothing more.
const MOST: usize = 10_000;

/// The scope that was typed: nothing, a range `A..B`, or a story.
pub fn scope(desk: &Desk, repo: &StoryRepo, typed: Option<&str>) -> Result<Scope, Trouble> {
    let Some(typed) = typed else { return Ok(Scope::All) };
    if let Some((from, to)) = typed
        .split_once("..")
        .filter(|(from, _)| !from.contains('/') || !from.is_empty())
    {
        let branch = repo.branch().to_owned();
        let named = |end: &str| if end.is_empty() { branch.clone() } else { end.to_owned() };
        if let Some(commits) = repo.range(Some(&named(from)), &named(to)) {
            return Ok(Scope::Range(commits));
        }
    }
    super::names::resolve(desk, repo, typed).map(Scope::Story)
}

/// Looks at all of it.
pub fn verify(desk: &Desk, repo: &StoryRepo, scope: &Scope, step: Step) -> Result<(Verdict, Vec<Chained>), Trouble> {
    let tip = repo.tip()?;
    let only = match scope {
        Scope::Story(id) => Some(id),
        _ => None,
    };
    let commits = match scope {
        Scope::All => repo.commits(&tip)?,
        Scope::Range(commits) => commits.clone(),
        Scope::Story(id) => {
            let past = repo.history(&tip, Some(id), usize::MAX)?;
            past.into_iter().map(|past| past.id).collect()
        }
    };
    let mut look = Look::new(desk, repo, tip);
    let many = commits.len() as u64;
    for (n, commit) in commits.iter().enumerate() {
        step(n as u64, many);
        let link = look.trail.link(*commit, only)?;
        look.link(&link)?;
    }
    look.departed(only)?;
    look.erased(only)?;
    match scope {
        Scope::All => {
            for (n, listed) in repo.stories(&tip)?.enumerate() {
                step(many + n as u64, many);
                match listed {
                    Ok(listed) => look.story(&listed.id)?,
                    Err(damage) => look.odd(&damage),
                }
            }
        }
        Scope::Range(_) => {
            for id in std::mem::take(&mut look.touched) {
                look.story(&id)?;
            }
        }
        Scope::Story(id) => look.story(id)?,
    }
    let chain = match scope {
        Scope::Story(id) => look.chain(id)?,
        _ => Vec::new(),
    };
    let mut verdict = look.verdict;
    verdict.commits = many;
    verdict.findings.reverse();
    let accepted = desk
        .look_at_spool()
        .map(|shelves| shelves.notes_of(ACCEPTED))
        .transpose()?;
    let accepted = accepted.unwrap_or_default();
    for finding in &mut verdict.findings {
        finding.accepted = accepted.contains_key(&finding.key());
    }
    Ok((verdict, chain))
}

/// Lets findings stand, at this desk.
pub fn accept(desk: &Desk, findings: &mut [Finding]) -> Result<(), Trouble> {
    let mut spool = desk.spool()?;
    for finding in findings.iter_mut().filter(|f| !f.accepted) {
        let words = format!("{}: {}", finding.place, finding.said);
        spool.put_note(&finding.key(), Some(&words))?;
        finding.accepted = true;
    }
    Ok(())
}

/// Refused where the story that is to go out is not what its history says.
pub fn before_publishing(desk: &Desk, repo: &StoryRepo, story: &Story) -> Result<(), Trouble> {
    let (verdict, _) = verify(desk, repo, &Scope::Story(story.id.clone()), &mut |_, _| {})?;
    let mut grave = verdict.findings.iter().filter(|f| f.blocks && !f.accepted);
    let Some(first) = grave.next() else { return Ok(()) };
    let more = match grave.count() {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let folder = story.id.folder();
    Err(Refusal {
        code: "verify.found",
        what: format!("{} is not ready to publish", story.title()),
        why: format!("its history is not what it says: {}{more}", first.said),
        hint: format!("`verify {folder}` shows where; once you know why, and it may stand: `verify {folder} --accept`"),
        exit: 5,
    }
    .into())
}

/// A text that was made past the tool, and whose commit brought it.
type ByHand = HashMap<StoryId, BTreeMap<String, String>>;

struct Look<'a> {
    desk: &'a Desk,
    repo: &'a StoryRepo,
    tip: Tip,
    trail: Trail<'a>,
    since: Option<Timestamp>,
    verdict: Verdict,
    touched: BTreeSet<StoryId>,
    by_hand: ByHand,
    /// The events of the one story that is looked at, and their commits.
    brought: HashMap<String, CommitId>,
}

impl<'a> Look<'a> {
    fn new(desk: &'a Desk, repo: &'a StoryRepo, tip: Tip) -> Look<'a> {
        Look {
            desk,
            repo,
            tip,
            trail: repo.trail(),
            since: desk.signed_since(),
            verdict: Verdict::default(),
            touched: BTreeSet::new(),
            by_hand: HashMap::new(),
            brought: HashMap::new(),
        }
    }

    fn find(&mut self, place: &str, commit: Option<CommitId>, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if self.verdict.findings.len() < MOST {
                self.verdict.findings.push(Finding {
                    place: place.to_owned(),
                    commit,
                    rule: problem.rule,
                    said: problem.said,
                    blocks: problem.blocks,
                    accepted: false,
                });
            }
        }
    }

    fn odd(&mut self, damage: &Damage) {
        let (rule, said, blocks) = ("odd", damage.what.clone(), true);
        self.find(&damage.place, None, [Problem { rule, said, blocks }]);
    }

    /// What the folders of a touched story say; `None` where one cannot be read, which is told.
    fn stands(&mut self, link: &Link, touched: &Touched) -> Option<(Option<Stand>, Vec<Option<Stand>>)> {
        let sides = std::iter::once(touched.now).chain(touched.before.iter().copied());
        let mut stands = Vec::new();
        for side in sides {
            match side.map(|folder| self.trail.stand(&touched.story, folder)).transpose() {
                Ok(stand) => stands.push(stand),
                Err(error) => {
                    let (rule, said, blocks) = ("odd", error.to_string(), true);
                    self.find(touched.story.as_str(), Some(link.id), [Problem { rule, said, blocks }]);
                    return None;
                }
            }
        }
        let before = stands.split_off(1);
        Some((stands.pop().flatten(), before))
    }

    fn link(&mut self, link: &Link) -> Result<(), Trouble> {
        self.commit_signature(link)?;
        for touched in &link.touched {
            self.touched.insert(touched.story.clone());
            let Some((now, before)) = self.stands(link, touched) else {
                continue;
            };
            let deed = Deed {
                story: &touched.story,
                now: now.as_ref().map(at),
                before: before.iter().map(|stand| stand.as_ref().map(at)).collect(),
                author: &link.by.name,
                message: &link.message,
            };
            let seals = |record: &[u8]| of_record(&touched.story, record);
            let mut problems = proof::deed(&deed);
            problems.extend(proof::begun(&deed, &self.desk.policy, self.since, &seals));
            let added = proof::added(&deed);
            if let (Some(now), false) = (&now, link.parents.len() > 1) {
                let was = before.first().and_then(Option::as_ref).map(|stand| stand.text);
                let told = added.iter().any(|e| e.what.makes_text() && e.text == Some(now.text));
                if was.is_some() && was != Some(now.text) && !told {
                    let texts = self.by_hand.entry(touched.story.clone()).or_default();
                    texts.insert(now.text.to_string(), link.by.name.clone());
                }
            }
            self.brought.extend(added.iter().map(|e| (e.id.to_string(), link.id)));
            self.find(touched.story.as_str(), Some(link.id), problems);
        }
        Ok(())
    }

    /// A commit's own signature, where it has one.
    fn commit_signature(&mut self, link: &Link) -> Result<(), Trouble> {
        let said = match self.repo.seal_of(link.id)? {
            Seal::Broken(why) => format!("the commit's signature is not good: {why}"),
            Seal::By(key) => match self.desk.owner(&key).filter(|owner| *owner != link.by.name) {
                Some(owner) => format!("the commit is by {} and signed by {owner}", one_line(&link.by.name)),
                None => return Ok(()),
            },
            Seal::Unsigned => return Ok(()),
        };
        let place = link.touched.first().map_or("-", |t| t.story.as_str()).to_owned();
        let (rule, blocks) = ("commit-signature", false);
        self.find(&place, Some(link.id), [Problem { rule, said, blocks }]);
        Ok(())
    }

    /// The branch against where it stood here: a history that was rewritten may not have lost a line.
    fn departed(&mut self, only: Option<&StoryId>) -> Result<(), Trouble> {
        for commit in self.repo.departed(&self.tip)? {
            for touched in self.trail.against(&self.tip, commit, only)? {
                let Some(was) = touched.before.first().copied().flatten() else {
                    continue;
                };
                let (id, now) = (&touched.story, touched.now);
                let was = self.trail.stand(id, was)?;
                let now = now.map(|folder| self.trail.stand(id, folder)).transpose()?;
                let lost = proof::lost(&was.record, now.as_ref().map_or(&[], |stand| &stand.record));
                let problems = lost.into_iter().map(|problem| Problem {
                    rule: "rewritten",
                    said: format!("the branch was rewritten on this machine: {}", problem.said),
                    blocks: true,
                });
                let place = id.to_string();
                self.find(&place, Some(commit), problems.collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    /// What the desk's own record calls erased, against the history: who erases takes a story out of it.
    fn erased(&mut self, only: Option<&StoryId>) -> Result<(), Trouble> {
        let erased = self.repo.erased(&self.tip)?;
        let claimed = self.repo.claimed(&self.tip, &erased)?;
        for id in claimed
            .iter()
            .filter(|id| only.is_none_or(|only| only.is_same_story(id)))
        {
            let said = "record.jsonl says that it is erased, and the history has it: an old clone brought it back, or the line is false"
                .to_owned();
            let (rule, blocks) = ("erased-and-here", false);
            self.find(id.as_str(), None, [Problem { rule, said, blocks }]);
        }
        if only.is_none() && self.desk.policy.signed {
            self.erasers()?;
        }
        Ok(())
    }

    /// Erasures that nobody's key proves: other desks follow them only when a person says so.
    fn erasers(&mut self) -> Result<(), Trouble> {
        let record = self.repo.desk_record(&self.tip)?;
        let seals = super::seal::of_desk(&record);
        for event in Record::parse(&record).events {
            let asked = self.since.is_none_or(|since| event.at >= since);
            let seal = seals.get(&event.id).unwrap_or(&Seal::Unsigned);
            if let Err(doubt) = self.desk.policy.proof(&event, seal, None)
                && asked
            {
                let who = one_line(&event.by.name);
                let said = format!("\"{}\" by {who} is not proven: {doubt}", event.kind());
                let (rule, blocks) = ("signature", matches!(doubt, Doubt::Broken(_)));
                self.find(RECORD, None, [Problem { rule, said, blocks }]);
            }
        }
        Ok(())
    }

    /// A story as it stands.
    fn story(&mut self, id: &StoryId) -> Result<(), Trouble> {
        let Some(folder) = self.trail.folder(&self.tip, id)? else {
            return Ok(());
        };
        self.verdict.stories += 1;
        let stand = match self.trail.stand(id, folder) {
            Ok(stand) => stand,
            Err(error) => {
                let (place, what) = (id.to_string(), error.to_string());
                self.odd(&Damage { place, what });
                return Ok(());
            }
        };
        let seals = of_record(id, &stand.record);
        let files = Files::from([(INDEX.to_owned(), stand.index), (RECORD.to_owned(), stand.record)]);
        let story = match Story::load_with(id, files, &stand.sums) {
            Ok(story) => story,
            Err(broken) => {
                let (place, what) = (id.to_string(), broken.why());
                self.odd(&Damage { place, what });
                return Ok(());
            }
        };
        self.verdict.events += story.record.events.len() as u64;
        let good = |e: &&Event| matches!(self.desk.worth(&story, &seals, e), Some(Ok(())));
        self.verdict.signed += story.record.events.iter().filter(good).count() as u64;
        let mut problems = proof::standing(&story, &seals, &self.desk.policy, self.since);
        problems.extend(self.mails(&story)?);
        problems.extend(self.own_by_hand(&story));
        self.find(id.as_str(), None, problems);
        Ok(())
    }

    /// The mails that the record names against those that are here.
    fn mails(&self, story: &Story) -> Result<Vec<Problem>, Trouble> {
        let mut problems = Vec::new();
        let named = story.record.events.iter().filter_map(|event| match &event.what {
            What::Received { mail, .. } | What::FollowUp { mail, .. } => Some((event, mail)),
            what => what.decided_by().map(|mail| (event, &mail.id)),
        });
        let named: Vec<_> = named.collect();
        let Some(private) = self.repo.private(&story.id)? else {
            return Ok(problems);
        };
        let is_mail =
            |name: &str| (name.starts_with("mail-") || name.starts_with(decide::FILE)) && name.ends_with(".eml");
        let here = private.iter().filter(|(name, _)| is_mail(name));
        let here: BTreeMap<String, String> = here.map(|(name, raw)| (mail_id(raw).hex(), name.clone())).collect();
        for (hex, name) in &here {
            if !named.iter().any(|(_, mail)| mail.hex() == *hex) {
                let said = format!("{name} is not a mail that the record names");
                problems.push(Problem {
                    rule: "mail",
                    said,
                    blocks: true,
                });
            }
        }
        // a decision's mail is where it was fetched, and nowhere else unless the private part is shared
        for (event, mail) in named.into_iter().filter(|(event, _)| event.what.decided_by().is_none()) {
            if !here.is_empty() && !here.contains_key(&mail.hex()) {
                let said = format!("the mail {} of \"{}\" is not here", &mail.hex()[..12], event.kind());
                problems.push(Problem {
                    rule: "mail",
                    said,
                    blocks: true,
                });
            }
        }
        Ok(problems)
    }

    /// Approvals of a text by whoever made it past the tool.
    fn own_by_hand(&self, story: &Story) -> Vec<Problem> {
        let Some(texts) = self.by_hand.get(&story.id).filter(|_| !self.desk.policy.own_text) else {
            return Vec::new();
        };
        let own = story.record.events.iter().filter(|event| {
            let made = event.text.and_then(|text: TextHash| texts.get(&text.to_string()));
            matches!(event.what, What::Approved { .. }) && made.is_some_and(|by| *by == event.by.name)
        });
        let told = own.map(|event| Problem {
            rule: "own-text",
            said: format!(
                "{} approved a text of their own, which a commit of theirs brought",
                one_line(&event.by.name)
            ),
            blocks: true,
        });
        told.collect()
    }

    fn chain(&mut self, id: &StoryId) -> Result<Vec<Chained>, Trouble> {
        let Some(folder) = self.trail.folder(&self.tip, id)? else {
            return Ok(Vec::new());
        };
        let stand = self.trail.stand(id, folder)?;
        let seals = of_record(id, &stand.record);
        let files = Files::from([(INDEX.to_owned(), stand.index), (RECORD.to_owned(), stand.record)]);
        let story = Story::load_with(id, files, &stand.sums)?;
        let chained = story.record.events.iter().map(|event| Chained {
            commit: self.brought.get(event.id.as_str()).copied(),
            signed: matches!(self.desk.worth(&story, &seals, event), Some(Ok(()))),
            event: event.clone(),
        });
        Ok(chained.collect())
    }
}

fn at(stand: &Stand) -> At<'_> {
    At {
        record: &stand.record,
        text: stand.text,
    }
}
