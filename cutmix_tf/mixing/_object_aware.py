"""ObjectAware: another mixer's images, with labels shared by the objects that can be seen instead of by area."""

import dataclasses
from typing import Literal

import tensorflow as tf

from cutmix_tf._checks import check_choice
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._objects import Masses, masses_on_maps, masses_on_masks, masses_on_saliency
from cutmix_tf.mixing._plan import Canvas, Plan, own_weight
from cutmix_tf.mixing._relabeled import Relabeled

_MASSES = {"attention": masses_on_maps, "masks": masses_on_masks, "saliency": masses_on_saliency}


@dataclasses.dataclass(frozen=True)
class ObjectAware(Relabeled):
    """Mixes images like another mixer; labels are shared by how much of each image's object is visible.

    A box that shows none of the partner's object should not give its label any weight, however large it is. Maps say
    where objects are: attention maps of a teacher, other maps such as saliency, or segmentation masks. Each map is
    divided by its largest value. Let `own` be the sum of an image's map over all of its pixels, `seen` that over the
    pixels that it keeps, and `pasted` the sum of its partner's map over the pixels that are pasted.

    - `rule="area"`, as in OA-CutMix: the weights are seen / (seen + pasted) and pasted / (seen + pasted).
    - `rule="semantic"`, as in SnapMix: the weights are seen / own and pasted / partner's own, so their sum need not be
      one: it is 0 if both objects are hidden, and 2 if both are seen whole. `MixedCrossentropy` is then the sum of both
      labels' losses with those weights, and a soft label sums to the same; the number of images that a batch's loss is
      averaged over stays the same. `MixedAccuracy` takes the label with the larger weight.

    Where nothing can be compared, since no object is visible ("area") or a map is 0 everywhere ("semantic"), the weight
    is the share of pixels, as for the mixer itself. An image that is not mixed keeps its own label with weight 1. Where
    images are blended, each object counts in the proportion of its image.

    Args:
      mixer: A mixer of images that doesn't relabel, such as `CutMix()`.
      rule: "area" or "semantic".
      objects: Where maps come from: "attention" for maps (batch, rows, columns) that are given like those of
        `AttentiveCutMix`, not negative, whose cells are laid over the image; "masks" for the segmentation masks of the
        batch, whose objects are all pixels that are not 0 (set the void pixels of a dataset to 0 before); "saliency"
        for that of the images, as in `SaliencyMix`.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, as the mixer, and if maps or masks are
        missing.
      tf.errors.InvalidArgumentError: at run time, if a map has negative values.

    Example:
      >>> images, labels = tf.zeros([8, 32, 32, 3]), tf.range(8)
      >>> masks = tf.ones([8, 32, 32], tf.int32)
      >>> mixer = ObjectAware(CutMix(), objects="masks")
      >>> mixed = mixer({"images": images, "labels": labels, "segmentation_masks": masks})

    docs/methods/object_aware.md says how this differs from both papers.

    Reference:
      Nauen et al., "OA-CutMix: Correcting the Label Bias of CutMix", 2026, https://arxiv.org/abs/2606.04820; Huang,
      Wang and Tao, "SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data", AAAI 2021,
      https://arxiv.org/abs/2012.04846, Equations 3 to 5.
    """

    mixer: Mixer
    rule: Literal["area", "semantic"] = "area"
    objects: Literal["attention", "masks", "saliency"] = "attention"

    def __post_init__(self):
        super().__post_init__()
        check_choice("rule", self.rule, ("area", "semantic"))
        check_choice("objects", self.objects, tuple(_MASSES))

    @property
    def uses_attention(self) -> bool:
        """Whether objects are found on attention maps, or the mixer uses some."""
        return self.objects == "attention" or self.mixer.uses_attention

    @property
    def uses_saliency(self) -> bool:
        """Whether objects are found by saliency, or the mixer uses it."""
        return self.objects == "saliency" or self.mixer.uses_saliency

    def label_weight(self, plan: Plan, canvas: Canvas) -> tf.Tensor:
        """The own label's weight, float32 (batch,), or both labels' weights, (batch, 2); see the class."""
        mixing = plan.mixing_only()
        masses = _MASSES[self.objects](mixing, canvas)
        share = tf.zeros([], tf.float64) if plan.own_share is None else tf.cast(plan.own_share, tf.float64)
        seen = masses.total - masses.inside + share * masses.inside
        pasted = (1 - share) * masses.pasted
        pixels = own_weight(plan, canvas.height, canvas.width)
        if self.rule == "area":
            return tf.where(seen + pasted > 0, tf.cast(seen / (seen + pasted), tf.float32), pixels)
        return _semantic(seen, pasted, masses, pixels, plan.partner)


def _semantic(seen: tf.Tensor, pasted: tf.Tensor, masses: Masses, pixels: tf.Tensor, partner) -> tf.Tensor:
    """The visible part of each of the two objects: float32 (batch, 2)."""
    whole = tf.stack([masses.total, tf.gather(masses.total, partner)], axis=1)
    parts = tf.cast(tf.stack([seen, pasted], axis=1) / whole, tf.float32)
    return tf.where(whole > 0, parts, tf.stack([pixels, 1 - pixels], axis=1))
