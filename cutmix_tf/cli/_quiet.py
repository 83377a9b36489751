"""TensorFlow's C++ logs, kept off the terminal; errors still show."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cutmix_tf import _start

_NOISE = re.compile(
    rb"[IW]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IW] |WARNING: All log messages before absl|To enable the following instr"
    rb"|.*Unable to register cu\w+ (factory|plugin)"  # errors of TensorFlow 2.16 to 2.20 about nothing
)
_NO_GPU = re.compile(rb".*(failed call to cuInit|Cannot dlopen some GPU libraries)")


def load_quietly() -> None:
    """Loads TensorFlow and the package's names; information and warnings of TensorFlow's C++ side stay hidden.

    TF_CPP_MIN_LOG_LEVEL, unless it is set already, hides what is logged later. TensorFlow doesn't heed it while it is
    imported and looks for devices.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] < "2":
        _load()
        return
    with _filtered_stderr():
        _load()


def _load() -> None:
    _start.load_names()
    import tensorflow as tf

    tf.config.list_physical_devices()


@contextlib.contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Holds back what is written to the file descriptor of stderr meanwhile, and then writes it without the noise."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, without_noise(held.read()))


def without_noise(text: bytes) -> bytes:
    """The text without log lines below errors; without errors about GPUs too, on a machine that has none."""
    has_gpu = Path("/dev/nvidiactl").exists()
    lines = text.splitlines(keepends=True)
    return b"".join(line for line in lines if not _NOISE.match(line) and (has_gpu or not _NO_GPU.match(line)))
