"""Which cases of a parametrized test are fast."""

import pytest

FEW = ("CutMix", "MixUp", "AttentiveCutMix", "Cutout", "ResizeMix", "FMix", "ObjectAware", "OneOf, mix or erase")
"""The methods, by their rows in the table, that stand for all where a test is expensive."""


def rows(table, fast=None):
    """A parameter for each row of a table, named like it; those whose names are not in `fast` are slow."""

    def marks(name):
        return () if fast is None or name in fast else pytest.mark.slow

    return [pytest.param(value, id=name, marks=marks(name)) for name, value in table.items()]


def slow_but(fast, cases):
    """The cases, all of them slow but those in `fast`."""
    return [case if case in fast else pytest.param(case, marks=pytest.mark.slow) for case in cases]


def slow_after(count, cases):
    """Cases of several arguments, all of them slow but the first ones."""
    return [*cases[:count], *(pytest.param(*case, marks=pytest.mark.slow) for case in cases[count:])]
