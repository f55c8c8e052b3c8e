-- Two settings of a document's header:
--   leave-out: [sec-transformer, …]   sections, by the names of their headings, that are left out,
--                                     with the rows of tables that link to nothing else
--   code-windows: appendix            they stand at the end, in a section of their own

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

function Pandoc(doc)
  local left = names(doc.meta["leave-out"])
  if next(left) then
    doc.blocks = leave_out(doc.blocks, left)
  end
  if doc.meta["code-windows"] and pandoc.utils.stringify(doc.meta["code-windows"]) == "appendix" then
    doc.blocks = to_appendix(doc.blocks)
  end
  return doc
end
