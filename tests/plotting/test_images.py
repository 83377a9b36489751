"""Figures of images: what is shown where, and that targets, boxes and maps are drawn as they are."""

import numpy as np
import pytest

from cutmix_tf import plotting
from cutmix_tf.plotting._style import BOX_COLORS, TARGET_COLORS

NAMES = ("ant", "bee", "a name that is far too long")


def images_of(count=3, height=8, width=12, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def shown(figure):
    """The images in a figure, in the order in which they were drawn."""
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]


def texts_of(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def bars_of(figure):
    """Start, length and color of each bar below an image."""
    patches = [axes.patches for axes in figure.axes if axes.patches]
    return [[(bar.get_x(), bar.get_width(), bar.get_facecolor()) for bar in bars] for bars in patches]


# ---- mixes ----


def test_images_are_shown_as_they_are():
    images = images_of()
    for form in (images, images.astype(np.float32), images.astype(np.float32) + 0.4):
        for drawn, image in zip(shown(plotting.draw_mixes(form, np.array([0, 1, 2]), NAMES)), images, strict=True):
            np.testing.assert_array_equal(drawn, image)


def test_a_target_is_a_bar_split_by_its_weights():
    pairs = np.array([[[0, 0.75], [1, 0.25]], [[1, 0.4], [0, 0.6]], [[1, 1.0], [0, 0.0]]], np.float32)
    first, second, third = bars_of(plotting.draw_mixes(images_of(), pairs, NAMES))
    assert [(start, length) for start, length, _ in first] == [(0, 0.75), (0.75, 0.25)]
    np.testing.assert_allclose([bar[:2] for bar in second], [(0, 0.4), (0.4, 0.6)], rtol=1e-6)
    assert [(start, length) for start, length, _ in third] == [(0, 1)]
    assert first[0][2] == second[0][2] == third[0][2] != first[1][2]  # a color for the image's own label
    assert len(TARGET_COLORS) == 2


def test_a_target_may_have_four_labels_some_of_one_class():
    pairs = np.array([[[0, 0.125], [2, 0.25], [1, 0.5], [2, 0.125]], [[1, 1], [0, 0], [0, 0], [2, 0]]], np.float32)
    first, second = bars_of(plotting.draw_mixes(images_of(2), pairs, NAMES))
    assert [(start, length) for start, length, _ in first] == [(0, 0.125), (0.125, 0.375), (0.5, 0.5)]
    assert len({color for *_, color in first}) == 3
    assert [(start, length) for start, length, _ in second] == [(0, 1)]


def test_names_are_shortened_to_fit():
    soft = np.array([[0.0, 0.001, 0.999], [1.0, 0, 0], [0, 0, 1]], np.float32)
    texts = texts_of(plotting.draw_mixes(images_of(), soft, NAMES))
    assert [text for text in texts if text] == ["1.00 a name that…", "<0.01 bee", "ant", "a name that is f…"]


def test_each_row_may_have_a_title():
    labels = np.zeros(5, int)
    figure = plotting.draw_mixes(
        images_of(5), labels, NAMES, columns=2, rows=("original", "CutMix", "MixUp"), title="A"
    )
    assert {"original", "CutMix", "MixUp", "A"} <= set(texts_of(figure))
    with pytest.raises(ValueError, match="a title for each of 3 rows; got 2"):
        plotting.draw_mixes(images_of(5), labels, NAMES, columns=2, rows=("original", "CutMix"))


def test_pixels_are_square():
    figure = plotting.draw_mixes(images_of(height=8, width=12), np.zeros(3, int), NAMES)
    width, height = (figure.axes[0].get_position().size * figure.get_size_inches()).tolist()
    assert width / height == pytest.approx(12 / 8)


# ---- attention ----


def test_attention_shows_the_pasted_cells_of_the_partner():
    images, partners, mixed = (images_of(2, 8, 8, seed) for seed in range(3))
    maps = np.array([[[1, 2], [3, 4]], [[0, 0], [0, 0]]], np.uint8)
    cells = maps > 2
    figure = plotting.draw_attention(images, partners, maps, cells, mixed, np.array([0, 1]), NAMES)
    drawn = [image for image in shown(figure) if image.shape[:1] != (256,)]
    np.testing.assert_array_equal(drawn[:4], [*images, *partners])
    np.testing.assert_allclose(drawn[4], [[0.25, 0.5], [0.75, 1]])
    assert not drawn[5].any()
    np.testing.assert_array_equal(drawn[6][4:], partners[0][4:])
    assert (drawn[6][:4] == 255).all()
    assert (drawn[7] == 255).all()
    np.testing.assert_array_equal(drawn[8:10], mixed)


# ---- class-activation maps ----


def test_boxes_run_along_the_edges_of_pixels():
    boxes, found = np.array([[1, 2, 5, 7]] * 3), np.array([[0, 0, 8, 12]] * 3)
    figure = plotting.draw_cams(images_of(), np.zeros((3, 8, 12)), ["a", "b", "c"], boxes, found)
    for axes in figure.axes[:6]:
        drawn = [(patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axes.patches]
        assert drawn == [((1.5, 0.5), 5, 4), ((-0.5, -0.5), 12, 8)]
    assert {"▢ box of the object", "▢ box found by the map"} <= set(texts_of(figure))
    assert len(set(BOX_COLORS)) == 2


def test_several_objects_have_a_box_each():
    boxes = [np.array([[0, 0, 2, 2], [4, 4, 8, 8]]), np.array([[1, 1, 3, 3]])]
    figure = plotting.draw_cams(images_of(2), np.zeros((2, 8, 12)), ["a", "b"], boxes)
    assert [len(axes.patches) for axes in figure.axes[:4]] == [2, 2, 1, 1]
    assert "▢ box found by the map" not in texts_of(figure)


def test_maps_lie_over_their_images_with_a_color_bar():
    images, maps = images_of(2), np.random.default_rng(1).random((2, 8, 12))
    figure = plotting.draw_cams(images, maps, ["a", "b"])
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == ["a", "b"]
    overlays = [np.asarray(axes.get_images()[1].get_array()) for axes in figure.axes if len(axes.get_images()) == 2]
    np.testing.assert_array_equal(overlays, maps)
    (ticks,) = [
        labels
        for axes in figure.axes
        if (labels := [each.get_text() for each in axes.get_yticklabels()])[-1:] == ["max."]
    ]
    assert ticks == ["min.", "max."]


def test_mixed_images_have_the_maps_of_both_classes():
    images, partners, mixed = (images_of(2, 8, 8, seed) for seed in range(3))
    own, other = np.random.default_rng(1).random((2, 2, 8, 8))
    figure = plotting.draw_mixed_cams(images, partners, mixed.astype(np.float32), own, other, ["a + b", "b + a"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["a + b", "b + a"]
    drawn = [axes.get_images() for axes in figure.axes if axes.get_images()]
    plain = [np.asarray(each[0].get_array()) for each in drawn if len(each) == 1]
    np.testing.assert_array_equal(plain, [*images, *partners, *mixed])
    overlays = [np.asarray(each[1].get_array()) for each in drawn if len(each) == 2]
    np.testing.assert_array_equal(overlays, [*own, *other])
