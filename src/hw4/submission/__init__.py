"""From documents and results to the submission; whatever a user can put right is a `UserError`.

- `renderer` chooses Quarto or the press. The `press` walks once: `project` says what is asked for,
  `documents` reads cells and prose (`lines` knows where each line stands), `kernel` runs them,
  `markdown` writes down what they show, `typeset` makes the PDF; `lint.lua` and `crossref.lua` are
  its Pandoc filters, `skeleton.typ` its frame.
- `check` proof-reads what either has made: `pdf` or `html` reads it back, `reading` lays it beside
  `results` and `rubric`, `faults` is what is looked for; `claims` are words bound to numbers.
- `prose` is what a part of the report begins with: `code_window`, `numbers`, `provenance`.
- `status`, `notebooks` and `preview` are commands of their own.
"""
