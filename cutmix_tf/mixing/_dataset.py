"""Mixing a whole dataset reproducibly."""

import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.mixing._hidden import BoundMixer, HiddenMixer
from cutmix_tf.mixing._mixer import Mixer


def mix(dataset: tf.data.Dataset, mixer: Mixer | BoundMixer, seed: int = 0) -> tf.data.Dataset:
    """Mixes every batch of a dataset, images and labels, with random draws that depend on (seed, step) alone.

    Equal seeds give equal bits, whatever the number of parallel calls, in every process and after a restart. Steps
    count from the start of the dataset, so iterating a second time mixes in the same way. To keep counting across
    epochs, repeat the dataset first: `mix(dataset.repeat(), mixer)`. Or use `dataset.map(mixer)`, which draws anew at
    every step.

    Args:
      dataset: Batched elements (images, labels), (images, labels, sample_weight) or dicts, as the mixer takes them.
      mixer: A mixer of images, or a hidden mixer that is bound to a model.
      seed: An integer from 0 to 2**31 - 1.

    Returns:
      A dataset of the same structure whose labels are targets; see `Mixer` and `HiddenMixer`.

    Raises:
      TypeError: if `dataset` is not a tf.data.Dataset, `mixer` is not a mixer, or `seed` is not an integer.
      ValueError: if the elements can't be mixed (see `Mixer`), a hidden mixer is not bound to a model, the mixer
        has a seed of its own, or `seed` is outside its range.
    """
    if not isinstance(dataset, tf.data.Dataset):
        raise TypeError(f"mix needs a tf.data.Dataset; got {type(dataset).__name__}.")
    if not isinstance(mixer, Mixer | HiddenMixer | BoundMixer):
        raise TypeError(f"mix needs a mixer such as CutMix(); got {mixer!r}.")
    check_whole("seed", seed, low=0, high=2**31 - 1)
    method = mixer.mixer if isinstance(mixer, BoundMixer) else mixer
    if method.seed is not None:
        raise ValueError(f"mix draws from its own seed; got {method!r}. Write mix(dataset, mixer, seed={method.seed}).")

    def mix_step(step, element):
        parts = element if isinstance(element, tuple) else (element,)
        return mixer(*parts, seed=tf.stack([tf.constant(seed, tf.int64), step]))

    return tf.data.Dataset.zip((tf.data.Dataset.counter(), dataset)).map(
        mix_step, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
