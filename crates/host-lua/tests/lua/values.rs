//! Random values go through a Lua function and come back as they were, under the rules of the specification.

use super::support::App;
use wippy_host_core::Value;
use wippy_host_core::value::Object;

/// A small generator: the same values in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| ['a', 'ß', '€', '𝄞', '\0', '"', '1'][self.below(7) as usize]).collect()
    }

    fn value(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Bool(self.below(2) == 0),
            1 => Value::Integer([i64::MIN, -1, 0, 1, i64::MAX, self.next() as i64][self.below(6) as usize]),
            2 => Value::Unsigned(self.next() | 1 << 63),
            3 => Value::Float([0.5, -0.0, f64::MAX, f64::INFINITY, 1.0, f64::MIN_POSITIVE][self.below(6) as usize]),
            4 => Value::Text(self.text()),
            5 => Value::Bytes([&[255], self.text().as_bytes()].concat().into()),
            6 => {
                let items =
                    (0..self.below(4)).map(|_| if self.below(5) == 0 { Value::Null } else { self.value(depth - 1) });
                Value::List(items.collect())
            }
            _ => {
                let mut object = Object::new();
                for index in 0..self.below(4) {
                    // A name of digits alone is a number to nobody, and stays a name.
                    object.insert(format!("{}{index}", self.text()), self.value(depth - 1));
                }
                Value::Object(object)
            }
        }
    }
}

/// What comes back for a value: large integers as text, names sorted.
fn expected(value: Value) -> Value {
    match value {
        Value::Unsigned(number) => Value::Text(number.to_string()),
        Value::List(items) => Value::List(items.into_iter().map(expected).collect()),
        Value::Object(object) => {
            let mut pairs: Vec<_> = object.into_iter().map(|(name, value)| (name, expected(value))).collect();
            pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(Object::from_pairs(pairs).unwrap())
        }
        other => other,
    }
}

#[tokio::test]
async fn ten_thousand_random_values_come_back() {
    let app = App::new();
    app.lua("app:echo", "return function(list) return list end");
    let mut random = Random(0x5eed);
    for _ in 0..100 {
        // A hundred at a time: a call makes a VM.
        let values: Vec<Value> = (0..100).map(|_| random.value(5)).collect();
        let returned = app.call("app:echo", vec![Value::List(values.clone())]).await.unwrap();
        let returned = returned.as_list().unwrap().to_vec();
        for (value, returned) in values.into_iter().zip(returned) {
            assert_eq!(returned, expected(value.clone()), "{value:?}");
        }
    }
}
