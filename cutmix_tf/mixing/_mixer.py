"""Mixers of images: each plans by its own rule, and all apply their plans in the same way."""

import dataclasses
from typing import Any

import tensorflow as tf

from cutmix_tf._xla import cached_compile
from cutmix_tf.mixing._bounding_boxes import BoxRules, mix_boxes
from cutmix_tf.mixing._element import Element, read_element
from cutmix_tf.mixing._inputs import Inputs
from cutmix_tf.mixing._labels import mix_labels, partners_of, pixel_weights
from cutmix_tf.mixing._options import OPTION, Names
from cutmix_tf.mixing._plan import Canvas, Plan, apply_plan
from cutmix_tf.mixing._planner import Planner, check_strength, thin_out
from cutmix_tf.mixing._resample import nearest
from cutmix_tf.mixing._saliency import saliency_maps
from cutmix_tf.mixing._seeds import seed_of_call


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mixer(Planner):
    """A method that mixes the images of a batch, and their labels by what the mixed images show.

    Subclasses are frozen dataclasses that write one method, `plan`. Calling a mixer

    - `mixer(images, labels)`, `mixer(images, labels, sample_weight)` or `mixer({"images": …, "labels": …,
      "segmentation_masks": …, "bounding_boxes": …, "sample_weights": …})` returns the same structure, mixed;
    - with `seed=(a, b)`, two integers, depends on its arguments alone; without it every call draws anew;
    - with `strength`, a number from 0 to 1, leaves each example that would be mixed unchanged with probability
      1 − strength, so that training can warm mixing up, or finish without it.

    Images are (batch, height, width, channels), of any integer or floating dtype and any range of values. In videos,
    (batch, frames, height, width, channels), all frames of an example are mixed alike. Segmentation masks are mixed
    like images, by methods that don't blend; with masks, labels may be missing.

    Bounding boxes are Keras' dict, {"boxes": float32 or float64 (batch, n, 4), "labels": (batch, n)}, with the label -1
    in rows without a box. Methods that paste whole boxes move them with their images: `CutMix`, `ResizeMix`, `Mosaic`
    and other methods that cut boxes; the others refuse. An image gets its own boxes and its partner's: (batch, 2n, 4)
    and (batch, 2n), or 4n for `Mosaic`. Each becomes the smallest box around what is seen of it; a box of which less is
    visible than `min_visible` is dropped. Boxes come first, then rows of -1. With boxes, labels of images may be
    missing.

    Integer class ids, (batch,) or (batch, 1), become pair targets, float32 (batch, 2, 2), or (batch, 4, 2) for
    `Mosaic`: targets[b, k] = (class id, weight), own label first; with `num_classes`, they become soft labels. Soft
    labels, floats (batch, classes), such as one-hot, smoothed or multi-label ones, stay soft labels. With `regression`,
    floats are values to predict, and mixed like soft labels. A model with several outputs has a dict or a tuple of
    labels, each mixed by its own kind. Sample weights, floats (batch,), are mixed so that weight × loss is the sum of
    both examples' weighted losses. An example without a partner, in a batch of one, stays as it is; its own label has
    weight 1.

    Mixers with `uses_attention` also need an attention map for each image, (batch, rows, columns), as `attention=…` or
    under that key of the dict. It is not returned, since it no longer describes the mixed image.

    With a `seed` of its own, a mixer counts its calls, and draws in call n what `seed=(seed, n)` draws:
    `dataset.map(CutMix(seed=0))` mixes each batch of each epoch in a new way, and in the same way whenever the program
    is run, as long as calls happen in the same order. They do in a `map` without `num_parallel_calls`; parallel calls,
    and several datasets that are read at the same time, compete for the numbers. `mix(dataset, mixer, seed=0)` numbers
    the batches instead, so it is reproducible in parallel too, and at any step. Copies of a mixer, and ones that were
    loaded, count from 0.

    Args:
      num_classes: See `Planner`, as for `regression` and `seed`.
      regression: See `Planner`.
      seed: See `Planner`.
      images_key: For models with several inputs, `({"photo": images, "age": ages}, labels)`: the key of the images.
      pass_through: For models with several inputs, the keys of those that are passed on as they are. They stay those
        of the example itself, although its image partly shows its partner. Other inputs are refused.
      bounding_box_format: Of boxes, as in `keras.utils.bounding_boxes.convert_format`: "xyxy" (left, top, right,
        bottom), "yxyx", "xywh", "center_xywh" or "center_yxhw" in pixels; "rel_xyxy", "rel_yxyx", "rel_xywh" or
        "rel_center_xywh" as shares of width and height.
      min_visible: The share of a box's area that must be seen for it to stay, in [0, 1]; 0 keeps all that is visible.
        Of a box that reaches beyond its image, the part inside counts.

    Raises:
      ValueError, TypeError: when called, for anything in an element that can't be mixed truthfully.
      tf.errors.InvalidArgumentError: at run time, for labels, weights or sizes that are only known then.
    """

    images_key: str | None = dataclasses.field(default=None, hash=False, metadata=OPTION)
    pass_through: Names = dataclasses.field(default=(), hash=False, metadata=OPTION)
    bounding_box_format: str = dataclasses.field(default="xyxy", hash=False, metadata=OPTION)
    min_visible: float = dataclasses.field(default=0.1, hash=False, metadata=OPTION)

    @property
    def uses_saliency(self) -> bool:
        """Whether it needs the saliency of the images, which is then computed."""
        return False

    @property
    def num_images(self) -> int:
        """How many images a mixed one can show: k, in pair targets (batch, k, 2)."""
        return 2

    def label_weight(self, plan: Plan, canvas: Canvas) -> tf.Tensor:
        """The weight of the own label: float32 (batch,), the counted share of own values in the image.

        A method whose weights need not sum to one returns both, float32 (batch, 2): the own label's and the partner's.
        If the plan has tiles, there are four, float32 (batch, 4).
        """
        return pixel_weights(plan, canvas.height, canvas.width)

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
        given, inputs = Element(images, labels, sample_weight, attention=attention), self._inputs
        element = read_element(given, self, inputs, self.bounding_box_format)
        self._check_attention(element.attention)
        self.check_images(element.images)
        seed, strength = seed_of_call(self, seed), check_strength(strength)
        grid = None if element.attention is None else tuple(element.attention.shape[1:])
        rules = None if element.boxes is None else BoxRules(self.bounding_box_format, self.min_visible)
        compiled = cached_compile(_mix, self.without_options(), grid, rules, element.ranks)
        mixed = Element(*compiled(element, seed, strength))
        return mixed._replace(images=tf.reshape(mixed.images, tf.shape(element.images))).like(given, inputs)

    @tf.autograph.experimental.do_not_convert
    def unmixed(self, images: Any, labels: Any = None, sample_weight: Any = None) -> Any:
        """A batch in the form that the mixer returns, but unmixed: with `num_classes`, class ids become soft labels.

        `validation.map(mixer.unmixed)` gives validation data that fit the same loss. Takes the same elements. Bounding
        boxes stay as they are.
        """
        given = Element(images, labels, sample_weight)
        return read_element(given, self, self._inputs, self.bounding_box_format).like(given, self._inputs)

    @property
    def _inputs(self) -> Inputs:
        return Inputs(self.images_key, tuple(self.pass_through))


def check_combinable(mixer: Any, name: str) -> None:
    """Raises unless `mixer` is one that a mixer called `name` can build on.

    Raises:
      TypeError: if it doesn't mix images.
      ValueError: if its plan alone doesn't determine image and label, or it has options, which would be ignored.
    """
    if not isinstance(mixer, Mixer):
        raise TypeError(f"{name} needs mixers of images such as CutMix(); got {mixer!r}.")
    if not mixer.plan_is_complete:
        raise ValueError(f"{name} needs mixers that don't relabel; {mixer!r} does. Use the mixer inside it.")
    if mixer.without_options() is not mixer:
        raise ValueError(
            f"{name} reads the batch for its mixers, so that options such as num_classes are its own: write "
            f"{name}(…, num_classes=10), not {mixer!r} inside of it."
        )


def _mix(
    mixer: Mixer,
    grid: tuple[int, int] | None,
    rules: BoxRules | None,
    _ranks,
    element: Element,
    seed: tf.Tensor,
    strength: tf.Tensor | None,
) -> Element:
    """Images, labels, weights, masks and boxes of a mixed batch; images as (batch, height, width × channels).

    XLA's loops follow the shape of what a function returns: over rows they copy whole vectors, over pixels three
    values at a time.
    """
    images, labels, sample_weight, masks, attention, boxes = element
    if attention is not None:  # a plan must know the size of the grid when it is traced
        attention = tf.ensure_shape(attention, [None, *(grid or ())])
    batch, *frames, height, width, channels = tf.unstack(tf.shape(images))
    saliency = saliency_maps(images) if mixer.uses_saliency else None
    canvas = Canvas(batch, height, width, attention, saliency, masks)
    plan = mixer.plan(canvas, seed)
    plan = thin_out(plan.without_self_pairs(), batch, seed, strength)
    name = type(mixer).__name__
    if plan.partner is not None:
        _check_labels(element, name)
    if plan.partner is not None and labels is not None:
        weight = mixer.label_weight(plan, canvas)
        labels, sample_weight = mix_labels(labels, partners_of(plan), weight, sample_weight)
    if masks is not None:
        masks = _mix_masks(plan, masks, name)
    if boxes is not None:
        boxes = mix_boxes(plan, boxes, height, width, rules or BoxRules(), name)
    rows = tf.reshape(apply_plan(plan, images), [batch, *frames, height, width * channels])
    return Element(rows, labels, sample_weight, masks, boxes=boxes)


def _check_labels(element: Element, name: str) -> None:
    """Raises ValueError if there is nothing that says what a mixed image shows."""
    if element.labels is None and element.masks is None and element.boxes is None:
        raise ValueError(
            f"{name} mixes labels together with images; got images only. Pass (images, labels), or images and "
            "segmentation_masks or bounding_boxes in a dict."
        )
    if element.labels is None and element.sample_weight is not None:
        raise ValueError(f"{name} mixes sample weights together with labels; got weights without labels. Remove them.")


def _mix_masks(plan: Plan, masks: tf.Tensor, name: str) -> tf.Tensor:
    """Masks are mixed like their images; where an image is erased, its mask stays, as its label does."""
    if plan.blends:
        raise ValueError(
            f"{name} can blend images, but segmentation_masks can't be blended: each of their pixels belongs to one "
            f"image. Use a method that pastes, such as CutMix; got {masks.dtype.name} masks."
        )
    return apply_plan(plan.mixing_only(), masks, nearest)
