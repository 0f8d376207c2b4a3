//! Handles HTTP requests as the path says. What is behind `?` is a number, where a path takes one.

wit_bindgen::generate!({
    world: "demo:handler/handler",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "../../wit/wasi-0.2/http.wit",
        "../../wit/wippy-runtime-0.1/funcs.wit",
        "wit",
    ],
    features: ["informational-outbound-responses"],
    generate_all,
});

mod bad;
mod good;
mod reply;

use exports::wasi::http::incoming_handler::Guest;
use wasi::http::types::{IncomingRequest, ResponseOutparam};

/// Tells the host's function `test:note`, where there is one and the entry may call it.
fn note(text: &str) {
    let _ = wippy::runtime::funcs::call_string("test:note", text);
}

struct Handler;
export!(Handler);

impl Guest for Handler {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let number = query.parse().unwrap_or(0);
        match path {
            "/count" => good::count(out),
            "/echo" => good::echo(request, out),
            "/request" => good::request(&request, out),
            "/upload" => good::upload(request, out),
            "/status" => good::status(out, number as u16),
            "/trailers" => good::trailers(out),
            "/big" => good::big(out, number, false),
            "/declared" => good::big(out, number, true),
            "/ticks" => good::ticks(out, number),
            "/consume-twice" => good::consume_twice(&request, out),
            "/informational" => good::informational(out),
            "/work-after" => good::work_after(out, number),
            "/trap-before" => bad::trap_before(),
            "/trap-after" => bad::trap_after(out),
            "/trap-finished" => bad::trap_finished(out),
            "/no-response" => drop(out),
            "/error-code" => bad::error_code(out, number),
            "/outgoing" => bad::outgoing(out),
            "/dropped-body" => bad::dropped_body(out),
            "/leaked-body" => bad::leaked_body(out),
            "/short" => bad::short(out),
            "/spin" => bad::spin(),
            "/wait" => bad::wait(),
            "/wait-after" => bad::wait_after(out),
            _ => good::hello(out),
        }
    }
}
