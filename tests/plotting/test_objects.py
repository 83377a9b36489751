"""Images with boxes: each box is drawn around its own pixels."""

import numpy as np

from cutmix_tf import plotting


def corners(axes):
    """The boxes that are drawn, as top, left, bottom, right in pixels."""
    boxes = [(*patch.get_xy()[::-1], patch.get_height(), patch.get_width()) for patch in axes.patches]
    return [(top + 0.5, left + 0.5, top + 0.5 + height, left + 0.5 + width) for top, left, height, width in boxes]


def test_boxes_surround_their_pixels_in_images_of_any_size():
    images = [np.zeros(size, np.uint8) for size in ((20, 30, 3), (50, 10, 3), (7, 7, 3), (8, 9, 3), (9, 8, 3))]
    known = [[[2, 3, 10, 20]], np.zeros((0, 4)), [[0, 0, 7, 7], [1, 1, 2, 2]], [], []]
    found = [[[1, 2, 9, 21]], [[5, 5, 6, 6]], [], [], []]
    figure = plotting.draw_objects(images, known, found, [["cat 0.9"], ["dog 0.5"], [], [], []])
    assert [corners(axes) for axes in figure.axes] == [
        [(2, 3, 10, 20), (1, 2, 9, 21)],
        [(5, 5, 6, 6)],
        [(0, 0, 7, 7), (1, 1, 2, 2)],
        [],
        [],
    ]
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes[:2]] == [["cat 0.9"], ["dog 0.5"]]
    for axes, image in zip(figure.axes, images, strict=True):  # pixels are square
        box = axes.get_window_extent()
        np.testing.assert_allclose(box.height / box.width, image.shape[0] / image.shape[1], rtol=1e-6)


def test_curves_show_losses_and_the_scores_that_were_measured():
    rows = [{"epoch": k, "train_box_loss": 1 / k, "train_classification_loss": 2 / k} for k in (1, 2, 3)]
    rows[2] |= {"test_coco50": 40.0, "test_coco": 20.0}
    losses, scores = plotting.draw_detection_curves(rows).axes
    assert [line.get_xdata().tolist() for line in losses.lines] == [[1, 2, 3]] * 2
    assert [line.get_ydata().tolist() for line in scores.lines] == [[40.0], [20.0]]
