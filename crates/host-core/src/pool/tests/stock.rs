//! What waits for a call: handed to one call each, made up for, given up where the host is full.

use super::{enter, model};
use crate::CallContext;
use crate::pool::{Idle, Line, Stock, WaitGraph};
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// An instance of a model: it serves nobody else while it serves, and knows how many of its kind there are.
struct Instance {
    alive: Arc<AtomicUsize>,
    serving: AtomicUsize,
}

impl Instance {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self { alive: alive.clone(), serving: AtomicUsize::new(0) }
    }

    async fn serve(&self) {
        assert_eq!(self.serving.fetch_add(1, Ordering::SeqCst), 0, "two calls share an instance");
        yield_now().await;
        self.serving.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a call's end, or an empty stock, sets off.
async fn fill(stock: Arc<Stock<Instance>>, alive: Arc<AtomicUsize>) {
    let Some(mut preparing) = stock.begin() else { return };
    while preparing.goes_on() {
        let instance = Instance::new(&alive);
        yield_now().await;
        drop(stock.put(0, instance));
    }
}

#[test]
fn each_prepared_instance_serves_one_call_and_is_made_up_for() {
    model(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let stock = Arc::new(Stock::new(2, 2, false));
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let (stock, alive) = (stock.clone(), alive.clone());
                spawn(async move {
                    let instance = stock.take(0, 1);
                    let filled = spawn(fill(stock.clone(), alive.clone()));
                    match instance {
                        Some(instance) => instance.serve().await,
                        None => Instance::new(&alive).serve().await,
                    }
                    filled.await.unwrap();
                })
            })
            .collect();
        block_on(async { futures::future::join_all(calls).await.into_iter().for_each(|call| call.unwrap()) });
        assert_eq!((stock.len(), alive.load(Ordering::SeqCst)), (2, 2), "the stock is not full, or something was lost");
        drop(stock);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn what_has_served_is_dropped_by_whoever_prepares_and_never_serves_again() {
    model(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let stock = Arc::new(Stock::new(1, 1, false));
        let calls: Vec<_> = (0..2)
            .map(|_| {
                let (stock, alive) = (stock.clone(), alive.clone());
                spawn(async move {
                    let instance = stock.take(0, 1).unwrap_or_else(|| Instance::new(&alive));
                    let filled = spawn(fill(stock.clone(), alive.clone()));
                    assert_eq!(instance.serving.fetch_add(1, Ordering::SeqCst), 0, "an instance served two calls");
                    yield_now().await;
                    drop(stock.leave(instance));
                    let left = spawn(fill(stock.clone(), alive.clone()));
                    filled.await.unwrap();
                    left.await.unwrap();
                })
            })
            .collect();
        block_on(async { futures::future::join_all(calls).await.into_iter().for_each(|call| call.unwrap()) });
        assert_eq!((stock.len(), alive.load(Ordering::SeqCst)), (1, 1), "what has served was left behind");
    });
}

#[test]
fn what_was_made_under_an_older_environment_is_dropped_and_never_used() {
    model(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let stock = Arc::new(Stock::new(2, 4, false));
        let keeps = {
            let (stock, alive) = (stock.clone(), alive.clone());
            spawn(async move {
                for generation in [0, 1, 0] {
                    drop(stock.put(generation, (generation, Instance::new(&alive))));
                    yield_now().await;
                }
            })
        };
        let takes = {
            let stock = stock.clone();
            spawn(async move {
                for _ in 0..3 {
                    if let Some((generation, instance)) = stock.take(1, 1) {
                        assert_eq!(generation, 1);
                        instance.serve().await;
                    }
                }
            })
        };
        block_on(async { (keeps.await.unwrap(), takes.await.unwrap()) });
        assert!(stock.take(1, 1).is_none_or(|(generation, _)| generation == 1));
        assert_eq!((stock.len(), alive.load(Ordering::SeqCst)), (0, 0));
    });
}

/// A room in the host, and the instance that has it.
struct Held(Arc<Line>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// The protocol of `Admission` and `Maker::keep`: who waits first queues and then asks for what waits; who keeps first puts
/// and then asks who waits. So no call ever waits for an instance that waits for it.
#[test]
fn a_call_that_waits_for_room_gets_the_room_of_an_instance_that_is_kept_meanwhile() {
    model(|| {
        let line = Arc::new(Line::new(1, 8));
        let stock: Arc<Stock<Held>> = Arc::new(Stock::new(0, 4, false));
        let idle = Arc::new(Idle::default());
        idle.add(Arc::downgrade(&stock) as Weak<dyn crate::pool::Spare>);
        let keeper = {
            let (line, stock) = (line.clone(), stock.clone());
            spawn(async move {
                let Some(place) = line.try_take() else { return };
                place.keep();
                drop(stock.put(0, Held(line.clone())));
                if line.waiting() > 0 {
                    drop(stock.give_up());
                }
            })
        };
        let caller = {
            let (line, idle) = (line.clone(), idle.clone());
            spawn(async move {
                if let Some(place) = line.try_take() {
                    return drop(place);
                }
                let waits = WaitGraph::default();
                let queued = line.queue().unwrap();
                idle.spare_one();
                drop(queued.wait(&enter(&CallContext::new(), "a:x"), &waits).await.unwrap());
            })
        };
        // A call that is not let in is a deadlock, which shuttle reports.
        block_on(async { (keeper.await.unwrap(), caller.await.unwrap()) });
    });
}
