"""ShakeDrop: residual branches are perturbed, with different random scales in the forward and backward pass."""

from typing import Literal

import keras
from keras import ops

from cutmix_tf._checks import check_choice, check_number
from cutmix_tf.layers._random_layer import RandomLayer

Range = tuple[float, float]


@keras.saving.register_keras_serializable(package="cutmix_tf")
class ShakeDrop(RandomLayer):
    """Multiplies a residual branch by b + a − b·a in training, and its gradient by b + c − b·c.

    A coin b decides whether the branch is left alone (b = 1) or perturbed (b = 0). If it is perturbed, a, uniform in
    `alpha`, scales it in the forward pass, and c, uniform in `beta`, scales its gradient; both are drawn for each
    example. In inference the branch is multiplied by the expectation of b + a − b·a, which is 1 − drop_rate for the
    paper's `alpha`. Labels are not affected.

    Call it on the branch, after its last BatchNormalization and just before it is added to the shortcut.

    Args:
      drop_rate: Probability of b = 0, in [0, 1]; see `unit_drop_rate`. The paper writes p for 1 − drop_rate.
      alpha: Lower and upper end of a.
      beta: Lower and upper end of c.
      per: "batch" draws b once for the mini-batch, as in the paper; "example" for each example.
      seed: An integer for reproducible draws; None for different ones each time.
      **options: As for every Keras layer.

    Call arguments:
      x: The branch (batch, …); the result has the same shape and dtype.
      training: Whether to perturb, or to scale by the expectation.

    Raises:
      ValueError, TypeError: if an argument is out of range.

    Reference:
      Yamada et al., "ShakeDrop Regularization for Deep Residual Learning", 2018, https://arxiv.org/abs/1802.02375.
    """

    def __init__(
        self,
        drop_rate: float,
        alpha: Range = (-1.0, 1.0),
        beta: Range = (0.0, 1.0),
        per: Literal["batch", "example"] = "batch",
        seed: int | None = None,
        **options,
    ):
        super().__init__(seed, **options)
        check_number("drop_rate", drop_rate, low=0, high=1)
        check_choice("per", per, ("batch", "example"))
        self.drop_rate, self.per = drop_rate, per
        self.alpha, self.beta = _check_range("alpha", alpha), _check_range("beta", beta)

    def call(self, x, training=False):
        """The branch, perturbed; in inference, its expectation."""
        if not training:
            return x * (1 - self.drop_rate * (1 - sum(self.alpha) / 2))
        examples = (ops.shape(x)[0], *[1] * (len(x.shape) - 1))
        coins = examples if self.per == "example" else ()
        keep = ops.cast(self._uniform(coins, (0.0, 1.0)) >= self.drop_rate, "float32")
        forward, backward = (
            ops.cast(keep + (1 - keep) * self._uniform(examples, ends), x.dtype) for ends in (self.alpha, self.beta)
        )
        constant = ops.stop_gradient(x)
        return forward * constant + backward * (x - constant)  # x − constant is 0, but has a gradient

    def _uniform(self, shape, ends: Range):
        return keras.random.uniform(shape, *ends, dtype="float32", seed=self.seed_generator)

    def get_config(self):
        """The constructor's arguments."""
        names = "drop_rate", "alpha", "beta", "per"
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _check_range(name: str, ends) -> Range:
    """The two ends of an interval.

    Raises:
      TypeError: if they are not two numbers.
      ValueError: if they are not finite, or the upper one is below the lower one.
    """
    if not isinstance(ends, tuple | list) or len(ends) != 2:
        raise TypeError(f"{name} must be two numbers, lower and upper end; got {ends!r}. Write {name}=(-1, 1).")
    lower, upper = ends
    check_number(f"lower end of {name}", lower, low=-1e4)
    check_number(f"upper end of {name}", upper, low=lower)
    return lower, upper
