//! The front matter that readers' side gets: a list of public fields, not everything but private ones.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

/// Fields of `[extra]` that are for readers: text, lists of text, or texts by file name (alt texts, credits).
const EXTRA: [&str; 9] = [
    "author", "subtitle", "place", "tags", "alt", "credit", "credits", "images", "photos",
];

/// Front matter between `+++`, as Hugo and Zola read it.
pub(super) fn toml(front: &toml::Table, slug: &str, date: Timestamp) -> String {
    let mut document = DocumentMut::new();
    let mut put = |key: &str, item: Item| document.insert(key, item);
    if let Some(title) = text(front.get("title")) {
        put("title", value(title));
    }
    put("date", value(stamp(date)));
    put("draft", value(false));
    put("slug", value(slug));
    if let Some(description) = text(front.get("description")) {
        put("description", value(description));
    }
    let mut extra = Table::new();
    if let Some(toml::Value::Table(given)) = front.get("extra") {
        for key in EXTRA {
            if let Some(item) = given.get(key).and_then(public) {
                extra.insert(key, item);
            }
        }
    }
    if !extra.is_empty() {
        document.insert("extra", Item::Table(extra));
    }
    format!("+++\n{document}+++\n")
}

/// Front matter between `---`, as Jekyll and Eleventy read it: no `extra`, and the engine's own switches. Every text in quotation
/// marks: YAML 1.1 takes `Yes`, `2010-12-04` and `12:30` for something else.
pub(super) fn yaml(front: &toml::Table, slug: &str, date: Timestamp, switches: &[(&str, Switch)]) -> String {
    let mut fields = Vec::new();
    let mut put = |key: &str, value: Option<Field>| fields.extend(value.map(|value| (key.to_owned(), value)));
    put("title", text(front.get("title")).map(Field::Text));
    put(
        "date",
        Some(Field::Text(date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
    );
    put("slug", Some(Field::Text(slug.to_owned())));
    put("description", text(front.get("description")).map(Field::Text));
    if let Some(toml::Value::Table(given)) = front.get("extra") {
        for key in EXTRA {
            put(key, given.get(key).and_then(field));
        }
    }
    for (key, switch) in switches {
        let value = match switch {
            Switch::On => Field::Flag(true),
            Switch::Off => Field::Flag(false),
            Switch::Text(text) => Field::Text(text.clone()),
        };
        put(key, Some(value));
    }
    let options = serde_saphyr::ser_options! { quote_all: true };
    let written = serde_saphyr::to_string_with_options(&Fields(fields), options);
    format!(
        "---\n{}---\n",
        written.expect("texts, lists and tables of texts are YAML")
    )
}

/// The public fields, for whoever reads JSON.
pub(super) fn public_fields(front: &toml::Table) -> serde_json::Value {
    let mut fields = Vec::new();
    let top = ["title", "description"]
        .iter()
        .filter_map(|key| Some((*key, field(front.get(*key)?)?)));
    fields.extend(top);
    if let Some(toml::Value::Table(given)) = front.get("extra") {
        fields.extend(EXTRA.iter().filter_map(|key| Some((*key, field(given.get(*key)?)?))));
    }
    let fields = fields.into_iter().map(|(key, field)| (key.to_owned(), field)).collect();
    serde_json::to_value(Fields(fields)).unwrap_or_default()
}

/// What an engine is told that is no field of the story.
#[derive(Debug, Clone)]
pub(super) enum Switch {
    On,
    Off,
    Text(String),
}

enum Field {
    Flag(bool),
    Text(String),
    List(Vec<String>),
    Texts(BTreeMap<String, String>),
}

/// In this order.
struct Fields(Vec<(String, Field)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(key, field)| (key, field)))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::Flag(flag) => flag.serialize(s),
            Field::Text(text) => text.serialize(s),
            Field::List(list) => list.serialize(s),
            Field::Texts(texts) => texts.serialize(s),
        }
    }
}

fn field(given: &toml::Value) -> Option<Field> {
    match given {
        toml::Value::String(_) => text(Some(given)).map(Field::Text),
        toml::Value::Array(list) => {
            let lines: Vec<String> = list.iter().filter_map(|one| text(Some(one))).collect();
            (!lines.is_empty()).then_some(Field::List(lines))
        }
        toml::Value::Table(table) => {
            let line = |(key, one): (&String, &toml::Value)| Some((key.clone(), text(Some(one))?));
            let texts: BTreeMap<String, String> = table.iter().filter_map(line).collect();
            (!texts.is_empty()).then_some(Field::Texts(texts))
        }
        _ => None,
    }
}

/// To the second, in UTC: what every reader of TOML understands.
fn stamp(date: Timestamp) -> toml_edit::Datetime {
    let text = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    // a date outside TOML's years falls back to the beginning of time
    text.parse().unwrap_or(toml_edit::Datetime {
        date: Some(toml_edit::Date {
            year: 1970,
            month: 1,
            day: 1,
        }),
        time: None,
        offset: None,
    })
}

/// One line: a text with line ends would be written over several lines, and one of them might be `+++`.
fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn text(value: Option<&toml::Value>) -> Option<String> {
    value
        .and_then(toml::Value::as_str)
        .map(one_line)
        .filter(|text| !text.is_empty())
}

fn public(given: &toml::Value) -> Option<Item> {
    match given {
        toml::Value::String(line) => Some(one_line(line)).filter(|line| !line.is_empty()).map(value),
        toml::Value::Array(list) => {
            let lines: Array = list.iter().filter_map(|one| text(Some(one))).collect();
            (!lines.is_empty()).then(|| value(lines))
        }
        toml::Value::Table(table) => {
            let mut lines = Table::new();
            for (key, one) in table {
                if let Some(line) = text(Some(one)) {
                    lines.insert(key, Item::Value(Value::from(line)));
                }
            }
            (!lines.is_empty()).then_some(Item::Table(lines))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    fn at() -> Timestamp {
        "2010-12-04T10:00:00.25Z".parse().unwrap()
    }

    #[test]
    fn only_public_fields_go_out_and_draft_is_over() {
        let given = front(
            "title = 'Future Leader Stories: Marion'\ndraft = true\ndate = 2000-01-01\nslug = 'old'\nemail = 'marion@example.com'\nweight = 3\n\
             [extra]\nauthor = 'Marion'\nsubtitle = 'How we won'\nplace = 'Leeds'\ntags = ['housing', 'wages']\nphone = '0123'\nmessage_id = 'x'\n\
             [extra.alt]\n\"photo-1.jpg\" = 'A street'\n[extra.people]\nname = 'x'\n",
        );
        let page = toml(&given, "marion", at());
        let expected = "+++\ntitle = \"Future Leader Stories: Marion\"\ndate = 2010-12-04T10:00:00Z\ndraft = false\nslug = \"marion\"\n\n[extra]\n\
            author = \"Marion\"\nsubtitle = \"How we won\"\nplace = \"Leeds\"\ntags = [\"housing\", \"wages\"]\n\n[extra.alt]\n\
            \"photo-1.jpg\" = \"A street\"\n+++\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn no_value_can_end_the_front_matter_or_add_a_key() {
        for hostile in [
            "x\n+++\ny",
            "x\"\ndraft = true\n",
            "'''\n+++\n'''",
            "a\u{0}b\u{1b}[2J",
            "[evil]\nkey = 1",
            "\\",
            "\u{2028}+++",
        ] {
            let mut given = toml::Table::new();
            given.insert("title".into(), hostile.into());
            given.insert("description".into(), hostile.into());
            let mut extra = toml::Table::new();
            extra.insert("author".into(), hostile.into());
            extra.insert("tags".into(), vec![hostile].into());
            given.insert("extra".into(), extra.into());
            let page = toml(&given, "marion", at());
            let (head, rest) = page.strip_prefix("+++\n").unwrap().split_once("\n+++\n").unwrap();
            assert_eq!(rest, "", "{hostile:?}");
            let read = front(head);
            assert_eq!(
                read.keys().collect::<Vec<_>>(),
                ["date", "description", "draft", "extra", "slug", "title"],
                "{hostile:?}"
            );
            assert_eq!(read["draft"].as_bool(), Some(false));
            assert_eq!(read["title"].as_str(), Some(one_line(hostile).as_str()));
            let page = yaml(&given, "marion", at(), &[("published", Switch::On)]);
            let (head, rest) = page.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
            assert_eq!(rest, "", "{hostile:?}");
            let keys = head.lines().filter(|l| !l.starts_with([' ', '-']));
            let keys: Vec<&str> = keys
                .filter_map(|l| l.split_once(": ").or(l.split_once(':')))
                .map(|(k, _)| k)
                .collect();
            assert_eq!(
                keys,
                ["title", "date", "slug", "description", "author", "tags", "published"],
                "{hostile:?}: {head}"
            );
        }
    }

    #[test]
    fn yaml_takes_no_text_for_something_else() {
        let given = front(
            "title = 'Yes: no # \"x\"'\ndescription = '2010-12-04'\nphone = '0123'\n[extra]\nauthor = 'null'\nplace = '12:30'\n\
             tags = ['on', '0x1f', '- a']\nphone = '0123'\n[extra.alt]\n\"photo-1.jpg\" = 'A street'\n",
        );
        let switches = [
            ("published", Switch::On),
            ("templateEngineOverride", Switch::Text("md".to_owned())),
        ];
        let expected = "---\ntitle: 'Yes: no # \"x\"'\ndate: '2010-12-04T10:00:00Z'\nslug: 'marion'\ndescription: '2010-12-04'\n\
            author: 'null'\nplace: '12:30'\ntags:\n- 'on'\n- '0x1f'\n- '- a'\nalt:\n  photo-1.jpg: 'A street'\npublished: true\n\
            templateEngineOverride: 'md'\n---\n";
        assert_eq!(yaml(&given, "marion", at(), &switches), expected);
    }

    #[test]
    fn an_empty_front_matter_still_makes_a_page() {
        let empty = toml::Table::new();
        assert_eq!(
            toml(&empty, "story", at()),
            "+++\ndate = 2010-12-04T10:00:00Z\ndraft = false\nslug = \"story\"\n+++\n"
        );
        assert_eq!(
            yaml(&empty, "story", at(), &[]),
            "---\ndate: '2010-12-04T10:00:00Z'\nslug: 'story'\n---\n"
        );
    }
}
