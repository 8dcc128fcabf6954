"""Reads a sweep's `record.json`, and says in one line where it is not one that this version understands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import EllipsisType
from typing import Any

from outrider.errors import OutriderError, nearest
from outrider.learn.algorithms import as_table, settings_from

VERSION = 1  # of the form; a record without one is of the first
NUMBER = (int, float)
# A mapping's keys are fields ("?" ends the name of one that may be missing, `...` allows others); a list holds the form
# of its rows.
FORM = {
    "version?": int,
    "sweep_sha256": str,
    "worlds": [str],
    "signal": str,
    "engine": str,
    "score": str,
    "combine": str,
    "space": dict,
    "budget": {"steps": int, "spent": dict, "search_spent": int},
    "seeds": {"search": int, "held_out": int, "draw": int},
    "rungs": [{"candidates": int, "steps": int, "best_first": [int]}],
    "chosen": {"candidate": int, "settings": dict},
    "held_out": [
        {
            "world": str,
            "chosen": [NUMBER],
            "present": [NUMBER],
            "difference?": NUMBER,
            "p?": NUMBER,
            "interval?": [NUMBER],
        }
    ],
    "candidates": [{"candidate": int, "settings": dict, "scores": dict}],
    "failed": [dict],
    "seconds": NUMBER,
    "runs_of_earlier_calls": int,
    "machine": {"cores": int, "processor": str, "commit": (str, type(None)), ...: ...},
}
KINDS = {int: "whole number", NUMBER: "number", dict: "table", list: "list"}


def read_record(path: Path) -> dict[str, Any]:
    """A record that `table` can show. Errors, one line each: unreadable, damaged, of another version or settings."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise OutriderError(f"{path} is damaged; delete it, and the sweep writes it again") from None
    version = record.get("version", VERSION) if isinstance(record, dict) else VERSION
    if version != VERSION:
        raise OutriderError(
            f"{path} is a record of version {version!r} and not {VERSION}; use the Outrider that wrote it, or move it "
            "away and sweep anew"
        )
    problem = _problem(record, FORM, "") or _beyond(record, path)
    if problem:
        raise OutriderError(f"{path} {problem}; restore it, or delete it and sweep anew")
    return record


def _problem(value: Any, form: Any, place: str) -> str:
    """What keeps a value from having a form; nothing where it has."""
    kind: Any = type(form) if isinstance(form, dict | list) else form
    if isinstance(value, bool) or not isinstance(value, kind):
        return f"has {place or 'content'} that is no {KINDS.get(kind, 'text')}"
    if isinstance(form, list):
        rows: Any = enumerate(value)
        return next(filter(None, (_problem(row, form[0], f"{place}[{at}]") for at, row in rows)), "")
    return _fields(value, form, place) if isinstance(form, dict) else ""


def _fields(value: Mapping[str, Any], form: Mapping[str | EllipsisType, Any], place: str) -> str:
    known = {key.removesuffix("?"): key for key in form if isinstance(key, str)}
    dot = f"{place}." if place else ""
    for key in value:
        if key not in known and ... not in form:
            return f"has the unknown field {dot + key!r}{nearest(key, known)}"
    for name, key in known.items():
        if name in value and (problem := _problem(value[name], form[key], dot + name)):
            return problem
        if name not in value and key == name:
            return f"lacks the field {dot + name!r}"
    return ""


def _beyond(record: Mapping[str, Any], path: Path) -> str:
    """What is wrong with a record whose fields are all there: places that lead nowhere, empty lists, odd settings."""
    count = len(record["candidates"])
    for name in ("worlds", "candidates", "rungs", "held_out"):
        if not record[name]:
            return f"has no {name}"
    named = [record["chosen"]["candidate"], *(c for rung in record["rungs"] for c in rung["best_first"])]
    if [row["candidate"] for row in record["candidates"]] != list(range(count)):
        return "has candidates that are not numbered from 0"
    if wrong := [c for c in named if not 0 <= c < count]:
        return f"names candidate {wrong[0]} of {count}"
    if not all(row["chosen"] and row["present"] for row in record["held_out"]):
        return "has no scores on held-out seeds"
    settings = [
        as_table(settings_from(row["settings"], f"{path}: candidate {c}"))
        for c, row in enumerate(record["candidates"])
    ]
    if strange := [name for name in record["space"] if name not in settings[0]]:
        return f"searched {strange[0]!r}, which is no setting{nearest(strange[0], settings[0])}"
    for c, row in enumerate(record["candidates"]):
        if lacking := [name for name in record["space"] if name not in row["settings"]]:
            return f"has no {lacking[0]!r} of candidate {c}, whose settings must be whole"
    return ""
