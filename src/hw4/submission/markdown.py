"""From executed cells to Markdown, each line of it still knowing where it comes from."""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.claims import Claim, compared
from hw4.submission.documents import INLINE, OPTION, PAGE_BREAK, Cell, Expression, Prose
from hw4.submission.kernel import Kernel
from hw4.submission.lines import Line, fenced

MIMES = ("text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/html")
"""What is shown of an output, best first: Quarto's order for Typst."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+>")
SUFFIXES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}


@dataclass
class Writer:
    """Collects the Markdown of a document; pictures go into `folder` as files.

    Attributes:
        execute: the options of cells that do not say otherwise.
        notices: what went to standard error.
        bound: what binds words; its place in this list stands behind its value, so that `lint.lua`
            can say which words they are.
    """

    folder: Path
    execute: dict
    kernel: Kernel
    lines: list[Line] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    bound: list[Claim] = field(default_factory=list)
    _pictures: int = 0

    def write(self, part: Prose | Cell) -> None:
        """Add prose with the values of its expressions, or what a cell shows."""
        if isinstance(part, Cell):
            self._cell(part)
            return
        for line in part.lines:
            text = INLINE.sub(lambda found, line=line: self._value(found, line), line.text)
            if PAGE_BREAK.match(text):
                text = "\n```{=typst}\n#pagebreak()\n```\n"
            self._add(line, text)
        self._add(part.lines[-1], "")

    def _value(self, found: re.Match, line: Line) -> str:
        expression = Expression.of(found, line)
        value = self.kernel.evaluate(expression)
        if expression.binds:
            sides = compared(self.kernel, expression.text)
            self.bound.append(Claim(expression, value == "True", sides))
            value += f" {len(self.bound) - 1}"
        before = line.text[: found.start("expression")]
        in_attribute = before.lstrip().startswith(":::") or before.rfind("{#") > before.rfind("}")
        if in_attribute and ('"' in value or "\n" in value):
            raise UserError(
                f"{line}: the value of `{{python}} {expression.text}` stands in an attribute and "
                f'holds a double quote (") or a line break; leave it out: {value}'
            )
        return found["before"] + value

    def _cell(self, cell: Cell) -> None:
        """Add its code if that is echoed, then what it shows."""
        option = {**self.execute, **cell.options}
        outputs = self.kernel.run(cell) if option["eval"] else []
        if not option["include"]:
            return
        label = str(option.get("label", ""))
        kind = label[:3] if label.startswith(("fig-", "tbl-")) else None
        _check_captions(cell, kind)
        code = [line.text for line in cell.code if not OPTION.match(line.text)]
        if option["echo"] and any(map(str.strip, code)):
            self._add(cell.fence, fenced("\n".join(code).strip("\n"), _listing(cell)))
        shown = self._shown(cell, outputs, option)
        if kind and len(shown) != 1:
            raise UserError(
                f"{cell.fence}: {cell.name} shows {len(shown)} outputs; a figure or table "
                "needs one: let the cell's last line be the thing itself."
            )
        if kind:
            alt = f' fig-alt="{_quoted(option["fig-alt"])}"' if option.get("fig-alt") else ""
            caption = " ".join(str(option[f"{kind}-cap"]).split())
            shown = [f"::: {{#{label}{alt}}}\n", *shown, f"{caption}\n\n:::\n"]
        self._add(cell.fence, *shown)

    def _add(self, line: Line, *texts: str) -> None:
        """Add texts that come from a line."""
        self.lines += [line.says(row) for text in texts for row in text.split("\n")]

    def _shown(self, cell: Cell, outputs: list[dict], option: dict) -> list[str]:
        if option["output"] is False:
            return []
        has_picture = any(it.get("data", {}).keys() & SUFFIXES.keys() for it in outputs)
        shown = []
        for output in outputs:
            if "data" in output:
                if not (has_picture and _is_leftover(output["data"])):
                    shown.append(self._display(cell, output["data"]))
            elif output["stream"] == "stdout" and option["output"] == "asis":
                shown.append(f"\n{output['text']}\n")
            else:
                if output["stream"] == "stderr":
                    self.notices.append(f"{cell.fence}: {output['text'].strip()}")
                if output["stream"] == "stdout" or option["warning"]:
                    shown.append(fenced(output["text"].rstrip("\n")))
        return shown

    def _display(self, cell: Cell, data: dict) -> str:
        mime = next((it for it in MIMES if it in data), None)
        if mime == "text/markdown":
            return f"\n{data[mime]}\n"
        if mime == "text/html" and "<table" in data[mime]:
            return fenced(data[mime], "{=html}")
        if mime in SUFFIXES:
            return f"\n![]({self._picture(mime, data[mime])})\n"
        if set(data) == {"text/plain"} and not ADDRESS.search(data["text/plain"]):
            return fenced(data["text/plain"])
        found = " and ".join(sorted(set(data) - {"text/plain"})) or data["text/plain"]
        raise UserError(
            f"{cell.fence}: {cell.name} shows {found}, which cannot be set in a PDF; "
            "return Markdown, a table (tabulate in Markdown(…), or pandas), a figure, or text."
        )

    def _picture(self, mime: str, data: str | bytes) -> str:
        self._pictures += 1
        path = self.folder / f"picture-{self._pictures}.{SUFFIXES[mime]}"
        if mime == "image/svg+xml":
            path.write_text(data, encoding="utf-8")
        else:
            path.write_bytes(base64.b64decode(data))
        return path.name


def _check_captions(cell: Cell, kind: str | None) -> None:
    for option in ("fig-cap", "tbl-cap"):
        if option in cell.options and kind != option[:3]:
            raise UserError(
                f"{cell.fence}: {option} needs a label that begins with {option[:3]}-; "
                f"add '#| label: {option[:3]}-…'."
            )
    if kind and f"{kind}-cap" not in cell.options:
        raise UserError(
            f"{cell.fence}: {cell.name} has no caption; add '#| {kind}-cap: …' that says "
            "what to see."
        )


def _is_leftover(data: dict) -> bool:
    """Whether an output is only the `<Axes: …>` that a plotting call returns beside its figure."""
    return set(data) == {"text/plain"} and data["text/plain"].lstrip()[:1] in ("<", "[", "(")


def _quoted(text: str) -> str:
    return " ".join(str(text).split()).replace("\\", "\\\\").replace('"', '\\"')


def _listing(cell: Cell) -> str:
    label, caption = cell.options.get("lst-label"), cell.options.get("lst-cap")
    if bool(label) != bool(caption):
        raise UserError(f"{cell.fence}: a listing needs both lst-label (lst-…) and lst-cap.")
    return f' {{#{label} .python lst-cap="{_quoted(caption)}"}}' if label else " {.python}"
