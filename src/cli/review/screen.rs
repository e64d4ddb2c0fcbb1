//! The terminal: taken over, read, drawn on, and given back whatever happens.

use std::cell::Cell;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ratatui_core::backend::Backend;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_crossterm::CrosstermBackend;
use ratatui_crossterm::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use ratatui_crossterm::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui_crossterm::crossterm::{cursor, execute};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::hands;

use super::pen::Move;
use super::round::Press;
use super::words::Unkept;
use crate::cli::editor;
use crate::cli::kept::{KeptAt, tell_kept};
use crate::desk::typed::Words;

/// A whole screen is written at once, so that a slow line does not show it half drawn.
type Paper = CrosstermBackend<BufWriter<Stdout>>;

/// So long a drawing may be behind.
const FRAME: Duration = Duration::from_millis(16);
/// So long a signal may wait.
const PATIENCE: Duration = Duration::from_millis(200);
/// So long a run may take to end of itself once it is to end.
const GRACE: Duration = Duration::from_secs(3);

thread_local! {
    /// Whether this thread is at work whose panics are caught.
    static UNDISTURBED: Cell<bool> = const { Cell::new(false) };
}

/// Does work that catches its panics itself: the terminal stays ours, and nothing is written over what it shows.
pub fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    UNDISTURBED.set(true);
    let result = work();
    UNDISTURBED.set(false);
    result
}

/// A terminal that is ours until this is dropped.
pub struct Screen {
    paper: Paper,
    /// What stands on it.
    shown: Buffer,
    /// The signal that came, 0: none.
    signal: Arc<AtomicUsize>,
    /// The run was stopped, and goes on: a shell has had the terminal meanwhile.
    goes_on: Arc<AtomicBool>,
    /// Whether another program has the terminal.
    lent: Arc<AtomicBool>,
    unkept: Unkept,
}

/// What the person, or somebody who ends the run, did.
#[derive(Debug, PartialEq)]
pub enum Input {
    Press(Press),
    /// Draw again: the window has another size.
    Resized,
    /// A signal asks for an end.
    Signal(usize),
    /// Nobody did anything for a frame.
    Nothing,
}

impl Screen {
    /// Takes the terminal over; what is unkept at the end goes to `spool`. A panic from now on gives it back before it tells of itself.
    pub fn enter(spool: PathBuf) -> io::Result<Screen> {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !UNDISTURBED.get() {
                give_back();
                told(panic);
            }
        }));
        let signal = Arc::new(AtomicUsize::new(0));
        editor::see_to_signals();
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            signal_hook::flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        }
        let goes_on = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGCONT, Arc::clone(&goes_on))?;
        let lent = Arc::new(AtomicBool::new(false));
        let unkept = Unkept::new(spool);
        end_in_time(Arc::clone(&lent), unkept.clone())?;
        let paper = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let shown = Buffer::empty(Rect::ZERO);
        let mut screen = Screen {
            paper,
            shown,
            signal,
            goes_on,
            lent,
            unkept,
        };
        screen.take()?;
        Ok(screen)
    }

    fn take(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        self.forget();
        Ok(())
    }

    /// The next drawing draws everything.
    fn forget(&mut self) {
        self.shown = Buffer::empty(Rect::ZERO);
    }

    /// Draws what changed. Nothing is asked of the terminal but its size: some never answer.
    pub fn draw(&mut self, work: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> io::Result<()> {
        let size = self.paper.size()?;
        let area = Rect::new(0, 0, size.width, size.height);
        if self.shown.area != area {
            self.paper.clear()?;
            self.shown = Buffer::empty(area);
        }
        let mut next = Buffer::empty(area);
        let cursor = work(area, &mut next);
        self.paper.hide_cursor()?;
        self.paper.draw(self.shown.diff(&next).into_iter())?;
        if let Some(cursor) = cursor {
            self.paper.set_cursor_position(cursor)?;
            self.paper.show_cursor()?;
        }
        self.shown = next;
        Backend::flush(&mut self.paper)
    }

    /// Gives the terminal to `work` (an editor) and takes it again, if it is there still.
    pub fn lend<R>(&mut self, work: impl FnOnce() -> R) -> (R, io::Result<()>) {
        give_back();
        self.lent.store(true, Ordering::Relaxed);
        let result = work();
        self.lent.store(false, Ordering::Relaxed);
        (result, self.take())
    }

    /// What somebody wrote that stands nowhere else yet, should the run end now.
    pub fn note(&self, words: Vec<Words>) {
        self.unkept.set(words);
    }

    /// Waits for the next thing; no longer than a frame where something is `due` that nobody has to press a key for. `words`: what
    /// somebody wrote that stands nowhere else yet, should the run end meanwhile.
    pub fn input(&mut self, due: bool, words: impl FnOnce() -> Vec<Words>) -> io::Result<Input> {
        self.note(words());
        let wait = if due { FRAME } else { PATIENCE };
        loop {
            match self.signal.load(Ordering::Relaxed) {
                0 => {}
                signal => return Ok(Input::Signal(signal)),
            }
            if hung_up(None) {
                return Ok(Input::Signal(SIGHUP as usize));
            }
            if self.goes_on.swap(false, Ordering::Relaxed) {
                // as crossterm knows it, it is raw still
                disable_raw_mode()?;
                self.take()?;
                return Ok(Input::Resized);
            }
            match event::poll(Duration::ZERO) {
                Ok(false) => {
                    hung_up(Some(wait));
                    if due && !event::poll(Duration::ZERO).unwrap_or(true) {
                        return Ok(Input::Nothing);
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
                Ok(true) => {}
            }
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    if key.code == KeyCode::Char('l') && key.modifiers.contains(KeyModifiers::CONTROL) {
                        self.forget();
                        return Ok(Input::Resized);
                    }
                    if let Some(press) = press(key) {
                        return Ok(Input::Press(press));
                    }
                }
                Event::Paste(text) => return Ok(Input::Press(Press::Paste(text))),
                Event::Resize(..) => return Ok(Input::Resized),
                _ => {}
            }
        }
    }

    /// Whether more input is there already: then there is no need to draw in between.
    pub fn has_more(&self) -> bool {
        !hung_up(None) && event::poll(Duration::ZERO).unwrap_or(false)
    }
}

/// Sees to it that the run ends when it is told to. crossterm, once it has begun to read, reads on until it has a whole key, whatever
/// signal comes, and for ever where the terminal is gone meanwhile; a terminal that takes nothing more stops who writes to it. What is
/// written down by then is whole: a step is one commit, and what was under way elsewhere is gone on with by the next run. What somebody
/// wrote is kept in a file.
fn end_in_time(lent: Arc<AtomicBool>, unkept: Unkept) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT])?;
    let watch = move || {
        for number in signals.forever() {
            std::thread::sleep(GRACE);
            if lent.load(Ordering::Relaxed) {
                while lent.load(Ordering::Relaxed) {
                    std::thread::sleep(PATIENCE);
                }
                // what the other program leaves is taken in first
                std::thread::sleep(GRACE);
            }
            let kept = unkept.keep();
            // whoever stands still may hold what it needs
            let _ = hands::hire(move || leave(&kept));
            std::thread::sleep(PATIENCE);
            let _ = signal_hook::low_level::emulate_default_handler(number);
        }
    };
    // where the system gives no thread, the run ends as soon as it looks
    let _ = hands::hire(watch);
    Ok(())
}

/// Sees to it that what somebody wrote is kept where the run is ended while it asks line by line.
pub fn keep_at_the_end(unkept: Unkept) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
    editor::see_to_signals();
    let watch = move || {
        for number in signals.forever() {
            // what an editor leaves is taken in first
            while editor::words_are_in_hand() {
                std::thread::sleep(PATIENCE);
            }
            tell_kept(&unkept.keep());
            let _ = signal_hook::low_level::emulate_default_handler(number);
        }
    };
    let _ = hands::hire(watch);
    Ok(())
}

/// Whether the terminal is gone; waits so long for that or for input. Asked before each look at the events: crossterm reads a
/// terminal that has hung up for ever.
fn hung_up(wait: Option<Duration>) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let wait = wait.unwrap_or(Duration::ZERO);
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: wait.subsec_nanos().into(),
    };
    let seen = poll(&mut fds, Some(&wait));
    seen.is_ok()
        && fds[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave(&self.unkept.keep());
    }
}

/// The terminal as it was. Harmless where it was given back before.
fn give_back() {
    let mut out = io::stdout();
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// Gives the terminal back, and tells there in which file what was written is kept.
fn leave(kept: &[KeptAt]) {
    give_back();
    tell_kept(kept);
}

fn press(key: KeyEvent) -> Option<Press> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('c') if control => Press::Interrupt,
        KeyCode::Char('d') if control => Press::Done,
        KeyCode::Char('j') if control => Press::NewLine,
        KeyCode::Char('z') if control => Press::Undo,
        KeyCode::Char('h') if control => Press::RubOut,
        KeyCode::Char('w') if control => Press::RubOutWord,
        KeyCode::Char('u') if control => Press::RubOutLine,
        KeyCode::Enter if alt => Press::NewLine,
        KeyCode::Char(_) if control || alt => return None,
        KeyCode::Char(c) => Press::Letter(c),
        KeyCode::Enter => Press::Enter,
        KeyCode::Esc => Press::Escape,
        KeyCode::Backspace => Press::RubOut,
        KeyCode::Delete => Press::Delete,
        KeyCode::Left => Press::Go(Move::Left),
        KeyCode::Right => Press::Go(Move::Right),
        KeyCode::Up => Press::Go(Move::Up),
        KeyCode::Down => Press::Go(Move::Down),
        KeyCode::PageUp => Press::Go(Move::PageUp),
        KeyCode::PageDown => Press::Go(Move::PageDown),
        KeyCode::Home => Press::Go(Move::Home),
        KeyCode::End => Press::Go(Move::End),
        _ => return None,
    })
}
