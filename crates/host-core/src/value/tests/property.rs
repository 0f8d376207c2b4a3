//! Random values of random types, through the memory of a guest and back.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};
use wasmtime::component::{Type, Val};

use super::wit::Echo;
use crate::value::{Value, from_val, to_val};

const VALUES_PER_TYPE: usize = 10_000;
/// Values that go through the guest in one call.
const BATCH: usize = 500;
const RANDOM_TYPES: usize = 30;

/// Every constructor at least once; the random types below combine them.
const TYPES: &[&str] = &[
    "bool",
    "s8",
    "u8",
    "s16",
    "u16",
    "s32",
    "u32",
    "s64",
    "u64",
    "f32",
    "f64",
    "char",
    "string",
    "list<u8>",
    "list<u8, 5>",
    "list<list<s16>>",
    "list<char, 3>",
    "map<string, u32>",
    "map<u16, list<u8>>",
    "tuple<u8, string, f64>",
    "record { name: string, tag-count: option<u32>, data: list<u8>, at: u64 }",
    "variant { none, some-text(string), both(tuple<u8, u8>), maybe(option<char>) }",
    "enum { red, green, dark-blue }",
    "flags { read, write, run-as-root }",
    "option<string>",
    "option<option<option<s8>>>",
    "result",
    "result<u32>",
    "result<_, string>",
    "result<list<string>, enum { not-found, denied }>",
];

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| self.letter()).collect()
    }

    fn letter(&mut self) -> char {
        match self.below(4) {
            0 => char::from_u32(self.next() as u32 % 0x11_0000).unwrap_or('\u{fffd}'),
            _ => (b' ' + self.below(95) as u8) as char,
        }
    }

    /// An integer of `bits` bits, often one at the edge.
    fn integer(&mut self, bits: u32, signed: bool) -> Json {
        let raw = self.next() >> (64 - bits);
        let raw = match self.below(4) {
            0 => u64::MAX >> (64 - bits),
            1 => 1 << (bits - 1),
            2 => raw >> (bits / 2),
            _ => raw,
        };
        match signed {
            true => json!(((raw << (64 - bits)) as i64) >> (64 - bits)),
            false => json!(raw),
        }
    }
}

/// A random type in WIT notation, with at most `depth` levels.
fn random_type(rng: &mut Rng, depth: usize) -> String {
    let leaf = depth == 0 || rng.below(4) == 0;
    let names = |rng: &mut Rng| (0..=rng.below(4)).map(|index| format!("part-{index}")).collect::<Vec<_>>();
    // Names, each with a random type between two marks behind it.
    let typed = |rng: &mut Rng, open: &str, close: &str| {
        let names = names(rng);
        let part = |name| format!("{name}{open}{}{close}", random_type(rng, depth - 1));
        names.into_iter().map(part).collect::<Vec<_>>().join(", ")
    };
    match rng.below(if leaf { 15 } else { 26 }) {
        index @ 0..13 => TYPES[index].to_owned(),
        13 => format!("enum {{ {} }}", names(rng).join(", ")),
        14 => format!("flags {{ {} }}", names(rng).join(", ")),
        15 | 16 => format!("record {{ {} }}", typed(rng, ": ", "")),
        17 => format!("variant {{ nothing, {} }}", typed(rng, "(", ")")),
        18 | 19 => format!("option<{}>", random_type(rng, depth - 1)),
        20 => format!("result<{}, {}>", random_type(rng, depth - 1), random_type(rng, depth - 1)),
        21 => format!("tuple<{}, {}>", random_type(rng, depth - 1), random_type(rng, depth - 1)),
        22 => format!("list<{}, {}>", random_type(rng, depth - 1), rng.below(3) + 1),
        23 => format!("map<string, {}>", random_type(rng, depth - 1)),
        _ => format!("list<{}>", random_type(rng, depth - 1)),
    }
}

/// A random value of `ty` in JSON, twice: in some form that is accepted, and in the form that comes back.
/// `plain` keeps the first to the second.
fn random_value(rng: &mut Rng, ty: &Type, plain: bool) -> (Json, Json) {
    let other = !plain && rng.coin();
    let many = |rng: &mut Rng, count: usize, element: &Type| -> (Json, Json) {
        let (given, back): (Vec<_>, Vec<_>) = (0..count).map(|_| random_value(rng, element, plain)).unzip();
        (given.into(), back.into())
    };
    match ty {
        Type::Bool => same(rng.coin().into()),
        Type::S8 => integer(rng, 8, true, other),
        Type::U8 => integer(rng, 8, false, other),
        Type::S16 => integer(rng, 16, true, other),
        Type::U16 => integer(rng, 16, false, other),
        Type::S32 => integer(rng, 32, true, other),
        Type::U32 => integer(rng, 32, false, other),
        Type::S64 => same(rng.integer(64, true)),
        Type::U64 => {
            let back = rng.integer(64, false);
            (if other { back.to_string().into() } else { back.clone() }, back)
        }
        Type::Float32 => float(f32::from_bits(rng.next() as u32).into()),
        Type::Float64 => float(f64::from_bits(rng.next())),
        Type::Char => same(rng.letter().to_string().into()),
        Type::String => same(rng.text().into()),
        Type::List(list) if list.ty() == Type::U8 => {
            let count = rng.below(9);
            bytes(rng, count, other)
        }
        Type::List(list) => {
            let count = rng.below(4);
            let (given, back) = many(rng, count, &list.ty());
            (if other && count == 0 { json!({}) } else { given }, back)
        }
        Type::FixedLengthList(list) if list.ty() == Type::U8 => bytes(rng, list.len() as usize, other),
        Type::FixedLengthList(list) => many(rng, list.len() as usize, &list.ty()),
        Type::Map(map) => {
            let (mut given, mut back) = (Vec::new(), Vec::new());
            for index in 0..rng.below(4) {
                // Different keys, for equal ones fall together.
                let key = match map.key() {
                    Type::String => json!(format!("{}{index}", rng.text())),
                    _ => json!(index),
                };
                let (value, value_back) = random_value(rng, &map.value(), plain);
                given.push((key.clone(), value));
                back.push((key, value_back));
            }
            let pairs = |pairs: Vec<(Json, Json)>| pairs.into_iter().map(|(key, value)| json!([key, value])).collect();
            let object = |pairs: Vec<(Json, Json)>| {
                pairs.into_iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), value)).collect::<Map<_, _>>()
            };
            match map.key() {
                Type::String if other => (pairs(given), object(back).into()),
                Type::String => (object(given).into(), object(back).into()),
                _ => (pairs(given), pairs(back)),
            }
        }
        Type::Tuple(tuple) => {
            let (given, back): (Vec<_>, Vec<_>) = tuple.types().map(|ty| random_value(rng, &ty, plain)).unzip();
            (given.into(), back.into())
        }
        Type::Record(record) => {
            let (mut given, mut back) = (Vec::new(), Map::new());
            for field in record.fields() {
                let (value, value_back) = random_value(rng, &field.ty, plain);
                let absent = other && value.is_null() && matches!(field.ty, Type::Option(_)) && rng.coin();
                if !absent {
                    let name = if other { field.name.replace('-', "_") } else { field.name.to_owned() };
                    let place = if other { rng.below(given.len() + 1) } else { given.len() };
                    given.insert(place, (name, value));
                }
                back.insert(field.name.to_owned(), value_back);
            }
            (Json::Object(given.into_iter().collect()), Json::Object(back))
        }
        Type::Variant(variant) => {
            let case = variant.cases().nth(rng.below(variant.cases().len())).unwrap();
            match case.ty {
                Some(ty) => {
                    let (value, value_back) = random_value(rng, &ty, plain);
                    let name = if other { case.name.replace('-', "_") } else { case.name.to_owned() };
                    (json!({ name: value }), json!({ case.name: value_back }))
                }
                None if other => (json!({ case.name: null }), json!(case.name)),
                None => same(json!(case.name)),
            }
        }
        Type::Enum(cases) => {
            let index = rng.below(cases.names().len());
            let back = json!(cases.names().nth(index).unwrap());
            (if other { json!(index) } else { back.clone() }, back)
        }
        Type::Flags(flags) => {
            let set: Vec<(&str, bool)> = flags.names().map(|name| (name, rng.coin())).collect();
            let back: Vec<&str> = set.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
            let object = || set.iter().map(|(name, is_set)| ((*name).to_owned(), json!(is_set))).collect::<Map<_, _>>();
            (if other { object().into() } else { json!(back) }, json!(back))
        }
        Type::Option(option) => {
            let inner = option.ty();
            let is_nested = matches!(inner, Type::Option(_));
            match rng.coin() {
                true if is_nested => (if other { json!(null) } else { json!({"none": null}) }, json!({"none": null})),
                true => same(json!(null)),
                false => {
                    let (given, back) = random_value(rng, &inner, plain);
                    if is_nested { (json!({"some": given}), json!({"some": back})) } else { (given, back) }
                }
            }
        }
        Type::Result(result) => {
            let (name, payload) = if rng.coin() { ("ok", result.ok()) } else { ("err", result.err()) };
            let (given, back) = payload.map_or_else(|| same(json!(null)), |ty| random_value(rng, &ty, plain));
            (json!({ name: given }), json!({ name: back }))
        }
        other => panic!("no values of {other:?}"),
    }
}

fn same(json: Json) -> (Json, Json) {
    (json.clone(), json)
}

fn integer(rng: &mut Rng, bits: u32, signed: bool, as_float: bool) -> (Json, Json) {
    let back = rng.integer(bits, signed);
    (if as_float { json!(back.as_f64()) } else { back.clone() }, back)
}

fn float(number: f64) -> (Json, Json) {
    same(Value::Float(number).into_json().unwrap())
}

fn bytes(rng: &mut Rng, count: usize, other: bool) -> (Json, Json) {
    let bytes: Vec<u8> = (0..count).map(|_| rng.next() as u8 >> rng.below(2)).collect();
    let back = json!({"base64": BASE64_STANDARD.encode(&bytes)});
    match String::from_utf8(bytes) {
        Ok(text) if other => (text.into(), back),
        Err(error) if other => (json!(error.into_bytes()), back),
        _ => (back.clone(), back),
    }
}

fn check(wit: &str, rng: &mut Rng) {
    let mut echo = Echo::new(wit);
    let list = echo.ty();
    let element = list.unwrap_list().ty();
    for plain in [true, false].into_iter().cycle().take(VALUES_PER_TYPE / BATCH) {
        // A list<u8> of the guest is bytes as a whole; its elements are looked at in lists of lists.
        let (given, back): (Vec<_>, Vec<_>) = (0..BATCH).map(|_| random_value(rng, &element, plain)).unzip();
        let given = Json::Array(given).to_string();
        let sent =
            to_val(Value::from_json_text(&given).unwrap(), &list).unwrap_or_else(|error| panic!("{wit}: {error}"));
        let received = echo.call(sent.clone());
        assert_eq!(sent, received, "{wit}");
        let received = from_val(received, &list).unwrap().into_json().unwrap();
        match element {
            Type::U8 => {
                let bytes: Vec<u8> = back.iter().map(|byte| byte.as_u64().unwrap() as u8).collect();
                assert_eq!(received, json!({"base64": BASE64_STANDARD.encode(bytes)}));
            }
            _ => {
                for (received, back) in received.as_array().unwrap().iter().zip(&back) {
                    assert_eq!(received.to_string(), back.to_string(), "{wit}");
                }
                assert_eq!(received.as_array().unwrap().len(), back.len());
            }
        }
    }
}

#[test]
fn values_of_every_type_survive_a_guest() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    for wit in TYPES {
        check(wit, &mut rng);
    }
}

#[test]
fn values_of_random_types_survive_a_guest() {
    let mut rng = Rng(0x2545_f491_4f6c_dd1d);
    for _ in 0..RANDOM_TYPES {
        let wit = random_type(&mut rng, 5);
        check(&wit, &mut rng);
    }
}

#[test]
fn a_value_of_another_type_is_refused_or_fits() {
    let mut rng = Rng(0xd1b5_4a32_d192_ed03);
    let mut guests: Vec<Echo> = TYPES.iter().map(|wit| Echo::new(wit)).collect();
    let elements: Vec<Type> = guests.iter().map(|echo| echo.ty().unwrap_list().ty()).collect();
    let mut refused = 0;
    for element in &elements {
        for (guest, (target, wit)) in guests.iter_mut().zip(elements.iter().zip(TYPES)) {
            for _ in 0..10 {
                let (given, _) = random_value(&mut rng, element, false);
                match to_val(Value::from_json(given).unwrap(), target) {
                    // Wasmtime checks the type of what it is given.
                    Ok(val) => assert_eq!(guest.call(Val::List(vec![val.clone()])), Val::List(vec![val]), "{wit}"),
                    Err(error) => {
                        refused += 1;
                        assert!(error.to_string().len() < 700, "{error}");
                    }
                }
            }
        }
    }
    assert!(refused > 1000, "only {refused} were refused");
}
