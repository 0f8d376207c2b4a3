//! Random values go from Lua through a guest and back, for every WIT type, and come back as they were.

use super::support::App;
use std::fmt::Write as _;
use std::sync::Arc;
use wippy_host_core::value::Object;
use wippy_host_core::{EntrySpec, Host, Value};

const VALUES_PER_TYPE: usize = 10_000;
/// Values that go through one call.
const BATCH: usize = 500;
const RANDOM_TYPES: usize = 25;
const DEPTH: usize = 5;

/// A guest that returns the list which it is passed: values go into its memory and out again.
const ECHO: &str = r#"(module
    (memory (export "memory") 1024)
    (global $next (mut i32) (i32.const 16))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get 2))))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.store (i32.const 4) (local.get 1))
        (i32.const 0)))"#;

/// A WIT type. Cases, fields and flags are called by their index.
#[derive(Clone, Debug)]
enum Ty {
    Bool,
    Integer(u32, bool),
    F32,
    F64,
    Char,
    Text,
    Bytes,
    List(Box<Ty>),
    Option(Box<Ty>),
    Tuple(Vec<Ty>),
    Record(Vec<Ty>),
    Variant(Vec<Option<Ty>>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
    Enum(usize),
    Flags(usize),
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    fn letter(&mut self) -> char {
        ['a', 'ß', '€', '𝄞', '\0', '"', '\n', '1'][self.below(8)]
    }

    fn leaf(&mut self) -> Ty {
        match self.below(9) {
            0 => Ty::Bool,
            1 | 2 => Ty::Integer(8 << self.below(4), self.below(2) == 0),
            3 => [Ty::F32, Ty::F64][self.below(2)].clone(),
            4 => Ty::Char,
            5 => Ty::Text,
            6 => Ty::Bytes,
            7 => Ty::Enum(1 + self.below(4)),
            _ => Ty::Flags(1 + self.below(4)),
        }
    }

    fn ty(&mut self, depth: usize) -> Ty {
        if depth == 0 || self.below(6) == 0 {
            return self.leaf();
        }
        let inner = |random: &mut Self| Box::new(random.ty(depth - 1));
        let several = |random: &mut Self| (0..=random.below(3)).map(|_| random.ty(depth - 1)).collect();
        match self.below(6) {
            0 => match inner(self) {
                byte if matches!(*byte, Ty::Integer(8, false)) => Ty::Bytes,
                item => Ty::List(item),
            },
            1 => Ty::Option(inner(self)),
            2 => Ty::Tuple(several(self)),
            3 => Ty::Record(several(self)),
            4 => Ty::Variant((0..=self.below(3)).map(|_| (self.below(3) > 0).then(|| self.ty(depth - 1))).collect()),
            _ => Ty::Result((self.below(3) > 0).then(|| inner(self)), (self.below(3) > 0).then(|| inner(self))),
        }
    }

    fn value(&mut self, ty: &Ty) -> Value {
        match ty {
            Ty::Bool => Value::Bool(self.below(2) == 0),
            Ty::Integer(bits, signed) => self.integer(*bits, *signed),
            Ty::F32 => Value::Float([0.5, -0.0, f64::INFINITY, 1.0, f64::from(f32::MAX)][self.below(5)]),
            Ty::F64 => Value::Float([0.5, -0.0, f64::NEG_INFINITY, 1.0, f64::MAX, f64::MIN_POSITIVE][self.below(6)]),
            Ty::Char => Value::Text(self.letter().to_string()),
            Ty::Text => Value::Text((0..self.below(6)).map(|_| self.letter()).collect()),
            Ty::Bytes => Value::from((0..self.below(6)).map(|_| self.next() as u8).collect::<Vec<u8>>()),
            Ty::List(item) => Value::List((0..self.below(4)).map(|_| self.value(item)).collect()),
            Ty::Tuple(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Ty::Option(item) => {
                let nested = matches!(**item, Ty::Option(_));
                match (self.below(2) == 0, nested) {
                    (true, false) => Value::Null,
                    (true, true) => one("none", Value::Null),
                    (false, false) => self.value(item),
                    (false, true) => one("some", self.value(item)),
                }
            }
            Ty::Record(fields) => {
                let mut record = Object::new();
                for (index, field) in fields.iter().enumerate() {
                    record.insert(format!("part-{index}"), self.value(field));
                }
                Value::Object(record)
            }
            Ty::Variant(cases) => {
                let index = self.below(cases.len());
                match &cases[index] {
                    Some(payload) => one(&format!("part-{index}"), self.value(payload)),
                    None => Value::Text(format!("part-{index}")),
                }
            }
            Ty::Result(ok, err) => {
                let (name, payload) = [("ok", ok), ("err", err)][self.below(2)];
                one(name, payload.as_ref().map_or(Value::Null, |payload| self.value(payload)))
            }
            Ty::Enum(cases) => Value::Text(format!("part-{}", self.below(*cases))),
            Ty::Flags(flags) => {
                let set = (0..*flags).filter(|_| self.below(2) == 0).collect::<Vec<_>>();
                Value::List(set.into_iter().map(|index| Value::Text(format!("part-{index}"))).collect())
            }
        }
    }

    /// Often one at the edge.
    fn integer(&mut self, bits: u32, signed: bool) -> Value {
        let raw = [u64::MAX, 1 << (bits - 1), self.next(), self.next()][self.below(4)] >> (64 - bits) << (64 - bits);
        if signed { Value::Integer((raw as i64) >> (64 - bits)) } else { Value::from(raw >> (64 - bits)) }
    }
}

fn one(name: &str, value: Value) -> Value {
    let mut object = Object::new();
    object.insert(name, value);
    Value::Object(object.keeping_nulls())
}

/// Names the type in WIT, and writes the definitions that it needs.
fn name(ty: &Ty, definitions: &mut String, count: &mut usize) -> String {
    let mut of = |ty: &Ty| name(ty, definitions, count);
    let body = match ty {
        Ty::Bool => return "bool".into(),
        Ty::Integer(bits, signed) => return format!("{}{bits}", if *signed { 's' } else { 'u' }),
        Ty::F32 => return "f32".into(),
        Ty::F64 => return "f64".into(),
        Ty::Char => return "char".into(),
        Ty::Text => return "string".into(),
        Ty::Bytes => return "list<u8>".into(),
        Ty::List(item) => return format!("list<{}>", of(item)),
        Ty::Option(item) => return format!("option<{}>", of(item)),
        Ty::Tuple(items) => return format!("tuple<{}>", items.iter().map(of).collect::<Vec<_>>().join(", ")),
        Ty::Result(None, None) => return "result".into(),
        Ty::Result(Some(ok), None) => return format!("result<{}>", of(ok)),
        Ty::Result(ok, Some(err)) => {
            let ok = ok.as_ref().map_or_else(|| "_".to_owned(), |ok| of(ok));
            return format!("result<{ok}, {}>", of(err));
        }
        Ty::Record(fields) => {
            let fields = fields.iter().enumerate().map(|(index, field)| format!("part-{index}: {}", of(field)));
            format!("record NAME {{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Ty::Variant(cases) => {
            let cases = cases.iter().enumerate().map(|(index, case)| match case {
                Some(payload) => format!("part-{index}({})", of(payload)),
                None => format!("part-{index}"),
            });
            format!("variant NAME {{ {} }}", cases.collect::<Vec<_>>().join(", "))
        }
        Ty::Enum(cases) => format!("enum NAME {{ {} }}", parts(*cases)),
        Ty::Flags(flags) => format!("flags NAME {{ {} }}", parts(*flags)),
    };
    *count += 1;
    let own = format!("t{count}");
    writeln!(definitions, "{}", body.replace("NAME", &own)).unwrap();
    own
}

fn parts(count: usize) -> String {
    (0..count).map(|index| format!("part-{index}")).collect::<Vec<_>>().join(", ")
}

/// What two values have in common that are equal in Lua: text and bytes are strings, an empty array is an empty object, a
/// name without a value is not there, integers that Lua does not have are decimal text.
fn as_lua_sees_it(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::from(text.into_bytes()),
        Value::Unsigned(number) if i64::try_from(number).is_err() => Value::from(number.to_string().into_bytes()),
        Value::Unsigned(number) => Value::Integer(number as i64),
        Value::List(items) => Value::List(items.into_iter().map(as_lua_sees_it).collect()),
        Value::Object(object) => {
            // A field that holds a none is not there; a case that holds one is.
            let keeps = object.keeps_nulls();
            let pairs = object.into_iter().filter(|(_, value)| keeps || !value.is_null());
            let mut pairs: Vec<_> = pairs.map(|(name, value)| (name, as_lua_sees_it(value))).collect();
            pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
            if pairs.is_empty() { Value::List(Vec::new()) } else { Value::Object(Object::from_pairs(pairs).unwrap()) }
        }
        other => other,
    }
}

/// The same for what came from Lua: a null in it was `json.null` there, and counts.
fn as_it_came(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(as_it_came).collect()),
        Value::Object(object) if object.is_empty() => Value::List(Vec::new()),
        Value::Object(object) => {
            let pairs = object.into_iter().map(|(name, value)| (name, as_it_came(value))).collect();
            Value::Object(Object::from_pairs(pairs).unwrap())
        }
        other => as_lua_sees_it(other),
    }
}

async fn check(host: &Host, ty: &Ty, random: &mut Random) {
    let mut wit = String::new();
    let element = name(ty, &mut wit, &mut 0);
    let wit = format!(
        "package test:echo;\nworld echo {{\n{wit}export echo: func(items: list<{element}>) -> list<{element}>;\n}}"
    );
    let component = host.compile_module(ECHO, &wit).unwrap_or_else(|error| panic!("{error}\n{wit}"));
    let guest = host.prepare(EntrySpec::new("app:guest", "echo"), &component).await.unwrap();
    let app = App::new();
    app.functions.register_all(vec![("app:guest".into(), Arc::new(guest))]).unwrap();
    app.lua(
        "app:f",
        "local funcs = require('funcs')
        return function(items)
            local back, err = funcs.call('app:guest', items)
            if err then error(err) end
            return back
        end",
    );
    for _ in 0..VALUES_PER_TYPE / BATCH {
        let given: Vec<Value> = (0..BATCH).map(|_| random.value(ty)).collect();
        let back =
            app.call("app:f", vec![Value::List(given.clone())]).await.unwrap_or_else(|error| panic!("{error}\n{wit}"));
        let back = match back {
            // A list<u8> as a whole is bytes.
            Value::Text(text) => text.into_bytes().into_iter().map(|byte| Value::Integer(byte.into())).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|byte| Value::Integer((*byte).into())).collect(),
            Value::List(items) => items,
            other => panic!("{other:?}\n{wit}"),
        };
        assert_eq!(back.len(), given.len(), "{wit}");
        for (back, given) in back.into_iter().zip(given) {
            assert_eq!(as_it_came(back), as_lua_sees_it(given), "{wit}");
        }
    }
}

#[tokio::test]
async fn values_of_every_type_survive_the_way_from_lua_through_a_guest() {
    let host = Host::builder().build().unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let integers = [8, 16, 32, 64].into_iter().flat_map(|bits| [Ty::Integer(bits, true), Ty::Integer(bits, false)]);
    let text = || Some(Box::new(Ty::Text));
    let others = [
        Ty::Bool,
        Ty::F32,
        Ty::F64,
        Ty::Char,
        Ty::Text,
        Ty::Bytes,
        Ty::Enum(3),
        Ty::Flags(3),
        Ty::Option(Box::new(Ty::Text)),
        Ty::Option(Box::new(Ty::Option(Box::new(Ty::Integer(8, true))))),
        Ty::Result(None, None),
        Ty::Result(text(), None),
        Ty::Result(None, text()),
        Ty::Result(text(), text()),
        Ty::Tuple(vec![Ty::Integer(8, false), Ty::Text, Ty::F64]),
        Ty::Record(vec![Ty::Text, Ty::Option(Box::new(Ty::Integer(32, false))), Ty::Bytes]),
        Ty::Variant(vec![None, Some(Ty::Text), Some(Ty::Tuple(vec![Ty::Bool, Ty::Char]))]),
        Ty::Variant(vec![Some(Ty::Option(Box::new(Ty::Text))), None]),
        Ty::List(Box::new(Ty::List(Box::new(Ty::Integer(16, true))))),
    ];
    for ty in integers.chain(others) {
        check(&host, &ty, &mut random).await;
    }
    for _ in 0..RANDOM_TYPES {
        let ty = random.ty(DEPTH);
        check(&host, &ty, &mut random).await;
    }
}
