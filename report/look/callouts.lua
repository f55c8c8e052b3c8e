-- Callouts in the project's own look: `::: {.callout-note title="…"}` and its four sisters;
-- and `::: {.quiet}`, a line in small grey type.
-- Both end as a call of a Typst function. Runs before Quarto's own filters, which make something
-- else of a callout. In other formats than Typst they are left to Quarto.

local kinds = { note = "Note", tip = "Tip", important = "Important", caution = "Caution",
  warning = "Warning" }

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function box(kind, title, content)
  local blocks = pandoc.Blocks({ raw('#callout-box(kind: "' .. kind .. '", title: [') })
  blocks:insert(pandoc.Plain(title))
  blocks:insert(raw("])["))
  blocks:extend(content)
  blocks:insert(raw("]"))
  return blocks
end

local function inlines(text)
  return pandoc.utils.blocks_to_inlines(pandoc.read(text, "markdown").blocks)
end

function Div(div)
  if not FORMAT:match("typst") then
    return nil
  end
  if div.classes:includes("quiet") then
    local blocks = pandoc.Blocks({ raw("#quiet-line[") })
    blocks:extend(div.content)
    blocks:insert(raw("]"))
    return blocks
  end
  local kind
  for _, class in ipairs(div.classes) do
    kind = kind or class:match("^callout%-(%a+)$")
  end
  if not kinds[kind] then
    return nil
  end
  local content = div.content
  local title = div.attributes.title and inlines(div.attributes.title)
  if not title and content[1] and content[1].t == "Header" then
    title = content[1].content
    content:remove(1)
  end
  return box(kind, title or inlines(kinds[kind]), content)
end
