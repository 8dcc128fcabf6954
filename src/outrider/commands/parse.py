"""Reads the command line with tyro; what it refuses in a box of several lines is one line, as our other errors are."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, get_origin, get_type_hints

import tyro

from outrider.errors import OutriderError, nearest

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RULE = re.compile(r"[─-]{3,}")
HELP = 8  # spaces before an option's help, which a refusal leaves out


def parse(commands: Mapping[str, type], arguments: Sequence[str]) -> Any:
    """The command that the arguments name, made of them. Errors: what tyro refuses; `--help` prints and exits."""
    word = arguments[0] if arguments else ""
    if not word:
        raise OutriderError(f"name a command: {', '.join(commands)}; see outrider --help")
    if not word.startswith("-") and word not in commands:
        raise OutriderError(f"unknown command {word!r}{nearest(word, commands)}")
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            return tyro.extras.subcommand_cli_from_dict(
                dict(commands),
                prog="outrider",
                description="Language models scout, agents learn, statistics judge.",
                args=arguments,
            )
    except SystemExit as ended:
        if ended.code != OutriderError.exit_code:
            raise
        kind, name = commands.get(word), f"outrider {word}" if word in commands else "outrider"
        problem = refusal(told.getvalue(), options(kind) if kind else [], required(kind) if kind else [])
        told = io.StringIO()
        raise OutriderError(f"{problem}; see {name} --help") from None
    finally:
        sys.stderr.write(told.getvalue())  # warnings, if there are any


def options(kind: type, before: str = "--") -> list[str]:
    """The options of a command, those of its settings with their path: --steps, --learner.envs."""
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        option = before + name.replace("_", "-")
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            found += options(hint, f"{option}.")
        elif get_origin(hint) is not Annotated:  # which a positional argument is
            found.append(option)
    return found


def required(kind: type) -> list[str]:
    """What a command cannot do without, in order."""
    return [f.name for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING]


def refusal(box: str, known: Sequence[str], needed: Sequence[str]) -> str:
    """The first part of a box of tyro's, in our words where we know its form.

    `known` are the command's options; `needed` the words that it requires, of which tyro tells only the types.
    """
    rows = _message(box)
    if rows[0].startswith("Missing from "):
        return f"it lacks {' and '.join(needed[-len(rows) + 1 :])}"
    said = " ".join(rows)
    for form, told in FORMS:
        if found := form.search(said):
            return told(*found.groups(), known)
    return said.rstrip(".")


def _message(box: str) -> list[str]:
    """The lines between the title and the first rule, without frame, colours and options' help."""
    lines = [COLOUR.sub("", line) for line in box.splitlines()]
    if lines and lines[0].startswith("╭"):
        rows = [line.strip("│").rstrip() for line in lines[1:] if line.startswith("│")]
    else:  # no frame where the output knows ASCII only: a title, a rule, the rows
        rows = lines[2:]
    ends = (at for at, row in enumerate(rows) if RULE.fullmatch(row.strip()))
    return [
        row.strip()
        for row in rows[: next(ends, None)]
        if row.strip() and not row.startswith(" " * (HELP + 1))
    ]


def _unknown(word: str, known: Sequence[str]) -> str:
    if not word.startswith("-"):
        return f"{word!r} is one word too many"
    close = difflib.get_close_matches(word, known, n=1)
    return f"unknown option {word}" + (f": did you mean {close[0]}?" if close else "")


def _choice(value: str, option: str, choices: str, known: Sequence[str]) -> str:
    return f"{option} is {value!r}" + nearest(value, set(re.findall("'([^']*)'", choices)) - {"None"})


# What tyro says, and how we say it: groups of the form, and the command's options.
FORMS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"^Unrecognized (?:or misplaced )?options: (\S+?),?(?: |$)"), _unknown),
    (re.compile(r"invalid choice '(.*)' for argument '(.*)'\. Expected one of (.*)\."), _choice),
    (
        re.compile(r"^Error parsing (\S+): invalid literal for int\(\) with base 10: (.+)"),
        lambda option, value, known: f"{option} is {value}; write a whole number",
    ),
    (
        re.compile(r"^Error parsing (\S+): could not convert string to float: (.+)"),
        lambda option, value, known: f"{option} is {value}; write a number",
    ),
    (
        re.compile(r"^Error parsing (\S+): no type matching \{None\}\|INT could .* from \[('.*?')\]\."),
        lambda option, value, known: f"{option} is {value}; write a whole number",
    ),
    (re.compile(r"^Error parsing (.+)"), lambda rest, known: rest),
    (re.compile(r"^Missing value for argument '(.+?)'"), lambda option, known: f"{option} lacks its value"),
)
