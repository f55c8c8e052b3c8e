"""Settings: environment variables, the command line, `_quarto.yml` and `_environment`."""

import json
from itertools import pairwise
from pathlib import Path

from tests.bad_inputs import good
from tests.bad_inputs.case import DATA, RENDER, SEQUENCES, TWEETS, Bad, Home


def nothing(home: Home) -> None:
    """Nothing is needed: what is bad is in the environment."""


def file(name: str, content: bytes = b"x"):
    return lambda home: (home.folder / name).write_bytes(content)


def with_config(text: str):
    """A project with these lines in place of its `_quarto.yml`."""
    return lambda home: good.project(home, config=text)


def and_config(text: str):
    """A project with these lines at the end of its `_quarto.yml`; they begin in line 17."""
    return lambda home: good.project(home, config=good.CONFIG + text)


def raw(name: str, content: bytes):
    """A project with one of its files of these bytes."""

    def make(home: Home) -> None:
        good.project(home)
        (home.project / name).write_bytes(content)

    return make


def encoder(**facts: object):
    """A folder `encoder` with a configuration, a vocabulary and weights that are none."""

    def make(home: Home) -> None:
        folder: Path = home.folder / "encoder"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(facts))
        (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
        (folder / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0no weights at all")
        good.in_folder(home.data, {"Twitter.csv": good.table(good.rows())})

    return make


SIZES = {
    "vocab_size": 6,
    "max_position_embeddings": 128,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "hidden_size": 8,
    "intermediate_size": 8,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}
ENCODER = {"HW4_ENCODER": "{folder}/encoder"}
NEEDED = "a BERT or DistilBERT with config.json, model.safetensors and vocab.txt is needed"
CASES = (
    Bad(
        "a profile that there is not",
        nothing,
        *("HW4_PROFILE", "'fast'", "full and quick", "unset it", SEQUENCES),
        {"HW4_PROFILE": "fast"},
    ),
    Bad(
        "a kind of device that there is not",
        nothing,
        *("HW4_DEVICE", "'gpu'", "cuda, mps, cpu", "unset it", SEQUENCES),
        {"HW4_DEVICE": "gpu"},
    ),
    Bad(
        "a device that is not there",
        nothing,
        *("HW4_DEVICE", "asks for mps", "finds only cpu", "unset it", SEQUENCES),
        {"HW4_DEVICE": "mps"},
    ),
    Bad(
        "a data folder that is not there",
        nothing,
        *("HW4_DATA", "{folder}/nowhere", "not a folder", "create it, or unset", DATA),
        {"HW4_DATA": "{folder}/nowhere"},
    ),
    Bad(
        "a data folder that is a file",
        file("homework.zip"),
        *("HW4_DATA", "{folder}/homework.zip", "not a folder", "unset", DATA),
        {"HW4_DATA": "{folder}/homework.zip"},
    ),
    Bad(
        "a data folder of a person that there is not",
        nothing,
        *(
            "HW4_DATA",
            "~nobody-here/data",
            "a folder was expected",
            "write the folder's whole path",
            DATA,
        ),
        {"HW4_DATA": "~nobody-here/data"},
    ),
    Bad(
        "a store that is a file",
        file("taken"),
        *("{folder}/taken", "is a file", "belong in the folder", "move it away", SEQUENCES),
        {"HW4_STORE": "{folder}/taken"},
    ),
    Bad(
        "a store inside of a file",
        file("taken"),
        *("{folder}/taken/store", "is a file", "belong in the folder", "move it away", SEQUENCES),
        {"HW4_STORE": "{folder}/taken/store"},
    ),
    Bad(
        "a problem that there is not",
        nothing,
        *("problem", "'windos'", "windows, sequences, tweets, transformer", "choose"),
        ("train", "windos"),
    ),
    Bad(
        "an encoder that is not there",
        nothing,
        *("HW4_ENCODER names {folder}/encoder", "no whole model", NEEDED, "name such", TWEETS),
        ENCODER,
    ),
    Bad(
        "an encoder of another kind",
        encoder(model_type="gpt2"),
        *("HW4_ENCODER names {folder}/encoder", "'gpt2'", NEEDED, "name such", TWEETS),
        ENCODER,
    ),
    Bad(
        "an encoder of a person that there is not",
        nothing,
        *(
            "HW4_ENCODER",
            "~nobody-here/encoder",
            "a folder was expected",
            "write the folder's",
            TWEETS,
        ),
        {"HW4_ENCODER": "~nobody-here/encoder"},
    ),
    Bad(
        "an encoder whose configuration lacks sizes",
        encoder(model_type="bert"),
        *("encoder/config.json", "lacks vocab_size", "sizes of a BERT", "install or copy", TWEETS),
        ENCODER,
    ),
    Bad(
        "an encoder whose weights are damaged",
        encoder(model_type="bert", **SIZES),
        *("model.safetensors", "header", "BERT", "install or copy the model again", TWEETS),
        ENCODER,
    ),
    Bad(
        "a DistilBERT whose weights are damaged",
        encoder(model_type="distilbert", vocab_size=6, n_layers=1, n_heads=1, dim=8, hidden_dim=8),
        *("{folder}/encoder", "header", "as a DistilBERT", "install or copy", TWEETS),
        ENCODER,
    ),
    Bad(
        "an encoder that is nonsense",
        nothing,
        *("gpt-5", "no whole model", "auto, nearest, hub, offline, random", "name such", TWEETS),
        {"HW4_ENCODER": "gpt-5"},
    ),
    Bad(
        "a date of the sources that is none",
        lambda home: good.project(home),
        *("SOURCE_DATE_EPOCH", "'yesterday'", "seconds since 1970", "unset it", RENDER),
        {"SOURCE_DATE_EPOCH": "yesterday"},
    ),
    Bad(
        "a date of the sources beyond all years",
        lambda home: good.project(home),
        *("SOURCE_DATE_EPOCH", "999999999999999", "seconds since 1970", "unset it", RENDER),
        {"SOURCE_DATE_EPOCH": "999999999999999"},
    ),
    Bad(
        "an unknown setting",
        and_config("theme: dark\n"),
        *("_quarto.yml:17", "'theme'", "use one of", "take it out", RENDER),
    ),
    Bad(
        "a setting of execution that the press cannot keep",
        with_config("execute:\n  cache: true\n"),
        *("_quarto.yml:2", "'cache'", "use one of echo", "take it out", RENDER),
    ),
    Bad(
        "another format",
        with_config("format: html\n"),
        *("_quarto.yml:1", "not 'html'", "one format", "write 'format: typst", RENDER),
    ),
    Bad(
        "a list where settings belong",
        with_config("- format\n- typst\n"),
        *("_quarto.yml:1", "['format', 'typst']", "expected 'key: value'", "write them", RENDER),
    ),
    Bad(
        "a number where settings belong",
        with_config("execute: 5\n"),
        *("_quarto.yml:1", "found 5", "'key: value' lines below execute", "write them", RENDER),
    ),
    Bad(
        "a word where settings belong",
        with_config("project: default\n"),
        *("_quarto.yml:1", "found 'default'", "lines below project", "write them", RENDER),
    ),
    Bad(
        "no YAML",
        with_config("format:\n  typst: [\n"),
        *("_quarto.yml:", "expected the node content", "valid YAML", "put that line right"),
        RENDER,
    ),
    Bad(
        "a tab",
        with_config("format:\n\ttypst: default\n"),
        *("_quarto.yml:2", "cannot start any token", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "YAML that would call Python",
        with_config("lang: !!python/object/apply:os.system ['touch ran']\n"),
        *("_quarto.yml:1", "python/object/apply:os.system", "valid YAML", "put that line right"),
        RENDER,
    ),
    Bad(
        "a filter that is not there",
        with_config("filters: [report/look/gone.lua]\n"),
        *("_quarto.yml", "report/look/gone.lua", "is not there", "mend the path", RENDER),
    ),
    Bad(
        "a standard of PDF that there is not",
        with_config(good.CONFIG.replace("ua-1", "ua-9")),
        *("_quarto.yml", "ua-9", "ua-1", "write", RENDER),
    ),
    Bad(
        "a step with a quote left open",
        with_config('project:\n  pre-render: ["echo \'x"]\n'),
        *("_quarto.yml", "echo 'x", "closing quot", "mend it", RENDER),
    ),
    Bad(
        "a step that is empty",
        with_config("project:\n  pre-render: ['']\n"),
        *("_quarto.yml", "''", "not a command", "take it out", RENDER),
    ),
    Bad(
        "a step that is not there",
        with_config("project:\n  pre-render: [./no-such-program]\n"),
        *("_quarto.yml", "./no-such-program", "No such file", "mend its path", RENDER),
    ),
    Bad(
        "not UTF-8",
        raw("_quarto.yml", "title: Übung\n".encode("latin-1")),
        *("_quarto.yml:1", "not UTF-8", "expected text", "save it as UTF-8", RENDER),
    ),
    Bad(
        "a line of _environment without a value",
        raw("_environment", b"# settings\nHW4_DATA data\n"),
        *("_environment:2", "'HW4_DATA data'", "expected NAME=value", "write it so", RENDER),
    ),
    Bad(
        "an _environment that is not UTF-8",
        raw("_environment", b"HW4_DATA=caf\xe9\n"),
        *("_environment:1", "not UTF-8", "expected text", "save it as UTF-8", RENDER),
    ),
    Bad(
        "an _environment with a NUL",
        raw("_environment", b"HW4_NEW=a\0b\n"),
        *("_environment:1", "with a NUL", "expected NAME=value", "write it so", RENDER),
    ),
    Bad(
        "an _environment with a value without a name",
        raw("_environment", b"HW4_DATA=data\n =data\n"),
        *("_environment:2", "'=data'", "expected NAME=value", "write it so", RENDER),
    ),
    Bad(
        "a day that there is not",
        and_config("date: 2025-13-01\n"),
        *("_quarto.yml:17", "month must be in", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "an author without a name",
        and_config("author: [{email: a@wpi.edu}]\n"),
        *("_quarto.yml:17", "author is {'email'", "expected a name", "write that", RENDER),
    ),
    Bad(
        "a control character",
        and_config("lang: e\x07n\n"),
        *("_quarto.yml:17", "the character #x0007", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "YAML nested a thousand deep",
        with_config("lang: " + "[" * 1000 + "\n"),
        *("_quarto.yml:1", "nested too deep", "valid YAML", "put that line right", RENDER),
    ),
    Bad(
        "a list of lists of lists that unfolds to a billion",
        with_config(
            "- &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"- &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefghi"))
        ),
        *("_quarto.yml:1", "found [[", "expected 'key: value'", "write them", RENDER),
    ),
    Bad(
        "a title that unfolds to a billion words",
        with_config(
            "jupyter:\n- &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"- &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefghi"))
            + "title: *i\n"
        ),
        *(
            "_quarto.yml:11",
            "title is [[[...], [...], [...], ...]",
            "a word or a number",
            "write that",
        ),
        RENDER,
    ),
    Bad(
        "a data folder that is a link to itself",
        lambda home: (home.folder / "loop").symlink_to("loop"),
        *("HW4_DATA", "{folder}/loop", "not a folder", "create it, or unset", DATA),
        {"HW4_DATA": "{folder}/loop"},
    ),
)
