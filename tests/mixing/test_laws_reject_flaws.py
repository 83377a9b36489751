"""The laws reject mixers that are broken on purpose, and accept an independent one that is not."""

import pytest
from helpers import laws
from helpers.oracle import (
    BOX_FLAWS,
    FLAWS,
    GRID_FLAWS,
    MOSAIC_FLAWS,
    OBJECT_FLAWS,
    RESIZE_FLAWS,
    SHAPE_FLAWS,
    NumpyBoxes,
    NumpyCutMix,
    NumpyFMix,
    NumpyGridMix,
    NumpyMosaic,
    NumpyObjectAware,
    NumpyResizeMix,
)

REJECTED_BY = {
    "identity": laws.something_moves,
    "unclipped area": laws.targets_describe_the_image,
    "height and width swapped": laws.boxes_have_the_images_aspect,
    "partner ignored in the label": laws.targets_describe_the_image,
    "fractional corners": laws.shares_are_whole_pixels,
    "through float16": laws.pixels_keep_their_place_and_bits,
    "one box for all": laws.boxes_differ_between_examples,
    "self-pairs": laws.nobody_is_their_own_partner,
    "prob applied twice": laws.half_are_mixed,
    "pixels of a third image": laws.pixels_keep_their_place_and_bits,
}
EVERY_LAW = [
    laws.targets_describe_the_image,
    laws.shares_are_whole_pixels,
    laws.pixels_keep_their_place_and_bits,
    laws.something_moves,
    laws.weights_sum_to_one,
    laws.nobody_is_their_own_partner,
    laws.own_label_comes_first,
    laws.boxes_differ_between_examples,
    laws.boxes_have_the_images_aspect,
    laws.every_place_is_reached,
    laws.equal_seeds_give_equal_results,
]


def test_every_flaw_has_its_law():
    assert REJECTED_BY.keys() == set(FLAWS)


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_law_rejects_the_flaw(flaw):
    broken = NumpyCutMix(flaw, prob=0.5 if flaw == "prob applied twice" else 1.0)
    with pytest.raises(AssertionError):
        REJECTED_BY[flaw](broken)


@pytest.mark.parametrize("law", EVERY_LAW, ids=lambda law: law.__name__)
def test_the_law_accepts_the_oracle(law):
    law(NumpyCutMix())


def test_the_law_of_prob_accepts_the_oracle():
    laws.half_are_mixed(NumpyCutMix(prob=0.5))


@pytest.mark.parametrize("rule", ["area", "semantic"])
def test_the_law_of_objects_accepts_the_oracle(rule):
    laws.labels_describe_the_objects(NumpyObjectAware(rule), rule)


@pytest.mark.parametrize("flaw", OBJECT_FLAWS)
@pytest.mark.parametrize("rule", ["area", "semantic"])
def test_the_law_of_objects_rejects_the_flaw(rule, flaw):
    with pytest.raises(AssertionError):
        laws.labels_describe_the_objects(NumpyObjectAware(rule, flaw), rule)


RESIZED = [laws.boxes_show_the_whole_partner, laws.targets_describe_the_image, laws.shares_are_whole_pixels]


@pytest.mark.parametrize("law", RESIZED, ids=lambda law: law.__name__)
def test_the_laws_of_resizing_accept_the_oracle(law):
    law(NumpyResizeMix())


@pytest.mark.parametrize("flaw", RESIZE_FLAWS)
def test_the_laws_of_resizing_reject_the_flaw(flaw):
    of_label = flaw.startswith("label")
    with pytest.raises(AssertionError):
        (laws.targets_describe_the_image if of_label else laws.boxes_show_the_whole_partner)(NumpyResizeMix(flaw))


@pytest.mark.parametrize("law", [laws.shapes_are_smooth, laws.shares_are_whole_pixels], ids=lambda law: law.__name__)
def test_the_laws_of_shapes_accept_the_oracle(law):
    law(NumpyFMix())


@pytest.mark.parametrize("flaw", SHAPE_FLAWS)
def test_the_laws_of_shapes_reject_the_flaw(flaw):
    of_label = flaw.startswith("label")
    with pytest.raises(AssertionError):
        (laws.shares_are_whole_pixels if of_label else laws.shapes_are_smooth)(NumpyFMix(flaw))


def five_by_five_cells_are_pasted_whole(mixer):
    laws.cells_are_pasted_whole(mixer, 5)


GRID_LAWS = [five_by_five_cells_are_pasted_whole, laws.shares_are_whole_pixels, laws.targets_describe_the_image]


@pytest.mark.parametrize("law", GRID_LAWS, ids=lambda law: law.__name__)
def test_the_laws_of_grids_accept_the_oracle(law):
    law(NumpyGridMix(5))


@pytest.mark.parametrize("flaw", GRID_FLAWS)
def test_the_laws_of_grids_reject_the_flaw(flaw):
    of_label = flaw.startswith("label")
    with pytest.raises(AssertionError):
        (laws.shares_are_whole_pixels if of_label else five_by_five_cells_are_pasted_whole)(NumpyGridMix(5, flaw))


def test_the_law_of_saliency_rejects_boxes_anywhere():
    with pytest.raises(AssertionError, match="of the salient places"):
        laws.salient_places_are_pasted(NumpyCutMix())


OF_MOSAICS = [
    laws.four_images_meet_in_a_point,
    laws.every_share_is_whole_pixels,
    laws.targets_describe_the_image,
    laws.weights_sum_to_one,
    laws.nobody_is_their_own_partner,
    laws.own_label_comes_first,
]


@pytest.mark.parametrize("law", OF_MOSAICS, ids=lambda law: law.__name__)
def test_the_laws_of_mosaics_accept_the_oracle(law):
    law(NumpyMosaic())


@pytest.mark.parametrize("flaw", MOSAIC_FLAWS)
def test_the_laws_of_mosaics_reject_the_flaw(flaw):
    of_label = flaw == "label by the drawn center"
    with pytest.raises(AssertionError):
        (laws.every_share_is_whole_pixels if of_label else laws.four_images_meet_in_a_point)(NumpyMosaic(flaw))


@pytest.mark.parametrize("min_visible", [0.0, 0.1, 1.0])
def test_the_law_of_boxes_accepts_the_oracle(min_visible):
    laws.boxes_describe_the_objects(NumpyBoxes(min_visible=min_visible), min_visible)


@pytest.mark.parametrize("flaw", BOX_FLAWS)
def test_the_law_of_boxes_rejects_the_flaw(flaw):
    with pytest.raises(AssertionError):
        laws.boxes_describe_the_objects(NumpyBoxes(flaw))
