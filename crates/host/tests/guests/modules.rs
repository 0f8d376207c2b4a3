//! Plain core modules: the `wit` text makes components of them.

use crate::support::host;
use std::time::{Duration, Instant};
use wippy_host::{CallContext, EntrySpec, Error, Function, Value, WitError};

const ADD: &str = include_str!("../../../../guests/wat/module-add.wat");
const GREET: &str = include_str!("../../../../guests/wat/module-greet.wat");
const RANDOM: &str = include_str!("../../../../guests/wat/module-random.wat");

async fn call(module: &[u8], wit: &str, method: &str, imports: &[&str], arguments: Vec<Value>) -> Value {
    let component = host().compile_module(module, wit).unwrap();
    let entry = EntrySpec::new("test:module", method).with_imports(imports.iter().copied());
    let function = host().prepare(entry, &component).await.unwrap();
    function.call(&CallContext::new(), arguments).await.unwrap()
}

#[track_caller]
fn refused(module: impl AsRef<[u8]>, wit: &str) -> Error {
    host().compile_module(module, wit).unwrap_err()
}

fn place(error: &Error) -> (u32, u32) {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<WitError>());
    source.map(|wit| (wit.line, wit.column)).unwrap()
}

#[tokio::test]
async fn a_module_is_called_through_every_form_of_its_signatures() {
    let whole = include_str!("../../../../guests/wat/module-add.wit");
    for wit in [
        whole,
        "package demo:calc; world calc { export add: func(a: s32, b: s32) -> s32; }",
        "world calc { export add: func(a: s32, b: s32) -> s32; }",
        "export add: func(a: s32, b: s32) -> s32;",
        "// two numbers\nadd: func(a: s32, b: s32) -> s32;\n",
        "type number = s32;\nexport add: func(a: number, b: number) -> number;",
    ] {
        let sum = call(ADD.as_bytes(), wit, "add", &[], vec![Value::from(3), Value::from(5)]).await;
        assert_eq!(sum, Value::from(8), "{wit}");
    }
    let binary = wat::parse_str(ADD).unwrap();
    let sum = call(&binary, whole, "add", &[], vec![Value::from(3), Value::from(5)]).await;
    assert_eq!(sum, Value::from(8));
}

#[tokio::test]
async fn text_goes_in_and_out_where_the_module_reserves_memory() {
    let result = call(GREET.as_bytes(), "greet: func(name: string) -> string;", "greet", &[], vec!["Ada".into()]).await;
    assert_eq!(result, Value::from("Hello, Ada!"));
}

#[tokio::test]
async fn a_module_imports_what_the_build_knows_without_writing_it_out() {
    for wit in [
        include_str!("../../../../guests/wat/module-random.wit"),
        "import wasi:random/random@0.2.12;\nexport roll: func(sides: u32) -> u32;",
    ] {
        let Value::Integer(rolled) = call(RANDOM.as_bytes(), wit, "roll", &["wasi:random"], vec![Value::from(6)]).await
        else {
            panic!("no number")
        };
        assert!((1..=6).contains(&rolled), "{rolled}");
    }
}

#[cfg(feature = "p3")]
#[tokio::test]
async fn a_module_imports_what_the_build_knows_of_the_other_track() {
    let module = RANDOM.replace("0.2.12", "0.3.0");
    let wit = "import wasi:random/random@0.3.0;\nexport roll: func(sides: u32) -> u32;";
    let rolled = call(module.as_bytes(), wit, "roll", &["wasi:random"], vec![Value::from(6)]).await;
    assert!(matches!(rolled, Value::Integer(1..=6)), "{rolled:?}");
}

#[test]
fn an_import_that_the_text_does_not_explain_is_named_with_the_line_to_add() {
    let error = refused(RANDOM, "export roll: func(sides: u32) -> u32;");
    assert_eq!(
        error.message(),
        "the module imports wasi:random/random@0.2.12 get-random-u64, which the wit text does not explain"
    );
    assert!(error.remedy().unwrap().starts_with("add `import wasi:random/random@0.2.12;` to the world"), "{error}");
    let error = refused(include_str!("../../../../guests/wat/module-unexplained.wat"), "export run: func() -> u32;");
    assert!(error.message().contains("which the wit text does not explain"), "{error}");
}

#[test]
fn errors_name_line_and_column_of_the_text_as_it_was_given() {
    for (wit, at, message) in [
        ("add: func(a: s32, b: s32) -> s3;", (1, 30), "the wit text is not valid: name `s3` does not exist"),
        ("\n  export sub: func();", (2, 10), "the wit text exports sub, and the module does not"),
        ("world w {\n  export add: func(a: s64, b: s32) -> s32;\n}", (2, 10), "the module does not fit its wit text: "),
        (
            "export add: func(a: string, b: s32) -> s32;",
            (1, 8),
            "add takes a string or a list, and the module exports no \
                                                                cabi_realloc",
        ),
        (
            "import wasi:random/random;\nexport add: func(a: s32, b: s32) -> s32;",
            (1, 8),
            "the wit text uses the package \
                                                                                          wasi:random, which is not known",
        ),
        ("world a {", (1, 10), "the wit text is not valid: "),
        ("export add func();", (1, 12), "the wit text is not valid: "),
    ] {
        let error = refused(ADD, wit);
        assert!(error.message().starts_with(message), "{wit}: {error}");
        assert_eq!(place(&error), at, "{wit}: {error}");
    }
    let error = refused(ADD, "world a {}\nworld b {}");
    assert_eq!(error.message(), "the wit text has several worlds: a, b");
    assert!(refused(ADD, "").message().starts_with("the wit text is not valid"), "{}", refused(ADD, ""));
    assert_eq!(refused(ADD, "package a:b;").message(), "the wit text has no world");
}

#[test]
fn a_preview1_command_is_told_where_it_belongs() {
    let error = refused(include_str!("../../../../guests/wat/module-preview1.wat"), "run: func();");
    assert!(error.message().contains("preview 1"), "{error}");
    assert!(error.remedy().unwrap().contains("wasm32-wasip2"), "{error}");
}

#[test]
fn a_component_has_its_own_types() {
    let component = host().compile_module("(component)", "this is not read");
    assert!(component.is_ok());
}

#[test]
fn hostile_text_is_answered_in_time() {
    let doubling: String = (1..60).map(|n| format!("type t{n} = tuple<t{0}, t{0}>;\n", n - 1)).collect();
    let chain: String = (1..9000).map(|n| format!("type t{n} = list<t{}>;\n", n - 1)).collect();
    let many: String = (0..15_000).map(|n| format!("type t{n}=u8;\n")).collect();
    let long = format!("export {}: func();", "a".repeat(200_000));
    let nested = format!("export f: func(a: {}u8{});", "list<".repeat(20_000), ">".repeat(20_000));
    for wit in [
        format!("type t0 = u8;\n{doubling}export add: func(a: t59) -> s32;"),
        format!("type t0 = u8;\n{chain}export add: func(a: t8999) -> s32;"),
        format!("{many}export add: func(a: t1) -> s32;"),
        long,
        nested,
        "/*".repeat(100_000),
        "x".repeat(300_000),
        format!("export add: func({}) -> s32;", (0..5000).map(|n| format!("a{n}: u8,")).collect::<String>()),
        "package a:b { ".repeat(500),
        "\u{0}\u{202e}: func();".to_owned(),
    ] {
        let started = Instant::now();
        let error = refused(ADD, &wit);
        let shown: String = wit.chars().take(60).collect();
        assert!(started.elapsed() < Duration::from_secs(30), "{shown}: {:?}", started.elapsed());
        assert_ne!(error.kind(), wippy_host::ErrorKind::Internal, "{shown}: {error}");
    }
}
