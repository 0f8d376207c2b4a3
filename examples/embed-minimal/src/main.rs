//! One guest, which may call one function of this program and read a clock.

use std::error::Error;
use std::time::Duration;
use wippy_host::{CallContext, EntrySpec, Function, Value, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let text = std::env::args().nth(1).unwrap_or_else(|| "hello".to_owned());
    println!("{}", stamped(text).await?.into_json_text()?);
    Ok(())
}

async fn stamped(text: String) -> Result<Value, Box<dyn Error>> {
    let host = wippy_host::builder()?.build()?;
    // What guests may call, under this name.
    let shout = function(|_call: CallContext, arguments: Vec<Value>| async move {
        Ok(Value::from(arguments.first().and_then(Value::as_str).unwrap_or_default().to_uppercase()))
    });
    host.functions().register("app:shout", shout)?;

    let guest = host.compile_module(include_str!("guest.wat"), include_str!("guest.wit"))?;
    // What the guest may use: these two groups, and nothing else.
    let entry = EntrySpec::new("app:stamp", "stamp").with_imports(["funcs", "wasi:clocks"]);
    let stamp = host.prepare(entry, guest).await?;

    let call = CallContext::builder().timeout(Duration::from_secs(2)).build();
    Ok(stamp.call(&call, vec![Value::from(text)]).await?)
}

#[cfg(test)]
mod tests {
    use super::{Value, stamped};

    #[tokio::test]
    async fn the_guest_calls_the_program_and_reads_the_clock() {
        let stamped = stamped("hello".to_owned()).await.unwrap();
        let parts = stamped.as_list().unwrap();
        assert_eq!(parts.first().and_then(Value::as_str), Some("HELLO"));
        assert!(parts.get(1).and_then(Value::as_u64).is_some());
    }
}
