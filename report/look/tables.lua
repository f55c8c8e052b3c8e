-- A table in HTML, as pandas writes it at the end of a cell, is read as a table. Its first column goes
-- if it only counts the rows; a header cell that is left empty is given a word, for whoever listens.
--
-- Sets a table of plain words at once, before Quarto's own filters: they would look at every word of
-- every cell dozens of times, which is two fifths of Pandoc's time for this document. A table that
-- holds something a later filter looks for (a formula, a reference, a picture, a note, its own
-- caption or column widths) is left to them. Other formats keep their tables.

local plain = { Str = true, Space = true, SoftBreak = true, LineBreak = true, Strong = true,
  Emph = true, Code = true, Link = true, RawInline = true }

local function set(tbl)
  if not FORMAT:match("typst") or tbl.identifier ~= "" or #tbl.caption.long > 0 then
    return nil
  end
  local simple = true
  tbl:walk({ Inline = function(inline) simple = simple and plain[inline.t] end })
  if not simple then
    return nil
  end
  tbl.classes:insert("typst:no-figure") -- the frame and the caption come from around the table
  local typst = pandoc.write(pandoc.Pandoc({ tbl }), "typst", { wrap_text = "none" })
  return pandoc.RawBlock("typst", typst)
end

local function leave(div)
  if div.attributes["tbl-colwidths"] then
    return div, false
  end
end

local function read(block)
  if block.format == "html" and block.text:match("<table") then
    return pandoc.read(block.text, "html-native_divs-native_spans").blocks:filter(function(inner)
      return inner.t == "Table"
    end)
  end
end

local function text(cell)
  return pandoc.utils.stringify(cell.contents)
end

local function counts_rows(tbl)
  local count = 0
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      if #row.cells ~= #tbl.colspecs or text(row.cells[1]) ~= tostring(count) then
        return false
      end
      count = count + 1
    end
  end
  local head = tbl.head.rows[1]
  return #tbl.head.rows == 1 and #tbl.colspecs > 1 and text(head.cells[1]) == "" and count > 0
end

local function without_first_column(tbl)
  local function cut(rows)
    for _, row in ipairs(rows) do
      row.cells:remove(1)
    end
    return rows
  end
  tbl.head.rows = cut(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    body.body = cut(body.body)
    body.row_head_columns = 0
  end
  local colspecs = pandoc.List(tbl.colspecs)
  colspecs:remove(1)
  tbl.colspecs = colspecs
end

local function name_columns(tbl)
  if counts_rows(tbl) then
    without_first_column(tbl)
  end
  for _, row in ipairs(tbl.head.rows) do
    for index, cell in ipairs(row.cells) do
      if #row.cells > 1 and text(cell) == "" then
        cell.contents = { pandoc.Plain({ pandoc.Str(index == 1 and "name" or "column " .. index) }) }
      end
    end
  end
  return tbl
end

return { { RawBlock = read }, { Table = name_columns },
  { traverse = "topdown", Div = leave, Table = set } }
