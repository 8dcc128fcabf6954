"""The embedded model: llama.cpp in this process, through xllamacpp. It scores options, exactly.

One primitive: log P(token | tokens before it), read from the model's full softmax. The wanted token is forced
by a logit bias of one million, which moves what is sampled and not the probabilities that are reported (those
are taken from the raw logits; tests compare them with a token-literal grammar, bit for bit, and with the list
of likely tokens; its softmax is in single precision, good to 2e-4 nats). A string grammar must never be used
for this: it re-tokenises and is wrong by up to 10 nats.

An answer does not depend on the batch, its order, the prefix cache or the number of threads, bit for bit, on
one machine. `threads` runs so many copies of one thread each instead of one of many threads, because threads
that wait for one another collapse when something else uses the cores; the weights are mapped once for all of
them.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import importlib.metadata
import itertools
import json
import math
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from outrider.errors import OutriderError
from outrider.lm import models
from outrider.lm.question import Answer, Question, Score

CONTEXT = 512  # tokens of the longest prompt with its option
FORCE = 1e6  # nats added to the wanted token before sampling
UNDERFLOW = -1e3  # nats: where single precision rounds a probability to 0, llama.cpp reports far less
Tokens = tuple[int, ...]


class Embedded:
    """Engine: answers `Score` with log P(option | prompt) in nats, and abstains from everything else.

    The constructor finds the weights and hashes them (0.2 s); the first question loads the model (0.5 s a
    thread). OutriderError if weights or xllamacpp are missing or cannot be loaded.
    """

    def __init__(self, *, threads: int = 2, weights: models.Weights = models.SMOLLM2) -> None:
        if threads < 1:
            raise OutriderError(f"threads = {threads}: the embedded model needs at least 1")
        found = models.identify(models.locate(weights), weights)
        self._path, self._threads = str(found.path), threads
        self._name = f"embedded {found.id} {found.sha256[:12]} xllamacpp {_version()}"

    @property
    def name(self) -> str:
        return self._name

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order. Neighbours in the alphabet are asked together: they share a
        prefix.
        """
        if not questions:
            return []
        order = sorted(range(len(questions)), key=lambda i: repr(questions[i]))
        cuts = [len(order) * k // self._threads for k in range(self._threads + 1)]
        shares = [[questions[i] for i in order[a:b]] for a, b in itertools.pairwise(cuts)]
        with ThreadPoolExecutor(self._threads) as pool:
            parts = list(pool.map(lambda server, share: [server.ask(q) for q in share], self.servers, shares))
        answers = dict(zip(order, (answer for part in parts for answer in part), strict=True))
        return [answers[i] for i in range(len(questions))]

    @functools.cached_property
    def servers(self) -> list[Server]:
        """The loaded copies of the model, one a thread."""
        xllamacpp = _xllamacpp()
        return [Server(xllamacpp, self._path) for _ in range(self._threads)]


class Server:
    """One copy of the model with one thread and one context."""

    def __init__(self, xllamacpp: Any, path: str) -> None:
        self._key = secrets.token_hex(
            16
        )  # llama.cpp also listens on a local port: nobody else gets to use it
        params = xllamacpp.CommonParams()
        params.model.path = path
        params.n_ctx, params.n_parallel, params.cache_ram_mib = CONTEXT, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
        params.verbosity = -1  # llama.cpp prints nothing
        params.warmup = False
        params.api_keys = [self._key]
        try:
            self._llama = xllamacpp.Server(params)
        except Exception as error:
            raise OutriderError(
                f"llama.cpp cannot load {path} ({error}): is it a GGUF file of a language model?"
            ) from error
        host, port = self._llama.listening_address.removeprefix("http://").rsplit(":", 1)
        self.host, self.port = host, int(port)
        self.tokens = functools.lru_cache(maxsize=4096)(self._tokenize)

    def ask(self, question: Question) -> Answer:
        """Values, or an abstention that says why: a failure is never a number."""
        if not isinstance(question, Score):
            return Answer(abstention="this engine scores options; wrap it in relevance(...)")
        start = time.perf_counter()
        try:
            prompt, options = self.split(question)
            values = tuple(math.fsum(self.logs(prompt, option)) for option in options)
        except Unanswerable as reason:
            return Answer(abstention=str(reason), seconds=time.perf_counter() - start)
        cost = len(prompt) + sum(len(option) for option in options)
        return Answer(values=values, tokens=cost, seconds=time.perf_counter() - start)

    def split(self, question: Score) -> tuple[Tokens, list[Tokens]]:
        """The tokens of the prompt and of every option, as the model reads them when they stand together."""
        prompt = self.tokens(question.prompt)
        if not prompt:
            raise Unanswerable("the prompt is empty")
        options = []
        for option in question.options:
            whole = self.tokens(question.prompt + option)
            if not option:
                raise Unanswerable("an option is empty")
            if len(whole) == len(prompt) or whole[: len(prompt)] != prompt:
                raise Unanswerable(
                    f"the option {option!r} joins the prompt's last token: begin it with the space"
                )
            if len(whole) > CONTEXT:
                raise Unanswerable(f"{len(whole)} tokens are more than the context of {CONTEXT}")
            options.append(whole[len(prompt) :])
        if not options:
            raise Unanswerable("no option to score")
        return prompt, options

    def logs(self, prompt: Tokens, option: Tokens) -> list[float]:
        """log P of each of the option's tokens after all that stands before it, in nats."""
        return [self.log(prompt + option[:i], token) for i, token in enumerate(option)]

    def log(self, before: Tokens, token: int) -> float:
        """log P(token | before) in nats, from the full softmax."""
        return read(self.complete(before, logit_bias=[[token, FORCE]]), token)

    def complete(self, before: Tokens, **settings: Any) -> Any:
        """llama.cpp's own reply to these tokens, one token long, greedy."""
        request = {
            "prompt": list(before),
            "max_tokens": 1,
            "logprobs": 1,
            "temperature": 0.0,
            "cache_prompt": True,
        }
        try:
            return self._llama.handle_completions(request | settings)
        except Exception as error:
            raise Unanswerable(f"llama.cpp failed: {error}") from error

    def _tokenize(self, text: str) -> Tokens:
        body = json.dumps({"content": text, "add_special": True, "parse_special": False})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=60)) as local:
                local.request("POST", "/tokenize", body, headers)  # a kept connection would be cut when idle
                reply = json.loads(local.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswerable(f"llama.cpp cannot tokenise: {error}") from error
        if "tokens" not in reply:
            raise Unanswerable(f"llama.cpp cannot tokenise {text[:40]!r}: {str(reply)[:160]}")
        return tuple(reply["tokens"])


class Unanswerable(Exception):
    """Why there is no answer; becomes an abstention."""


def read(reply: Any, token: int) -> float:
    """The log-probability of a forced token in llama.cpp's reply; Unanswerable where there is none."""
    try:
        first = reply["choices"][0]["logprobs"]["content"][0]
        value, given = first["logprob"], first["id"]
    except (LookupError, TypeError) as error:
        raise Unanswerable(f"llama.cpp answered {str(reply)[:200]!r}") from error
    if given != token:
        raise Unanswerable(f"llama.cpp gave token {given} where {token} was forced")
    if value is None or not math.isfinite(value) or value < UNDERFLOW:
        raise Unanswerable(f"the log-probability of token {token} is {value}")
    return float(value)


def _version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError as error:
        raise OutriderError(
            "the embedded model needs xllamacpp, which is missing: install outrider[lm]"
        ) from error


def _xllamacpp() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise OutriderError(f"xllamacpp cannot be imported ({error}): install outrider[lm] again") from error
    return xllamacpp
