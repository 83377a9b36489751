"""Manifold Mixup: MixUp inside a model."""

import dataclasses

from cutmix_tf.mixing._hidden import HiddenMixer
from cutmix_tf.mixing._mixup import MixUp
from cutmix_tf.mixing._plan import Canvas, Plan


@dataclasses.dataclass(frozen=True)
class ManifoldMixUp(HiddenMixer):
    """MixUp on a feature map: features are blended with the partner's, and the label in the same proportion.

    Bind it to a model before use. `HiddenMixer` describes the arguments, what happens to images and labels, what is
    returned and what is raised. The paper's taps are the input and the first two stages, its alpha is 2.

    Example:
      >>> tapped = TappedModel(model, taps=(0, 1, 2))
      >>> mixer = tapped.bind(ManifoldMixUp(alpha=2.0, taps=(0, 1, 2)))
      >>> tapped.fit(dataset.map(mixer))

    Reference:
      Verma et al., "Manifold Mixup: Better Representations by Interpolating Hidden States", ICML 2019,
      https://arxiv.org/abs/1806.05236, Section 2.
    """

    def plan(self, canvas: Canvas, seed) -> Plan:
        """MixUp's plan."""
        return MixUp(self.alpha, self.prob, self.per).plan(canvas, seed)
