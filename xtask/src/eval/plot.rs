//! Recall against false positives, drawn: a panel for each detector, a line and a mark for each set.

use super::measure::Share;

/// What is drawn of one set.
pub(super) struct Line {
    pub(super) name: String,
    /// False positives and recall at every threshold.
    pub(super) curve: Vec<(f64, f64)>,
    /// At the frozen threshold.
    pub(super) wrong: Share,
    pub(super) recall: Share,
}

/// A detector's sets.
pub(super) struct Panel {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
}

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;
/// Where the axis of false positives ends.
const MOST: f64 = 0.05;
/// Told apart by eyes that see no red or green, too (Okabe and Ito 2008).
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#888888",
];

/// The whole plot.
pub(super) fn svg(panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(2);
    let legend = |panel: &Panel| 16.0 * panel.lines.len() as f64 + 20.0;
    let tallest = panels.iter().map(legend).fold(0.0, f64::max);
    let (panel_width, panel_height) = (LEFT + WIDTH + 30.0, TOP + HEIGHT + 40.0 + tallest);
    let mut out = String::new();
    let (width, height) = (2.0 * panel_width, rows as f64 * panel_height);
    put(
        &mut out,
        format_args!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#ffffff"/>"##
        ),
    );
    for (index, panel) in panels.iter().enumerate() {
        let (column, row) = ((index % 2) as f64, (index / 2) as f64);
        put(
            &mut out,
            format_args!(
                r#"<g transform="translate({:.0} {:.0})">"#,
                column * panel_width + LEFT,
                row * panel_height + TOP
            ),
        );
        draw(&mut out, panel);
        out.push_str("</g>");
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, panel: &Panel) {
    put(
        out,
        format_args!(
            r##"<text x="0" y="-14" font-size="15" font-weight="bold">{}</text><g stroke="#dddddd">"##,
            panel.name
        ),
    );
    for step in 0..=5 {
        let (at_x, at_y) = (x(MOST * f64::from(step) / 5.0), y(f64::from(step) / 5.0));
        put(
            out,
            format_args!(r#"<path d="M{at_x:.1} 0V{HEIGHT:.0}M0 {at_y:.1}H{WIDTH:.0}"/>"#),
        );
    }
    out.push_str("</g>");
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        put(
            out,
            format_args!(
                r#"<text x="{:.1}" y="{:.0}" text-anchor="middle">{:.0} %</text><text x="-6" y="{:.1}" text-anchor="end">{share:.1}</text>"#,
                x(MOST * share),
                HEIGHT + 16.0,
                100.0 * MOST * share,
                y(share) + 4.0
            ),
        );
    }
    put(
        out,
        format_args!(
            r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">false positives</text><text x="0" y="0" transform="translate(-34 {:.0}) rotate(-90)" text-anchor="middle">recall</text>"#,
            WIDTH / 2.0,
            HEIGHT + 32.0,
            HEIGHT / 2.0
        ),
    );
    for (index, line) in panel.lines.iter().enumerate() {
        let colour = COLOURS
            .get(index % COLOURS.len())
            .copied()
            .unwrap_or("#000000");
        draw_line(out, line, colour);
        let at = HEIGHT + 52.0 + 16.0 * index as f64;
        put(
            out,
            format_args!(
                r#"<path d="M0 {:.1}h18" stroke="{colour}" stroke-width="2"/><text x="24" y="{:.1}">{}: {:.3} at {:.2} %</text>"#,
                at - 4.0,
                at,
                line.name,
                line.recall.value(),
                100.0 * line.wrong.value()
            ),
        );
    }
}

fn draw_line(out: &mut String, line: &Line, colour: &str) {
    let mut path = String::new();
    let mut before: Option<(f64, f64)> = None;
    for (wrong, recall) in &line.curve {
        // Beyond the axis the line goes on to its edge, and ends.
        let (end, step) = (*wrong > MOST, if path.is_empty() { 'M' } else { 'L' });
        let recall = if end {
            before.map_or(*recall, |(_, recall)| recall)
        } else {
            *recall
        };
        put(
            &mut path,
            format_args!("{step}{:.1} {:.1}", x(*wrong), y(recall)),
        );
        if end {
            break;
        }
        before = Some((*wrong, recall));
    }
    let (low, high) = line.recall.interval();
    let (left, right) = line.wrong.interval();
    let (at_x, at_y) = (x(line.wrong.value()), y(line.recall.value()));
    put(
        out,
        format_args!(
            r#"<g stroke="{colour}" fill="none"><path d="{path}" stroke-width="1.5"/><path d="M{at_x:.1} {:.1}V{:.1}M{:.1} {at_y:.1}H{:.1}" stroke-opacity="0.6"/><circle cx="{at_x:.1}" cy="{at_y:.1}" r="4" fill="{colour}"><title>{}</title></circle></g>"#,
            y(low),
            y(high),
            x(left),
            x(right),
            line.name
        ),
    );
}

fn x(wrong: f64) -> f64 {
    WIDTH * (wrong / MOST).min(1.0)
}

fn y(recall: f64) -> f64 {
    HEIGHT * (1.0 - recall)
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_where_its_shares_say() {
        let line = Line {
            name: "set".to_owned(),
            curve: vec![(0.0, 0.0), (0.01, 0.5), (0.2, 1.0)],
            wrong: Share { hits: 1, of: 100 },
            recall: Share { hits: 50, of: 100 },
        };
        let drawn = svg(&[Panel {
            name: "p".to_owned(),
            lines: vec![line],
        }]);
        assert!(drawn.contains(r#"cx="84.0" cy="150.0""#), "{drawn}");
        assert!(
            drawn.contains(r#"d="M0.0 300.0L84.0 150.0L420.0 150.0""#),
            "{drawn}"
        );
        assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>\n"));
    }
}
