//! Items by the words of their titles, and by no index at all: each database has its own way.

use sea_orm::{
    DbBackend, IdenStatic, Statement,
    sea_query::{Expr, SimpleExpr},
};

use crate::entity::work_item::{Column, Entity};

/// A beginning of fewer letters would be that of too many words.
const SHORTEST_BEGINNING: usize = 3;

/// The words of a search, in lower case. Empty where nothing in it could be a word of a title.
pub(crate) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(ToOwned::to_owned).collect()
}

/// Asks for the newest items whose title has all of these words, which come from [`words`]; so many at
/// most. The beginning of a word is enough, except of numbers and of very short ones.
pub(crate) fn newest_with(backend: DbBackend, words: &[String], most: u64) -> Statement {
    let beginning =
        |word: &str| word.chars().count() >= SHORTEST_BEGINNING && word.chars().all(char::is_alphabetic);
    let each = |quote: char, any_end: &str| -> Vec<String> {
        let end = |word: &str| if beginning(word) { any_end.to_owned() } else { String::new() };
        words.iter().map(|word| format!("{quote}{word}{quote}{}", end(word))).collect()
    };
    let (sql, words) = match backend {
        // The expression stands as in the index, or that would not be used.
        DbBackend::Postgres => (
            format!(
                "SELECT id FROM work_item WHERE \
                 to_tsvector('simple', regexp_replace(coalesce(title, ''), '[!-/:-@[-`{{-~]+', ' ', 'g')) \
                 @@ CAST($1 AS tsquery) ORDER BY id DESC LIMIT {most}"
            ),
            each('\'', ":*").join(" & "),
        ),
        _ => (
            format!(
                "SELECT rowid AS id FROM work_item_words WHERE work_item_words MATCH ? \
                 ORDER BY rowid DESC LIMIT {most}"
            ),
            each('"', "*").join(" "),
        ),
    };
    Statement::from_sql_and_values(backend, sql, [words.into()])
}

/// A column that is looked at in each row, so that SQLite does not choose an index by it: without figures
/// of how many rows have which value it takes the wrong one, and then sorts half of the table.
pub(crate) fn unindexed(backend: DbBackend, column: Column) -> SimpleExpr {
    match backend {
        DbBackend::Postgres => Expr::col((Entity, column)),
        _ => Expr::cust(format!("+work_item.{}", column.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_cut_into_words_and_nothing_else_of_it_is_kept() {
        assert_eq!(words("  Ward-7 ÉCRAN, 100%"), ["ward", "7", "écran", "100"]);
        assert!(words("%_'\" * ( )").is_empty());
    }
}
