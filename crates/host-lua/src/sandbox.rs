//! The globals of a function, in a VM of its own: what `sandbox.lua` makes of Lua's library and of the host's functions.

use crate::bundled::Bundled;
use crate::errors::{self, LuaError};
use crate::running::Running;
use crate::source::LuaLibrary;
use crate::wait::Woken;
use crate::watch::Ended;
use crate::{channel, modules, running, wait, watch};
use mlua::chunk::ChunkMode;
use mlua::{AnyUserData, Function, IntoLua, Lua, LuaString, MultiValue, Table, UserData, Value, VmState};
use std::sync::Arc;
use std::time::Duration;
use wippy_host_core::{Error, ErrorKind, OutputStream};

/// Bytes of source that `load` takes: reading more would keep the worker for too long.
const MAX_CHUNK: usize = 1 << 20;

/// Bytes of a text from which single instructions on it may take long.
const LARGE: usize = 1 << 20;

static CODE: Bundled = Bundled::new(include_str!("sandbox.lua"));
static ORDERED: Bundled = Bundled::new(include_str!("ordered.lua"));

/// What a call needs of a VM that is ready.
pub(crate) struct Sandbox {
    pub(crate) globals: Table,
    /// Runs a chunk and the function that it gives: `(chunk, method, arguments…)` to `(true, results…)` or
    /// `(false, error)`.
    pub(crate) enter: Function,
}

/// Makes the globals. The VM knows its running call already.
pub(crate) fn open(lua: &Lua) -> mlua::Result<Sandbox> {
    wait::install(lua)?;
    let host = host_functions(lua)?;
    let (globals, enter): (Table, Function) = CODE.load(lua)?.call((lua.globals(), host))?;
    if running::of(lua)?.services().deterministic {
        repeat_runs(lua, &globals)?;
    }
    Ok(Sandbox { globals, enter })
}

/// Takes the chance out of what Lua brings: the order of `pairs` and the seed of `math.random`.
fn repeat_runs(lua: &Lua, globals: &Table) -> mlua::Result<()> {
    let own: Function = lua.globals().raw_get("getmetatable")?;
    let draw = lua.create_function(|lua, ()| {
        let mut seed = [0; 8];
        running::of(lua)?.services().entropy.fill(&mut seed).map_err(mlua::Error::external)?;
        Ok(i64::from_le_bytes(seed))
    })?;
    ORDERED.load(lua)?.call::<()>((globals, own, draw))?;
    let math: Table = globals.raw_get("math")?;
    math.raw_get::<Function>("randomseed")?.call(())
}

fn host_functions(lua: &Lua) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set("pending", Lua::poll_pending())?;
    host.raw_set("max_chunk", MAX_CHUNK)?;
    host.raw_set("channel", channel::module(lua)?)?;
    host.raw_set("errors", errors::module(lua)?)?;
    host.raw_set("process", modules::process::module(lua)?)?;
    let function = |name: &str, function: Function| host.raw_set(name, function);
    function("alive", lua.create_function(|lua, error: Value| alive(lua, &error))?)?;
    function(
        "paused",
        lua.create_function(|lua, ()| {
            running::of(lua)?.watch().note_pause();
            Ok(())
        })?,
    )?;
    function("normal", lua.create_function(normal)?)?;
    function("caught", lua.create_function(caught)?)?;
    function(
        "breathe",
        lua.create_function(|lua, ()| Ok(matches!(running::of(lua)?.watch().look()?, VmState::Yield)))?,
    )?;
    function(
        "print",
        lua.create_function(|lua, text: LuaString| {
            running::of(lua)?.print(OutputStream::Stdout, &text.to_string_lossy());
            Ok(())
        })?,
    )?;
    function("spawn", lua.create_function(spawn)?)?;
    function("rep", lua.create_function(rep)?)?;
    function("load", lua.create_function(load)?)?;
    function("find", lua.create_function(find)?)?;
    function("module", lua.create_function(open_module)?)?;
    function("chunk", lua.create_function(chunk)?)?;
    function("method", lua.create_function(method)?)?;
    function("patterns", lua.create_function(|lua, string: Table| modules::pattern::install(lua, &string))?)?;
    function("now", lua.create_function(|lua, ()| Ok(running::of(lua)?.clock().wall().as_secs()))?)?;
    function("clock", lua.create_function(|lua, ()| Ok(clock(&*running::of(lua)?)))?)?;
    Ok(host)
}

/// `os.clock`: the time that the call has taken. A clock that repeats shows that of the guests.
fn clock(running: &Running) -> f64 {
    match running.services().deterministic {
        true => Duration::from_nanos(running.clock().monotonic()).as_secs_f64(),
        false => running.watch().age().as_secs_f64(),
    }
}

/// Fails where the call is over, or memory is what it failed for.
fn alive(lua: &Lua, error: &Value) -> mlua::Result<()> {
    let running = running::of(lua)?;
    if running.watch().ended().is_some() {
        running.watch().look()?;
    }
    if is_memory(error) {
        return Err(running.watch().end(Ended::Memory).into());
    }
    Ok(())
}

/// What Lua raises where the allocator refuses, and what mlua makes of it.
pub(crate) fn is_memory(error: &Value) -> bool {
    match error {
        Value::String(text) => text.as_bytes() == b"not enough memory",
        Value::Error(error) => is_memory_error(error),
        _ => false,
    }
}

pub(crate) fn is_memory_error(error: &mlua::Error) -> bool {
    match error {
        mlua::Error::MemoryError(_) => true,
        mlua::Error::CallbackError { cause, .. } => is_memory_error(cause),
        _ => false,
    }
}

/// What `pcall` gives for an error: the error itself, or the error object that a host function raised.
fn normal(lua: &Lua, error: Value) -> mlua::Result<Value> {
    alive(lua, &error)?;
    match &error {
        Value::Error(raised) => LuaError::of_raised(raised).into_lua(lua),
        _ => Ok(error),
    }
}

/// The error object of what a function raised, with the stack where it did.
fn caught(lua: &Lua, error: Value) -> mlua::Result<LuaError> {
    // A call that ends here is over for its caller by what the watch says.
    let _ = alive(lua, &error);
    let stack = stack(lua)?;
    let raised = LuaError::of_value(&error);
    Ok(raised.with_stack(stack))
}

/// The stack of the present thread, without the frames of the sandbox itself, whose code has no name.
pub(crate) fn stack(lua: &Lua) -> mlua::Result<String> {
    let all = lua.traceback(None, 1)?.to_string_lossy();
    let lines = all.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with("?:") && !line.starts_with("[C]: in ?")
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn spawn(lua: &Lua, mut arguments: MultiValue) -> mlua::Result<()> {
    let Some(Value::Function(function)) = arguments.pop_front() else {
        return Err(mlua::Error::runtime("a function is needed"));
    };
    let running = running::of(lua)?;
    let thread = lua.create_thread(function)?.into_async::<()>(arguments)?;
    let beside = running.clone();
    let watched = async move {
        if let Err(error) = Woken::new(beside.clone(), thread).await {
            if is_memory_error(&error) {
                beside.watch().end(Ended::Memory);
            }
            if beside.watch().ended().is_none() {
                let error = LuaError::of_raised(&error);
                beside.print(OutputStream::Stderr, &format!("a spawned coroutine failed: {}", error.message()));
            }
        }
    };
    Ok(running.tasks().spawn(watched)?)
}

/// `string.rep`, of at most `limits.max_host_bytes`.
fn rep(lua: &Lua, (text, count, separator): (LuaString, i64, Option<LuaString>)) -> mlua::Result<LuaString> {
    let count = usize::try_from(count).unwrap_or(0);
    let separator = separator.as_ref().map(|text| text.as_bytes());
    let between: &[u8] = separator.as_deref().unwrap_or_default();
    let text = text.as_bytes();
    let running = running::of(lua)?;
    let limit = running.limits().max_host_bytes;
    let size = text.len().checked_add(between.len()).and_then(|part| part.checked_mul(count));
    if size.is_none_or(|size| size > limit) {
        let message = format!("resulting string too large (the limit is {limit} bytes)");
        return Err(LuaError::new(Some(ErrorKind::RateLimited), message).into());
    }
    if size > Some(LARGE) {
        watch::expect_slow(lua, &running)?;
    }
    if between.is_empty() {
        return lua.create_string(text.repeat(count));
    }
    let mut all = [&*text, between].concat().repeat(count);
    all.truncate(all.len().saturating_sub(between.len()));
    lua.create_string(all)
}

/// `load`, of text alone: a function, or nil and the message.
fn load(
    lua: &Lua,
    (text, name, mode, scope): (LuaString, Option<LuaString>, Option<LuaString>, Value),
) -> mlua::Result<(Value, Value)> {
    let failed = |message: &str| Ok((Value::Nil, Value::String(lua.create_string(message)?)));
    if mode.is_some_and(|mode| !mode.as_bytes().contains(&b't')) {
        return failed("attempt to load a text chunk (text is the one mode here)");
    }
    let text = text.as_bytes();
    if text.len() > MAX_CHUNK {
        return failed(&format!("a chunk has at most {MAX_CHUNK} bytes"));
    }
    let name = name.map_or_else(|| "=(load)".to_owned(), |name| name.to_string_lossy());
    // Only a table can be the globals; Lua would take any value, and fail where one is used.
    let Value::Table(scope) = scope else { return failed("the environment must be a table") };
    let chunk = lua.load(&text[..]).set_name(name).set_mode(ChunkMode::Text).set_environment(scope);
    match chunk.into_function() {
        Ok(function) => Ok((Value::Function(function), Value::Nil)),
        Err(mlua::Error::SyntaxError { message, .. }) => failed(&message),
        Err(error) => Err(error),
    }
}

/// A library, as the sandbox passes it on to say who requires.
struct Scope(Arc<LuaLibrary>);

impl UserData for Scope {}

/// What `require` means: a library and its id, or nothing for a module of the host.
fn find(lua: &Lua, (name, scope): (String, Option<AnyUserData>)) -> mlua::Result<(Option<Scope>, Option<String>)> {
    let running = running::of(lua)?;
    let requiring = scope.map(|scope| Ok::<_, mlua::Error>(scope.borrow::<Scope>()?.0.clone())).transpose()?;
    let own = requiring.as_ref().and_then(|library| library.imports().get(&name));
    if let Some(library) = own.or_else(|| running.library(&name)) {
        return Ok((Some(Scope(library.clone())), Some(library.id().to_owned())));
    }
    if running.modules().contains(&name) || requiring.is_some_and(|library| library.modules().contains(&name)) {
        return Ok((None, None));
    }
    let error = Error::new(
        ErrorKind::PermissionDenied,
        format!("module {name:?} is not listed in modules of {}", running.id()),
    );
    let remedy = match modules::MODULES.contains(&name.as_str()) {
        true => format!("add {name:?} to its modules"),
        false => format!("the host's modules are {}; a library needs an alias in imports", modules::MODULES.join(", ")),
    };
    Err(LuaError::from(error.with_remedy(remedy)).into())
}

fn open_module(lua: &Lua, name: String) -> mlua::Result<Table> {
    modules::open(lua, &name).unwrap_or_else(|| {
        Err(LuaError::new(Some(ErrorKind::NotFound), format!("this build has no module {name:?}")).into())
    })
}

fn chunk(lua: &Lua, (library, globals): (AnyUserData, Table)) -> mlua::Result<Function> {
    library.borrow::<Scope>()?.0.code().load(lua, &globals)
}

/// The function that the source's value stands for.
fn method(lua: &Lua, (value, method): (Value, Option<String>)) -> mlua::Result<Function> {
    let id = running::of(lua)?.id().clone();
    let table = match value {
        Value::Function(function) => return Ok(function),
        Value::Table(table) => table,
        other => {
            let message = format!(
                "{id}: the source returns {}, and must return a table of functions or a function",
                article(&other)
            );
            return Err(LuaError::from(Error::invalid(message)).into());
        }
    };
    let name = method.unwrap_or_default();
    match table.raw_get(&*name)? {
        Value::Function(function) => Ok(function),
        _ => {
            let mut known = Vec::new();
            for pair in table.pairs::<Value, Value>() {
                if let (Value::String(name), Value::Function(_)) = pair? {
                    known.push(name.to_string_lossy());
                }
            }
            known.sort();
            let known = if known.is_empty() { "no function".to_owned() } else { known.join(", ") };
            let error = Error::new(
                ErrorKind::NotFound,
                format!("{id}: method {name:?} is not a function of the table that the source returns"),
            );
            Err(LuaError::from(error.with_remedy(format!("the source has: {known}"))).into())
        }
    }
}

fn article(value: &Value) -> String {
    if value.is_nil() { "nothing".to_owned() } else { format!("a {}", value.type_name()) }
}
