"""Mixing inside the network: the plan is drawn with the data, and travels with its batch to where it is applied."""

import abc
import dataclasses
from typing import Any

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_number, check_whole
from cutmix_tf._random import check_seed, child_seeds, fresh_seed, random_bits, uniform_integers
from cutmix_tf._xla import cached_compile
from cutmix_tf.mixing._cutmix import CutMix
from cutmix_tf.mixing._element import Element, read_element
from cutmix_tf.mixing._labels import mix_labels
from cutmix_tf.mixing._mixer import Mixer, Per, check_common, check_strength, thin_out
from cutmix_tf.mixing._mixup import MixUp
from cutmix_tf.mixing._plan import Canvas, Plan, own_weight

Grids = tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class HiddenMixer(Mixer):
    """Leaves pictures as they are, adds the plan by which `TappedModel` mixes features, and mixes labels by it.

    `mixer(images, labels)` returns `({"images": images, "plan": plan}, targets)`. For each batch one of the taps is
    drawn, and the label's share is counted on the grid of its feature map. Partners are drawn inside each replica's
    part of the batch, since features don't travel between replicas.

    The plan is a dict of tensors, a row for each example: tap int32 (batch,), the same in all rows; box int32
    (batch, 4) in cells of the tap's grid; partner int32 (batch,), an index into the replica's part; and, for blends,
    own_share float32 (batch,).

    Args:
      alpha: Concentration of the Beta distribution, above 0.
      prob: Chance of an example (or of a batch) to be mixed.
      per: "example" draws for each example, "batch" once for the whole batch.
      taps: Where to mix, as `TappedModel` takes them: 0 for the image, k for the end of stage k - 1 of a network of
        the table (1 for its stem), or names of layers.
      grids: Height and width of the feature map at each tap; `TappedModel.bind` sets them.
      replicas: How many share a batch; `TappedModel.bind` sets it.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, if no model was bound.
    """

    alpha: float = 1.0
    prob: float = 1.0
    per: Per = "example"
    taps: tuple[int | str, ...] = (0, 1, 2, 3)
    grids: Grids | None = dataclasses.field(default=None, repr=False)
    replicas: int = dataclasses.field(default=1, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "taps", as_tuple("taps", self.taps))
        check_number("alpha", self.alpha, low=0, above=True)
        check_common(self.prob, self.per)
        for tap in self.taps:
            if not isinstance(tap, str):
                check_whole("each tap", tap, low=0)
        if not self.taps or len(set(self.taps)) < len(self.taps):
            raise ValueError(f"taps must be different layers, at least one; got {self.taps}.")
        check_whole("replicas", self.replicas, low=1)

    def bound_to(self, grids: Grids, replicas: int) -> "HiddenMixer":
        """This mixer for the feature maps of a model; see `TappedModel.bind`."""
        return dataclasses.replace(self, grids=grids, replicas=replicas)

    @property
    def is_told_by_plan(self) -> bool:
        """False: the plan is for features."""
        return False

    @abc.abstractmethod
    def plan(self, canvas: Canvas, seed) -> Plan:
        """The plan on a feature map of that size."""

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride] - no attention here
        self, images: Any, labels: Any = None, sample_weight: Any = None, *, strength: Any = None, seed: Any = None
    ) -> Any:
        """Adds a plan and mixes labels; see the class."""
        who = type(self).__name__
        if isinstance(images, dict) or labels is None:
            raise TypeError(f"{who} takes (images, labels) or (images, labels, sample_weight); got another element.")
        if self.grids is None:
            raise ValueError(f"{who} mixes inside a model; bind it first: TappedModel(model, taps).bind({who}()).")
        element = read_element(Element(images, labels, sample_weight), who)
        seed = fresh_seed() if seed is None else check_seed(seed)
        strength = None if strength is None else check_strength(strength)
        plan, targets, weight = cached_compile(_hidden, self)(element, seed, strength)
        inputs = {"images": element.images, "plan": plan}
        return (inputs, targets) if sample_weight is None else (inputs, targets, weight)


@dataclasses.dataclass(frozen=True)
class FeatureCutMix(HiddenMixer):
    """CutMix on a feature map: a box of the partner's features is pasted, and the label shared by cells.

    See `HiddenMixer` for what it returns and takes.

    Reference:
      Yun et al. 2019, Table 3 and Section 4.1.3 ("Feature CutMix"; which layers it used is not stated for ImageNet).
    """

    def plan(self, canvas: Canvas, seed) -> Plan:
        """CutMix's plan."""
        return CutMix(self.alpha, self.prob, self.per).plan(canvas, seed)


@dataclasses.dataclass(frozen=True)
class ManifoldMixUp(HiddenMixer):
    """MixUp on a feature map: features are blended with the partner's, and the label in the same proportion.

    See `HiddenMixer` for what it returns and takes.

    Reference:
      Verma et al., "Manifold Mixup: Better Representations by Interpolating Hidden States", ICML 2019,
      https://arxiv.org/abs/1806.05236, Section 2. Its taps are the input and the first two stages, its alpha 2.
    """

    def plan(self, canvas: Canvas, seed) -> Plan:
        """MixUp's plan."""
        return MixUp(self.alpha, self.prob, self.per).plan(canvas, seed)


def _hidden(mixer: HiddenMixer, element: Element, seed: tf.Tensor, strength: tf.Tensor | None) -> tuple:
    """The plan as a dict, the targets and the weights."""
    batch = tf.shape(element.images)[0]
    tap_seed, partner_seed, plan_seed = child_seeds(seed, 3)
    tap = uniform_integers(random_bits(tap_seed, [1]), len(mixer.taps))
    height, width = tf.unstack(tf.gather(tf.constant(mixer.grids or ()), tap)[0])
    plan = thin_out(mixer.plan(Canvas(batch, height, width), plan_seed), batch, seed, strength)
    first, partner = partners_in_groups(partner_seed, batch, mixer.replicas)
    weight = own_weight(plan, height, width)
    targets, sample_weight = mix_labels(element.labels, first + partner, weight, element.sample_weight)
    rows = {"tap": tf.broadcast_to(tap, [batch]), "box": plan.box, "partner": partner}
    if plan.own_share is not None:
        rows["own_share"] = plan.own_share
    return rows, targets, sample_weight


def partners_in_groups(seed, batch, replicas: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A cyclic shift inside each replica's part of the batch, as `tf.distribute` deals it out.

    A replica gets ⌈batch / replicas⌉ examples in a row, the last ones what is left, if anything.

    Returns:
      int32 (batch,), the first example of one's part; and int32 (batch,), the partner counted from there.
    """
    place, group = tf.range(batch), tf.maximum((batch + replicas - 1) // replicas, 1)
    first = place // group * group
    size = tf.minimum(batch - first, group)
    shift = uniform_integers(random_bits(seed, [1]), tf.maximum(size - 1, 1)) + 1
    return first, (place - first + shift) % size
