//! Signing with the person's own SSH key, by their own `ssh-keygen`: it knows their agent, their security key and how to ask for a
//! passphrase.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::Duration;

use git2::ObjectType;

use super::sshsig::{signer, unarmoured};
use super::{CommitId, RepoError, StoryRepo, UserConfig};
use crate::hands;
use crate::story::record::Signature;
use crate::story::seal::{PublicKey, Seal};

/// For how long nobody answers before a run without a terminal gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(5);
/// No `.pub` file is longer.
const LONGEST_KEY: u64 = 64 << 10;

/// How `ssh-keygen` is started.
#[derive(Debug, Clone, Copy)]
pub struct Starting {
    /// A person is there to type a passphrase.
    pub may_ask: bool,
}

/// Somebody's signing key, as git is told of it.
#[derive(Debug, Clone)]
pub struct Signer {
    program: OsString,
    key: At,
    starting: Starting,
}

#[derive(Debug, Clone)]
enum At {
    /// `user.signingkey` is a file: the private key, or the public one of a key that the agent holds.
    File(PathBuf),
    /// The key itself: the agent holds the rest.
    Agent(PublicKey),
}

impl Signer {
    /// With a key that the SSH agent holds.
    pub fn of_agent(key: PublicKey, starting: Starting) -> Signer {
        Signer {
            program: "ssh-keygen".into(),
            key: At::Agent(key),
            starting,
        }
    }

    /// What git calls it, for people.
    pub fn place(&self) -> String {
        match &self.key {
            At::File(path) => path.display().to_string(),
            At::Agent(key) => key.to_string(),
        }
    }

    /// The public key, where it can be told without the private one.
    pub fn public(&self) -> Option<PublicKey> {
        let path = match &self.key {
            At::Agent(key) => return Some(key.clone()),
            At::File(path) => path,
        };
        let mut beside = path.clone().into_os_string();
        beside.push(".pub");
        [Path::new(&beside), path].into_iter().find_map(|path| {
            let meta = fs::metadata(path).ok()?;
            let small = meta.is_file() && meta.len() <= LONGEST_KEY;
            let text = small.then(|| fs::read_to_string(path).ok())??;
            text.parse().ok()
        })
    }

    /// The armoured signature of some bytes.
    pub fn sign_armoured(&self, namespace: &str, message: &[u8]) -> Result<String, RepoError> {
        let failed = |why: String| RepoError::NotSigned { key: self.place(), why };
        let mut command = hands::program(&self.program);
        command.args(["-Y", "sign", "-n", namespace]);
        // removed with the value
        let mut literal = None;
        match &self.key {
            At::File(path) => command.arg("-f").arg(path),
            At::Agent(key) => {
                let mut file = tempfile::NamedTempFile::new().map_err(|e| failed(e.to_string()))?;
                writeln!(file, "{key}").map_err(|e| failed(e.to_string()))?;
                let path = literal.insert(file).path().to_owned();
                command.arg("-U").arg("-f").arg(path)
            }
        };
        if !self.starting.may_ask {
            // a question is answered by a program that knows no answer, never at a terminal
            command.env("SSH_ASKPASS_REQUIRE", "force").env("SSH_ASKPASS", "false");
        }
        let mut input = tempfile::tempfile().map_err(|e| failed(e.to_string()))?;
        let written = input.write_all(message).and_then(|()| input.rewind());
        written.map_err(|e| failed(e.to_string()))?;
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command
            .spawn()
            .map_err(|e| failed(format!("{}: {e}", self.program.display())))?;
        match ended(child, self.starting.may_ask).map_err(|e| failed(e.to_string()))? {
            Some(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(failed(
                    said.trim()
                        .lines()
                        .last()
                        .unwrap_or("ssh-keygen gave no reason")
                        .to_owned(),
                ))
            }
            None => Err(failed("nobody answered for a minute".to_owned())),
        }
    }

    /// The signature of some bytes.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, RepoError> {
        let text = self.sign_armoured(namespace, message)?;
        unarmoured(&text).ok_or_else(|| RepoError::NotSigned {
            key: self.place(),
            why: "what ssh-keygen printed is no signature".to_owned(),
        })
    }
}

/// What it printed, a kilobyte or two, once it ended; where nobody is there to be asked, after a minute `None`: it was ended.
fn ended(mut child: Child, may_ask: bool) -> io::Result<Option<Output>> {
    let mut left = PATIENCE;
    while !may_ask && child.try_wait()?.is_none() {
        match left.checked_sub(LOOK) {
            Some(less) => left = less,
            None => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
        }
        thread::sleep(LOOK);
    }
    child.wait_with_output().map(Some)
}

/// The key that git signs with by the user's own configuration, where there is no content repository yet.
pub fn signer_of_user(user: &UserConfig, starting: Starting) -> Option<Signer> {
    signer_in(&user.open()?, user, starting)
}

fn signer_in(config: &git2::Config, user: &UserConfig, starting: Starting) -> Option<Signer> {
    let text = |key: &str| config.get_string(key).ok().filter(|text| !text.trim().is_empty());
    if text("gpg.format")? != "ssh" {
        return None;
    }
    let named = text("user.signingkey")?;
    let literal = named.strip_prefix("key::").unwrap_or(&named).parse().ok();
    let key = match literal {
        Some(key) => At::Agent(key),
        None => At::File(config.get_path("user.signingkey").unwrap_or_else(|_| named.into())),
    };
    let program = user.open().and_then(|own| own.get_path("gpg.ssh.program").ok());
    Some(Signer {
        program: program.map_or_else(|| "ssh-keygen".into(), PathBuf::into_os_string),
        key,
        starting,
    })
}

/// The namespace of git's own signatures.
const OF_COMMITS: &str = "git";
const FIELD: &str = "gpgsig ";

/// The signature becomes a header field, its further lines indented by a blank (git's signature-format documentation).
fn with_signature(commit: &[u8], armour: &str) -> Vec<u8> {
    let head = memchr::memmem::find(commit, b"\n\n").map_or(commit.len(), |at| at + 1);
    let mut out = commit[..head].to_vec();
    out.extend_from_slice(FIELD.as_bytes());
    out.extend_from_slice(armour.trim_end().replace('\n', "\n ").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(&commit[head..]);
    out
}

/// A commit without its signature, and the signature.
fn parted(commit: &[u8]) -> Option<(Vec<u8>, String)> {
    let head = memchr::memmem::find(commit, b"\n\n")? + 1;
    let (mut signed, mut armour, mut inside) = (Vec::new(), String::new(), false);
    for line in commit[..head].split_inclusive(|&b| b == b'\n') {
        match line.strip_prefix(FIELD.as_bytes()) {
            Some(first) => {
                inside = true;
                armour.push_str(&String::from_utf8_lossy(first));
            }
            None if inside && line.starts_with(b" ") => armour.push_str(&String::from_utf8_lossy(&line[1..])),
            None => {
                inside = false;
                signed.extend_from_slice(line);
            }
        }
    }
    signed.extend_from_slice(&commit[head..]);
    (!armour.is_empty()).then_some((signed, armour))
}

/// Whether a commit has a signature.
pub(super) fn is_signed(commit: &[u8]) -> bool {
    parted(commit).is_some()
}

/// Signs many commits one after the other. One that cannot be signed is left as it is: steps that were made must not wait for a key.
pub(super) struct Pen(Option<(Signer, String)>);

impl Pen {
    /// The person's at this desk; `wanted`: whether it signs anything at all.
    pub fn of(repo: &StoryRepo, wanted: bool) -> Pen {
        Pen(wanted.then(|| repo.signer_of_commits()).flatten())
    }

    /// The commit, signed where it is theirs. The first that cannot be is the last that is tried.
    pub fn signed(&mut self, commit: Vec<u8>, author: &str) -> Vec<u8> {
        let Some((signer, _)) = self.0.as_ref().filter(|(_, email)| email == author) else {
            return commit;
        };
        match signer.sign_armoured(OF_COMMITS, &commit) {
            Ok(armour) => with_signature(&commit, &armour),
            Err(_) => {
                self.0 = None;
                commit
            }
        }
    }
}

impl StoryRepo {
    /// The key that git signs with, where it signs with SSH (`gpg.format = ssh`, `user.signingkey`). The program is git's only by the
    /// user's own configuration: the repository's could name any.
    pub fn signer(&self) -> Option<Signer> {
        signer_in(&self.git.config().ok()?, &self.user.borrow(), self.starting.get()?)
    }

    /// From now on commits are signed where git signs them.
    pub fn sign_by(&self, starting: Starting) {
        self.starting.set(Some(starting));
    }

    /// A commit's bytes, signed as git would (`commit.gpgsign`) where it is by the person at this desk and git signs with SSH.
    pub(super) fn signed_commit(&self, commit: Vec<u8>, by: &Signature) -> Result<Vec<u8>, RepoError> {
        match self.signer_of_commits() {
            Some((signer, email)) if email == by.email => {
                let armour = signer.sign_armoured(OF_COMMITS, &commit)?;
                Ok(with_signature(&commit, &armour))
            }
            _ => Ok(commit),
        }
    }

    /// The key that git signs commits with, where it does, and the address of those whose they are: the person's at this desk.
    fn signer_of_commits(&self) -> Option<(Signer, String)> {
        let config = self.git.config().ok()?;
        let wanted = config.get_bool("commit.gpgsign").unwrap_or(false);
        Some((self.signer().filter(|_| wanted)?, self.identity()?.1))
    }

    /// Whose key signed a commit; of other kinds than SSH none can be told.
    pub fn seal_of(&self, commit: CommitId) -> Result<Seal, RepoError> {
        let bytes = self.object(ObjectType::Commit, commit.0)?;
        Ok(match parted(&bytes) {
            None => Seal::Unsigned,
            Some((signed, armour)) => match unarmoured(&armour) {
                None => Seal::Broken("it is of a kind that is not checked here".to_owned()),
                Some(signature) => signer(OF_COMMITS, &signed, &signature).map_or_else(Seal::Broken, Seal::By),
            },
        })
    }
}
