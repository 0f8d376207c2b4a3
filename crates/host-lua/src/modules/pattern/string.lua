-- The pattern functions of `string`, over steps in Rust that never run long. A step gives true and results, false and a
-- message, nil where others are to run first, or 0 and captures that a replacement is wanted for. Every function ends in
-- a tail call, so that level 2 of an error is the caller's line.
local find_step, match_step, gmatch_steps, gsub_steps, pause = ...
local error, type = error, type

local function found(step, s, pattern, plain, state, ...)
  if state then return ... end
  if state == false then error((...), 2) end
  pause()
  return found(step, s, pattern, plain, step(s, pattern, (...), plain))
end

local function find(s, pattern, init, plain)
  return found(find_step, s, pattern, plain, find_step(s, pattern, init, plain))
end

local function match(s, pattern, init)
  return found(match_step, s, pattern, nil, match_step(s, pattern, init))
end

local function stepped(step, state, ...)
  if state then return ... end
  if state == false then error((...), 2) end
  pause()
  return stepped(step, step())
end

local function iterate(state, step)
  if not state then error(step, 2) end
  return function() return stepped(step, step()) end
end

local function gmatch(s, pattern, init)
  return iterate(gmatch_steps(s, pattern, init))
end

local function ask(step, replacement, state, ...)
  if state == 0 then return ask(step, replacement, step((replacement(...)))) end
  if state then return ... end
  if state == false then error((...), 2) end
  pause()
  return ask(step, replacement, step())
end

local function look_up(step, replacement, state, ...)
  if state == 0 then return look_up(step, replacement, step(replacement[(...)])) end
  if state then return ... end
  if state == false then error((...), 2) end
  pause()
  return look_up(step, replacement, step())
end

local function substitute(replacement, state, step)
  if not state then error(step, 2) end
  local kind = type(replacement)
  if kind == "function" then return ask(step, replacement, step()) end
  if kind == "table" then return look_up(step, replacement, step()) end
  return stepped(step, step())
end

local function gsub(s, pattern, replacement, n)
  return substitute(replacement, gsub_steps(s, pattern, replacement, n))
end

return find, match, gmatch, gsub
