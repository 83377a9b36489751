"""Mixing a whole dataset reproducibly."""

from typing import Any

import keras
import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf.mixing._hidden import BoundMixer, HiddenMixer
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._py_dataset import ArrayBatches, MixedPyDataset
from cutmix_tf.mixing._seeds import check_unseeded

KERAS_BATCH_SIZE = 32  # of `fit`, where none is given


def mix(data: Any, mixer: Mixer | BoundMixer, seed: int = 0, *, batch_size: int | None = None) -> Any:
    """Mixes every batch of some data, images and labels, with random draws that depend on (seed, step) alone.

    Equal seeds give equal bits, whatever the number of parallel calls, in every process and after a restart.

    - A `tf.data.Dataset` gives a dataset. Steps count from its start, so iterating a second time mixes in the same way.
      To keep counting across epochs, repeat the dataset first: `mix(dataset.repeat(), mixer)`. Or use
      `dataset.map(mixer)`, which draws anew at every step.
    - A `keras.utils.PyDataset` gives a PyDataset, whose steps keep counting from epoch to epoch.
    - Arrays, such as `(images, labels)`, give a PyDataset that shuffles them in each epoch, and mixes batches of
      `batch_size`. It takes the place of `fit(images, labels, batch_size=…)`.

    Args:
      data: Elements (images, labels), (images, labels, sample_weight) or dicts, as the mixer takes them; batched,
        unless they are arrays.
      mixer: A mixer of images, or a hidden mixer that is bound to a model.
      seed: An integer from 0 to 2**31 - 1.
      batch_size: Of arrays; 32 by default, as in `fit`.

    Returns:
      Data of the same structure whose labels are targets; see `Mixer` and `HiddenMixer`. PyDatasets give NumPy arrays.

    Raises:
      TypeError: if `data` is none of these, `mixer` is not a mixer, `seed` is not an integer, or `batch_size` is given
        for data that is already batched.
      ValueError: if the elements can't be mixed (see `Mixer`), a hidden mixer is not bound to a model, the mixer
        has a seed of its own, a number is outside its range, arrays differ in their number of examples, or a
        PyDataset uses processes.
    """
    if not isinstance(mixer, Mixer | HiddenMixer | BoundMixer):
        raise TypeError(f"mix needs a mixer such as CutMix(); got {mixer!r}.")
    check_whole("seed", seed, low=0, high=2**31 - 1)
    method = mixer.mixer if isinstance(mixer, BoundMixer) else mixer
    check_unseeded(f"mix draws from its own seed: write mix(dataset, mixer, seed={method.seed})", method)
    if isinstance(data, tuple | list | dict):
        batch_size = KERAS_BATCH_SIZE if batch_size is None else batch_size
        check_whole("batch_size", batch_size, low=1)
        return MixedPyDataset(ArrayBatches(data, batch_size, seed), mixer, seed)
    if batch_size is not None:
        raise TypeError(f"batch_size is for arrays; {type(data).__name__} has batches of its own.")
    if isinstance(data, keras.utils.PyDataset):
        return MixedPyDataset(data, mixer, seed)
    if not isinstance(data, tf.data.Dataset):
        raise TypeError(
            f"mix needs a tf.data.Dataset, a keras.utils.PyDataset, or arrays (images, labels); got "
            f"{type(data).__name__}."
        )
    return _mixed_dataset(data, mixer, seed)


def _mixed_dataset(dataset: tf.data.Dataset, mixer: Mixer | BoundMixer, seed: int) -> tf.data.Dataset:
    def mix_step(step, element):
        parts = element if isinstance(element, tuple) else (element,)
        return mixer(*parts, seed=tf.stack([tf.constant(seed, tf.int64), step]))

    return tf.data.Dataset.zip((tf.data.Dataset.counter(), dataset)).map(
        mix_step, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
