"""An old or damaged record of a sweep is one clear line, wherever it is read."""

import copy
import json
import re
from pathlib import Path

import pytest

from outrider.errors import OutriderError
from outrider.sweep.reading import VERSION, read_record
from outrider.sweep.record import finished, table

SWEEPS = Path(__file__).parents[2] / "sweeps"
WHOLE = json.loads((SWEEPS / "doorkey-8x8-short" / "record.json").read_text())


def changed(*path, to):
    """The whole record with the value at a path changed, or taken out where `to` is `...`."""
    record = copy.deepcopy(WHOLE)
    *above, last = path
    place = record
    for step in above:
        place = place[step]
    if to is ...:
        del place[last]
    else:
        place[last] = to
    return record


def refusal(tmp_path, text):
    """The one line with which a record is refused, by whoever reads it."""
    path = tmp_path / "record.json"
    path.write_text(text)
    for read in (lambda: read_record(path), lambda: finished(tmp_path, WHOLE["sweep_sha256"])):
        with pytest.raises(OutriderError) as error:
            read()
    said = str(error.value)
    assert "\n" not in said
    assert said.startswith(str(path))
    return said


@pytest.mark.parametrize("path", sorted(SWEEPS.glob("*/record.json")), ids=lambda path: path.parent.name)
def test_the_records_that_are_there_can_be_read_and_shown(path):
    record = read_record(path)
    assert "**chosen**" in table(record)
    assert table(record) in (path.parent / "README.md").read_text()  # whatever the defaults are by now
    assert finished(path.parent, record["sweep_sha256"]) == record
    assert finished(path.parent, "another") is None


def test_where_there_is_no_record_none_is_found(tmp_path):
    assert finished(tmp_path, WHOLE["sweep_sha256"]) is None


@pytest.mark.parametrize("text", ["", "{", json.dumps(WHOLE)[:400], "\0"])
def test_half_a_file_is_told(tmp_path, text):
    assert "is damaged; delete it" in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"record"'])
def test_what_is_no_table_is_told(tmp_path, text):
    assert "has content that is no table" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (changed("version", to=VERSION + 1), f"is a record of version {VERSION + 1} and not {VERSION}"),
        (changed("version", to="2"), "is a record of version '2'"),
        (changed("sweep_sha256", to=...), "lacks the field 'sweep_sha256'"),
        (changed("rungs", to=...), "lacks the field 'rungs'"),
        (changed("budget", "search_spent", to=...), "lacks the field 'budget.search_spent'"),
        (changed("held_out", 0, "present", to=...), "lacks the field 'held_out[0].present'"),
        (changed("machine", "cores", to=...), "lacks the field 'machine.cores'"),
        (changed("wrlds", to=[]), "has the unknown field 'wrlds': did you mean 'worlds'?"),
        (changed("chosen", "seed", to=1), "has the unknown field 'chosen.seed'"),
        (changed("rungs", 1, "steps", to="many"), "has rungs[1].steps that is no whole number"),
        (changed("rungs", 1, "best_first", to=[True]), "has rungs[1].best_first[0] that is no whole number"),
        (changed("seconds", to=None), "has seconds that is no number"),
        (changed("worlds", to="minigrid/doorkey-8x8"), "has worlds that is no list"),
        (changed("signal", to=1), "has signal that is no text"),
        (changed("candidates", 0, to=[]), "has candidates[0] that is no table"),
        (changed("candidates", to=[]), "has no candidates"),
        (changed("rungs", to=[]), "has no rungs"),
        (changed("held_out", 0, "chosen", to=[]), "has no scores on held-out seeds"),
        (changed("chosen", "candidate", to=16), "names candidate 16 of 16"),
        (changed("candidates", 3, to=...), "has candidates that are not numbered from 0"),
        (changed("candidates", 2, "settings", "clop", to=0.1), "candidate 2 has the unknown key 'clop'"),
        (changed("space", "momentum", to=[0.8, 0.9]), "searched 'momentum', which is no setting"),
    ],
)
def test_an_old_or_changed_record_is_told_by_its_field(tmp_path, record, told):
    said = refusal(tmp_path, json.dumps(record))
    assert told in said
    assert re.search(
        r"; (restore it, or delete it|use the Outrider that wrote it)|did you mean|use one of", said
    )
