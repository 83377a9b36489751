"""A mixer as a Keras layer, for pipelines that are built of layers."""

from typing import Any

import keras

from cutmix_tf.mixing._mixer import Mixer


@keras.saving.register_keras_serializable(package="cutmix_tf")
class MixingLayer(keras.layers.Layer):
    """A mixer as the last layer of an augmentation pipeline.

    It mixes as the mixer does: the same elements, the same results. Like Keras' own augmentation layers, it works in
    `Dataset.map` whatever backend Keras trains with, alone or inside `keras.layers.Pipeline`, and with the TensorFlow
    backend also inside `keras.Sequential`. Outside of tf.data it returns TensorFlow tensors. It is not a part of a
    model: labels don't pass through models.

    Keras' own augmentation layers cast all they get to floats. So labels that pass through them must be one-hot.

    Args:
      mixer: A mixer of images, such as `CutMix(num_classes=10)`.
      **options: As for every Keras layer; `dtype` has no effect.

    Call arguments:
      images: Images, a model's inputs or an element as a dict, as the mixer takes them. `Pipeline` passes on one
        argument, so it needs a dict.
      labels: As the mixer takes them.
      sample_weight: As the mixer takes them.
      training: Whether to mix, True unless given, as for `keras.layers.MixUp`. False returns the element as
        `Mixer.unmixed` does: as it is, but for class ids, which `num_classes` still turns into soft labels.

    Raises:
      TypeError: if `mixer` does not mix images.
      ValueError, TypeError: when called, as the mixer.

    Example:
      >>> augment = keras.layers.Pipeline([keras.layers.RandomFlip("horizontal"), MixingLayer(CutMix())])
      >>> dataset = dataset.map(lambda images, labels: augment({"images": images, "labels": tf.one_hot(labels, 10)}))
    """

    def __init__(self, mixer: Mixer, **options: Any):
        super().__init__(**options)
        if not isinstance(mixer, Mixer):
            raise TypeError(f"MixingLayer needs a mixer of images such as CutMix(); got {mixer!r}.")
        self.mixer = mixer
        self.built = True

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Mixes at once: Keras would convert inputs to its backend's tensors, and cast images to the layer's dtype."""
        return self.call(*arguments, **options)

    def call(self, images: Any, labels: Any = None, sample_weight: Any = None, training: bool | None = None) -> Any:
        """The mixed element, in the form of the given one."""
        if training is None or training:
            return self.mixer(images, labels, sample_weight)
        return self.mixer.unmixed(images, labels, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mixer": keras.saving.serialize_keras_object(self.mixer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "MixingLayer":
        """A layer from its config."""
        return cls(**{**config, "mixer": keras.saving.deserialize_keras_object(config["mixer"])})
