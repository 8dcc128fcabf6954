"""Markup that is escaped unless it was built here: captions, arm names and plans are data."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

VOID = frozenset({"br", "hr", "img", "input", "meta", "link"})


class Safe(str):
    """Text that is already markup; everything else is escaped on its way in."""

    __slots__ = ()


def text(value: object) -> Safe:
    """A value as markup: `Safe` as it is, anything else escaped."""
    return value if isinstance(value, Safe) else Safe(html.escape(str(value), quote=True))


def join(parts: Iterable[object], between: str = "") -> Safe:
    """Many values as one piece of markup; `None` is left out."""
    return Safe(between.join(text(part) for part in parts if part is not None))


def tag(name: str, /, *children: object, **attributes: object) -> Safe:
    """One element. `class_` gives class, `data_arm` gives data-arm; None and False leave an attribute out."""
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        words.append(key if value is True else f'{key}="{html.escape(str(value), quote=True)}"')
    opening = " ".join(words)
    return Safe(f"<{opening}>" if name in VOID else f"<{opening}>{join(children)}</{name}>")


def table(
    head: Iterable[object], rows: Iterable[Iterable[object]], caption: str, **attributes: object
) -> Safe:
    """A table whose first column heads its rows. Cells may be `Safe` `<td>` of their own, or plain values."""
    headings = tag("tr", *(cell if _is_cell(cell) else tag("th", cell, scope="col") for cell in head))
    body = [tag("tr", *(_cell(cell, first=i == 0) for i, cell in enumerate(row))) for row in rows]
    told = tag("caption", caption, class_="only-read")
    inner = tag("table", told, tag("thead", headings), tag("tbody", *body), **attributes)
    scroll = tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return join([tag("p", caption, class_="cap", aria_hidden="true"), scroll])


def number(value: object, /, **attributes: object) -> Safe:
    """A cell that holds a number: aligned to the right, with figures of one width."""
    return tag("td", value, class_="n", **attributes)


def data_island(value: object, name: str) -> Safe:
    """JSON for the page's script, in which no character can end the element that holds it."""
    raw = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        raw = raw.replace(character, escape)
    return Safe(f'<script type="application/json" id="{html.escape(name, quote=True)}">{raw}</script>')


def _is_cell(value: object) -> bool:
    return isinstance(value, Safe) and value.startswith(("<td", "<th"))


def _cell(value: object, first: bool) -> Safe:
    if _is_cell(value):
        return text(value)
    return tag("th", value, scope="row") if first else tag("td", value)
