local function welcome(name)
  local pid, err = process.spawn_monitored("shop.cli:greet", "shop:processes", name)
  if err then
    return nil, err
  end
  local event = process.events():receive()
  if event.kind ~= process.event.EXIT or event.from ~= pid then
    return nil, errors.new("another event than the end of " .. tostring(pid))
  end
  if event.result.error then
    return nil, event.result.error
  end
  return event.result.value
end

return { welcome = welcome }
