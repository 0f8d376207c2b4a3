-- Functions that wait: the coroutine is suspended until the future that the host keeps is ready.
local poll, yield, pending = ...

local function go(done, ...)
  if done then return ... end
  yield(pending)
  return go(poll((...)))
end

return function(start)
  return function(...) return go(start(...)) end
end
