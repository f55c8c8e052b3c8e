-- Figures, tables, listings, equations and the references to them, in the Typst that Quarto
-- writes for them, so that one template serves both. What cannot be set is written to standard
-- error as a line `press <TAB> needle <TAB> message`, from which the press finds file and line; the
-- pictures to fetch as lines `picture <TAB> path`.

local names = { fig = "Figure", tbl = "Table", lst = "Listing", eq = "Equation", sec = "Section" }
local captions = { fig = "bottom", tbl = "top", lst = "top" }
local defined, references = {}, {}

local function problem(needle, message)
  io.stderr:write("press\t", (needle:gsub("[\t\n]", " ")), "\t", message, "\n")
end

local function raw(text)
  return pandoc.RawInline("typst", text)
end

local function kind_of(identifier)
  local kind = identifier:match("^(%a+)%-.")
  return names[kind] and kind
end

local function define(identifier)
  if defined[identifier] then
    problem("#" .. identifier, "the name " .. identifier .. " is given twice; rename one of them")
  end
  defined[identifier] = true
end

-- Typst's figure, written inline by inline so that Pandoc sets no paragraph breaks inside.
local function figure(kind, identifier, content, caption)
  local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#figure([") })
  blocks:extend(content)
  local start = pandoc.Inlines({ raw("], caption: figure.caption(position: " .. captions[kind]
    .. ", [") })
  start:extend(caption)
  local close = ']), kind: "quarto-float-' .. kind .. '", supplement: "' .. names[kind] .. '")'
  start:insert(raw(close .. (identifier and "<" .. identifier .. ">" or "")))
  blocks:insert(pandoc.Plain(start))
  blocks:insert(pandoc.RawBlock("typst", ""))
  return blocks
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local known_image = { ["fig-alt"] = true, alt = true, width = true, height = true }

local function picture(image, alt)
  for name in pairs(image.attributes) do
    if not known_image[name] then
      problem(name .. "=", "the attribute " .. name .. " of a picture is not known here; use "
        .. "fig-alt, width or height")
    end
  end
  io.stderr:write("picture\t", image.src, "\n")
  alt = alt or image.attributes["fig-alt"] or image.attributes.alt
  if not alt or alt == "" then
    problem(image.src, "the picture " .. image.src .. " has no alternative text; put it into "
      .. '::: {#fig-name fig-alt="…"} or give the cell a fig-alt')
    return image
  end
  local arguments = typst_string(image.src) .. ", alt: " .. typst_string(alt)
  for _, side in ipairs({ "width", "height" }) do
    local size = image.attributes[side]
    if size then
      arguments = arguments .. ", " .. side .. ": "
        .. (tonumber(size) and (size / PANDOC_WRITER_OPTIONS.dpi) .. "in" or size)
    end
  end
  return raw("#box(image(" .. arguments .. "))")
end

local known_float = { ["fig-alt"] = true, ["fig-cap"] = true, ["tbl-cap"] = true,
  ["lst-cap"] = true, ["tbl-colwidths"] = true }

-- `tbl-colwidths="[20,80]"`: the share of the text's width that each column takes, in percent.
local function set_widths(content, div)
  local given = div.attributes["tbl-colwidths"]
  if not given or given == "auto" then
    return content
  end
  local widths, sum = {}, 0
  for width in (given:match("^%s*%[([%d%s,.]*)%]%s*$") or ""):gmatch("[%d.]+") do
    widths[#widths + 1] = (tonumber(width) or 0) / 100
    sum = sum + widths[#widths]
  end
  return content:walk({
    Table = function(tbl)
      if #widths ~= #tbl.colspecs or sum > 1.0001 then
        problem("#" .. div.identifier, "tbl-colwidths of " .. div.identifier .. " is " .. given
          .. ", expected are " .. #tbl.colspecs .. " shares in percent of 100 together, one a "
          .. "column; write them so: [20,80]")
        return nil
      end
      for index, width in ipairs(widths) do
        tbl.colspecs[index] = { tbl.colspecs[index][1], width }
      end
      return tbl
    end,
  })
end

local function float(div, kind)
  define(div.identifier)
  for name in pairs(div.attributes) do
    if not known_float[name] then
      problem("#" .. div.identifier, "the attribute " .. name .. " of " .. div.identifier
        .. " is not known here; draw panels in one figure, and leave sizes to the figure itself")
    end
  end
  local content, caption = div.content, nil
  local last = content[#content]
  if #content > 1 and last.t == "Para" then
    caption = last.content
    content:remove()
  elseif div.attributes[kind .. "-cap"] then
    caption = pandoc.utils.blocks_to_inlines(
      pandoc.read(div.attributes[kind .. "-cap"], "markdown").blocks)
  else
    for _, block in ipairs(content) do
      if block.t == "Table" and #block.caption.long > 0 then
        caption = pandoc.utils.blocks_to_inlines(block.caption.long)
        block.caption = pandoc.Caption({})
      end
    end
  end
  content = set_widths(content, div)
  if kind ~= "lst" then
    content:walk({
      CodeBlock = function(code)
        if code.classes[1] then
          problem("#" .. div.identifier, "code is shown inside " .. div.identifier
            .. "; give its cell '#| echo: false'")
        end
      end,
    })
  end
  if not caption then
    problem("#" .. div.identifier, div.identifier .. " has no caption; make it the last paragraph "
      .. "of the div")
    return content
  end
  return figure(kind, div.identifier, content, caption)
end

local function plain_div(div)
  for _, class in ipairs(div.classes) do
    if class ~= "cell" then
      problem("." .. class, "the class " .. class .. " of a div is not known here; use a callout "
        .. "(.callout-note, .callout-tip, .callout-warning, …), a figure or table (#fig-…, "
        .. "#tbl-…), or a filter in report/look")
    end
  end
  for name in pairs(div.attributes) do
    problem(name .. "=", "the attribute " .. name .. " of a div is not known here; take it out")
  end
end

-- $$ … $$ {#eq-name alt="…"}: Pandoc leaves the braces as text after the formula.
local function equations(block)
  local result, at = pandoc.Inlines({}), 1
  local inlines = block.content
  while at <= #inlines do
    local math = inlines[at]
    if math.t == "Math" and math.mathtype == "DisplayMath" then
      local text, stop = "", at + 1
      while inlines[stop] and not text:match("}$") do
        local part = inlines[stop]
        if part.t == "Quoted" then
          text = text .. '"' .. pandoc.utils.stringify(part.content) .. '"'
        elseif part.t == "Str" or part.t == "Space" then
          text = text .. pandoc.utils.stringify(part)
        else -- Quarto stops reading here and prints the braces
          break
        end
        stop = stop + 1
      end
      local name, alt = text:match('^%s*{#(eq%-[%w%-_]+)%s+alt="(.*)"}$')
      local first = math.text:match("[^\n]+") or math.text
      if not name then
        problem(first, "a block equation needs a name and its words, on one line and without "
          .. 'markup, right after the closing $$: {#eq-name alt="…"}')
        return nil
      end
      define(name)
      result:extend({ raw("#math.equation(block: true, numbering: equation-numbering, alt: "
        .. typst_string(alt) .. ", [ "), math, raw(" ])<" .. name .. ">") })
      at = stop
    else
      result:insert(math)
      at = at + 1
    end
  end
  block.content = result
  return block
end

local function reference(cite)
  local result = pandoc.Inlines({})
  for index, item in ipairs(cite.citations) do
    local id = item.id:sub(1, 1):lower() .. item.id:sub(2)
    local kind = kind_of(id)
    if not kind then
      problem("@" .. item.id, "@" .. item.id .. " is no reference (those begin with @fig-, "
        .. "@tbl-, @sec-, @eq-, @lst-); write \\@ for the sign itself")
      return cite
    end
    references[#references + 1] = { id, item.id }
    if index > 1 then
      result:extend({ pandoc.Str(","), pandoc.Space() })
    end
    local supplement = pandoc.Inlines({})
    if #item.prefix > 0 then
      supplement = item.prefix
    elseif item.mode ~= "SuppressAuthor" then
      supplement:insert(pandoc.Str(names[kind]))
    end
    result:insert(raw("#ref(<" .. id .. ">, supplement: ["))
    result:extend(supplement)
    result:insert(raw("])"))
    if #item.suffix > 0 then
      problem("@" .. item.id, "the words after @" .. item.id .. " inside the brackets would be "
        .. "lost; put them behind the brackets")
    end
  end
  return result
end

-- A figure's words belong to its picture; a picture in it needs no frame of its own.
local function pass_on_alt(block)
  if kind_of(block.identifier) ~= "fig" and block.t == "Div" then
    return nil
  end
  local alt, pictures = block.attributes["fig-alt"], 0
  block.content = block.content:walk({
    Figure = function(inner) return inner.content end,
  }):walk({
    Image = function(image)
      pictures = pictures + 1
      image.attributes["fig-alt"] = alt or image.attributes["fig-alt"]
      return image
    end,
  })
  if pictures > 1 then
    problem("#" .. block.identifier, block.identifier .. " holds " .. pictures .. " pictures; "
      .. "draw them as panels of one figure")
  end
  return block
end

local function listing(code)
  if kind_of(code.identifier) ~= "lst" then
    return nil
  end
  local id, caption = code.identifier, code.attributes["lst-cap"]
  if not caption then
    problem("#" .. id, "the listing " .. id .. ' has no caption; add lst-cap="…"')
    return nil
  end
  define(id)
  code.identifier, code.attributes["lst-cap"] = "", nil
  local inlines = pandoc.utils.blocks_to_inlines(pandoc.read(caption, "markdown").blocks)
  return figure("lst", id, pandoc.Blocks({ code }), inlines)
end

-- A table with its name in the caption, `: … {#tbl-name}`, is a frame of its own.
local function table_inside(table)
  table.classes:insert("typst:no-figure") -- Quarto's frame is the only one
  local id = table.identifier
  if kind_of(id) ~= "tbl" then
    return table
  end
  local caption = pandoc.utils.blocks_to_inlines(table.caption.long)
  define(id)
  if #caption == 0 then
    problem("#" .. id, id .. " has no caption; write it before the name: `: … {#" .. id .. "}`")
  end
  table.identifier, table.caption = "", pandoc.Caption({})
  return figure("tbl", id, pandoc.Blocks({ table }), caption)
end

-- What no frame has taken by now would be lost.
local function caption_alone(table)
  if #table.caption.long > 0 then
    local words = pandoc.utils.stringify(table.caption.long)
    problem(words, "the caption of a table has no name; end it with {#tbl-name}")
  end
end

local function heading(header)
  if header.identifier ~= "" then
    defined[header.identifier] = true
  end
end

local passes = {
  { Div = pass_on_alt, Figure = pass_on_alt },
  { Cite = reference, Para = equations, Plain = equations, Table = table_inside, Header = heading },
  { Image = function(image) return picture(image) end },
  {
    CodeBlock = listing,
    Div = function(div)
      local kind = kind_of(div.identifier)
      if kind and captions[kind] then
        return float(div, kind)
      end
      plain_div(div)
    end,
    Figure = function(block)
      local id = kind_of(block.identifier) == "fig" and block.identifier or nil
      if id then
        define(id)
      end
      return figure("fig", id, block.content, pandoc.utils.blocks_to_inlines(block.caption.long))
    end,
  },
  { Table = caption_alone },
}

function Pandoc(doc)
  for _, pass in ipairs(passes) do
    doc = doc:walk(pass)
  end
  for _, it in ipairs(references) do
    if not defined[it[1]] and not doc.meta.alone then -- the template marks what another part has
      problem("@" .. it[2], "the reference @" .. it[2] .. " points to nothing; there is no {#"
        .. it[1] .. "} in the document; mend the name")
    end
  end
  return doc
end
