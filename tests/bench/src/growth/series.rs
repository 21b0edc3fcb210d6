//! What one thing costs at each size, and whether that grows.

use anyhow::Context;

use super::costs::Cost;
use crate::figure::Figure;

/// Whatever costs no more than so many times as much as at the smallest size is flat: less is how far runs are apart.
const FLAT: f64 = 1.5;

/// What one thing costs at each size.
#[derive(Debug)]
pub(super) struct Series {
    name: String,
    figures: Vec<(u32, Figure)>,
    /// What could not be measured.
    refused: Vec<String>,
    why: Option<&'static str>,
}

impl Series {
    /// At the smallest size nothing is refused.
    pub(super) fn begin(name: &str, rows: u32, cost: Cost) -> anyhow::Result<Self> {
        let mut series = Self {
            name: format!("{name}.{}", cost.what),
            figures: Vec::new(),
            refused: Vec::new(),
            why: cost.why,
        };
        let runs = cost.runs.with_context(|| series.name.clone())?;
        series.measured(rows, cost.unit, cost.beside, &runs);
        Ok(series)
    }

    /// At a larger one it is told.
    pub(super) fn push(&mut self, rows: u32, cost: Cost) {
        match cost.runs {
            Ok(runs) => self.measured(rows, cost.unit, cost.beside, &runs),
            Err(error) => {
                let refused = format!("not measured among {rows}: {error:#}");
                eprintln!("  {}: {refused}", self.name);
                self.refused.push(refused);
            }
        }
    }

    fn measured(&mut self, rows: u32, unit: &'static str, beside: &'static str, runs: &[(f64, f64)]) {
        let figure = Figure::of_runs(format!("{}.{rows}", self.name), unit, beside, runs);
        self.figures.push((rows, figure));
    }

    /// Each size, and the largest beside the smallest.
    pub(super) fn figures(self) -> Vec<Figure> {
        let mut figures = self.figures;
        let flat = match (figures.first(), figures.last()) {
            (Some((fewest, first)), Some((most, last))) if fewest < most => {
                let name = format!("{}.flat", self.name);
                let beside = ("among 1,000", first.value);
                let flat = Figure::new(name, last.value, last.unit, beside);
                let mut words = vec![verdict(flat.ratio, most / fewest, self.why)];
                words.extend(self.refused);
                Some((*most, flat.noted(Some(words.join("; ")))))
            }
            _ => None,
        };
        figures.extend(flat);
        figures.into_iter().map(|(_, figure)| figure).collect()
    }
}

fn verdict(times: f64, rows: u32, why: Option<&str>) -> String {
    if times <= FLAT {
        return "flat".to_owned();
    }
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("grows {times:.1} times while rows grow {rows} times{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(runs: anyhow::Result<Vec<(f64, f64)>>) -> Cost {
        Cost::of_reads("first", runs).grows_because("it counts")
    }

    #[test]
    fn the_largest_size_is_told_beside_the_smallest() {
        let mut series = Series::begin("growth.things", 1_000, cost(Ok(vec![(2.0, 1.0)]))).unwrap();
        series.push(10_000, cost(Ok(vec![(6.0, 1.0)])));
        series.push(100_000, cost(Err(anyhow::anyhow!("too slow"))));
        let figures = series.figures();
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        let wanted = [
            "growth.things.first.1000",
            "growth.things.first.10000",
            "growth.things.first.flat",
        ];
        assert_eq!(names, wanted);
        let flat = figures.last().unwrap();
        assert_eq!((flat.value, flat.yardstick_value, flat.ratio), (6.0, 2.0, 3.0));
        let note = "grows 3.0 times while rows grow 10 times: it counts; not measured among 100000: too slow";
        assert_eq!(flat.note.as_deref(), Some(note));
    }

    #[test]
    fn what_hardly_grows_is_flat() {
        assert_eq!(verdict(1.2, 1_000, Some("it counts")), "flat");
    }

    #[test]
    fn at_the_smallest_size_nothing_is_refused() {
        assert!(Series::begin("growth.things", 1_000, cost(Err(anyhow::anyhow!("refused")))).is_err());
    }
}
