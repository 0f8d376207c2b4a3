//! `graph`: what is drawn of an application, in each format.

use crate::support::{App, Ran, repository, run};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;

/// One of each: HTTP, Lua, bindings, mounts, the network, variables, a command.
fn shop() -> App {
    App::new(
        "  - { name: files, kind: fs.directory, directory: . }
  - { name: out, kind: fs.directory, directory: ./out, auto_init: true }
  - { name: os, kind: env.storage.os }
  - { name: key, kind: env.variable, storage: os, variable: API_KEY }
  - { name: web, kind: http.service, addr: \"127.0.0.1:0\" }
  - { name: api, kind: http.router, meta: { server: web }, prefix: /api }
  - { name: get, kind: http.endpoint, meta: { router: api }, method: GET, path: \"/sum/{id}\", func: sum }
  - name: sum
    kind: function.wat
    source: file://add.wat
    method: add
    imports: [funcs, wasi:cli, wasi:filesystem, wasi:http]
    bindings: { \"demo:math/ops\": { add: add, mul: add }, audit: elsewhere:audit }
    wasi:
      env: [{ id: key, name: KEY }]
      mounts: [{ fs: files, guest: /in, read_only: true }, { fs: out, guest: /out }]
      network: { allow: [\"api.example.com:443\"] }
  - { name: add, kind: function.wat, source: file://add.wat, method: add }
  - { name: lib, kind: library.lua, source: return 1, modules: [http_client] }
  - { name: page, kind: function.lua, source: \"return {}\", method: run, modules: [json], imports: { lib: lib } }
",
    )
}

#[test]
fn mermaid_has_a_node_for_each_entry_its_grants_and_an_edge_for_each_use() {
    let ran = shop().run("graph", &[]);
    let drawing = ran.stdout.split("  classDef").next().unwrap();
    assert_eq!(
        drawing,
        "flowchart LR
  n0[\"demo:add<br/>function.wat\"]
  n1([\"demo:api<br/>http.router<br/>/api\"])
  n2[(\"demo:files<br/>fs.directory<br/>.\")]
  n3([\"demo:get<br/>http.endpoint<br/>GET /sum/#123;id#125;\"])
  n4{{\"demo:key<br/>env.variable\"}}
  n5[\"demo:lib<br/>library.lua<br/>modules: http_client\"]
  n6{{\"demo:os<br/>env.storage.os\"}}
  n7[(\"demo:out<br/>fs.directory<br/>./out\")]
  n8[\"demo:page<br/>function.lua<br/>modules: json<br/>⚠ network: any public address\"]
  n9[\"demo:sum<br/>function.wat<br/>imports: funcs, wasi:cli, wasi:filesystem, wasi:http<br/>⚠ calls any function \
         (funcs)<br/>⚠ network: api.example.com:443<br/>⚠ writes /out\"]
  n10([\"demo:web<br/>http.service<br/>listens on 127.0.0.1:0\"])
  n11[\"elsewhere:audit<br/>no entry of the application\"]
  n1 --> n3
  n3 --> n9
  n4 -->|\"API_KEY\"| n6
  n8 -.->|\"lib\"| n5
  n9 -->|\"demo:math/ops#35;add, demo:math/ops#35;mul\"| n0
  n9 -.->|\"/in\"| n2
  n9 -.->|\"KEY\"| n4
  n9 ==>|\"writes /out\"| n7
  n9 -->|\"audit\"| n11
  n10 --> n1
"
    );
    for line in ["  class n0,n9 code\n", "  class n8,n9 wide\n", "  linkStyle 7 stroke:#c00,stroke-width:3px\n"] {
        assert!(ran.stdout.contains(line), "{line}{}", ran.stdout);
    }
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
}

#[test]
fn dot_has_the_same_nodes_and_edges() {
    let ran = shop().run("graph", &["--format", "dot"]);
    let has = |line: &str| assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    has("digraph application {\n");
    has("  n0 [label=\"demo:add\\lfunction.wat\\l\", fillcolor=\"#eef4ff\"];\n");
    has("⚠ writes /out\\l\", fillcolor=\"#eef4ff\", color=\"#cc0000\", penwidth=3];\n");
    has("  n9 -> n7 [style=bold, color=\"#cc0000\", penwidth=3, label=\"writes /out\"];\n");
    has("  n9 -> n2 [style=dashed, label=\"/in\"];\n");
    assert_eq!(ran.stdout.matches(" -> ").count(), 10);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
}

#[test]
fn svg_has_the_same_nodes_and_edges_and_is_well_formed() {
    let ran = shop().run("graph", &["--format", "svg"]);
    well_formed(&ran.stdout);
    assert_eq!(ran.stdout.matches("<rect class=\"node").count(), 12);
    assert_eq!(ran.stdout.matches("<path class=\"edge").count(), 10);
    assert_eq!(ran.stdout.matches("<rect class=\"node code wide\"").count(), 1);
    assert_eq!(ran.stdout.matches("<path class=\"edge writes\"").count(), 1);
    assert!(ran.stdout.contains("⚠ network: api.example.com:443</text>"), "{}", ran.stdout);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
}

#[test]
fn svg_has_a_legend_of_what_is_in_it() {
    let legend = |app: &App| {
        let svg = app.run("graph", &["--format", "svg"]).stdout;
        let (_, legend) = svg.split_once(" class=\"key").unwrap();
        let texts = legend.split("<text class=\"kind\"").skip(1);
        texts.map(|text| text.split(['>', '<']).nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        legend(&shop()),
        [
            "WebAssembly",
            "Lua",
            "HTTP",
            "directory, variable, host",
            "no entry of the application",
            "a grant for a second look",
            "calls or leads to",
            "loads or reads",
            "writes"
        ]
    );
    assert_eq!(legend(&App::wat(crate::support::ADD, "add", "")), ["WebAssembly"]);
}

#[test]
fn an_entry_that_calls_itself_and_a_circle_stay_inside_of_the_picture() {
    let svg = App::new(
        "  - { name: a, kind: function.wat, source: file://add.wat, method: add, bindings: { next: b, again: a } }
  - { name: b, kind: function.wat, source: file://add.wat, method: add, bindings: { next: a } }
",
    );
    let svg = svg.run("graph", &["--format", "svg"]).stdout;
    let view = svg.split_once("viewBox=\"").unwrap().1.split('"').next().unwrap();
    let view: Vec<f64> = view.split(' ').map(|number| number.parse().unwrap()).collect();
    let mut paths = 0;
    for path in svg.split("<path class=\"edge").skip(1) {
        paths += 1;
        let points = path.split_once(" d=\"").unwrap().1.split('"').next().unwrap();
        for point in points.split([' ', 'M', 'C']).filter_map(|point| point.split_once(',')) {
            let (x, y): (f64, f64) = (point.0.parse().unwrap(), point.1.parse().unwrap());
            assert!(x >= view[0] && x <= view[0] + view[2] && y >= view[1] && y <= view[1] + view[3], "{svg}");
        }
    }
    assert_eq!(paths, 3);
}

/// Each tag is one that this program writes and is closed, and each ampersand begins an entity.
#[track_caller]
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    for (at, _) in svg.match_indices('<') {
        let tag = svg[at + 1..].split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        let known = ["svg", "style", "defs", "marker", "path", "rect", "text"].contains(&name);
        assert!(known, "<{tag}>");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (_, true) => {}
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for (at, _) in svg.match_indices('&') {
        let rest = &svg[at..];
        assert!(["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].iter().any(|known| rest.starts_with(known)), "{rest}");
    }
}

/// What a name may hold, and what somebody may hope to get through with it.
const HOSTILE: [&str; 9] = [
    "\"]-->x[\"",
    "</text><script>alert(1)</script>",
    "<img/src=x/onerror=alert(1)>",
    "\\\";x->y;\\l\\N",
    "&lt;b&gt;&amp;#60;",
    "`**bold**`",
    "style:#fff;classDef",
    "|\"|end;click",
    "\u{202e}gnp.exe",
];

fn hostile() -> App {
    let entries = HOSTILE.iter().enumerate().map(|(index, name)| {
        // A name has no colon.
        let name = name.replace(':', "%");
        let name = json!(name);
        let label = json!(HOSTILE[index]);
        format!(
            "  - name: {name}\n    kind: function.wat\n    source: file://add.wat\n    method: add\n    imports: [{label}]\n    \
             bindings: {{ {label}: {name} }}\n"
        )
    });
    App::new(&entries.collect::<String>())
}

#[test]
fn names_of_an_application_are_text_and_never_markup() {
    let app = hostile();
    let svg = app.run("graph", &["--format", "svg"]);
    assert_eq!((svg.stderr.as_str(), svg.code), ("", 0));
    well_formed(&svg.stdout);
    assert!(svg.stdout.contains("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", svg.stdout);
    assert!(!svg.stdout.contains('\u{202e}') && svg.stdout.contains("\\u{202e}gnp.exe"), "{}", svg.stdout);

    let mermaid = app.run("graph", &[]).stdout;
    let lines: Vec<&str> = mermaid.lines().skip(1).take_while(|line| !line.starts_with("  classDef")).collect();
    assert_eq!(lines.len(), 2 * HOSTILE.len(), "{mermaid}");
    for line in lines {
        let parts: Vec<&str> = line.split('"').collect();
        let [before, label, behind] = parts[..] else { panic!("{line}") };
        assert!(["[", "|"].iter().any(|end| before.ends_with(end)) && !behind.contains(';'), "{line}");
        let plain = label.replace("<br/>", "");
        assert!(!plain.contains(['<', '>', '`', '\\', '|', '[', ']', '{', '}', '&']), "{line}");
        assert!(!(line.contains("style") && line.contains(':')), "{line}");
    }

    let dot = app.run("graph", &["--format", "dot"]).stdout;
    let lines: Vec<&str> = dot.lines().filter(|line| line.starts_with("  n") && line.contains("label=")).collect();
    assert_eq!(lines.len(), 2 * HOSTILE.len(), "{dot}");
    for line in lines {
        // Without its texts there is nothing left of a name.
        let mut left = String::new();
        let mut in_text = false;
        let mut characters = line.chars();
        while let Some(c) = characters.next() {
            match c {
                '\\' if in_text => drop(characters.next()),
                '"' => in_text = !in_text,
                c if !in_text => left.push(c),
                _ => {}
            }
        }
        assert!(!in_text, "{line}");
        let known = |c: char| c.is_ascii_alphanumeric() || " []=,;->".contains(c);
        assert!(left.chars().all(known) && left.matches(';').count() == 1, "{left}");
    }
}

#[test]
fn a_grant_of_funcs_is_a_line_and_no_edge() {
    let app = App::wat(crate::support::ADD, "add", "    imports: [funcs]\n");
    let ran = app.run("graph", &[]);
    assert!(ran.stdout.contains("<br/>⚠ calls any function (funcs)\"]"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("-->"), "{}", ran.stdout);
}

#[test]
fn a_section_that_no_import_reads_is_no_grant() {
    let rest = "    wasi: { mounts: [{ fs: gone, guest: /x }], network: { allow: [\"a.example\"] } }\n";
    let ran = App::wat(crate::support::ADD, "add", rest).run("graph", &[]);
    assert!(ran.stdout.starts_with("flowchart LR\n  n0[\"demo:it<br/>function.wat\"]\n  classDef"), "{}", ran.stdout);
}

#[test]
fn what_a_variable_of_the_host_holds_is_not_drawn() {
    let rest = "    imports: [wasi:http]\n    wasi: { network: { allow: [\"${env:NO_COLOR}.example:443\"] } }\n";
    let ran = App::wat(crate::support::ADD, "add", rest).run("graph", &["--format", "dot"]);
    assert!(ran.stdout.contains("network: ${env:NO_COLOR}\\l"), "{}", ran.stdout);
}

#[test]
fn the_same_application_gives_the_same_drawing_however_its_files_are_cut() {
    let whole = shop();
    let index = fs::read_to_string(whole.path().join("_index.yaml")).unwrap();
    let (head, entries) = index.split_once("entries:\n").unwrap();
    let middle = entries.find("  - { name: web").unwrap();
    let cut = App::empty()
        .with("a/_index.yaml", format!("{head}entries:\n{}", &entries[middle..]).replace("file://add", "file://../add"))
        .with("b/_index.yaml", format!("{head}entries:\n{}", &entries[..middle]))
        .with("add.wat", crate::support::ADD);
    for format in ["mermaid", "dot", "svg"] {
        let drawn = |app: &App| app.run("graph", &["--format", format]).stdout;
        assert_eq!(drawn(&whole), drawn(&cut));
        assert_eq!(drawn(&whole), drawn(&whole));
    }
}

#[test]
fn an_application_with_problems_is_drawn_as_far_as_it_can_be_read_and_fails() {
    let app = App::new(
        "  - { name: good, kind: function.wat, source: file://add.wat, method: add, bindings: { f: bad } }
  - { name: bad, kind: function.wat, source: file://gone.wat, method: add }
",
    );
    let ran = app.run("graph", &[]);
    assert!(ran.stdout.contains("  n0[\"demo:bad<br/>has a problem: see #96;wippy-host check#96;\"]\n"), "{ran:?}");
    assert!(ran.stdout.contains("  n1 -->|\"f\"| n0\n") && ran.stdout.contains("  class n0 broken\n"), "{ran:?}");
    assert!(ran.stderr.starts_with("error: demo:bad: file://gone.wat: there is no such file\n"), "{ran:?}");
    let warning = "warning: the application has 1 problem; what has one is drawn as far as it can be read\n";
    assert!(ran.stderr.ends_with(warning), "{ran:?}");
    assert_eq!(ran.code, 1);
    App::empty().run("graph", &[]).fails(
        "error: no application in ROOT: no .yaml, .yml or .json file has a `namespace`
  help: create `_index.yaml` there, with the lines `version: \"1.0\"`, `namespace: demo` and `entries: []`
error: the application has 1 problem and does not run
",
    );
}

#[test]
fn with_json_nodes_and_edges_are_data() {
    let ran = shop().run("graph", &["--json"]);
    let drawing = ran.json();
    assert_eq!(drawing["ok"], true);
    assert_eq!(
        drawing["nodes"][7],
        json!({"id": "demo:out", "kind": "fs.directory", "facts": [{"text": "./out", "wide": false}]})
    );
    assert!(
        drawing["edges"]
            .as_array()
            .unwrap()
            .contains(&json!({"from": "demo:sum", "to": "demo:out", "kind": "writes", "label": "/out"})),
        "{drawing}"
    );
    let broken = App::wat("", "add", "").run("graph", &["--json"]);
    let drawing = broken.json();
    assert_eq!([&drawing["ok"], &drawing["problems"][0]["entry"]], [&json!(false), &json!("demo:it")]);
    assert_eq!((broken.stderr.as_str(), broken.code), ("", 1));
    let nothing: Value = serde_json::from_str(&App::empty().run("graph", &["--json"]).stderr).unwrap();
    assert_eq!(nothing["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn the_drawing_goes_into_a_file_that_is_named() {
    let app = shop();
    let file = app.path().join("drawing.svg");
    let file = file.to_str().unwrap();
    let ran = app.run("graph", &["--format", "svg", "--output", file]);
    let said = "wrote 12 nodes and 10 edges into ROOT/drawing.svg\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), ("", said, 0));
    well_formed(&fs::read_to_string(file).unwrap());
    let ran = app.run("graph", &["-o", "/nowhere/at/all.svg"]);
    assert!(ran.stderr.starts_with("error: cannot write the drawing into /nowhere/at/all.svg: "), "{ran:?}");
    assert_eq!(ran.code, 2);
}

/// A thousand entries, each of which uses three others; every tenth is in a circle.
fn large() -> App {
    let mut entries = "  - { name: data, kind: fs.directory, directory: . }\n".to_owned();
    for index in 0..1_000 {
        let to = |offset: usize| (index + offset) % 1_000;
        let _ = writeln!(
            entries,
            "  - name: f{index}\n    kind: function.wat\n    source: file://add.wat\n    method: add\n    imports: \
             [wasi:filesystem]\n    bindings: {{ a: f{}, b: f{}, c: f{} }}\n    wasi: {{ mounts: [{{ fs: data, guest: /d }}] \
             }}",
            to(1),
            to(7),
            to(501)
        );
    }
    App::new(&entries)
}

#[test]
fn a_thousand_entries_are_drawn_in_each_format() {
    let app = large();
    let edges = |ran: &Ran, mark: &str| ran.stdout.matches(mark).count();
    let svg = app.run("graph", &["--format", "svg"]);
    well_formed(&svg.stdout);
    assert_eq!((edges(&svg, "<path class=\"edge"), svg.code), (4_000, 0));
    assert_eq!(edges(&app.run("graph", &["--format", "dot"]), " -> "), 4_000);
    let mermaid = app.run("graph", &[]);
    assert_eq!(edges(&mermaid, "==>"), 1_000);
    assert!(mermaid.stderr.starts_with("warning: Mermaid draws at most 500 edges and 50000 characters"), "{mermaid:?}");
}

#[test]
fn the_examples_are_drawn_without_a_problem() {
    for example in ["examples/quickstart", "examples/orders"] {
        let path = repository().join(example);
        let ran = run(&["graph", path.to_str().unwrap()]);
        assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
        assert!(ran.stdout.contains("⚠"), "{}", ran.stdout);
    }
}

#[test]
fn a_list_of_grants_is_never_cut() {
    let path = repository().join("examples/quickstart");
    let ran = run(&["graph", path.to_str().unwrap()]);
    let imports = "imports: funcs, wasi:cli, wasi:io, wasi:clocks,<br/>wasi:filesystem, wasi:random, wasi:sockets, wasi:http<br/>";
    assert!(ran.stdout.contains(imports), "{}", ran.stdout);
}
