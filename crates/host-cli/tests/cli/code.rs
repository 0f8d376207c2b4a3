//! Code that cannot be used, named by the file that it should be in.

use crate::support::{ADD, App, hash, repository};

/// What `check` says of `demo:it` at its `path`, in line 10, where the file holds these bytes.
#[track_caller]
fn refused(bytes: &[u8], message: &str, help: &str) {
    assert_eq!(
        App::wasm(bytes, "run", "").problems(),
        format!("error: demo:it: {message}\n  --> _index.yaml:10:11\n    10 |     path: /guest.wasm\n  help: {help}\n")
    );
}

/// An application whose `path` is another than that of its file.
fn with_path(path: &str) -> App {
    let index = format!(
        "version: \"1.0\"\nnamespace: demo\nentries:\n  - name: code\n    kind: fs.directory\n    directory: ./code
  - name: it\n    kind: function.wasm\n    fs: code\n    path: {path}\n    hash: {}\n    method: add\n",
        hash(ADD.as_bytes())
    );
    App::with_index(&index).with("code/guest.wasm", ADD)
}

#[test]
fn a_component_in_text_is_as_good_as_a_binary_one() {
    App::wasm(ADD.as_bytes(), "add", "").call(&["3", "5"]).gives("8\n");
}

#[test]
fn a_file_that_is_missing_is_named_with_its_directory() {
    assert_eq!(
        with_path("/gest.wasm").problems(),
        "error: demo:it: no file /gest.wasm in ROOT/code
  --> _index.yaml:10:11
    10 |     path: /gest.wasm
  help: build the guest into that directory, or correct `path`
"
    );
}

#[test]
fn a_path_stays_in_its_directory() {
    for path in ["../guest.wasm", "/a/../../guest.wasm"] {
        assert_eq!(
            with_path(path).problems(),
            format!(
                "error: demo:it: path {path} leaves its directory
  --> _index.yaml:10:11
    10 |     path: {path}
  help: name a file below the directory of `fs`, without ..
"
            )
        );
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_does_not_lead_out() {
    let app = with_path("/link.wasm").with("outside.wasm", ADD);
    std::os::unix::fs::symlink("../outside.wasm", app.path().join("code/link.wasm")).unwrap();
    assert_eq!(
        app.problems(),
        "error: demo:it: path /link.wasm leaves its directory through a symbolic link
  --> _index.yaml:10:11
    10 |     path: /link.wasm
  help: put the file itself into the directory
"
    );
    std::fs::remove_file(app.path().join("code/link.wasm")).unwrap();
    std::os::unix::fs::symlink("guest.wasm", app.path().join("code/link.wasm")).unwrap();
    app.call(&["3", "5"]).gives("8\n");
}

#[test]
fn a_directory_is_not_a_file() {
    for path in ["/", "/sub"] {
        let app = with_path(path).with("code/sub/other.wasm", "");
        assert_eq!(
            app.problems(),
            format!(
                "error: demo:it: path {path} is not a file
  --> _index.yaml:10:11
    10 |     path: {path}
  help: name the file of the compiled guest, below the directory of `fs`
"
            )
        );
    }
}

#[test]
fn a_file_of_another_hash_is_refused_with_both() {
    let app = App::wasm(ADD.as_bytes(), "add", "").with("code/guest.wasm", "(component)");
    let (expected, got) = (hash(ADD.as_bytes()), hash(b"(component)"));
    assert_eq!(
        app.problems(),
        format!(
            "error: demo:it: hash mismatch: expected {expected}, got {got}
  --> _index.yaml:11:11
    11 |     hash: {expected}
  help: if the file is the one you mean, write hash: {got}
"
        )
    );
}

#[test]
fn a_hash_is_a_sha256() {
    let index = "version: \"1.0\"\nnamespace: demo\nentries:\n  - {name: code, kind: fs.directory, directory: .}\n";
    for (hash, message) in [
        ("abc", "invalid hash format: abc"),
        ("sha256:abc", "invalid hash format: sha256:abc"),
        ("md5:abc", "unsupported hash algorithm: md5"),
    ] {
        let entry =
            format!("  - {{name: it, kind: function.wasm, fs: code, path: x, method: run, hash: \"{hash}\"}}\n");
        let problems = App::with_index(&format!("{index}{entry}")).problems();
        assert_eq!(
            problems,
            format!(
                "error: demo:it: {message}
  --> _index.yaml:5:75
     5 | {}
  help: write `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file
",
                entry.trim_end()
            )
        );
    }
}

#[test]
fn an_empty_file_is_named_so() {
    refused(b"", "the file is empty", "build the guest again");
}

#[test]
fn bytes_that_are_no_webassembly_are_named_so() {
    let help = "name a component, binary (it starts with \\0asm) or text (it starts with a parenthesis)";
    refused(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0xff, 0xfe], "the file is not WebAssembly", help);
    refused(b"not WebAssembly at all\n", "the file is not WebAssembly", help);
}

#[test]
fn a_core_module_is_told_from_a_component() {
    refused(
        b"\0asm\x01\0\0\0",
        "the file is a core WebAssembly module, not a component",
        "add its signatures to the entry: `wit: \"export NAME: func(…) -> …;\"`, or make a component of it with: wasm-tools \
         component new",
    );
}

#[test]
fn a_truncated_module_is_refused() {
    refused(b"\0asm", "the file is cut off after its first bytes", "copy it again");
    let whole = std::fs::read(repository().join("guests/built/values.wasm")).unwrap();
    for length in [9, 100, 3000, whole.len() - 1] {
        let app = App::wasm(&whole[..length], "add", "");
        let problems = app.problems();
        let first = problems.lines().next().unwrap();
        let known = ["the component is cut off: ", "the component is damaged or not valid: "];
        assert!(known.iter().any(|known| first.starts_with(&format!("error: demo:it: {known}"))), "{problems}");
        assert!(problems.ends_with("\n    10 |     path: /guest.wasm\n  help: copy or build it again\n"), "{problems}");
    }
}

#[test]
fn text_with_a_slip_is_refused_at_its_line_and_column() {
    assert_eq!(
        App::wat("(component\n  (func)\n  oops)\n", "run", "").problems(),
        "error: demo:it: the WebAssembly text is not valid: expected `(`, at line 2, column 8 of it.wat
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: mend the text there
"
    );
    let app = App::new("  - {name: it, kind: function.wat, method: run, source: \"(component (func\"}\n");
    assert_eq!(
        app.problems(),
        "error: demo:it: the WebAssembly text is not valid: expected `(`
  --> _index.yaml:4:74
     4 |   - {name: it, kind: function.wat, method: run, source: \"(component (func\"}
  help: mend the text there
"
    );
}

#[test]
fn lua_with_a_slip_is_refused_at_its_line() {
    let block = "  - name: it
    kind: function.lua
    method: f
    source: |
      local function f()
        return 1 +
      end
      return { f = f }
";
    assert_eq!(
        App::new(block).problems(),
        "error: demo:it: unexpected symbol near 'end'
  --> _index.yaml:10:7
    10 |       end
  help: mend the Lua source at that line
"
    );
    let app = App::new("  - {name: it, kind: function.lua, method: f, source: file://it.lua}\n");
    assert_eq!(
        app.with("it.lua", "local x =\nreturn {\n").problems(),
        "error: demo:it: unexpected symbol near 'return', at line 2, column 1 of it.lua
  --> _index.yaml:4:55
     4 |   - {name: it, kind: function.lua, method: f, source: file://it.lua}
  help: mend the Lua source at that line
"
    );
}

#[test]
fn text_of_another_kind_is_refused_in_words_of_its_own() {
    let core = "error: demo:it: the text is a core WebAssembly module, not a component
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: add its signatures to the entry: `wit: \"export NAME: func(…) -> …;\"`, or make a component of it with: wasm-tools \
                component new
";
    assert_eq!(App::wat("(module)", "run", "").problems(), core);
    assert_eq!(
        App::wat("hello", "run", "").problems(),
        "error: demo:it: the source is not WebAssembly text
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: write `source: \"(component …)\"`, or name a file with it: `source: file://module.wat`
"
    );
}

#[test]
fn a_method_that_does_not_exist_is_answered_with_the_exports() {
    assert_eq!(
        App::wat(include_str!("../../../../guests/wat/traps.wat"), "divid", "").problems(),
        "error: demo:it: method divid is not exported
  --> _index.yaml:7:13
     7 |     method: divid
  help: the component exports: divide, grow-table, grow-table-forever
"
    );
    assert_eq!(
        App::wat("(component)", "run", "").problems(),
        "error: demo:it: method run is not exported
  --> _index.yaml:7:13
     7 |     method: run
  help: the component exports no function
"
    );
}

#[test]
fn a_method_of_an_exported_interface_may_leave_out_its_package() {
    App::guest("values", "math#add", "").call(&["3", "5"]).gives("8\n");
    App::guest("values", "demo:values/math#add", "").call(&["3", "5"]).gives("8\n");
}

#[test]
fn broken_code_does_not_hide_what_else_is_wrong() {
    let app = App::wasm(b"", "run", "    imports: [wasi:htp]\n    wasi: { cwd: here }\n");
    let problems = app.problems();
    let errors: Vec<_> = problems.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        errors,
        [
            "error: demo:it: the file is empty",
            "error: demo:it: unsupported wasm host import: wasi:htp",
            "error: demo:it: wasi.cwd must be absolute, got \"here\"",
        ]
    );
}
