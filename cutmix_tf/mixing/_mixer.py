"""Mixers of images: each plans by its own rule, and all apply their plans in the same way."""

from typing import Any

import tensorflow as tf

from cutmix_tf._random import check_seed, fresh_seed
from cutmix_tf._xla import cached_compile
from cutmix_tf.mixing._element import Element, read_element
from cutmix_tf.mixing._labels import mix_labels
from cutmix_tf.mixing._plan import Canvas, Plan, apply_plan, own_weight
from cutmix_tf.mixing._planner import Planner, check_strength, thin_out


class Mixer(Planner):
    """A method that mixes the images of a batch, and their labels by what the mixed images show.

    Subclasses are frozen dataclasses that write one method, `plan`. Calling a mixer

    - `mixer(images, labels)`, `mixer(images, labels, sample_weight)` or `mixer({"images": …, "labels": …,
      "segmentation_masks": …, "sample_weights": …})` returns the same structure, mixed;
    - with `seed=(a, b)`, two integers, depends on its arguments alone; without it every call draws anew;
    - with `strength`, a number from 0 to 1, leaves each example that would be mixed unchanged with probability
      1 − strength, so that training can warm mixing up, or finish without it.

    Images are (batch, height, width, channels), of any integer or floating dtype and any range of values. Integer class
    ids, (batch,) or (batch, 1), become pair targets, float32 (batch, 2, 2): targets[b, k] = (class id, weight), own
    label first. Soft labels, floats (batch, classes), stay soft labels. An example without a partner, in a batch of
    one, stays as it is; its own label has weight 1.

    Mixers with `uses_attention` also need an attention map for each image, (batch, rows, columns), as `attention=…` or
    under that key of the dict. It is not returned, since it no longer describes the mixed image.

    Raises:
      ValueError, TypeError: when called, for anything in an element that can't be mixed truthfully.
      tf.errors.InvalidArgumentError: at run time, for labels, weights or sizes that are only known then.
    """

    def label_weight(self, plan: Plan, height, width) -> tf.Tensor:
        """The weight of the own label: float32 (batch,), the counted share of own values in the image."""
        return own_weight(plan, height, width)

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError at trace time if this method can't process images of that dtype and shape."""

    def _check_attention(self, attention: tf.Tensor | None) -> None:
        name = type(self).__name__
        if self.uses_attention and attention is None:
            raise ValueError(
                f"{name} needs an attention map for each image, (batch, rows, columns); got none. Pass attention=…, or "
                "the key 'attention' in a dict; cutmix_tf.attention makes maps with a classifier."
            )
        if attention is not None and not self.uses_attention:
            raise ValueError(
                f"{name} does not use attention maps, and they would not describe the mixed images. Remove them."
            )

    @tf.autograph.experimental.do_not_convert
    def __call__(
        self,
        images: Any,
        labels: Any = None,
        sample_weight: Any = None,
        *,
        attention: Any = None,
        strength: Any = None,
        seed: Any = None,
    ) -> Any:
        """Mixes one batch; see the class."""
        element = read_element(Element(images, labels, sample_weight, attention=attention), type(self).__name__)
        self._check_attention(element.attention)
        self.check_images(element.images)
        seed = fresh_seed() if seed is None else check_seed(seed)
        grid = None if element.attention is None else tuple(element.attention.shape[1:])
        mixed = Element(*cached_compile(_mix, self, grid)(element, seed, check_strength(strength)))
        return mixed._replace(images=tf.reshape(mixed.images, tf.shape(element.images))).like(images)


def check_combinable(mixer: Any, name: str) -> None:
    """Raises unless `mixer` is one that a mixer called `name` can build on.

    Raises:
      TypeError: if it doesn't mix images.
      ValueError: if its plan alone doesn't determine image and label.
    """
    if not isinstance(mixer, Mixer):
        raise TypeError(f"{name} needs mixers of images such as CutMix(); got {mixer!r}.")
    if not mixer.plan_is_complete:
        raise ValueError(f"{name} uses the plans of mixers; {mixer!r} does more than its plan says.")


def _mix(mixer: Mixer, grid: tuple[int, int] | None, element: Element, seed: tf.Tensor, strength) -> Element:
    """Images, labels, weights and masks of a mixed batch; images as (batch, height, width × channels).

    XLA's loops follow the shape of what a function returns: over rows they copy whole vectors, over pixels three
    values at a time.
    """
    images, labels, sample_weight, masks, attention = element
    if attention is not None:  # a plan must know the size of the grid when it is traced
        attention = tf.ensure_shape(attention, [None, *(grid or ())])
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    plan = mixer.plan(Canvas(batch, height, width, attention), seed)
    plan = thin_out(plan.without_self_pairs(), batch, seed, strength)
    name = type(mixer).__name__
    if plan.partner is not None:
        if labels is None:
            raise ValueError(f"{name} mixes labels together with images; got images only. Pass (images, labels).")
        weight = mixer.label_weight(plan, height, width)
        labels, sample_weight = mix_labels(labels, plan.partner, weight, sample_weight)
    if masks is not None:
        masks = _mix_masks(plan, masks, name)
    rows = tf.reshape(apply_plan(plan, images), [batch, height, width * tf.shape(images)[3]])
    return Element(rows, labels, sample_weight, masks)


def _mix_masks(plan: Plan, masks: tf.Tensor, name: str) -> tf.Tensor:
    """Masks are mixed like their images; where an image is erased, its mask stays, as its label does."""
    if plan.blends:
        raise ValueError(f"{name} can blend images, but class ids in segmentation_masks can't be blended. Use CutMix.")
    return apply_plan(plan.mixing_only(), masks)
