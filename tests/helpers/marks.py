"""Which cases of a parametrized test are fast."""

import pytest


def slow_but(fast, cases):
    """The cases, all of them slow but those in `fast`."""
    return [case if case in fast else pytest.param(case, marks=pytest.mark.slow) for case in cases]
