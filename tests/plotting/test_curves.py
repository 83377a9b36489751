"""Errors by epoch: which rows are drawn, with which range and names."""

import pytest

from cutmix_tf import plotting


def row(epoch, train, **errors):
    return {"epoch": epoch, "train_top1_error": train} | {
        f"{split}_top1_error": error for split, error in errors.items()
    }


def history(split="test", epochs=20):
    """Errors fall from 90 to about 20 %."""
    return [row(epoch, 20 + 70 / epoch**2, **{split: 20 + 70 / epoch}) for epoch in range(1, epochs + 1)]


def drawn(figure):
    """The points of each line in the left and in the right part."""
    return [[line.get_xydata().tolist() for line in axes.get_lines()] for axes in figure.axes]


def test_each_error_is_drawn_at_its_epoch():
    left, right = drawn(plotting.draw_curves({"CutMix": [row(1, 60.0, test=50.0), row(2, 40.0, test=30.0)]}))
    assert left == [[[1, 50], [2, 30]]]
    assert right == [[[1, 60], [2, 40]]]


def test_epochs_without_an_evaluation_are_skipped():
    rows = [row(1, 60.0), row(2, 40.0, test=30.0), row(3, 35.0), row(4, 30.0, test=28.0)]
    left, right = drawn(plotting.draw_curves({"CutMix": rows}))
    assert left == [[[2, 30], [4, 28]]]
    assert len(right[0]) == 4


@pytest.mark.parametrize(("epochs", "marker"), [(3, "o"), (40, "None")], ids=["few", "many"])
def test_few_evaluations_are_marked(epochs, marker):
    left = plotting.draw_curves({"none": history(epochs=epochs)}).axes[0]
    assert left.get_lines()[0].get_marker() == marker


def test_both_parts_have_the_same_epochs():
    rows = [row(1, 60.0), row(2, 40.0, test=30.0), row(3, 35.0, test=28.0)]
    left, right = plotting.draw_curves({"CutMix": rows}).axes
    assert left.get_xlim() == right.get_xlim()


@pytest.mark.parametrize(
    ("splits", "title"),
    [
        (["test"], "Test error"),
        (["validation"], "Validation error"),
        (["test", "validation"], "Test or validation error"),
    ],
)
def test_the_title_names_the_split(splits, title):
    figure = plotting.draw_curves({f"run {split}": history(split) for split in splits})
    assert figure.axes[0].get_title() == title


def test_a_validation_split_is_drawn_rather_than_the_test_split():
    rows = [row(1, 60.0, validation=50.0), row(2, 40.0, validation=30.0, test=99.0)]
    left, _ = drawn(plotting.draw_curves({"a": rows}))
    assert left == [[[1, 50], [2, 30]]]


def test_the_range_shows_the_errors_after_the_first_epochs():
    figure = plotting.draw_curves({"none": history(), "CutMix": history()})
    low, high = figure.axes[0].get_ylim()
    assert 15 < low < 23.5  # the last error is 23.5, the one of epoch 7 is 30
    assert 30 < high < 35
    assert figure.axes[1].get_ylim()[1] < 30


def test_the_range_stays_within_0_and_100_percent():
    low, high = plotting.draw_curves({"a": [row(1, 99.9, test=100.0), row(2, 0.0, test=0.0)]}).axes[0].get_ylim()
    assert (low, high) == (0, 100)


def test_names_come_with_the_last_error_and_the_color_of_the_method():
    runs = {"second": history(), "first": history()}
    figure = plotting.draw_curves(runs, {"second": "MixUp()", "first": "none"}, title="shapes, resnet20")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["second: 23.5 %", "first: 23.5 %"]
    for axes in figure.axes:
        colors = [line.get_color() for line in axes.get_lines()]
        assert colors == [plotting.METHOD_COLORS["MixUp"], plotting.METHOD_COLORS["none"]]
    assert figure.get_suptitle() == "shapes, resnet20"


def test_one_epoch_is_a_visible_dot():
    figure = plotting.draw_curves({"a": [row(1, 60.0, test=50.0)], "b": [row(1, 70.0)]})
    assert [line.get_marker() for line in figure.axes[1].get_lines()] == ["o", "o"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a: 50.0 %", "b"]
