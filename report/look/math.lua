-- Gives inline mathematics an alternative text, as PDF/UA-1 asks: its TeX, spoken roughly.
-- Block equations carry theirs in the document: `$$ … $$ {#eq-name alt="…"}`.

local words = {
  times = " times ", cdot = " times ", ["in"] = " in ", notin = " not in ", to = " to ",
  leq = " at most ", le = " at most ", geq = " at least ", ge = " at least ", neq = " is not ",
  approx = " is about ", pm = " plus or minus ", mid = " given ", ldots = " … ", dots = " … ",
  cdots = " … ", sum = " sum ", prod = " product ", sqrt = " square root of ",
  frac = " fraction ", infty = " infinity ", top = " transposed", odot = " elementwise times ",
  left = "", right = "", mathbb = "", mathbf = "", mathrm = "", mathcal = "", text = "",
  operatorname = "", quad = " ", qquad = " ", hat = " estimated ", bar = " mean ", tilde = "",
}

local function spoken(tex)
  local text = tex:gsub("\\(%a+)", function(name) return words[name] or (" " .. name .. " ") end)
  text = text:gsub("\\([{}%%#&$])", "%1"):gsub("\\[,;:! ]", " "):gsub("\\", " ")
  text = text:gsub("%^", " to the "):gsub("_", " sub "):gsub("[{}]", " ")
  text = text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  return text
end

function Math(math)
  if math.mathtype ~= "InlineMath" or not FORMAT:match("typst") then
    return nil
  end
  local typst = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst"):gsub("%s+$", "")
  local alt = spoken(math.text):gsub('[\\"]', " ")
  return pandoc.RawInline("typst", '#math.equation(alt: "' .. alt .. '", ' .. typst .. ")")
end
