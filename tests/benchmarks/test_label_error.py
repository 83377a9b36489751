"""The label error of the benchmarks, on mixtures made by hand."""

import numpy as np
import pytest
from _label_error import label_errors, painted, summary_of_errors

BATCH = 4


def pasted(images, rows):
    """The first rows come from the previous image."""
    mixed = images.copy()
    mixed[:, :rows] = np.roll(images, 1, axis=0)[:, :rows]
    return mixed


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_pasted_rows_against_labels_that_are_right_or_wrong(dtype):
    images, ids = painted(BATCH, 4, 6, dtype)
    previous = np.roll(np.arange(BATCH), 1)
    labels = 0.75 * np.eye(BATCH)[ids] + 0.25 * np.eye(BATCH)[previous]
    np.testing.assert_allclose(label_errors(pasted(images, 1), labels), 0, atol=1e-12)
    np.testing.assert_allclose(label_errors(pasted(images, 3), labels), 0.75 - 0.25, atol=1e-12)


def test_blended_values_and_channels_first():
    images, ids = painted(BATCH, 2, 5, "float32")
    previous = np.roll(images, 1, axis=0)
    blended = (0.9 * images + 0.1 * previous).transpose(0, 3, 1, 2)
    labels = 0.6 * np.eye(BATCH)[ids] + 0.4 * np.eye(BATCH)[np.roll(ids, 1)]
    np.testing.assert_allclose(label_errors(blended, labels), 0.6 - 0.9, atol=1e-6)


def test_a_label_without_partner_is_compared_with_the_values_that_are_left():
    images, ids = painted(BATCH, 4, 4, "uint8")
    np.testing.assert_allclose(label_errors(pasted(images, 1), np.eye(BATCH)[ids]), 1 - 0.75)
    np.testing.assert_array_equal(label_errors(images, np.eye(BATCH)[ids]), 0)


def test_an_image_blended_with_itself_counts_as_unmixed():
    images, ids = painted(256, 2, 2, "float32")
    share = np.linspace(0, 1, 256, dtype=np.float32)[:, None, None, None]
    blended = share * images + (1 - share) * images
    assert np.any(blended != images)  # they differ in the last bit
    np.testing.assert_array_equal(label_errors(blended, np.eye(256)[ids]), 0)


def test_the_summary_covers_all_batches():
    rows = iter([0, 2, 0])  # of 4 come from the partner, always labeled as none

    def mix(images, ids):
        return pasted(images, next(rows)), np.eye(BATCH)[ids]

    found = summary_of_errors(mix, painted(BATCH, 4, 4, "uint8"), 3)
    assert found == {"label error, mean": round(0.5 / 3, 5), "label error, largest": 0.5, "labels right": "66.7 %"}
