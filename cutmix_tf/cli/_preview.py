"""cutmix-tf preview: a training batch, and how it is made."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf import plotting
from cutmix_tf._checks import check_whole
from cutmix_tf.cli._config import read_config
from cutmix_tf.distribution import find_devices
from cutmix_tf.mixing import BoundMixer, HiddenMixer
from cutmix_tf.models import TappedModel
from cutmix_tf.plotting import Row
from cutmix_tf.training import Prepared, TrainConfig, build_model, prepare

_SHARES = ("own", "partner")  # what black and white stand for in a mask


def main(words: list[str], program: str) -> None:
    """Reads the command line, draws, and says what was saved."""
    usage = f"{program} CONFIG --save FILE [--count COUNT] [--step STEP] [overrides of the config]"
    parser = argparse.ArgumentParser(usage=usage, add_help=False, allow_abbrev=False)
    parser.add_argument("--save", type=Path, metavar="FILE", help="the file for the figure")
    parser.add_argument("--count", type=int, default=8, help="number of examples in the figure (default: %(default)s)")
    parser.add_argument("--step", type=int, default=0, help="of the training, counted from 0 (default: %(default)s)")
    options, words = parser.parse_known_args(words)
    if {"-h", "--help"} & {*words}:
        parser.print_help()  # followed by the help of the overrides
    config = read_config(words, program)
    if options.save is None:
        raise ValueError("Name a file for the figure: --save FILE.")
    draw(config, options.count, options.step).savefig(options.save, dpi=110)
    print(f"Saved {options.save}")


def draw(config: TrainConfig, count: int = 8, step: int = 0):
    """The first examples of a training batch, just as it is trained on: images, partners, masks, mixes and targets.

    Attention maps are computed for this batch alone. Where features are mixed inside the model, the masks are those
    of the feature maps.

    Raises:
      ValueError, TypeError, OSError, RuntimeError: as at the start of a training, or if there is no such step.
    """
    check_whole("count", count, low=1)
    prepared = _bound(prepare(dataclasses.replace(config, attention="live")))
    check_whole("step", step, low=0, high=config.epochs * prepared.steps_per_epoch - 1)
    mixer = prepared.mixer
    shown = mixer if mixer is None or isinstance(mixer, BoundMixer) else _Shown(mixer)
    prepared = dataclasses.replace(prepared, mixer=shown, preprocessing=prepared.preprocessing.in_pixels())
    inputs, targets = next(iter(prepared.train_batches(step)))
    names, targets = prepared.images.class_names, targets.numpy()[:count]
    if not isinstance(inputs, dict):
        return plotting.draw_mixes(inputs.numpy()[:count], targets, names)
    images = inputs["images"].numpy()
    plan = {name: part.numpy()[:count] for name, part in inputs["plan"].items()}
    alone = (plan["partner"] == np.arange(len(plan["partner"])))[:, None, None, None]
    rows = [Row("image", images[:count]), Row("partner", np.where(alone, 255, images[plan["partner"]]))]
    rows += _inside_model(plan, mixer) if isinstance(mixer, BoundMixer) else _on_images(plan)
    return plotting.draw_rows(rows, targets, names)


def _bound(prepared: Prepared) -> Prepared:
    """The same with a mixer of features bound to the config's model."""
    if not isinstance(prepared.mixer, HiddenMixer):
        return prepared
    model = build_model(prepared, find_devices("default"), None)
    if not isinstance(model, TappedModel):
        raise TypeError(f"{prepared.mixer} needs a TappedModel; got {model!r}.")
    return dataclasses.replace(prepared, mixer=model.bind(prepared.mixer))


@dataclasses.dataclass(frozen=True)
class _Shown:
    """A mixer that also returns what it made its images of, in place of a plan.

    It asks the mixer for the same mix of two other things: of images that are numbered, pixel by pixel, and of numbers
    as labels. So it shows any mixer, whatever its plan looks like.
    """

    mixer: Any

    def __call__(self, images, labels, *, seed, **details) -> tuple[dict[str, Any], Any]:
        mixed, targets = self.mixer(images, labels, seed=seed, **details)
        numbers = tf.range(tf.shape(images)[0])
        numbered = tf.broadcast_to(numbers[:, None, None, None], tf.shape(images))
        numbered, shares = self.mixer(numbered, tf.one_hot(numbers, tf.size(numbers)), seed=seed, **details)
        others = tf.linalg.set_diag(shares, tf.zeros_like(numbers, shares.dtype))
        partner = tf.where(tf.reduce_any(others > 0, axis=1), tf.argmax(others, axis=1, output_type=tf.int32), numbers)
        own, other = (tf.cast(each, tf.float32)[:, None, None] for each in (numbers, partner))
        changed = tf.reduce_any(tf.cast(mixed, tf.float32) != tf.cast(images, tf.float32), axis=3)
        from_partner = tf.clip_by_value((tf.cast(numbered[..., 0], tf.float32) - own) / (other - own), 0, 1)
        mask = tf.where(own == other, tf.cast(changed, tf.float32), from_partner)  # alone, it may have been erased
        plan = {"partner": partner, "mask": mask, "mixed": tf.cast(mixed, tf.float32)}
        if "attention" in details:
            maps = tf.gather(details["attention"], partner)
            plan["attention"] = tf.math.divide_no_nan(maps, tf.reduce_max(maps, axis=[1, 2], keepdims=True))
        return {"images": images, "plan": plan}, targets


def _on_images(plan: dict[str, np.ndarray]) -> list[Row]:
    """The mask and the mix; above them, the partner's attention if it decides."""
    attention = [Row("attention\nof the partner", plan["attention"])] if "attention" in plan else []
    return [*attention, Row("mask", plan["mask"], _SHARES), Row("mix", plan["mixed"])]


def _inside_model(plan: dict[str, np.ndarray], mixer: BoundMixer) -> list[Row]:
    """The mask on the grid of the feature map that is mixed."""
    tap = int(plan["tap"][0])
    height, width = mixer.grids[tap]
    top, left, bottom, right = (plan["box"][:, k, None, None] for k in range(4))
    row, column = np.arange(height)[:, None], np.arange(width)
    inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
    share = 1 - plan["own_share"][:, None, None] if "own_share" in plan else 1.0
    return [Row(f"mask at tap\n{mixer.mixer.taps[tap]}, {height}×{width}", inside * np.float32(share), _SHARES)]
