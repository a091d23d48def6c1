//! Many rows in one value, and the cells in them. A driver that hands over a million rows one by one takes
//! longer than the databases take to find them; a thousand rows at a time it hands over as quickly as one.
//!
//! SQLite gives arrays of JSON, PostgreSQL its binary copy format; both can hold any text.

use std::borrow::Cow;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use futures_util::TryStreamExt;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement,
    sea_query::{Expr, Query, SelectStatement},
    sqlx::{self, PgPool, postgres::PgPoolCopyExt},
};

use crate::error::unreadable;

/// Rows as they come from the database.
pub(crate) enum Packed {
    /// An array of arrays.
    Json(String),
    /// What `COPY … TO STDOUT (FORMAT BINARY)` writes.
    Copy(Vec<u8>),
}

/// Rows of a table in the order of their ids, behind the first and up to the second of `ids`, so many at
/// most, as one value. Table and columns are names from our own code, never input.
pub(crate) async fn packed_rows(
    db: &DatabaseConnection,
    table: &str,
    columns: &[&str],
    (after, up_to): (i64, i64),
    most: u32,
) -> Result<Packed, DbErr> {
    let columns = columns.join(", ");
    let rows = format!(
        "SELECT {columns} FROM {table} WHERE id > {after} AND id <= {up_to} ORDER BY id LIMIT {most}"
    );
    if db.get_database_backend() == DbBackend::Postgres {
        let copy = format!("COPY ({rows}) TO STDOUT (FORMAT BINARY)");
        return copy_out(db.get_postgres_connection_pool(), &copy).await.map(Packed::Copy);
    }
    let packed = format!("SELECT json_group_array(json_array({columns})) FROM ({rows})");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, packed)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("packed rows".to_owned()))?;
    row.try_get_by_index(0).map(Packed::Json)
}

/// The rows of a question, in its order, as one JSON array of arrays. Slower than [`packed_rows`], but works
/// within a transaction. Columns are names from our own code, never input.
pub(crate) async fn rows_as_json(
    db: &impl ConnectionTrait,
    rows: SelectStatement,
    columns: &[&str],
) -> Result<String, DbErr> {
    let columns = columns.join(", ");
    let all = match db.get_database_backend() {
        DbBackend::Postgres => format!("CAST(COALESCE(json_agg(json_build_array({columns})), '[]') AS text)"),
        _ => format!("json_group_array(json_array({columns}))"),
    };
    let question = Query::select().expr_as(Expr::cust(all), "packed").from_subquery(rows, "found").to_owned();
    let row = db.query_one(&question).await?;
    row.ok_or_else(|| broken("no answer"))?.try_get("", "packed")
}

async fn copy_out(pool: &PgPool, copy: &str) -> Result<Vec<u8>, DbErr> {
    let failed = |error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into()));
    let mut portions = pool.copy_out_raw(copy).await.map_err(failed)?;
    let mut bytes = Vec::new();
    while let Some(portion) = portions.try_next().await.map_err(failed)? {
        bytes.extend_from_slice(&portion);
    }
    Ok(bytes)
}

/// Cells in the order of the columns, row by row. Whoever asks for another type than the column has gets an
/// error.
pub(crate) trait Cells<'a> {
    /// Goes to the next row; `false` behind the last. All cells of the row before must have been read.
    fn next_row(&mut self) -> Result<bool, DbErr>;
    fn text(&mut self) -> Result<Option<Cow<'a, str>>, DbErr>;
    fn number(&mut self) -> Result<Option<i64>, DbErr>;
    fn ratio(&mut self) -> Result<Option<f64>, DbErr>;
    fn instant(&mut self) -> Result<Option<DateTime<Utc>>, DbErr>;
    fn day(&mut self) -> Result<Option<NaiveDate>, DbErr>;
}

fn broken(what: &str) -> DbErr {
    unreadable(format!("packed rows: {what}"))
}

pub(crate) struct JsonCells<'a> {
    rest: &'a str,
}

impl<'a> JsonCells<'a> {
    pub(crate) fn new(rows: &'a str) -> Self {
        Self { rest: rows.strip_prefix('[').unwrap_or(rows) }
    }

    /// What stands before the next comma or bracket; for values that are not texts.
    fn plain(&mut self) -> Result<Option<&'a str>, DbErr> {
        let end = self.rest.find([',', ']']).ok_or_else(|| broken("a row does not end"))?;
        let value = &self.rest[..end];
        self.pass(end);
        Ok(Some(value).filter(|value| *value != "null"))
    }

    fn pass(&mut self, value: usize) {
        // The comma or bracket behind a cell belongs to it, and so does the space that PostgreSQL writes.
        self.rest = self.rest.get(value + 1..).unwrap_or_default().trim_ascii_start();
    }
}

impl<'a> Cells<'a> for JsonCells<'a> {
    fn next_row(&mut self) -> Result<bool, DbErr> {
        let rest = self.rest.strip_prefix(',').unwrap_or(self.rest).trim_ascii_start();
        match rest.strip_prefix('[') {
            Some(row) => {
                self.rest = row;
                Ok(true)
            }
            None if rest == "]" => Ok(false),
            None => Err(broken("neither a row nor the end")),
        }
    }

    fn text(&mut self) -> Result<Option<Cow<'a, str>>, DbErr> {
        let Some(inner) = self.rest.strip_prefix('"') else {
            return match self.plain()? {
                None => Ok(None),
                Some(_) => Err(broken("not a text")),
            };
        };
        let mut escaped = false;
        let mut end = 0;
        loop {
            let at = inner[end..].find(['"', '\\']).ok_or_else(|| broken("a text does not end"))?;
            end += at;
            if inner.as_bytes()[end] == b'"' {
                break;
            }
            escaped = true;
            // Whatever is escaped begins with one byte.
            end += 2;
        }
        let text = if escaped {
            let quoted = &self.rest[..end + 2];
            Cow::Owned(serde_json::from_str(quoted).map_err(|error| broken(&error.to_string()))?)
        } else {
            Cow::Borrowed(&inner[..end])
        };
        self.pass(end + 2);
        Ok(Some(text))
    }

    fn number(&mut self) -> Result<Option<i64>, DbErr> {
        self.plain()?.map(|number| number.parse().map_err(|_| broken("not a whole number"))).transpose()
    }

    fn ratio(&mut self) -> Result<Option<f64>, DbErr> {
        self.plain()?.map(|number| number.parse().map_err(|_| broken("not a number"))).transpose()
    }

    fn instant(&mut self) -> Result<Option<DateTime<Utc>>, DbErr> {
        let read = |text: Cow<'_, str>| {
            DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc()).map_err(|_| broken("not an instant"))
        };
        self.text()?.map(read).transpose()
    }

    fn day(&mut self) -> Result<Option<NaiveDate>, DbErr> {
        self.text()?.map(|text| text.parse().map_err(|_| broken("not a day"))).transpose()
    }
}

/// Signature, flags and the length of an extension that nobody uses.
const COPY_HEADER: usize = 19;

pub(crate) struct CopyCells<'a> {
    rest: &'a [u8],
}

impl<'a> CopyCells<'a> {
    pub(crate) fn new(rows: &'a [u8]) -> Self {
        Self { rest: rows.get(COPY_HEADER..).unwrap_or_default() }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DbErr> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| broken("a row does not end"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DbErr> {
        self.take(N)?.try_into().map_err(|_| broken("a row does not end"))
    }

    fn cell(&mut self) -> Result<Option<&'a [u8]>, DbErr> {
        match usize::try_from(i32::from_be_bytes(self.fixed()?)) {
            Ok(length) => self.take(length).map(Some),
            // A negative length stands for null.
            Err(_) => Ok(None),
        }
    }
}

impl<'a> Cells<'a> for CopyCells<'a> {
    fn next_row(&mut self) -> Result<bool, DbErr> {
        // The number of cells; negative behind the last row.
        Ok(i16::from_be_bytes(self.fixed()?) > 0)
    }

    fn text(&mut self) -> Result<Option<Cow<'a, str>>, DbErr> {
        let read = |bytes| str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| broken("not a text"));
        self.cell()?.map(read).transpose()
    }

    fn number(&mut self) -> Result<Option<i64>, DbErr> {
        let Some(bytes) = self.cell()? else { return Ok(None) };
        let number = match *bytes {
            [a, b] => i64::from(i16::from_be_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
            _ => i64::from_be_bytes(bytes.try_into().map_err(|_| broken("not a whole number"))?),
        };
        Ok(Some(number))
    }

    fn ratio(&mut self) -> Result<Option<f64>, DbErr> {
        let read =
            |bytes: &[u8]| bytes.try_into().map(f64::from_be_bytes).map_err(|_| broken("not a number"));
        self.cell()?.map(read).transpose()
    }

    fn instant(&mut self) -> Result<Option<DateTime<Utc>>, DbErr> {
        let Some(microseconds) = self.number()? else { return Ok(None) };
        // PostgreSQL counts from the year 2000.
        let epoch = DateTime::UNIX_EPOCH + Days::new(10_957);
        let at = epoch.checked_add_signed(TimeDelta::microseconds(microseconds));
        at.map(Some).ok_or_else(|| broken("not an instant"))
    }

    fn day(&mut self) -> Result<Option<NaiveDate>, DbErr> {
        let Some(days) = self.number()? else { return Ok(None) };
        let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).ok_or_else(|| broken("not a day"))?;
        let on = TimeDelta::try_days(days).and_then(|days| epoch.checked_add_signed(days));
        on.map(Some).ok_or_else(|| broken("not a day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_out_of_json_as_it_went_in() {
        let texts =
            ["", "plain", "\"quoted\", and [so] on", "back\\slash\\", "tab\tand \u{1f}", "\\\"", "ünï"];
        let rows = serde_json::to_string(&texts.map(|text| (1, text, None::<&str>))).unwrap();
        let mut cells = JsonCells::new(&rows);
        for text in texts {
            assert!(cells.next_row().unwrap());
            assert_eq!(cells.number().unwrap(), Some(1));
            assert_eq!(cells.text().unwrap().as_deref(), Some(text));
            assert_eq!(cells.text().unwrap(), None);
        }
        assert!(!cells.next_row().unwrap());
        assert!(!JsonCells::new("[]").next_row().unwrap());
    }

    #[test]
    fn days_and_instants_are_read_from_both() {
        let json = "[[\"2026-10-05\",\"2026-10-05T09:30:00.000001+00:00\",null]]";
        let mut cells = JsonCells::new(json);
        assert!(cells.next_row().unwrap());
        let day: NaiveDate = "2026-10-05".parse().unwrap();
        let instant: DateTime<Utc> = "2026-10-05T09:30:00.000001Z".parse().unwrap();
        assert_eq!((cells.day().unwrap(), cells.instant().unwrap()), (Some(day), Some(instant)));
        assert_eq!(cells.day().unwrap(), None);

        let mut copy = vec![0; COPY_HEADER];
        let since = instant - "2000-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
        copy.extend(2_i16.to_be_bytes());
        copy.extend(4_i32.to_be_bytes());
        copy.extend(i32::try_from(since.num_days()).unwrap().to_be_bytes());
        copy.extend(8_i32.to_be_bytes());
        copy.extend(since.num_microseconds().unwrap().to_be_bytes());
        copy.extend((-1_i16).to_be_bytes());
        let mut cells = CopyCells::new(&copy);
        assert!(cells.next_row().unwrap());
        assert_eq!((cells.day().unwrap(), cells.instant().unwrap()), (Some(day), Some(instant)));
        assert!(!cells.next_row().unwrap());
    }

    #[test]
    fn rows_that_were_cut_short_are_an_error() {
        for cut in ["[[1,\"a", "[[1", "[[1,2]"] {
            let mut cells = JsonCells::new(cut);
            assert!(cells.next_row().unwrap());
            assert!(
                cells.number().and_then(|_| cells.text()).and_then(|_| cells.next_row()).is_err(),
                "{cut}"
            );
        }
        assert!(CopyCells::new(&[0; COPY_HEADER]).next_row().is_err());
    }
}
