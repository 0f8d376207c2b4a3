//! What `Debug` prints of declarations: no values of variables, and no text that a variable or a file brought in.

use super::*;

const SECRET: &str = "hunter2";

#[test]
fn values_of_variables_and_what_replaces_a_reference_are_not_printed() {
    let text = "\
namespace: demo
entries:
  - { name: plain, kind: env.storage.static, values: { KEY: hunter2 } }
  - { name: memory, kind: env.storage.memory, values: { TOKEN: hunter2 } }
  - { name: given, kind: env.variable, storage: demo:memory, variable: TOKEN, default: hunter2 }
  - name: it
    kind: function.wat
    source: (module)
    method: run
    imports: [wasi:http]
    config: { \"wasi:http\": { identity: { key: \"file://client.key\", certificate: \"${env:PEM}\", hosts: [a.example] } } }
";
    let mut app = App::new(&[("_index.yaml", text), ("client.key", SECRET)]);
    app.options = LoadOptions::new(|_| Some(SECRET.to_owned()));
    let loaded = app.load();
    assert_eq!(loaded.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let printed = format!("{loaded:#?}");
    for name in ["KEY", "TOKEN", "identity"] {
        assert!(printed.contains(name), "{printed}");
    }
    assert!(!printed.contains(SECRET), "{printed}");
}
