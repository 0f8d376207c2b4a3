-- `pairs` and `next` in an order that repeats from run to run: numbers, then texts, then booleans. Lua's own follows a seed
-- that is taken from addresses. Tables and functions as keys come last, in no order. `math.randomseed` without a seed takes
-- the host's, where Lua's takes time and addresses.
local env, own, draw = ...

local next, type, error, rawget, sort = env.next, env.type, env.error, env.rawget, env.table.sort
local randomseed, select = env.math.randomseed, env.select
local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return (rank[kind] or 4) < (rank[other] or 4) end
  if kind == "number" or kind == "string" then return a < b end
  return kind == "boolean" and a and not b
end

local function ordered(value)
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  sort(keys, before)
  return keys
end

-- The keys of tables that `next` goes through, with their places; forgotten with the tables.
local walked = env.setmetatable({}, { __mode = "k" })

function env.next(value, key)
  if type(value) ~= "table" then
    error("bad argument #1 to 'next' (table expected, got " .. type(value) .. ")", 2)
  end
  local walk = walked[value]
  if key == nil or not walk or not walk.places[key] then
    walk = { keys = ordered(value), places = {} }
    for place, known in env.ipairs(walk.keys) do walk.places[known] = place end
    walked[value] = walk
  end
  local place = key == nil and 0 or walk.places[key]
  if not place then error("invalid key to 'next'", 2) end
  local found
  repeat
    place = place + 1
    key = walk.keys[place]
    if key == nil then return nil end
    found = rawget(value, key)
  until found ~= nil
  return key, found
end

function env.math.randomseed(...)
  if select("#", ...) == 0 then return randomseed(draw()) end
  return randomseed(...)
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
  local keys = ordered(value)
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
