//! The HTTP services of an application: which request leads to which function.

use super::Application;
use super::generation::Generation;
use crate::manifest::{self, Declaration, Declarations, EntryId, HttpService, Located, Problem};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use wippy_host_core::{Error, ErrorKind, Result};
use wippy_host_server::{Endpoint, Requests, Router, Server, Service, ServiceOptions, Target, TlsFiles};

/// What a timeout of 0 means: as good as never.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The services that run, by the id of their entry.
pub(super) type Running = BTreeMap<EntryId, RunningService>;

/// The requests of each service, where any are counted.
pub(super) type Counted = BTreeMap<EntryId, Arc<Requests>>;

pub(super) struct RunningService {
    server: Server,
    /// What its entry and its PEM files said when it was started.
    declared: String,
    /// The address that its entry asks for.
    addr: SocketAddr,
}

/// A service that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceAddress {
    /// The id of its entry.
    pub id: String,
    /// Where it listens, with the port that the system picked.
    pub addr: SocketAddr,
    /// Whether it speaks TLS.
    pub tls: bool,
}

impl ServiceAddress {
    /// Its URL, `http://127.0.0.1:8080/`.
    pub fn url(&self) -> String {
        format!("{}://{}/", if self.tls { "https" } else { "http" }, self.addr)
    }
}

impl Application {
    /// Starts the services that start by themselves and do not run yet, and stops those that are not declared any more. Of
    /// one that runs and has not changed, only the routes are exchanged, so that no connection ends. One that has changed
    /// gives its address to its successor, so that no client is turned away, and finishes what it has accepted, within
    /// `grace`; this does not wait for it. Where the successor cannot be started, it runs on.
    ///
    /// Dropping the future leaves each service as it was or as it is to be, none without an address; to call it again does the rest.
    ///
    /// # Errors
    /// All that could not be started; the others run.
    pub async fn serve(&self, grace: Duration) -> std::result::Result<Vec<ServiceAddress>, Vec<Error>> {
        let mut running = self.0.services.lock().await;
        let generation = self.0.current.load_full();
        let mut routes = routes(&generation);
        let mut errors = Vec::new();
        let wanted: Vec<(EntryId, HttpService)> = services(&generation.declarations);
        let gone: Vec<EntryId> =
            running.keys().filter(|id| wanted.iter().all(|(wanted, _)| wanted != *id)).cloned().collect();
        for service in gone.iter().filter_map(|id| running.remove(id)) {
            self.retire(service.server, grace);
        }
        for (id, declared) in &wanted {
            let router = match Router::new(routes.remove(id).unwrap_or_default()) {
                Ok(router) => router,
                Err(problems) => {
                    errors.push(problems.into());
                    continue;
                }
            };
            let described = described(&self.0.root, declared);
            if let Some(service) = running.get(id).filter(|service| service.declared == described) {
                service.server.set_router(router);
                continue;
            }
            match self.start(id, declared, running.get_mut(id)).await {
                Ok((service, addr)) => {
                    let server = service.serve(router, self.0.host.functions().clone());
                    let before = running.insert(id.clone(), RunningService { server, declared: described, addr });
                    before.into_iter().for_each(|before| self.retire(before.server, grace));
                }
                Err(error) => {
                    errors.push(error);
                    if let Some(service) = running.get(id) {
                        service.server.set_router(router);
                    }
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let tls = |id: &EntryId| wanted.iter().any(|(other, service)| other == id && service.tls.is_some());
        let addresses = running.iter().map(|(id, service)| ServiceAddress {
            id: id.to_string(),
            addr: service.server.local_addr(),
            tls: tls(id),
        });
        Ok(addresses.collect())
    }

    /// Lets a server finish what it has accepted, beside everything else.
    fn retire(&self, server: Server, grace: Duration) {
        self.0.retired.spawn(async move { server.stop(grace).await });
    }

    /// The service of an entry, with the address of the one that runs where that is the same, and the address asked for.
    async fn start(
        &self,
        id: &EntryId,
        declared: &HttpService,
        before: Option<&mut RunningService>,
    ) -> Result<(Service, SocketAddr)> {
        let mut options = options(&self.0.root, id, declared).await?;
        options.requests = self.counted(id);
        let addr = options.addr;
        let named = |error: Error| {
            let named = Error::new(error.kind(), format!("{id}: {}", error.message()));
            match error.remedy() {
                Some(remedy) => named.with_remedy(remedy),
                None => named,
            }
        };
        let started = match before {
            Some(before) if before.addr == addr => before.server.hand_over(options).await,
            _ => Service::bind(options).await,
        };
        started.map(|service| (service, addr)).map_err(named)
    }

    /// Where the requests of a service are counted, if anything is: services of one id count on.
    fn counted(&self, id: &EntryId) -> Option<Arc<Requests>> {
        self.0.host.services().metrics.as_ref()?;
        let mut requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        Some(requests.entry(id.clone()).or_default().clone())
    }

    /// The requests of each service so far, by the id of its entry: of all that were started, those that have ended too. Empty
    /// where the host has no [`Metrics`](wippy_host_core::metrics::Metrics).
    pub fn requests(&self) -> Vec<(String, Arc<Requests>)> {
        let requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().map(|(id, requests)| (id.to_string(), requests.clone())).collect()
    }

    /// The services that were started and accept no connection any more: none, unless the application stops. Waits while
    /// [`Application::serve`] starts some; dropping the future changes nothing.
    pub async fn silent(&self) -> Vec<String> {
        let running = self.0.services.lock().await;
        let silent = running.iter().filter(|(_, service)| !service.server.is_listening());
        silent.map(|(id, _)| id.to_string()).collect()
    }

    /// Stops the application for good: services accept no more and finish what they accepted, processes are asked to end,
    /// and calls that run come to their end. What is not done after `grace` is cancelled. Returns whether everything ended
    /// by itself. Dropping the future cancels what the services have accepted, and leaves processes and other calls running.
    pub async fn stop(&self, grace: Duration) -> bool {
        let until = Instant::now() + grace.min(NEVER);
        let running = std::mem::take(&mut *self.0.services.lock().await);
        let stopping = running.into_values().map(|service| service.server.stop(grace));
        let ended = futures::future::join_all(stopping).await.into_iter().all(|ended| ended);
        self.0.retired.close();
        // Each of these has a grace of its own, which began before.
        let retired = tokio::time::timeout_at(until.into(), self.0.retired.wait()).await.is_ok();
        self.0.processes.stop(until.saturating_duration_since(Instant::now())).await;
        let cancelled = self.0.host.drain(until).await;
        ended && retired && cancelled == 0
    }
}

/// The services that start by themselves.
fn services(declarations: &Declarations) -> Vec<(EntryId, HttpService)> {
    let services = declarations.iter().filter_map(|entry| match &entry.declaration {
        Declaration::HttpService(service) => Some((entry.id.value.clone(), HttpService::clone(service))),
        _ => None,
    });
    services.filter(|(_, service)| service.auto_start.as_ref().is_none_or(|auto| auto.value)).collect()
}

/// What an entry says, and what its PEM files hold.
fn described(root: &Path, service: &HttpService) -> String {
    let mut described = format!("{service:?}");
    for file in pem_files(service) {
        // Private keys are not kept in another place.
        let digest = std::fs::read(root.join(&file.value)).map(Sha256::digest);
        described.push_str(&format!("{digest:?}"));
    }
    described
}

/// The certificate and the key.
fn pem_files(service: &HttpService) -> impl Iterator<Item = &Located<PathBuf>> {
    service.tls.iter().flat_map(|tls| [&tls.certificate, &tls.key])
}

/// The PEM files of all services, as absolute paths.
pub(super) fn files(root: &Path, declarations: &Declarations) -> BTreeSet<PathBuf> {
    let services = declarations.iter().filter_map(|entry| match &entry.declaration {
        Declaration::HttpService(service) => Some(&**service),
        _ => None,
    });
    services.flat_map(pem_files).map(|file| root.join(&file.value)).collect()
}

/// The endpoints of each service.
pub(super) fn routes(generation: &Generation) -> BTreeMap<EntryId, Vec<Endpoint>> {
    let declarations = &generation.declarations;
    let mut routes: BTreeMap<EntryId, Vec<Endpoint>> = BTreeMap::new();
    for entry in declarations.iter() {
        let Declaration::HttpEndpoint(endpoint) = &entry.declaration else { continue };
        let router = declarations.get(&endpoint.router.value).map(|entry| &entry.declaration);
        let Some(Declaration::HttpRouter(router)) = router else { continue };
        let func = &endpoint.func.value;
        let handler = generation.made.get(func).and_then(|made| made.handler.clone());
        let path = Router::join(router.prefix(), &endpoint.path.value.to_string());
        let target = handler.map_or_else(|| Target::Function(func.to_string().into()), Target::Handler);
        let mut routed = Endpoint::new(entry.id.value.to_string(), path, target);
        routed.method = endpoint.method.value.as_str().parse().ok();
        routes.entry(router.server.value.clone()).or_default().push(routed);
    }
    routes
}

/// What is wrong with services beyond what their entries say: files that are not there, and routes as a whole, each at its
/// endpoint.
pub(super) fn problems(root: &Path, generation: &Generation) -> Vec<Problem> {
    let declarations = &generation.declarations;
    let mut problems = Vec::new();
    for entry in declarations.iter() {
        let Declaration::HttpService(service) = &entry.declaration else { continue };
        let before = problems.len();
        for (name, file) in ["certificate", "key"].into_iter().zip(pem_files(service)) {
            if !root.join(&file.value).is_file() {
                let message = format!("tls.{name}: there is no file {}", file.value.display());
                let found = Problem::at(ErrorKind::NotFound, &file.span, message).for_entry(&entry.id.value);
                problems.push(found.with_remedy("put the PEM file there; the path is relative to the application"));
            }
        }
        if problems.len() == before
            && let Some(tls) = &service.tls
            && let Err(error) = tls_files(root, tls).check()
        {
            let of_key = error.message().contains(&*root.join(&tls.key.value).to_string_lossy());
            let span = if of_key { &tls.key.span } else { &tls.certificate.span };
            let found = Problem::at(error.kind(), span, error.message()).for_entry(&entry.id.value);
            problems.push(found.with_remedy(error.remedy().unwrap_or("name PEM files that can be used")));
        }
    }
    let wrong = routes(generation).into_values().filter_map(|endpoints| Router::new(endpoints).err());
    problems.extend(wrong.flat_map(|problems| problems.0).filter_map(|problem| {
        let entry = declarations.iter().find(|entry| *entry.id.value.to_string() == *problem.endpoint)?;
        let found = Problem::at(ErrorKind::Invalid, &entry.id.span, &problem.message);
        Some(found.for_entry(&entry.id.value).with_remedy(&problem.remedy))
    }));
    problems
}

async fn options(root: &Path, id: &EntryId, declared: &HttpService) -> Result<ServiceOptions> {
    let mut options = ServiceOptions::new(address(id, declared).await?);
    let time = |given: &Option<Located<Duration>>, place: &mut Duration| {
        if let Some(given) = given {
            *place = if given.value.is_zero() { NEVER } else { given.value.min(NEVER) };
        }
    };
    time(&declared.timeouts.header, &mut options.timeouts.header);
    time(&declared.timeouts.read, &mut options.timeouts.read);
    time(&declared.timeouts.write, &mut options.timeouts.write);
    time(&declared.timeouts.idle, &mut options.timeouts.idle);
    let limits = &declared.limits;
    let size = |given: &Option<Located<u64>>, place: &mut usize| {
        if let Some(given) = given {
            *place = usize::try_from(given.value).unwrap_or(usize::MAX);
        }
    };
    size(&limits.max_header_bytes, &mut options.limits.max_header_bytes);
    size(&limits.max_connections, &mut options.limits.max_connections);
    if let Some(bytes) = &limits.max_body_bytes {
        options.limits.max_body_bytes = bytes.value;
        options.limits.max_stream_bytes = bytes.value;
    }
    options.tls = declared.tls.as_ref().map(|tls| tls_files(root, tls));
    Ok(options)
}

fn tls_files(root: &Path, tls: &manifest::HttpTls) -> TlsFiles {
    TlsFiles::new(root.join(&tls.certificate.value), root.join(&tls.key.value))
}

/// Without a host: every address, of IPv6 and IPv4 where the system has both.
async fn address(id: &EntryId, declared: &HttpService) -> Result<SocketAddr> {
    let addr = &declared.addr.value;
    let Some(host) = &addr.host else {
        let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, addr.port));
        let has_ipv6 = std::net::UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
        return Ok(if has_ipv6 { both } else { SocketAddr::from((Ipv4Addr::UNSPECIFIED, addr.port)) });
    };
    let found = tokio::net::lookup_host((host.as_str(), addr.port)).await.map(|mut found| found.next());
    match found {
        Ok(Some(found)) => Ok(found),
        Ok(None) | Err(_) => {
            let message = format!("{id}: {host} is no address of this machine");
            Err(Error::new(ErrorKind::NotFound, message).with_remedy("write `addr: \":8080\"`, or an IP address"))
        }
    }
}
