//! `poll_oneoff`: a program that only sleeps does so by the clock of its call. Wasmtime's own knows the system's alone, and
//! takes over where a file or a stream is polled too.

use super::{PREVIEW1, preview1_parts};
use std::time::Duration;
use wasmtime::{Caller, Linker};
use wasmtime_wasi::p1::types::{
    Clockid, Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Subclockflags, Subscription, SubscriptionU,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::poll_oneoff;
use wiggle::GuestPtr;
use wippy_host_core::{Clock, StoreData, spans};

/// Sleeps that are looked at; a longer list is Wasmtime's.
const SLEEPS: u32 = 64;

pub(super) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        PREVIEW1,
        "poll_oneoff",
        |mut caller, (subs, events, count, written): (i32, i32, i32, i32)| {
            let span = spans::host_call(PREVIEW1, "poll_oneoff");
            Box::new(spans::in_host_call(span, async move {
                let sleeps = match sleeps(&mut caller, subs, count) {
                    Some(sleeps) => sleeps,
                    None => return everything(&mut caller, subs, events, count, written).await,
                };
                let clock = caller.data().clock().clone();
                let until: Vec<u64> = sleeps.iter().map(|sleep| sleep.until(&*clock)).collect();
                if let Some(first) = until.iter().min() {
                    // Also where it has passed: a guest that asks again and again must let the others go on.
                    tokio::task::coop::consume_budget().await;
                    clock.sleep_until(*first).await;
                }
                let now = clock.monotonic();
                let due =
                    sleeps.iter().zip(&until).filter(|(_, until)| **until <= now).map(|(sleep, _)| sleep.userdata);
                Ok(write(&mut caller, due, events, written)
                    .map_or_else(|_| Errno::Fault as i32, |()| Errno::Success as i32))
            }))
        },
    )?;
    Ok(())
}

struct Sleep {
    userdata: u64,
    clock: Clockid,
    timeout: u64,
    absolute: bool,
}

impl Sleep {
    /// The moment by the monotonic clock.
    fn until(&self, clock: &dyn Clock) -> u64 {
        match (self.clock, self.absolute) {
            (Clockid::Monotonic, true) => self.timeout,
            (Clockid::Realtime, true) => {
                let left = Duration::from_nanos(self.timeout).saturating_sub(clock.wall());
                clock.monotonic().saturating_add(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX))
            }
            _ => clock.monotonic().saturating_add(self.timeout),
        }
    }
}

/// The subscriptions, where all are sleeps by a clock that there is.
fn sleeps(caller: &mut Caller<'_, StoreData>, subs: i32, count: i32) -> Option<Vec<Sleep>> {
    let count = u32::try_from(count).ok().filter(|count| (1..=SLEEPS).contains(count))?;
    let (memory, _) = preview1_parts(caller).ok()?;
    let subs = GuestPtr::<Subscription>::new(subs.cast_unsigned()).as_array(count);
    let sleep = |sub| {
        let sub: Subscription = memory.read(sub).ok()?;
        match sub.u {
            SubscriptionU::Clock(clock) if matches!(clock.id, Clockid::Monotonic | Clockid::Realtime) => Some(Sleep {
                userdata: sub.userdata,
                clock: clock.id,
                timeout: clock.timeout,
                absolute: clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME),
            }),
            _ => None,
        }
    };
    subs.iter().map(|sub| sleep(sub.ok()?)).collect()
}

fn write(
    caller: &mut Caller<'_, StoreData>,
    due: impl Iterator<Item = u64>,
    events: i32,
    written: i32,
) -> wasmtime::Result<()> {
    let (mut memory, _) = preview1_parts(caller)?;
    let events = GuestPtr::<Event>::new(events.cast_unsigned());
    let mut count = 0;
    for userdata in due {
        let fd_readwrite = EventFdReadwrite { flags: Eventrwflags::empty(), nbytes: 0 };
        let event = Event { userdata, error: Errno::Success, type_: Eventtype::Clock, fd_readwrite };
        memory.write(events.add(count)?, event)?;
        count += 1;
    }
    Ok(memory.write(GuestPtr::<u32>::new(written.cast_unsigned()), count)?)
}

async fn everything(
    caller: &mut Caller<'_, StoreData>,
    subs: i32,
    events: i32,
    count: i32,
    written: i32,
) -> wasmtime::Result<i32> {
    let (mut memory, context) = preview1_parts(caller)?;
    poll_oneoff(context, &mut memory, subs, events, count, written).await
}
