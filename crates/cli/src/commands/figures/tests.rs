use chrono::{TimeZone, Utc};
use waterline_core::{
    Basis, CategoryId, Coverage, Evidence, Figures, MonthRange, ReportingZone, Tally, Taxonomy, WorkRow,
};

use super::{json::json, table::table};

fn figures(by: &str, basis: Basis, rows: &[(&str, Option<&str>, i64)], coverage: Coverage) -> Figures {
    let period = MonthRange::ending("2026-10".parse().unwrap(), 2);
    let rows: Vec<WorkRow> = rows
        .iter()
        .map(|(group, category, items)| WorkRow {
            month: period.last(),
            group: Some((*group).to_owned()),
            category: category.map(CategoryId::new),
            tally: Tally { items: *items, logged_seconds: items * 900, estimated_seconds: items * 2700 },
        })
        .collect();
    let taxonomy = Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap();
    Figures::new(period, basis, by.parse().unwrap(), &rows, &taxonomy, Evidence { coverage, audits: &[] }, 5)
}

const ROWS: [(&str, Option<&str>, i64); 5] = [
    ("Service desk", Some("incident"), 6000),
    ("Service desk", Some("improvement"), 1000),
    ("EPR team", Some("new_product"), 1500),
    ("EPR team", None, 1495),
    ("Night porter's IT", Some("advice"), 4),
];

fn covered() -> Coverage {
    Coverage {
        held: 19_000,
        upstream: 20_000,
        feeds_unknown: 2,
        rejected: 3,
        last_success: Some(Utc.with_ymd_and_hms(2026, 8, 6, 8, 30, 0).unwrap()),
    }
}

fn as_table(by: &str, basis: Basis) -> String {
    table(&figures(by, basis, &ROWS, covered()), ReportingZone::default(), true)
}

#[test]
fn a_table_says_what_its_figures_rest_on() {
    insta::assert_snapshot!(as_table("team", Basis::Effort), @r"
    Work done, September 2026 to October 2026, by effort
    Example data from a simulated trust

    Team                            Items  Hours  Estimated  Of all work  Visible  At most
    ──────────────────────────────────────────────────────────────────────────────────────
    Service desk                    7,000  7,000      75.0%        70.0%    14.3%    14.3%
    EPR team                        2,995  2,995      75.0%        30.0%    50.1%   100.0%
    Groups with fewer than 5 items      4      4      75.0%         0.0%   100.0%   100.0%
    ──────────────────────────────────────────────────────────────────────────────────────
    All work                        9,999  9,999      75.0%       100.0%    25.0%    40.0%

    Visible share  25.0%; at most 40.0% if all unclassified work proved to be visible
    Unclassified   15.0% of all work
    Error          not yet measured: 0 of at least 50 audited
    Estimated      75.0% of the effort; the rest was logged
    Coverage       95.0% of what the sources have (19,000 of 20,000); feeds that do not say how much they have: 2; records that could not be read: 3
    Pulled         every source since 6 August 2026, 09:30
    ");
}

#[test]
fn categories_say_their_side() {
    insta::assert_snapshot!(as_table("category", Basis::Items), @r"
    Work done, September 2026 to October 2026, by items finished
    Example data from a simulated trust

    Category                          Items  Hours  Estimated  Of all work  Side
    ───────────────────────────────────────────────────────────────────────────────────────────
    New digital products              1,500  1,500      75.0%        15.0%  visible
    Improvements asked for            1,000  1,000      75.0%        10.0%  visible
    Rolling out and training              0      0          –         0.0%  visible
    Design and advice                     4      4      75.0%         0.0%  visible
    Not yet classified                1,495  1,495      75.0%        15.0%
    Fixing what broke                 6,000  6,000      75.0%        60.0%  keeps the lights on
    Accounts, starters and leavers        0      0          –         0.0%  keeps the lights on
    Devices, printing and phones          0      0          –         0.0%  keeps the lights on
    Routine requests                      0      0          –         0.0%  keeps the lights on
    Routine changes                       0      0          –         0.0%  keeps the lights on
    Patching                              0      0          –         0.0%  keeps the lights on
    Cyber security                        0      0          –         0.0%  keeps the lights on
    Keeping legacy systems going          0      0          –         0.0%  keeps the lights on
    Servers, networks and backups         0      0          –         0.0%  keeps the lights on
    Audit and information governance      0      0          –         0.0%  keeps the lights on
    Suppliers and contracts               0      0          –         0.0%  keeps the lights on
    ───────────────────────────────────────────────────────────────────────────────────────────
    All work                          9,999  9,999      75.0%       100.0%

    Visible share  25.0%; at most 40.0% if all unclassified work proved to be visible
    Unclassified   15.0% of all work
    Error          not yet measured: 0 of at least 50 audited
    Estimated      75.0% of the effort; the rest was logged
    Coverage       95.0% of what the sources have (19,000 of 20,000); feeds that do not say how much they have: 2; records that could not be read: 3
    Pulled         every source since 6 August 2026, 09:30
    ");
}

#[test]
fn what_is_not_known_is_never_zero() {
    let nothing = figures("month", Basis::Effort, &[], Coverage::default());
    insta::assert_snapshot!(table(&nothing, ReportingZone::default(), false), @r"
    Work done, September 2026 to October 2026, by effort

    Month           Items  Hours  Estimated  Of all work  Visible  At most
    ──────────────────────────────────────────────────────────────────────
    September 2026      0      0          –         0.0%        –        –
    October 2026        0      0          –         0.0%        –        –
    ──────────────────────────────────────────────────────────────────────
    All work            0      0          –         0.0%        –        –

    Visible share  not known: no work was finished in this period
    Error          not yet measured: 0 of at least 50 audited
    Coverage       not known: no source says how much it has
    Pulled         not every source has been pulled yet
    ");
}

#[test]
fn json_has_the_same_figures_for_programs() {
    let figures = figures("team", Basis::Items, &ROWS[..2], covered());
    insta::assert_snapshot!(json(&figures, true).unwrap(), @r#"
    {
      "from": "2026-09",
      "to": "2026-10",
      "basis": "items",
      "by": "team",
      "example_data": true,
      "error": "not yet measured: 0 of at least 50 audited",
      "share_error": {
        "state": "not_measured",
        "audited": 0,
        "least": 50,
        "covered": 0.0
      },
      "coverage": {
        "ratio": 0.95,
        "held": 19000,
        "upstream": 20000,
        "feeds_unknown": 2,
        "rejected": 3,
        "last_success": "2026-08-06T08:30:00Z"
      },
      "all": {
        "id": "all",
        "name": "All work",
        "side": null,
        "items": 7000,
        "logged_seconds": 6300000,
        "estimated_seconds": 18900000,
        "part": 1.0,
        "share": 0.14285714285714285,
        "share_lower": 0.14285714285714285,
        "share_upper": 0.14285714285714285,
        "unclassified": 0.0,
        "estimated": 0.75
      },
      "groups": [
        {
          "id": "Service desk",
          "name": "Service desk",
          "side": null,
          "items": 7000,
          "logged_seconds": 6300000,
          "estimated_seconds": 18900000,
          "part": 1.0,
          "share": 0.14285714285714285,
          "share_lower": 0.14285714285714285,
          "share_upper": 0.14285714285714285,
          "unclassified": 0.0,
          "estimated": 0.75
        }
      ]
    }
    "#);
}
