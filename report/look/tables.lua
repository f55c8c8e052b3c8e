-- A table in HTML, as pandas writes it at the end of a cell, is read as a table; a header cell that is
-- left empty is given a word, for whoever listens to the table.
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

local function name_columns(tbl)
  for _, row in ipairs(tbl.head.rows) do
    for index, cell in ipairs(row.cells) do
      if #row.cells > 1 and pandoc.utils.stringify(cell.contents) == "" then
        cell.contents = { pandoc.Plain({ pandoc.Str(index == 1 and "row" or "column " .. index) }) }
      end
    end
  end
  return tbl
end

return { { RawBlock = read }, { Table = name_columns },
  { traverse = "topdown", Div = leave, Table = set } }
