//! Over the wire: a real sshd, and git http-backend behind TLS.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{BINARY, Ran, TestHouse, have, marion};
use crate::desks::{Desks, config};

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(house: &TestHouse, program: &str, args: &[&str]) -> String {
    let mut command = house.command(program);
    let ran = Ran::of(command.args(args), args, None);
    ran.exits(0).stdout.clone()
}

/// An sshd for this user alone, and the ssh that knows it.
struct Sshd {
    house: TestHouse,
    port: u16,
    running: Option<Running>,
}

impl Sshd {
    /// `None` where there is no sshd.
    fn start() -> Option<Sshd> {
        let sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"]
            .into_iter()
            .find(|p| Path::new(p).exists());
        if sshd.is_none() && !have("sshd") {
            return None;
        }
        let house = TestHouse::new();
        for key in ["host", "other-host", "client", "stranger"] {
            let path = house.path(key);
            run(
                &house,
                "ssh-keygen",
                &["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", path.to_str()?],
            );
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut server = Sshd {
            house,
            port,
            running: None,
        };
        server.listen("host");
        Some(server)
    }

    /// Begins (again), as the machine with this key.
    fn listen(&mut self, key: &str) {
        self.running = None;
        let at = |name: &str| self.house.path(name).to_string_lossy().into_owned();
        if rustix::process::geteuid().is_root() {
            let _ = fs::create_dir_all("/run/sshd");
        }
        let config = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUsePAM no\nLogLevel ERROR\n",
            self.port,
            at(key),
            at("client.pub"),
        );
        self.house.write("sshd_config", config);
        let log = fs::File::create(self.house.path("sshd.log")).expect("a log");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("sshd begins");
        self.running = Some(Running(child));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "sshd does not listen: {}",
                self.house.read("sshd.log")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        self.running = None;
    }

    fn know(&self, key: &str) {
        let public = self.house.read(&format!("{key}.pub"));
        self.house
            .write("known_hosts", format!("[127.0.0.1]:{} {public}", self.port));
    }

    fn url(&self, bare: &Path) -> String {
        let user = run(&self.house, "id", &["-un"]);
        format!("ssh://{}@127.0.0.1:{}{}", user.trim(), self.port, bare.display())
    }

    /// An ssh that knows who is known, and is told no more than this.
    fn ssh(&self, more: &str) -> String {
        let known = self.house.path("known_hosts");
        format!(
            "ssh -F none -oUserKnownHostsFile={} -oGlobalKnownHostsFile=/dev/null {more}",
            known.display()
        )
    }

    /// Runs at a desk, with an ssh that shows this key.
    fn at(&self, desk: &TestHouse, key: &str, args: &[&str]) -> Ran {
        let key = self.house.path(key);
        let ssh = self.ssh(&format!(
            "-oIdentityAgent=none -oIdentitiesOnly=yes -i {}",
            key.display()
        ));
        let mut command = desk.command(BINARY);
        Ran::of(command.env("GIT_SSH_COMMAND", ssh).args(args), args, None)
    }
}

/// Two desks that may only speak to servers, and push each step.
fn desks() -> Desks {
    let config = config().replace("local_remote = true", "push = \"always\"");
    Desks::with_config(2, &config)
}

#[test]
fn over_ssh_with_keys_and_known_hosts_as_they_are() {
    let Some(mut sshd) = Sshd::start() else { return };
    let desks = desks();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let url = sshd.url(&desks.bare());
    for desk in &desks.desks {
        desk.git(&["remote", "set-url", "origin", &url]);
    }
    // a server that nobody knows is not spoken to
    let refused = sshd.at(ann, "client", &["sync", "--json"]);
    assert_eq!(
        refused.exits(4).error()["code"],
        "remote.stranger",
        "{}",
        refused.stderr
    );
    sshd.know("host");
    // nor a key taken that is not ours
    let refused = sshd.at(ann, "stranger", &["sync", "--json"]);
    assert_eq!(refused.exits(4).error()["code"], "remote.login", "{}", refused.stderr);
    assert_eq!(desks.bare_git(&["for-each-ref"]), "");

    ann.arrive(&[marion()]);
    sshd.at(ann, "client", &["fetch"]).exits(0);
    let head = ann.git(&["rev-parse", "main"]);
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), head, "push = \"always\"");
    sshd.at(ben, "client", &["sync"]).exits(0);
    assert_eq!(ben.git(&["rev-parse", "main"]), head);

    // another machine in its place
    sshd.listen("other-host");
    let done = sshd.at(ben, "client", &["approve", "marion"]);
    assert!(
        done.exits(0).stderr.contains("it is done here, and not pushed"),
        "{}",
        done.stderr
    );
    let refused = sshd.at(ben, "client", &["sync", "--json"]);
    assert_eq!(refused.exits(4).error()["code"], "remote.stranger");
    // no machine at all
    sshd.stop();
    let away = sshd.at(ben, "client", &["sync", "--json"]);
    assert_eq!(away.exits(75).error()["code"], "remote.away", "{}", away.stderr);
    // and well again
    sshd.listen("host");
    let synced = sshd.at(ben, "client", &["sync", "--json"]).exits(0).json();
    assert_eq!(synced["went"], 1);
    sshd.at(ann, "client", &["sync"]).exits(0);
    assert_eq!(ann.show("marion")["approvals"], 1);
}

#[test]
fn over_ssh_with_a_key_that_only_the_agent_holds() {
    let Some(sshd) = Sshd::start() else { return };
    if !have("ssh-agent") || !have("ssh-add") {
        return;
    }
    let desks = desks();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let url = sshd.url(&desks.bare());
    for desk in &desks.desks {
        desk.git(&["remote", "set-url", "origin", &url]);
    }
    sshd.know("host");
    let socket = sshd.house.path("agent");
    let mut agent = sshd.house.command("ssh-agent");
    let _agent = Running(
        agent
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("it begins"),
    );
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the agent does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let with = |desk: &TestHouse, args: &[&str]| {
        let mut command = desk.command(BINARY);
        command
            .env("SSH_AUTH_SOCK", &socket)
            .env("GIT_SSH_COMMAND", sshd.ssh("-oIdentityFile=none"));
        Ran::of(command.args(args), args, None)
    };
    // an agent that holds no key
    let refused = with(ann, &["sync", "--json"]);
    assert_eq!(refused.exits(4).error()["code"], "remote.login", "{}", refused.stderr);
    let mut add = sshd.house.command("ssh-add");
    Ran::of(
        add.env("SSH_AUTH_SOCK", &socket).args(["-q", "client"]),
        &["ssh-add"],
        None,
    )
    .exits(0);
    fs::remove_file(sshd.house.path("client")).expect("its file is not needed any more");
    ann.arrive(&[marion()]);
    with(ann, &["fetch"]).exits(0);
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
    with(ben, &["sync"]).exits(0);
    assert_eq!(ben.git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
}

/// git http-backend behind TLS; its port.
fn https(house: &TestHouse, root: &Path) -> (Running, u16) {
    let at = |name: &str| house.path(name).to_string_lossy().into_owned();
    run(
        house,
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            &at("key.pem"),
            "-out",
            &at("cert.pem"),
        ],
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sync/git_https.py");
    let mut child = Command::new("python3")
        .arg(script)
        .args([root.to_path_buf(), house.path("cert.pem"), house.path("key.pem")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 begins");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output"))
        .read_line(&mut line)
        .expect("its port");
    (Running(child), line.trim().parse().expect("a number"))
}

#[test]
fn over_https_with_a_credential_helper() {
    if !have("python3") || !have("openssl") {
        return;
    }
    let desks = desks();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let (_running, port) = https(&desks.server, &desks.server.path("srv"));
    let url = format!("https://localhost:{port}/stories.git");
    for desk in &desks.desks {
        desk.git(&["remote", "set-url", "origin", &url]);
    }
    // a certificate that nobody vouches for
    let refused = ann.run(&["sync", "--json"]);
    assert_eq!(
        refused.exits(4).error()["code"],
        "remote.stranger",
        "{}",
        refused.stderr
    );
    let cert: PathBuf = desks.server.path("cert.pem");
    let trusting = format!("[http]\n\tsslCAInfo = {}\n", cert.display());
    let own = |desk: &TestHouse, more: &str| {
        let before = desk.read("home/.gitconfig");
        desk.write("home/.gitconfig", format!("{before}{trusting}{more}"));
    };
    let helper = |password: &str| {
        format!("[credential]\n\thelper = \"!f() {{ echo username=blog; echo password={password}; }}; f\"\n")
    };
    own(ann, "");
    let refused = ann.run(&["sync", "--json"]);
    assert_eq!(refused.exits(4).error()["code"], "remote.login", "{}", refused.stderr);
    ann.sign_in("Ann Able", "ann.able@example.org");
    own(ann, &helper("wrong"));
    let refused = ann.run(&["sync", "--json"]);
    assert_eq!(refused.exits(4).error()["code"], "remote.login", "{}", refused.stderr);
    ann.sign_in("Ann Able", "ann.able@example.org");
    own(ann, &helper("secret"));
    own(ben, &helper("secret"));
    ann.arrive(&[marion()]);
    ann.run(&["fetch"]).exits(0);
    ben.run(&["sync"]).exits(0);
    ben.run(&["approve", "marion"]).exits(0);
    ann.run(&["sync"]).exits(0);
    assert_eq!(ann.show("marion")["approvals"], 1);
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
    // a password in the address is used, and never shown
    let wrong = format!("https://blog:hunter2@localhost:{port}/other.git");
    ann.sign_in("Ann Able", "ann.able@example.org");
    own(ann, "");
    ann.git(&["remote", "set-url", "origin", &wrong]);
    let refused = ann.run(&["sync"]);
    assert!(!refused.exits(4).stderr.contains("hunter2"), "{}", refused.stderr);
}
