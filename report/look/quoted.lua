-- `[…]{.quoted}` and `::: {.quoted}`: words that are data, such as a tweet. In a PDF they are tagged
-- as a quotation, and proof-reading does not look inside them.

local function quoted(element, raw, call)
  if not element.classes:includes("quoted") or not FORMAT:match("typst") then
    return nil
  end
  local content = element.content
  content:insert(1, raw("typst", "#quote(" .. call .. "quotes: false)["))
  content:insert(raw("typst", "]"))
  return content
end

return { {
  Span = function(span) return quoted(span, pandoc.RawInline, "") end,
  Div = function(div) return quoted(div, pandoc.RawBlock, "block: true, ") end,
} }
