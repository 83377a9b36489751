"""The command line in this process."""

import pytest

from cutmix_tf.cli import _main


class Ended(BaseException):
    """The process has ended at once, with what it printed last."""

    def __init__(self, code, line):
        super().__init__(code, line)
        self.code, self.line = code, line


@pytest.fixture
def ended(monkeypatch):
    """The error that takes the place of ending the process at once."""

    def leave(code, line):
        raise Ended(code, line)

    monkeypatch.setattr(_main, "_leave", leave)
    return Ended
