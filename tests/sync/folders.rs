//! A `folder` target is one desk's, the record is everybody's: what one desk put into its own folder is not in another's.

use crate::common::marion;
use crate::desks::{Desks, config};

#[test]
fn a_page_that_only_another_desks_folder_has_is_told_and_put_here_when_somebody_says_so() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    ann.run(&["approve", &story]).exits(0);
    ann.run(&["publish", &story]).exits(0);
    ann.run(&["letters", "send", &story]).exits(0);
    desks.settle();
    let here = || ben.files("site/content/stories");
    let tip = ben.git(&["rev-parse", "main"]);

    let told = ben.run(&["publish", &story, "--json"]);
    assert_eq!(told.exits(0).json()[0]["lacking"][0], "site", "{}", told.stdout);
    let lacks = "the folder of site at this desk lacks";
    for command in [&["publish"][..], &["doctor"]] {
        let told = ben.run(command);
        assert!(format!("{}{}", told.stdout, told.stderr).contains(lacks), "{command:?}");
    }
    // once, and it is no failure: each desk may mean to have a folder of its own
    for times in [1, 0] {
        let told = ben.run(&["cron"]);
        assert_eq!(told.exits(0).stderr.matches(lacks).count(), times, "{}", told.stderr);
    }
    assert_eq!(here(), Vec::<String>::new(), "nothing is put there by itself");
    ann.run(&["cron"]).exits(0);

    let rehearsed = ben.run(&["publish", &story, "--update", "-n"]);
    assert!(
        rehearsed.exits(0).stdout.contains("Would publish"),
        "{}",
        rehearsed.stdout
    );
    ben.run(&["publish", "--update"]).exits(0);
    assert_eq!(here(), ann.files("site/content/stories"));
    assert_eq!(
        ben.read("site/content/stories/marion-maxwell/index.md"),
        ann.read("site/content/stories/marion-maxwell/index.md")
    );
    let over = ben.run(&["cron"]);
    assert!(
        over.exits(0).stderr.contains("Over: the folder of site"),
        "{}",
        over.stderr
    );
    assert!(!ben.run(&["publish"]).exits(0).stderr.contains("lacks"));
    assert_eq!(ben.git(&["rev-parse", "main"]), tip, "the record had it already");

    // and off again
    ann.run(&["takedown", &story]).exits(0);
    desks.settle();
    let tip = ben.git(&["rev-parse", "main"]);
    let has = "still has what was taken down";
    assert!(ben.run(&["doctor"]).stdout.contains(has));
    // who does not hear the remote may know less than a place that desks share
    let away = desks.bare().with_extension("away");
    std::fs::rename(desks.bare(), &away).expect("the remote is away");
    assert_ne!(ben.run(&["cron"]).code, 0);
    assert_eq!(here().len(), 2);
    std::fs::rename(&away, desks.bare()).expect("it is back");
    let told = ben.run(&["cron"]);
    assert!(
        told.exits(0).stderr.contains("Over: the folder of site"),
        "{}",
        told.stderr
    );
    assert_eq!(here(), Vec::<String>::new(), "its author hears that it is gone");
    assert_eq!(ben.git(&["rev-parse", "main"]), tip, "the record had it already");
    ben.run(&["takedown", &story]).exits(0);
    ben.run(&["cron"]).exits(0);
}

#[test]
fn what_may_not_go_out_now_is_not_put_into_a_second_folder_either() {
    let desks = Desks::with_config(2, &config().replace("\"optional\"", "\"required\""));
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    ann.run(&["approve", &story]).exits(0);
    ann.run(&["consent", &story, "--grant", "--evidence", "by phone"])
        .exits(0);
    ann.run(&["publish", &story]).exits(0);
    ann.run(&["consent", &story, "--revoke", "--evidence", "she rang"])
        .exits(0);
    desks.settle();
    ben.run(&["publish", &story, "--update"]).exits(5);
    assert_eq!(ben.files("site/content/stories"), Vec::<String>::new());
}
