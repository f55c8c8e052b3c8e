"""Cells run in one kernel; values become Markdown; failures are told by file and line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.submission.documents import split_cells
from hw4.submission.kernel import Kernel, start_kernel
from hw4.submission.lines import numbered
from hw4.submission.markdown import Writer
from hw4.submission.project import EXECUTE


class Session:
    """A kernel that writes what it runs."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def markdown(self, text: str, folder: Path, **execute) -> str:
        writer = self.write(text, folder, **execute)
        return "\n".join(line.text for line in writer.lines)

    def write(self, text: str, folder: Path, **execute) -> Writer:
        writer = Writer(folder, {**EXECUTE, "echo": False, **execute}, self.kernel)
        for part in split_cells(numbered(text, Path("a.qmd"))):
            writer.write(part)
        return writer


@pytest.fixture
def session(tmp_path_factory):
    with start_kernel(tmp_path_factory.mktemp("kernel"), {"HW4_TEST": "seen"}) as kernel:
        yield Session(kernel)


SHOWS = """\
class Shows:
    def __init__(self, **data): self.data = data
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {name.replace("_", "/"): value for name, value in self.data.items()}
"""


def cell(code: str, *options: str) -> str:
    return "\n".join(["```{python}", *(f"#| {option}" for option in options), code, "```"])


def test_it_is_this_python_in_the_project_s_folder_with_its_environment(session, tmp_path):
    text = session.markdown(
        cell("import os, sys; print(sys.executable, os.getcwd(), os.environ['HW4_TEST'])"), tmp_path
    )
    executable, folder, value = text.split("\n")[2].split()
    assert (executable, value) == (sys.executable, "seen")
    assert Path(folder).name.startswith("kernel")


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("1 + 1", "2"),
        ("0.25", "0.25"),
        ("'a_b * [c] 1.5'", r"a\_b \* \[c\] 1\.5"),
        ('"it\'s"', "it's"),
        ("'1.3 × 10⁻⁴'", r"1\.3 × 10⁻⁴"),
        (r"'back\\slash'", r"back\\slash"),
    ],
)
def test_values_in_prose_are_printed_as_they_are(session, tmp_path, expression, printed):
    text = session.markdown(f"is `{{python}} {expression}` so", tmp_path)
    assert text.strip() == f"is {printed} so"


def test_markdown_in_prose_and_in_attributes(session, tmp_path):
    setup = cell("from IPython.display import Markdown")
    text = session.markdown(setup + "\n\nis `{python} Markdown('**b**')` so", tmp_path)
    assert text.strip() == "is **b** so"
    text = session.markdown('::: {#fig-a fig-alt="`{python} str(1.5)`"}\nx\n:::', tmp_path)
    assert r'fig-alt="1\.5"' in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nis `{python} 1/0` so", "a.qmd:2: .*1/0. failed with ZeroDivisionError"),
        ("is `{python} ''` so", "a.qmd:1: .*empty string"),
        (r"is `{python} 'a\nb'` so", "a.qmd:1: .* prints with its backslashes"),
        (r"is `{python} 'a\u00a0b'` so", "a.qmd:1: .* prints with its backslashes"),
        ('::: {fig-alt="`{python} chr(34)`"}\n', "a.qmd:1: .*double quote"),
    ],
)
def test_values_that_would_be_misprinted_are_refused(session, tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        session.markdown(text, tmp_path)


def test_a_failing_cell_is_told_with_label_file_line_and_traceback(session, tmp_path):
    code = "def f():\n    raise ValueError('no good')\n\nf()"
    with pytest.raises(UserError) as caught:
        session.markdown("text\n\n" + cell(code, "label: broken"), tmp_path)
    first, _, rest = str(caught.value).partition("\n")
    assert first == "a.qmd:6: the cell broken failed with ValueError: no good"
    assert "f()" in rest
    assert "\x1b" not in rest


def test_a_sentence_for_the_user_needs_no_traceback(session, tmp_path):
    code = "from hw4.foundation.errors import UserError\nraise UserError('Put it there.')"
    told = cell(code, "label: told")
    with pytest.raises(UserError) as caught:
        session.markdown(told, tmp_path)
    assert str(caught.value) == "a.qmd:4: the cell told failed: Put it there."
    session.markdown(cell("from hw4.submission.prose import *"), tmp_path)
    with pytest.raises(UserError, match=r"^a.qmd:4: the cell told failed: Put it there.$"):
        session.markdown(told, tmp_path)


@pytest.mark.filterwarnings("ignore:To exit")
@pytest.mark.parametrize("call", ["exit()", "sys.exit(0)"])
def test_a_cell_that_calls_exit_is_told(session, tmp_path, call):
    with pytest.raises(UserError, match=r"^a.qmd:\d: a cell calls exit, .* take the call out.$"):
        session.markdown(cell(f"import sys\n{call}"), tmp_path)


def test_what_cells_change_is_given_back(tmp_path, capsys):
    before = Path.cwd(), dict(os.environ), list(sys.path), sys.modules["__main__"], sys.stdout
    code = "import os, sys; os.environ['HW4_LEFT'] = '1'; sys.path.append('x'); os.chdir('/')"
    with start_kernel(tmp_path, {"HW4_TEST": "seen"}) as kernel:
        Session(kernel).markdown(cell(code), tmp_path)
        with pytest.raises(UserError):
            Session(kernel).markdown(cell("1 / 0"), tmp_path)
    after = Path.cwd(), dict(os.environ), list(sys.path), sys.modules["__main__"], sys.stdout
    assert after == before
    with start_kernel(tmp_path, {}) as kernel:  # and the next document begins with nothing
        text = Session(kernel).markdown("`{python} 'os' in globals()`", tmp_path)
    assert text.strip() == "False"
    assert capsys.readouterr().out == ""


def test_what_is_printed_and_shown_keeps_its_order(session, tmp_path):
    code = "from IPython.display import Markdown, display\nprint('one')\ndisplay(Markdown('two'))\n"
    text = session.markdown(cell(code + "print('three')\n'four'", "output: asis"), tmp_path)
    assert text.split() == ["one", "two", "three", "```", "'four'", "```"]


def test_the_best_form_of_an_output_is_taken(session, tmp_path):
    session.markdown(cell(SHOWS), tmp_path)
    best = cell("Shows(text_markdown='*m*', text_plain='p')")
    assert session.markdown(best, tmp_path).strip() == "*m*"
    picture = "Shows(**{'image_svg+xml': '<svg/>', 'image_png': 'AAAA', 'text_plain': 'p'})"
    assert session.markdown(cell(picture), tmp_path).strip() == "![](picture-1.svg)"
    assert (tmp_path / "picture-1.svg").read_text() == "<svg/>"
    assert session.markdown(cell("'a```b'"), tmp_path).strip() == "````\n'a```b'\n````"
    table = cell("Shows(text_html='<table></table>', text_plain='p')")
    assert session.markdown(table, tmp_path).strip() == "```{=html}\n<table></table>\n```"
    page = cell("Shows(text_html='<form></form>', text_plain='p')")
    with pytest.raises(UserError, match=r"a.qmd:1: .*shows text/html, which cannot be set"):
        session.markdown(page, tmp_path)
    with pytest.raises(UserError, match="shows application/x, which cannot be set"):
        session.markdown(cell("Shows(application_x='?')"), tmp_path)
    with pytest.raises(UserError, match="shows <object at 0x"):
        session.markdown(cell("object()"), tmp_path)


def test_options_say_what_is_shown(session, tmp_path):
    def shown(code: str, *options: str, **execute) -> str:
        return session.markdown(cell(code, *options), tmp_path, **execute).strip()

    assert shown("print('**x**')") == "```\n**x**\n```"
    assert shown("print('**x**')", "output: asis") == "**x**"
    assert shown("print('x')", "output: false") == ""
    assert shown("print('x')", "include: false", "echo: true") == ""
    assert shown("1", "echo: true") == "``` {.python}\n1\n```\n\n\n```\n1\n```"
    assert shown("x = 1", echo=True) == "``` {.python}\nx = 1\n```"
    listing = shown("x = 1", "echo: true", "lst-label: lst-x", "lst-cap: The code")
    assert listing == '``` {#lst-x .python lst-cap="The code"}\nx = 1\n```'


def test_captions_and_labels_make_a_figure(session, tmp_path):
    session.markdown(cell(SHOWS), tmp_path)
    code = "Shows(**{'image_svg+xml': '<svg/>'})"
    text = session.markdown(
        cell(code, "label: fig-x", "fig-cap: The cap", "fig-alt: 'a \"b\"'"), tmp_path
    )
    assert text.split("\n") == [
        r'::: {#fig-x fig-alt="a \"b\""}',
        *("", "", "![](picture-1.svg)", "", "The cap", "", ":::", ""),
    ]
    for options, words in [
        (["label: fig-x"], "a.qmd:1: the cell fig-x has no caption"),
        (["fig-cap: x"], "a.qmd:1: fig-cap needs a label that begins with fig-"),
        (["label: tbl-x", "tbl-cap: x", "output: false"], "shows 0 outputs"),
    ]:
        with pytest.raises(UserError, match=words):
            session.markdown(cell(code, *options), tmp_path)


def test_warnings_go_to_the_terminal_not_into_the_document(session, tmp_path):
    code = cell("import sys; print('careful', file=sys.stderr)")
    writer = session.write(code, tmp_path, warning=False)
    assert writer.notices == ["a.qmd:1: careful"]
    assert not [line for line in writer.lines if line.text]


def test_an_interrupt_is_no_failure_of_the_cell(session, tmp_path):
    # A shell that starts the tests in the background has them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            session.markdown(cell("import signal; signal.raise_signal(signal.SIGINT)"), tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("value", ["1", "'True'", "None", "np.True_"])
def test_a_claim_is_true_or_false_and_nothing_else(session, tmp_path, value):
    session.markdown(cell("import numpy as np"), tmp_path)
    with pytest.raises(UserError, match=r"^a.qmd:2: .* of a claim is .* True or False"):
        session.markdown(f'Well,\n[so]{{claim="`{{python}} {value}`"}}', tmp_path)
    text = session.markdown('[so]{when="`{python} 1 > 2`"}', tmp_path)
    assert text.strip() == '[so]{when="False 0"}'  # its number among what binds words


def test_what_users_of_jupyter_end_a_cell_with(session, tmp_path):
    """In the report's style, without asking for it."""
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='words')\nplt.legend()"
    options = ("label: fig-x", "fig-cap: A line.", "fig-alt: It rises.")
    text = session.markdown(cell(plot, *options), tmp_path)
    svg = (tmp_path / "picture-1.svg").read_text(encoding="utf-8")
    assert text.count("picture-") == 1 and ">words</text>" in svg
    assert "Libertinus Serif" in svg
    figure = "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots()\nfigure"
    assert session.markdown(cell(figure), tmp_path).strip() == "![](picture-1.svg)"
    frame = "import pandas\npandas.DataFrame({'a': [1]}, index=['x'])"
    assert session.markdown(cell(frame), tmp_path).startswith("\n```{=html}\n<div>")
    table = "from IPython.display import Markdown\nfrom tabulate import tabulate\n"
    table += "Markdown(tabulate([[1, 2]], ['a', 'b'], 'github'))"
    assert session.markdown(cell(table), tmp_path).strip().startswith("|   a |   b |")


def test_a_process_that_has_not_imported_matplotlib_draws_alike(tmp_path):
    program = (
        "import sys; from pathlib import Path; from hw4.submission.kernel import start_kernel\n"
        "from hw4.submission.documents import split_cells\n"
        "from hw4.submission.lines import numbered\n"
        "text = '```{python}\\nimport matplotlib.pyplot as plt\\n'\n"
        "text += '_ = plt.figure().subplots().text(0, 0, \"x\")\\n```'\n"
        "(cell,) = split_cells(numbered(text, Path('a')))\n"
        "with start_kernel(Path('.'), {}) as kernel:\n"
        "    (shown,) = kernel.run(cell)\n"
        "print(shown['data']['image/svg+xml'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Libertinus Serif" in done.stdout, done.stderr
    assert "findfont" not in done.stderr
