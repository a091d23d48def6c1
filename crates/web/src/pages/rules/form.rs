//! The fields of one rule: from a form or an address, from a rule that exists, and to a rule.

use waterline_core::{
    CategoryId, Kind,
    rules::{NewRule, RuleSet},
};

use super::{CategoryGroup, Choice, Numbered, category_groups};

/// Value of the field `place` for the end of the list.
const END: &str = "end";

/// What stands in the fields, as somebody typed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleFields {
    pub(super) name: String,
    pub(super) category: String,
    /// One on each line, as all lists here.
    pub(super) words: String,
    pub(super) also: String,
    pub(super) without: String,
    pub(super) in_description: bool,
    pub(super) kinds: Vec<String>,
    pub(super) departments: String,
    pub(super) teams: String,
    pub(super) systems: String,
    pub(super) priorities: String,
    /// The `priority` that the rule's text gives it, which only the text can change.
    pub(super) order: String,
    /// `end`, the number of the rule before which it shall stand, or empty: where it is.
    pub(super) place: String,
}

/// What is wrong with a field, by the id of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: &'static str,
    pub(super) sentence: String,
}

impl Problem {
    pub(super) fn new(field: &'static str, sentence: impl Into<String>) -> Self {
        Self { field, sentence: sentence.into() }
    }
}

impl RuleFields {
    /// What was sent; `all` gives the values of a field.
    pub(super) fn read(all: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name| all(name).into_iter().next().unwrap_or_default().replace("\r\n", "\n");
        let line = |name| one(name).trim().to_owned();
        Self {
            name: line("name"),
            category: line("category"),
            words: one("words"),
            also: one("also"),
            without: one("without"),
            in_description: !one("in_description").is_empty(),
            kinds: all("kind"),
            departments: one("departments"),
            teams: one("teams"),
            systems: one("systems"),
            priorities: line("priorities"),
            order: line("order"),
            place: line("place"),
        }
    }

    /// What stands in them for a rule; `before` names the rule before which it shall stand.
    pub(super) fn of(rule: &NewRule, before: Option<usize>) -> Self {
        let priorities: Vec<String> = rule.priorities.iter().map(ToString::to_string).collect();
        Self {
            name: rule.name.clone(),
            category: rule.category.to_string(),
            words: rule.words.join("\n"),
            also: rule.also.join("\n"),
            without: rule.without.join("\n"),
            in_description: rule.in_description,
            kinds: rule.kinds.iter().map(ToString::to_string).collect(),
            departments: rule.departments.join("\n"),
            teams: rule.teams.join("\n"),
            systems: rule.systems.join("\n"),
            priorities: priorities.join(", "),
            order: rule.order.map(|order| order.to_string()).unwrap_or_default(),
            place: before.map(|number| number.to_string()).unwrap_or_default(),
        }
    }

    /// The rule that they make, or everything that is wrong with them.
    pub(super) fn rule(&self, base: &Numbered) -> Result<NewRule, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.name.is_empty() {
            problems.push(Problem::new("name", "Give the rule a name that says what it catches"));
        }
        let category = CategoryId::new(&*self.category);
        if base.taxonomy.category(&category).is_none() {
            problems.push(Problem::new("category", "Choose the category that the work belongs to"));
        }
        let kinds: Vec<Kind> = self.kinds.iter().filter_map(|kind| kind.parse().ok()).collect();
        let priorities = priorities(&self.priorities).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        let rule = NewRule {
            name: self.name.clone(),
            category,
            words: lines(&self.words),
            also: lines(&self.also),
            without: lines(&self.without),
            in_description: self.in_description,
            kinds,
            teams: lines(&self.teams),
            departments: lines(&self.departments),
            systems: lines(&self.systems),
            priorities,
            order: self.order.parse().ok(),
        };
        if rule.words.is_empty() && (!rule.also.is_empty() || asks_nothing(&rule)) {
            problems.push(Problem::new("words", "Enter the words or phrases to look for"));
        }
        if problems.is_empty() { Ok(rule) } else { Err(problems) }
    }

    /// The name of the rule before which it shall stand: `None` to leave it where it is, `Some(None)` for
    /// the end.
    pub(super) fn before(&self, base: &RuleSet) -> Option<Option<String>> {
        if self.place == END {
            return Some(None);
        }
        let number: usize = self.place.parse().ok()?;
        let rule = base.rules().get(number.checked_sub(1)?)?;
        Some(Some(rule.name.clone()))
    }
}

/// Whether nothing but what must not be there is left, which would claim nearly all work.
fn asks_nothing(rule: &NewRule) -> bool {
    rule.kinds.is_empty()
        && rule.teams.is_empty()
        && rule.departments.is_empty()
        && rule.systems.is_empty()
        && rule.priorities.is_empty()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

fn priorities(text: &str) -> Result<Vec<u8>, Problem> {
    let numbers = text.split([',', ' ']).filter(|number| !number.is_empty());
    let wrong = || Problem::new("priorities", "Enter priorities as numbers, for example 1, 2");
    numbers.map(|number| number.parse().map_err(|_| wrong())).collect()
}

/// What the page needs to show the fields.
pub(super) struct RuleForm {
    pub(super) fields: RuleFields,
    pub(super) categories: Vec<CategoryGroup>,
    pub(super) kinds: Vec<Choice>,
    pub(super) places: Vec<Choice>,
    /// Whether any of the fields that are usually empty is not.
    pub(super) more_in_use: bool,
}

impl RuleForm {
    /// `old` is the rule that is edited, where one is.
    pub(super) fn new(base: &Numbered, fields: RuleFields, old: Option<&str>) -> Self {
        let kinds = Kind::ALL.map(|kind| Choice {
            value: kind.to_string(),
            name: kind.to_string(),
            chosen: fields.kinds.iter().any(|chosen| chosen == kind.as_str()),
        });
        let rarely = [&fields.also, &fields.departments, &fields.teams, &fields.systems, &fields.priorities];
        Self {
            categories: category_groups(&base.taxonomy, &fields.category),
            kinds: kinds.into(),
            places: places(&base.rules, &fields.place, old),
            more_in_use: rarely.iter().any(|field| !field.trim().is_empty()),
            fields,
        }
    }
}

fn places(rules: &RuleSet, chosen: &str, old: Option<&str>) -> Vec<Choice> {
    let choice = |value: String, name: String| Choice { chosen: value == chosen, value, name };
    let here = rules.rules().iter().find(|rule| Some(rule.name.as_str()) == old);
    let stay = here.map(|rule| choice(String::new(), format!("Where it is now, at number {}", rule.number)));
    let others = rules.rules().iter().filter(|rule| Some(rule.name.as_str()) != old);
    let before =
        others.map(|rule| choice(rule.number.to_string(), format!("Before {}: {}", rule.number, rule.name)));
    let end = choice(END.to_owned(), "At the end, after all others".to_owned());
    match stay {
        Some(stay) => std::iter::once(stay).chain(before).chain([end]).collect(),
        // A new rule is tried last unless somebody says otherwise.
        None => std::iter::once(end).chain(before).collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use waterline_core::Taxonomy;
    use waterline_store::RuleTexts;

    use super::*;

    fn base() -> Numbered {
        let texts = RuleTexts {
            taxonomy: include_str!("../../../../../config/taxonomy.toml").to_owned(),
            rules: ["A", "B", "C"]
                .map(|name| {
                    format!("[[rule]]\nname = \"{name}\"\ncategory = \"access\"\nwhen.kind = \"task\"\n")
                })
                .concat(),
        };
        let taxonomy = Taxonomy::parse(&texts.taxonomy).unwrap();
        let rules = RuleSet::parse(&texts.rules, &taxonomy).unwrap();
        Numbered {
            number: 1,
            texts,
            saved_by: String::new(),
            saved_at: DateTime::UNIX_EPOCH,
            taxonomy,
            rules,
        }
    }

    fn sent(fields: &[(&str, &str)]) -> RuleFields {
        RuleFields::read(|name| {
            fields.iter().filter(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()).collect()
        })
    }

    /// The fields at fault.
    fn wrong(fields: &[(&str, &str)]) -> Vec<&'static str> {
        sent(fields).rule(&base()).unwrap_err().iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn fields_make_a_rule_and_a_rule_makes_the_same_fields() {
        let fields = sent(&[
            ("name", " Printers "),
            ("category", "device"),
            ("words", "printer\r\ntoner\n\n"),
            ("kind", "incident"),
            ("kind", "request"),
            ("priorities", "1, 2"),
            ("in_description", "yes"),
        ]);
        let rule = fields.rule(&base()).unwrap();
        assert_eq!(
            (rule.name.as_str(), rule.words.as_slice()),
            ("Printers", &["printer".to_owned(), "toner".to_owned()][..])
        );
        assert_eq!((rule.kinds.len(), rule.priorities.as_slice()), (2, &[1, 2][..]));
        assert_eq!(RuleFields::of(&rule, None).rule(&base()).unwrap(), rule);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_its_field() {
        assert_eq!(wrong(&[]), ["name", "category", "words"]);
        let right = [("name", "R"), ("category", "device")];
        assert_eq!(wrong(&[&right[..], &[("priorities", "high"), ("words", "a")]].concat()), ["priorities"]);
        assert_eq!(wrong(&[&right[..], &[("without", "a")]].concat()), ["words"]);
        assert_eq!(wrong(&[&right[..], &[("also", "a"), ("kind", "task")]].concat()), ["words"]);
        assert!(sent(&[&right[..], &[("kind", "task")]].concat()).rule(&base()).is_ok());
    }

    #[test]
    fn a_place_is_before_a_rule_at_the_end_or_where_it_is() {
        let base = base();
        let before = |place| sent(&[("place", place)]).before(&base.rules);
        assert_eq!(before("2"), Some(Some("B".to_owned())));
        assert_eq!((before("end"), before(""), before("0"), before("9")), (Some(None), None, None, None));
        let offered =
            |old| places(&base.rules, "", old).into_iter().map(|place| place.value).collect::<Vec<_>>();
        assert_eq!(offered(Some("B")), ["", "1", "3", "end"]);
        assert_eq!(offered(None), ["end", "1", "2", "3"]);
    }
}
