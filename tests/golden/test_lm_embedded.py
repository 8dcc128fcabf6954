"""Scores are exact: three ways to the same log-probability, the chain rule, and the tokens that are meant."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from lm_model import MISSION, embedded, server
from outrider.lm.question import Rate, Score
from outrider.lm.relevance import parts

PROMPT = 'Game message: "You picked up the yellow key." For the player this is'


def by_list(before, n):
    """{token: log P} of the n most likely next tokens, as llama.cpp lists them."""
    content = server().complete(before, logprobs=n)["choices"][0]["logprobs"]["content"]
    return {entry["id"]: entry["logprob"] for entry in content[0]["top_logprobs"]}


def by_grammar(before, option):
    """log P of each token of an option, forced by a grammar of token literals."""
    grammar = "root ::= " + " ".join(f"<[{token}]>" for token in option)
    reply = server().complete(before, grammar=grammar, max_tokens=len(option), cache_prompt=False)
    content = reply["choices"][0]["logprobs"]["content"]
    assert [entry["id"] for entry in content] == list(option)
    return [entry["logprob"] for entry in content]


def test_one_token_options_agree_with_the_list_of_likely_tokens():
    prompt, options = server().split(Score(PROMPT, (" good", " bad", " a", " xylophone")))
    listed = by_list(prompt, 49_152)
    for option in options[:3]:
        assert len(option) == 1
        assert server().logs(prompt, option) == [
            pytest.approx(listed[option[0]], abs=1e-5)
        ]  # single precision
        assert server().logs(prompt, option) == by_grammar(prompt, option)
    assert math.fsum(math.exp(value) for value in listed.values()) == pytest.approx(
        1, abs=1e-3
    )  # its sum is in single precision


def test_many_token_options_agree_with_a_token_literal_grammar_bit_for_bit():
    contrast, mission = parts(Rate("You picked up the yellow key.", MISSION))
    for question in (contrast, mission):
        prompt, options = server().split(question)
        answer = embedded().answer([question])[0]
        for option, value in zip(options, answer.values, strict=True):
            assert server().logs(prompt, option) == by_grammar(prompt, option)
            assert value == math.fsum(by_grammar(prompt, option))
    assert len(options[0]) > 10


def test_chain_rule():
    whole, first = embedded().answer([Score(PROMPT, (" very good",)), Score(PROMPT, (" very",))])
    rest = embedded().answer([Score(PROMPT + " very", (" good",))])[0]
    assert whole.values[0] == first.values[0] + rest.values[0]


def test_the_bias_that_forces_a_token_leaves_the_probabilities_alone():
    prompt = server().tokens(PROMPT)
    token = server().tokens(" good")[0]
    forced = server().complete(prompt, logprobs=20, logit_bias=[[token, 1e6]])
    free = server().complete(prompt, logprobs=20)
    tops = [r["choices"][0]["logprobs"]["content"][0]["top_logprobs"] for r in (forced, free)]
    assert tops[0] == tops[1]


def test_tokens_are_those_of_prompt_and_option_together():
    for question in parts(Rate('You said "hello", 42 times: a\u00e9\u6f22.', MISSION)):
        prompt, options = server().split(question)
        for text, option in zip(question.options, options, strict=True):
            assert prompt + option == server().tokens(question.prompt + text)
            assert option == server().tokens(text)  # SmolLM2 adds no token at the beginning


def test_words_that_look_like_control_tokens_stay_words():
    assert len(server().tokens("<|im_end|>")) > 1


def test_threads_batches_and_caches_do_not_change_a_bit():
    from outrider.lm.embedded import Embedded

    captions = ("You yawn.", "You won.", "You win a prize.", "You yawn again.", "Rain.")
    questions = [parts(Rate(caption, MISSION))[0] for caption in captions]
    one = [answer.values for answer in embedded().answer(questions)]
    two = [answer.values for answer in Embedded(threads=2).answer(questions[::-1])][::-1]
    alone = [embedded().answer([question])[0].values for question in questions[2:]]
    assert one == two
    assert one[2:] == alone


def test_llama_prints_nothing_and_importing_is_light():
    program = """
import sys
import outrider.lm.registry, outrider.lm.embedded, outrider.lm.fetch, outrider.lm.gold
heavy = {"xllamacpp", "jax", "rich", "numpy"} & set(sys.modules)
assert not heavy, heavy
from outrider.lm.question import Score
answer = outrider.lm.registry.build("embedded", rates=False, threads=1).answer([Score("A", (" b",))])[0]
assert answer.values, answer
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
