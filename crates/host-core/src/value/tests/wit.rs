//! Component types from WIT notation: a small reader that writes a component's text and lets Wasmtime make the types.
//!
//! It reads what `type_name` writes, so that the one proves the other.

use std::fmt::Write as _;
use std::sync::LazyLock;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Func, Instance, Linker, Type, Val};
use wasmtime::{Config, Engine, Store};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_component_model_fixed_length_lists(true).wasm_component_model_map(true);
    config.wasm_component_model_async(true).wasm_component_model_error_context(true);
    Engine::new(&config).unwrap()
});

/// The type that `wit` writes.
pub(super) fn ty(wit: &str) -> Type {
    let params = params(&format!("(it: {wit})"));
    params.into_iter().next().unwrap().1
}

/// The parameters that `wit` writes, `(a: s32, b: s32)`.
pub(super) fn params(wit: &str) -> Vec<(String, Type)> {
    func(wit).params().map(|(name, ty)| (name.to_owned(), ty)).collect()
}

/// The function that `wit` writes, `(a: s32) -> s32`.
pub(super) fn func(wit: &str) -> ComponentFunc {
    let mut reader = Reader::new(wit, |number| format!("(export \"t{number}\" (type $e{number} (eq $t{number})))"));
    let mut func = String::from("(func");
    if reader.take("async") {
        func.push_str(" async");
    }
    reader.expect("(");
    while !reader.take(")") {
        let name = reader.word();
        reader.expect(":");
        write!(func, " (param \"{name}\" {})", reader.ty()).unwrap();
        reader.take(",");
    }
    if reader.take("->") {
        write!(func, " (result {})", reader.ty()).unwrap();
    }
    let text = format!("(component (import \"i\" (instance {} (export \"f\" {func})))))", reader.types);
    let component = Component::new(&ENGINE, &text).unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    let ty = component.component_type();
    let Some((_, import)) = ty.imports(&ENGINE).next() else { panic!("no import") };
    let ComponentItem::ComponentInstance(instance) = import.ty else { panic!("no instance") };
    match instance.get_export(&ENGINE, "f").unwrap().ty {
        ComponentItem::ComponentFunc(func) => func,
        other => panic!("{other:?}"),
    }
}

/// A guest that returns the `list<T>` which it is passed: values go into its memory and out again.
pub(super) struct Echo {
    store: Store<()>,
    func: Func,
}

impl Echo {
    pub(super) fn new(element: &str) -> Self {
        let mut reader = Reader::new(element, |number| format!("(export $e{number} \"t{number}\" (type $t{number}))"));
        let element = reader.ty();
        let text = format!(
            r#"(component
                (core module $m
                    (memory (export "memory") 512)
                    (global $next (mut i32) (i32.const 16))
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                        (local $at i32)
                        (local.set $at (i32.and
                            (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get 2))))
                        (global.set $next (i32.add (local.get $at) (local.get 3)))
                        (local.get $at))
                    (func (export "echo") (param i32 i32) (result i32)
                        (i32.store (i32.const 0) (local.get 0))
                        (i32.store (i32.const 4) (local.get 1))
                        (i32.const 0)))
                (core instance $i (instantiate $m))
                (alias core export $i "memory" (core memory $memory))
                (alias core export $i "realloc" (core func $realloc))
                (alias core export $i "echo" (core func $echo))
                {}
                (func (export "echo") (param "items" (list {element})) (result (list {element}))
                    (canon lift (core func $echo) (memory (core memory $memory)) (realloc (core func $realloc)))))"#,
            reader.types
        );
        let component = Component::new(&ENGINE, &text).unwrap_or_else(|error| panic!("{error:#}\n{text}"));
        let mut store = Store::new(&ENGINE, ());
        let instance: Instance = Linker::new(&ENGINE).instantiate(&mut store, &component).unwrap();
        let func = instance.get_func(&mut store, "echo").unwrap();
        Self { store, func }
    }

    /// The type `list<T>`, as this guest has it.
    pub(super) fn ty(&self) -> Type {
        self.func.ty(&self.store).results().next().unwrap()
    }

    pub(super) fn call(&mut self, items: Val) -> Val {
        let mut results = [Val::Bool(false)];
        self.func.call(&mut self.store, &[items], &mut results).unwrap();
        let [result] = results;
        result
    }
}

struct Reader<'a> {
    rest: &'a str,
    /// Definitions of the types read so far.
    types: String,
    count: usize,
    /// Gives the type of a number a name, as records, variants, enums and flags need one.
    export: fn(usize) -> String,
}

impl<'a> Reader<'a> {
    fn new(wit: &'a str, export: fn(usize) -> String) -> Self {
        Self { rest: wit.trim(), types: String::new(), count: 0, export }
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest).trim_start();
        rest.is_some()
    }

    fn expect(&mut self, token: &str) {
        assert!(self.take(token), "expected {token} before {:?}", self.rest);
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        word
    }

    /// Reads a type and returns how the component's text refers to it.
    fn ty(&mut self) -> String {
        let word = self.word();
        let mut body = String::new();
        let named = matches!(word, "record" | "variant" | "enum" | "flags");
        match word {
            "record" | "variant" | "enum" | "flags" => {
                self.expect("{");
                while !self.take("}") {
                    let name = self.word();
                    let part = match word {
                        "record" => {
                            self.expect(":");
                            format!(" (field \"{name}\" {})", self.ty())
                        }
                        "variant" if self.take("(") => {
                            let payload = self.ty();
                            self.expect(")");
                            format!(" (case \"{name}\" {payload})")
                        }
                        "variant" => format!(" (case \"{name}\")"),
                        _ => format!(" \"{name}\""),
                    };
                    body.push_str(&part);
                    self.take(",");
                }
            }
            "own" | "borrow" => {
                self.expect("<resource>");
                write!(self.types, "(export \"r{0}\" (type $r{0} (sub resource)))", self.count).unwrap();
                write!(body, " $r{}", self.count).unwrap();
            }
            "result" if self.take("<") => {
                if !self.take("_") {
                    write!(body, " {}", self.ty()).unwrap();
                }
                if self.take(",") {
                    write!(body, " (error {})", self.ty()).unwrap();
                }
                self.expect(">");
            }
            "list" | "map" | "tuple" | "option" | "stream" | "future" if self.take("<") => {
                while !self.take(">") {
                    let part = match self.rest.starts_with(|digit: char| digit.is_ascii_digit()) {
                        true => self.word().to_owned(),
                        false => self.ty(),
                    };
                    write!(body, " {part}").unwrap();
                    self.take(",");
                }
            }
            "result" | "stream" | "future" => {}
            primitive => return primitive.to_owned(),
        }
        let number = self.count;
        self.count += 1;
        write!(self.types, "(type $t{number} ({word}{body}))").unwrap();
        if named {
            self.types.push_str(&(self.export)(number));
        }
        format!("${}{number}", if named { 'e' } else { 't' })
    }
}
