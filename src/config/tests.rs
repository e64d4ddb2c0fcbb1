use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::keys::keys_of;
use super::value::parse_duration;
use super::*;

fn no_env(_: &str) -> Option<String> {
    None
}

fn read(text: &str) -> Result<Config, ConfigError> {
    load::read(text, Path::new("/desk/config.toml"), &no_env)
}

fn read_with(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string());
    load::read(text, Path::new("/desk/config.toml"), &env)
}

fn said(error: &ConfigError) -> String {
    format!("{error} | {} | {}", error.why().unwrap_or_default(), error.hint())
}

#[test]
fn the_shipped_file_says_the_defaults() {
    let shipped = read(SHIPPED).unwrap();
    let bare = read("").unwrap();
    let shown = |config: &Config| {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            config.team,
            config.repository,
            config.story,
            config.review,
            config.check,
            config.outbox,
            config.letters,
            config.retention
        )
    };
    assert_eq!(shown(&shipped), shown(&bare));
    // what is the sample's, and so no default
    assert!(bare.inboxes.is_empty() && bare.targets.is_empty() && bare.spool.path.is_none());
    assert_eq!(shipped.inboxes.len(), 1);
    assert!(
        matches!(&shipped.inbox("sample").unwrap().source, Source::Mbox(p) if p == Path::new("/desk/samples/inbox.mbox"))
    );
    assert!(
        matches!(&shipped.targets[0].kind, TargetKind::Folder { path, .. } if path == Path::new("/desk/site/content/stories"))
    );
    assert_eq!(shipped.spool_folder(), Path::new("/desk/.desk"));
}

#[test]
fn the_shipped_file_mentions_every_key() {
    let mut section = "";
    let mut mentioned = Vec::new();
    for line in SHIPPED.lines() {
        let line = line.trim_start_matches("# ");
        if line.starts_with('[') {
            section = line.trim_matches(|c| c == '[' || c == ']');
        } else if let Some((key, _)) = line.split_once(" = ") {
            mentioned.push((section, key));
        }
    }
    for (section, keys) in load::sections().into_iter().chain(load::lists()) {
        assert!(!keys.is_empty(), "{section}");
        for key in keys {
            assert!(mentioned.contains(&(section, *key)), "[{section}] {key}");
        }
    }
    for key in keys_of::<Member>().iter().chain(keys_of::<door::RawSettling>()) {
        assert!(SHIPPED.contains(&format!("{key} = ")), "{key}");
    }
}

#[test]
fn what_is_commented_out_works_too() {
    let uncommented = SHIPPED
        .replace("\n# [[inbox]]", "\n[[inbox]]")
        .replace("[outbox]\n", "[outbox]\n#");
    let mut text = String::new();
    let mut in_gmail = false;
    for line in uncommented.lines() {
        in_gmail = line.starts_with('[') && (in_gmail || line == "[[inbox]]") || in_gmail && !line.is_empty();
        let key = line
            .strip_prefix("# ")
            .filter(|l| l.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')));
        let taken = in_gmail && key.is_some_and(|l| !l.starts_with("password ="));
        text.push_str(if taken { key.unwrap_or(line) } else { line });
        text.push('\n');
    }
    let config = read(&text).unwrap();
    let Source::Imap(imap) = &config.inbox("gmail").unwrap().source else {
        panic!("{text}");
    };
    assert_eq!(
        (imap.server.host.as_str(), imap.server.port, imap.mailbox.as_str()),
        ("imap.gmail.com", 993, "INBOX")
    );
    assert_eq!(config.inbox("gmail").unwrap().after.new, Fate::Move("Stories".into()));
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest_and_the_place() {
    for (text, place, hint) in [
        ("[review]\napproval = 2\n", ":2:1:", "did you mean `approvals`?"),
        ("\n[letters]\n  max-age = \"1d\"\n", ":3:3:", "did you mean `max_age`?"),
        ("[reviews]\n", ":1:2:", "did you mean `review`?"),
        ("[team]\napprovals = 1\n", ":2:1:", "did you mean `[review] approvals`?"),
        (
            "[[inbox]]\nname = 'a'\nkind = 'mbox'\npth = 'x'\n",
            ":4:1:",
            "did you mean `path`?",
        ),
        (
            "[[inbox]]\nname = 'a'\nkind = 'mbox'\npath = 'x'\nafter = { followup = 'leave' }\n",
            ":5:11:",
            "`follow-up`",
        ),
        (
            "[team]\nmembers = [{ name = 'A', email = 'a@b.example', role = [] }]\n",
            ":2:49:",
            "`roles`",
        ),
        ("[spool]\nzzz = 1\n", ":2:1:", "take the line out"),
    ] {
        let error = read(text).unwrap_err();
        assert!(matches!(error, ConfigError::UnknownKey { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(place), "{text}: {error}");
        assert!(error.hint().contains(hint), "{text}: {}", error.hint());
    }
}

#[test]
fn a_value_that_cannot_be_used_is_told_with_its_place() {
    let imap = "[[inbox]]\nname='g'\nkind='imap'\nhost='mail.example.org'\nuser='u'\n";
    for (text, expected) in [
        ("[review]\napprovals = 'two'\n", ":2:13: `approvals` cannot"),
        ("[review]\napprovals = 0\n", ":2:1: `[review] approvals`"),
        ("[review]\nconsent = 'requird'\n", "did you mean \"required\"?"),
        ("[review\n", "is not TOML"),
        ("[inbox]\nname = 'a'\n", "double brackets"),
        ("[letters]\nmax_age = '14'\n", "no length of time"),
        ("[team]\ntimezone = 'Europe/Londn'\n", "no time zone"),
        ("[team]\nrobot = 'robot'\n", "is not `Name <name@example.org>`"),
        (
            "[team]\nmembers = [{ name = 'A', email = 'a at b' }]\n",
            "is no address",
        ),
        (
            "[team]\nmembers = [{ name = 'A', email = 'a@b', roles = ['boss'] }]\n",
            "reviewer, editor, publisher",
        ),
        ("[story]\ntitle = 'Story: {{ author'\n", "the template does not work"),
        ("[story]\ntitle = 'Story: {{ autor }}'\n", "the template does not work"),
        ("[[inbox]]\nkind='mbox'\npath='a'\n", "missing field `name`"),
        (
            "[[inbox]]\nname='a b'\nkind='mbox'\npath='a'\n",
            ":2:1: `[[inbox]] name`",
        ),
        ("[[inbox]]\nname='a'\nkind='mbox'\n", "the path is missing"),
        (
            "[[inbox]]\nname='a'\nkind='mbox'\npath='x'\nhost='h'\n",
            ":5:1: `[[inbox]] host`",
        ),
        (
            "[[inbox]]\nname='a'\nkind='mbox'\npath='x'\nafter={new='flag'}\n",
            "only read",
        ),
        (
            "[[inbox]]\nname='a'\nkind='maildir'\npath='x'\nafter={new='label:x'}\n",
            "has labels",
        ),
        (
            "[[inbox]]\nname='a'\nkind='maildir'\npath='x'\nafter={new='move'}\n",
            "\"move:FOLDER\"",
        ),
        (
            "[[inbox]]\nname='a-b'\nkind='mbox'\npath='x'\n[[inbox]]\nname='A_B'\nkind='mbox'\npath='x'\n",
            ":6:1:",
        ),
        (
            imap,
            ":5:1: `[[inbox]] user` cannot be used as it is | a password is missing",
        ),
        (
            &format!("{imap}password_command='pass x'\ntls='none'\n"),
            "only this machine",
        ),
        (&format!("{imap}password_command=[]\n"), "the command is empty"),
        (
            &format!("{imap}password_command='pass x'\npath='x'\n"),
            "has a host, not a path",
        ),
        (
            "[outbox]\nkind='smtp'\nhost='localhost'\n",
            "who the letters are from is missing",
        ),
        ("[outbox]\nhost='localhost'\n", "for kind = \"smtp\""),
        ("[story]\nmax_photo_pixels = 0\n", ":2:1: `[story] max_photo_pixels`"),
        (
            "[[target]]\nname='s'\nkind='folder'\npath='x'\nurl='javascript:x'\n",
            ":5:1: `[[target]] url`",
        ),
        ("[[target]]\nname='s'\nkind='ftp'\npath='x'\n", "folder"),
    ] {
        let error = read(text).unwrap_err();
        assert!(said(&error).contains(expected), "{text}\n{}", said(&error));
        assert!(!said(&error).contains('\n'), "{}", said(&error));
    }
}

#[test]
fn an_address_with_a_password_in_it_or_a_port_that_is_none_is_refused_and_not_shown() {
    let site = |url: &str| format!("[[target]]\nname='s'\nkind='folder'\npath='x'\nurl='{url}'\n");
    let git = |remote: &str| format!("[[target]]\nname='s'\nkind='git'\nremote='{remote}'\n");
    let blogger = |endpoint: &str| {
        format!(
            "[[target]]\nname='s'\nkind='blogger'\nblog='1'\nclient_id='1'\nclient_secret='1'\ntoken='1'\nendpoint='{endpoint}'\n"
        )
    };
    let inbox =
        |host: &str| format!("[[inbox]]\nname='i'\nkind='imap'\nhost='{host}'\nuser='a'\npassword_command=['true']\n");
    let outbox =
        |host: &str, port: u16| format!("[outbox]\nkind='smtp'\nhost='{host}'\nport={port}\nfrom='a@example.org'\n");
    for (text, expected) in [
        (
            site("https://cath:sesame@blog.example.org/"),
            "write it without, like https://",
        ),
        (
            site("https://sesame@blog.example.org/"),
            "write it without, like https://",
        ),
        (site("https://blog.example.org/?password=sesame"), "behind the ?"),
        (site("https://blog.example.org/?page=1&Token=sesame"), "behind the ?"),
        (site("https://blog.example.org?key=sesame"), "behind the ?"),
        (
            site("https://blog.example.org/stories;a?api_key=sesame"),
            "behind the ?",
        ),
        (site("https://blog.example.org/?X-Amz-Signature=sesame"), "behind the ?"),
        (site("https://blog.example.org/?accessToken=sesame"), "behind the ?"),
        (site("https://blog.example.org/#access_token=sesame"), "behind the ?"),
        (site("https://blog.example.org:sesame/"), "no port"),
        (site("https://blog.example.org:/"), "no port"),
        (site("https://blog.example.org:0/"), "no port"),
        (site("https://blog.example.org:65536/"), "no port"),
        (site("https://blog.example.org:+80"), "no port"),
        (site("https://[::1]8080/"), "no port"),
        (site("https:///stories/"), "no host"),
        (site("https://:80/"), "no host"),
        (
            git("https://cath:sesame@git.example.org/a.git"),
            "git keeps names and passwords",
        ),
        (
            git("https://sesame@git.example.org/a.git"),
            "git keeps names and passwords",
        ),
        (
            git("HTTP://sesame@git.example.org/a.git"),
            "git keeps names and passwords",
        ),
        (
            git("https://sesame@git.example.org:8443/a.git"),
            "git keeps names and passwords",
        ),
        (
            git("ssh://git:sesame@git.example.org/a.git"),
            "git keeps names and passwords",
        ),
        (git("ssh://git@git.example.org:abc/a.git"), "no port"),
        (blogger("https://cath:sesame@blog.example.org/"), "write it without"),
        (blogger("http://127.0.0.1:sesame@blog.example.org/"), "write it without"),
        (blogger("https://blog.example.org:99999/"), "no port"),
        (inbox("cath:sesame@imap.example.org"), "the name of the server alone"),
        (inbox("imaps://imap.example.org"), "the name of the server alone"),
        (inbox("imap.example.org:993"), "the name of the server alone"),
        (outbox("smtp.example.org:465", 465), "the name of the server alone"),
        (outbox("smtp.example.org", 0), "0 is no port"),
    ] {
        let said = said(&read(&text).unwrap_err());
        assert!(said.contains(expected), "{text}\n{said}");
        assert!(!said.contains("sesame") && !said.contains('\n'), "{said}");
    }
    for text in [
        site("https://blog.example.org:8443/stories/"),
        site("http://[::1]:8080/"),
        site("https://blog.example.org/a@b:c"),
        site("https://blog.example.org/?monkey=1&tokens&key=&author=Keyes"),
        site("https://blog.example.org/token=key/?p=1"),
        git("ssh://git@git.example.org:2222/a.git"),
        git("git@git.example.org:a.git"),
        git("https://git.example.org/@cath/a.git"),
        git("../public"),
        git("file:///srv/public"),
        blogger("http://localhost:8080/"),
        inbox("imap.example.org"),
        inbox("::1"),
        outbox("[::1]", 25),
    ] {
        assert!(read(&text).is_ok(), "{text}\n{:?}", read(&text).err());
    }
}

#[test]
fn the_environment_overrides_one_key_each() {
    let text = "[[inbox]]\nname='g-mail'\nkind='imap'\nhost='imap.example.org'\nuser='u'\n";
    let env = [
        ("M4C_STORIES_REVIEW_APPROVALS", "2"),
        ("M4C_STORIES_TEAM_NAME", "The desk"),
        ("M4C_STORIES_LETTERS_SEND", "[\"received\"]"),
        ("M4C_STORIES_INBOX_G_MAIL_PASSWORD", "12345"),
        ("M4C_STORIES_INBOX_G_MAIL_USER", "true"),
        ("M4C_STORIES_REPOSITORY_PATH", "elsewhere"),
    ];
    let config = read_with(text, &env).unwrap();
    assert_eq!(config.review.approvals, 2);
    assert_eq!(config.team.name, "The desk");
    assert_eq!(config.letters.send, [LetterKind::Received]);
    assert_eq!(config.repository.path, Path::new("/desk/elsewhere"));
    let Source::Imap(Imap { server, .. }) = &config.inboxes[0].source else {
        panic!("an IMAP inbox");
    };
    let login = server.login.as_ref().unwrap();
    assert_eq!(login.user, "true");
    assert_eq!(login.secret.secret().unwrap().expose(), "12345");
    assert!(!format!("{config:?}").contains("12345"));
}

#[test]
fn a_variable_that_names_no_key_of_its_section_is_no_setting() {
    let said = |name: &str| misspelt([name.to_owned()]).map(|e| format!("{e} | {}", e.hint()));
    let wrong = said("M4C_STORIES_REVIEW_APROVALS").expect("it changes nothing");
    assert!(wrong.contains("did you mean M4C_STORIES_REVIEW_APPROVALS?"), "{wrong}");
    for right in [
        "M4C_STORIES_REVIEW_APPROVALS",
        "M4C_STORIES_CONFIG",
        "M4C_STORIES_INBOX_OLD_PASSWORD",
        "HOME",
    ] {
        assert_eq!(said(right), None);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_told_without_the_parsers_words() {
    let said = |text: &str| read_with(text, &[]).unwrap_err().why().unwrap_or_default();
    assert_eq!(
        said("[review]\napprovals = 'two'\n"),
        "a whole number is asked for, not string \"two\""
    );
    assert!(said("[review]\nsigned = 'yes'\n").starts_with("true or false is asked for"));
}

#[test]
fn a_target_without_its_secret_stands_in_nobodys_way_until_it_is_needed() {
    let config = read_with("[[target]]\nname = 'the-blog'\nkind = 'email'\n", &[]).expect("a config");
    let TargetKind::Email { address } = &config.targets[0].kind else {
        panic!("a blog by mail");
    };
    let error = address.secret().unwrap_err();
    assert!(error.hint().contains("M4C_STORIES_TARGET_THE_BLOG_ADDRESS"), "{error}");
}

#[test]
fn a_wrong_variable_is_named() {
    let error = read_with("", &[("M4C_STORIES_REVIEW_APPROVALS", "many")]).unwrap_err();
    assert!(error.to_string().contains("M4C_STORIES_REVIEW_APPROVALS"), "{error}");
    let error = read_with("", &[("M4C_STORIES_REVIEW_APPROVALS", "0")]).unwrap_err();
    assert!(error.to_string().contains("M4C_STORIES_REVIEW_APPROVALS"), "{error}");
}

#[test]
fn one_person_may_approve_their_own_text_and_two_may_not() {
    let member = |name: &str| format!("{{ name = '{name}', email = '{name}@team.example' }}");
    let team = |members: &[&str]| {
        let list: Vec<String> = members.iter().map(|name| member(name)).collect();
        format!("[team]\nmembers = [{}]\n", list.join(", "))
    };
    assert!(read("").unwrap().review.own_text);
    assert!(read(&team(&["a"])).unwrap().review.own_text);
    assert!(!read(&team(&["a", "b"])).unwrap().review.own_text);
    assert!(
        read(&format!("{}[review]\nown_text = true\n", team(&["a", "b"])))
            .unwrap()
            .review
            .own_text
    );
}

#[test]
fn the_spool_is_one_per_repository_in_the_state_home() {
    let home = [("HOME", "/home/cath")];
    let mut config = read_with("", &home).unwrap();
    let one = config.spool_folder();
    assert!(one.starts_with("/home/cath/.local/state/m4c-stories"), "{one:?}");
    config.repository.path = "/desk/other".into();
    assert_ne!(config.spool_folder(), one);
    let xdg = read_with("", &[("HOME", "/home/cath"), ("XDG_STATE_HOME", "/state")]).unwrap();
    assert!(xdg.spool_folder().starts_with("/state/m4c-stories"));
    assert_eq!(read("").unwrap().spool_folder(), Path::new("/desk/.desk"));
}

#[test]
fn a_password_in_the_file_is_for_its_owner_alone_and_not_in_the_repository() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let text = "[outbox]\nkind='smtp'\nhost='localhost'\nfrom='a@b.example'\nuser='u'\npassword='hunter2'\n";
    fs::write(&file, text).unwrap();
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let error = Config::load(None, dir.path(), no_env).unwrap_err();
    assert!(matches!(error, ConfigError::ExposedSecret { .. }), "{error}");
    assert!(!format!("{error:?} {}", said(&error)).contains("hunter2"));
    mode(0o600);
    let config = Config::load(None, dir.path(), no_env).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    fs::write(&file, format!("[repository]\npath = '.'\n{text}")).unwrap();
    let error = Config::load(None, dir.path(), no_env).unwrap_err();
    assert!(matches!(error, ConfigError::SecretInRepository { .. }), "{error}");
}

#[test]
fn no_error_shows_a_password() {
    let before = "[outbox]\nkind='smtp'\nhost='localhost'\nfrom='a@b.example'\nuser='u'\n";
    for line in [
        "password = 987654321",
        "password = 98765.4321",
        "password = ['987654321']",
        "password = 987654321x",
    ] {
        let error = read(&format!("{before}{line}\n")).unwrap_err();
        assert!(
            !format!("{error:?} {}", said(&error)).contains("98765"),
            "{}",
            said(&error)
        );
    }
}

#[test]
fn no_file_at_all_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = Config::load(None, dir.path(), no_env).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { .. }));
    assert!(error.hint().contains("m4c-stories init"));
    fs::write(dir.path().join("other.toml"), "[team]\nname = 'Other'\n").unwrap();
    let env = |name: &str| (name == "M4C_STORIES_CONFIG").then(|| "other.toml".to_owned());
    assert_eq!(Config::load(None, dir.path(), env).unwrap().team.name, "Other");
    let error = Config::load(Some(Path::new("no.toml")), dir.path(), env).unwrap_err();
    assert!(error.to_string().contains("no.toml"), "{error}");
}

#[test]
fn a_password_command_gives_its_first_line() {
    let run = |line: &str| SecretSource::Command(shlex::split(line).unwrap()).secret();
    assert_eq!(run("printf 'hunter2\\nsecond'").unwrap().expose(), "hunter2");
    assert_eq!(run("sh -c 'echo hunter2; seq 100000'").unwrap().expose(), "hunter2");
    // a helper that stays behind with the pipe open holds nobody up
    assert_eq!(run("sh -c 'sleep 60 & echo hunter2'").unwrap().expose(), "hunter2");
    for (line, problem) in [
        ("true", "printed nothing"),
        ("false", "ended with"),
        ("/no/such/program", "No such file"),
    ] {
        let error = run(line).unwrap_err();
        assert!(error.to_string().contains(problem), "{error:?}");
    }
}

#[test]
fn durations_are_read_as_people_write_them() {
    for (text, seconds) in [
        ("14d", 1_209_600),
        ("36h", 129_600),
        ("1d12h", 129_600),
        ("90m", 5_400),
        ("1w 1s", 604_801),
    ] {
        assert_eq!(parse_duration(text).unwrap().as_secs(), seconds, "{text}");
    }
    for text in [
        "",
        "14",
        "d",
        "-1d",
        "14 days",
        "1.5d",
        "99999999999999999999d",
        "9223372036854775807w",
    ] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}

#[test]
fn the_desk_knows_its_own_addresses_and_its_people() {
    let text = "[team]\nmembers = [{ name = 'Cath Lee', email = 'cath@team.example' }]\n[[inbox]]\nname='g'\nkind='imap'\nhost='h.example'\n\
        user='m4cblog@example.org'\npassword_command='pass x'\n";
    let config = read(text).unwrap();
    assert_eq!(config.own_addresses(), ["m4cblog@example.org", "robot@localhost"]);
    assert_eq!(config.member(" Cath@Team.example").unwrap().name, "Cath Lee");
    assert!(config.member("ben@team.example").is_none());
}

#[test]
fn a_rule_a_country_or_a_domain_that_is_none_is_an_error_that_says_what_there_is() {
    for (text, place, hint) in [
        ("[check]\noff = ['phones']\n", ":2:", "did you mean \"phone\"?"),
        (
            "[check]\noff = ['zzz']\n",
            ":2:",
            "the rules are child-age, third-person",
        ),
        ("[check]\ncountry = 'UK'\n", ":2:", "\"GB\" (United Kingdom)"),
        (
            "[check]\ndomains = ['https://example.org/']\n",
            ":2:",
            "like \"example.org\"",
        ),
    ] {
        let error = said(&read(text).unwrap_err());
        assert!(error.contains(place) && error.contains(hint), "{text}: {error}");
    }
    let config = read("[check]\ncountry = 'de'\noff = ['street']\n[[target]]\nname = 's'\nkind = 'folder'\npath = 'x'\nurl = 'https://www.Blog.example.org/stories/'\n").unwrap();
    let wanted = config.check.wanted(&config.targets);
    assert_eq!(
        (wanted.country.code, &wanted.domains[..]),
        ("DE", &["blog.example.org".to_owned()][..])
    );
}
