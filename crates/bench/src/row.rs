//! What a suite reports: rows of the table, and curves.

use serde::{Deserialize, Serialize};

/// One line of what a suite's process prints.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// A row of the table.
    Row(Row),
    /// A curve.
    Curve(Curve),
}

/// One comparison, or one figure that has a target of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What is measured, unique within its suite.
    pub name: String,
    /// The unit of `ours` and `baseline`.
    pub unit: String,
    /// Median over the rounds.
    pub ours: f64,
    /// The same of the baseline, where it is another program.
    #[serde(default)]
    pub baseline: Option<f64>,
    /// What the target is about: median over the rounds' own figures.
    pub figure: f64,
    /// How the figure comes from the two.
    pub kind: Kind,
    /// The tenth and the ninetieth percentile of the figure.
    #[serde(default)]
    pub spread: Option<(f64, f64)>,
    /// What the figure is to reach.
    #[serde(default)]
    pub target: Option<Target>,
    /// Why it is as it is, for a target that is missed or a row that needs a word.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a figure comes from the two programs' own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ours divided by the baseline.
    Ratio,
    /// Ours less the baseline, in the row's unit.
    Added,
    /// Ours alone.
    Alone,
}

/// What a figure is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

impl Target {
    /// Whether the figure reaches it.
    pub fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(limit) => figure <= limit,
            Self::AtLeast(limit) => figure >= limit,
        }
    }
}

/// Cost against size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    /// What is plotted, unique among all suites.
    pub name: String,
    /// What the sizes count.
    pub size: String,
    /// The unit of the costs.
    pub unit: String,
    /// Size and cost, with ascending sizes.
    pub ours: Vec<(f64, f64)>,
    /// The same of the baseline, where there is one.
    #[serde(default)]
    pub baseline: Vec<(f64, f64)>,
}

impl Curve {
    /// How our cost grows with the size: see [`slope`].
    pub fn slope(&self) -> f64 {
        slope(&self.ours)
    }
}

/// How costs grow with sizes, as the exponent of a power: 0 is flat, 1 is linear. Least squares over the
/// logarithms, which gives each order of magnitude the same weight.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|log| log.0), mean(|log| log.1));
    let covariance: f64 = logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum();
    let variance: f64 = logs.iter().map(|log| (log.0 - x).powi(2)).sum();
    if variance == 0.0 { 0.0 } else { covariance / variance }
}

/// Instructions of one call.
#[derive(Debug, Serialize, Deserialize)]
pub struct Count {
    /// What is called, and how.
    pub path: String,
    /// Ours.
    pub instructions: f64,
    /// The baseline's, where it is a program of its own.
    pub baseline: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::{Curve, Target};

    fn curve(cost: impl Fn(f64) -> f64) -> Curve {
        let ours = [1.0, 10.0, 100.0, 1000.0].map(|size| (size, cost(size))).to_vec();
        Curve { name: String::new(), size: String::new(), unit: String::new(), ours, baseline: Vec::new() }
    }

    #[test]
    fn a_slope_is_the_power_with_which_costs_grow() {
        assert!(curve(|_| 5.0).slope().abs() < 1e-9);
        assert!((curve(|size| 3.0 * size).slope() - 1.0).abs() < 1e-9);
        assert!((curve(|size| size * size).slope() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_target_is_met_at_its_limit() {
        assert!(Target::AtMost(1.1).is_met(1.1) && !Target::AtMost(1.1).is_met(1.11));
        assert!(Target::AtLeast(0.95).is_met(0.95) && !Target::AtLeast(0.95).is_met(0.94));
    }
}
