-- `[](#sec-name){.page}` is the number of the page where that heading stands, and a link to it.
-- What has no pages gets a plain link.

function Link(link)
  local name = link.classes:includes("page") and link.target:match("^#([%w_-]+)$")
  if not name then
    return nil
  end
  if FORMAT:match("typst") then
    return pandoc.RawInline("typst",
      "#link(<" .. name .. ">)[#context counter(page).at(<" .. name .. ">).first()]")
  end
  link.content = #link.content > 0 and link.content or "here"
  return link
end
