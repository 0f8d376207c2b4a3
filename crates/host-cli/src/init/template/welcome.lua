-- A function in Lua: it calls the guest of `demo:greet` by its id, as `funcs` lets every function do.
local funcs = require("funcs")

local function welcome(name)
  -- What can fail gives a value and an error, one of which is nil.
  local greeting, err = funcs.call("demo:greet", name)
  if err then
    return nil, err
  end
  return greeting .. " Welcome to wippy-host."
end

return { welcome = welcome }
