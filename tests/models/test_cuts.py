"""Where a model's graph can be cut: each cut, and nothing else, separates the output from the input."""

import keras
import pytest

from cutmix_tf import models


def separates(model, name):
    """Whether the output can be computed from that layer's output alone."""
    try:
        keras.Model(model.get_layer(name).output, model.outputs[0])
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["resnet20", "wrn16_1"])
def test_cuts_are_the_maps_that_separate_the_output_from_the_input(name):
    model = models.build(name, num_classes=2, input_shape=(32, 32, 3))
    maps = models.feature_maps(model)
    if separates(model, "stage1_block1_conv1"):  # the residual goes around it
        pytest.skip("Keras 3.8 builds models from maps that don't separate the output from the input")
    assert list(models.cuts(model)) == [name for name in maps if separates(model, name)]
    assert "stage2_block1_out" in models.cuts(model)
