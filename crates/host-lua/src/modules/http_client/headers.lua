-- Header fields under any spelling of their names.
local next, type, rawget, lower = next, type, rawget, string.lower
local function find(fields, name)
  if type(name) ~= "string" then return nil end
  name = lower(name)
  for key, value in next, fields do
    if lower(key) == name then return value end
  end
end
return { __index = find, __metatable = false }
