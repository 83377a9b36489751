"""What a model sees in mixed images."""

import numpy as np
import pytest
from helpers.evaluated_models import images_of, red_or_green

import cutmix_tf as cm
from cutmix_tf import evaluation as ev

SIZE = 16


def test_each_class_is_seen_where_its_part_of_the_mix_is():
    """Red and green images, pasted: the map of a class is bright on its own pixels alone."""
    images = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    images[0, ..., 0] = images[1, ..., 1] = 200
    found = ev.mixed_maps(red_or_green(), images, np.array([0, 1]), cm.CutMix(), seed=(1, 3))
    np.testing.assert_array_equal(found.partner, [1, 0])
    for index, (own, other) in enumerate(zip(found.own, found.other, strict=True)):
        pasted = found.mixed[index, ..., 1 - index] > 0
        assert pasted.any()
        assert own[~pasted].min() > own[pasted].max()
        assert other[pasted].min() > other[~pasted].max()


def test_repeated_labels_are_refused():
    with pytest.raises(ValueError, match=r"must be of different classes; got labels \[1, 1\]"):
        ev.mixed_maps(red_or_green(), images_of(2, SIZE), np.array([1, 1]), cm.CutMix())


@pytest.mark.parametrize("mixer", [None, cm.Cutout(size=3), cm.AttentiveCutMix(), cm.ManifoldMixUp()], ids=repr)
def test_methods_that_do_not_mix_pairs_of_images_are_refused(mixer):
    with pytest.raises(ValueError, match="must paste or blend pairs"):
        ev.mixed_maps(red_or_green(), images_of(2, SIZE), np.array([0, 1]), mixer)
