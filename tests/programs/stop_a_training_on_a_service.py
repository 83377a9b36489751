"""Trains on a data service and exits in the middle of an epoch. Arguments: the address, and the folder of arrays."""

import sys

import keras
import numpy as np

from cutmix_tf import datasets, pipeline


class Exit(keras.callbacks.Callback):
    """Ends the process after a few steps."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 5:
            raise SystemExit(75)


split = datasets.ArraySplit(np.zeros((12000, 8, 10, 3), np.uint8), np.zeros(12000, np.int32))
preprocessing = pipeline.Preprocessing((8, 10), (0, 0, 0), (1, 1, 1))
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
source = pipeline.DataService(*sys.argv[1:])
batches = pipeline.train_batches(split, preprocessing, batch_size=6, seed=1, source=source)
model.fit(batches, callbacks=[Exit()], verbose=0, shuffle=False)
