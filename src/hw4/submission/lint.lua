-- Runs before the look's filters. Says which words each expression of the press binds, and finds
-- what would be lost without a word on the way to Typst. Both go to standard error, as lines
-- `bound <TAB> number <TAB> words` and `press <TAB> needle <TAB> message`.

local function line(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function problem(needle, message)
  io.stderr:write("press\t", (needle:gsub("[\t\n]", " ")), "\t", message, "\n")
end

-- The press has written `claim="False 3"` for its expression number 3. What stands in a passage that
-- is left out is left out, and so are its words.
local function bind(element, is_left_out)
  for _, name in ipairs({ "when", "claim" }) do
    local given = element.attributes[name]
    local value, number = (given or ""):match("^(%a+) (%d+)$")
    if given and not value then
      problem(name .. "=", name .. '="' .. given .. '" binds its words to no number; write '
        .. name .. '="`{python} …`", with an expression that is True or False')
    elseif given then
      element.attributes[name] = value
      is_left_out = is_left_out or (name == "when" and value == "False")
      local content = element.t == "Div"
        and pandoc.utils.blocks_to_inlines(element.content, { pandoc.Space() }) or element.content
      local words = name == "claim" and not is_left_out and pandoc.utils.stringify(content) or ""
      io.stderr:write("bound\t", number, "\t", line(words), "\n")
    end
  end
  return is_left_out
end

local function hidden(element)
  bind(element, true)
  return element
end

local function outside_in(element)
  if bind(element, false) then
    element.content = element.content:walk({ Span = hidden, Div = hidden })
    return element, false
  end
  return element
end

local function raw(element)
  local table = element.format == "html" and element.text:match("<table.*</table>")
  if element.format ~= "typst" and not table and not element.text:match("^%s*<!%-%-.*%-%->%s*$") then
    problem(element.text:match("[^\n]+") or element.format, "raw " .. element.format
      .. " cannot be set in this PDF; write Markdown, or Typst as `…`{=typst}")
  end
end

local spans = { ["if-there"] = true, smallcaps = true, underline = true, mark = true, quoted = true }
local binding = { when = true, claim = true }

-- Attributes that are not known where they stand would be lost, and what they were to do undone.
local function only(element, what, instead, known)
  for name in pairs(element.attributes) do
    if not binding[name] and name ~= known then
      problem(name .. "=", "the attribute " .. name .. " of " .. what .. " is not known here; "
        .. instead)
    end
  end
end

return {
  { traverse = "topdown", Span = outside_in, Div = outside_in },
  {
    RawBlock = raw,
    RawInline = raw,
    Div = function(div)
      if (div.classes[1] or ""):match("^callout%-") then
        only(div, "a callout", "use title, or take it out", "title")
        if div.identifier ~= "" then
          problem("#" .. div.identifier, "a callout cannot be referred to here; take out #"
            .. div.identifier)
        end
      end
    end,
    Span = function(span)
      for _, class in ipairs(span.classes) do
        if not spans[class] then
          problem("." .. class, "the class " .. class .. " of a span is not known here; use "
            .. "*emphasis*, **strong**, or Typst as `…`{=typst}")
        end
      end
      only(span, "a span", "write when or claim, or take it out")
    end,
    Header = function(header)
      only(header, "a heading", "take it out")
    end,
    Image = function(image)
      if image.src:match("^%a+://") or image.src:match("^%.%./") then
        problem(image.src, "a picture comes from this project: write its path from the project's "
          .. "folder, as /figures/name.svg")
      end
    end,
  },
}
