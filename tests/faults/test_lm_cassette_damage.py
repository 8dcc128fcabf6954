"""What breaks a cassette: torn lines, damage, forgery, missing recordings, folders that cannot be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from outrider.errors import OutriderError
from outrider.lm.cassette import Cassette, Replay, recorded
from outrider.lm.placebo import Random
from outrider.lm.question import Answer, Rate
from outrider.lm.record import Record

QUESTIONS = [Rate(f"Caption {i}.", "m") for i in range(6)]


@pytest.fixture
def path(tmp_path):
    recorded(Random(), Cassette(tmp_path / "a.jsonl")).answer(QUESTIONS)
    return tmp_path / "a.jsonl"


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_a_torn_last_line_is_dropped_with_a_warning_and_asked_again(path, cut):
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with pytest.warns(UserWarning, match="torn"):
        cassette = Cassette(path)
    assert len(cassette) == 5
    recorded(Random(), cassette).answer(QUESTIONS)
    assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())
    assert len(Cassette(path)) == 6


def test_damage_elsewhere_is_an_error_that_names_the_line(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"key": 1}\n', *lines[3:]]))
    with pytest.raises(OutriderError, match="line 3"):
        Cassette(path)


def test_a_question_that_was_changed_is_found_out(path):
    path.write_bytes(path.read_bytes().replace(b"Caption 3.", b"Caption 9."))
    with pytest.raises(OutriderError, match="not the hash"):
        Cassette.load(path)


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"no gzip", lambda data: b""])
def test_a_damaged_pack_is_one_clear_line(path, damage):
    packed = Cassette(path).pack(path.with_suffix(".jsonl.gz"))
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(OutriderError, match="cassette") as caught:
        Cassette.load(packed)
    assert "\n" not in str(caught.value)


def test_a_replay_says_what_is_missing_and_how_to_record_it(path):
    replay = Replay(Cassette.load(path), Random().name)
    with pytest.raises(OutriderError, match=r"Caption new.*run the study live"):
        replay.answer([*QUESTIONS, Rate("Caption new.", "m")])
    with pytest.raises(OutriderError, match="another engine"):
        Replay(Cassette.load(path), "another engine").answer(QUESTIONS)


def test_places_that_cannot_be_written_or_read(tmp_path):
    (tmp_path / "file").write_text("")
    cassette = Cassette(tmp_path / "file" / "a.jsonl")
    with pytest.raises(OutriderError, match="cannot write"):
        cassette.add([Record(QUESTIONS[0], "e", (), Answer((1.0,)))])
    with pytest.raises(OutriderError, match="cannot write"):
        Cassette().pack(tmp_path / "file" / "a.jsonl.gz")
    with pytest.raises(OutriderError, match="cannot read"):
        Cassette.load(tmp_path / "nothing.jsonl.gz")


def test_what_was_answered_before_a_kill_is_kept(tmp_path):
    program = """
import sys, time
from pathlib import Path
from outrider.lm.cassette import Cassette, recorded
from outrider.lm.placebo import Random
from outrider.lm.question import Rate
class Slow:
    name = "slow"
    def answer(self, questions):
        time.sleep(0.05)
        return Random().answer(questions)
recorded(Slow(), Cassette(Path(sys.argv[1]))).answer([Rate(f"Caption {i}.", "m") for i in range(10_000)])
"""
    path = tmp_path / "a.jsonl"
    child = subprocess.Popen([sys.executable, "-c", program, str(path)])
    try:
        deadline = time.monotonic() + 30
        while not (path.exists() and path.stat().st_size > 5000) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    kept = Cassette(path)
    assert 16 <= len(kept) < 10_000
    assert kept.records()[0].answer in Random().answer([kept.records()[0].question])
