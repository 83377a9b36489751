"""Fixtures of the mixing tests."""

import pytest

from cutmix_tf import _xla


@pytest.fixture
def xla():
    """Mixers are compiled by XLA in this test, as they are for users."""


@pytest.fixture(autouse=True)
def plain_graphs(request, monkeypatch):
    """Mixers are plain graphs in all other tests: they give the same bits, and XLA takes a second for each of them."""
    if "xla" not in request.fixturenames:
        monkeypatch.setattr(_xla, "available", lambda: False)
