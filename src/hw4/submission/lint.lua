-- Runs before the look's filters and finds what would be lost without a word on the way to Typst.
-- Findings go to standard error as lines `press <TAB> needle <TAB> message`; `crossref.lua`, which
-- runs last, ends the run if there were any.

local function problem(needle, message)
  io.stderr:write("press\t", (needle:gsub("[\t\n]", " ")), "\t", message, "\n")
  PRESS_PROBLEMS = true
end

local function raw(element)
  if element.format ~= "typst" and not element.text:match("^%s*<!%-%-.*%-%->%s*$") then
    problem(element.text:match("[^\n]+") or element.format, "raw " .. element.format
      .. " cannot be set in this PDF; write Markdown, or Typst as `…`{=typst}")
  end
end

local spans = { smallcaps = true, underline = true, mark = true, quoted = true }

return {
  {
    RawBlock = raw,
    RawInline = raw,
    Div = function(div)
      local class = div.classes[1] or ""
      if class:match("^callout%-") then
        for name in pairs(div.attributes) do
          if name ~= "title" and name ~= "when" and name ~= "claim" then
            problem(name .. "=", "the attribute " .. name .. " of a callout is not known here; "
              .. "use title, or take it out")
          end
        end
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
      for name in pairs(span.attributes) do
        if name ~= "when" and name ~= "claim" then
          problem(name .. "=", "the attribute " .. name .. " of a span is not known here; write "
            .. "when or claim, or take it out")
        end
      end
    end,
    Header = function(header)
      for name in pairs(header.attributes) do
        problem(name .. "=", "the attribute " .. name .. " of a heading is not known here; take "
          .. "it out")
      end
    end,
    Image = function(image)
      if image.src:match("^%a+://") or image.src:match("^%.%./") then
        problem(image.src, "a picture comes from this project: write its path from the project's "
          .. "folder, as /figures/name.svg")
      end
    end,
  },
}
