"""What the option parser refuses is one line for every command, exit code 2; help and good words are as they were."""

import dataclasses
import signal

import pytest

from outrider.cli import COMMANDS, main
from outrider.commands.parse import options

WORLD = "minigrid/doorkey-8x8"
# What each command cannot do without.
NEEDED = {
    "train": (WORLD,),
    "demonstrate": (WORLD,),
    "explore": (WORLD,),
    "tune": ("claims/x",),
    "verify": ("claims/x",),
    "sweep": (WORLD,),
    "play": (WORLD,),
    "ask": ("Hello.",),
    "watch": ("policy.npz",),
    "export": ("policy.npz", "out"),
}
WHOLE = [
    (name, option)
    for name, kind in COMMANDS.items()
    for option, field in ((f"--{f.name}".replace("_", "-"), f) for f in dataclasses.fields(kind))
    if field.type in ("int", "int | None")
]


@pytest.fixture(autouse=True)
def ctrl_c():
    """The command line takes Ctrl-C for itself; afterwards it is pytest's again."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def refusal(capsys, *arguments):
    """The one line with which the command line ends."""
    assert main(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    line, end, rest = said.err.partition("\n")
    assert (end, rest) == ("\n", ""), said.err
    assert line.startswith("outrider: ")
    return line.removeprefix("outrider: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_named_in_one_line(capsys, name):
    said = refusal(capsys, name, *NEEDED.get(name, ()), "--no-such-thing", "5")
    assert said == f"unknown option --no-such-thing; see outrider {name} --help"


@pytest.mark.parametrize(("name", "option"), WHOLE)
def test_what_is_no_whole_number_is_named_with_its_option(capsys, name, option):
    for value in ("many", "1.5", ""):
        said = refusal(capsys, name, *NEEDED.get(name, ()), option, value)
        assert said == f"{option} is {value!r}; write a whole number; see outrider {name} --help"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", WORLD, "--stpes", "5"), "unknown option --stpes: did you mean --steps?"),
        (("train", WORLD, "--stpes=5"), "unknown option --stpes=5: did you mean --steps?"),
        (("train", WORLD, "--seed", "5"), "unknown option --seed: did you mean --seeds?"),
        (
            ("train", WORLD, "--process.count", "2"),
            "unknown option --process.count: did you mean --processes.count?",
        ),
        (("train", WORLD, "another"), "'another' is one word too many"),
        (("train", WORLD, "--steps"), "--steps lacks its value"),
        (("train", WORLD, "--learner.envs", "x"), "--learner.envs is 'x'; write a whole number"),
        (("train", WORLD, "--learner.discount", "x"), "--learner.discount is 'x'; write a number"),
        (("train", WORLD, "--spread", "turms"), "--spread is 'turms': did you mean 'turns'?"),
        (("train", "--steps", "5"), "it lacks world"),
        (("verify",), "it lacks claim"),
        (("export",), "it lacks policy and out"),
        (("export", "policy.npz"), "it lacks out"),
        (("models", "fetsch"), "what is 'fetsch': did you mean 'fetch'?"),
    ],
)
def test_each_kind_of_mistake_has_its_line(capsys, arguments, said):
    assert refusal(capsys, *arguments) == f"{said}; see outrider {arguments[0]} --help"


def test_unknown_commands_and_none_are_one_line(capsys):
    assert refusal(capsys, "trian", WORLD) == "unknown command 'trian': did you mean 'train'?"
    said = refusal(capsys)
    assert said.startswith("name a command: train, ")
    assert said.endswith("; see outrider --help")
    assert refusal(capsys, "--no-such-thing") == "unknown option --no-such-thing; see outrider --help"


def test_narrow_terminals_and_ascii_change_nothing(capsys, monkeypatch):
    usual = refusal(capsys, "train", WORLD, "--spread", "turms")
    monkeypatch.setenv("COLUMNS", "20")
    assert refusal(capsys, "train", WORLD, "--spread", "turms") == usual
    monkeypatch.setattr("tyro._fmtlib._should_use_utf8_drawing_chars", lambda: False)
    assert refusal(capsys, "train", WORLD, "--spread", "turms") == usual


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_shown_whole(capsys, name):
    with pytest.raises(SystemExit) as end:
        main([*name.split(), "--help"])
    assert end.value.code == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "outrider" in said.out
    shown = said.out.replace("\n", " ")
    assert all(option in shown for option in (options(COMMANDS[name]) if name else COMMANDS))


def test_the_options_of_a_command_are_those_that_it_takes():
    known = options(COMMANDS["train"])
    assert {"--steps", "--learner.envs", "--processes.count", "--checkpoints"} <= set(known)
    assert not {"--world", "--learner", "--processes"} & set(known)
