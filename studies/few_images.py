"""Study 1: the papers' methods on few real images, without crop and flip, and with them."""

import numpy as np
from study import ROOT, Arm, Study
from wrong_labels import UnclippedCutMix

from cutmix_tf import AttentiveCutMix, CutMix, Cutout, FeatureCutMix, ManifoldMixUp, MixUp, ObjectAware
from cutmix_tf.attention import Teacher
from cutmix_tf.datasets import ImageSet, load
from cutmix_tf.models import WithStochasticDepth
from cutmix_tf.training import TrainConfig

WEIGHTS = "attention/mobilenet_v2.weights.h5"  # used if it is there; otherwise Keras downloads its own
TEACHER = Teacher("mobilenet_v2", weights=WEIGHTS if (ROOT / WEIGHTS).is_file() else "imagenet")
CROPPED = {"augment": "crop_flip", "epochs": 160}
ONCE, TWICE = (0,), (0, 1)  # the seeds of arms that are less important
THEN_OFF = {"mix_schedule": ((0, 1), (0.85, 1), (0.85, 0))}


def with_random_maps(config: TrainConfig) -> ImageSet:
    """The dataset with random attention maps, as large as the teacher's: the control for where it attends."""
    splits = {name: getattr(config, name) for name in ("train_split", "validation_split", "test_split")}
    images = load(config.dataset, **splits)
    maps = np.random.default_rng(config.seed).integers(0, 256, (len(images.train), 7, 7), np.uint8)
    return images.with_attention(maps)


STUDY = Study(
    name="few_images",
    title="Study 1: mixing on 250 images a class",
    question="""
Does mixing help on few real images? ResNet-20 is trained on 5 % of CIFAR-10 (250 images a class, of a JPEG copy). The
[probes](../probes/README.md) chose the model and the length on held-out training images. CutMix gained more there
without standard augmentation (80 epochs) than with crop and flip (160 epochs), so all methods are compared without
it, and CutMix and no mixing with it as well. No setting was changed after a test error was seen. All mixing arms but
one mix half of the images, so that they can be compared with each other. Attentive CutMix pastes the six of 7×7 cells
that MobileNetV2, trained on ImageNet, attends to most; its control pastes six random cells. ObjectAware labels
CutMix's images by how much of that attention is visible; its control uses random maps instead. "Labels by the box
before clipping" trains on CutMix's images with the labels of `keras_cv.layers.CutMix`, which are off by 0.16 on
average where an image is mixed. Two arms repeat none and CutMix in mixed_bfloat16, to see whether the lower precision
shows. Less important arms have fewer seeds, and are not in the figure.
""",
    config=TrainConfig(
        dataset="cifar10",
        train_split="train[:5%]",
        validation_split="train[90%:]",
        model="resnet20",
        epochs=80,
        augment="none",
        batch_size=64,
        learning_rate=0.05,
        schedule="cosine",
        weight_decay=5e-4,
        evaluate_every=10,
    ),
    arms={
        "none": Arm("none", {}),
        "cutmix_0.5": Arm("CutMix, prob 0.5", {"mix": CutMix(prob=0.5)}),
        "mixup_0.5": Arm("MixUp, prob 0.5", {"mix": MixUp(prob=0.5)}),
        "attentive_0.5": Arm(
            "Attentive CutMix, prob 0.5",
            {"mix": AttentiveCutMix(prob=0.5), "teacher": TEACHER},
            control="random_cells_0.5",
        ),
        "random_cells_0.5": Arm(
            "six random cells, prob 0.5", {"mix": AttentiveCutMix(prob=0.5)}, images=with_random_maps
        ),
        "cutmix_1": Arm("CutMix, prob 1", {"mix": CutMix()}),
        "object_aware_0.5": Arm(
            "CutMix, prob 0.5, labels by the teacher's objects",
            {"mix": ObjectAware(CutMix(prob=0.5)), "teacher": TEACHER},
            control="random_objects_0.5",
        ),
        "random_objects_0.5": Arm(
            "CutMix, prob 0.5, labels by random maps",
            {"mix": ObjectAware(CutMix(prob=0.5))},
            images=with_random_maps,
        ),
        "bfloat16_none": Arm("none, in mixed_bfloat16", {"precision": "mixed_bfloat16"}, TWICE, versus="none"),
        "bfloat16_cutmix_0.5": Arm(
            "CutMix, prob 0.5, in mixed_bfloat16",
            {"mix": CutMix(prob=0.5), "precision": "mixed_bfloat16"},
            TWICE,
            versus="cutmix_0.5",
        ),
        "crop_none": Arm("crop and flip, 160 epochs: none", CROPPED),
        "crop_cutmix_0.5": Arm(
            "crop and flip, 160 epochs: CutMix, prob 0.5, off for the last 15 %",
            CROPPED | THEN_OFF | {"mix": CutMix(prob=0.5)},
        ),
        "cutout": Arm("Cutout, 16 pixels", {"erase": Cutout(size=16)}, TWICE),
        "manifold_0.5": Arm("Manifold MixUp, prob 0.5", {"mix": ManifoldMixUp(prob=0.5)}, ONCE),
        "feature_0.5": Arm("Feature CutMix, prob 0.5", {"mix": FeatureCutMix(prob=0.5)}, ONCE),
        "unclipped_0.5": Arm(
            "CutMix, prob 0.5, labels by the box before clipping", {"mix": UnclippedCutMix(prob=0.5)}, TWICE
        ),
        "label_smoothing": Arm("label smoothing 0.1", {"label_smoothing": 0.1}, ONCE),
        "stochastic_depth": Arm(
            "stochastic depth, drop rate 0.25", {"regularizer": WithStochasticDepth(drop_rate=0.25)}, ONCE
        ),
        "cutmix_alpha_0.2": Arm("CutMix, α 0.2, prob 0.5", {"mix": CutMix(alpha=0.2, prob=0.5)}, ONCE),
        "cutmix_batch_0.5": Arm("CutMix, one box a batch, prob 0.5", {"mix": CutMix(prob=0.5, per="batch")}, ONCE),
    },
    networks={
        "none": ("none", 1),
        "cutmix": ("cutmix_0.5", 1),
        "cutmix_always": ("cutmix_1", 1),
        "mixup": ("mixup_0.5", 1),
        "attentive": ("attentive_0.5", 1),
        "random_cells": ("random_cells_0.5", 1),
    },
)
