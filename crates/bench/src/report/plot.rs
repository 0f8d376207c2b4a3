//! Curves as SVG.

use crate::row::Curve;
use plotters::prelude::*;

/// The name of the plot's file.
pub(super) fn file(curve: &Curve) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("{}.svg", curve.name.chars().map(plain).collect::<String>())
}

/// Both axes are logarithmic: what is flat is level, what is linear rises at 45 degrees.
pub(super) fn svg(curve: &Curve) -> String {
    let mut text = String::new();
    if let Err(error) = draw(&mut text, curve) {
        text = format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- {error} --></svg>");
    }
    text
}

fn draw(text: &mut String, curve: &Curve) -> Result<(), Box<dyn std::error::Error>> {
    let points = || curve.ours.iter().chain(&curve.baseline);
    let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::NEG_INFINITY, f64::max);
    // Level curves would fill the whole height with their noise: a decade is the least that is shown.
    let costs = (least(|point| point.1) / 3.2)..(most(|point| point.1) * 3.2);
    let sizes = least(|point| point.0)..most(|point| point.0);
    let root = SVGBackend::with_string(text, (720, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(&curve.name, ("sans-serif", 18))
        .margin(12)
        // Half of the last number stands there.
        .margin_right(32)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(sizes.log_scale(), costs.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(&curve.size)
        .y_desc(&curve.unit)
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .light_line_style(WHITE)
        .draw()?;
    for (name, points, colour) in [("wippy-host", &curve.ours, BLUE), ("plain Wasmtime", &curve.baseline, RED)] {
        if points.is_empty() {
            continue;
        }
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
        chart.draw_series(line)?.label(name).legend(key);
    }
    // There is room above the curves, and those that rise do so to the right.
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}

/// Of each decade 1, 2 and 5: ten numbers in a row of logarithms run into each other.
fn tick(value: &f64) -> String {
    let leading = value / 10_f64.powf(value.log10().floor());
    let is_shown = [1.0, 2.0, 5.0, 10.0].iter().any(|shown| (leading - shown).abs() < 1e-6);
    if is_shown { format!("{}", (value * 1e6).round() / 1e6) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::{file, svg, tick};
    use crate::row::Curve;

    #[test]
    fn a_plot_shows_both_programs_and_what_is_measured() {
        let points = |cost: f64| vec![(1.0, cost), (10.0, cost), (100.0, cost)];
        let curve = Curve {
            name: "Cost of a call".into(),
            size: "entries".into(),
            unit: "µs".into(),
            ours: points(20.0),
            baseline: points(19.0),
        };
        let drawn = svg(&curve);
        for word in ["Cost of a call", "entries", "µs", "wippy-host", "plain Wasmtime"] {
            assert!(drawn.contains(word), "{word}: {drawn}");
        }
        assert_eq!(file(&curve), "cost-of-a-call.svg");
    }

    #[test]
    fn numbers_at_an_axis_are_short_and_few() {
        let ticks = [0.1, 1.0, 20.000000000000004, 30.0, 900.0, 1000.0];
        assert_eq!(ticks.map(|value| tick(&value)), ["0.1", "1", "20", "", "", "1000"]);
    }
}
