//! Which addresses are used, and how one is shown.

pub(super) const FOLDER: &str = "it is a folder of this machine";

/// https, ssh (also `host:path`), and where it is allowed a folder; nothing else, and nothing that git or ssh could take for an
/// option.
pub(super) fn check(url: &str, local: bool) -> Result<(), &'static str> {
    if url.is_empty() || url.chars().any(char::is_control) {
        return Err("it is empty, or has control characters in it");
    }
    if url.starts_with('-') {
        return Err("it begins with a hyphen");
    }
    if url.starts_with('/') || url.starts_with("./") || url.starts_with("../") || url.starts_with("file://") {
        return if local { Ok(()) } else { Err(FOLDER) };
    }
    let host = match url.split_once("://") {
        Some(("https" | "ssh" | "git+ssh" | "ssh+git", rest)) => rest.split('/').next().unwrap_or_default(),
        Some(_) => return Err("only https and ssh are spoken"),
        None if url.contains("::") => return Err("only https and ssh are spoken"),
        None if is_host_and_path(url) => url.split(':').next().unwrap_or_default(),
        None => return if local { Ok(()) } else { Err(FOLDER) },
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match host.is_empty() || host.starts_with('-') {
        true => Err("it names no host"),
        false => Ok(()),
    }
}

/// ssh, as people type it: `git@host:path`.
pub(super) fn is_host_and_path(url: &str) -> bool {
    url.split_once(':').is_some_and(|(host, _)| !host.contains('/'))
}

/// What stands before the host, if anything does.
pub(super) fn user(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    host.rsplit_once('@').map(|(user, _)| user)
}

/// An address as it may be shown. Over http(s) a name is hidden, too: a token is written like one.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = match host.rsplit_once('@') {
        Some((_, host)) if scheme.to_ascii_lowercase().starts_with("http") => format!("***@{host}"),
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => host.to_owned(),
    };
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_ssh_and_allowed_folders_are_addresses() {
        for good in [
            "https://git.example.org/stories.git",
            "https://blog@git.example.org:8443/stories.git",
            "ssh://git@git.example.org/srv/stories.git",
            "ssh://git@[2001:db8::1]:2222/srv/stories.git",
            "git@git.example.org:stories.git",
            "host:path",
        ] {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
        for folder in [
            "/srv/stories.git",
            "../stories.git",
            "file:///srv/stories.git",
            "stories.git",
        ] {
            assert_eq!(check(folder, true), Ok(()), "{folder}");
            assert_eq!(check(folder, false), Err(FOLDER), "{folder}");
        }
        for bad in [
            "",
            "http://git.example.org/x",
            "git://git.example.org/x",
            "ftp://git.example.org/x",
            "ext::sh -c touch%20pwned",
            "fd::3",
            "--upload-pack=touch pwned",
            "-oProxyCommand=touch pwned:x",
            "ssh://-oProxyCommand=touch/x",
            "ssh://git@-oProxyCommand=touch/x",
            "git@-oProxyCommand=x:y",
            "https://",
            "https://host/\nx",
        ] {
            assert!(check(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        assert_eq!(
            without_password("https://a:b@c.example.org/d"),
            "https://***@c.example.org/d"
        );
        assert_eq!(
            without_password("https://token@c.example.org/d"),
            "https://***@c.example.org/d"
        );
        assert_eq!(without_password("ssh://a:b@c.example.org"), "ssh://a:***@c.example.org");
        assert_eq!(without_password("ssh://git@c.example.org"), "ssh://git@c.example.org");
        assert_eq!(without_password("git@c.example.org:d"), "git@c.example.org:d");
    }
}
