"""The papers' evaluation of one network, suite by suite, as plain numbers."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from cutmix_tf._checks import look_up
from cutmix_tf.evaluation._accuracy import brier_score, negative_log_likelihood, top_k_error
from cutmix_tf.evaluation._attacks import fgsm, pgd
from cutmix_tf.evaluation._calibration import reliability
from cutmix_tf.evaluation._cam import cam, resize_maps
from cutmix_tf.evaluation._corruptions import CORRUPTIONS, corruption_errors
from cutmix_tf.evaluation._examples import BadExamples, Examples, load_examples, load_pictures
from cutmix_tf.evaluation._in_between import KINDS, draw_pairs, in_between_curve
from cutmix_tf.evaluation._network import Network
from cutmix_tf.evaluation._occlusion import PLACES, SHARES, occlusion_errors
from cutmix_tf.evaluation._ood import NOISES, average, detection, max_softmax, noise
from cutmix_tf.evaluation._wsol import box_sweep, localization

EPSILONS = (1.0, 2.0, 4.0, 8.0)
NOISE_PICTURES = 10_000


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """A network, and all that it is evaluated on.

    Attributes:
      network: What is evaluated.
      examples: Of its test set.
      strangers: Pictures of other sets, by name.
      corrupted: Corrupted copies of the test set, by name.
    """

    network: Network
    examples: Examples
    strangers: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    corrupted: dict[str, Examples] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def logits(self) -> np.ndarray:
        """Of the examples, float32 (n, classes)."""
        return self.network.logits(self.examples.images)

    @functools.cached_property
    def true_maps(self) -> np.ndarray:
        """The examples' class-activation maps of their true classes, at the pictures' size."""
        maps = cam(self.network, self.examples.images, self.examples.labels)
        return resize_maps(maps, self.examples.images.shape[1:3])


def load_task(
    network: Network,
    *,
    dataset: str | None = None,
    ood: Sequence[str] = NOISES,
    corrupted: Sequence[str] = (),
    limit: int | None = None,
    data_dir: str | None = None,
    bad_examples: BadExamples = "refuse",
) -> Task:
    """Loads everything before the first computation, so that what is missing is known at once.

    Args:
      network: What is evaluated.
      dataset: As for `load_examples`.
      ood: Sets that it was not trained on: "uniform", "gaussian", or names of the catalogue.
      corrupted: Corrupted copies of the test set, by names of the catalogue such as "cifar10_corrupted/fog_3".
      limit: How many pictures of each set, at random but the same each time; None for all, and 10,000 of noise.
      data_dir: As for `datasets.load`.
      bad_examples: As for `datasets.load`.

    Raises:
      ValueError: if the test set itself is among the strange ones, or labels don't fit the network.
      Whatever `datasets.load` raises.
    """
    how: dict[str, Any] = {"limit": limit, "data_dir": data_dir, "bad_examples": bad_examples}
    examples = load_examples(network, dataset, **how)
    if examples.name in ood:
        raise ValueError(f"Strange pictures must come from another set than the test set; got {examples.name} in ood.")
    size = network.preprocessing.image_size
    strangers = {
        name: noise(name, limit or NOISE_PICTURES, size) if name in NOISES else load_pictures(network, name, **how)
        for name in ood
    }
    copies = {name: load_examples(network, name, **how) for name in corrupted}
    return Task(network, examples, strangers, copies)


def evaluate(task: Task, suites: Sequence[str] | None = None) -> dict[str, Any]:
    """Runs suites.

    Args:
      task: As of `load_task`.
      suites: Keys of `SUITES`; None for those of `usual_suites`.

    Returns:
      What was evaluated on what, and the numbers of each suite under its name: plain values, lists and dictionaries,
      errors and rates in percent.

    Raises:
      ValueError: if there is no such suite, or one does not fit: boxes or a network's head that are not there.
    """
    chosen = {name: look_up(name, SUITES, "suite") for name in (usual_suites(task) if suites is None else suites)}
    if "wsol" in chosen:
        _check_localizable(task)
    results: dict[str, Any] = {
        "network": task.network.name,
        "dataset": task.examples.name,
        "examples": len(task.examples),
    }
    progress = task.network.progress
    for name, suite in chosen.items():
        with progress.line(f"{task.network.name}: {name}") if progress else contextlib.nullcontext():
            results[name] = suite(task)
    return results


def usual_suites(task: Task) -> list[str]:
    """All suites that fit, but for pgd, which takes as long as all others together."""
    unfit = {"pgd"}
    if task.examples.boxes is None or not has_head(task.network):
        unfit.add("wsol")
    if keras.backend.backend() != "tensorflow":
        unfit.add("fgsm")
    if not task.strangers:
        unfit.add("ood")
    return [name for name in SUITES if name not in unfit]


def has_head(network: Network) -> bool:
    """Whether the network ends in global average pooling and one dense layer, so that it has activation maps."""
    try:
        return network.head is not None
    except ValueError:
        return False


def _check_localizable(task: Task) -> None:
    if task.examples.boxes is None:
        raise ValueError(
            f"Localization needs a box for each picture; {task.examples.name} has none. Leave out wsol, or evaluate a "
            "network of shapes or of a set with the feature bbox."
        )
    _ = task.network.head


def _accuracy(task: Task) -> dict[str, Any]:
    scores = task.logits, task.examples.labels
    return {
        "top1_error": top_k_error(*scores),
        "top5_error": top_k_error(*scores, k=min(5, task.network.num_classes)),
        "negative_log_likelihood": negative_log_likelihood(*scores),
        "brier_score": brier_score(*scores),
    }


def _calibration(task: Task) -> dict[str, Any]:
    bins = reliability(task.logits, task.examples.labels)
    return {"expected_calibration_error": bins.expected_error} | {
        name: column.tolist() for name, column in bins._asdict().items()
    }


def _errors_under(attack: Callable[..., np.ndarray], epsilons: Sequence[float], task: Task) -> dict[str, Any]:
    images, labels = task.examples.images, task.examples.labels
    errors = [top_k_error(task.logits, labels)]
    for epsilon in epsilons:
        errors.append(top_k_error(task.network.logits(attack(task.network, images, labels, epsilon)), labels))
    return {"epsilon": [0.0, *epsilons], "top1_error": errors}


def _occlusion(task: Task) -> dict[str, Any]:
    images, labels = task.examples.images, task.examples.labels
    errors = {place: occlusion_errors(task.network, images, labels, place) for place in PLACES}
    return {"share": list(SHARES), **errors}


def _in_between(task: Task) -> dict[str, Any]:
    images, labels = task.examples.images, task.examples.labels
    pairs = draw_pairs(labels)
    results: dict[str, Any] = {"share": list(SHARES)}
    for kind in KINDS:
        curve = in_between_curve(task.network, images, labels, pairs, kind)
        results[kind] = {"either": [point.either for point in curve], "neither": [point.neither for point in curve]}
    return results


def _ood(task: Task) -> dict[str, Any]:
    if not task.strangers:
        raise ValueError("Strange pictures are needed; got none. Name sets (--ood), such as uniform,gaussian.")
    inside = max_softmax(task.logits)
    rows = {
        name: detection(inside, max_softmax(task.network.logits(images))) for name, images in task.strangers.items()
    }
    return {
        "sets": {name: row._asdict() for name, row in rows.items()},
        "average": average(list(rows.values()))._asdict(),
    }


def _wsol(task: Task) -> dict[str, Any]:
    boxes, right = np.asarray(task.examples.boxes), task.logits.argmax(axis=1) == task.examples.labels
    found = localization(task.true_maps, boxes, right)
    sweep = box_sweep(task.true_maps, boxes)
    return {
        "top1_loc": found.top1,
        "gt_known_loc": found.gt_known,
        "max_box_acc": sweep.max_box_acc,
        "max_box_acc_v2": sweep.max_box_acc_v2,
        "by_level": {str(level): share for level, share in sweep.by_level.items()},
        "threshold": sweep.thresholds.tolist(),
        "found_at_threshold": (100 * (sweep.largest >= 0.5).mean(axis=1)).tolist(),
    }


def _corruptions(task: Task) -> dict[str, Any]:
    images, labels = task.examples.images, task.examples.labels
    errors: dict[str, Any] = {name: corruption_errors(task.network, images, labels, name) for name in CORRUPTIONS}
    results = {"ours": errors, "ours_mean": float(np.mean(list(errors.values())))}
    if task.corrupted:
        copies = task.corrupted.items()
        results["sets"] = {name: top_k_error(task.network.logits(copy.images), copy.labels) for name, copy in copies}
    return results


SUITES: dict[str, Callable[[Task], dict[str, Any]]] = {
    "accuracy": _accuracy,
    "calibration": _calibration,
    "fgsm": functools.partial(_errors_under, fgsm, EPSILONS),
    "pgd": functools.partial(_errors_under, pgd, (8.0,)),
    "occlusion": _occlusion,
    "in_between": _in_between,
    "ood": _ood,
    "wsol": _wsol,
    "corruptions": _corruptions,
}
