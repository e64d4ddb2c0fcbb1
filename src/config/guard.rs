//! A password in the file is for its owner alone.

use std::fs;
use std::path::Path;

use super::ConfigError;

/// Whether a password stands in the file itself, in whatever section.
pub(super) fn has_password(text: &str) -> bool {
    let Ok(table) = text.trim_start_matches('\u{feff}').parse::<toml::Table>() else {
        return false;
    };
    let with = |value: &toml::Value| {
        value.as_table().is_some_and(|section| {
            ["password", "address", "client_secret", "token"]
                .iter()
                .any(|key| section.contains_key(*key))
        })
    };
    table
        .values()
        .any(|value| with(value) || value.as_array().is_some_and(|list| list.iter().any(with)))
}

/// A file with a password in it is for its owner alone, and nowhere near what is shared.
pub(super) fn guard(file: &Path, repository: &Path) -> Result<(), ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        file: file.to_path_buf(),
        source,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(ConfigError::ExposedSecret {
                file: file.to_path_buf(),
                mode,
            });
        }
    }
    let whole = fs::canonicalize(file).map_err(unreadable)?;
    match fs::canonicalize(repository) {
        Ok(folder) if whole.starts_with(&folder) => Err(ConfigError::SecretInRepository {
            file: file.to_path_buf(),
            repository: repository.to_path_buf(),
        }),
        _ => Ok(()),
    }
}
