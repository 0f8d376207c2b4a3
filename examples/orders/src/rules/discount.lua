local json = require("json")
local customers = require("customers")

--- Called by the WASM function shop.wasm:price, with one JSON text.
local function discount(text)
  local order, err = json.decode(text)
  if err then
    return nil, err
  end
  local loyal, failed = customers.is_loyal(order.customer)
  if failed then
    return nil, failed
  end
  if loyal then
    return { percent = 10, message = "Thank you, " .. order.customer .. "!" }
  end
  return { percent = 0 }
end

return { discount = discount }
