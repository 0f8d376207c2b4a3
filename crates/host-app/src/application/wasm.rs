//! Functions and programs that are components.

use super::generation::{Made, Role};
use super::opening::Opening;
use crate::code::Compiled;
use crate::findings;
use crate::located::located;
use crate::manifest::{Entry, FunctionEntry, Problem, Transport};
use crate::spec::spec;
use std::sync::Arc;
use wippy_host_core::{EntrySpec, ErrorKind, Place};
use wippy_import_http::behind_http;

/// What takes whole requests, on either track.
const HANDLERS: [&str; 2] = ["wasi:http/incoming-handler@", "wasi:http/handler@"];

impl Opening {
    pub(super) async fn function(&mut self, entry: &Entry, function: &FunctionEntry) -> Option<Made> {
        let (spec, problems) = spec(entry, function);
        self.component(entry, function, Role::Function, spec, problems).await
    }

    /// A program is not held to a time of its own unless its entry says so.
    pub(super) async fn program(&mut self, entry: &Entry, function: &FunctionEntry) -> Option<Made> {
        let (mut spec, problems) = spec(entry, function);
        if function.limits.max_execution_ms.is_none() {
            spec.limits.max_execution = None;
        }
        self.component(entry, function, Role::Program, spec, problems).await
    }

    /// What has no errors. What is wrong with its code does not hide what is wrong with the rest.
    async fn component(
        &mut self,
        entry: &Entry,
        function: &FunctionEntry,
        role: Role,
        mut spec: EntrySpec,
        mut problems: Vec<Problem>,
    ) -> Option<Made> {
        let mut findings = Vec::new();
        let mut preflight = None;
        let mut handles = false;
        let prepared = match self.compiler.code(function, &self.read.directories).await {
            Err(problem) => {
                let problem = problem.map(|problem| problem.for_entry(&entry.id.value));
                problems.extend(problem);
                Err(self.host.check(&spec))
            }
            Ok(Compiled { program, remark }) => {
                problems.extend(remark.map(|remark| remark.for_entry(&entry.id.value)));
                let http = function.transport.as_ref().is_some_and(|transport| transport.value == Transport::WasiHttp);
                if let Some(component) = program.component().filter(|_| http) {
                    (spec, handles) = behind_http(spec, component);
                }
                let found = self.host.preflight_entry(&spec, &program);
                findings = findings::of(entry, function, &found);
                self.preflights.push(found.clone());
                preflight = Some(found);
                self.host.prepare(spec, &program).await.map_err(|found| found.problems)
            }
        };
        if !handles
            && prepared.as_ref().is_ok_and(|made| HANDLERS.iter().any(|handler| made.method().starts_with(handler)))
        {
            let message = format!("method {} takes whole HTTP requests, and gets none", function.method.value);
            let warning = Problem::at(ErrorKind::Invalid, &function.method.span, message).into_warning();
            problems.push(warning.for_entry(&entry.id.value).with_remedy(match role {
                Role::Function => "add `transport: wasi-http`",
                Role::Program => "make it a function.wasm with `transport: wasi-http`, behind an http.endpoint",
            }));
        }
        let prepared = prepared.map_err(|found| {
            // A misspelt name grants nothing, and a remark that its group is not granted would say so twice.
            if found.iter().any(|problem| matches!(problem.place, Place::Import(_))) {
                findings.retain(Problem::is_error);
            }
            let declarations = &self.read.declarations;
            problems.extend(found.iter().filter_map(|found| located(declarations, entry, function, found)));
        });
        problems.extend(findings);
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems.iter().cloned());
        let prepared = prepared.ok().filter(|_| sound)?;
        let id = prepared.entry().id().clone();
        let function = Arc::new(prepared);
        let handler = handles.then(|| function.clone());
        Some(Made { id, role, function, handler, preflight, remarks: problems })
    }
}
