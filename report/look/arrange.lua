-- Two settings of a document's header:
--   leave-out: [sec-transformer, …]   sections, by the names of their headings, that are left out,
--                                     with the rows of tables that link to nothing else
--   code-windows: appendix            they stand at the end, in a section of their own
-- And `[…]{.if-there}`, an item of a list that refers to something: it goes where that is not in
-- the document, left out or dropped with its passage.

local function names(list)
  local set = {}
  for _, name in ipairs(list or {}) do
    set[pandoc.utils.stringify(name)] = true
  end
  return set
end

local function leave_out(blocks, left)
  local kept, level, gone = pandoc.Blocks({}), nil, {}
  for _, block in ipairs(blocks) do
    if block.t == "Header" then
      if level and block.level <= level then
        level = nil
      end
      if not level and left[block.identifier] then
        level = block.level
      end
    end
    if not level then
      kept:insert(block)
    else
      pandoc.Div({ block }):walk({
        Header = function(header) gone[header.identifier] = true end,
      })
    end
  end
  local function leads_away(row)
    local links, away = 0, 0
    pandoc.Div(row.cells[#row.cells].contents):walk({
      Link = function(link)
        links = links + 1
        away = away + (gone[link.target:sub(2)] and 1 or 0)
      end,
    })
    return links > 0 and links == away
  end
  return kept:walk({
    Table = function(tbl)
      for _, body in ipairs(tbl.bodies) do
        body.body = body.body:filter(function(row) return not leads_away(row) end)
      end
      return tbl
    end,
  })
end

local function anchor(name)
  if not FORMAT:match("typst") then
    return pandoc.Div({}, { id = name })
  end
  return pandoc.RawBlock("typst", "#metadata(none) <" .. name .. ">")
end

local function to_appendix(blocks)
  local listings = pandoc.Blocks({})
  local count = 0
  blocks = blocks:walk({
    Div = function(div)
      if not div.classes:includes("code-window") then
        return nil
      end
      count = count + 1
      local name = "code-" .. count
      listings:extend({ anchor(name), div })
      return pandoc.Div({ pandoc.Para({ pandoc.Str("Code:"), pandoc.Space(),
        pandoc.Code(div.attributes.path or ""), pandoc.Str(","), pandoc.Space(),
        pandoc.Str("page"), pandoc.Space(),
        pandoc.Link({}, "#" .. name, "", { class = "page" }), pandoc.Str(".") }) },
        { class = "quiet" })
    end,
  })
  if count > 0 then
    blocks:insert(pandoc.Header(1, "Listings", { id = "sec-listings" }))
    blocks:extend(listings)
  end
  return blocks
end

local function identifiers(blocks)
  local set = {}
  local function note(element) set[element.identifier] = true end
  blocks:walk({ Div = note, Header = note, Span = note, Image = note, Figure = note, Table = note })
  return set
end

-- Without the items that refer to what is not `there`, and the commas after them.
local function only_there(there)
  local function leads_nowhere(item)
    local found = false
    item:walk({ Cite = function(cite) found = found or not there[cite.citations[1].id] end })
    return found
  end
  return function(inlines)
    local kept, dropped, after = pandoc.Inlines({}), false, false
    for _, item in ipairs(inlines) do
      if item.t == "Span" and item.classes:includes("if-there") then
        after = leads_nowhere(item)
        dropped = dropped or after
        kept:extend(after and {} or item.content)
      elseif not (after and (item.t == "Space" or item.t == "SoftBreak" or item.text == ",")) then
        kept:insert(item)
        after = false
      end
    end
    while dropped and #kept > 0 and (kept[#kept].t == "Space" or kept[#kept].text == ",") do
      kept:remove()
    end
    return kept
  end
end

local function drop_items(blocks)
  local drop = { Inlines = only_there(identifiers(blocks)) }
  return blocks:walk({
    Table = function(tbl)
      for _, body in ipairs(tbl.bodies) do
        body.body = body.body:filter(function(row)
          local cell = row.cells[#row.cells]
          local items = pandoc.utils.stringify(cell.contents) ~= ""
          cell.contents = cell.contents:walk(drop)
          return not items or pandoc.utils.stringify(cell.contents) ~= ""
        end)
      end
      return tbl
    end,
  })
end

function Pandoc(doc)
  local left = names(doc.meta["leave-out"])
  if next(left) then
    doc.blocks = leave_out(doc.blocks, left)
  end
  if doc.meta["code-windows"] and pandoc.utils.stringify(doc.meta["code-windows"]) == "appendix" then
    doc.blocks = to_appendix(doc.blocks)
  end
  doc.blocks = drop_items(doc.blocks)
  return doc
end
