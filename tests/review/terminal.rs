//! A terminal to sit at: tmux, with a server of its own in the test's folder.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::TestHouse;

pub struct Terminal<'a> {
    house: &'a TestHouse,
    socket: String,
}

/// So long a screen may take to come, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(180);

impl<'a> Terminal<'a> {
    /// Runs a shell line, then tells its exit code and whether the terminal's settings are what they were.
    pub fn start(house: &'a TestHouse, width: usize, height: usize, line: &str) -> Terminal<'a> {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let socket = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let terminal = Terminal { house, socket };
        let program = format!("home/{}.program", terminal.socket);
        house.write(&program, format!("echo $$ >{program}.pid\nexec env {line}\n"));
        let script = format!(
            "before=$(stty -g)\nsh {program}\necho \"exit $?\"\n\
             [ \"$before\" = \"$(stty -g)\" ] && echo \"the terminal is as it was\"\nexec sleep 600\n"
        );
        let name = format!("home/{}.sh", terminal.socket);
        house.write(&name, script);
        let script = house.path(&name);
        let (width, height) = (width.to_string(), height.to_string());
        let size = ["-x", &width, "-y", &height];
        terminal.tmux(
            &[
                &["-f", "/dev/null", "new-session", "-d"],
                &size[..],
                &["sh", &script.display().to_string()],
            ]
            .concat(),
        );
        terminal.tmux(&["set", "-g", "status", "off"]);
        terminal.tmux(&["resize-window", "-x", &width, "-y", &height]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = self.house.command("tmux");
        command
            .env("TMUX_TMPDIR", self.house.path("home"))
            .args(["-u", "-L", &self.socket])
            .args(arguments);
        let output = command.output().expect("tmux runs");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Presses keys, by tmux's names.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
        }
    }

    /// Types letters.
    pub fn write(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Types a line and Enter.
    pub fn answer(&self, text: &str) {
        if !text.is_empty() {
            self.write(text);
        }
        self.press(&["Enter"]);
    }

    pub fn resize(&self, width: usize, height: usize) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// What tmux knows of the pane: `#{alternate_on}`.
    pub fn ask(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format])
            .trim_end_matches('\n')
            .to_owned()
    }

    /// From now on all that comes to the terminal goes into this file of the house, too.
    pub fn record(&self, file: &str) {
        let path = self.house.path(file);
        self.tmux(&["pipe-pane", "-o", &format!("cat >>'{}'", path.display())]);
    }

    /// What stands on the screen, with its colours as escapes.
    pub fn with_colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Sends bytes as they are, as a slow line does that carries half a letter.
    pub fn send(&self, bytes: &[u8]) {
        let file = format!("home/{}.bytes", self.socket);
        self.house.write(&file, bytes);
        self.tmux(&["load-buffer", &self.house.path(&file).display().to_string()]);
        self.tmux(&["paste-buffer", "-d"]);
    }

    /// Waits until the program stands in the middle of a key, for as long as the kernel might not say so.
    pub fn wait_for_half_a_key(&self) {
        let pid = self.house.read(&format!("home/{}.program.pid", self.socket));
        let stands = Path::new("/proc").join(pid.trim()).join("wchan");
        let reads = |at: &str| at.contains("wait_woken") || at.contains("tty");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) && !std::fs::read_to_string(&stands).is_ok_and(|at| reads(&at)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Closes the window, and waits until the program has ended.
    #[track_caller]
    pub fn close(&self) {
        self.tmux(&["kill-server"]);
        let pid = self.house.read(&format!("home/{}.program.pid", self.socket));
        let process = Path::new("/proc").join(pid.trim());
        let begun = Instant::now();
        while process.exists() {
            assert!(begun.elapsed() < PATIENCE, "it goes on without a terminal");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Sends a signal to the program.
    pub fn kill(&self, signal: &str) {
        let pid = self.house.read(&format!("home/{}.program.pid", self.socket));
        let line = format!("kill -{signal} {}", pid.trim());
        let done = self.house.command("sh").args(["-c", &line]).output().expect("a shell");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The screen, once `text` stands on it.
    #[track_caller]
    pub fn wait(&self, text: &str) -> String {
        let flat = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = flat(text);
        self.wait_or(
            |screen| flat(screen).contains(&wanted),
            &format!("{text:?} does not come"),
        )
    }

    #[track_caller]
    pub fn wait_for(&self, there: impl Fn(&str) -> bool) -> String {
        self.wait_or(there, "what is waited for does not come")
    }

    #[track_caller]
    fn wait_or(&self, there: impl Fn(&str) -> bool, otherwise: &str) -> String {
        let begun = Instant::now();
        let (mut last, mut same) = (String::new(), 0);
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            // not while it is being drawn
            same = if screen == last { same + 1 } else { 0 };
            if same >= 2 && there(&screen) {
                return screen.lines().map(|row| format!("{}\n", row.trim_end())).collect();
            }
            assert!(begun.elapsed() < PATIENCE, "{otherwise}:\n{screen}");
            last = screen;
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let mut command = self.house.command("tmux");
        let _ = command
            .env("TMUX_TMPDIR", self.house.path("home"))
            .args(["-L", &self.socket, "kill-server"])
            .output();
    }
}

/// The screens that a document shows, in boxes ```` ```text screen-NAME ````.
pub struct Shown {
    path: PathBuf,
    text: String,
    /// `UPDATE_SCREENS`: they are written anew.
    update: bool,
}

impl Shown {
    pub fn of(document: &str) -> Shown {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        Shown {
            text: std::fs::read_to_string(&path).expect("the document"),
            update: std::env::var_os("UPDATE_SCREENS").is_some(),
            path,
        }
    }

    /// Waits until the terminal shows what the box of this name shows; `mark` stands on it.
    #[track_caller]
    pub fn see(&mut self, name: &str, terminal: &Terminal, mark: &str) {
        let open = format!("```text screen-{name}\n");
        let from = self
            .text
            .find(&open)
            .unwrap_or_else(|| panic!("there is no screen {name}"))
            + open.len();
        let to = from + self.text[from..].find("```").expect("its end");
        if self.update {
            let screen = steady(&terminal.wait(mark));
            self.text.replace_range(from..to, &screen);
            std::fs::write(&self.path, &self.text).expect("it is written");
        } else {
            let shown = &self.text[from..to];
            assert!(shown.contains(mark), "the screen {name} is without {mark:?}");
            let otherwise = format!("{} shows as {name}:\n{shown}\nand there is", self.path.display());
            terminal.wait_or(|screen| steady(screen) == shown, &otherwise);
        }
    }
}

/// A screen without what is another each day, and without empty rows at its end.
fn steady(screen: &str) -> String {
    let day = |row: &str| match row.split_once("today, ") {
        Some((before, _)) if row.starts_with("Came") => format!("{before}today, 2026-11-23"),
        _ => row.to_owned(),
    };
    let ours = |row: &&str| !row.starts_with("exit ") && *row != "the terminal is as it was";
    let rows: Vec<String> = screen
        .trim_end()
        .lines()
        .map(str::trim_end)
        .filter(ours)
        .map(day)
        .collect();
    format!("{}\n", rows.join("\n"))
}
