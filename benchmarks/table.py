"""The table of ratios, as Markdown."""

from collections.abc import Sequence

from benchmarks.harness import Row

HEAD = "| What | Ours | Compared with | Ratio | Target | |\n|:---|---:|---:|---:|:---|:---|"


def line(row: Row) -> str:
    """One row for the terminal."""
    if row.met is None:
        return f"{row.name}: not run: {row.note}"
    note = f"; {row.note}" if row.note else ""
    return f"{row.name}: {row.ratio:.2f} ({row.target}: {row.verdict}){note}"


def table(rows: Sequence[Row], machine: dict[str, str]) -> str:
    """All rows, then notes, then the machine: ready for the README."""
    lines, notes = [HEAD], []
    for row in rows:
        verdict = row.verdict
        if row.note:
            notes.append(f"{len(notes) + 1}. {row.name}: {row.note}.")
            verdict += f" ({len(notes)})"
        cells = (row.name, _measured(row.ours, row), _measured(row.other, row))
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(f"| {' | '.join((*cells, ratio, row.target or '–', verdict))} |")
    said = ", ".join(f"{name} {value}" if name else value for name, value in machine.items())
    return "\n".join([*lines, "", *notes, "", f"Measured on: {said}."])


def _measured(value: float | None, row: Row) -> str:
    if value is None:
        return "–"
    digits = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{digits} {row.unit}"
