"""The errors that users see."""


class OutriderError(Exception):
    """What is wrong, where, and what to do, in one line. The command line ends with `exit_code`."""

    exit_code = 2


class Interrupted(OutriderError):
    """Ctrl-C, with what was kept and how to go on, in one line."""

    exit_code = 130
