-- A document's Markdown as a notebook shows it: without frames, names, references by number, and
-- what only Typst understands.

local kinds = { fig = "the figure", tbl = "the table", sec = "the section", eq = "the equation",
  lst = "the listing" }

local function nothing(raw)
  return (raw.format == "typst" or raw.text:match("^<!%-%-")) and {} or nil
end

local function unframed(div)
  local title = div.attributes.title
  if title then
    div.content:insert(1, pandoc.Para({ pandoc.Strong(pandoc.Str(title)) }))
  end
  return div.content
end

local function reference(cite)
  local kind, name = cite.citations[1].id:match("^(%a+)%-(.+)$")
  return kinds[kind] and pandoc.Str(kinds[kind] .. " (" .. name:gsub("-", " ") .. ")")
end

local function unnamed(block)
  local _, name = block.content:find_if(function(it)
    return it.t == "Str" and it.text:match("^{#eq%-") ~= nil
  end)
  while name and #block.content >= name - 1 do
    block.content:remove()
  end
  return block
end

return { {
  Table = function(tbl) tbl.attr = pandoc.Attr() return tbl end,
  RawInline = nothing,
  RawBlock = nothing,
  Div = unframed,
  Span = function(span) return span.content end,
  Cite = reference,
  Link = function(link) return link.classes:includes("page") and {} or nil end,
  Header = function(header) return pandoc.Header(header.level, header.content) end,
  CodeBlock = function(code) return pandoc.CodeBlock(code.text, { class = code.classes[1] }) end,
  Para = unnamed,
} }
