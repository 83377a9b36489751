"""Fixtures of the evaluation tests."""

import pytest
from helpers.evaluated_models import quarters_set, trained_model


@pytest.fixture(scope="session")
def small_set():
    """Bright quarters with boxes, four classes."""
    return quarters_set()


@pytest.fixture(scope="session")
def model():
    """A model that was trained on the small set for a moment."""
    return trained_model()
