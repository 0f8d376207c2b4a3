//! Calls its own imports, which are functions of the registry.

wit_bindgen::generate!({
    world: "demo:bound/bound",
    path: "wit",
    generate_all,
});

use demo::bound::ops;

struct Bound;
export!(Bound);

impl Guest for Bound {
    fn add(a: i32, b: i32) -> i32 {
        ops::add(a, b)
    }

    fn divide(a: i32, b: i32) -> Result<i32, String> {
        ops::divide(a, b)
    }

    fn check(number: u32) -> Result<(), u32> {
        ops::check(number)
    }

    fn older(who: User, by: u32) -> User {
        ops::older(&who, by)
    }

    fn turn(what: Vec<Shape>) -> Vec<Shape> {
        ops::turn(&what)
    }

    fn bytes(input: Vec<u8>) -> Vec<u8> {
        ops::bytes(&input)
    }

    fn nothing() {
        ops::nothing();
    }

    fn shouted(text: String) -> String {
        shout(&text)
    }
}
