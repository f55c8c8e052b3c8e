"""The command line: `python -m hw4 train | render | check | data | notebooks | preview`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

try:
    from hw4.foundation.errors import Stopped, UserError
    from hw4.foundation.places import ROOT
except ModuleNotFoundError as error:  # another Python runs this file than the project's own
    _root = Path(__file__).resolve().parents[2]
    _own = _root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _by_quarto = any(name.startswith("QUARTO_PROJECT") for name in os.environ)
    if (
        _own.is_file()
        and Path(sys.prefix).resolve() != _own.parents[1].resolve()
        and not _by_quarto
    ):
        os.execv(_own, [str(_own), *sys.argv])
    sys.exit(
        f"Error: {sys.executable} does not have what this project needs ({error}): run "
        f"`make report` once in {_root}, which sets up its environment, and `quarto render` there."
    )

if TYPE_CHECKING:  # what takes long to import waits until an interrupt has its one line
    from hw4.foundation.experiment import Experiment

WINGS = ("windows", "sequences", "tweets", "transformer")
INTERRUPTED = 130
OUTERMOST = "HW4_OUTERMOST"
"""Environment variable: number of the process that a user started."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status (0 good, 1 the user can put it right, 2 usage)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of files may hold any letter, a terminal not
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    os.chdir(ROOT)
    if "QUARTO_PROJECT_OUTPUT_DIR" in os.environ:  # which ends its steps when it is interrupted
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
    # Ctrl-C reaches the steps of a build as well; the outermost command speaks for all of them.
    outermost = os.environ.setdefault(OUTERMOST, str(os.getpid())) == str(os.getpid())
    try:
        return options.command(options) or 0
    except KeyboardInterrupt:
        if outermost:
            _say_last(
                "Interrupted; what was finished is stored, the next build goes on from there."
            )
        # Threads of a library may still be at work; there is nothing left to wait for.
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(INTERRUPTED)
    except BrokenPipeError:
        # Who read what we print (`| head`, say) has seen enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Stopped as error:
        said = f"Stopped: {error}"
    except UserError as error:
        said = f"Error: {error}"
    except SyntaxError as error:
        if not error.filename or not Path(error.filename).is_relative_to(ROOT):
            raise
        where = Path(error.filename).relative_to(ROOT)
        line = (error.text or "").strip()
        said = (
            f"Error: {where}:{error.lineno}: this is not Python ({error.msg}): {line}; "
            "put that line right."
        )
    except OSError as error:
        if error.errno is None:
            raise  # not the machine's refusal but a fault of ours
        where = f" ({error.filename})" if error.filename else ""
        said = (
            f"Error: {error.strerror or error}{where}; the last good PDF and all stored results "
            "are untouched, so free the space or the access and run the same command again."
        )
    print(said, file=sys.stderr)
    return 1


def _interrupt(*_: object) -> None:
    """Interrupt once: the first of two signals is enough, and nothing disturbs the last words."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say_last(line: str) -> None:
    """Print a line, also where Quarto has ended already and nobody reads what its steps print."""
    if "QUARTO_PROJECT_OUTPUT_DIR" in os.environ and not sys.stdout.isatty():
        with suppress(OSError), Path("/dev/tty").open("w", encoding="utf-8") as terminal:
            print(line, file=terminal)
            return
    with suppress(BrokenPipeError):
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hw4", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(run: Callable, of_problems: bool = False) -> Callable:
        """The command that a function below is; the function that adds an argument to it."""
        command = commands.add_parser(run.__name__.strip("_"), help=run.__doc__)
        command.set_defaults(command=run)
        if of_problems:
            command.add_argument("problems", nargs="*", metavar="problem", help=", ".join(WINGS))
        return command.add_argument

    argument = add(_train, of_problems=True)
    dry = "say what would be computed, and why; nothing is"
    argument("--dry-run", action="store_true", help=dry)
    add(_status, of_problems=True)
    argument = add(_render)
    part = "a part, such as report/_2-sequences.qmd: a quick look at it in _output/preview/"
    absolute = lambda name: Path(name).absolute()  # noqa: E731, before the project is entered
    argument("document", nargs="?", type=absolute, help=part)
    choice = "Quarto where there is one, else the built-in press (default: auto)"
    renderers = ("auto", "quarto", "press")
    argument("--with", dest="renderer", choices=renderers, default="auto", help=choice)
    once = "try once to install Quarto if there is none"
    argument("--install-quarto", action="store_true", help=once)
    add(_check)
    argument = add(_data)
    argument("--download", action="store_true", help="fetch the one public file, Twitter.csv")
    argument = add(_numbers, of_problems=True)
    like = "only those with this in them, such as recall"
    argument("--like", default="", metavar="WORD", help=like)
    add(_notebooks)
    add(_preview)
    return parser


def experiments(names: Sequence[str] = ()) -> "list[Experiment]":
    """The experiments of these problems in the order of the sheet; of all if none is named."""
    if unknown := [name for name in names if name not in WINGS]:
        raise UserError(
            f"There is no problem named {unknown[0]!r}: choose from {', '.join(WINGS)}."
        )
    chosen = [wing for wing in WINGS if not names or wing in names]
    return [import_module(f"hw4.{wing}.result").EXPERIMENT for wing in chosen]


def _train(options: argparse.Namespace) -> None:
    """compute what is not stored yet, and write _output/results.json"""
    from hw4.foundation.files import say_unused
    from hw4.submission.results import write_results

    if options.dry_run:
        return _status(options)
    if "QUARTO_PROJECT_OUTPUT_DIR" in os.environ:  # as a step of Quarto's
        from hw4.submission.renderer import see_format, told_format

        see_format(told_format())
    chosen = experiments(options.problems)
    if not options.problems:
        say_unused([experiment.source() for experiment in chosen])
    missing = [experiment for experiment in chosen if not experiment.is_stored()]
    # A fault in the last problem's data is said now, not when the others have been trained.
    for experiment in missing:
        experiment.check(experiment.source())
    for experiment in missing:
        experiment.ensure()
    for experiment in chosen:
        experiment.deliver(experiment.stored())
    if not options.problems:
        write_results(chosen)


def _status(options: argparse.Namespace) -> None:
    """say what is stored, and why it would train again"""
    from hw4.submission.status import status

    for experiment in experiments(options.problems):
        for line in status(experiment):
            print(line)


def _render(options: argparse.Namespace) -> int:
    """make _output/report/submission.pdf"""
    from hw4.submission.renderer import DOCUMENT, render, render_part

    if options.document and options.document.resolve() != DOCUMENT:
        return render_part(options.document, options.renderer)
    return render(options.renderer, may_install=options.install_quarto)


def _check(options: argparse.Namespace) -> int:
    """proof-read the PDF against the rubric"""
    from hw4.submission.check import check

    return check()


def _data(options: argparse.Namespace) -> int:
    """say which of the course's files are found"""
    from hw4.foundation.files import say_unused
    from hw4.foundation.names import plain
    from hw4.foundation.places import data_folder
    from hw4.foundation.progress import say

    if options.download:
        from hw4.tweets.data import download

        print(f"Downloaded {download(data_folder())}.")
    say(f"Data folder: {data_folder()}")
    sources, faults = [], {}
    for experiment in experiments():
        try:
            source = experiment.source()
            experiment.check(source)
        except UserError as error:
            faults[str(error)] = None  # a folder that is not there is one fault, not three
            say(f"  {experiment.title}: cannot be used")
            continue
        sources.append(source)
        if source.kind == "course":
            files = ", ".join(map(plain, source.files))
            say(f"  {experiment.title}: the course's files ({files})")
        elif source.kind == "stand-in":
            say(
                f"  {experiment.title}: not found, the stand-in will be used "
                "(data/README.md says what goes where)"
            )
    if not faults:
        say_unused(sources)
    for fault in faults:
        print(f"Error: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _numbers(options: argparse.Namespace) -> None:
    """list what prose can quote, ready to paste"""
    from hw4.submission.numbers import print_numbers

    for problem, part in _parts(options.problems).items():
        print_numbers(problem, part, options.like)


def _notebooks(options: argparse.Namespace) -> None:
    """make one notebook a problem: notebooks/"""
    from hw4.submission.notebooks import write_notebooks

    for path in write_notebooks(_parts(), ROOT / "notebooks"):
        print(path.relative_to(ROOT))


def _preview(options: argparse.Namespace) -> int:
    """render again whenever a file is saved"""
    from hw4.submission.preview import preview

    return preview()


def _parts(problems: Sequence[str] = ()) -> dict[str, Path]:
    """The part of the report for each of some problems, of all if none is named."""
    parts = {}
    for experiment in experiments(problems):
        name = experiment.name
        parts[name] = next((ROOT / "report").glob(f"_*-{name}.qmd"), None)
        if parts[name] is None:
            raise UserError(
                f"There is no part report/_…-{name}.qmd for the problem {name!r}: write it."
            )
    return parts


if __name__ == "__main__":
    sys.exit(main())
