//! Every function of wippy:runtime/funcs@0.2.0.

wit_bindgen::generate!({
    world: "demo:probe-funcs-two/probe-funcs-two",
    path: ["../../wit/wippy-runtime-0.2/funcs.wit", "wit"],
    generate_all,
});

use wippy::runtime::funcs::{self, Running};
use wippy::runtime::values::Node;

struct Probe;
export!(Probe);

fn start(target: &str, argument: Node) -> Running {
    Running::new(target, &[vec![argument]])
}

impl Guest for Probe {
    fn call(target: String, arguments: Vec<Value>) -> Result<Value, Error> {
        funcs::call(&target, &arguments)
    }

    fn call_later(target: String, arguments: Vec<Value>) -> (bool, Result<Value, Error>) {
        let running = Running::new(&target, &arguments);
        let ended = running.ended();
        (ended, Running::finish(running))
    }

    fn many(target: String, count: u32) -> Result<i64, Error> {
        let mut running: Vec<Running> = (0..count).map(|number| start(&target, Node::Integer(number.into()))).collect();
        let mut sum = 0;
        while !running.is_empty() {
            let ended = funcs::wait(&running.iter().collect::<Vec<_>>());
            // From the end, so that the places before stay what they are.
            for place in ended.into_iter().rev() {
                match Running::finish(running.swap_remove(place as usize))?.first() {
                    Some(Node::Integer(value)) => sum += value,
                    other => panic!("no integer: {other:?}"),
                }
            }
        }
        Ok(sum)
    }

    fn order(targets: Vec<String>) -> Vec<u32> {
        let mut running: Vec<(u32, Running)> =
            (0..).zip(targets.iter().map(|target| start(target, Node::Null))).collect();
        let mut order = Vec::new();
        while !running.is_empty() {
            let ended = funcs::wait(&running.iter().map(|(_, running)| running).collect::<Vec<_>>());
            for place in ended.into_iter().rev() {
                let (index, ended) = running.remove(place as usize);
                assert!(ended.ended());
                order.push(index);
                let _ = Running::finish(ended);
            }
        }
        order
    }

    fn first(targets: Vec<String>) -> u32 {
        let running: Vec<Running> = targets.iter().map(|target| start(target, Node::Null)).collect();
        funcs::wait(&running.iter().collect::<Vec<_>>())[0]
    }

    fn hoard(target: String, count: u32, bytes: u32) -> Vec<Error> {
        let running: Vec<Running> =
            (0..count).map(|_| start(&target, Node::Bytes(vec![0; bytes as usize]))).collect();
        let mut errors = Vec::new();
        for running in running {
            if running.ended() {
                errors.extend(Running::finish(running).err());
            }
        }
        errors
    }

    fn start_and_drop(target: String, count: u32) {
        (0..count).for_each(|_| drop(start(&target, Node::Null)));
    }

    fn wait_for_one(target: String, times: u32) -> u32 {
        let running = start(&target, Node::Null);
        funcs::wait(&vec![&running; times as usize]).len() as u32
    }

    fn wait_for_none() -> u32 {
        funcs::wait(&[]).len() as u32
    }
}
