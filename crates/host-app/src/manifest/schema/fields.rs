//! What stands behind each key of each kind.

use super::super::entry::Kind;
use super::super::http_routes::HttpMethod;
use super::about;
use super::parts::{
    Field, boolean, described, elsewhere, id, integer, list, one_of, or, pattern, section, some_text, text, variable,
    with_example, with_required,
};
use serde_json::{Value as Json, json};

/// A path of an endpoint: segments of text or one name, and at the end perhaps a slash, or a name that takes the rest.
const PATH: &str = concat!(
    r"(/([^{}/?#\s]+|\{[A-Za-z_][A-Za-z0-9_]*\}))+(/|/\{[A-Za-z_][A-Za-z0-9_]*\.\.\.\})?",
    r"|/|/\{[A-Za-z_][A-Za-z0-9_]*\.\.\.\}"
);

/// The field of a kind; none where the key is none of it.
pub(super) fn field(kind: Kind, key: &str) -> Option<Field> {
    let field = of(kind, key)?;
    let written = field.schema.get("description").and_then(Json::as_str).unwrap_or_default();
    let about = with_example(kind, key, written);
    Some(Field { schema: described(field.schema, about), is_required: field.is_required })
}

pub(super) fn name() -> Json {
    pattern(
        r"[^:\s]{1,255}",
        "The name of the entry: its id is `namespace:name`. Anything but colons, white space and control characters.",
    )
}

pub(super) fn kind() -> Json {
    one_of(Kind::ALL.iter().map(|kind| (kind.as_str(), about(*kind))), "What the entry is.")
}

fn of(kind: Kind, key: &str) -> Option<Field> {
    use Kind::{
        EnvStorageFile, EnvStorageMemory, EnvStorageRouter, EnvStorageStatic, EnvVariable, FsDirectory, FunctionLua,
        FunctionWasm, FunctionWat, HttpEndpoint, HttpRouter, HttpService, LibraryLua, ProcessHost, ProcessWasm,
        TerminalHost,
    };
    match (kind, key) {
        (_, "name") => Field::required(name()),
        (_, "kind") => Field::required(json!({"const": kind.as_str(), "description": about(kind)})),
        (ProcessWasm, "meta") => Field::optional(section(
            "meta-of-a-program",
            "What the entry is for, in any words, and whether it is a command.",
        )),
        (HttpRouter, "meta") => {
            Field::optional(section("meta-of-a-router", "What the entry is for, and the service that it belongs to."))
        }
        (HttpEndpoint, "meta") => {
            Field::optional(section("meta-of-an-endpoint", "What the entry is for, and the router that it belongs to."))
        }
        (_, "meta") => {
            Field::optional(json!({"type": "object", "description": "What the entry is for, in any words."}))
        }

        (EnvStorageFile, "file_path") => {
            Field::required(some_text("The file, relative to the application and below it."))
        }
        (EnvStorageFile, "auto_create") => {
            Field::optional(boolean("Whether to create the file where it is missing.", false))
        }
        (EnvStorageRouter, "storages") => {
            let storages = list(id("The id of an `env.storage.*`."), "Where a variable is looked for, in this order.");
            Field::required(with_least_items(storages))
        }
        (EnvStorageStatic | EnvStorageMemory, "values") => Field::optional(json!({
            "type": "object", "additionalProperties": {"type": "string"}, "description": "Each variable with its text.",
        })),
        (EnvVariable, "storage") => Field::required(id("The id of the `env.storage.*` that holds it.")),
        (EnvVariable, "variable") => Field::optional(text("Its name in the storage. Default: the name of the entry.")),
        (EnvVariable, "default") => Field::optional(text("Its value where the storage has none; may be empty.")),
        (EnvVariable, "readonly") => Field::optional(boolean("Whether it may not be changed.", false)),
        (FsDirectory, "directory") => {
            Field::required(some_text("The directory, relative to the application, not to the file."))
        }
        (FsDirectory, "auto_init") => {
            Field::optional(boolean("Whether to create the directory where it is missing.", false))
        }
        (FsDirectory, "mode") => Field::optional(mode()),

        (FunctionLua, "method") => Field::required(some_text("The function in the table that the source returns.")),
        (FunctionLua | LibraryLua, "source") => Field::required(some_text("The Lua text, or `file://` and its file.")),
        (FunctionLua | LibraryLua, "modules") => {
            Field::optional(section("modules", "What `require` may load of the host."))
        }
        (FunctionLua | LibraryLua, "imports") => Field::optional(section(
            "libraries",
            "What `require` may load of the application: an alias, and the id of a `library.lua`.",
        )),
        (FunctionLua, "wasi") => Field::optional(section("wasi-of-lua", "What `http_client` may reach.")),

        (FunctionWasm | ProcessWasm, "fs") => Field::required(id("The id of the `fs.directory` that holds the file.")),
        (FunctionWasm | ProcessWasm, "path") => {
            Field::required(some_text("The file, in the directory that `fs` names."))
        }
        (FunctionWasm | ProcessWasm, "hash") => Field::required(pattern(
            r"\s*sha256:[0-9a-fA-F]{64}\s*",
            "What the content of the file must be: `sha256:` and 64 digits.",
        )),
        (FunctionWat, "source") => Field::required(some_text("The WebAssembly text, or `file://` and its file.")),
        (FunctionWasm | FunctionWat | ProcessWasm, _) => of_code(key),
        (FunctionLua, _) => of_calls(key),

        (HttpService, "addr") => Field::required(pattern(
            r".*:[0-9]{1,5}",
            "Where it listens: an address of this machine, or nothing for every one, and a port; port 0 takes a free one.",
        )),
        (HttpService, "timeouts") => Field::optional(section("timeouts", "How long it waits; 0 for no limit.")),
        (HttpService, "limits") => Field::optional(section("limits-of-a-service", "What a client may use up.")),
        (HttpService, "tls") => Field::optional(section("tls", "The certificate that it shows. Default: plain HTTP.")),
        (HttpService | ProcessHost | TerminalHost, "lifecycle") => {
            Field::optional(section("lifecycle", "Whether it starts with the application."))
        }
        (HttpRouter, "prefix") => {
            Field::optional(pattern(r"((/[^{}/?#\s]+)+/?|/)?", "What stands before the path of each endpoint."))
        }
        (HttpEndpoint, "method") => Field::required(one_of(
            HttpMethod::ALL.iter().map(|method| (method.as_str(), "")),
            "The method that it answers.",
        )),
        (HttpEndpoint, "path") => Field::required(pattern(
            PATH,
            "The path that it answers, below the router's prefix. `{name}` is any one segment, `{name...}` all that is left.",
        )),
        (HttpEndpoint, "func") => Field::required(id("The id of the function that answers.")),
        (ProcessHost | TerminalHost, "host") => Field::optional(section("host", "How much runs in it.")),
        // By name: a new kind must be thought of here.
        (
            EnvStorageFile
            | EnvStorageMemory
            | EnvStorageRouter
            | EnvStorageStatic
            | Kind::EnvStorageOs
            | EnvVariable
            | FsDirectory
            | HttpEndpoint
            | HttpRouter
            | HttpService
            | LibraryLua
            | ProcessHost
            | TerminalHost,
            _,
        ) => None,
    }
}

/// What functions and programs have in common, wherever their code is, and Lua in part.
fn of_code(key: &str) -> Option<Field> {
    match key {
        "method" => Field::required(some_text(
            "An exported function, or `interface#function` for one inside an exported interface.",
        )),
        "imports" => Field::optional(section("imports", "What the code may use. What is not listed is not granted.")),
        "bindings" => Field::optional(section(
            "bindings",
            "Functions that the code imports, each with the id of the function that is called in its place.",
        )),
        "wasi" => Field::optional(section("wasi", "What its environment is made of.")),
        "config" => Field::optional(section("config", "What single imports are told, by their names.")),
        "transport" => Field::optional(transport()),
        "wit" => Field::optional(text(
            "Signatures in WIT, which make a component of a core module; best as `file://module.wit`.",
        )),
        "strict_imports" => {
            Field::optional(boolean("Whether an import of the code that is not granted is an error.", false))
        }
        _ => of_calls(key),
    }
}

/// How calls are made.
fn of_calls(key: &str) -> Option<Field> {
    match key {
        "pool" => Field::optional(section("pool", "How instances are kept.")),
        "limits" => Field::optional(section("limits", "What one call may use up.")),
        _ => None,
    }
}

fn transport() -> Json {
    let names = || super::super::transport::NAMES.iter().map(|(name, _)| *name);
    let about =
        "How arguments and results travel: as values, or as HTTP request and response behind an `http.endpoint`.";
    let choices: Vec<Json> = names().map(|name| json!({"const": name})).collect();
    let keys = [("type".to_owned(), elsewhere(choices.clone()))].into_iter().collect();
    let mut all = choices;
    all.push(with_required(super::parts::closed(keys, about), &["type"]));
    or(described(elsewhere(all), about), "payload")
}

/// Octal digits, which YAML takes for a decimal number where they are not quoted.
fn mode() -> Json {
    let digits = json!({"type": "string", "pattern": "^(0o)?0*[0-7]{1,4}$"});
    let number = json!({"type": "integer", "minimum": 0, "maximum": 7777});
    described(
        elsewhere(vec![digits, number]),
        "The permissions to create it with, as `chmod` has them. Default: the system's.",
    )
}

fn with_least_items(mut list: Json) -> Json {
    if let Some(members) = list.as_object_mut() {
        members.insert("minItems".to_owned(), json!(1));
    }
    list
}

/// A length of time.
pub(super) fn duration(about: &str, default: std::time::Duration) -> Json {
    let text = json!({"type": "string", "pattern": r"^\s*([0-9.]+(h|m|s|ms|us|ns))+\s*$"});
    let number = json!({"type": "integer", "minimum": 0});
    let schema = described(
        elsewhere(vec![text, number]),
        format!("{about} With a unit (h, m, s, ms), or a number of milliseconds."),
    );
    or(schema, format!("{}s", default.as_secs()))
}

/// A whole number from `least`, with the default.
pub(super) fn limit(least: u64, about: &str, default: u64) -> Json {
    or(integer(least, about), default)
}

/// A number of a pool.
pub(super) fn count(about: &str) -> Json {
    described(variable(json!({"type": "integer", "minimum": 0, "maximum": u32::MAX})), about)
}
