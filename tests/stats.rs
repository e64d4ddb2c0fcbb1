//! `stats`: what came and what became of it, without a name.

mod common;

use common::{TestHouse, marion};

#[test]
fn counts_and_times_add_up_and_name_nobody() {
    let house = TestHouse::new();
    house.run(&["fetch"]).exits(0);
    assert_eq!(house.run(&["stats"]).exits(0).stdout, "No stories.\n");
    let id = house.story(&marion());
    house.run(&["edit", "marion", "--place", "=Leeds, north"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    house.run(&["letters", "send"]).exits(0);

    let stats = house.run(&["stats", "--json"]).exits(0).json();
    let all = &stats["all"];
    assert_eq!(
        (&all["arrived"], &all["published"], &all["open"]),
        (&1.into(), &1.into(), &0.into())
    );
    assert_eq!(all["hours_to_answer"], 0.0);
    assert_eq!(all["hours_to_publication"], 0.0);
    assert_eq!(stats["months"].as_array().expect("months").len(), 1);
    assert_eq!(stats["states"][0]["key"], "published");
    assert_eq!(stats["places"][0]["key"], "=Leeds, north");

    let table = house.run(&["stats"]).exits(0).stdout.clone();
    assert!(table.starts_with("MONTH") && table.lines().count() == 2, "{table}");
    let csv = house.run(&["stats", "--by", "place", "--csv"]).exits(0).stdout.clone();
    assert_eq!(csv.lines().nth(1), Some("\"'=Leeds, north\",1,1,0,0,0,0"), "{csv}");

    house.run(&["-n", "stats", "--out", "stories.svg"]).exits(0);
    assert!(!house.path("stories.svg").exists());
    house.run(&["stats", "--out", "stories.svg"]).exits(0);
    let picture = house.read("stories.svg");
    assert!(
        picture.contains("Months: 1. Arrived: 1, of these published: 1."),
        "{picture}"
    );

    for shown in [stats.to_string(), table, csv, picture] {
        assert!(
            !shown.to_lowercase().contains("marion") && !shown.contains(&id),
            "{shown}"
        );
    }
    house.run(&["stats", "--out", "nowhere/stories.svg"]).exits(1);
}
