"""The last step before `fit`."""

import os

import tensorflow as tf


def for_fit(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset with the options that training needs: in order, read ahead, and divided among workers by batch."""
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_optimization.apply_default_optimizations = False  # they copy the images in memory
    # By default there is one for each core, but some of them do nothing but wait for others.
    options.threading.private_threadpool_size = 2 * (os.cpu_count() or 1)
    # Each worker makes all batches and keeps its part of each. With OFF all workers would get the same part.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
