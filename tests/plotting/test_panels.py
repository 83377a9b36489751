"""Panels in a grid, and bars that do not overlap."""

import itertools

import numpy as np
import pytest

from cutmix_tf import plotting


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (3, (1, 3)), (4, (2, 2)), (5, (2, 3)), (7, (2, 4))])
def test_each_panel_has_its_place_and_the_rest_of_the_grid_is_empty(count, shape):
    panels = [lambda axes, number=number: axes.set_title(f"panel {number}") for number in range(count)]
    figure = plotting.draw_panels(panels, {"a": "#ff0000", "b": "#00ff00"})
    assert len(figure.axes) == np.prod(shape)
    assert [axes.get_title() for axes in figure.axes if axes.axison] == [f"panel {number}" for number in range(count)]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    assert [line.get_color() for line in legend.get_lines()] == ["#ff0000", "#00ff00"]


def test_bars_of_a_group_stand_side_by_side():
    figure = plotting.new_figure(3, 3)
    axes = figure.subplots()
    bars = {"a": {"x": 1.0, "long_title": 2.0}, "b": {"long_title": 3.0}, "c": {"x": 4.0, "long_title": 5.0}}
    colors = {"a": "#ff0000", "b": "#00ff00", "c": "#0000ff"}
    plotting.draw_grouped_bars(axes, bars, colors)
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width(), bar.get_height()) for bar in axes.patches)
    assert [height for *_, height in spans] == [1, 4, 2, 3, 5]
    assert all(end < start for (_, end, _), (start, _, _) in itertools.pairwise(spans))
    assert all(abs((start + end) / 2 - round((start + end) / 2)) < 0.4 for start, end, _ in spans)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "long\ntitle"]


def test_the_styles_of_lines_are_in_the_legend():
    figure = plotting.draw_panels([lambda axes: plotting.label_line_styles(axes, "one", "other")], {"a": "#ff0000"})
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]
    assert [line.get_linestyle() for line in legend.get_lines()] == ["-", ":"]
