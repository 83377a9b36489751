"""What methods share that take another mixer's images, and label them by a rule of their own."""

import abc
import dataclasses

import tensorflow as tf

from cutmix_tf.mixing._mixer import Mixer, check_combinable
from cutmix_tf.mixing._plan import Canvas, Plan


@dataclasses.dataclass(frozen=True)
class Relabeled(Mixer):
    """Another mixer's images, with labels by a rule of its own."""

    mixer: Mixer

    def __post_init__(self):
        name = type(self).__name__
        check_combinable(self.mixer, name)
        if self.mixer.num_images > 2:
            raise ValueError(
                f"{name} shares labels between two images; {self.mixer!r} mixes {self.mixer.num_images}. Use a mixer "
                "of two images, such as CutMix()."
            )

    @property
    def plan_is_complete(self) -> bool:
        """False: labels don't follow the plan."""
        return False

    @property
    def uses_attention(self) -> bool:
        """Whether the mixer does."""
        return self.mixer.uses_attention

    @property
    def uses_saliency(self) -> bool:
        """Whether the mixer does."""
        return self.mixer.uses_saliency

    @property
    def keeps_labels(self) -> bool:
        """Whether the mixer does: an image that is only erased keeps its label under either rule."""
        return self.mixer.keeps_labels

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError if the mixer can't process such images."""
        self.mixer.check_images(images)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """The mixer's plan."""
        return self.mixer.plan(canvas, seed)

    @abc.abstractmethod
    def label_weight(self, plan: Plan, canvas: Canvas) -> tf.Tensor:
        """The rule; see `Mixer`."""
