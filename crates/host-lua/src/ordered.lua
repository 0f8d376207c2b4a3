-- `pairs` in an order that repeats from run to run: numbers, then texts, then booleans. Lua's own follows a seed that is
-- taken from addresses. Tables and functions as keys come last, in no order.
local env, own = ...

local next, type, error, rawget, sort = env.next, env.type, env.error, env.rawget, env.table.sort
local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return (rank[kind] or 4) < (rank[other] or 4) end
  if kind == "number" or kind == "string" then return a < b end
  return kind == "boolean" and a and not b
end

function env.pairs(value)
  local meta = own(value)
  local pairs = type(meta) == "table" and rawget(meta, "__pairs")
  if pairs then
    local iterate, state, first = pairs(value)
    return iterate, state, first
  end
  if type(value) ~= "table" then
    error("bad argument #1 to 'pairs' (table expected, got " .. type(value) .. ")", 2)
  end
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  sort(keys, before)
  local at = 0
  return function()
    local key, found
    repeat
      at = at + 1
      key = keys[at]
      if key == nil then return nil end
      found = rawget(value, key)
    until found ~= nil
    return key, found
  end, value, nil
end
