//! A web service that runs its users' functions: they upload components and call them, each within its limits.

mod functions;
mod policy;
mod routes;
#[cfg(test)]
mod tests;
mod users;

use std::error::Error;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use wippy_host::{EngineOptions, Host};

/// How long calls that run may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let host = host()?;
    let listener = TcpListener::bind(std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("http://{}/", listener.local_addr()?);
    let served = axum::serve(listener, routes::router(host.clone())).with_graceful_shutdown(async move {
        let _ = tokio::signal::ctrl_c().await;
        // Calls that run end as they would; those that come now are refused.
        let cancelled = host.drain(Instant::now() + GRACE).await;
        eprintln!("stopping: {cancelled} calls were cancelled");
    });
    Ok(served.await?)
}

/// The host: its policy, the room that all users have together, and the functions that guests may call.
fn host() -> Result<Host, Box<dyn Error>> {
    let engine = EngineOptions::default().with_max_total_memory_bytes(1 << 30);
    let host = wippy_host::builder()?.policy(policy::UsersPolicy).engine(engine).build()?;
    functions::register(&host)?;
    Ok(host)
}
