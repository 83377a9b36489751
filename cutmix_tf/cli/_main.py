"""Finds the command, runs it, and turns what it raises into one line and an exit code.

TensorFlow is imported with the command, so that --help and --version answer at once, and only after its logs are quiet.
"""

import contextlib
import importlib
import logging
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from cutmix_tf._checks import did_you_mean
from cutmix_tf._version import __version__
from cutmix_tf.cli._quiet import load_quietly

COMMANDS = {
    "train": "Train a config: train CONFIG [--epochs 3 --mix 'MixUp(alpha=0.2)' …]",
    "evaluate": "Evaluate finished runs: evaluate RUN [RUN …] [--suites accuracy,fgsm --compare --save FOLDER …]",
    "predict": "Say what images show: predict RUN IMAGE [IMAGE …] [--top 5 --save FILE]",
    "preview": "Draw a training batch: preview CONFIG --save FILE [--count 8 --step 0 …]",
    "doctor": "Check the installation, or a config before it is trained: doctor [CONFIG …]",
    "compare": "Compare finished runs: compare RUN RUN [RUN …] --save FOLDER",
    "gallery": "Draw what each method makes of the same images: gallery --save FOLDER [--images FOLDER --teacher NAME]",
    "replay": "Make a batch of a run again: replay RUN --step K [--save FILE.npz]",
    "attention": "Compute the attention maps of a config, or draw them: attention CONFIG [--save FILE …]",
    "mixed-cams": "Draw what a model sees in mixed images: mixed-cams RUN --save FILE",
    "check-data": "List the unreadable examples of a dataset: check-data NAME [--data-dir FOLDER]",
    "transfer": "Train another task on a run's features: transfer detection|captioning CONFIG [--backbone RUN …]",
    "serve": "Start a server of a tf.data service: serve dispatcher | worker --dispatcher HOST:PORT",
    "list": "List all names: list [methods | recipes | models | datasets | configs | …]",
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
      SystemExit: with 1 and one line for wrong input. A training that must be started again, or was interrupted, ends
        the process with 75 or 130.
    """
    try:
        load_quietly()
        with _logs_printed():
            importlib.import_module(f"cutmix_tf.cli._{name.replace('-', '_')}").main(list(words), program)
    except KeyboardInterrupt as error:
        _leave(130, _how_to_continue(error, program, words))
    except SystemExit as error:
        if line := _how_to_continue(error, program, words):
            _leave(75, line)
        raise
    except ConnectionError as error:  # another worker or a data service is gone: all must be started again
        _leave(75, f"{program}: {error}")
    except _EXPECTED as error:
        sys.exit(f"{program}: {error}")


def _how_to_continue(error: BaseException, program: str, words: Sequence[str]) -> str:
    """A line for a training that was stopped and has saved everything; nothing for anything else."""
    saved = type(error).__name__ in ("Interrupted", "Terminated")
    return f"To continue, run: {shlex.join([*program.split(), *words])}" if saved else ""


def _leave(code: int, line: str) -> NoReturn:
    """Prints the line and ends the process at once.

    An ordinary exit would free what the training was using when it was broken off. With several workers TensorFlow
    crashes while doing so, and its exit code would take the place of this one.
    """
    if line:
        print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextlib.contextmanager
def _logs_printed() -> Iterator[None]:
    """Prints what the library logs meanwhile, as plain lines."""
    log, handler = logging.getLogger("cutmix_tf"), logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(["usage: cutmix-tf COMMAND …", "", *lines, "", "Each command has a --help of its own."])
