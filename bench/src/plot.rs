//! The main rows as bars, as SVG that is readable on light and on dark pages.

use crate::contender::Side;
use crate::report::Results;
use std::fmt::Write;

/// A bar: who, the value in the unit of its panel, and whose.
struct Bar {
    who: String,
    value: f64,
    side: Side,
}

/// Bars of one row on a logarithmic scale.
struct Panel {
    title: &'static str,
    unit: &'static str,
    /// The powers of ten at which the scale begins and ends.
    decades: (i32, i32),
    bars: Vec<Bar>,
}

const ROWS: [(&str, &str); 6] = [
    ("counter/plain", "count, no labels"),
    ("counter/enums", "count, two enums as labels"),
    ("counter/dynamic", "count, two strings as labels"),
    ("histogram/handle", "observe in a histogram of 11 buckets"),
    ("histogram/dynamic", "observe, two strings as labels"),
    ("timed/sync", "time a function call"),
];

const NANOSECONDS: (i32, i32) = (-1, 3);

/// Bars of a panel at most: ours and the fastest others.
const BARS: usize = 7;

const LEFT: f64 = 230.0;
const WIDTH: f64 = 480.0;
const BAR: f64 = 15.0;
const STEP: f64 = 20.0;
const TOTAL: f64 = LEFT + WIDTH + 90.0;

/// The best of each library, the fastest first.
fn bars<'a>(all: impl Iterator<Item = (&'a str, Side, f64)>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (name, side, value) in
        all.filter(|(_, side, value)| *side != Side::Reference && value.is_finite())
    {
        let who = name.split_once(',').map_or(name, |(who, _)| who).to_owned();
        match bars.iter_mut().find(|bar| bar.who == who) {
            Some(bar) => bar.value = bar.value.min(value),
            None => bars.push(Bar { who, value, side }),
        }
    }
    bars.sort_by(|a, b| a.value.total_cmp(&b.value));
    // Ours, should it not be among the first.
    let ours = bars
        .iter()
        .skip(BARS)
        .position(|bar| bar.side == Side::Ours);
    if let Some(place) = ours {
        bars.swap(BARS - 1, BARS + place);
    }
    bars.truncate(BARS);
    bars
}

fn panels(results: &Results) -> Vec<Panel> {
    let mut panels: Vec<Panel> = ROWS
        .iter()
        .map(|(row, title)| {
            let of_row = results.alone.iter().filter(|x| x.row == *row);
            Panel {
                title,
                unit: "ns",
                decades: NANOSECONDS,
                bars: bars(of_row.map(|x| (x.name, x.side, x.ns))),
            }
        })
        .collect();
    let pairs = results.pairs.iter().filter(|x| x.row == "threads/counter");
    panels.push(Panel {
        title: "two threads count in one series, time for each count",
        unit: "ns",
        decades: NANOSECONDS,
        bars: bars(pairs.map(|x| (x.name, x.side, 1e3 / x.two))),
    });
    let scrapes = results.scrapes.iter().filter(|x| x.row == "scrape/8_pages");
    panels.push(Panel {
        title: "scrape 10,000 counters and 1,000 histograms",
        unit: "ms",
        decades: (-1, 3),
        bars: bars(scrapes.map(|x| (x.name, x.side, x.ms))),
    });
    panels.retain(|panel| !panel.bars.is_empty());
    panels
}

/// The plot.
#[must_use]
pub fn svg(results: &Results) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_svg(&mut out, &panels(results));
    out
}

fn write_svg(out: &mut String, panels: &[Panel]) -> std::fmt::Result {
    let mut body = String::new();
    let mut top = 30.0;
    for panel in panels {
        top = write_panel(&mut body, panel, top)?;
    }
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {TOTAL} {top}" width="{TOTAL}" height="{top}" role="img" aria-label="instrumetrics and other libraries, time per operation on a logarithmic scale" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12">
<style>
.t {{ fill: #1f2328; font-weight: 600; }} .w {{ fill: #1f2328; }} .v {{ fill: #59636e; }}
.g {{ stroke: #d1d9e0; }} .o {{ fill: #0969da; }} .p {{ fill: #9aa4af; }}
@media (prefers-color-scheme: dark) {{
.t {{ fill: #f0f6fc; }} .w {{ fill: #f0f6fc; }} .v {{ fill: #9198a1; }}
.g {{ stroke: #3d444d; }} .o {{ fill: #4493f8; }} .p {{ fill: #656c76; }}
}}
</style>
<text class="v" x="10" y="16">time, shorter is better; each line of the grid is ten times the one before; of each library the fastest way</text>"#
    )?;
    out.push_str(&body);
    writeln!(out, "</svg>")
}

/// Where a value lies, between the ends of the scale.
fn place(panel: &Panel, value: f64) -> f64 {
    let (from, to) = panel.decades;
    let share = (value.log10() - f64::from(from)) / f64::from(to - from);
    LEFT + WIDTH * share.clamp(0.005, 1.0)
}

/// Writes a panel and says where the next one begins.
#[expect(clippy::cast_precision_loss, reason = "a few bars")]
fn write_panel(out: &mut String, panel: &Panel, top: f64) -> Result<f64, std::fmt::Error> {
    let bars_top = top + 26.0;
    let bottom = bars_top + STEP * panel.bars.len() as f64;
    writeln!(
        out,
        r#"<text class="t" x="10" y="{:.0}">{}</text>"#,
        top + 16.0,
        escaped(panel.title)
    )?;
    for decade in panel.decades.0..=panel.decades.1 {
        let x = place(panel, 10_f64.powi(decade)).max(LEFT);
        let x = if decade == panel.decades.0 { LEFT } else { x };
        writeln!(
            out,
            r#"<line class="g" x1="{x:.1}" x2="{x:.1}" y1="{:.0}" y2="{bottom:.0}"/><text class="v" x="{x:.1}" y="{:.0}" text-anchor="middle">{} {}</text>"#,
            bars_top - 3.0,
            bottom + 13.0,
            10_f64.powi(decade),
            panel.unit,
        )?;
    }
    for (n, bar) in panel.bars.iter().enumerate() {
        let y = bars_top + STEP * n as f64;
        let end = place(panel, bar.value);
        let class = if bar.side == Side::Ours { "o" } else { "p" };
        writeln!(
            out,
            r#"<text class="w" x="{:.0}" y="{:.1}" text-anchor="end">{}</text><rect class="{class}" x="{LEFT}" y="{y:.1}" width="{:.1}" height="{BAR}" rx="2"/><text class="v" x="{:.1}" y="{:.1}">{}</text>"#,
            LEFT - 8.0,
            y + 12.0,
            escaped(&bar.who),
            end - LEFT,
            end + 5.0,
            y + 12.0,
            value(bar.value),
        )?;
    }
    Ok(bottom + 26.0)
}

/// With two or three digits.
fn value(x: f64) -> String {
    if x < 10.0 {
        format!("{x:.1}")
    } else {
        format!("{x:.0}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
