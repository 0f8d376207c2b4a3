//! Gives every kind of value back as it came.

wit_bindgen::generate!({ world: "values", path: "wit" });

struct Values;
export!(Values);

/// One method a line: the WIT name in snake case, and the type that comes and goes.
macro_rules! echo {
    ($($name:ident: $kind:ty),* $(,)?) => { $(fn $name(value: $kind) -> $kind { value })* };
}

impl Guest for Values {
    echo! {
        echo_bool: bool, echo_s8: i8, echo_s16: i16, echo_s32: i32, echo_s64: i64, echo_u8: u8, echo_u16: u16,
        echo_u32: u32, echo_u64: u64, echo_f32: f32, echo_f64: f64, echo_char: char, echo_string: String,
        echo_bytes: Vec<u8>, echo_list_u32: Vec<u32>, echo_list_string: Vec<String>, echo_list_list: Vec<Vec<u8>>,
        echo_tuple: (u32, String, bool), echo_record: User, echo_users: Vec<User>, echo_option: Option<u32>,
        echo_option_string: Option<String>, echo_nested_option: Option<Option<u32>>,
        echo_result: Result<u32, String>, echo_plain_result: Result<(), ()>, echo_variant: Shape, echo_enum: Color,
        echo_flags: Permissions,
    }

    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    fn nothing() {}

    fn concat(parts: Vec<String>) -> String {
        parts.concat()
    }

    fn fail(text: String) -> Result<String, String> {
        Err(text)
    }

    fn fail_with(user: User) -> Result<(), User> {
        Err(user)
    }
}

impl exports::demo::values::math::Guest for Values {
    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
}
