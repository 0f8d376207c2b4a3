//! Bytes that are no component.

use crate::support::{assert_no_panic, component, guest_bytes, host};
use wippy_host::ErrorKind;

/// The whole message, remedy included.
fn refused(bytes: impl AsRef<[u8]>) -> String {
    let Err(error) = host().compile(bytes) else { panic!("it was compiled") };
    assert_no_panic();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.remedy().is_some(), "no remedy: {error}");
    assert!(error.to_string().len() < 2000, "{} bytes of message", error.to_string().len());
    error.to_string()
}

const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn what_is_no_component_is_said_with_a_remedy() {
    let other = "the file is not WebAssembly; name a component, binary (it starts with \\0asm) or text (it starts with a \
                 parenthesis)";
    let mut elf = b"\x7fELF\x02\x01\x01\0".to_vec();
    elf.resize(4096, 0);
    for bytes in [b"hello, world".to_vec(), b"\xff\xfe\xfd".to_vec(), elf, b"#!/bin/sh\n".to_vec(), vec![0; 1 << 20]] {
        assert_eq!(refused(&bytes), other);
    }
    assert_eq!(refused(b""), "the file is empty; build the guest again");
    assert_eq!(refused(b"\0asm"), "the file is cut off after its first bytes; copy it again");
    assert_eq!(refused(b"\0asm\x01\0"), "the file is cut off after its first bytes; copy it again");
    assert_eq!(
        refused(MODULE),
        "the file is a core WebAssembly module, not a component; add its signatures to the entry: `wit: \"export NAME: \
         func(…) -> …;\"`, or make a component of it with: wasm-tools component new"
    );
    assert_eq!(
        refused(b"\0asm\x0a\0\x01\0"),
        "the file is WebAssembly of a version that this host does not know; build the guest as a component of the final \
         component model"
    );
    assert_eq!(
        refused("(module)"),
        "the text is a core WebAssembly module, not a component; add its signatures to the entry: `wit: \"export NAME: \
         func(…) -> …;\"`, or make a component of it with: wasm-tools component new"
    );
}

#[test]
fn text_that_is_not_valid_is_shown_with_line_and_column() {
    let said = refused("(component\n  (cor module))");
    assert!(said.starts_with("the WebAssembly text is not valid: "), "{said}");
    assert!(said.ends_with(", at line 2, column 4; mend the text there"), "{said}");
    for text in
        ["(", "(component", "(component))", "(component \"\u{0}\")", "(component (import \"x\" (func (result $y))))"]
    {
        refused(text);
    }
}

#[test]
fn a_component_cut_off_anywhere_is_refused() {
    let whole = guest_bytes("misbehave");
    let mut compiled = 0;
    for end in (9..whole.len()).step_by(64) {
        // Between two of its sections, what is left is a smaller component.
        if host().compile(&whole[..end]).is_ok() {
            compiled += 1;
            continue;
        }
        let said = refused(&whole[..end]);
        assert!(
            said.starts_with("the component is cut off: ") || said.starts_with("the component is damaged"),
            "{said}"
        );
    }
    assert!(compiled < 5, "{compiled}");
    // The header alone is a component without anything in it.
    assert!(host().compile(COMPONENT).is_ok());
}

#[test]
fn random_bytes_behind_a_header_are_refused() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for length in 1..400_usize {
        let mut bytes = COMPONENT.to_vec();
        for _ in 0..length {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.push((state >> 33) as u8);
        }
        // A custom section of random bytes is one way to be valid.
        if host().compile(&bytes).is_err() {
            refused(&bytes);
        }
    }
    assert_no_panic();
}

#[test]
fn a_component_with_one_damaged_byte_does_not_harm() {
    let whole = guest_bytes("misbehave");
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = host().compile(&bytes);
    }
    assert_no_panic();
    // The host has not lost its wits.
    component("misbehave");
}

/// `count` components, one within the other, as bytes.
fn nested(count: usize) -> Vec<u8> {
    let mut heads = vec![COMPONENT.to_vec()];
    let mut length = COMPONENT.len();
    for _ in 1..count {
        let mut head = COMPONENT.to_vec();
        head.push(4);
        let mut rest = length;
        while rest >= 0x80 {
            head.push((rest as u8 & 0x7f) | 0x80);
            rest >>= 7;
        }
        head.push(rest as u8);
        length += head.len();
        heads.push(head);
    }
    heads.into_iter().rev().flatten().collect()
}

/// Whatever the answer, it is one: a stack that overflows would end the process.
#[test]
fn nesting_without_end_is_answered() {
    for depth in [10, 1000, 100_000] {
        for text in [
            format!("{}{}", "(component ".repeat(depth), ")".repeat(depth)),
            format!("(component (type {}u8{}))", "(list ".repeat(depth), ")".repeat(depth)),
            format!("(component (core module (func {}{})))", "(block ".repeat(depth), ")".repeat(depth)),
        ] {
            if host().compile(&text).is_err() {
                refused(&text);
            }
        }
        let mut chain = "(component (type $t0 u8)".to_owned();
        for index in 1..depth.min(20_000) {
            chain += &format!("(type $t{index} (list $t{}))", index - 1);
        }
        let _ = host().compile(chain + ")");
    }
    let said = "the component is too large to compile: its components nest deeper than 64; compose it of fewer components, or \
                of fewer instances of each";
    for depth in [65, 3000, 100_000] {
        assert_eq!(refused(nested(depth)), said);
    }
    assert!(host().compile(nested(64)).is_ok());
    assert_no_panic();
}

/// Each component instantiates the one before it four times: 2 KB that would take gigabytes to compile.
#[test]
fn a_component_that_multiplies_is_refused_before_it_is_compiled() {
    let text = |levels: usize| {
        let mut text = "(component (component $c0)".to_owned();
        for level in 1..levels {
            text += &format!("(component $c{level} {})", format!("(instance (instantiate $c{}))", level - 1).repeat(4));
        }
        text + ")"
    };
    let said = "the component is too large to compile: its nested components, each counted as often as it is instantiated, \
                are larger than 32 MiB; compose it of fewer components, or of fewer instances of each";
    for levels in [14, 20, 60] {
        assert_eq!(refused(text(levels)), said);
        assert_eq!(refused(wat::parse_str(text(levels)).unwrap()), said);
    }
    assert!(host().compile(text(5)).is_ok());
}

#[test]
fn a_component_of_the_asynchronous_abi_compiles_whatever_its_code_does() {
    let text = "(component
        (core module $m (func (export \"run\") (result i32) (i32.const 0)) (func (export \"cb\") (param i32 i32 i32) (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export \"run\") async (canon lift (core func $i \"run\") async (callback (core func $i \"cb\")))))";
    assert!(host().compile(text).is_ok());
    // A component with a word of it in its names is as good as any other, and one that is damaged is told so.
    let said = refused(text.replace("(i32.const 0)", "(i64.const 0)"));
    assert!(said.contains("not valid"), "{said}");
}
