"""How a comparison is measured, recorded for the tables in docs/parity.md, and judged."""

import sys

import numpy as np
import pytest

# Triton and TensorFlow each bring a version of LLVM, and crash the process together; torch works without Triton.
sys.modules["triton"] = None


@pytest.fixture
def record(request):
    """Fails unless a difference is within its bound: `record("resnet18", "torchvision", "logits", 1e-6, within=1e-5)`.

    What is compared, with what, and the measured quantity become a row and a column of the table of the test's file.
    """

    def check(compared, reference, quantity, difference, *, within):
        row = request.module.__doc__, compared, reference, quantity, float(difference), float(within)
        request.node.user_properties.append(("parity", row))
        assert difference <= within, (compared, quantity)

    return check


@pytest.fixture
def agree(record):
    """The same for two arrays, which may differ by that share of the second one's largest value."""

    def check(compared, reference, quantity, ours, theirs, *, within):
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        assert ours.shape == theirs.shape
        difference = np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs))
        record(compared, reference, quantity, difference, within=within)

    return check
