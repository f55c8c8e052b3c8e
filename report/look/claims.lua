-- Words bound to numbers. A span or div with `when="…"` stays only if its value is True; one with
-- `claim="…"` always stays, and is marked where its value is not True. Both renderers have put the
-- value in place of the expression by now. What is marked, `python -m hw4 check` finds and lists.
-- From the outside in: what stands in a dropped passage is not judged.

local marks = { False = "claim false" }
local unbound = "bound to no words"
local blank = { Space = true, SoftBreak = true, LineBreak = true }

local function value(element, name)
  return element.attributes and element.attributes[name]
end

-- Whether to keep an element, and the mark that it gets.
local function judged(element)
  local when, claim = value(element, "when"), value(element, "claim")
  element.attributes.when, element.attributes.claim = nil, nil
  if when == "False" then
    return false
  end
  if when and when ~= "True" then
    return true, "neither True nor False: " .. when
  end
  if claim and claim ~= "True" then
    return true, marks[claim] or ("neither True nor False: " .. claim)
  end
  return true
end

local function bound(element)
  return (element.t == "Span" or element.t == "Div")
    and (value(element, "when") or value(element, "claim"))
end

local function bare(element)
  return element.identifier == "" and #element.classes == 0 and #element.attributes == 0
end

local function mark(text)
  if FORMAT:match("typst") then
    return pandoc.RawInline("typst", '#claim-mark("' .. text:gsub('[\\"]', "\\%0") .. '")')
  end
  return pandoc.Span("[" .. text .. "]", { class = "claim-mark" })
end

-- `{claim="…"}` that Pandoc took for text: its brackets are open, or not where it looks for them.
local function loose(element, following)
  return element.t == "Str" and (element.text:match("%f[%w]claim=$")
    or element.text:match("%f[%w]when=$")) and following and following.t == "Quoted"
end

-- The name of an attribute that binds nothing, such as `claims`, on words that have no other use.
local function unknown(element)
  if element.t ~= "Span" or #element.classes > 0 then
    return nil
  end
  for name in pairs(element.attributes) do
    if name ~= "when" and name ~= "claim" and not name:match("^data%-") and not name:match("^_") then
      element.attributes[name] = nil
      return name
    end
  end
end

local function inlines(list)
  local kept = pandoc.Inlines({})
  local dropped = false
  for index, element in ipairs(list) do
    local written = unknown(element)
    if loose(element, list[index + 1]) and kept[#kept] ~= mark(unbound) then
      kept:insert(mark(unbound)) -- once: a list of words may be looked at twice
    end
    if bound(element) then
      local keep, text = judged(element)
      if keep then
        element.content = inlines(element.content)
        if text then
          element.content:insert(mark(text))
        end
        if bare(element) then
          kept:extend(element.content)
        else
          kept:insert(element)
        end
      end
      dropped = not keep
    else
      local last = kept[#kept]
      -- A dropped passage takes one of the two spaces around it along.
      if not (dropped and blank[element.t] and (not last or blank[last.t])) then
        kept:insert(element)
      end
      dropped = false
    end
    if written then
      kept:insert(mark("unknown attribute " .. written))
    end
  end
  while #kept > 0 and blank[kept[#kept].t] and #kept < #list do
    kept:remove()
  end
  return kept
end

local blocks

local function block(element)
  if bound(element) then
    local keep, text = judged(element)
    if not keep then
      return {}
    end
    element.content = blocks(element.content)
    if text then
      element.content:insert(pandoc.Para({ mark(text) }))
    end
    return bare(element) and element.content or { element }
  end
  if element.t == "Para" or element.t == "Plain" then
    local full = #element.content > 0
    element.content = inlines(element.content)
    if full and #element.content == 0 then
      return {}
    end
  end
  return { element }
end

function blocks(list)
  local kept = pandoc.Blocks({})
  for _, element in ipairs(list) do
    kept:extend(block(element))
  end
  return kept
end

-- What held nothing but dropped passages goes with them: an item of a list, a row of a table.

local function items(list)
  list.content = list.content:filter(function(item) return #item > 0 end)
  return #list.content > 0 and list or {}
end

local function rows(tbl)
  for _, body in ipairs(tbl.bodies) do
    body.body = body.body:filter(function(row)
      return row.cells:find_if(function(cell) return #cell.contents > 0 end) ~= nil
    end)
  end
  return tbl
end

-- Words alone can be bound, not a link, a picture, code or a heading.
local function elsewhere(element)
  if not (value(element, "when") or value(element, "claim")) then
    return nil
  end
  element.attributes.when, element.attributes.claim = nil, nil
  if element.t == "Header" then
    element.content:insert(mark(unbound))
    return element
  end
  return { element, element.t == "CodeBlock" and pandoc.Para({ mark(unbound) }) or mark(unbound) }
end

return {
  { traverse = "topdown", Blocks = blocks, Inlines = inlines },
  { BulletList = items, OrderedList = items, Table = rows, Link = elsewhere, Image = elsewhere,
    Code = elsewhere, CodeBlock = elsewhere, Header = elsewhere },
}
