-- Turns a Div of class `code-window`, printed by hw4.submission.code_window, into a call of the
-- Typst function of the same name (code-window.typ). The Div holds one code block for each part of
-- the window, with the number of its first line in `startFrom`; one of class `continues` follows the
-- one before it but for a docstring that was cut. In other formats the Div begins with its path.

-- A Typst string: what JSON would escape, Typst escapes alike, but for the other control characters.
local function typst_string(text)
  local escaped = text:gsub('[\\"]', '\\%0'):gsub('\r', ''):gsub('\n', '\\n'):gsub('\t', '\\t')
  return '"' .. escaped .. '"'
end

local function code_window(div)
  if not div.classes:includes('code-window') then
    return nil
  end
  if not FORMAT:match('typst') then
    div.content:insert(1, pandoc.Plain({ pandoc.Code(div.attributes.path or '') }))
    return div
  end
  local parts = {}
  for _, block in ipairs(div.content) do
    -- Quarto replaces `error` by a function that only prints; an assertion stops both renderers.
    assert(block.t == 'CodeBlock', 'A code-window holds code blocks only, but there is a '
      .. block.t .. ' in the one of ' .. (div.attributes.path or 'no path') .. ': move it outside.')
    local first = tonumber(block.attributes.startFrom or '1')
    local continues = block.classes:includes('continues') and 'true' or 'false'
    table.insert(parts, string.format('(first: %d, continues: %s, code: %s),', first, continues,
      typst_string(block.text)))
  end
  return pandoc.RawBlock('typst', string.format('#code-window(path: %s, parts: (%s))',
    typst_string(div.attributes.path or ''), table.concat(parts, ' ')))
end

return { { Div = code_window } }
