"""Running the cells of a document, by IPython in this process.

A kernel of its own would cost a second's start and import everything once more, and two programs
would have to be interrupted; what a process of its own would protect from is given back at the end.
"""

import ast
import atexit
import io
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hw4.foundation import style
from hw4.foundation.errors import UserError
from hw4.submission.documents import Cell, Expression
from hw4.submission.lines import Line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ESCAPE = re.compile(r"([\\`*_{}\[\]()>#+\-.!,])")
DRAWING = "module://matplotlib_inline.backend_inline"
"""What Matplotlib draws with: figures that a cell leaves open are shown below it, as in Jupyter."""


@contextmanager
def start_kernel(folder: Path, environment: dict[str, str]) -> Iterator["Kernel"]:
    """A kernel that runs in a folder, with variables; what it changes is given back at the end."""
    outputs: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="hw4-ipython-") as home:
        look = Path(home) / "matplotlibrc"
        look.write_text(style.matplotlibrc(), encoding="utf-8")
        drawing = {"MPLBACKEND": DRAWING, "MATPLOTLIBRC": str(look)}
        with _surroundings(folder, drawing | environment), _report_style():
            shell = _shell(outputs, home)
            try:
                yield Kernel(shell, outputs)
            finally:
                atexit.unregister(shell.atexit_operations)
                shell.atexit_operations()
                shell.cleanup()
                type(shell).clear_instance()


class Kernel:
    """Runs cells and expressions."""

    def __init__(self, shell: "InteractiveShell", outputs: list[dict]) -> None:
        self._shell = shell
        self._outputs = outputs

    def run(self, cell: Cell) -> list[dict]:
        """The outputs of a cell: each with `data` by MIME type, or the `text` of a `stream`."""
        self._outputs.clear()
        name = f"<{cell.fence}>"
        self._shell.compile.get_code_name = lambda *_: name  # a traceback shows it
        out, err = (_Stream(self._outputs, it) for it in ("stdout", "stderr"))
        with redirect_stdout(out), redirect_stderr(err):
            done = self._shell.run_cell(cell.source)
        error = done.error_before_exec or done.error_in_exec
        if isinstance(error, KeyboardInterrupt):
            raise error
        if error:
            printed = [it["text"] for it in self._outputs if it.get("stream") == "stdout"]
            told = _failure(cell, name, error, "".join(printed[-1:]))
            raise UserError(*told.split("\n")) from None
        return list(self._outputs)

    def evaluate(self, expression: Expression) -> str:
        """The Markdown of an inline expression."""
        answer = self._shell.user_expressions({"": expression.text})[""]
        if answer["status"] != "ok":
            raise UserError(f"{expression} failed with {answer['ename']}: {answer['evalue']}")
        data = answer["data"]
        text = data.get("text/plain", "")
        if expression.binds and text not in ("True", "False"):
            raise UserError(
                f"{expression} of a {expression.binds} is {text or 'no text'}, expected is True or "
                "False; compare, or wrap it in bool(…)."
            )
        if "text/markdown" in data:
            return data["text/markdown"]
        if "image/svg+xml" in data or "image/png" in data:
            raise UserError(f"{expression} gives a picture; put it into a cell of its own.")
        return _escaped(expression, text)

    def value(self, expression: str) -> object:
        """What an expression is here and now."""
        return eval(expression, self._shell.user_ns)


@contextmanager
def _surroundings(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The project's folder and variables; afterwards all is as it was."""
    before = Path.cwd(), dict(os.environ), list(sys.path), sys.modules["__main__"]
    try:
        os.chdir(folder)
        os.environ.update(environment)
        sys.path.insert(0, str(folder))
        yield
    finally:
        os.chdir(before[0])
        os.environ.clear()
        os.environ.update(before[1])
        sys.path[:] = before[2]
        sys.modules["__main__"] = before[3]


@contextmanager
def _report_style() -> Iterator[None]:
    if "matplotlib" not in sys.modules:  # it will read its settings when it is imported
        yield
        return
    import matplotlib

    backend = matplotlib.get_backend()
    with matplotlib.rc_context(style.PLAIN):
        matplotlib.use(DRAWING)
        matplotlib.interactive(True)  # or a figure that is left open would not be shown
        yield
    matplotlib.use(backend)


class _Stream(io.TextIOBase):
    """What is printed, among the other outputs in their order."""

    encoding = "utf-8"

    def __init__(self, outputs: list[dict], name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        if self._outputs and self._outputs[-1].get("stream") == self._name:
            self._outputs[-1]["text"] += text
        else:
            self._outputs.append({"stream": self._name, "text": text})
        return len(text)


def _shell(outputs: list[dict], home: str) -> "InteractiveShell":
    """IPython's shell, whose outputs are gathered."""
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.ipython_dir = home
    shell = InteractiveShell.instance(config=config)
    shell.display_pub = CapturingDisplayPublisher(shell=shell)
    shell.display_pub.outputs = outputs
    shell.display_trap.hook = CapturingDisplayHook(shell=shell, outputs=outputs)
    shell.ask_exit = sys.exit
    shell.events.register("pre_execute", lambda: _show_figures_as_svg(shell))
    shell.events.register("post_execute", lambda: _show_open_figures(shell))
    return shell


def _show_figures_as_svg(shell) -> None:
    """Matplotlib's own hooks, where a cell has just imported them, have taken this away."""
    from IPython.core.pylabtools import print_figure

    svg = shell.display_formatter.formatters["image/svg+xml"]
    drawn = partial(print_figure, fmt="svg", bbox_inches="tight")
    svg.for_type_by_name("matplotlib.figure", "Figure", drawn)


def _show_open_figures(shell) -> None:
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline.backend_inline import flush_figures

        _show_figures_as_svg(shell)
        flush_figures()


def _escaped(expression: Expression, text: str) -> str:
    """The `repr` of a value as Markdown that prints it: as Quarto does, where that is right."""
    if text[:1] not in ("'", '"'):
        return text
    value = ast.literal_eval(text)
    if not value:
        raise UserError(
            f"{expression} is an empty string, for which Quarto prints the expression itself; "
            "let it return words."
        )
    if value != text[1:-1] and value.replace("\\", "\\\\") != text[1:-1]:
        raise UserError(
            f"{expression} is {text}, which Quarto prints with its backslashes; return text "
            "without line breaks, without both kinds of quotes, and with plain or thin visible "
            "spaces."
        )
    return ESCAPE.sub(r"\\\1", value)


def _failure(cell: Cell, name: str, error: BaseException, printed: str) -> str:
    line = _line(cell, name, error)
    if isinstance(error, SystemExit):
        return f"{line}: {cell.name} calls exit, which would end the build; take the call out."
    if isinstance(error, UserError):  # its one sentence says it all
        return f"{line}: {cell.name} failed: {error}"
    told = ANSI.sub("", printed).strip()
    return f"{line}: {cell.name} failed with {type(error).__name__}: {error}\n\n{told}"


def _line(cell: Cell, name: str, error: BaseException) -> Line:
    """The line of the cell that an error stems from."""
    frames = traceback.extract_tb(error.__traceback__)
    numbers = [frame.lineno for frame in frames if frame.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        numbers.append(error.lineno)
    return [cell.fence, *cell.code][min(numbers[-1], len(cell.code)) if numbers else 0]
