"""Feature CutMix: CutMix inside a model."""

import dataclasses

from cutmix_tf.mixing._cutmix import CutMix
from cutmix_tf.mixing._hidden import HiddenMixer
from cutmix_tf.mixing._plan import Canvas, Plan


@dataclasses.dataclass(frozen=True)
class FeatureCutMix(HiddenMixer):
    """CutMix on a feature map: a box of the partner's features is pasted, and the label is shared by cells.

    Bind it to a model before use. `HiddenMixer` describes the arguments, what happens to images and labels, what is
    returned and what is raised.

    Example:
      >>> tapped = TappedModel(model, taps=(0, 1, 2))
      >>> mixer = tapped.bind(FeatureCutMix(taps=(0, 1, 2)))
      >>> tapped.fit(dataset.map(mixer))

    Reference:
      Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", ICCV 2019,
      https://arxiv.org/abs/1905.04899, Table 3 and Section 4.1.3 ("Feature CutMix"; for ImageNet the layers are not
      stated).
    """

    def plan(self, canvas: Canvas, seed) -> Plan:
        """CutMix's plan."""
        return CutMix(self.alpha, self.prob, self.per).plan(canvas, seed)
