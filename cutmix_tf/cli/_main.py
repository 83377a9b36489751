"""Finds the command, runs it, and turns what it raises into one line and an exit code."""

import importlib
import logging
import shlex
import sys
from collections.abc import Sequence

from cutmix_tf._checks import did_you_mean

COMMANDS = {
    "train": "Train a config: train CONFIG [--epochs 3 --mix 'MixUp(alpha=0.2)' …]",
    "evaluate": "Evaluate finished runs: evaluate RUN [RUN …] [--suites accuracy,fgsm --compare --save FOLDER …]",
    "compare": "Compare finished runs: compare RUN RUN [RUN …] --save FOLDER",
    "replay": "Make a batch of a run again: replay RUN --step K [--save FILE.npz]",
    "attention": "Compute the attention maps of a config, or draw them: attention CONFIG [--save FILE …]",
    "mixed-cams": "Draw what a model sees in mixed images: mixed-cams RUN --save FILE",
    "check-data": "List the unreadable examples of a dataset: check-data NAME [--data-dir FOLDER]",
    "serve": "Start a server of a tf.data service: serve dispatcher | worker --dispatcher HOST:PORT",
    "list": "List all methods, regularizers, models, datasets, teachers and configs by name",
}
"""The commands; each is the `main` of the module of its name, called with the words after it and the program's name."""

_EXPECTED = (ValueError, TypeError, OSError, RuntimeError, ImportError, ArithmeticError)
"""What commands raise for wrong input; anything else is a defect and keeps its traceback."""


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command that the words, or the program's arguments, begin with."""
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_usage())
        return
    if words[0] == "--version":
        from cutmix_tf._version import __version__

        print(__version__)
        return
    if words[0] not in COMMANDS:
        sys.exit(f"cutmix-tf: there is no command {words[0]!r}.{did_you_mean(words[0], COMMANDS)}\n\n{_usage()}")
    run_command(words[0], words[1:], f"cutmix-tf {words[0]}")


def run_command(name: str, words: Sequence[str], program: str) -> None:
    """Runs one command.

    Args:
      name: A key of `COMMANDS`.
      words: The command's arguments.
      program: What the user typed to get here, for messages.

    Raises:
      SystemExit: with 1 and one line for wrong input, 75 for a training to be started again, 130 after Ctrl-C.
    """
    _log_to_terminal()
    module = importlib.import_module(f"cutmix_tf.cli._{name.replace('-', '_')}")
    try:
        module.main(list(words), program)
    except KeyboardInterrupt as error:
        _say(_how_to_continue(error, program, words))
        sys.exit(130)
    except SystemExit as error:
        _say(_how_to_continue(error, program, words))
        raise
    except ConnectionError as error:  # another worker or a data service is gone: all must be started again
        print(f"{program}: {error}", file=sys.stderr)
        sys.exit(75)
    except _EXPECTED as error:
        sys.exit(f"{program}: {error}")


def _how_to_continue(error: BaseException, program: str, words: Sequence[str]) -> str:
    """A line for a training that was stopped and has saved everything; nothing for anything else."""
    saved = type(error).__name__ in ("Interrupted", "Terminated")
    return f"To continue, run: {shlex.join([*program.split(), *words])}" if saved else ""


def _say(line: str) -> None:
    if line:
        print(line, flush=True)


def _log_to_terminal() -> None:
    """Prints what the library logs, as plain lines."""
    log = logging.getLogger("cutmix_tf")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(["usage: cutmix-tf COMMAND …", "", *lines, "", "Each command has a --help of its own."])
