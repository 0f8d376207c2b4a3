local isyieldable, yield, look = ...
return function()
  local yieldable = isyieldable()
  look(yieldable)
  if yieldable then yield() end
end
