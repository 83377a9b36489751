"""Mixing inside a model: the plan is drawn with the data, and travels with its batch to the features it applies to."""

import dataclasses
from typing import Any, NoReturn

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_number, check_whole
from cutmix_tf._random import child_seeds, random_bits, uniform_integers
from cutmix_tf._xla import cached_compile
from cutmix_tf.mixing._element import Element, read_element
from cutmix_tf.mixing._inputs import Inputs
from cutmix_tf.mixing._labels import mix_labels
from cutmix_tf.mixing._plan import Canvas, Plan, own_weight
from cutmix_tf.mixing._planner import Per, Planner, check_common, check_strength, thin_out
from cutmix_tf.mixing._seeds import seed_of_call

Grids = tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class HiddenMixer(Planner):
    """A method that mixes features inside a model, and labels by what the mixed features show.

    Bound to a model with `TappedModel.bind`, `mixer(images, labels)` returns `({"images": images, "plan": plan},
    targets)`: the images unchanged, the plan by which the model mixes its features, and the mixed labels. Each batch
    is mixed at one of the taps, drawn with equal probability; the label's share is counted on the grid of that tap's
    feature map. Partners come from the same replica's part of the batch, since features don't travel between replicas.
    An example that is alone in its part stays as it is.

    The plan is a dict of tensors with a row for each example: tap int32 (batch,), an index into the taps, equal in all
    rows; box int32 (batch, 4), in cells of the tap's grid; partner int32 (batch,), an index into the replica's part;
    and, for methods that blend, own_share float32 (batch,). Subclasses write the method `plan`, for a feature map of a
    given size; its partners are replaced by ones from the same replica.

    Args:
      alpha: Concentration of the Beta distribution, above 0.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws for each example, "batch" once for the whole batch.
      taps: Where to mix, as `TappedModel` takes them: 0 for the image, k for the end of stage k - 1 of a model built by
        name (1 for its stem), or names of layers.
      **options: What labels are like, and a seed: see `Planner`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, if no model was bound.
    """

    alpha: float = 1.0
    prob: float = 1.0
    per: Per = "example"
    taps: tuple[int | str, ...] = (0, 1, 2, 3)

    def __post_init__(self):
        object.__setattr__(self, "taps", as_tuple("taps", self.taps))
        check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)
        for tap in self.taps:
            if not isinstance(tap, str):
                check_whole("each tap", tap, low=0)
        if not self.taps or len(set(self.taps)) < len(self.taps):
            raise ValueError(f"taps must be different layers, at least one; got {self.taps}.")

    def bound_to(self, grids: Grids, replicas: int = 1) -> "BoundMixer":
        """This mixer for a model whose feature maps have those grids; `TappedModel.bind` calls it."""
        return BoundMixer(self, grids, replicas)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ValueError: only a mixer that is bound to a model can mix."""
        name = type(self).__name__
        raise ValueError(f"{name} mixes inside a model; bind it first: TappedModel(model, taps).bind({name}()).")


@dataclasses.dataclass(frozen=True)
class BoundMixer:
    """A hidden mixer together with what it needs to know of a model; made by `TappedModel.bind`.

    Called on batches, it returns them with a plan; see `HiddenMixer`. `seed` and `strength` work as for a `Mixer`.

    Args:
      mixer: A `FeatureCutMix`, a `ManifoldMixUp` or another hidden mixer.
      grids: Height and width of the feature map at each of the mixer's taps.
      replicas: Number of replicas that share a batch.

    Raises:
      TypeError, ValueError: if an argument is outside its range; when called, if the element is not (images, labels) or
        (images, labels, sample_weight), if it can't be mixed truthfully (see `Mixer`), or if the mixer draws a plan
        that can't be applied to features.
    """

    mixer: HiddenMixer
    grids: Grids
    replicas: int = 1

    def __post_init__(self):
        if not isinstance(self.mixer, HiddenMixer):
            raise TypeError(f"A model binds hidden mixers such as FeatureCutMix(); got {self.mixer!r}.")
        grids = tuple(as_tuple("each grid", grid) for grid in as_tuple("grids", self.grids))
        object.__setattr__(self, "grids", grids)
        if len(grids) != len(self.mixer.taps) or any(len(grid) != 2 for grid in grids):
            raise ValueError(f"grids must be (height, width) for each of the taps {self.mixer.taps}; got {grids}.")
        for side in (side for grid in grids for side in grid):
            check_whole("each side of a grid", side, low=1)
        check_whole("replicas", self.replicas, low=1)

    @tf.autograph.experimental.do_not_convert
    def __call__(
        self, images: Any, labels: Any = None, sample_weight: Any = None, *, strength: Any = None, seed: Any = None
    ) -> Any:
        """Adds a plan and mixes labels; see `HiddenMixer`."""
        name = type(self.mixer).__name__
        if isinstance(images, dict) or labels is None:
            given = "a dict" if isinstance(images, dict) else "images alone"
            raise TypeError(f"{name} takes (images, labels) or (images, labels, sample_weight); got {given}.")
        element = read_element(Element(images, labels, sample_weight), self.mixer, Inputs())
        if element.images.shape.rank != 4:
            raise ValueError(f"{name} mixes the features of images; got videos {element.images.shape}. Use CutMix.")
        seed, strength = seed_of_call(self.mixer, seed), check_strength(strength)
        bound = dataclasses.replace(self, mixer=self.mixer.without_options())
        plan, targets, weight = cached_compile(_plan_features, bound, element.ranks)(element, seed, strength)
        inputs = {"images": element.images, "plan": plan}
        return (inputs, targets) if sample_weight is None else (inputs, targets, weight)


def _plan_features(bound: BoundMixer, _ranks, element: Element, seed: tf.Tensor, strength: tf.Tensor | None) -> tuple:
    """The plan as a dict, the targets and the weights."""
    mixer, batch = bound.mixer, tf.shape(element.images)[0]
    tap_seed, partner_seed, plan_seed = child_seeds(seed, 3)
    tap = uniform_integers(random_bits(tap_seed, [1]), len(mixer.taps))
    height, width = tf.unstack(tf.gather(tf.constant(bound.grids), tap)[0])
    plan = mixer.plan(Canvas(batch, height, width), plan_seed)
    _check_plan(plan, type(mixer).__name__)
    first, partner = partners_in_groups(partner_seed, batch, bound.replicas)
    plan = plan._replace(partner=first + partner).without_self_pairs()
    plan = thin_out(plan, batch, seed, strength)
    weight = own_weight(plan, height, width)
    targets, sample_weight = mix_labels(element.labels, first + partner, weight, element.sample_weight)
    rows = {"tap": tf.broadcast_to(tap, [batch]), "box": plan.box, "partner": partner}
    if plan.own_share is not None:
        rows["own_share"] = plan.own_share
    return rows, targets, sample_weight


def _check_plan(plan: Plan, name: str) -> None:
    """Raises ValueError if the plan has a part that `TappedModel` would not apply, so that labels would be wrong."""
    needed = {"cells": plan.cells, "a mask": plan.mask, "a source": plan.source, "tiles": plan.tiles}
    needed["erase"] = plan.erase or None
    parts = [part for part, value in needed.items() if value is not None]
    if parts:
        raise ValueError(
            f"Features can be mixed by boxes and own shares; {name} draws a plan with {' and '.join(parts)}. "
            "Draw it without, or mix images instead: subclass Mixer."
        )


def partners_in_groups(seed, batch, replicas: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A random cyclic shift inside each replica's part of the batch, as `tf.distribute` splits it.

    Each replica gets ⌈batch / replicas⌉ consecutive examples, the last ones what is left, if anything.

    Returns:
      int32 (batch,), the first example of one's part; and int32 (batch,), the partner counted from there.
    """
    place, group = tf.range(batch), tf.maximum((batch + replicas - 1) // replicas, 1)
    first = place // group * group
    size = tf.minimum(batch - first, group)
    shift = uniform_integers(random_bits(seed, [1]), tf.maximum(size - 1, 1)) + 1
    return first, (place - first + shift) % size
