//! A section without the parts that are known to be wrong, so that what is wrong with the rest is found as well.

use super::config::ConfigProblem;
use serde_json::Value as Json;

/// Parts of one section that are left out before the rest is no more looked at.
const MOST: usize = 64;

/// What is left of a section.
pub(crate) struct Pruned<'a> {
    whole: &'a Json,
    left: Json,
    /// Items of lists that are left out: the list's path and the item's index, both in the whole section.
    items: Vec<(Vec<String>, usize)>,
    count: usize,
}

impl<'a> Pruned<'a> {
    pub(crate) fn new(whole: &'a Json) -> Self {
        Self { whole, left: whole.clone(), items: Vec::new(), count: 0 }
    }

    /// What is left.
    pub(crate) fn left(&self) -> &Json {
        &self.left
    }

    /// The problem of what is left, at its place in the whole section.
    pub(crate) fn located(&self, mut problem: ConfigProblem) -> ConfigProblem {
        problem.path = self.place(&problem.path);
        problem
    }

    /// Leaves out what stands at a path in the whole section: where nothing does, because it is missing, what should have
    /// it. False where that is everything.
    pub(crate) fn leave_out(&mut self, place: &[String]) -> bool {
        self.count += 1;
        if self.count > MOST {
            return false;
        }
        let mut path = self.path_in_left(place);
        while let Some((last, parent)) = path.split_last() {
            let parent = parent.to_vec();
            let place = self.place(&path);
            let removed = match at(&mut self.left, &parent) {
                Some(Json::Object(object)) => object.remove(last).is_some(),
                Some(Json::Array(items)) => match last.parse::<usize>() {
                    Ok(index) if index < items.len() => {
                        items.remove(index);
                        let whole = place.last().and_then(|index| index.parse().ok()).unwrap_or(index);
                        self.items.push((place.split_last().map_or(Vec::new(), |(_, list)| list.to_vec()), whole));
                        true
                    }
                    _ => false,
                },
                _ => false,
            };
            if removed {
                return true;
            }
            path = parent;
        }
        false
    }

    /// A path in what is left, as a path in the whole.
    fn place(&self, path: &[String]) -> Vec<String> {
        let mut place: Vec<String> = Vec::with_capacity(path.len());
        let mut value = Some(self.whole);
        for segment in path {
            let step = match (value, segment.parse::<usize>()) {
                (Some(Json::Array(items)), Ok(index)) => {
                    let left = (0..items.len()).filter(|at| !self.is_left_out(&place, *at));
                    left.clone().nth(index).map_or_else(|| segment.clone(), |index| index.to_string())
                }
                _ => segment.clone(),
            };
            value = value.and_then(|value| child(value, &step));
            place.push(step);
        }
        place
    }

    /// A path in the whole, as a path in what is left.
    fn path_in_left(&self, place: &[String]) -> Vec<String> {
        let mut path = Vec::with_capacity(place.len());
        let mut value = Some(self.whole);
        for (depth, segment) in place.iter().enumerate() {
            let step = match (value, segment.parse::<usize>()) {
                (Some(Json::Array(_)), Ok(index)) => {
                    let list = place.get(..depth).unwrap_or_default();
                    (0..index).filter(|at| !self.is_left_out(list, *at)).count().to_string()
                }
                _ => segment.clone(),
            };
            value = value.and_then(|value| child(value, segment));
            path.push(step);
        }
        path
    }

    fn is_left_out(&self, list: &[String], index: usize) -> bool {
        self.items.iter().any(|(of, left_out)| *left_out == index && of == list)
    }
}

fn child<'v>(value: &'v Json, segment: &str) -> Option<&'v Json> {
    match value {
        Json::Object(object) => object.get(segment),
        Json::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

fn at<'v>(value: &'v mut Json, path: &[String]) -> Option<&'v mut Json> {
    path.iter().try_fold(value, |value, segment| match value {
        Json::Object(object) => object.get_mut(segment),
        Json::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn places_stay_those_of_the_whole_section_whatever_is_left_out() {
        let whole = json!({"a": [0, 1, 2, {"b": [0, 1]}], "c": {"d": 1, "e": 2}});
        let mut pruned = Pruned::new(&whole);
        for (place, left) in [
            ("a.1", json!({"a": [0, 2, {"b": [0, 1]}], "c": {"d": 1, "e": 2}})),
            ("a.3.b.0", json!({"a": [0, 2, {"b": [1]}], "c": {"d": 1, "e": 2}})),
            ("a.0", json!({"a": [2, {"b": [1]}], "c": {"d": 1, "e": 2}})),
            ("c.d", json!({"a": [2, {"b": [1]}], "c": {"e": 2}})),
            // What is missing takes with it what should have had it.
            ("a.3.missing", json!({"a": [2], "c": {"e": 2}})),
        ] {
            assert!(pruned.leave_out(&path(place)), "{place}");
            assert_eq!(*pruned.left(), left, "{place}");
        }
        let problem = ConfigProblem::new(["a", "0"], "wrong");
        assert_eq!(pruned.located(problem).path, ["a", "2"]);
        assert!(!pruned.leave_out(&[]));
    }
}
