local env = require("env")

local customers = {}

--- Whether a customer is one of those that the variable shop:loyal lists.
function customers.is_loyal(name)
  local list, err = env.get("shop:loyal")
  if err then
    return nil, err
  end
  for loyal in list:gmatch("[^,]+") do
    if loyal == name then
      return true
    end
  end
  return false
end

return customers
