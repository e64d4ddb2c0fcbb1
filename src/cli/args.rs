//! The command line: the commands, each with its arguments in the room that runs it. Doc comments are the help.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use super::global::Global;

/// The desk between a story inbox and a blog.
///
/// Takes the stories people e-mail, makes each a Markdown draft in a git repository, and carries it through review and
/// publication as commits.
#[derive(Debug, Parser)]
#[command(name = "m4c-stories", version, disable_help_subcommand = true, help_template = TEMPLATE, after_help = GROUPS)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n{after-help}\n\nOptions:\n{options}\n";

/// The commands in groups; a test finds every command in it.
const GROUPS: &str = "\
Every day:
  fetch              Take new mail in and make drafts of it
  status             What needs a person (also with no command)
  show               A story, its people, its decisions
  review             Walk through the queue: read, decide, go on
  preview            The post as a page in the browser
  check              What should be looked at first: safeguarding and form
  approve            A vote for exactly this text
  publish            Put approved stories out

Stories:
  list               The queue
  diff               What changed since it was last approved, or since the mail
  edit               Change the text
  restore            Put back text that was cut
  media              Its photos: add, drop, replace
  split              Of one mail with several stories, several
  join               Of two stories, one
  revisions          What its author wrote later, beside your text
  accept             Take the author's revision into the text
  decline            Leave it out, with a letter or without
  new                A story told by phone or on paper
  request-changes    Back to the author, with a letter
  reject             Decline, with a letter, or silently
  takedown           Off every target that can
  reopen             Undo a rejection, a takedown, a withdrawal
  log                What happened to a story, or to all
  verify             Whether the history is what it says: decisions, texts, signatures
  stats              How many came, how soon they were answered; no names

People:
  consent            The storyteller's yes: show, record, revoke
  proof              Mail the author the text as it will appear
  withdraw           The author wants the story back
  note               A note for the team
  assign             Whose turn it is
  export             Everything held about one person
  erase              Destroy what is held of a story or a person

Letters:
  letters            The outbox: list, show, edit, send, again, drop
  write              A letter to the author, without a change of state
  quarantine         Mails that need a person: list, show, retry, drop

Desk:
  init               Make config.toml and the content repository
  completions        For bash, zsh, fish, elvish or PowerShell
  man                The manual page

Machine:
  watch              Stay connected, and take mail in when it comes
  sync               Bring this desk and the others together: fetch, replay, push
  doctor             Try each part: inboxes, outbox, repository, disk, clock
  prune              Let go what is kept longer than config.toml allows
  cron               One unattended pass: fetch, publish what is due, send letters

`m4c-stories COMMAND --help` has an example of each.";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// What needs a person
    #[command(after_help = "Example:\n  m4c-stories status")]
    Status,
    /// Take new mail in and make drafts of it
    ///
    /// Without PATH every inbox of the configuration is read. PATH is an .eml file, an mbox, a Maildir or a folder of .eml files; `-`
    /// reads one mail from standard input, with exit codes for a mail server (0 kept, 65 never, 75 try again).
    #[command(
        after_help = "Examples:\n  m4c-stories fetch\n  m4c-stories fetch old-mails.mbox\n  m4c-stories fetch - < mail.eml"
    )]
    Fetch(super::fetch::Fetch),
    /// The queue
    #[command(
        after_help = "Examples:\n  m4c-stories list\n  m4c-stories list --state approved\n  m4c-stories list --all --search bus"
    )]
    List(super::queue::List),
    /// A story, its people, its decisions
    #[command(after_help = "Examples:\n  m4c-stories show marion\n  m4c-stories show marion --cut")]
    Show(super::story::Show),
    /// What changed since it was last approved, or since the mail
    #[command(after_help = "Examples:\n  m4c-stories diff marion\n  m4c-stories diff marion --from-mail --word-diff")]
    Diff(super::story::Diff),
    /// A story told by phone or on paper
    #[command(
        after_help = "Example:\n  m4c-stories new --author 'Joan Hill' --evidence 'told to Cath by phone, 3 May' story.md"
    )]
    New(super::edit::New),
    /// Change the text
    #[command(
        after_help = "Examples:\n  m4c-stories edit marion\n  m4c-stories edit marion --title 'Future Leader Stories: Marion M.'\n  m4c-stories edit marion --alt 'photo-1.jpg=Two women at a bus stop'"
    )]
    Edit(super::edit::Edit),
    /// Put back text that was cut
    #[command(after_help = "Example:\n  m4c-stories show marion --cut\n  m4c-stories restore marion 2")]
    Restore {
        /// Its id or the beginning of it, its author, or a path
        story: String,
        /// The piece's number, as `show --cut` gives it [default: all]
        number: Option<u32>,
    },
    /// Its photos: add, drop, replace
    ///
    /// Without an action its photos are listed. A new photo goes through the same cleaning as those that come by mail; approvals
    /// lapse.
    #[command(
        after_help = "Examples:\n  m4c-stories media marion\n  m4c-stories media marion add march.jpg --alt 'Sixty people with placards'\n  m4c-stories media marion drop photo-2.jpg"
    )]
    Media(super::media::Media),
    /// Of one mail with several stories, several
    ///
    /// The first stays; each of the others becomes a story of its own, with its photos, and remembers the mail and the lines it came
    /// from. A name above its words becomes its byline. Approvals lapse, and each storyteller's permission is needed.
    #[command(after_help = "Examples:\n  m4c-stories split joan -n\n  m4c-stories split joan --at 24 --at 41")]
    Split(super::pieces::Split),
    /// Of two stories, one
    ///
    /// The words and photos of OTHER come below those of STORY, and OTHER closes with a pointer. Approvals lapse; permission stands only
    /// where both have it. `reopen OTHER` makes it a story of its own again.
    #[command(after_help = "Example:\n  m4c-stories join marion 2010/12/marion-maxwell-9f")]
    Join(super::pieces::Join),
    /// What its author wrote later, beside your text
    ///
    /// A later mail that has the story again, corrected, or new photos, is a proposed revision; all else is words to the team, of which
    /// `--propose` makes a revision. Each is shown beside what the author wrote first and what you made of it.
    #[command(
        after_help = "Examples:\n  m4c-stories revisions marion\n  m4c-stories revisions marion 2 --word-diff\n  m4c-stories revisions marion --propose 3"
    )]
    Revisions(super::revisions::Revisions),
    /// Take the author's revision into the text
    ///
    /// Your own edits stay where the author left the words alone. Where both changed the same words, your editor opens with both.
    /// New photos come along, cleaned, below the text. Approvals lapse.
    #[command(after_help = "Examples:\n  m4c-stories accept marion\n  m4c-stories accept marion 3 --as-written")]
    Accept(super::revisions::Accept),
    /// Leave the author's revision out, with a letter or without
    #[command(
        after_help = "Examples:\n  m4c-stories decline marion -m 'We keep the first version: it names nobody'\n  m4c-stories decline marion 3"
    )]
    Decline(super::revisions::Decline),
    /// A note for the team
    #[command(after_help = "Example:\n  m4c-stories note marion -m 'She is away until June'")]
    Note {
        /// Its id or the beginning of it, its author, or a path
        story: String,
        /// The note
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Everything held about one person
    ///
    /// Their stories, mails, letters and the steps taken, machine-readable, and nothing of anybody else's: header fields about others,
    /// quotations and the names of the team are left out, and it is said that they are.
    #[command(
        after_help = "Examples:\n  m4c-stories export --person marion@example.org\n  m4c-stories export --person marion@example.org --out marion"
    )]
    Export(super::keeping::Export),
    /// Let go what is kept longer than config.toml allows
    ///
    /// Mails set aside, private parts of rejected stories, files of letters that left; never of a story that is open or published.
    #[command(after_help = "Examples:\n  m4c-stories prune -n\n  m4c-stories prune")]
    Prune,
    /// Destroy what is held of a story or a person
    ///
    /// Says first, place by place, what would go and what cannot be reached from here, and asks for a word. Then pages come off their
    /// targets, the story leaves every commit, and no object of it stays; what was erased is not taken in again. With a remote it is taken
    /// out there too, and all that others did meanwhile stays.
    #[command(
        after_help = "Examples:\n  m4c-stories erase marion -n\n  m4c-stories erase marion\n  m4c-stories erase --person marion@example.org\n  m4c-stories erase --finish"
    )]
    Erase(super::erase::Erase),
    /// Whose turn it is
    #[command(after_help = "Examples:\n  m4c-stories assign marion 'Cath Lee'\n  m4c-stories assign marion --nobody")]
    Assign {
        /// Its id or the beginning of it, its author, or a path
        story: String,
        /// A name of the team
        #[arg(required_unless_present = "nobody")]
        to: Option<String>,
        /// Nobody's in particular
        #[arg(long, conflicts_with = "to")]
        nobody: bool,
    },
    /// Walk through the queue: read, decide, go on
    ///
    /// On the whole screen, or with --plain question by question. What you decide is shown, can be taken back, and is written down when
    /// you leave the story, as the commands write it.
    #[command(after_help = "Examples:\n  m4c-stories review\n  m4c-stories review --plain")]
    Review(super::review::Review),
    /// The post as a page in the browser
    ///
    /// With photos and what they show, and beside it what changed since the author wrote. Into a pipe the page itself is written.
    #[command(
        after_help = "Examples:\n  m4c-stories preview marion\n  m4c-stories preview marion --out marion.html\n  m4c-stories preview --all --out pages"
    )]
    Preview(super::preview::Preview),
    /// What should be looked at first: safeguarding and form
    ///
    /// Without STORY every open story that has something. A finding is mended with `edit`, or let stand for a reason with
    /// `--waive`; other words of the same rule are then a new finding.
    #[command(
        after_help = "Examples:\n  m4c-stories check\n  m4c-stories check denise\n  m4c-stories check denise --waive phone:2 -m 'the public number of the office'\n  m4c-stories check --rules"
    )]
    Check(super::check::Check),
    /// A vote for exactly this text
    #[command(after_help = "Examples:\n  m4c-stories approve marion\n  m4c-stories approve marion --if-text 3f9a2c4")]
    Approve {
        /// By id or the beginning of it, by author, or by path
        #[arg(required = true, value_name = "STORY")]
        stories: Vec<String>,
        /// Only if the text is still this one (its hash, at least 7 digits)
        #[arg(long, value_name = "HASH")]
        if_text: Option<String>,
        /// A word with your vote, for the team
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Back to the author, with a letter
    #[command(after_help = "Example:\n  m4c-stories request-changes marion -m 'Which year was this?'")]
    RequestChanges {
        /// Its id or the beginning of it, its author, or a path
        story: String,
        /// What you ask of the author
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Decline, with a letter, or silently
    #[command(
        after_help = "Examples:\n  m4c-stories reject marion -m 'We cannot name the landlord'\n  m4c-stories reject pills --spam"
    )]
    Reject {
        /// By id or the beginning of it, by author, or by path
        #[arg(required = true, value_name = "STORY")]
        stories: Vec<String>,
        /// The reason, as the author will read it
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
        /// No letter
        #[arg(long)]
        spam: bool,
    },
    /// Undo a rejection, a takedown, a withdrawal
    ///
    /// The story is a draft again. After a withdrawal its author has to be asked anew.
    #[command(after_help = "Example:\n  m4c-stories reopen marion")]
    Reopen {
        /// By id or the beginning of it, by author, or by path
        #[arg(required = true, value_name = "STORY")]
        stories: Vec<String>,
        /// Why, for the team
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// The storyteller's yes: show, record, revoke
    ///
    /// What may be used (--scope), on which targets (--for) and until when (--until); what is not named is not limited. `publish` keeps
    /// to it.
    #[command(
        after_help = "Examples:\n  m4c-stories consent marion --grant --evidence 'said yes by phone to Cath, 3 May'\n  m4c-stories consent marion --grant --scope pseudonym,place --for site --until 2027-12-31 --mail 2\n  m4c-stories consent marion --revoke --evidence 'asked by phone, 9 June'"
    )]
    Consent(super::consent::Consent),
    /// Mail the author the text as it will appear
    ///
    /// Their plain yes, in a reply that is proven to be theirs, is recorded for exactly this text; any later edit makes it lapse. What
    /// they correct instead is a follow-up of the story.
    #[command(after_help = "Example:\n  m4c-stories proof marion\n  m4c-stories letters show marion")]
    Proof {
        /// Its id or the beginning of it, its author, or a path
        story: String,
    },
    /// Off every target that can
    ///
    /// Each target is looked at again afterwards; what cannot be recalled is said. Ends with 7 while a target still has it: called again,
    /// it goes on. A scheduled story is no longer scheduled.
    #[command(
        after_help = "Examples:\n  m4c-stories takedown marion -m 'A neighbour is named'\n  m4c-stories takedown marion --seen-to mail -m 'deleted in the blog by hand'"
    )]
    Takedown(super::takedown::Takedown),
    /// The author wants the story back
    ///
    /// It is taken down wherever it is, their consent is no more, and the story is `withdrawn`, which is not rejected. A mail in which
    /// they ask for it is told by `status` and `show`; nothing is done until you say this.
    #[command(
        after_help = "Examples:\n  m4c-stories withdraw marion -m 'she asked by mail, 9 June'\n  m4c-stories withdraw marion --keep -m 'she means the photo only'"
    )]
    Withdraw(super::takedown::Withdraw),
    /// Put approved stories out
    #[command(
        after_help = "Examples:\n  m4c-stories publish marion\n  m4c-stories publish\n  m4c-stories publish marion --at '2026-12-24 09:00'\n  m4c-stories publish --due"
    )]
    Publish(super::publish::Publish),
    /// Bring this desk and the others together: fetch, replay, push
    ///
    /// Through the remote of the content repository. Steps made here are made again upon those made elsewhere meanwhile; nothing is
    /// forced, and no step is lost. What no longer stands is told (6).
    #[command(after_help = "Examples:\n  m4c-stories sync\n  m4c-stories sync -n")]
    Sync(super::sync::Sync),
    /// What happened to a story, or to all
    #[command(after_help = "Examples:\n  m4c-stories log marion\n  m4c-stories log --limit 5")]
    Log {
        /// Only of this story
        story: Option<String>,
        /// The latest so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Whether the history is what it says
    ///
    /// Every commit is compared with what it adds to the records, every decision with its text, its policy and its signature, and the
    /// branch with where it stood on this machine; nothing but the content repository and config.toml is read. Of one story it prints
    /// the chain from the mail to what readers got. Ends with 1 where something is found.
    #[command(
        after_help = "Examples:\n  m4c-stories verify\n  m4c-stories verify marion\n  m4c-stories verify origin/main..main"
    )]
    Verify(super::verify::Verify),
    /// How many came, how soon they were answered; no names
    #[command(
        after_help = "Examples:\n  m4c-stories stats\n  m4c-stories stats --by place --csv > places.csv\n  m4c-stories stats --out stories.svg"
    )]
    Stats(super::stats::Stats),
    /// The outbox
    #[command(
        after_help = "Examples:\n  m4c-stories letters\n  m4c-stories letters show marion\n  m4c-stories letters send"
    )]
    Letters {
        #[command(subcommand)]
        action: Option<super::letters::Letters>,
    },
    /// A letter to the author, without a change of state
    ///
    /// The letter is due at once: `letters show` shows it, `letters send` sends it, and the author's answer goes to the story.
    #[command(
        after_help = "Examples:\n  m4c-stories write marion -m 'Which year was this?'\n  m4c-stories write marion --consent"
    )]
    Write(super::write::Write),
    /// Mails that need a person
    #[command(after_help = "Examples:\n  m4c-stories quarantine\n  m4c-stories quarantine retry 3f9a --as-story")]
    Quarantine {
        #[command(subcommand)]
        action: Option<super::quarantine::Quarantine>,
        /// Those set aside by a rule, too
        #[arg(long, global = true)]
        set_aside: bool,
    },
    /// Stay connected, and take mail in when it comes
    ///
    /// A mailbox on a server is listened to (IDLE); files, and servers that do not tell of new mail, are looked into from time to time.
    /// Ends with Ctrl-C or SIGTERM, never in the middle of a mail.
    #[command(after_help = "Examples:\n  m4c-stories watch\n  m4c-stories -C ~/desk watch --every 300")]
    Watch {
        /// How often to look into an inbox that does not tell of new mail
        #[arg(long, value_name = "SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        every: u64,
    },
    /// Try each part: inboxes, outbox, repository, disk, clock
    ///
    /// Each line says that a part is well, or what is wrong and what to do next. Nothing is changed. Ends with 4 where a login was
    /// refused, with 1 where something else is wrong.
    #[command(after_help = "Examples:\n  m4c-stories doctor\n  m4c-stories -q doctor")]
    Doctor,
    /// One unattended pass: fetch, publish what is due, send letters
    ///
    /// What goes wrong is told once on standard error, and once when it is over; the exit code is that of the worst part. With -q nothing
    /// is said when nothing needs a person.
    #[command(after_help = "Example:\n  m4c-stories -q -C ~/desk cron")]
    Cron,
    /// Make config.toml and the content repository
    #[command(after_help = "Example:\n  m4c-stories init ~/stories-desk")]
    Init {
        /// Where; it is made if it is not there [default: here]
        // not `dir`: that is the name of -C
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// For bash, zsh, fish, elvish or PowerShell
    #[command(
        after_help = "Example:\n  m4c-stories completions bash > ~/.local/share/bash-completion/completions/m4c-stories"
    )]
    Completions {
        /// For which
        #[arg(ignore_case = true)]
        shell: clap_complete::Shell,
    },
    /// The manual page
    #[command(after_help = "Example:\n  m4c-stories man > m4c-stories.1")]
    Man,
}

/// The clap command with all its arguments, for completions, the manual page and tests. Who only runs one command waits for no others':
/// `defer` adds them where they are asked for.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_has_an_argument_that_a_global_one_would_take_for_its_own() {
        let globals: Vec<String> = command()
            .get_arguments()
            .filter(|a| a.is_global_set())
            .map(|a| a.get_id().to_string())
            .collect();
        assert!(globals.len() >= 10, "{globals:?}");
        for sub in command().get_subcommands() {
            for argument in sub.get_arguments().filter(|a| !a.is_global_set()) {
                let id = argument.get_id().to_string();
                assert!(!globals.contains(&id), "{} {id}", sub.get_name());
            }
        }
    }

    #[test]
    fn the_arguments_are_sound_and_every_command_is_in_a_group_and_has_an_example() {
        command().debug_assert();
        for sub in command().get_subcommands() {
            let line = format!("\n  {:<18} {}", sub.get_name(), sub.get_about().unwrap_or_default());
            assert!(GROUPS.contains(&format!("\n  {} ", sub.get_name())), "{line}");
            assert!(
                sub.get_after_help().is_some_and(|h| h.to_string().contains("Example")),
                "{}",
                sub.get_name()
            );
            for part in sub.get_subcommands() {
                assert!(
                    part.get_after_help().is_some(),
                    "{} {}",
                    sub.get_name(),
                    part.get_name()
                );
            }
        }
    }
}
