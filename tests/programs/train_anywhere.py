"""A program: a user's own training on Keras' backend of the moment; prints the loss of each epoch."""

import keras
import numpy as np

import cutmix_tf as cm

CLASSES = 4


def main():
    keras.utils.set_random_seed(0)
    draw = np.random.default_rng(0)
    labels = np.arange(48) % CLASSES
    images = (draw.integers(0, 60, (48, 16, 16, 3)) + 40 * labels[:, None, None, None]).astype(np.uint8)
    shapes = [(192, 8), (8,), (8, CLASSES), (CLASSES,)]
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(CLASSES),
        ]
    )
    model.set_weights([draw.normal(0, 0.1, shape).astype(np.float32) for shape in shapes])
    model.compile(keras.optimizers.SGD(0.1), cm.MixedCrossentropy(label_smoothing=0.1), metrics=[cm.MixedAccuracy()])
    train = cm.mix((images, labels.astype(np.int32)), cm.OneOf([cm.CutMix(), cm.MixUp()]), seed=1, batch_size=16)
    history = model.fit(train, validation_data=(images, labels), epochs=3, shuffle=False, verbose=0).history
    for loss, accuracy in zip(history["loss"], history["val_accuracy"], strict=True):
        print(f"{loss:.5f} {accuracy:.4f}")


if __name__ == "__main__":
    main()
