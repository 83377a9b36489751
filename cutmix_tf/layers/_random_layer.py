"""What the regularizing layers share: draws of their own, whose state goes into files."""

import keras
from keras import ops


class RandomLayer(keras.layers.Layer):
    """A layer that draws in each training step, and whose result has the shape of what it is given.

    A file of weights also holds how far its draws have come, which Keras leaves out: a training that goes on from a
    file draws on, and does not draw its first steps again.

    Args:
      seed: An integer, to draw the same again; None for other draws each time.
      **options: As for every Keras layer.
    """

    def __init__(self, seed: int | None, **options):
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def compute_output_shape(self, input_shape):
        """The shape that came in."""
        return input_shape

    def save_own_variables(self, store):
        """Writes the weights and the state of the draws."""
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote."""
        self.seed_generator.state.assign(store["seed_state"])
        super().load_own_variables({key: store[key] for key in store.keys() if key != "seed_state"})  # noqa: SIM118

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}
