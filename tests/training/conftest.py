"""A finished run that tests may look at but not change."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers.small_runs import train

from cutmix_tf import _xla
from cutmix_tf.training._fit import Fit


class Finished(NamedTuple):
    folder: Path
    summary: dict[str, Any]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A small run of three epochs, trained without interruption."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    return Finished(folder, train(folder))


@pytest.fixture
def without_figure(monkeypatch):
    """Runs don't draw mixed images, which takes a second."""
    monkeypatch.setattr(Fit, "_look_at_first_batch", lambda self: None)


@pytest.fixture(autouse=True)
def without_xla(monkeypatch):
    """Batches are made without XLA, which gives the same bits but takes seconds to compile each pipeline."""
    monkeypatch.setattr(_xla, "available", lambda: False)
