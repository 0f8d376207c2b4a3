local funcs = require("funcs")
local json = require("json")

local function checkout(body)
  local order, err = json.decode(body or "")
  if err then
    return nil, errors.new({ message = "the order is no JSON", kind = errors.INVALID })
  end
  -- A WASM function's result is {ok = …} or {err = …}; a call that failed is an error.
  local priced, failed = funcs.call("shop.wasm:price", order)
  if failed then
    return nil, failed
  end
  if priced.err then
    return nil, errors.new({ message = priced.err, kind = errors.INVALID })
  end
  return { customer = order.customer, total = priced.ok["total-cents"] / 100, message = priced.ok.message }
end

return { checkout = checkout }
