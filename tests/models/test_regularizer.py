"""Regularizers of residual models: where their layers are, at which rates, and that such models train and save."""

import ast
import dataclasses

import keras
import numpy as np
import pytest
from helpers.marks import slow_but
from helpers.small_models import KINDS, build, layers_of, output_of, small, some, trainable, units_in

from cutmix_tf import layers, models
from cutmix_tf.models import WithDropBlock, WithShakeDrop, WithStochasticDepth

REGULARIZERS = (WithDropBlock(0.2, 2), WithStochasticDepth(0.5), WithShakeDrop(0.5))
every_regularizer = pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda value: type(value).__name__)


# --- where they are --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", slow_but(["resnet", "wide_resnet"], KINDS))
@pytest.mark.parametrize(
    ("regularizer", "layer", "rates"),
    [
        (WithStochasticDepth(0.4), layers.StochasticDepth, "linear"),
        (WithStochasticDepth(0.4, rule="constant"), layers.StochasticDepth, "constant"),
        (WithShakeDrop(0.4), layers.ShakeDrop, "linear"),
    ],
)
def test_branches_end_in_their_regularizer(kind, regularizer, layer, rates):
    model = small(kind, regularizer=regularizer)
    units, found = units_in(model), layers_of(model, layer)
    for unit, regularized in zip(units, found, strict=True):
        add = model.get_layer(f"{unit}_out" if kind in ("pyramidnet", "wide_resnet") else f"{unit}_add")
        assert add.input[1] is regularized.output
        assert regularized.name.startswith(unit)
    expected = np.arange(1, len(units) + 1) / len(units) * 0.4 if rates == "linear" else [0.4] * len(units)
    np.testing.assert_allclose([regularized.drop_rate for regularized in found], expected)
    last = {"pyramidnet": "bn4", "wide_resnet": "conv2", "resnext": "bn3", "resnet": "bn2"}.get(kind, "scale")
    assert found[-1].input is output_of(model, f"{units[-1]}_{last}")


@pytest.mark.parametrize("kind", slow_but(["resnet", "wide_resnet"], KINDS))
def test_drop_block_follows_every_norm_of_the_last_two_stages_and_the_shortcuts(kind):
    model = small(kind, regularizer=WithDropBlock(0.2, 3, per_channel=False))
    units = [unit for unit in units_in(model) if not unit.startswith("stage1")]
    found = {layer.name: layer for layer in layers_of(model, layers.DropBlock)}
    norms = {"pyramidnet": 4, "resnext": 3}.get(kind, 2)
    maps = [f"bn{number}" for number in range(1, norms + 1)]
    assert set(found) == {f"{unit}_{place}_drop_block" for unit in units for place in ("shortcut", *maps)}
    for name, layer in found.items():
        rate = 0.2 if name.startswith("stage3") else 0.05
        assert (layer.drop_rate, layer.block_size, layer.per_channel) == (pytest.approx(rate), 3, False)
    for unit in units:
        for number in range(1, norms + 1):
            before = found[f"{unit}_bn{number}_drop_block"].input
            names = {layer.name for layer in model.layers if layer.output is before}
            assert names <= {f"{unit}_bn{number}", f"{unit}_relu{number}"}
            followed_by_relu = any(layer.name == f"{unit}_relu{number}" for layer in model.layers)
            assert names == {f"{unit}_{'relu' if followed_by_relu else 'bn'}{number}"}
        add = model.get_layer(f"{unit}_out" if kind in ("pyramidnet", "wide_resnet") else f"{unit}_add")
        assert add.input[0] is found[f"{unit}_shortcut_drop_block"].output


@pytest.mark.parametrize(("factor", "earlier"), [(4.0, 0.025), (1, 0.1), (2.5, 0.04)])
def test_drop_block_drops_less_in_the_stage_before_the_last(factor, earlier):
    """By default the authors' 1 − (1 − keep) / 4^(4 − stage) of ResNet-50's third and fourth stages."""
    assert WithDropBlock().stage_factor == 4
    model = small("resnet", regularizer=WithDropBlock(0.1, 3, stage_factor=factor))
    rates = {layer.name[:6]: layer.drop_rate for layer in layers_of(model, layers.DropBlock)}
    assert rates == {"stage2": pytest.approx(earlier), "stage3": 0.1}


@every_regularizer
def test_a_regularizer_leaves_names_weights_and_cut_points_as_they_are(regularizer):
    plain, regularized = (small("se", regularizer=value) for value in (None, regularizer))
    names = [layer.name for layer in plain.layers if not isinstance(layer, keras.layers.InputLayer)]
    kinds = (layers.DropBlock, layers.StochasticDepth, layers.ShakeDrop)
    assert {layer.name for layer in regularized.layers if not isinstance(layer, kinds)} >= set(names)
    assert trainable(regularized) == trainable(plain)
    for layer in regularized.layers:
        if layer.name.endswith("_out"):
            keras.Model(layer.output, regularized.output)


def test_drop_block_does_nothing_in_inference_and_depth_scales_the_branches():
    plain = small("resnet")
    x = some(3, 12, 8, 3)
    for regularizer, same in ((WithDropBlock(0.5, 2), True), (WithStochasticDepth(1.0), False)):
        other = small("resnet", regularizer=regularizer)
        for layer in plain.layers:
            if layer.weights:
                other.get_layer(layer.name).set_weights(layer.get_weights())
        assert np.allclose(other(x), plain(x), rtol=1e-5, atol=1e-6) is same
        assert not np.allclose(other(x, training=True), plain(x, training=True), rtol=1e-3)


# --- training and files ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "regularizer"), [*zip(("resnet", "se", "wide_resnet"), REGULARIZERS, strict=True)])
def test_a_regularized_model_trains(kind, regularizer):
    keras.utils.set_random_seed(0)
    model = small(kind, regularizer=regularizer)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)  # graphs of the layers are tested with them
    before = [np.asarray(weight) for weight in model.trainable_weights]
    images, labels = some(6, 12, 8, 3), np.arange(6) % 5
    history = model.fit(images, labels, batch_size=4, verbose=0)  # the last batch holds two
    assert np.isfinite(history.history["loss"]).all()
    changed = [(old != np.asarray(new)).any() for old, new in zip(before, model.trainable_weights, strict=True)]
    assert np.mean(changed) > 0.5
    assert np.isfinite(model.predict(images, verbose=0)).all()


@pytest.mark.slow
@every_regularizer
def test_a_regularized_model_survives_a_file(regularizer, tmp_path):
    model = small("ge", regularizer=regularizer)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = some(2, 12, 8, 3)
    np.testing.assert_array_equal(loaded(x), model(x))
    np.testing.assert_array_equal(loaded(x, training=True), model(x, training=True))  # the same draws


# --- as values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", models.REGULARIZERS.values(), ids=models.REGULARIZERS)
def test_a_regularizer_reads_back_from_its_text(kind):
    for value in (kind(), kind(drop_rate=0.125)):
        call = ast.parse(repr(value), mode="eval").body
        assert models.REGULARIZERS[call.func.id] is kind
        assert kind(**{word.arg: ast.literal_eval(word.value) for word in call.keywords}) == value
        assert hash(value) == hash(dataclasses.replace(value))


@pytest.mark.parametrize("name", ["wrn10_1", "resnet20", pytest.param("pyramidnet110", marks=pytest.mark.slow)])
def test_build_puts_the_regularizer_in(symbolic, name):
    model = build(name, regularizer=WithStochasticDepth(0.25))
    found = layers_of(model, layers.StochasticDepth)
    assert len(found) == len(units_in(model))
    assert found[-1].drop_rate == 0.25


def test_all_residual_models_take_one():
    residual = {name for name in models.MODELS if "res" in name or "wrn" in name or "pyramid" in name}
    assert residual >= {"resnet20", "resnet152", "ge_resnet50", "pyramidnet200", "wrn28_10"}
    assert {name for name, row in models.MODELS.items() if "regularizer" in row.options} == residual
    assert "regularizer" in models.architecture("wrn22_3").options


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WithDropBlock(1.1), ValueError, r"drop_rate must be at least 0 and at most 1; got 1\.1\."),
        (lambda: WithDropBlock(block_size=0), ValueError, r"block_size must be at least 1; got 0\."),
        (lambda: WithDropBlock(per_channel="no"), TypeError, r"per_channel must be True or False; got 'no'\."),
        (lambda: WithDropBlock(stage_factor=0.5), ValueError, r"stage_factor must be at least 1; got 0\.5\."),
        (lambda: WithStochasticDepth("0.2"), TypeError, r"drop_rate must be a number; got '0\.2'"),
        (lambda: WithStochasticDepth(rule="liner"), ValueError, r"rule must be one of .*Did you mean 'linear'\?"),
        (lambda: WithShakeDrop(-1), ValueError, r"drop_rate must be at least 0 and at most 1; got -1\."),
    ],
)
def test_refusals_say_what_was_needed_and_what_came(make, error, message):
    with pytest.raises(error, match=message):
        make()
