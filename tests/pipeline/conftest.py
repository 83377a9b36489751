"""Fixtures of the pipeline's tests."""

import pytest

from cutmix_tf import _xla


@pytest.fixture(autouse=True)
def without_xla(monkeypatch):
    """Batches are made without XLA, which gives the same bits but takes seconds to compile each pipeline."""
    monkeypatch.setattr(_xla, "available", lambda: False)
