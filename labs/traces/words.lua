-- words.lua - what Lua does for a recording: words of a text counted and sorted, lines built and
-- matched, closures, tables that grow and are collected.
local text, words, seed = {}, {}, 1
local function below(n) seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n end
for i = 1, 60 do
  local line = {}
  for k = 1, 4 + below(8) do line[k] = ("word%d"):format(below(80)) end
  text[i] = table.concat(line, " ")
end
for _, line in ipairs(text) do
  for word in line:gmatch("%a+%d+") do words[word] = (words[word] or 0) + 1 end
end
local sorted = {}
for word in pairs(words) do sorted[#sorted + 1] = word end
table.sort(sorted, function(a, b) return words[a] > words[b] or words[a] == words[b] and a < b end)
local objects = {}
for i = 1, 150 do
  objects[i] = {name = "object " .. i, next = objects[i - 1], value = function() return i * 2 end}
  if i % 3 == 0 then objects[i // 3] = nil end
end
collectgarbage()
local out = {}
for i = 1, 10 do out[i] = sorted[i] .. "=" .. words[sorted[i]] end
print(table.concat(out, ","))
