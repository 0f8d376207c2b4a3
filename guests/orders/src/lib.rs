//! Prices orders, and asks a Lua function for the discount.

wit_bindgen::generate!({ world: "demo:orders/orders", path: ["../../wit/wippy-runtime-0.1/funcs.wit", "wit"], generate_all });

use serde::Deserialize;
use wippy::runtime::funcs;

struct Orders;
export!(Orders);

/// Cents for each piece.
const PRICES: [(&str, u64); 3] = [("apple", 45), ("pear", 60), ("quince", 120)];

/// What the Lua function answers.
#[derive(Deserialize)]
struct Discount {
    percent: u32,
    message: Option<String>,
}

impl Guest for Orders {
    fn greet(name: String) -> String {
        format!("Hello, {name}!")
    }

    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    fn fibonacci(n: u32) -> u64 {
        (0..n).fold((0u64, 1u64), |(a, b), _| (b, a.wrapping_add(b))).0
    }

    fn price(order: Order) -> Result<Priced, String> {
        let mut total = 0u64;
        for line in &order.lines {
            let price = PRICES.iter().find(|(sku, _)| *sku == line.sku).map(|(_, price)| *price);
            let price = price.ok_or_else(|| format!("no article {}", line.sku))?;
            total = total.saturating_add(price.saturating_mul(line.quantity.into()));
        }
        let asked = serde_json::json!({"customer": order.customer, "total_cents": total}).to_string();
        let answer = funcs::call_string("shop.rules:discount", &asked)?;
        let discount: Discount = serde_json::from_str(&answer).map_err(|error| format!("{answer}: {error}"))?;
        let percent = discount.percent.min(100);
        Ok(Priced {
            total_cents: total - total * u64::from(percent) / 100,
            discount_percent: percent,
            message: discount.message,
        })
    }
}
