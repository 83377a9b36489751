"""What all methods have in common: a frozen value that draws a plan from a seed."""

import abc
import dataclasses
from typing import Any, Literal

import tensorflow as tf

from cutmix_tf._checks import check_choice, check_number
from cutmix_tf._random import coins, fold_in, random_bits, uniform_integers
from cutmix_tf.mixing._options import OPTION, Names, NumClasses
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._value import MethodValue

Per = Literal["example", "batch"]
_STRENGTH = 0x57  # keeps the coin of `strength` apart from the method's own draws


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planner(MethodValue, abc.ABC):
    """A method as a value: from a seed it draws who is mixed with whom, and where.

    There are two kinds: a `Mixer` applies its plan to images, a `HiddenMixer` sends it along to the features inside a
    model. Methods are frozen dataclasses, so they can be compared, hashed and printed, and stored in a config.

    Every method has these options, which are given by name:

    Args:
      num_classes: Turns class ids into soft labels, float32 (batch, num_classes), for losses that take no pair targets.
        An id that is not below it, or a soft label with another number of classes, is an error. For a dict of labels,
        one number for all outputs, or a dict with one for each output that has class ids.
      regression: True for labels that are values to predict, floats (batch,) or (batch, values): they are mixed in the
        same proportion as images. For a dict of labels, the names of the outputs that are values.
      seed: An integer from 0 to 2**31 - 1 that makes calls without a `seed` of their own reproducible: the n-th call
        draws what `seed=(seed, n)` draws, counted from 0 in each process. See `Mixer`.

    Raises:
      TypeError: for an argument that it does not have; the message says which one is meant.
      TypeError, ValueError: if an option is outside its range.
    """

    num_classes: NumClasses = dataclasses.field(default=None, hash=False, metadata=OPTION)
    regression: bool | Names = dataclasses.field(default=False, hash=False, metadata=OPTION)
    seed: int | None = dataclasses.field(default=None, hash=False, metadata=OPTION)

    @property
    def uses_attention(self) -> bool:
        """Whether it needs attention maps."""
        return False

    @property
    def keeps_labels(self) -> bool:
        """Whether it only erases, so that labels stay as they are."""
        return False

    @property
    def plan_is_complete(self) -> bool:
        """Whether its plan determines image and label, so that other methods can build on it."""
        return True

    @abc.abstractmethod
    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws the plan for a batch of that size; a function of its arguments alone."""


@dataclasses.dataclass(frozen=True)
class Draws:
    """The draws that every method needs: its coin, its partners, and further bits for its own use."""

    coin: tf.Tensor
    partner: tf.Tensor
    bits: list[tf.Tensor]
    batch: Any

    def per_example(self, values: tf.Tensor) -> tf.Tensor:
        """One row for each example, from rows for each example or a single row for the batch."""
        return tf.broadcast_to(values, tf.concat([[self.batch], tf.shape(values)[1:]], axis=0))

    def box(self, box: tf.Tensor) -> tf.Tensor:
        """The boxes where the coin came up heads, empty ones elsewhere: int32 (batch, 4)."""
        return self.per_example(tf.where(self.coin[:, None], box, 0))


def draw(seed, batch, own: int, *, prob: float, per: Per) -> Draws:
    """Draws a coin for each example or for the batch, a partner for each example, and `own` rows of further bits.

    Partners are a random cyclic shift of the batch, so nobody is their own partner, except in a batch of one.
    """
    bits = tf.unstack(random_bits(seed, [own + 2, batch if per == "example" else 1]))
    shift = uniform_integers(bits[0][:1], tf.maximum(batch - 1, 1)) + 1
    partner = (tf.range(batch) + shift) % batch
    return Draws(coin=coins(bits[1], prob), partner=partner, bits=bits[2:], batch=batch)


def thin_out(plan: Plan, batch, seed, strength: tf.Tensor | None) -> Plan:
    """The plan with each example's box emptied with probability 1 − strength."""
    if strength is None:
        return plan
    kept = coins(random_bits(fold_in(seed, _STRENGTH), [batch]), strength)
    return plan._replace(box=tf.where(kept[:, None], plan.box, 0))


def check_strength(strength: Any) -> tf.Tensor | None:
    """The strength as float64, or None. Raises ValueError or TypeError unless it is a number, in [0, 1] if known."""
    if strength is None:
        return None
    if not tf.is_tensor(strength):
        check_number("strength", strength, low=0, high=1)
    elif strength.shape != () or not strength.dtype.is_floating:
        raise ValueError(f"strength must be a single float; got {strength.dtype.name} of shape {strength.shape}.")
    return tf.cast(strength, tf.float64)


def check_common(prob: float, per: str) -> None:
    """Raises ValueError or TypeError unless `prob` is in [0, 1] and `per` is "example" or "batch"."""
    check_number("prob", prob, low=0, high=1)
    check_choice("per", per, ("example", "batch"))
