"""cutmix-tf preview: a training batch, and how it is made."""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from cutmix_tf import plotting
from cutmix_tf._checks import check_whole
from cutmix_tf.cli._config import read_config
from cutmix_tf.cli._traced import Traced, mask_of_features
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
    parser.add_argument("--step", type=int, default=0, help="training step, counted from 0 (default: %(default)s)")
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
    shown = mixer if mixer is None or isinstance(mixer, BoundMixer) else Traced(mixer)
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


def _on_images(plan: dict[str, np.ndarray]) -> list[Row]:
    """The mask and the mix; above them, the partner's attention if it decides."""
    attention = [Row("attention\nof the partner", plan["attention"])] if "attention" in plan else []
    return [*attention, Row("mask", plan["mask"], _SHARES), Row("mix", plan["mixed"])]


def _inside_model(plan: dict[str, np.ndarray], mixer: BoundMixer) -> list[Row]:
    """The mask on the grid of the feature map that is mixed."""
    tap = int(plan["tap"][0])
    height, width = mixer.grids[tap]
    title = f"mask at tap\n{mixer.mixer.taps[tap]}, {height}×{width}"
    return [Row(title, mask_of_features(plan, mixer.grids[tap]), _SHARES)]
