-- Quarto wraps a cell that has a label into a Div of that name, and a cell that shows nothing then
-- leaves an empty block. Only the names of figures, tables and listings are ever referred to.

function Div(div)
  local kind = div.identifier:match("^(%a+)%-")
  if div.classes:includes("cell") and div.identifier ~= ""
    and not (kind == "fig" or kind == "tbl" or kind == "lst") then
    return div.content
  end
end
