"""The built-in shapes, ResNet-20, Attentive CutMix, with the demo's baseline as the teacher.

Train the teacher first: python train_keras.py configs/shapes_resnet20.py. Everything else is as in
shapes_resnet20_cutmix.py, so that the two can be compared.

Run     python train_keras.py configs/shapes_resnet20_attentive.py
"""

from cutmix_tf import AttentiveCutMix
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig

config = TrainConfig(
    dataset="shapes",
    model="resnet20",
    mix=AttentiveCutMix(top_n=6, prob=0.5),
    teacher=Teacher("runs/shapes_resnet20"),
    image_size=24,
    epochs=32,
    evaluate_every=8,
    batch_size=32,
    learning_rate=0.05,
    augment="none",
    schedule="cosine",
)
