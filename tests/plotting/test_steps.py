"""How methods mix, step by step: what is where in the figure."""

import numpy as np
import pytest

from cutmix_tf import plotting
from cutmix_tf.plotting._style import TARGET_COLORS

NAMES = ("ant", "bee", "cat")


def steps(**changes):
    image, partner, mixed = np.random.default_rng(0).integers(0, 256, (3, 8, 12, 3), dtype=np.uint8)
    mask, target = np.zeros((8, 12)), np.array([[2, 0.25], [0, 0.75]], np.float32)
    mask[2:4, 3:9] = 1
    parts = {"image": image, "partner": partner, "mask": mask, "mixed": mixed, "target": target, **changes}
    return plotting.Steps("CutMix", "a box\nof the partner", **parts)


def images_of(figure):
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]


def test_a_column_shows_image_partner_mask_and_mix_in_this_order():
    column = steps()
    figure = plotting.draw_steps([column, column], NAMES)
    for part, expected in zip(
        images_of(figure), [column.image, column.partner, column.mask, column.mixed] * 2, strict=True
    ):
        np.testing.assert_array_equal(part, expected)
    places = [axes.get_position() for axes in figure.axes if axes.get_images()]
    assert [place.y0 for place in places[:4]] == sorted((place.y0 for place in places[:4]), reverse=True)
    assert places[0].x1 < places[4].x0


def test_the_images_own_label_comes_first_in_its_color_even_if_it_is_the_lighter_one():
    figure = plotting.draw_steps([steps()], NAMES)
    own, other = [bar for axes in figure.axes for bar in axes.patches]
    assert (own.get_width(), other.get_width()) == (0.25, 0.75)
    colors = {text.get_text(): text.get_color() for axes in figure.axes for text in axes.texts}
    assert colors == {"0.25 cat": TARGET_COLORS[0], "0.75 ant": TARGET_COLORS[1]}


def test_attention_is_outlined_where_the_mask_is():
    attention = np.arange(6).reshape(2, 3) / 5
    figure = plotting.draw_steps([steps(attention=attention)], NAMES)
    np.testing.assert_array_equal(images_of(figure)[2], np.repeat(np.repeat(attention, 4, 0), 4, 1))
    lines = np.array([line.get_xydata() for axes in figure.axes for line in axes.lines])
    assert np.linalg.norm(lines[:, 0] - lines[:, 1], axis=1).sum() == pytest.approx(2 * (2 + 6))  # around 2 × 6 pixels
    assert (lines.min((0, 1)) == (2.5, 1.5)).all()
    assert (lines.max((0, 1)) == (8.5, 3.5)).all()


def test_a_method_that_erases_has_no_partner():
    figure = plotting.draw_steps([steps(partner=None)], NAMES)
    assert len(images_of(figure)) == 3
    assert "none" in [text.get_text() for axes in figure.axes for text in axes.texts]
