-- The globals of a function: the safe part of Lua's library, made so that it can be suspended, stopped and bounded.
-- Gets the real globals, which no function ever sees, and the host's functions.
local raw, host = ...

local error, next, select, type, rawget, rawlen, tostring = raw.error, raw.next, raw.select, raw.type, raw.rawget, raw.rawlen, raw.tostring
local rawpcall, rawxpcall, getmetatable, setmetatable = raw.pcall, raw.xpcall, raw.getmetatable, raw.setmetatable
local alive, normal, breathe, paused, pending = host.alive, host.normal, host.breathe, host.paused, host.pending
local resume, yield, create, status = raw.coroutine.resume, raw.coroutine.yield, raw.coroutine.create, raw.coroutine.status
local running, isyieldable, close = raw.coroutine.running, raw.coroutine.isyieldable, raw.coroutine.close
local math_type, rawconcat, rawinsert, rawremove, rawsort = raw.math.type, raw.table.concat, raw.table.insert, raw.table.remove, raw.table.sort

local env = {}
env._G = env
env._VERSION = raw._VERSION
for _, name in raw.ipairs{
  "assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen", "rawset", "select",
  "tonumber", "tostring", "type",
} do env[name] = raw[name] end

-- Elements that a function of Lua's own library may go through without a look at the clock.
local CHUNK = 4096

local function pause()
  if breathe() and isyieldable() then yield() end
end

-- Errors. What ended the call cannot be caught.

local function caught(ok, err, ...)
  if ok then return true, err, ... end
  return false, normal(err)
end

function env.pcall(f, ...) return caught(rawpcall(f, ...)) end

local function handled(ok, ...)
  if not ok then alive((...)) end
  return ok, ...
end

function env.xpcall(f, handler, ...)
  if type(handler) ~= "function" then error("bad argument #2 to 'xpcall' (function expected)", 2) end
  return handled(rawxpcall(f, function(err) return handler(normal(err)) end, ...))
end

-- A finaliser runs where nothing can stop it.
function env.setmetatable(value, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("__gc is not available: use a variable with <close>", 2)
  end
  return setmetatable(value, meta)
end

function env.collectgarbage(what)
  if what ~= "count" then error("collectgarbage knows \"count\" alone", 2) end
  return raw.collectgarbage("count")
end

function env.load(chunk, name, mode, ...)
  if type(chunk) == "function" then
    local parts, size = {}, 0
    while true do
      local part = chunk()
      if part == nil or part == "" then break end
      if type(part) ~= "string" then error("reader function must return a string", 2) end
      parts[#parts + 1], size = part, size + #part
      if size > host.max_chunk then break end
    end
    chunk = rawconcat(parts)
  end
  if type(chunk) ~= "string" then error("bad argument #1 to 'load' (string expected)", 2) end
  local scope = env
  if select("#", ...) > 0 then scope = (...) end
  return host.load(chunk, name, mode, scope)
end

function env.print(...)
  local parts = {}
  for index = 1, select("#", ...) do parts[index] = tostring((select(index, ...))) end
  host.print(rawconcat(parts, "\t"))
end

-- Coroutines. A user's yield is marked, so that it differs from a wait and from a pause of the watch, both of which go on
-- to whoever drives the whole.

local mark = {}
local users = setmetatable({}, { __mode = "k" })
local driven = setmetatable({}, { __mode = "k" })

local coroutine = {}
env.coroutine = coroutine

local function drive(thread, ok, first, ...)
  if not ok then
    driven[thread] = nil
    return false, normal(first)
  end
  if first == mark then
    driven[thread] = nil
    return true, ...
  end
  if status(thread) ~= "suspended" then
    driven[thread] = nil
    return true, first, ...
  end
  if first == pending then
    if not isyieldable() then
      driven[thread] = nil
      error("attempt to wait across a C-call boundary", 0)
    end
    return drive(thread, resume(thread, yield(pending)))
  end
  if isyieldable() then
    paused()
    yield()
  end
  return drive(thread, resume(thread))
end

local function check(thread, name)
  if not users[thread] then error("bad argument #1 to '" .. name .. "' (coroutine expected)", 3) end
end

function coroutine.create(f)
  if type(f) ~= "function" then error("bad argument #1 to 'create' (function expected)", 2) end
  local thread = create(f)
  users[thread] = true
  return thread
end

function coroutine.resume(thread, ...)
  check(thread, "resume")
  if driven[thread] then return false, "cannot resume non-suspended coroutine" end
  if status(thread) == "suspended" then driven[thread] = true end
  return drive(thread, resume(thread, ...))
end

local function unwrap(thread, ok, ...)
  if ok then return ... end
  if status(thread) ~= "normal" and status(thread) ~= "running" then close(thread) end
  error((...), 0)
end

function coroutine.wrap(f)
  local thread = coroutine.create(f)
  return function(...) return unwrap(thread, coroutine.resume(thread, ...)) end
end

function coroutine.yield(...)
  if not users[running()] then error("attempt to yield from outside a coroutine", 2) end
  return yield(mark, ...)
end

function coroutine.status(thread)
  check(thread, "status")
  local now = status(thread)
  if now == "suspended" and driven[thread] then return "normal" end
  return now
end

function coroutine.running()
  local thread = running()
  return thread, not users[thread]
end

function coroutine.isyieldable()
  return users[running()] == true and isyieldable()
end

function coroutine.close(thread)
  check(thread, "close")
  if driven[thread] then error("cannot close a running coroutine", 2) end
  return caught(close(thread))
end

function coroutine.spawn(f, ...)
  if type(f) ~= "function" then error("bad argument #1 to 'spawn' (function expected)", 2) end
  host.spawn(f, ...)
end

-- Tables. What can go through many elements does so in Lua, under the watch.

local table = { pack = raw.table.pack, unpack = raw.table.unpack }
env.table = table

local function integer(value, position, name)
  local number = value
  if math_type(number) == "float" then number = raw.math.tointeger(number) end
  if type(number) == "string" then number = raw.math.tointeger(raw.tonumber(number)) end
  if math_type(number) ~= "integer" then
    error("bad argument #" .. position .. " to '" .. name .. "' (number expected, got " .. type(value) .. ")", 3)
  end
  return number
end

local function expect_table(value, name)
  if type(value) ~= "table" then
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(value) .. ")", 3)
  end
end

function table.concat(list, separator, from, to)
  expect_table(list, "concat")
  from = from == nil and 1 or integer(from, 3, "concat")
  to = to == nil and #list or integer(to, 4, "concat")
  if to - from < CHUNK then return rawconcat(list, separator, from, to) end
  local parts = {}
  for first = from, to, CHUNK do
    local last = first + (CHUNK - 1)
    if last > to or last < first then last = to end
    parts[#parts + 1] = rawconcat(list, separator, first, last)
    pause()
  end
  return rawconcat(parts, separator)
end

local function plain(list)
  return type(list) == "table" and getmetatable(list) == nil and rawlen(list) < CHUNK
end

function table.insert(list, ...)
  local count = select("#", ...)
  if count == 1 or plain(list) then return rawinsert(list, ...) end
  expect_table(list, "insert")
  if count ~= 2 then error("wrong number of arguments to 'insert'", 2) end
  local position, value = ...
  position = integer(position, 2, "insert")
  local length = #list + 1
  if position < 1 or position > length then error("bad argument #2 to 'insert' (position out of bounds)", 2) end
  for index = length, position + 1, -1 do list[index] = list[index - 1] end
  list[position] = value
end

function table.remove(list, ...)
  if select("#", ...) == 0 or plain(list) then return rawremove(list, ...) end
  expect_table(list, "remove")
  local length = #list
  local position = integer((...), 2, "remove")
  if length + 1 ~= position and (position < 1 or position > length + 1) and not (length == 0 and position == 0) then
    error("bad argument #2 to 'remove' (position out of bounds)", 2)
  end
  local value = list[position]
  for index = position, length - 1 do list[index] = list[index + 1] end
  if position <= length then list[length] = nil end
  return value
end

function table.move(from, first, last, to, into)
  expect_table(from, "move")
  first, last, to = integer(first, 2, "move"), integer(last, 3, "move"), integer(to, 4, "move")
  if into == nil then into = from end
  if last >= first then
    if not (first > 0 or last < raw.math.maxinteger + first) then error("bad argument #3 to 'move' (too many elements to move)", 2) end
    if to > raw.math.maxinteger - (last - first) then error("bad argument #4 to 'move' (destination wrap around)", 2) end
    if to > last or to <= first or into ~= from then
      for index = 0, last - first do into[to + index] = from[first + index] end
    else
      for index = last - first, 0, -1 do into[to + index] = from[first + index] end
    end
  end
  return into
end

local function less_than(left, right) return left < right end

function table.sort(list, less)
  expect_table(list, "sort")
  if less ~= nil and type(less) ~= "function" then
    error("bad argument #2 to 'sort' (function expected, got " .. type(less) .. ")", 2)
  end
  if less == nil and plain(list) and type(list[1]) == "number" then return rawsort(list) end
  less = less or less_than
  local length = #list
  local from, into = {}, {}
  for index = 1, length do from[index] = list[index] end
  local width = 1
  while width < length do
    local start = 1
    while start <= length do
      local middle, stop = start + width, start + 2 * width
      if middle > length + 1 then middle = length + 1 end
      if stop > length + 1 then stop = length + 1 end
      local left, right = start, middle
      for index = start, stop - 1 do
        if left < middle and (right >= stop or not less(from[right], from[left])) then
          into[index], left = from[left], left + 1
        else
          into[index], right = from[right], right + 1
        end
      end
      start = stop
    end
    from, into, width = into, from, width * 2
  end
  for index = 1, length do list[index] = from[index] end
end

-- Strings. Long ones are gone through under the watch.

local LONG = 65536

local function watched(f)
  return function(text, ...)
    if type(text) == "string" and #text > LONG then pause() end
    return f(text, ...)
  end
end

local string, utf8, math = {}, {}, {}
env.string, env.utf8, env.math = string, utf8, math
for _, name in raw.ipairs{ "byte", "char", "format", "len", "pack", "packsize", "sub", "unpack", "find", "match", "gmatch", "gsub" } do
  string[name] = raw.string[name]
end
for _, name in raw.ipairs{ "lower", "upper", "reverse" } do string[name] = watched(raw.string[name]) end
string.rep = host.rep
for _, name in raw.ipairs{ "char", "charpattern", "codepoint", "codes" } do utf8[name] = raw.utf8[name] end
for _, name in raw.ipairs{ "len", "offset" } do utf8[name] = watched(raw.utf8[name]) end
for name, value in next, raw.math do math[name] = value end
host.patterns(string)
-- The methods of strings are the same functions.
local strings = getmetatable("")
strings.__index = string
strings.__metatable = false

-- Time. The clock is the call's, and the time zone is UTC.

local os = {}
env.os = os
os.clock = host.clock

function os.date(format, time)
  format = format == nil and "%c" or format
  if type(format) ~= "string" then error("bad argument #1 to 'date' (string expected)", 2) end
  if #format > 1024 then error("bad argument #1 to 'date' (longer than 1024 bytes)", 2) end
  if raw.string.sub(format, 1, 1) ~= "!" then format = "!" .. format end
  -- The moments of the host's own objects have fractions.
  if math_type(time) == "float" then time = raw.math.floor(time) end
  return raw.os.date(format, time == nil and host.now() or time)
end

function os.time(date)
  if date == nil then return host.now() end
  if type(date) ~= "table" then error("bad argument #1 to 'time' (table expected)", 2) end
  local function field(name, default)
    local value = date[name]
    if value == nil then value = default end
    local number = raw.math.tointeger(raw.tonumber(value))
    if number == nil then
      error("field '" .. name .. (value == nil and "' missing in date table" or "' is not an integer"), 3)
    end
    if number > 1000000000 or number < -1000000000 then error("field '" .. name .. "' is out-of-bound", 3) end
    return number
  end
  local year, month, day = field("year"), field("month") - 1, field("day")
  year, month = year + month // 12, month % 12 + 1
  -- Days from 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin in March.
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5
  local days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year + day - 719469
  local time = ((days * 24 + field("hour", 12)) * 60 + field("min", 0)) * 60 + field("sec", 0)
  -- The table says what its fields mean: a fourteenth month is next year's second.
  local known, fields = rawpcall(raw.os.date, "!*t", time)
  if known then
    for name, value in next, fields do date[name] = value end
  end
  return time
end

-- What the host adds.

env.channel, env.errors, env.process = host.channel, host.errors, host.process

-- `require` of a function, or of a library, which also finds what is its own.
local loaded, loading = {}, {}

local function requires(scope)
  return function(name)
    if type(name) ~= "string" then error("bad argument #1 to 'require' (string expected)", 2) end
    local library, id = host.find(name, scope)
    if not library then
      if loaded[name] == nil then loaded[name] = host.module(name) end
      return loaded[name]
    end
    local key = "library " .. id
    if loaded[key] ~= nil then return loaded[key] end
    if loading[key] then error("module \"" .. name .. "\" requires itself", 2) end
    local globals = setmetatable({ require = requires(library) }, { __index = env, __newindex = env })
    loading[key] = true
    local ok, module = rawpcall(host.chunk(library, globals), name)
    loading[key] = nil
    if not ok then error(module, 0) end
    if module == nil then module = true end
    loaded[key] = module
    return module
  end
end

env.require = requires()

local function main(chunk, method, ...)
  return host.method(chunk(), method)(...)
end

return env, function(chunk, method, ...) return rawxpcall(main, host.caught, chunk, method, ...) end
