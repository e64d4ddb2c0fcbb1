//! `init`, `completions`, `man`.

use std::io::Write;
use std::path::Path;

use crate::config::{Config, SHIPPED};
use crate::desk::{Desk, Trouble};

use super::args::command;
use super::global::Global;
use super::report::{Failure, Outcome, Report};

/// The configuration that `init` writes: the one that comes with the project, without its sample inbox.
fn first_config() -> String {
    let mut sample = false;
    let mut out = String::new();
    for line in SHIPPED.lines() {
        sample = line == "[[inbox]]" || sample && !line.is_empty();
        if sample && !line.starts_with('#') {
            out.push_str("# ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out.replacen(
        "reads the sample inbox that comes with the project",
        "reads no inbox until you name yours",
        1,
    )
}

pub fn init(global: &Global, dir: Option<&Path>, report: &Report) -> Outcome {
    let base = global.dir.clone().unwrap_or_else(|| ".".into());
    let dir = dir.map_or(base.clone(), |d| base.join(d));
    let file = dir.join("config.toml");
    let failed = |what: &Path, e: std::io::Error| {
        Failure::new(
            "init",
            1,
            format!("{} cannot be made", what.display()),
            e,
            "choose a folder that you may write to",
        )
    };
    let there = file.exists();
    if global.dry_run {
        report.answer(
            &format!("Would {} {}", if there { "leave" } else { "write" }, file.display()),
            &serde_json::json!({"config": file, "written": false, "dry_run": true}),
        );
        return Ok(0);
    }
    std::fs::create_dir_all(&dir).map_err(|e| failed(&dir, e))?;
    if !there {
        let mut out = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&file)
            .map_err(|e| failed(&file, e))?;
        out.write_all(first_config().as_bytes())
            .and_then(|()| out.sync_all())
            .map_err(|e| failed(&file, e))?;
    }
    let config = Config::load(None, &dir, crate::config::environment).map_err(Trouble::from)?;
    let desk = Desk::new(
        config,
        super::now(),
        std::time::Duration::from_secs(global.wait.unwrap_or(0)),
    );
    let repo = desk.repo_or_new()?;
    if report.json {
        report.object(&serde_json::json!({"config": file, "written": !there, "repository": repo.root()}));
    } else {
        report.line(&format!(
            "{} {}",
            if there { "Left as it was:" } else { "Written:" },
            file.display()
        ));
        report.line(&format!("Content repository: {}", repo.root().display()));
        report.line("Next: name your inbox in config.toml, then `m4c-stories fetch`.");
    }
    Ok(0)
}

pub fn completions(shell: clap_complete::Shell, report: &Report) -> Outcome {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command(), "m4c-stories", &mut out);
    report.bytes(&out);
    Ok(0)
}

/// The manual page: the main one, then each command's.
pub fn man(report: &Report) -> Outcome {
    let mut out = Vec::new();
    let failed = |e: std::io::Error| Failure::new("man", 1, "the manual page cannot be made", e, "");
    let root = command();
    clap_mangen::Man::new(root.clone().mut_args(|arg| hidden_if(arg.get_id() == "help", arg)))
        .render(&mut out)
        .map_err(failed)?;
    for sub in root.get_subcommands() {
        section(sub, sub.get_name(), &mut out).map_err(failed)?;
        for part in sub.get_subcommands() {
            let name = format!("{} {}", sub.get_name(), part.get_name());
            section(part, &name, &mut out).map_err(failed)?;
        }
    }
    report.bytes(&out);
    Ok(0)
}

/// One command's part of the manual page: the options of all commands are shown at its beginning, and not again.
fn section(command: &clap::Command, name: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    let own = |arg: clap::Arg| hidden_if(arg.is_global_set() || arg.get_id() == "help", arg);
    let man = clap_mangen::Man::new(command.clone().mut_args(own));
    writeln!(out, ".SH {}", name.to_uppercase())?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    man.render_extra_section(out)
}

fn hidden_if(hidden: bool, arg: clap::Arg) -> clap::Arg {
    if hidden { arg.hide(true) } else { arg }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_can_be_made_and_tells_the_options_of_all_commands_once() {
        let mut page = Vec::new();
        for sub in command().get_subcommands() {
            section(sub, sub.get_name(), &mut page).expect("a section");
        }
        let page = String::from_utf8(page).expect("text");
        assert!(page.contains("\\-\\-csv"), "{page}");
        assert!(!page.contains("\\-\\-dry\\-run"), "of all commands");
    }

    #[test]
    fn init_writes_every_setting_of_the_project_and_no_sample_inbox() {
        let read = |text: &str| -> toml::Table { text.parse().expect("TOML") };
        let first = first_config();
        let (mut shipped, first_table) = (read(SHIPPED), read(&first));
        assert!(shipped.remove("inbox").is_some(), "the project has its sample");
        assert_eq!(first_table, shipped);
        let changed = SHIPPED.lines().zip(first.lines()).filter(|(a, b)| a != b);
        assert_eq!(changed.count(), 5, "four lines and the word about them");
    }
}
