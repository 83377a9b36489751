"""Draws docs/methods/*.png from the built-in dataset: python docs/draw_methods.py.

To be replaced by `cutmix-tf gallery`: add figures of new methods to `_strips` in cutmix_tf/cli/_gallery_figures.py
instead (a line each), and run `python docs/draw.py` or leave the drawing to the owner of docs.
"""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import layers, mixing, plotting

FOLDER = Path(__file__).with_name("methods")
GRAY = (124, 132, 133)  # about the mean color of the dataset
COUNT = 8  # images in a row

MIXERS = {
    "cutmix": cm.CutMix(),
    "mixup": cm.MixUp(),
    "cutout": cm.Cutout(size=16, fill=GRAY),
    "hide_and_seek": cm.HideAndSeek(sides=(4, 8), fill=GRAY),
    "random_erasing": cm.RandomErasing(prob=1.0),
    "one_of": cm.OneOf((cm.CutMix(), cm.MixUp(), cm.Cutout(size=16, fill=GRAY))),
}
ABLATIONS = (
    mixing.CenterGaussianCutMix(),
    mixing.FixedSizeCutMix(),
    mixing.OneHotTarget(cm.CutMix()),
    mixing.CompleteLabel(cm.CutMix()),
)
HIDDEN = {"feature_cutmix": cm.FeatureCutMix(), "manifold_mixup": cm.ManifoldMixUp()}


def examples(shapes: cm.datasets.ImageSet, row: int) -> tuple:
    """Eight training images of eight classes, so that every mix has two; and their labels."""
    part = slice(100 * row, 100 * (row + 1))
    images, labels = np.asarray(shapes.train.images[part]), np.asarray(shapes.train.labels[part])
    first = np.sort(np.unique(labels, return_index=True)[1])[:COUNT]
    return images[first], labels[first]


def mixed(mixer: mixing.Mixer, shapes: cm.datasets.ImageSet, row: int, count: int = COUNT) -> tuple:
    """The first of eight images mixed by a mixer, in float32, and their soft targets."""
    images, labels = mixer(*examples(shapes, row), seed=(12, row))
    return tf.cast(images[:count], tf.float32), cm.targets.to_soft(labels, shapes.num_classes)[:count]


def mixed_by_objects(shapes: cm.datasets.ImageSet, row: int) -> tuple:
    """Eight images with the boxes of CutMix, and soft targets by what is visible of the objects in their masks."""
    images, labels = examples(shapes, row)
    masks = masks_of(images, shapes)
    mixer = cm.ObjectAware(cm.CutMix(), objects="masks")
    mix = mixer({"images": images, "labels": labels, "segmentation_masks": masks}, seed=(12, row))
    return tf.cast(mix["images"], tf.float32), cm.targets.to_soft(mix["labels"], shapes.num_classes)


def masks_of(images: np.ndarray, shapes: cm.datasets.ImageSet) -> np.ndarray:
    """The masks of some training images."""
    known = {
        np.asarray(image).tobytes(): mask for image, mask in zip(shapes.train.images, shapes.train.masks, strict=True)
    }
    return np.stack([known[image.tobytes()] for image in images])


def mixed_inside(mixer: mixing.HiddenMixer, model: keras.Model, shapes: cm.datasets.ImageSet, row: int) -> tuple:
    """Two images for each tap, averaged to the tap's grid and mixed by its plan; and their soft targets."""
    images, labels = examples(shapes, row)
    parts = []
    for number, tap in enumerate(mixer.taps):
        tapped = cm.TappedModel(model, (tap,))
        inputs, targets = tapped.bind(dataclasses.replace(mixer, taps=(tap,)))(images, labels, seed=(7, number))
        averaged = tf.image.resize(images, tapped.grids[0], method="area")
        wide = tf.image.resize(cm.models.mix_features(averaged, inputs["plan"]), images.shape[1:3], method="nearest")
        two = slice(2 * number, 2 * number + 2)
        parts.append((wide[two], cm.targets.to_soft(targets, shapes.num_classes)[two]))
    return joined(parts)


def joined(parts: list[tuple]) -> tuple:
    """Parts of a row, one after the other."""
    return tuple(tf.concat(part, 0) for part in zip(*parts, strict=True))


def augmented(shapes: cm.datasets.ImageSet) -> tuple:
    """One image, and seven draws of AutoAugment for it."""
    images, labels = examples(shapes, 9)
    same = np.repeat(images[:1], COUNT, axis=0)
    changed = cm.pipeline.auto_augment(same, "cifar10", seed=(7, 6))
    return tf.concat([same[:1], changed[1:]], 0), np.repeat(labels[:1], COUNT)


def draw_blocks():
    """Draws one channel of a map of ones after DropBlock: four block sizes at two rates."""
    settings = [(rate, side) for rate in (0.1, 0.3) for side in (1, 3, 5, 7)]
    figure = plotting.new_figure(10.5, 1.75)
    for axes, (rate, side) in zip(figure.subplots(1, COUNT), settings, strict=True):
        maps = layers.DropBlock(rate, side, seed=1)(tf.ones([1, 32, 32, 64]), training=True)
        kept = tf.cast(maps > 0, tf.float32)
        axes.imshow(kept[0, :, :, 0], cmap="gray", vmin=-0.3, vmax=1.1, interpolation="nearest")
        axes.set_title(f"rate {rate}, {side} × {side}", fontsize=8, color=plotting.INK)
        axes.axis("off")
    figure.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.02, wspace=0.08)
    return figure


def save(figure, name: str) -> None:
    """Writes one figure."""
    figure.savefig(FOLDER / f"{name}.png", dpi=100)


def main() -> None:
    """Draws a row of images for each method."""
    keras.utils.set_random_seed(0)
    shapes = cm.datasets.load("shapes")
    rows = {name: mixed(mixer, shapes, row) for row, (name, mixer) in enumerate(MIXERS.items())}
    rows["cutmix_ablations"] = joined([mixed(mixer, shapes, row=6, count=2) for mixer in ABLATIONS])
    model = cm.models.build("resnet20", num_classes=shapes.num_classes, input_shape=(32, 32, 3))
    for row, (name, mixer) in enumerate(HIDDEN.items(), start=7):
        rows[name] = mixed_inside(mixer, model, shapes, row)
    rows["auto_augment"] = augmented(shapes)
    rows["fmix"] = mixed(cm.FMix(), shapes, row=2)
    rows["saliency_mix"] = mixed(cm.SaliencyMix(), shapes, row=3)
    rows["grid_mix"] = mixed(cm.GridMix(), shapes, row=4)
    rows["resize_mix"] = mixed(cm.ResizeMix(), shapes, row=1)
    rows["object_aware"] = mixed_by_objects(shapes, row=0)
    for name, (images, targets) in rows.items():
        save(plotting.draw_mixes(images, targets, shapes.class_names), name)
    save(draw_blocks(), "drop_block")


if __name__ == "__main__":
    main()
