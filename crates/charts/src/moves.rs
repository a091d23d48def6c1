//! From where to where work would move: what it is called now on the left, what it would be called on the
//! right, and a band between them as broad as the work is much.

use std::fmt::Write;

use waterline_core::Side;

use crate::svg::{INK, Text, number, open};

/// Work that would move from one category to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// What it counts as now.
    pub from: MoveEnd,
    /// What it would count as.
    pub to: MoveEnd,
    /// How many items.
    pub items: u64,
}

/// One end of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveEnd {
    /// What people call the category.
    pub name: String,
    /// Its side; `None` is unclassified.
    pub side: Option<Side>,
}

const WIDTH: f64 = 1040.0;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 710.0;
const POST: f64 = 14.0;
const TOP: f64 = 44.0;
const SIZE: f64 = 16.0;
/// A name needs this much room, however little moves.
const LEAST: f64 = 24.0;
const GAP: f64 = 8.0;
/// How high all bands together are.
const BANDS: f64 = 220.0;

/// One category on one side of the picture.
struct Post<'a> {
    end: &'a MoveEnd,
    items: u64,
    top: f64,
    height: f64,
    /// Where the next band begins.
    next: f64,
}

/// The picture as a complete `<svg>` element; empty where nothing moves.
pub fn moves(moves: &[Move]) -> String {
    let all: u64 = moves.iter().map(|one| one.items).sum();
    if all == 0 {
        return String::new();
    }
    let unit = BANDS / all as f64;
    let mut left = posts(moves, |one| &one.from, unit);
    let mut right = posts(moves, |one| &one.to, unit);
    let end = |posts: &[Post<'_>]| posts.last().map_or(TOP, |post| post.top + post.height);
    let height = end(&left).max(end(&right)) + 10.0;
    let mut out = open("moves", WIDTH, height, "From where to where work would move", &describe(moves, all));
    for (x, anchor, words) in [(LEFT, "end", "Now"), (RIGHT, "start", "With this draft")] {
        Text { x, y: 20.0, size: SIZE, bold: true, anchor, content: words }.write(&mut out);
    }
    // In the order of the posts on the left, so that bands from one post do not cross one another.
    let place = |posts: &[Post<'_>], end: &MoveEnd| posts.iter().position(|post| post.end == end);
    let mut ordered: Vec<(usize, usize, &Move)> = moves
        .iter()
        .filter_map(|one| Some((place(&left, &one.from)?, place(&right, &one.to)?, one)))
        .collect();
    ordered.sort_by_key(|(from, to, _)| (*from, *to));
    for (from, to, one) in ordered {
        let broad = one.items as f64 * unit;
        let (start, end) = (left[from].next, right[to].next);
        left[from].next += broad;
        right[to].next += broad;
        band(start, end, broad, one, &mut out);
    }
    for post in &left {
        write_post(post, LEFT, "end", LEFT - 10.0, &mut out);
    }
    for post in &right {
        write_post(post, RIGHT - POST, "start", RIGHT + 10.0, &mut out);
    }
    out.push_str("</svg>");
    out
}

/// The categories at one end: visible ones above, unclassified in the middle, the rest below, as in the
/// iceberg.
fn posts<'a>(moves: &'a [Move], end: impl Fn(&'a Move) -> &'a MoveEnd, unit: f64) -> Vec<Post<'a>> {
    let mut posts: Vec<Post<'a>> = Vec::new();
    for one in moves {
        let end = end(one);
        match posts.iter_mut().find(|post| post.end == end) {
            Some(post) => post.items += one.items,
            None => posts.push(Post { end, items: one.items, top: 0.0, height: 0.0, next: 0.0 }),
        }
    }
    let rank = |side| match side {
        Some(Side::Visible) => 0,
        None => 1,
        Some(Side::Ktlo) => 2,
    };
    posts.sort_by(|a, b| {
        (rank(a.end.side), b.items, &a.end.name).cmp(&(rank(b.end.side), a.items, &b.end.name))
    });
    let mut top = TOP;
    for post in &mut posts {
        let bands = post.items as f64 * unit;
        post.top = top;
        post.height = bands.max(LEAST);
        post.next = top + (post.height - bands) / 2.0;
        top += post.height + GAP;
    }
    posts
}

fn describe(moves: &[Move], all: u64) -> String {
    let largest: Vec<String> = moves
        .iter()
        .take(3)
        .map(|one| format!("{} from {} to {}", thousands(one.items), one.from.name, one.to.name))
        .collect();
    format!(
        "Bands for {} items. The largest: {}. The table below has all of them.",
        thousands(all),
        largest.join("; ")
    )
}

fn colour(side: Option<Side>) -> &'static str {
    match side {
        Some(Side::Visible) => "#12436d",
        Some(Side::Ktlo) => "#768692",
        None => "#aeb7bd",
    }
}

/// A move across the waterline stands out; one within a side is pale.
fn band(start: f64, end: f64, broad: f64, one: &Move, out: &mut String) {
    let (from, to) = (LEFT + POST, RIGHT - POST);
    let middle = (from + to) / 2.0;
    let broad = broad.max(1.0);
    let (fill, strength) =
        if one.from.side == one.to.side { ("#aeb7bd", "0.45") } else { ("#2e6ea5", "0.55") };
    let [from, to, middle] = [from, to, middle].map(number);
    let _ = write!(
        out,
        r#"<path d="M{from} {}C{middle} {} {middle} {} {to} {}V{}C{middle} {} {middle} {} {from} {}Z" fill="{fill}" fill-opacity="{strength}"/>"#,
        number(start),
        number(start),
        number(end),
        number(end),
        number(end + broad),
        number(end + broad),
        number(start + broad),
        number(start + broad),
    );
}

fn write_post(post: &Post<'_>, x: f64, anchor: &str, words_at: f64, out: &mut String) {
    let _ = write!(
        out,
        r#"<rect x="{}" y="{}" width="{POST}" height="{}" fill="{}"/>"#,
        number(x),
        number(post.top),
        number(post.height),
        colour(post.end.side),
    );
    let y = number(post.top + post.height / 2.0 + SIZE * 0.35);
    let name = crate::svg::escape(&post.end.name);
    let _ = write!(
        out,
        r#"<text x="{}" y="{y}" font-size="{SIZE}" text-anchor="{anchor}" fill="{INK}">{name} <tspan font-weight="700">{}</tspan></text>"#,
        number(words_at),
        thousands(post.items),
    );
}

/// "1,204"
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(name: &str, side: Option<Side>) -> MoveEnd {
        MoveEnd { name: name.to_owned(), side }
    }

    #[test]
    fn every_category_stands_once_at_its_end_and_visible_ones_above() {
        let access = || end("Accounts & access", Some(Side::Ktlo));
        let advice = || end("Advice", Some(Side::Visible));
        let svg = moves(&[
            Move { from: access(), to: advice(), items: 3_000 },
            Move { from: end("Not yet classified", None), to: advice(), items: 10 },
            Move { from: advice(), to: access(), items: 2 },
        ]);
        assert_eq!(svg.matches("<rect").count(), 5);
        assert_eq!(svg.matches("<path").count(), 3);
        assert!(svg.contains("Advice <tspan font-weight=\"700\">3,010</tspan>"), "{svg}");
        assert!(svg.find(">Advice").unwrap() < svg.find(">Not yet").unwrap());
        assert!(svg.contains("Accounts &amp; access"));
        assert!(svg.contains("The largest: 3,000 from Accounts &amp; access to Advice"));
    }

    #[test]
    fn where_nothing_moves_there_is_no_picture() {
        assert_eq!(moves(&[]), "");
    }
}
