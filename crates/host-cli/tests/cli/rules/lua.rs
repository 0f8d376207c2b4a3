//! `function.lua` and `library.lua`.

use super::each;

const MODULES: &str = "known modules: base64, channel, env, errors, funcs, hash, http_client, json, logger, process, time, \
                       uuid";

#[test]
fn lua_has_its_required_values() {
    each(&[
        ("kind: function.lua\nmethod: run", "source is required", "add `source: file://main.lua`, or the text itself"),
        (
            "kind: function.lua\nsource: return {}",
            "method is required",
            "add `method: run`, or another function of the table that the source returns",
        ),
        ("kind: library.lua", "source is required", "add `source: file://library.lua`, or the text itself"),
    ]);
}

#[test]
fn lua_loads_what_there_is() {
    each(&[
        ("kind: library.lua\nsource: return 1\nmodules: [▸sql]", "unknown Lua module: `sql`", MODULES),
        (
            "kind: library.lua\nsource: return 1\nimports: { help: ▸helpers }",
            "`imports.help` names demo:helpers, and there is no such entry",
            "did you mean `demo:helper`?",
        ),
        (
            "kind: library.lua\nsource: return 1\nimports: { help: ▸add }",
            "`imports.help` must name an entry of kind library.lua, and demo:add is of kind function.wat",
            "there are: demo:helper, demo:it",
        ),
        (
            "kind: library.lua\nsource: return 1\nimports: ▸[helper]",
            "`imports` must be a mapping, found a list",
            "write `imports: { helper: <id of a library.lua entry> }`",
        ),
        (
            "kind: library.lua\nsource: return 1\nimports: { me: ▸it }",
            "libraries import each other in a circle: demo:it → demo:it",
            "take one of these imports out: what both need belongs in a library of its own",
        ),
    ]);
}
