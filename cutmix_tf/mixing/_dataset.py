"""Mixing a whole dataset reproducibly."""

import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.mixing._mixer import Mixer


def mix(dataset: tf.data.Dataset, mixer: Mixer, seed: int = 0) -> tf.data.Dataset:
    """Mixes each batch of a dataset, pictures and labels, with chance that is a function of (seed, step).

    Equal seeds give equal bits whatever the number of parallel calls, in every process and after a restart.
    Steps count from the dataset's beginning: iterating again mixes alike. To go on counting over epochs,
    repeat first, `mix(dataset.repeat(), mixer)`; or use `dataset.map(mixer)`, which draws anew each time.

    Args:
      dataset: Batched elements (images, labels), (images, labels, sample_weight) or dicts, as mixers take them.
      mixer: Any mixer.
      seed: A whole number from 0 to 2**31 - 1.

    Returns:
      A dataset of the same structure; the labels are targets.

    Raises:
      TypeError: if `dataset` is no tf.data.Dataset or `mixer` no mixer.
      ValueError: if the elements can't be mixed; see `Mixer`.
    """
    if not isinstance(dataset, tf.data.Dataset):
        raise TypeError(f"mix needs a tf.data.Dataset; got {type(dataset).__name__}.")
    if not isinstance(mixer, Mixer):
        raise TypeError(f"mix needs a mixer such as CutMix(); got {mixer!r}.")
    check_whole("seed", seed, low=0, high=2**31 - 1)

    def mix_step(step, element):
        parts = element if isinstance(element, tuple) else (element,)
        return mixer(*parts, seed=tf.stack([tf.constant(seed, tf.int64), step]))

    return tf.data.Dataset.zip((tf.data.Dataset.counter(), dataset)).map(
        mix_step, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
