-- Leaves the widths of a table's columns to Typst, which measures what is in them. Pandoc would
-- take them from the number of dashes under the header as soon as one line of the source is long.

function Table(tbl)
  local specs = {}
  for _, spec in ipairs(tbl.colspecs) do
    specs[#specs + 1] = { spec[1] }
  end
  tbl.colspecs = specs
  return tbl
end
