"""Copies the weights of a torch model into a Keras model of the same architecture, layer by layer."""

import keras
import torch
from torch import nn


def randomize_normalizations(model: nn.Module) -> nn.Module:
    """Replaces the ones and zeros that normalizations start with, so that confusing them changes the result."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(std=0.1)
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
    return model


def copy_weights(source: nn.Module, target: keras.Model) -> None:
    """Copies all weights. Raises ValueError if the models differ in their number of layers or the shape of a weight."""
    for layer, module in pairs(target, source):
        layer.set_weights(weights_for(layer, module))


def pairs(target: keras.Model, source: nn.Module) -> list[tuple[keras.Layer, nn.Module]]:
    """The layers that have weights, each with its counterpart."""
    kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
    modules = [module for module in source.modules() if isinstance(module, kinds)]
    return list(zip(_layers(target), modules, strict=True))


def weights_for(layer: keras.Layer, module: nn.Module) -> list:
    """A module's weights in the order and with the axes of the layer's weights."""
    if isinstance(module, nn.BatchNorm2d):
        weights = [module.weight, module.bias, module.running_mean, module.running_var]
    else:
        weights = [_kernel(layer, module.weight), *([] if module.bias is None else [module.bias])]
    return [weight.detach().numpy() for weight in weights]


def _kernel(layer: keras.Layer, kernel: torch.Tensor) -> torch.Tensor:
    """A kernel with the axes that Keras uses; torch has (outputs, inputs, height, width) or (outputs, inputs)."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return kernel.permute(2, 3, 0, 1)
    if isinstance(layer, keras.layers.Dense):
        return kernel.flatten(1).T  # a 1 × 1 convolution in some models of timm
    return kernel.permute(2, 3, 1, 0)


def _layers(model: keras.Model) -> list[keras.Layer]:
    """The layers that have weights, in torch's order: as they are called, with a unit's shortcut after its branch."""
    layers = [layer for layer in model.layers if layer.weights]
    units = [layer.name.split("_")[:2] for layer in layers]
    in_order = sorted(
        zip(units, layers, strict=True), key=lambda pair: (units.index(pair[0]), "shortcut" in pair[1].name)
    )
    return [layer for _, layer in in_order]
