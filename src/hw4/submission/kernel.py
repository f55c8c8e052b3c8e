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
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from hw4.foundation import style
from hw4.foundation.errors import UserError
from hw4.submission.documents import Cell, Expression, Line

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ESCAPE = re.compile(r"([\\`*_{}\[\]()>#+\-.!,])")
DRAWING = "module://matplotlib_inline.backend_inline"
"""What Matplotlib draws with: figures that a cell leaves open are shown below it, as in Jupyter."""


class Kernel:
    """Runs cells and expressions; to be used in a `with`, which gives back what they changed.

    Args:
        folder: where the cells run.
        environment: variables for them.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._outputs: list[dict] = []
        self._numbers = 0

    def __enter__(self) -> "Kernel":
        self._exits = ExitStack()
        with ExitStack() as exits:  # what has been changed when a later step fails is given back
            home = exits.enter_context(tempfile.TemporaryDirectory(prefix="hw4-ipython-"))
            look = Path(home) / "matplotlibrc"
            look.write_text(style.matplotlibrc(), encoding="utf-8")
            drawing = {"MPLBACKEND": DRAWING, "MATPLOTLIBRC": str(look)}
            exits.enter_context(_surroundings(self._folder, drawing | self._environment))
            exits.enter_context(_report_style())
            self._shell = _shell(self._outputs, home)
            exits.callback(_end, self._shell)
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._exits.close()

    def run(self, cell: Cell) -> list[dict]:
        """The outputs of a cell, as the format of notebooks has them.

        Raises:
            UserError: the cell failed; with its label, file, line and the traceback.
        """
        self._outputs.clear()
        self._numbers += 1
        name = f"<{cell.fence}>"
        self._shell.compile.name = name
        out, err = (_Stream(self._outputs, it) for it in ("stdout", "stderr"))
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = out, err
        try:
            with _no_exit():
                done = self._shell.run_cell("\n".join(line.text for line in cell.code))
        finally:
            sys.stdout, sys.stderr = before
        if error := done.error_before_exec or done.error_in_exec:
            if isinstance(error, KeyboardInterrupt):
                raise error
            told = _failure(cell, name, error, self._shell.traceback)
            raise UserError(*told.split("\n")) from None
        return list(self._outputs)

    def evaluate(self, expression: Expression) -> str:
        """The Markdown of an inline expression.

        Raises:
            UserError: it failed, or has a value that cannot stand in prose.
        """
        with _no_exit():
            answer = self._shell.user_expressions({"": expression.text})[""]
        return _value(expression, answer)

    def value(self, expression: str) -> object:
        """What an expression is here and now."""
        return eval(expression, self._shell.user_ns)


@contextmanager
def _surroundings(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The project's folder and variables; afterwards all is as it was."""
    before = Path.cwd(), dict(os.environ), list(sys.path), sys.modules.get("__main__")
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
    """The report's style for figures, where Matplotlib has been imported before any cell."""
    if "matplotlib" not in sys.modules:
        yield
        return
    import matplotlib

    backend = matplotlib.get_backend()
    with matplotlib.rc_context():
        matplotlib.rcParams.update(style.PLAIN)
        matplotlib.use(DRAWING)
        matplotlib.interactive(True)  # or a figure that is left open would not be shown
        yield
    matplotlib.use(backend)


@contextmanager
def _no_exit() -> Iterator[None]:
    """What ends Python at once ends the cell instead; a process that it started may still end."""
    end, own = os._exit, os.getpid()

    def ended(status: int) -> None:
        if os.getpid() != own:
            end(status)
        raise SystemExit(status)

    os._exit = ended
    try:
        yield
    finally:
        os._exit = end


class _Stream(io.TextIOBase):
    """What is printed, among the other outputs in their order."""

    encoding = "utf-8"

    def __init__(self, outputs: list[dict], name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        if self._outputs and self._outputs[-1].get("name") == self._name:
            self._outputs[-1]["text"] += text
        else:
            self._outputs.append({"output_type": "stream", "name": self._name, "text": text})
        return len(text)


def _shell(outputs: list[dict], home: str):
    """IPython's shell, whose outputs are gathered."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Compiler(CachingCompiler):
        """Names a cell after its place, which a traceback then shows."""

        name = ""

        def get_code_name(self, raw_code, transformed_code, number):
            return self.name

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **_):
            outputs.append({"output_type": "display_data", "data": data})

    class Hook(DisplayHook):
        def write_output_prompt(self): ...

        def write_format_data(self, format_dict, md_dict=None):
            outputs.append({"output_type": "execute_result", "data": format_dict})

        def finish_displayhook(self): ...

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)
        compiler_class = Type(Compiler)
        traceback = ""

        def _showtraceback(self, etype, evalue, stb):
            self.traceback = "\n".join(stb)

        def ask_exit(self):
            raise SystemExit

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.ipython_dir = home
    shell = Shell.instance(config=config)
    shell.events.register("pre_execute", partial(_show_figures_as_svg, shell))
    shell.events.register("post_execute", partial(_show_open_figures, shell))
    return shell


def _show_figures_as_svg(shell) -> None:
    """Matplotlib's own hooks, where a cell has just imported them, have taken this away."""
    svg = shell.display_formatter.formatters["image/svg+xml"]
    svg.for_type_by_name("matplotlib.figure", "Figure", _as_svg)


def _as_svg(figure) -> str:
    from IPython.core.pylabtools import print_figure

    return print_figure(figure, fmt="svg", bbox_inches="tight")


def _show_open_figures(shell) -> None:
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline.backend_inline import flush_figures

        _show_figures_as_svg(shell)
        flush_figures()


def _end(shell) -> None:
    atexit.unregister(shell.atexit_operations)
    shell.atexit_operations()
    shell.cleanup()
    type(shell).clear_instance()


def _value(expression: Expression, answer: dict) -> str:
    shown = f"{expression.line}: the expression `{{python}} {expression.text}`"
    if answer["status"] != "ok":
        raise UserError(f"{shown} failed with {answer['ename']}: {answer['evalue']}")
    data = answer["data"]
    if expression.binds and data.get("text/plain") not in ("True", "False"):
        raise UserError(
            f"{shown} of a {expression.binds} is {data.get('text/plain', 'no text')}, expected is "
            "True or False; compare, or wrap it in bool(…)."
        )
    if "text/markdown" in data:
        return data["text/markdown"]
    if "image/svg+xml" in data or "image/png" in data:
        raise UserError(f"{shown} gives a picture; put it into a cell of its own.")
    return _escaped(shown, data.get("text/plain", ""))


def _escaped(shown: str, text: str) -> str:
    """The `repr` of a value as Markdown that prints it: as Quarto does, where that is right."""
    if text[:1] not in ("'", '"'):
        return text
    value = ast.literal_eval(text)
    if not value:
        raise UserError(
            f"{shown} is an empty string, for which Quarto prints the expression itself; "
            "let it return words."
        )
    if value != text[1:-1] and value.replace("\\", "\\\\") != text[1:-1]:
        raise UserError(
            f"{shown} is {text}, which Quarto prints with its backslashes; return text without "
            "line breaks, without both kinds of quotes, and with plain or thin visible spaces."
        )
    return ESCAPE.sub(r"\\\1", value)


def _failure(cell: Cell, name: str, error: BaseException, shown: str) -> str:
    line = _line(cell, name, error)
    if isinstance(error, SystemExit):
        return f"{line}: {cell.name} calls exit, which would end the build; take the call out."
    if isinstance(error, UserError):  # its one sentence says it all
        return f"{line}: {cell.name} failed: {error}"
    told = ANSI.sub("", shown).strip()
    return f"{line}: {cell.name} failed with {type(error).__name__}: {error}\n\n{told}"


def _line(cell: Cell, name: str, error: BaseException) -> Line:
    """The line of the cell that an error stems from."""
    frames = traceback.extract_tb(error.__traceback__)
    numbers = [frame.lineno for frame in frames if frame.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        numbers.append(error.lineno)
    number = numbers[-1] if numbers else None
    return cell.code[number - 1] if number and number <= len(cell.code) else cell.fence
