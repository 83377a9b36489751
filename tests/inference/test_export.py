"""A classifier in the formats of other runtimes: what they compute agrees with Keras, for images of several sizes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.deployed import some_classifier, some_images

BATCHES = [np.stack(some_images([size] * 2)).astype(np.float32) for size in ((12, 8), (33, 50), (64, 21))]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The model of a classifier, as plain Keras loads it."""
    file = tmp_path_factory.mktemp("classifier") / "classifier.keras"
    some_classifier().save(file)
    loaded = keras.saving.load_model(file)
    loaded.predict(BATCHES[0], verbose=0)  # Keras exports to ONNX what was called before
    return loaded


def assert_agrees(model, predict):
    for images in BATCHES:
        np.testing.assert_allclose(predict(images), model.predict(images, verbose=0), atol=1e-5)


@pytest.mark.slow
def test_saved_model(model, tmp_path):
    model.export(tmp_path / "saved_model", verbose=False)
    served = tf.saved_model.load(tmp_path / "saved_model")
    assert_agrees(model, served.serve)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of tf2onnx
def test_onnx(model, tmp_path):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    model.export(tmp_path / "classifier.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "classifier.onnx")
    assert [given.name for given in session.get_inputs()] == ["images"]
    assert_agrees(model, lambda images: session.run(None, {"images": images})[0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of TensorFlow's converter
def test_litert(model, tmp_path):
    interpreter_of = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    model.export(tmp_path / "classifier.tflite", format="litert", verbose=False)
    interpreter = interpreter_of(str(tmp_path / "classifier.tflite"))

    def predict(images):
        (given,), (returned,) = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.resize_tensor_input(given["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(returned["index"])

    assert_agrees(model, predict)
