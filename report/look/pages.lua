-- `[](#sec-name){.page}` is the number of the page where that heading stands, and a link to it.
-- What has no pages gets a link that says the heading, up to its colon.

local headings = {}

local function remember(header)
  local words = pandoc.utils.stringify(header.content)
  headings[header.identifier] = words:match("^(.-):") or words
end

local function page(link)
  local name = link.classes:includes("page") and link.target:match("^#([%w_-]+)$")
  if not name then
    return nil
  end
  if FORMAT:match("typst") then
    return pandoc.RawInline("typst",
      "#link(<" .. name .. ">)[#context counter(page).at(<" .. name .. ">).first()]")
  end
  if #link.content == 0 then
    link.content = pandoc.Inlines(headings[name] or "here")
  end
  return link
end

return { { Header = remember }, { Link = page } }
