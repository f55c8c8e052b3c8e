-- Runs before the look's filters and finds what would be lost without a word on the way to Typst.
-- Findings go to standard error as lines `press <TAB> needle <TAB> message`.

local function problem(needle, message)
  io.stderr:write("press\t", (needle:gsub("[\t\n]", " ")), "\t", message, "\n")
end

local function raw(element)
  local table = element.format == "html" and element.text:match("<table.*</table>")
  if element.format ~= "typst" and not table and not element.text:match("^%s*<!%-%-.*%-%->%s*$") then
    problem(element.text:match("[^\n]+") or element.format, "raw " .. element.format
      .. " cannot be set in this PDF; write Markdown, or Typst as `…`{=typst}")
  end
end

local spans = { smallcaps = true, underline = true, mark = true, quoted = true }
local binding = { when = true, claim = true }

-- Attributes that are not known where they stand would be lost, and what they were to do undone.
local function only(element, known, what, instead)
  for name in pairs(element.attributes) do
    if binding[name] and not known[name] then
      problem(name .. "=", name .. " binds words in brackets, […]{" .. name .. '="…"}, or a div, '
        .. "::: {" .. name .. '="…"}; put ' .. what .. " inside")
    elseif not known[name] then
      problem(name .. "=", "the attribute " .. name .. " of " .. what .. " is not known here; "
        .. instead)
    end
  end
end

local function unbindable(what)
  return function(element)
    for name in pairs(binding) do
      if element.attributes[name] then
        only({ attributes = { [name] = true } }, {}, what)
      end
    end
  end
end

return {
  {
    RawBlock = raw,
    RawInline = raw,
    Div = function(div)
      local class = div.classes[1] or ""
      if class:match("^callout%-") then
        only(div, { title = true, when = true, claim = true }, "a callout",
          "use title, or take it out")
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
      only(span, binding, "a span", "write when or claim, or take it out")
    end,
    Inlines = function(list)
      for index, element in ipairs(list) do
        local name = element.t == "Str" and element.text:match("%f[%w](%a+)=$")
        local following = list[index + 1]
        if binding[name] and following and following.t == "Quoted" then
          local before = list[index - 2] -- the word before tells which of many it is
          local needle = index > 2 and list[index - 1].t == "Space" and before.t == "Str"
            and before.text:match("^[%w%p]+$") and before.text .. " " .. element.text
          problem(needle or element.text, name .. '="…" binds no words; close the brackets before it and the '
            .. "brace behind it: [words]{" .. name .. '="`{python} …`"}')
        end
      end
    end,
    Header = function(header)
      only(header, {}, "a heading", "take it out")
    end,
    Link = unbindable("the link"),
    Code = unbindable("the code"),
    CodeBlock = unbindable("the code"),
    Image = function(image)
      unbindable("the picture")(image)
      if image.src:match("^%a+://") or image.src:match("^%.%./") then
        problem(image.src, "a picture comes from this project: write its path from the project's "
          .. "folder, as /figures/name.svg")
      end
    end,
  },
}
