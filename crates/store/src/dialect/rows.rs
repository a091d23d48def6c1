//! Many values in one statement. PostgreSQL takes a column of them as one parameter: a statement with a
//! parameter for each would be parsed and planned for longer than it runs. SQLite binds each value faster
//! than it reads any text that holds them all.

use chrono::SecondsFormat;
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, Value,
    sea_query::{
        Alias, ColumnType, Expr, ExprTrait, Func, FunctionCall, InsertStatement, Query, SelectStatement,
        ValueTuple,
    },
};

use crate::error::unreadable;

/// SQLite binds at most 32,766 values.
const MOST_VALUES: usize = 32_766;

/// Rows in one statement at the most.
pub(crate) fn most_rows(backend: DbBackend, columns: usize) -> usize {
    match backend {
        DbBackend::Postgres => usize::MAX,
        _ => MOST_VALUES / columns.max(1),
    }
}

/// Gives these rows to an insert that has its table and columns already.
pub(crate) fn insert_rows<C: ColumnTrait>(
    backend: DbBackend,
    insert: &mut InsertStatement,
    columns: &[C],
    rows: &[Vec<Value>],
) -> Result<(), DbErr> {
    let told = match backend {
        DbBackend::Postgres => {
            let rows = select_rows(backend, columns, rows)?;
            insert.select_from(rows).map(|_| ())
        }
        _ => rows.iter().try_for_each(|row| insert.values(row.iter().cloned().map(Expr::val)).map(|_| ())),
    };
    told.map_err(|error| unreadable(error.to_string()))
}

/// These rows as a select of columns of these names.
pub(crate) fn select_rows<C: ColumnTrait>(
    backend: DbBackend,
    columns: &[C],
    rows: &[Vec<Value>],
) -> Result<SelectStatement, DbErr> {
    let mut select = Query::select();
    match backend {
        DbBackend::Postgres => {
            for (at, column) in columns.iter().enumerate() {
                let array = array(*column, rows.iter().filter_map(|row| row.get(at)))?;
                select.expr_as(Func::cust("UNNEST").arg(array), *column);
            }
        }
        _ => {
            for (number, column) in (1..).zip(columns) {
                select.expr_as(Expr::col(Alias::new(format!("column{number}"))), *column);
            }
            select.from_values(rows.iter().cloned().map(ValueTuple::Many), "given");
        }
    }
    Ok(select)
}

/// That a column has one of these values.
pub(crate) fn is_among<C: ColumnTrait>(
    backend: DbBackend,
    column: C,
    values: &[Value],
) -> Result<Expr, DbErr> {
    let column_of_table = Expr::col((column.entity_name(), column));
    Ok(match backend {
        DbBackend::Postgres => column_of_table.eq(Func::cust("ANY").arg(array(column, values)?)),
        _ => column_of_table.in_subquery(json_list(values)?),
    })
}

/// A column of values in one parameter.
fn array<'v, C: ColumnTrait>(column: C, values: impl IntoIterator<Item = &'v Value>) -> Result<Expr, DbErr> {
    let kind = match column.def().get_column_type() {
        ColumnType::BigInteger => "bigint[]",
        ColumnType::Integer => "integer[]",
        ColumnType::SmallInteger => "smallint[]",
        ColumnType::Text | ColumnType::String(_) => "text[]",
        ColumnType::Boolean => "boolean[]",
        ColumnType::Double => "double precision[]",
        ColumnType::Date => "date[]",
        ColumnType::TimestampWithTimeZone => "timestamptz[]",
        other => return Err(unreadable(format!("{other:?} does not come in lists"))),
    };
    let mut literal = String::from("{");
    for value in values {
        if literal.len() > 1 {
            literal.push(',');
        }
        push_element(&mut literal, value)?;
    }
    literal.push('}');
    Ok(Expr::val(literal).cast_as(kind))
}

/// One value as an element of an array of PostgreSQL.
fn push_element(literal: &mut String, value: &Value) -> Result<(), DbErr> {
    match text_of(value)? {
        None => literal.push_str("NULL"),
        Some(text) => {
            literal.push('"');
            for letter in text.chars() {
                if matches!(letter, '"' | '\\') {
                    literal.push('\\');
                }
                literal.push(letter);
            }
            literal.push('"');
        }
    }
    Ok(())
}

fn text_of(value: &Value) -> Result<Option<std::borrow::Cow<'_, str>>, DbErr> {
    let text = match value {
        Value::String(text) => return Ok(text.as_deref().map(Into::into)),
        Value::Bool(value) => value.map(|value| value.to_string()),
        Value::SmallInt(value) => value.map(|value| value.to_string()),
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::BigInt(value) => value.map(|value| value.to_string()),
        Value::Double(value) => value.map(|value| value.to_string()),
        Value::ChronoDate(value) => value.map(|value| value.to_string()),
        Value::ChronoDateTimeUtc(value) => {
            value.map(|value| value.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        other => return Err(unreadable(format!("{other:?} does not come in lists"))),
    };
    Ok(text.map(Into::into))
}

/// A table of SQLite with one column of values, in one parameter.
fn json_list(values: &[Value]) -> Result<SelectStatement, DbErr> {
    let list = values
        .iter()
        .map(|value| match value {
            Value::BigInt(Some(number)) => Ok(serde_json::Value::from(*number)),
            Value::String(Some(text)) => Ok(serde_json::Value::from(text.as_str())),
            other => Err(unreadable(format!("{other:?} does not come in lists"))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let list: FunctionCall = Func::cust("json_each").arg(serde_json::Value::from(list).to_string());
    Ok(Query::select().column("value").from_function(list, "given").take())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(value: impl Into<Value>) -> String {
        let mut literal = String::new();
        push_element(&mut literal, &value.into()).unwrap();
        literal
    }

    #[test]
    fn texts_in_an_array_mean_themselves() {
        assert_eq!(element("a,b{}"), r#""a,b{}""#);
        assert_eq!(element(r#"say "\n""#), r#""say \"\\n\"""#);
        assert_eq!(element("NULL"), r#""NULL""#);
        assert_eq!(element(None::<String>), "NULL");
        assert_eq!(element(-1i64), r#""-1""#);
    }
}
