-- Steps in Rust give true and the results, or false where others are to run first and the second value is the next step.
local encode, decode, pause = ...

local function stepped(done, ...)
  if done then return ... end
  pause()
  return stepped((...)())
end

return function(value) return stepped(encode(value)) end, function(text) return stepped(decode(text)) end
