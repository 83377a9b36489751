"""Models that mix their hidden features by plans that come with the batch."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from cutmix_tf._checks import check_whole, did_you_mean
from cutmix_tf.models._graph import outputs_of


@keras.saving.register_keras_serializable(package="cutmix_tf")
class TappedModel(keras.Model):
    """A model whose features are mixed at taps, by the plans that `FeatureCutMix` and `ManifoldMixUp` add to batches.

    Trains on ({"images": …, "plan": …}, targets). On plain images it computes what `base` does, which is the model
    that was given and shares all layers and weights. It can be saved and loaded, for example by `ModelCheckpoint`; to
    evaluate or export a trained model use `base`, which knows nothing about taps.

    Args:
      model: A functional model with one input, from `models.build` or elsewhere.
      taps: Where features can be mixed, in the order of the graph: 0 for the image, k for the end of stage k - 1 of a
        model of the table, where stage 0 is the stem; or names of layers. The whole graph must pass through each tap.

    Raises:
      ValueError: if there is no such layer, its output is not a feature map of known size, the taps are out of order,
        or part of the graph bypasses one.
      TypeError: if the model is not functional.

    Example:
      >>> model = models.build("resnet20", num_classes=10, input_shape=(32, 32, 3))
      >>> tapped = TappedModel(model, taps=(0, 1, 2))
      >>> mixer = tapped.bind(FeatureCutMix(taps=(0, 1, 2)))
      >>> tapped.compile("sgd", loss=MixedCrossentropy())
      >>> tapped.fit(dataset.map(mixer))
    """

    def __init__(self, model: keras.Model, taps: Sequence[int | str]):
        super().__init__(name=f"tapped_{model.name}")
        if not getattr(model, "inputs", None):
            raise TypeError(f"TappedModel needs a functional model, whose graph it can cut; got {model!r}.")
        self.base, self.taps = model, tuple(taps)
        tensors = [_tensor_at(model, tap) for tap in self.taps]
        self.grids = tuple((tensor.shape[1], tensor.shape[2]) for tensor in tensors)
        ends = [model.inputs[0], *tensors, model.outputs[0]]
        names = ["the input", *self.taps, "the output"]
        self.stages = [
            None if first is last else _stage(first, last, names[k], names[k + 1])
            for k, (first, last) in enumerate(itertools.pairwise(ends))
        ]
        self.built = True  # all its layers belong to the model, which is built

    def bind(self, mixer: Any, replicas: int = 1) -> Any:
        """The mixer with the grids of its taps.

        Args:
          mixer: A `FeatureCutMix` or `ManifoldMixUp` with this model's taps.
          replicas: How many share a batch: `strategy.num_replicas_in_sync`.

        Raises:
          ValueError: if its taps are others.
        """
        if mixer.taps != self.taps:
            raise ValueError(f"The mixer's taps must be the model's, {self.taps}; got {mixer.taps}.")
        return mixer.bound_to(self.grids, replicas)

    def call(self, inputs, training=None):
        """Logits of plain images, or of images whose features are mixed by the plan beside them."""
        if not isinstance(inputs, dict):
            return self.base(inputs, training=training)
        x, plan = inputs["images"], inputs["plan"]
        for tap, stage in enumerate(self.stages):
            x = x if stage is None else stage(x, training=training)
            if tap < len(self.taps):
                x = _mix_if(ops.any(plan["tap"] == tap), x, plan)
        return x

    def get_config(self):
        """The constructor's arguments."""
        return {"model": keras.saving.serialize_keras_object(self.base), "taps": self.taps}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A tapped model of a new base model."""
        model = keras.saving.deserialize_keras_object(config["model"], custom_objects=custom_objects)
        return cls(model, config["taps"])


def mix_features(features, plan: dict[str, Any]):
    """Feature maps (batch, height, width, channels) with their partners' values inside the plan's boxes, same dtype."""
    height, width = features.shape[1:3]
    top, left, bottom, right = (plan["box"][:, k, None] for k in range(4))
    rows, columns = ops.arange(height, dtype="int32")[None], ops.arange(width, dtype="int32")[None]
    inside_rows, inside_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = inside_rows[:, :, None, None] & inside_columns[:, None, :, None]
    incoming = ops.take(features, plan["partner"], axis=0)
    if "own_share" in plan:
        share = ops.cast(plan["own_share"], features.dtype)[:, None, None, None]
        blend = share * features + (1 - share) * incoming
        # A weight of 0 ignores its side, even if that is NaN or infinite.
        incoming = ops.where(share == 1, features, ops.where(share == 0, incoming, blend))
    return ops.where(inside, incoming, features)


def _mix_if(here, features, plan: dict[str, Any]):
    return ops.cond(here, lambda: mix_features(features, plan), lambda: features)


def _tensor_at(model: keras.Model, tap: int | str) -> keras.KerasTensor:
    """The symbolic feature map at a tap."""
    if tap == 0:
        return model.inputs[0]
    outputs = outputs_of(model)
    name = tap if isinstance(tap, str) else _end_of_stage(list(outputs), tap, model.name)
    if name not in outputs:
        raise ValueError(f"A tap must be a layer of {model.name!r}; got {tap!r}.{did_you_mean(str(name), outputs)}")
    if len(outputs[name].shape) != 4 or None in outputs[name].shape[1:3]:
        raise ValueError(
            f"A tap must be a feature map of known height and width; {name!r} returns {outputs[name].shape}."
        )
    return outputs[name]


def _end_of_stage(names: list[str], tap: int, model: str) -> str:
    """The name of the last layer of stage `tap` - 1: stem_out, or the last one named stage…_out."""
    check_whole("each tap", tap, low=0)
    start = "stem_" if tap == 1 else f"stage{tap - 1}_"
    ends = [name for name in names if name.startswith(start) and name.endswith("_out")]
    if not ends:
        raise ValueError(
            f"{model!r} has no tap {tap}: no layer is named {start}…_out. Pass the name of a layer instead."
        )
    return ends[-1]


def _stage(first, last, after, until) -> keras.Model:
    """The part of the graph between two cuts, sharing its layers."""
    try:
        stage = keras.Model(first, last, name=f"until_{until}".replace(" ", "_"))
        inputs = [layer for layer in stage.layers if isinstance(layer, keras.layers.InputLayer)]
        if len(inputs) > 1:  # Keras before 3.11 lets a stage begin at the model's own input too
            raise ValueError("The stage has several inputs.")
        return stage
    except ValueError as error:
        raise ValueError(
            f"The whole graph must pass through each tap, in this order; it can't be cut between {after!r} and "
            f"{until!r}. Choose the end of a block, and list taps in the order of the graph."
        ) from error
