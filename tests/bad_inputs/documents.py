"""Documents: the report's `.qmd` files, the rubric, and what a check reads."""

from tests.bad_inputs import good
from tests.bad_inputs.case import CHECK, RENDER, Bad, Home

QMD = "submission.qmd"
RUBRIC = "rubric.yml"
RESULTS = "results.json"
FIELDS = "expected are problems with number, title, experiment"
RIGHT = "put right what stands in the brackets"
TRAIN = "python -m hw4 train"


def body(text: str | bytes):
    """A document with this body (or of these bytes); a body begins in line 5."""
    return lambda home: good.project(home, text)


def parts(text: str, **others: str):
    """A document with parts beside it, by name without the ending."""

    def make(home: Home) -> None:
        good.project(home, text)
        for name, content in others.items():
            (home.document.parent / f"{name}.qmd").write_text(content, encoding="utf-8")

    return make


def header(text: str):
    return body(text.encode())


def rubric(text: str | bytes):
    return lambda home: good.submission(home, rubric=text)


def changed(old: str, new: str):
    """The good rubric with one thing changed."""
    assert old in good.RUBRIC
    return rubric(good.RUBRIC.replace(old, new))


def settings(text: str):
    """A document whose header has this after its title, beside a PDF to check."""
    return lambda home: good.submission(home, header=text)


def results(text: str):
    return lambda home: good.submission(home, results=text)


def pdf(content: bytes | None):
    """A check of this in place of the PDF."""

    def make(home: Home) -> None:
        good.submission(home)
        path = home.output / "report" / "submission.pdf"
        path.unlink()
        if content is not None:
            path.write_bytes(content)

    return make


CASES = (
    Bad(
        "a cell in R",
        body("```{r}\n1\n```\n"),
        *(f"{QMD}:5", "{r}", "cells are in Python", "```name to show", RENDER),
    ),
    Bad(
        "options in the fence",
        body("```{python, echo=FALSE}\n1\n```\n"),
        *(f"{QMD}:5", "echo=FALSE", "options stand on lines", "write '#| name: value'", RENDER),
    ),
    Bad(
        "code in the fence",
        body("```{python} 1 + 1 {x}\n```\n"),
        *(
            f"{QMD}:5",
            "```{python} 1 + 1 {x}",
            "a cell begins with ```{python} and nothing else",
            "write",
            RENDER,
        ),
    ),
    Bad(
        "a cell that is indented",
        body("- item\n\n  ```{python}\n  1\n  ```\n"),
        *(f"{QMD}:7", "```{python}", "nothing else, at the margin", "write", RENDER),
    ),
    Bad(
        "a fence left open",
        body("```{python}\n1\n"),
        *(f"{QMD}:5", "a fenced block", "never closed", "add ```", RENDER),
    ),
    Bad(
        "an unknown option",
        body("```{python}\n#| fig-caption: x\n1\n```\n"),
        *(f"{QMD}:6", "'fig-caption'", "use one of", "fig-cap", RENDER),
    ),
    Bad(
        "an option that is no YAML",
        body("```{python}\n#| label: [\n1\n```\n"),
        *(f"{QMD}:6", "label: [", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "an expression in an option",
        body("```{python}\n#| fig-cap: '`{python} x`'\n1\n```\n"),
        *(f"{QMD}:6", "expressions in cell options", "::: {#fig-name", "put the cell", RENDER),
    ),
    Bad(
        "a label given twice",
        body("```{python}\n#| label: a\n1\n```\n\n```{python}\n#| label: a\n1\n```\n"),
        *(f"{QMD}:10", "label a", "twice", "rename one", RENDER),
    ),
    Bad(
        "a listing with half of its options",
        body("```{python}\n#| lst-label: lst-x\n#| eval: false\n#| echo: true\n1\n```\n"),
        *(f"{QMD}:5", "a listing", "both lst-label", "lst-cap", RENDER),
    ),
    Bad(
        "a figure without a caption",
        body("```{python}\n#| label: fig-x\n#| eval: false\n1\n```\n"),
        *(f"{QMD}:5", "no caption", "fig-cap", "add", RENDER),
    ),
    Bad(
        "an unknown shortcode",
        body("{{< video film.mp4 >}}\n"),
        *(f"{QMD}:5", "video film.mp4", "is not known here", "write {{< include", RENDER),
    ),
    Bad(
        "an expression in another language",
        body("It is `{r} 1 + 1`.\n"),
        *(f"{QMD}:5", "`{r} 1 + 1`", "in Python", "write `{python}", RENDER),
    ),
    Bad(
        "an expression over two lines",
        body("It is `{python} f(\n1)`.\n"),
        *(f"{QMD}:5", "`{python} f(", "on one line, whole", "write `{python}", RENDER),
    ),
    Bad(
        "a part that is not there",
        body("{{< include _1-gone.qmd >}}\n"),
        *(f"{QMD}:5", "_1-gone.qmd", "there is no file", "mend the name", RENDER),
    ),
    Bad(
        "a part that includes itself",
        parts(
            "{{< include _a.qmd >}}\n", _a="{{< include _b.qmd >}}\n", _b="{{< include _a.qmd >}}"
        ),
        *("_b.qmd:1", "_a.qmd", "includes itself", "take the include out", RENDER),
    ),
    Bad(
        "a part with a header",
        parts("{{< include _a.qmd >}}\n", _a="---\ntitle: x\n---\n"),
        *("_a.qmd:1", "YAML header", "cannot have", "move its settings", RENDER),
    ),
    Bad(
        "a part in another encoding",
        lambda home: (
            good.project(home, "{{< include _a.qmd >}}\n"),
            (home.document.parent / "_a.qmd").write_bytes("Übung\n".encode("utf-16")),
        ),
        *("_a.qmd:1", "not UTF-8", "expected text", "save it as UTF-8", RENDER),
    ),
    Bad(
        "a document in another encoding",
        body("---\ntitle: x\n---\n\nÜbung\n".encode("latin-1")),
        *(f"{QMD}:5", "not UTF-8", "expected text", "save it as UTF-8", RENDER),
    ),
    Bad(
        "no document",
        lambda home: (good.project(home), home.document.unlink()),
        *(QMD, "is not there", "the report was expected", "put it back", RENDER),
    ),
    Bad(
        "a header left open",
        header("---\ntitle: x\n"),
        *(f"{QMD}:1", "the YAML header", "no closing line", "add ---", RENDER),
    ),
    Bad(
        "a header that is no YAML",
        header("---\ntitle: 'x\n---\ntext\n"),
        *(f"{QMD}:", "end of stream", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "a header with an unknown setting",
        header("---\ntitel: x\n---\ntext\n"),
        *(f"{QMD}:2", "'titel'", "use one of title", "take it out", RENDER),
    ),
    Bad(
        "a header that is a sentence",
        header("---\nMy homework\n---\ntext\n"),
        *(f"{QMD}:2", "'My homework'", "expected 'key: value'", "write them", RENDER),
    ),
    Bad(
        "a form of the date that there is not",
        header("---\ntitle: x\ndate: today\ndate-format: YYYY\n---\ntext\n"),
        *(QMD, "'YYYY'", "expected 'long' or 'iso'", "write that", RENDER),
    ),
    Bad(
        "a reference to nothing",
        body("See @fig-gone.\n"),
        *(
            f"{QMD}:5",
            "@fig-gone points to nothing",
            "there is no {#fig-gone}",
            "mend the name",
            RENDER,
        ),
    ),
    Bad(
        "a name given twice",
        body("## One {#sec-a}\n\n## Two {#sec-a}\n"),
        *(f"{QMD}:", "sec-a", "twice", "rename one", RENDER),
    ),
    Bad(
        "a picture that is not there",
        body('::: {#fig-x fig-alt="Words."}\n![](gone.png)\n\nCaption.\n:::\n'),
        *(f"{QMD}:6", "gone.png", "cannot be read (No such file", "mend the path", RENDER),
    ),
    Bad(
        "HTML",
        body("one<br>two\n"),
        *(f"{QMD}:5", "raw html", "Markdown, or Typst", "write", RENDER),
    ),
    Bad(
        "a rubric that is no YAML",
        rubric("- number: 1\n  title: 'x\n"),
        *(f"{RUBRIC}:2", "end of stream", "valid YAML", "put that line right", CHECK),
    ),
    Bad(
        "a rubric with a misspelt field",
        changed("  title: Sequences", "  titel: Sequences"),
        *(RUBRIC, "titel", FIELDS, RIGHT, CHECK),
    ),
    Bad(
        "a rubric with points in words",
        changed("points: 4", "points: four"),
        *(RUBRIC, "expected int @ $[0].items[0].points", FIELDS, RIGHT, CHECK),
    ),
    Bad("a rubric that is empty", rubric(""), RUBRIC, "found None", FIELDS, RIGHT, CHECK),
    Bad(
        "a rubric that is one sentence",
        rubric("All questions.\n"),
        *(RUBRIC, "found 'All questions.'", FIELDS, RIGHT, CHECK),
    ),
    Bad(
        "a rubric that is not UTF-8",
        rubric("- title: Übung\n".encode("latin-1")),
        *(f"{RUBRIC}:1", "not UTF-8", "expected text", "save it as UTF-8", CHECK),
    ),
    Bad(
        "a header that leaves out a sentence",
        settings("leave-out: the transformer\n"),
        *(f"{QMD}:3", "leave-out is 'the transformer'", "a list of the names", "write that", CHECK),
    ),
    Bad(
        "a header that puts code nowhere",
        settings("code-windows: nowhere\n"),
        *(f"{QMD}:3", "'nowhere'", "'in place' or 'appendix'", "write that", CHECK),
    ),
    Bad(
        "a list in the header that is never closed",
        settings("leave-out: [sec-a\n"),
        *(f"{QMD}:", "not valid YAML", "expected", "put that line right", CHECK),
    ),
    Bad(
        "a rubric with a window of code that there is not",
        changed("model.VanillaRNN", "model.VanilaRNN"),
        *("code('hw4.sequences", "model.VanilaRNN", "there is no such", "did you mean hw4.seq"),
        CHECK,
    ),
    Bad(
        "a rubric with an experiment that there is not",
        changed("experiment: sequences", "experiment: recurrence"),
        *(RUBRIC, "experiments recurrence", "json has sequences", "correct the names", CHECK),
    ),
    Bad(
        "no results",
        lambda h: (good.submission(h), (h.output / RESULTS).unlink()),
        RESULTS,
        "No such file",
        "cannot be read",
        TRAIN,
        CHECK,
    ),
    Bad(
        "results cut short",
        results(good.RESULTS[:30]),
        *(RESULTS, "column", "cannot be read", TRAIN, CHECK),
    ),
    Bad(
        "results that are a list",
        results("[]"),
        *(RESULTS, "has no profile", "were expected", TRAIN, CHECK),
    ),
    Bad(
        "results without the build",
        results('{"sequences": {"source": "course", "test_mse": 1e-4}}'),
        *(RESULTS, "no profile in its part build", "were expected", TRAIN, CHECK),
    ),
    Bad(
        "no PDF",
        pdf(None),
        *("submission.pdf", "No such file", "a PDF was expected", "make report", CHECK),
    ),
    Bad(
        "a PDF that is text",
        pdf(b"This is not a PDF."),
        *("submission.pdf", "is no whole PDF", "damaged", "make report", CHECK),
    ),
    Bad(
        "a PDF cut short",
        lambda home: (good.submission(home), _halve(home)),
        *("submission.pdf", "is no whole PDF", "damaged", "make report", CHECK),
    ),
    Bad(
        "a PDF that is empty",
        pdf(b""),
        *("submission.pdf", "is no whole PDF", "damaged", "make report", CHECK),
    ),
)


def _halve(home: Home) -> None:
    path = home.output / "report" / "submission.pdf"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
