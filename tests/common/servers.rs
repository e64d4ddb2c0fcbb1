//! Real mail servers for a test: Dovecot and OpenSMTPD, each with its own folder, free ports and certificate. They end with
//! the test, however that ends: each hangs on a pipe that only the test holds.
//!
//! Mail goes round: handed in to Dovecot's submission service (TLS and a login) or to OpenSMTPD (neither), which hands it to
//! Dovecot by LMTP, from where it is read by IMAP. OpenSMTPD 6.8 with OpenSSL 3, as in Debian 12, cannot do TLS itself.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use m4c_stories::inbox::{ImapAccount, Login, Tls};

use crate::common::have;

/// The password of every mailbox, unless a test wants its own.
pub const PASSWORD: &str = "se\"cret";

/// A port on which nobody listens; below those that the system gives to connections, and each once in a process, so that it stays free
/// until its server has it.
pub fn free_port() -> u16 {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 100) as u16 * 200;
    loop {
        let port = first + ASKED.fetch_add(1, Ordering::Relaxed) % 200;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A process that is ended when this is dropped, or when the test is killed.
struct Server {
    pipe: Option<ChildStdin>,
    shell: Child,
}

impl Server {
    /// The log takes what it prints.
    fn start(command: &[&str], log: &Path) -> Server {
        let out = fs::File::create(log).expect("a log");
        // `unshare` does not listen to TERM, but ends with its child.
        let script = r#""$@" </dev/null & pid=$!
            read -r _; pkill -TERM -P $pid; kill -TERM $pid
            for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $pid 2>/dev/null || break; sleep 0.05; done
            kill -KILL $pid 2>/dev/null; wait $pid"#;
        let mut shell = Command::new("setsid")
            .args(["sh", "-c", script, "sh"])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(out.try_clone().expect("the log twice"))
            .stderr(out)
            .spawn()
            .expect("setsid and sh are there");
        Server {
            pipe: shell.stdin.take(),
            shell,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}

/// Waits until something listens on each port; false if that takes longer than two minutes, or the log says that it fails.
fn listens(ports: &[u16], log: impl Fn() -> String) -> bool {
    let begun = Instant::now();
    ports.iter().all(|port| {
        loop {
            if TcpStream::connect(("127.0.0.1", *port)).is_ok() {
                return true;
            }
            let log = log();
            let failed = log.contains("in use") || log.contains("Fatal");
            if failed || begun.elapsed() > Duration::from_secs(120) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// A certificate for localhost, signed by itself, and its key; more arguments for `openssl req` change it.
pub fn certificate(cert: &Path, key: &Path, more: &[&str]) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(match more {
            [] => &["-days", "2", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            more => more,
        })
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(cert)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// How a Dovecot is to be, where it is not to be as usual.
pub struct DovecotSetting<'a> {
    pub password: &'a str,
    /// `plain login`
    pub mechanisms: &'a str,
    /// Lines put at the end of dovecot.conf; `{at}` is the server's folder.
    pub more: &'a str,
}

impl Default for DovecotSetting<'_> {
    fn default() -> Self {
        DovecotSetting {
            password: PASSWORD,
            mechanisms: "plain login",
            more: "",
        }
    }
}

/// For [`DovecotSetting::more`]: takes tokens that [`token`] makes.
pub const WITH_TOKENS: &str =
    "passdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = {at}/oauth2.conf\n}\n";

/// A JSON web token (RFC 7519, HS256) for a user, good for so many seconds from now.
#[allow(clippy::disallowed_methods, reason = "a token is good by the clock")]
pub fn token(user: &str, seconds: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims =
        serde_json::json!({"email": user, "sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + seconds});
    let coded = |bytes: &[u8]| -> String {
        let mut out = String::new();
        for three in bytes.chunks(3) {
            let number = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
            let digit = |i: usize| (number >> (18 - 6 * i) & 63) as usize;
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            out.extend((0..=three.len()).map(|i| char::from(alphabet[digit(i)])));
        }
        out
    };
    let text = format!(
        "{}.{}",
        coded(br#"{"alg":"HS256","typ":"JWT"}"#),
        coded(claims.to_string().as_bytes())
    );
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-mac", "HMAC", "-macopt", "key:test-key", "-binary"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    let mut stdin = openssl.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let signed = openssl.wait_with_output().expect("it ends").stdout;
    assert_eq!(signed.len(), 32);
    format!("{text}.{}", coded(&signed))
}

/// A Dovecot with the mailboxes of `blog`, `team`, `marion` and `ben`.
pub struct Dovecot {
    _server: Server,
    dir: tempfile::TempDir,
    password: String,
    pub imap: u16,
    pub imaps: u16,
    lmtp: u16,
    /// Mail from people with a login: with STARTTLS, and with TLS from the first byte.
    pub submission: u16,
    pub submissions: u16,
    /// Where OpenSMTPD is to listen, if it is started.
    smtp: u16,
}

impl Dovecot {
    /// `None`, and a line that says so, where there is no Dovecot; with `CI=true` that fails.
    pub fn start() -> Option<Dovecot> {
        Dovecot::with(DovecotSetting::default())
    }

    pub fn with(setting: DovecotSetting) -> Option<Dovecot> {
        if !have("dovecot") || !have("openssl") {
            return None;
        }
        // Another process may take a port between our asking and Dovecot's.
        for _ in 0..3 {
            match Dovecot::try_start(&setting) {
                Ok(dovecot) => return Some(dovecot),
                Err(log) if log.contains("in use") => {}
                Err(log) => panic!("dovecot did not start: {log}"),
            }
        }
        panic!("no port stays free");
    }

    fn try_start(setting: &DovecotSetting) -> Result<Dovecot, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let at = dir.path().to_str().expect("a plain name").to_owned();
        let own = |what: &str| {
            let id = Command::new("id").arg(what).output().expect("id runs").stdout;
            String::from_utf8(id).expect("a name").trim().to_owned()
        };
        // As root the login processes must be somebody else, and so is the owner of the mail.
        let (user, group, login, uid, gid) = match is_root() {
            true => ("dovecot".into(), "dovecot".into(), "dovenull".into(), 65534, 65534),
            false => (
                own("-un"),
                own("-gn"),
                own("-un"),
                rustix::process::geteuid().as_raw(),
                rustix::process::getegid().as_raw(),
            ),
        };
        fs::create_dir(dir.path().join("mail")).expect("a folder");
        chown(dir.path().join("mail"), Some(uid), Some(gid)).expect("to own it");
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).expect("open to all");
        certificate(&dir.path().join("cert.pem"), &dir.path().join("key.pem"), &[]);
        let users = ["blog", "team", "marion", "ben"]
            .map(|name| format!("{name}:{{PLAIN}}{}\n", setting.password))
            .concat();
        fs::write(dir.path().join("users"), users).expect("users");
        let keys = dir.path().join("keys/default/HS256");
        fs::create_dir_all(&keys).expect("a folder");
        // `test-key` in base64
        fs::write(keys.join("default"), "dGVzdC1rZXk=").expect("a key");
        let oauth2 = format!(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={at}/keys/\nusername_attribute = email\n"
        );
        fs::write(dir.path().join("oauth2.conf"), oauth2).expect("a config");
        let [imap, imaps, lmtp, submission, submissions, smtp] = [(); 6].map(|()| free_port());
        let whole = is_whole();
        let (mechanisms, more) = (setting.mechanisms, setting.more.replace("{at}", &at));
        let protocols = if whole { "imap lmtp submission" } else { "imap" };
        let mut config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = {protocols}\nlisten = 127.0.0.1\n\
             default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {login}\n\
             first_valid_uid = 0\nfirst_valid_gid = 0\nssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\n\
             disable_plaintext_auth = no\nauth_mechanisms = {mechanisms}\nmail_location = maildir:{at}/mail/%n\n\
             mail_max_userip_connections = 50\n\
             passdb {{\n driver = passwd-file\n args = {at}/users\n}}\n\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={at}/mail\n}}\n\
             namespace inbox {{\n inbox = yes\n separator = /\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {imap}\n }}\n inet_listener imaps {{\n port = {imaps}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\nauth_failure_delay = 0\n\
             service stats {{\n chroot =\n}}\n"
        );
        if whole {
            config.push_str(&format!(
                "service lmtp {{\n inet_listener lmtp {{\n address = 127.0.0.1\n port = {lmtp}\n }}\n}}\n\
                 protocol lmtp {{\n auth_username_format = %Ln\n}}\n\
                 service submission-login {{\n chroot =\n inet_listener submission {{\n port = {submission}\n }}\n\
                 inet_listener submissions {{\n port = {submissions}\n ssl = yes\n }}\n}}\n\
                 submission_relay_host = 127.0.0.1\nsubmission_relay_port = {smtp}\nhostname = mail.example.org\n"
            ));
        }
        config.push_str(&more);
        fs::write(dir.path().join("dovecot.conf"), config).expect("a config");
        let conf = format!("{at}/dovecot.conf");
        let server = Server::start(&["dovecot", "-F", "-c", &conf], &dir.path().join("out"));
        let ports = [imap, imaps, lmtp, submission, submissions];
        let said = |name| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
        if listens(&ports[..if whole { 5 } else { 2 }], || said("log") + &said("out")) {
            return Ok(Dovecot {
                _server: server,
                password: setting.password.to_owned(),
                dir,
                imap,
                imaps,
                lmtp,
                submission,
                submissions,
                smtp,
            });
        }
        Err(said("log") + &said("out"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The certificate, to be trusted.
    pub fn ca_file(&self) -> PathBuf {
        self.path("cert.pem")
    }

    /// The mailbox of `blog`, for the library.
    pub fn account(&self, tls: Tls) -> ImapAccount {
        ImapAccount {
            host: "localhost".to_owned(),
            port: if tls == Tls::Implicit { self.imaps } else { self.imap },
            tls,
            ca_file: Some(self.ca_file()),
            user: "blog".to_owned(),
            login: Login::Password(self.password.clone()),
            mailbox: "INBOX".to_owned(),
            deadline: Duration::from_secs(300),
        }
    }

    /// A section of config.toml: that user's mailbox by implicit TLS, the password in the file `secret`.
    pub fn inbox(&self, user: &str, more: &str) -> String {
        let (port, ca_file) = (self.imaps, self.ca_file());
        format!(
            "[[inbox]]\nname = \"{user}\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\nca_file = \"{}\"\n\
             user = \"{user}\"\npassword_command = [\"cat\", \"secret\"]\n{more}\n",
            ca_file.display()
        )
    }

    /// The Maildir folder of a mailbox: `blog/cur`, `blog/.Done/new`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.path("mail").join(name)
    }

    /// The files in such a folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }

    /// All mails of a user's inbox, as they stand there.
    pub fn mails(&self, user: &str) -> Vec<Vec<u8>> {
        let both = ["new", "cur"].map(|kind| format!("{user}/{kind}"));
        let names = both.iter().flat_map(|folder| {
            let files = self.files(folder);
            files.into_iter().map(move |file| (file, folder))
        });
        let mut names: Vec<_> = names.collect();
        names.sort();
        let read = |(file, folder): (String, &String)| fs::read(self.folder(folder).join(file)).expect("a mail");
        names.into_iter().map(read).collect()
    }

    /// Waits until a user's inbox has so many mails.
    pub fn wait_for(&self, user: &str, count: usize) -> Vec<Vec<u8>> {
        let begun = Instant::now();
        loop {
            let mails = self.mails(user);
            if mails.len() >= count {
                return mails;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "{user} has {} mails, not {count}: {}",
                mails.len(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// IMAP commands as the user `blog`, and what was answered to the last of them.
    pub fn talk(&self, commands: &[&str]) -> Vec<String> {
        let mut talk = Talk::open(self);
        let mut said = Vec::new();
        for command in commands {
            said = talk.run(command);
        }
        said
    }

    /// Puts mails into a mailbox of `blog` by IMAP, as nothing else knows how Dovecot wants them.
    pub fn append_to(&self, mailbox: &str, mails: &[impl AsRef<[u8]>]) {
        let mut talk = Talk::open(self);
        for mail in mails {
            let mail = mail.as_ref();
            talk.send(&format!("a APPEND {mailbox} {{{}}}", mail.len()));
            talk.wait("+");
            talk.stream.write_all(mail).expect("it is read");
            talk.send("");
            talk.wait("a OK");
        }
        talk.run("LOGOUT");
    }

    pub fn append(&self, mails: &[impl AsRef<[u8]>]) {
        self.append_to("INBOX", mails);
    }

    /// Puts a file into `new/` of a user's Maildir, as a delivery agent would: quicker than APPEND.
    pub fn deliver(&self, user: &str, name: &str, mail: &[u8]) {
        let folder = self.folder(&format!("{user}/new"));
        let path = folder.join(name);
        fs::write(&path, mail).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let owner = fs::metadata(folder).expect("the folder");
        use std::os::unix::fs::MetadataExt;
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("to give it away");
    }
}

/// A plain IMAP session by hand.
struct Talk {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Talk {
    fn open(dovecot: &Dovecot) -> Talk {
        let stream = TcpStream::connect(("127.0.0.1", dovecot.imap)).expect("dovecot listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a limit");
        let lines = BufReader::new(stream.try_clone().expect("the stream twice"));
        let mut talk = Talk { stream, lines };
        talk.wait("* OK");
        let password = dovecot.password.replace('\\', "\\\\").replace('"', "\\\"");
        talk.run(&format!("LOGIN blog \"{password}\""));
        talk
    }

    fn send(&mut self, line: &str) {
        self.stream
            .write_all(format!("{line}\r\n").as_bytes())
            .expect("it is read");
    }

    /// The lines up to and with the one that begins so.
    fn wait(&mut self, start: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let mut line = Vec::new();
            let read = self.lines.read_until(b'\n', &mut line).expect("an answer");
            assert!(read > 0, "dovecot hung up after {said:?}");
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let last = line.starts_with(start);
            assert!(!line.starts_with("a ") || last, "{line}");
            said.push(line);
            if last {
                return said;
            }
        }
    }

    fn run(&mut self, command: &str) -> Vec<String> {
        self.send(&format!("a {command}"));
        self.wait("a OK")
    }
}

/// Whether Dovecot's parts that OpenSMTPD needs around it are installed.
fn is_whole() -> bool {
    let part = |name| Path::new("/usr/lib/dovecot").join(name).exists();
    part("lmtp") && part("submission-login")
}

/// An OpenSMTPD that takes mail for anybody and hands it to a Dovecot.
pub struct Smtpd {
    _server: Server,
    dir: tempfile::TempDir,
    /// Without TLS or login.
    pub smtp: u16,
}

impl Smtpd {
    /// `None`, and a line that says so, where there is no OpenSMTPD or where we are not root, which it needs.
    pub fn start(dovecot: &Dovecot) -> Option<Smtpd> {
        if !have("smtpd") {
            return None;
        }
        if !is_whole() || !is_root() {
            let why = match is_whole() {
                true => "OpenSMTPD needs root",
                false => "dovecot-lmtpd or dovecot-submissiond is not installed",
            };
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}, and CI=true");
            eprintln!("skipped: {why}");
            return None;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let (smtp, lmtp) = (dovecot.smtp, dovecot.lmtp);
        let config = format!(
            "listen on 127.0.0.1 port {smtp} hostname mail.example.org\n\
             action \"in\" relay host \"lmtp://127.0.0.1:{lmtp}\"\nmatch from any for any action \"in\"\n"
        );
        fs::write(dir.path().join("smtpd.conf"), config).expect("a config");
        // Its spool and its control socket have fixed places: where we may, it gets its own; else one runs at a time.
        let script = "if unshare --mount true 2>/dev/null; then
                exec unshare --mount --pid --fork --kill-child sh -c \
                    'mount -t tmpfs none /var/spool && mount -t tmpfs none /run && exec smtpd -d -f \"$0\"' \"$0\"
            fi
            exec flock --no-fork /run/lock/m4c-stories-smtpd smtpd -d -f \"$0\"";
        let conf = dir.path().join("smtpd.conf");
        let command = ["sh", "-c", script, conf.to_str().expect("a plain name")];
        let server = Server::start(&command, &dir.path().join("log"));
        let smtpd = Smtpd {
            _server: server,
            dir,
            smtp,
        };
        assert!(listens(&[smtp], || smtpd.log()), "smtpd did not start: {}", smtpd.log());
        Some(smtpd)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Hands in a mail without a login, as a stranger's server would.
    pub fn hand_in(&self, from: &str, to: &str, mail: &str) {
        use lettre::transport::smtp::client::SmtpConnection;
        use lettre::transport::smtp::extension::ClientId;
        let place = ("127.0.0.1", self.smtp);
        let patience = Some(Duration::from_secs(120));
        let mut line = SmtpConnection::connect(place, patience, &ClientId::default(), None, None).expect("a greeting");
        let to = vec![to.parse().expect("an address")];
        let envelope = lettre::address::Envelope::new(Some(from.parse().expect("an address")), to);
        let mail = mail.replace("\r\n", "\n").replace('\n', "\r\n");
        line.send(&envelope.expect("an envelope"), mail.as_bytes())
            .expect("it is taken");
        let _ = line.quit();
    }
}
