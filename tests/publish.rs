//! `publish`: a target that fails, and what an unfinished publication must not carry on.

mod common;

use common::{TestHouse, mail, marion};

#[test]
fn a_publication_that_failed_goes_on_under_the_byline_of_today() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    // a file where the site's folder should be: nothing can be put there
    house.write("site", "in the way");
    let failed = house.run(&["publish", "marion"]);
    assert!(failed.exits(7).stderr.contains("[[target]] path"), "{}", failed.stderr);
    assert_eq!(house.state(&id), "approved");
    house.run(&["publish", "marion"]).exits(7);

    std::fs::remove_file(house.path("site")).expect("it was there");
    house.run(&["edit", "marion", "--author", "M. of Leeds"]).exits(0);
    house.run(&["publish", &id]).exits(5);
    house.run(&["approve", &id]).exits(0);
    let published = house.run(&["publish", &id, "--json"]).exits(0).json();
    assert_eq!(published[0]["receipts"][0]["place"], "site/content/stories/m-of-leeds");
    assert_eq!(
        house.files("site/content/stories"),
        ["m-of-leeds/.m4c-stories", "m-of-leeds/index.md"]
    );
    assert!(
        !house
            .read("site/content/stories/m-of-leeds/index.md")
            .contains("Maxwell")
    );
    house.run(&["publish", &id]).exits(0);
    house.fsck();
}

#[test]
fn two_of_one_name_have_two_pages_and_a_correction_goes_out_when_somebody_says_so() {
    let house = TestHouse::new();
    let first = house.story(&marion());
    let second = house.story(&mail(
        "Marion Maxwell <other@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "Another Marion",
        "I am another Marion, and I ask for a crossing by the school. Two hundred parents signed.\n\nMarion Maxwell",
    ));
    house.run(&["approve", &first, &second]).exits(0);
    house.run(&["publish"]).exits(0);
    assert!(house.path("site/content/stories/marion-maxwell-2/index.md").exists());

    house.run(&["edit", &second, "--subtitle", "A crossing"]).exits(0);
    assert_eq!(house.show(&second)["correction"], true);
    assert_eq!(house.show(&second)["turn"], "reviewer");
    let refused = house.run(&["publish", &second, "--update", "--json"]);
    assert_eq!(refused.exits(5).error()["code"], "policy.too_few_approvals");
    house.run(&["approve", &second]).exits(0);
    assert_eq!(house.show(&second)["turn"], "publisher");
    assert!(house.run(&["publish"]).exits(0).stderr.contains("--update"));
    house.run(&["publish", &second, "--update"]).exits(0);
    assert!(
        house
            .read("site/content/stories/marion-maxwell-2/index.md")
            .contains("A crossing")
    );
    assert_eq!(house.show(&second)["correction"], false);
}
