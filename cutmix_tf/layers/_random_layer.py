"""What the regularizing layers share: their own random numbers, whose state is saved with the weights."""

import keras
from keras import ops


class RandomLayer(keras.layers.Layer):
    """A layer that draws random numbers in each training step and returns values of its input's shape.

    Saved weights include the state of its random generator, which Keras leaves out: a training that is resumed from a
    file continues the sequence instead of starting it again.

    Args:
      seed: An integer for reproducible draws; None for different ones each time.
      **options: As for every Keras layer.
    """

    def __init__(self, seed: int | None, **options):
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        return input_shape

    def save_own_variables(self, store):
        """Writes the weights and the state of the random generator."""
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        """Reads what `save_own_variables` wrote."""
        self.seed_generator.state.assign(store["seed_state"])
        super().load_own_variables({key: store[key] for key in store.keys() if key != "seed_state"})  # noqa: SIM118

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}
