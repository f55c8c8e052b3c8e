-- `attach: [_output/results.json, report/…]` in a document's header puts these files into the PDF, so
-- that whoever has it has the evidence for it. Paths are from the project's folder.

local kinds = {
  json = { "application/json", "data", "Every number of this report, with where it comes from" },
  yml = { "application/yaml", "supplement", "The questions, their points and what answers them" },
  qmd = { "text/markdown", "source", "A source of this report" },
}

function Pandoc(doc)
  if not FORMAT:match("typst") then
    return nil
  end
  for _, entry in ipairs(doc.meta.attach or {}) do
    local path = pandoc.utils.stringify(entry)
    local mime, relationship, words = table.unpack(kinds[path:match("%.(%a+)$")] or {})
    assert(mime, "attach names " .. path .. ", but only json, yml and qmd files can be attached")
    doc.blocks:insert(pandoc.RawBlock("typst", string.format(
      '#pdf.attach("/%s", relationship: "%s", mime-type: "%s", description: "%s")',
      path, relationship, mime, words)))
  end
  return doc
end
