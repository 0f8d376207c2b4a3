//! What a program may share between its threads, and what it may send: a test that compiles, or a broken promise.

use crate::*;

#[test]
fn what_a_program_shares_between_its_threads_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Random>();
    shared::<SeededEntropy>();
}
