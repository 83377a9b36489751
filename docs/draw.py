"""Draws the figures of the docs from the built-in dataset: `make figures`, or python docs/draw.py.

Attentive CutMix needs a teacher, the run of configs/shapes_resnet20.py: `cutmix-tf train shapes_resnet20` trains it.
"""

from pathlib import Path

import tensorflow as tf

from cutmix_tf import cli, layers, plotting

DOCS = Path(__file__).parent
TEACHER = "runs/shapes_resnet20"
SETTINGS = [(rate, side) for rate in (0.1, 0.3) for side in (3, 5, 7)]


def draw_blocks():
    """Draws one channel of a map of ones after DropBlock: three block sizes at two rates."""
    figure = plotting.new_figure(8.4, 1.85)
    figure.text(0.012, 0.9, "DropBlock", fontsize=11, fontweight="bold", color=plotting.INK, va="center")
    for axes, (rate, side) in zip(figure.subplots(1, len(SETTINGS)), SETTINGS, strict=True):
        maps = layers.DropBlock(rate, side, seed=1)(tf.ones([1, 32, 32, 64]), training=True)
        kept = tf.cast(maps > 0, tf.float32)
        axes.imshow(kept[0, :, :, 0], cmap="gray", vmin=-0.3, vmax=1.1, interpolation="nearest")
        axes.set_title(f"rate {rate}, {side} × {side}", fontsize=9, color=plotting.INK)
        axes.axis("off")
    figure.subplots_adjust(left=0.012, right=0.988, top=0.72, bottom=0.02, wspace=0.08)
    return figure


def main() -> None:
    """Draws all figures of the docs."""
    cli.main(["gallery", "--save", str(DOCS), "--teacher", TEACHER])
    draw_blocks().savefig(DOCS / "methods" / "drop_block.png", dpi=200)


if __name__ == "__main__":
    main()
