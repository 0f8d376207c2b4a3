//! What a program may share between its threads, and what it may send: a test that compiles, or a broken promise.

use crate::*;

#[test]
fn what_a_program_shares_between_its_threads_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<ActionRequest<'static>>();
    shared::<CacheOptions>();
    shared::<CallContext>();
    shared::<CallContextBuilder>();
    shared::<EngineOptions>();
    shared::<EntryProblems>();
    shared::<EntrySpec>();
    shared::<Error>();
    shared::<FunctionRegistry>();
    shared::<Grants>();
    shared::<Host>();
    shared::<HostBuilder>();
    shared::<HostBytes>();
    shared::<ImportMeta>();
    shared::<Limits>();
    shared::<ManualClock>();
    shared::<Preflight>();
    shared::<Program>();
    shared::<Registration>();
    shared::<Registry>();
    shared::<RegistryBuilder>();
    shared::<Services>();
    shared::<StandardStreams>();
    shared::<Value>();
    shared::<WasmFunction>();
    shared::<WeakFunctionRegistry>();
    shared::<metrics::Metrics>();
    shared::<policy::network::DenialLog>();
    shared::<policy::network::NetworkGuard>();
    shared::<policy::network::NetworkRules>();
    shared::<pool::PoolSpec>();
    shared::<pool::SlotPermit>();
    shared::<pool::Slots>();
    shared::<value::TextOrBytes>();
    shared::<value::ValueError>();
    sent::<StoreData>();
}
