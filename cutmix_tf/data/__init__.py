"""Data: datasets by name, transforms of whole batches, and the input pipeline."""

from cutmix_tf.data._auto_augment import auto_augment
from cutmix_tf.data._catalogue import FACTS, load
from cutmix_tf.data._color import Jitter, apply_jitter, apply_lighting, sample_jitter, sample_lighting
from cutmix_tf.data._image_set import ArraySplit, ImageSet, Split, StreamSplit, steps_per_epoch
from cutmix_tf.data._pipeline import Preprocessing, test_batches, train_batches, whole_batches
from cutmix_tf.data._resize import MARGIN, decode, random_resized_crops, resized_center_crops
from cutmix_tf.data._service import DataService, check_address
from cutmix_tf.data._transforms import Geometry, apply_geometry, normalize, sample_crop_flip

__all__ = [
    "FACTS",
    "MARGIN",
    "ArraySplit",
    "DataService",
    "Geometry",
    "ImageSet",
    "Jitter",
    "Preprocessing",
    "Split",
    "StreamSplit",
    "apply_geometry",
    "apply_jitter",
    "apply_lighting",
    "auto_augment",
    "check_address",
    "decode",
    "load",
    "normalize",
    "random_resized_crops",
    "resized_center_crops",
    "sample_crop_flip",
    "sample_jitter",
    "sample_lighting",
    "steps_per_epoch",
    "test_batches",
    "train_batches",
    "whole_batches",
]
