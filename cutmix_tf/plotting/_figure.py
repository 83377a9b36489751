"""Empty figures, and axes at places in inches."""

from typing import Any

from cutmix_tf.plotting._style import INK, METHOD_COLORS, SMALL, TITLE, color_of, method_of

GAP = 0.1  # inches between images
BAR = 0.75  # inches, the room for a color bar
HEADING = 0.3  # inches, the room for a title


def new_figure(width: float, height: float, **options: Any) -> Any:
    """An empty matplotlib figure of that size in inches. Raises ImportError that says how to install matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("Figures need matplotlib. Run pip install 'cutmix_tf[train]'.") from error
    return Figure(figsize=(width, height), **options)


def axes_at(figure, left: float, bottom: float, width: float, height: float):
    """Axes at a place in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def show_image(axes, image, **options: Any):
    """Draws an image as large as the axes, with every pixel sharp and without ticks."""
    axes.axis("off")
    return axes.imshow(image, interpolation="nearest", aspect="auto", **options)


def text_at(figure, left: float, middle: float, text: str, **options: Any) -> None:
    """Text that starts at a place in inches and is vertically centered there."""
    across, up = figure.get_size_inches()
    figure.text(left / across, middle / up, text, **({"va": "center", "fontsize": SMALL, "color": INK} | options))


def title_at(figure, left: float, middle: float, title: str) -> None:
    """The title of a figure, or nothing; a method's name follows a bar of its color."""
    known = method_of(title) in METHOD_COLORS
    if known:
        chip_at(figure, left, middle - 0.09, 0.06, 0.18, color_of(title))
    text_at(figure, left + 0.15 * known, middle, title, fontsize=TITLE, fontweight="bold")


def chip_at(figure, left: float, bottom: float, width: float, height: float, color: str) -> None:
    """A filled rectangle at a place in inches."""
    from matplotlib.patches import Rectangle

    across, up = figure.get_size_inches()
    place = (left / across, bottom / up), width / across, height / up
    figure.add_artist(Rectangle(*place, color=color, linewidth=0, transform=figure.transFigure))


def color_bar_at(figure, shown, bottom: float, height: float, ends: tuple[str, str]) -> None:
    """The color bar of maps in [0, 1], at the right edge of the figure, with what 0 and 1 stand for."""
    margin = 0.1 * height  # so that the texts at the ends stay within the row
    axes = axes_at(figure, figure.get_size_inches()[0] - BAR, bottom + margin, 0.1, height - 2 * margin)
    bar = figure.colorbar(shown, cax=axes, ticks=[0, 1])
    bar.set_ticklabels(ends, fontsize=SMALL, color=INK)
    bar.outline.set_visible(False)


def quiet(axes) -> None:
    """Leaves out the frame's upper and right side, and draws faint horizontal lines."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
