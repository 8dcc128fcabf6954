"""The command line: `outrider train | demonstrate | explore | tune | verify | sweep | worlds | play | ask | ...`.

Rooms are imported when a command needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import sys

from outrider import interrupt
from outrider.commands.parse import parse
from outrider.commands.running import Bench, Demonstrate, Explore, Sweep, Train, Tune, Verify
from outrider.commands.showing import Ask, Claims, Export, Models, Play, Watch, Worlds
from outrider.errors import Interrupted, OutriderError, nearest
from outrider.learn.algorithms import ALGORITHMS, DEFAULT, check_keys
from outrider.learn.settings import Settings

COMMANDS = {
    "train": Train,
    "demonstrate": Demonstrate,
    "explore": Explore,
    "tune": Tune,
    "verify": Verify,
    "sweep": Sweep,
    "bench": Bench,
    "worlds": Worlds,
    "play": Play,
    "ask": Ask,
    "watch": Watch,
    "export": Export,
    "models": Models,
    "claims": Claims,
}


def _of_algorithm(arguments: list[str]) -> type[Train]:
    """`Train` with the settings of the algorithm that the arguments choose. Errors: unknown algorithm or setting."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    chosen = [after for word, after in itertools.pairwise(words) if word == "--algorithm"]
    name = chosen[-1] if chosen else DEFAULT
    if name not in ALGORITHMS:
        raise OutriderError(f"--algorithm is {name!r}{nearest(name, ALGORITHMS)}")
    given = [word for word in words if word.startswith("--learner.")]
    keys = [word.removeprefix("--learner.").removeprefix("no-").replace("-", "_") for word in given]
    check_keys(keys, name, "--learner")
    kind = ALGORITHMS[name]
    if kind is Settings:
        return Train
    learner = ("learner", kind, dataclasses.field(default_factory=kind))
    return dataclasses.make_dataclass(
        "Train", [learner], bases=(Train,), frozen=True, namespace={"__doc__": Train.__doc__}
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit code 2 for what the user can mend; Ctrl-C ends the process with 130."""
    interrupt.remember()
    try:
        given = sys.argv[1:] if arguments is None else arguments
        kinds = COMMANDS | ({"train": _of_algorithm(given)} if given[:1] == ["train"] else {})
        parse(kinds, given).run()
    except OutriderError as error:
        print(f"outrider: {error}", file=sys.stderr)
        if isinstance(error, Interrupted):
            interrupt.end(error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        print("outrider: stopped; nothing half-written is left", file=sys.stderr)
        interrupt.end(Interrupted.exit_code)
    except BrokenPipeError:  # who read our output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(
            f"outrider: {error}; choose another place or mend its permissions",
            file=sys.stderr,
        )
        return OutriderError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
