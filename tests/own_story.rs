//! Nobody approves their own story, by whatever address it came.

mod common;

use common::{CONFIG, TestHouse, mail, marion};

const ROBIN: &str = "{ name = \"Robin Reviewer\", email = \"robin@example.org\" }";
const ROBIN_AT_HOME: &str =
    "{ name = \"Robin Reviewer\", email = \"robin@example.org\", also = [\"marion@example.org\"] }";

fn config(robin: &str, own_text: bool) -> String {
    let team = format!("[team]\nmembers = [{robin}, {{ name = \"Ada Reader\", email = \"ada@example.org\" }}]\n");
    team + &CONFIG.replace("own_text = true", &format!("own_text = {own_text}"))
}

#[test]
fn nobody_approves_their_own_story_by_whatever_address_it_came() {
    let house = TestHouse::with_config(&config(ROBIN_AT_HOME, false));
    house.story(&marion());
    let error = house.run(&["approve", "marion", "--json"]).exits(5).error();
    assert_eq!(error["code"], "policy.own_story");
    let said = house.run(&["approve", "marion"]).exits(5).stderr.clone();
    for words in ["Robin Reviewer cannot approve", "own story", "ask another reviewer"] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    // the same person, signed in by the other address
    house.sign_in("Marion", "marion@example.org");
    let error = house.run(&["approve", "marion", "--json"]).exits(5).error();
    assert_eq!(error["code"], "policy.own_story");
    assert_eq!(house.state("marion"), "draft");
    house.sign_in("Ada Reader", "ada@example.org");
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);

    // the team may allow it
    let house = TestHouse::with_config(&config(ROBIN_AT_HOME, true));
    house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn an_approval_of_ones_own_story_that_was_not_known_as_such_does_not_put_it_out() {
    let house = TestHouse::with_config(&config(ROBIN, false));
    house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    house.write("config.toml", config(ROBIN_AT_HOME, false));
    for wanted in [
        &["publish", "marion", "--json"][..],
        &["publish", "marion", "--at", "2090-01-01 09:00", "--json"],
    ] {
        let error = house.run(wanted).exits(5).error();
        assert_eq!(error["code"], "policy.too_few_approvals");
        assert!(error.to_string().contains("own story"), "{error}");
    }
    assert!(house.files("site").is_empty());
    house.sign_in("Ada Reader", "ada@example.org");
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn who_forwards_from_any_address_of_theirs_is_not_the_storyteller_and_may_approve() {
    let house = TestHouse::with_config(&config(ROBIN_AT_HOME, false));
    let forward = mail(
        "Robin <marion@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "Fwd: Nights",
        "---------- Forwarded message ----------\nFrom: Cath Lee <cath@example.net>\n\
         Date: Sat, 4 Dec 2010 09:00:00 +0000\nSubject: Nights\nTo: Robin <marion@example.org>\n\n\
         I clean at the hospital, on nights, and so do about ninety others.\n\nCath Lee",
    );
    let story = house.story(&forward);
    assert_eq!(house.show(&story)["author"], "Cath Lee");
    house.run(&["approve", &story]).exits(0);
}

#[test]
fn an_address_of_two_members_is_told() {
    let two = "{ name = \"Robin Reviewer\", email = \"robin@example.org\", also = [\"Ada@example.org\"] }";
    let house = TestHouse::with_config(&config(two, false));
    let said = house.run(&["list"]).exits(2).stderr.clone();
    assert!(
        said.contains("ada@example.org") && said.contains("two members"),
        "{said}"
    );
}
