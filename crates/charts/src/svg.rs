//! The little that is needed to write SVG: numbers without noise, and text that cannot break out.

use std::fmt::Write;

/// A coordinate: a tenth of a unit is finer than any screen shows.
pub(crate) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // Minus nought would make two equal pictures differ.
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// Text for element content and attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Other control characters are not allowed in XML at all.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// The `d` of a path through these points, or of the closed shape that they bound.
pub(crate) fn path(points: &[(f64, f64)], closed: bool) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{command}{} {}", number(*x), number(*y));
    }
    if closed {
        d.push('Z');
    }
    d
}

/// One element of text, placed by its baseline.
pub(crate) struct Text<'a> {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    /// `start`, `middle` or `end`.
    pub(crate) anchor: &'a str,
    pub(crate) content: &'a str,
}

pub(crate) const INK: &str = "#212b32";

impl Text<'_> {
    pub(crate) fn write(&self, out: &mut String) {
        let _ = write!(
            out,
            r#"<text x="{}" y="{}" font-size="{}" text-anchor="{}" fill="{INK}"{}>{}</text>"#,
            number(self.x),
            number(self.y),
            number(self.size),
            self.anchor,
            if self.bold { r#" font-weight="700""# } else { "" },
            escape(self.content),
        );
    }
}

/// Opens a picture that a screen reader announces by its title and description.
pub(crate) fn open(id: &str, width: f64, height: f64, title: &str, description: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="{id}-title {id}-desc" viewBox="0 0 {} {}" font-family="Arial, Helvetica, sans-serif"><title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>"#,
        number(width),
        number(height),
        escape(title),
        escape(description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escape("<a b=\"c\">&'\u{0}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39; ");
    }

    #[test]
    fn numbers_are_short_and_have_no_minus_nought() {
        assert_eq!(
            (number(-0.01), number(1.25), number(3.0)),
            ("0".to_owned(), "1.3".to_owned(), "3".to_owned())
        );
    }
}
