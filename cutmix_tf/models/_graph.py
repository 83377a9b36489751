"""The symbolic graph of a functional model: which layer made which tensor.

`layer.output` is the result of the layer's first call, which may lie in another model that shares the layer, and Keras
has no public way to ask for the others (keras-team/keras#20267, #23238). This file alone reads Keras' own records.
"""

from typing import NamedTuple

import keras


class Call(NamedTuple):
    """A call in a graph: the layer, and the symbolic tensors it was called with."""

    layer: keras.Operation
    inputs: list[keras.KerasTensor]


def call_of(tensor: keras.KerasTensor) -> Call:
    """The call that made a symbolic tensor."""
    layer, index, _ = tensor._keras_history
    return Call(layer, layer._inbound_nodes[index].input_tensors)


def outputs_of(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The output of each layer in this model's graph, by name and in the order of `model.layers`.

    A layer that the model calls several times is there with one of its outputs; one with several outputs, with one too.
    """
    found, seen, waiting = {}, set(), list(model.outputs)
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        call = call_of(tensor)
        found.setdefault(call.layer.name, tensor)
        waiting += call.inputs
    return {layer.name: found[layer.name] for layer in model.layers if layer.name in found}


def feature_maps(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The feature maps in a functional model's graph: symbolic (batch, rows, columns, channels), by the layer's name.

    They are those of this very model, even if it shares layers with others; a layer that is a model itself counts as
    one layer. The images that come in are not among them.
    """
    inputs = [id(tensor) for tensor in model.inputs]
    outputs = outputs_of(model)
    return {name: x for name, x in outputs.items() if len(x.shape) == 4 and id(x) not in inputs}


def cuts(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The feature maps from which alone everything after them is computed: where the graph can be cut in two.

    In a ResNet these are the stem's maps and the ends of the blocks, but nothing inside a residual branch.

    Args:
      model: A functional model with one input.

    Returns:
      Symbolic (batch, rows, columns, channels) by the layer's name, in the order of the graph.
    """
    outputs = outputs_of(model)
    place = {name: number for number, name in enumerate(outputs)}
    bypassed = set()
    for name, tensor in outputs.items():
        for source in call_of(tensor).inputs:
            bypassed.update(range(place[call_of(source).layer.name] + 1, place[name]))
    return {name: x for name, x in feature_maps(model).items() if place[name] not in bypassed}
