"""Running the cells of a document, in one kernel of the Python that runs the press."""

import ast
import asyncio
import os
import re
import sys
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.source import Cell, Line, Prose, expressions

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ESCAPE = re.compile(r"([\\`*_{}\[\]()>#+\-.!,])")
START_SECONDS = 60


class Kernel:
    """A running kernel: `run` executes a cell, `evaluate` the expressions in a line of prose."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    async def start(self) -> None:
        """Start the process; it goes on starting while the caller does other things."""
        from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager

        class OwnPython(KernelSpecManager):
            """Knows this Python only: no kernel needs to be installed, none can be confused."""

            def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
                argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
                argv += ["--log-level=40"]  # errors only
                return KernelSpec(argv=argv, display_name=kernel_name, language="python")

        self._manager = AsyncKernelManager(kernel_spec_manager=OwnPython())
        await self._manager.start_kernel(
            cwd=str(self._folder), env={**os.environ, **self._environment}
        )

    async def ready(self) -> None:
        """Wait until the kernel answers."""
        import nbformat
        from nbclient import NotebookClient

        client = self._manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=START_SECONDS)
        except RuntimeError as error:
            raise UserError(
                f"The Python that runs the cells did not start within {START_SECONDS} seconds "
                f"({error}); see whether '{sys.executable} -m ipykernel' works."
            ) from None
        self._notebook = nbformat.v4.new_notebook()
        self._runner = NotebookClient(self._notebook, km=self._manager, record_timing=False)
        self._runner.kc = self._client = client

    async def stop(self) -> None:
        """End the kernel, whatever it is doing."""
        if getattr(self, "_manager", None) and self._manager.has_kernel:
            if getattr(self, "_client", None):
                self._client.stop_channels()
            await self._manager.shutdown_kernel(now=True)

    async def run(self, cell: Cell) -> list[dict]:
        """The outputs of a cell.

        Raises:
            UserError: the cell failed; with its label, file, line and the traceback.
        """
        import nbformat
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        source = "\n".join(line.text for line in cell.code)
        self._notebook.cells.append(nbformat.v4.new_code_cell(source))
        index = len(self._notebook.cells) - 1
        try:
            done = await self._runner.async_execute_cell(self._notebook.cells[index], index)
        except CellExecutionError as error:
            raise UserError(*_failure(cell, error).split("\n")) from None
        except DeadKernelError:
            if await self._manager.is_alive():  # nbclient's word for being interrupted as well
                raise asyncio.CancelledError from None
            raise UserError(
                f"{cell.fence}: Python ended while it ran {cell.name} "
                "(out of memory, or the code called exit)."
            ) from None
        return done.outputs

    async def evaluate(self, prose: Prose) -> dict[str, str]:
        """The Markdown of each inline expression in a piece of prose.

        Raises:
            UserError: an expression failed, or has a value that cannot stand in prose.
        """
        wanted = list(expressions(prose))
        if not wanted:
            return {}
        asked = {str(index): expression for index, (_, expression) in enumerate(wanted)}
        request = self._client.execute("", user_expressions=asked, store_history=False)
        reply = await self._runner.async_wait_for_reply(request)
        answers = (reply or {}).get("content", {}).get("user_expressions", {})
        values = {}
        for index, (line, expression) in enumerate(wanted):
            values[expression] = _value(line, expression, answers.get(str(index)))
        return values


def _value(line: Line, expression: str, answer: dict | None) -> str:
    shown = f"{line}: the expression `{{python}} {expression}`"
    if answer is None or answer["status"] != "ok":
        why = f"{answer['ename']}: {answer['evalue']}" if answer else "Python ended"
        raise UserError(f"{shown} failed with {why}")
    data = answer["data"]
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


def _failure(cell: Cell, error: Exception) -> str:
    traceback = ANSI.sub("", getattr(error, "traceback", "") or str(error)).strip()
    inside = re.findall(r"^Cell In\[\d+\], line (\d+)", traceback, re.MULTILINE)
    inside = inside or re.findall(r'File "?[^\n]*ipykernel_[^\n]*line (\d+)', traceback)
    line = cell.fence
    if inside and int(inside[-1]) <= len(cell.code):
        line = cell.code[int(inside[-1]) - 1]
    if error.ename == UserError.__name__:  # its one sentence says it all
        return f"{line}: {cell.name} failed: {error.evalue}"
    return f"{line}: {cell.name} failed with {error.ename}: {error.evalue}\n\n{traceback}"
