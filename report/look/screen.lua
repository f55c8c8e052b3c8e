-- What a page on the screen needs and a PDF gets from the Typst template: alternative texts on the
-- pictures themselves.

function Div(div)
  if FORMAT:match("typst") then
    return nil
  end
  local alt = div.attributes["fig-alt"]
  if alt then
    return div:walk({
      Image = function(image)
        image.attributes.alt = alt
        return image
      end,
    })
  end
end
