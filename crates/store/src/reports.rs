use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use waterline_core::{CategoryId, Dimension, Month, MonthRange, Tally, WorkRow};

use crate::{
    Store, StoreError,
    entity::rollup::{self, Column},
    error::Doing,
};

impl Store {
    /// Work done per month and category, broken down by one dimension. From the rollup; ordered by
    /// month, group, category.
    pub async fn work_done(&self, period: MonthRange, by: Dimension) -> Result<Vec<WorkRow>, StoreError> {
        let rows = work_rows(self.reader(), period, by).await;
        let mut rows = rows.doing("say what work was done")?;
        // Sorted here, because the two databases do not sort letters alike.
        rows.sort_by(|a, b| (a.month, &a.group, &a.category).cmp(&(b.month, &b.group, &b.category)));
        Ok(rows)
    }

    /// First and last month in which work was done; `None` while nothing is held.
    pub async fn months_held(&self) -> Result<Option<MonthRange>, StoreError> {
        const DOING: &str = "say which months it holds";
        let all = || rollup::Entity::find().filter(Column::Dimension.eq(Dimension::All.as_str()));
        let first = all().order_by_asc(Column::Month).one(self.reader()).await.doing(DOING)?;
        let last = all().order_by_desc(Column::Month).one(self.reader()).await.doing(DOING)?;
        Ok(first
            .zip(last)
            .and_then(|(first, last)| MonthRange::new(Month::of(first.month), Month::of(last.month)).ok()))
    }
}

/// The same in no order; also inside a transaction that changes it.
pub(crate) async fn work_rows(
    db: &impl ConnectionTrait,
    period: MonthRange,
    by: Dimension,
) -> Result<Vec<WorkRow>, DbErr> {
    let rows = rollup::Entity::find()
        .filter(Column::Dimension.eq(by.as_str()))
        .filter(Column::Month.between(period.first().first_day(), period.last().first_day()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(work_row).collect())
}

fn work_row(row: rollup::Model) -> WorkRow {
    WorkRow {
        month: Month::of(row.month),
        group: row.known.then_some(row.value),
        category: Some(row.category).filter(|id| !id.is_empty()).map(CategoryId::new),
        tally: Tally {
            items: row.items,
            logged_seconds: row.logged_seconds,
            estimated_seconds: row.estimated_seconds,
        },
    }
}
