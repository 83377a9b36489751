"""What all mixers share: a frozen value that plans by its own rule and mixes by the common one."""

import abc
import dataclasses
from typing import Any, Literal

import tensorflow as tf

from cutmix_tf._checks import check_choice, check_number
from cutmix_tf._random import check_seed, coins, fold_in, fresh_seed, random_bits, uniform_integers
from cutmix_tf._xla import cached_compile
from cutmix_tf.mixing._element import Element, read_element
from cutmix_tf.mixing._labels import mix_labels
from cutmix_tf.mixing._plan import Canvas, Plan, apply_plan, own_weight

Per = Literal["example", "batch"]
_STRENGTH = 0x57  # keeps the coin of `strength` apart from the mixer's own draws


class Mixer(abc.ABC):
    """A rule that mixes the examples of a batch, and their labels by what the pictures then show.

    Subclasses are frozen dataclasses and write one method, `plan`. Calling a mixer

    - `mixer(images, labels)`, `mixer(images, labels, sample_weight)` or `mixer({"images": …, "labels": …,
      "segmentation_masks": …, "sample_weights": …})` returns the same structure, mixed;
    - with `seed=(a, b)`, two integers, is a function of its arguments alone; without it each call draws anew;
    - with `strength`, a number from 0 to 1, leaves each example that would be mixed as it was with probability
      1 − strength: a training may so warm mixing in, or end without it.

    Images are (batch, height, width, channels). Integer class ids (batch,) or (batch, 1) become pair targets
    float32 (batch, 2, 2), where targets[b, k] = (class id, weight), own label first; soft labels float
    (batch, classes) stay so. Mixers with `uses_attention` also need each picture's attention map, (batch, rows,
    columns), as `attention=…` or under that key of the dict; it is used up, since it no longer describes the mixed
    picture. Whatever else is in an element is refused with a ValueError or TypeError.
    """

    @property
    def uses_attention(self) -> bool:
        """Whether this mixer needs attention maps."""
        return False

    @property
    def is_told_by_plan(self) -> bool:
        """Whether its plan tells all that it does to a picture and its label, so that other mixers may use it."""
        return True

    @property
    def keeps_labels(self) -> bool:
        """Whether this mixer only erases, so that labels stay as they are."""
        return False

    @abc.abstractmethod
    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws who is mixed with whom and where, on a batch of that size; a function of the arguments."""

    def label_weight(self, plan: Plan, height, width) -> tf.Tensor:
        """The weight of the own label: float32 (batch,), the counted share of own values in the picture."""
        return own_weight(plan, height, width)

    def check_images(self, images: tf.Tensor) -> None:  # noqa: B027 - most methods treat any image
        """Raises ValueError at trace time if this method cannot treat images of that dtype and shape."""

    def _check_attention(self, attention: tf.Tensor | None) -> None:
        who = type(self).__name__
        if self.uses_attention and attention is None:
            raise ValueError(
                f"{who} needs each picture's attention map, (batch, rows, columns); got none. Pass attention=…, or "
                "the key 'attention' in a dict; cutmix_tf.attention makes maps from a classifier."
            )
        if attention is not None and not self.uses_attention:
            raise ValueError(f"{who} does not use attention maps, and they don't describe a mixed picture. Drop them.")

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
        strength = None if strength is None else check_strength(strength)
        grid = None if element.attention is None else tuple(element.attention.shape[1:])
        mixed = Element(*cached_compile(_mix, self, grid)(element, seed, strength))
        return mixed._replace(images=tf.reshape(mixed.images, tf.shape(element.images))).like(images)


def _mix(mixer: Mixer, grid: tuple[int, int] | None, element: Element, seed: tf.Tensor, strength) -> Element:
    """Plan, pictures, masks and labels; pictures as (batch, height, width × channels).

    XLA's loops follow the shape of what it returns: over rows they copy whole vectors, over pixels three values.
    """
    images, labels, sample_weight, masks, attention = element
    if attention is not None:  # a plan must know the size of the grid when it is traced
        attention = tf.ensure_shape(attention, [None, *grid])
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    plan = thin_out(mixer.plan(Canvas(batch, height, width, attention), seed), batch, seed, strength)
    who = type(mixer).__name__
    if plan.partner is not None:
        if labels is None:
            raise ValueError(f"{who} mixes labels as it mixes images; got images alone. Pass (images, labels).")
        weight = mixer.label_weight(plan, height, width)
        labels, sample_weight = mix_labels(labels, plan.partner, weight, sample_weight)
    if masks is not None:
        masks = _mix_masks(plan, masks, who)
    rows = tf.reshape(apply_plan(plan, images), [batch, height, width * tf.shape(images)[3]])
    return Element(rows, labels, sample_weight, masks)


def thin_out(plan: Plan, batch, seed, strength: tf.Tensor | None) -> Plan:
    """The plan with each example's box emptied with probability 1 − strength."""
    if strength is None:
        return plan
    kept = coins(random_bits(fold_in(seed, _STRENGTH), [batch]), strength)
    return plan._replace(box=tf.where(kept[:, None], plan.box, 0))


def _mix_masks(plan: Plan, masks: tf.Tensor, who: str) -> tf.Tensor:
    """Masks follow their pictures; where a picture is erased, its mask stays as its label does."""
    if plan.blends:
        raise ValueError(f"{who} can blend pictures, but class ids in segmentation_masks don't blend. Use CutMix.")
    return apply_plan(plan.without_erasing(), masks)


@dataclasses.dataclass(frozen=True)
class Draws:
    """The draws that every method needs: its coin, its partners, and bits for whatever is its own."""

    coin: tf.Tensor
    partner: tf.Tensor
    bits: list[tf.Tensor]
    batch: Any

    def spread(self, values: tf.Tensor) -> tf.Tensor:
        """One row for each example, from rows for each example or one row for the batch."""
        return tf.broadcast_to(values, tf.concat([[self.batch], tf.shape(values)[1:]], axis=0))

    def box(self, box: tf.Tensor) -> tf.Tensor:
        """The boxes where the coin fell so, empty ones elsewhere: int32 (batch, 4)."""
        return self.spread(tf.where(self.coin[:, None], box, 0))


def draw(seed, batch, own: int, *, prob: float, per: Per) -> Draws:
    """Draws one coin per example or batch, partners for all, and `own` rows of further bits.

    Partners are a random cyclic shift of the batch: nobody is their own partner, save in a batch of one.
    """
    bits = tf.unstack(random_bits(seed, [own + 2, batch if per == "example" else 1]))
    shift = uniform_integers(bits[0][:1], tf.maximum(batch - 1, 1)) + 1
    partner = (tf.range(batch) + shift) % batch
    return Draws(coin=coins(bits[1], prob), partner=partner, bits=bits[2:], batch=batch)


def check_strength(strength: Any) -> tf.Tensor:
    """The strength as float64. Raises ValueError or TypeError unless it is a number, in [0, 1] where that is known."""
    if not tf.is_tensor(strength):
        check_number("strength", strength, low=0, high=1)
    elif strength.shape != () or not strength.dtype.is_floating:
        raise ValueError(f"strength must be one float; got {strength.dtype.name} of shape {strength.shape}.")
    return tf.cast(strength, tf.float64)


def check_common(prob: float, per: str) -> None:
    """Raises ValueError or TypeError unless `prob` is in [0, 1] and `per` says example or batch."""
    check_number("prob", prob, low=0, high=1)
    check_choice("per", per, ("example", "batch"))
