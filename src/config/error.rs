//! What can be wrong with a config, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A place in the config file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub at: Option<(usize, usize)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.at {
            Some((line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// Why there is no config. The Display is one line of what; [`ConfigError::why`] and [`ConfigError::hint`] are the other two.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("there is no {}", file.display())]
    Missing { file: PathBuf },
    #[error("{} cannot be read", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("{place} is not TOML")]
    Syntax { place: Place, problem: String },
    #[error("{place}: unknown key `{key}`")]
    UnknownKey {
        place: Place,
        key: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{place}: `{key}` cannot be used as it is")]
    Value { place: Place, key: String, problem: String },
    #[error("the environment variable {variable} cannot be used as it is")]
    Variable { variable: String, problem: String },
    #[error("the environment variable {variable} is no setting")]
    UnknownVariable {
        variable: String,
        section: &'static str,
        nearest: Option<String>,
        known: String,
    },
    #[error("the password in {} can be read by others", file.display())]
    ExposedSecret { file: PathBuf, mode: u32 },
    #[error("{} has a password in it and lies in the content repository", file.display())]
    SecretInRepository { file: PathBuf, repository: PathBuf },
    #[error("its `{key}` is not known: {variable} is not set, and `{key}_command` not either")]
    SecretMissing { key: &'static str, variable: String },
    #[error("the password command {program:?} gave no password: {problem}")]
    SecretCommand { program: String, problem: String },
}

impl ConfigError {
    /// One line of why, where the what does not say it all.
    pub fn why(&self) -> Option<String> {
        match self {
            ConfigError::Missing { .. } | ConfigError::SecretCommand { .. } | ConfigError::SecretMissing { .. } => None,
            ConfigError::Unreadable { source, .. } => Some(source.to_string()),
            ConfigError::Syntax { problem, .. }
            | ConfigError::Value { problem, .. }
            | ConfigError::Variable { problem, .. } => Some(problem.clone()),
            ConfigError::UnknownKey { known, .. } if known.is_empty() => None,
            ConfigError::UnknownKey { known, .. } => Some(format!("known here: {}", known.join(", "))),
            ConfigError::UnknownVariable { section, known, .. } => Some(format!("known under [{section}]: {known}")),
            ConfigError::ExposedSecret { mode, .. } => Some(format!("its mode is {:o}", mode & 0o777)),
            ConfigError::SecretInRepository { repository, .. } => {
                Some(format!("{} is shared, with all its history", repository.display()))
            }
        }
    }

    /// One line of what to do.
    pub fn hint(&self) -> String {
        match self {
            ConfigError::Missing { .. } => {
                "run `m4c-stories init` to write one, or name yours with --config FILE or M4C_STORIES_CONFIG".to_owned()
            }
            ConfigError::Unreadable { .. } => "check the name and the permissions of the file".to_owned(),
            ConfigError::Syntax { .. } | ConfigError::Value { .. } => {
                "the config.toml that comes with m4c-stories shows every key".to_owned()
            }
            ConfigError::UnknownKey {
                nearest: Some(nearest), ..
            } => format!("did you mean `{nearest}`?"),
            ConfigError::UnknownKey { .. } => "take the line out, or look in the shipped config.toml".to_owned(),
            ConfigError::Variable { variable, .. } => format!("correct it, or `unset {variable}`"),
            ConfigError::UnknownVariable { variable, nearest, .. } => match nearest {
                Some(nearest) => format!("did you mean {nearest}? Else `unset {variable}`"),
                None => format!("`unset {variable}`"),
            },
            ConfigError::ExposedSecret { file, .. } => {
                format!("chmod 600 {}, or use password_command", file.display())
            }
            ConfigError::SecretInRepository { .. } => {
                "move the config out of the repository, or use password_command".to_owned()
            }
            ConfigError::SecretMissing { key, variable } => {
                format!("set {variable} in the environment, or `{key}_command` in config.toml")
            }
            ConfigError::SecretCommand { .. } => "run the command by hand and see what it says".to_owned(),
        }
    }
}
