//! Preview 1's part of the group: variables, arguments, standard streams, and how a program ends.

use crate::environment::arguments;
use crate::{CliState, SharedVariables, stdio};
use wippy_host_core::{ModuleFunctions, StateContext};
use wippy_wasi_context::{PREVIEW1, provide_preview1};

/// The descriptors of the standard streams are served by the functions that serve files. Every program asks for its
/// preopened directories when it starts: it has none without `wasi:filesystem`.
pub(crate) const FUNCTIONS: &[ModuleFunctions] = &[ModuleFunctions::new(
    PREVIEW1,
    &[
        "args_get",
        "args_sizes_get",
        "environ_get",
        "environ_sizes_get",
        "fd_close",
        "fd_fdstat_get",
        "fd_fdstat_set_flags",
        "fd_filestat_get",
        "fd_prestat_dir_name",
        "fd_prestat_get",
        "fd_read",
        "fd_renumber",
        "fd_seek",
        "fd_tell",
        "fd_write",
        "proc_exit",
        "proc_raise",
    ],
)];

/// Provides what the state of an instance has.
pub(crate) fn provide(cx: &mut StateContext<'_>, shared: &SharedVariables, state: &CliState) {
    let variables = state.variables().to_vec();
    let arguments: Vec<String> = arguments(cx.store(), shared).cloned().collect();
    let (own, writer) = (cx.call().streams().cloned(), cx.store().output());
    provide_preview1(cx.store(), move |builder| {
        builder.envs(&variables).args(&arguments);
        stdio::provide(builder, own.as_ref(), &writer);
    });
}
