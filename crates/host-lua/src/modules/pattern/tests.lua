-- What Lua's own functions give, against ours.
local own = original

local function outcome(f, ...)
  local results = table.pack(pcall(f, ...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, "|", 1, results.n), results[1] == "true" and results[2] ~= "nil", results[1] == "false"
end

local function all(gmatch, ...)
  local found = {}
  for a, b, c in gmatch(...) do
    found[#found + 1] = tostring(a) .. "," .. tostring(b) .. "," .. tostring(c)
  end
  return table.concat(found, ";")
end

-- nil, or where they differ; then whether find matched, and whether it failed.
function compare(s, pattern, replacement, init, max)
  local matched, failed
  local function same(name, ours, theirs, ...)
    local a, m, f = outcome(ours, ...)
    local b = outcome(theirs, ...)
    if name == "find" then matched, failed = m, f end
    if a ~= b then return name .. ": ours " .. a .. ", Lua's " .. b end
  end
  local function ask(...) return select("#", ...) .. tostring((...)) end
  local t = setmetatable({ a = "x", [1] = "first", b = false }, { __index = function(_, k) return k == "c" and 7 or nil end })
  local problem = same("find", string.find, own.find, s, pattern, init)
    or same("plain", string.find, own.find, s, pattern, init, true)
    or same("match", string.match, own.match, s, pattern, init)
    or same("gmatch", function(...) return all(string.gmatch, ...) end, function(...) return all(own.gmatch, ...) end, s, pattern, init)
    or same("gsub", string.gsub, own.gsub, s, pattern, replacement)
    or same("gsub max", string.gsub, own.gsub, s, pattern, replacement, max)
    or same("gsub function", string.gsub, own.gsub, s, pattern, ask)
    or same("gsub table", string.gsub, own.gsub, s, pattern, t)
  return problem, matched, failed
end

function cases()
  local function same(name, ...)
    local a, b = outcome(string[name], ...), outcome(own[name], ...)
    -- Lua looks for the function's name in its libraries, where ours stands now.
    b = own.gsub(b, "'%?'", "'" .. name .. "'")
    assert(a == b, name .. ": ours " .. a .. ", Lua's " .. b)
  end
  for _, name in ipairs { "find", "match", "gmatch" } do
    same(name, nil, "a")
    same(name, "a", {})
    same(name, "a", "a", "x")
    same(name, "a", "a", 1.5)
    same(name, "a", "a", true)
    same(name, true, "a")
  end
  for _, name in ipairs { "find", "match" } do
    same(name, 1234, 23)
    same(name, "a1", "%d", "2")
    same(name, "abc", "c", 3.0)
    same(name, "abc", "", 10)
    same(name, "abc", "", -100)
    same(name, "", "")
    same(name, "abc", "c", math.mininteger)
    same(name, "abc", "c", math.maxinteger)
  end
  same("gsub", "a", "a", nil)
  same("gsub", "a", "a", true)
  same("gsub", "a", "a", 5)
  same("gsub", "a", "a", "b", "x")
  same("gsub", "a", "a", function() return {} end)
  same("gsub", "a", "a", function() return true end)
  same("gsub", "a", "a", { a = {} })
  same("gsub", "abc", "%w", "%%%0", 2)
  same("gsub", 123, 2, 9)
  same("find", ("a"):rep(300), ("(a"):rep(40))
  same("find", ("a"):rep(300), ("a?"):rep(250))
  -- The caller's line is the error's, as with Lua's own.
  local ok, message = pcall(function() local x = ("a"):find("[") return x end)
  assert(not ok and message:find("^tests:%d+: malformed pattern %(missing ']'%)$"), message)
  ok, message = pcall(function() local x = ("a"):gsub("a", "%9") return x end)
  assert(not ok and message:find("^tests:%d+: invalid capture index"), message)
  ok, message = pcall(function() for _ in ("a"):gmatch("%") do end end)
  assert(not ok and message:find("^tests:%d+: malformed pattern %(ends with '%%'%)$"), message)
end
