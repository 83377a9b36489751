"""The input pipeline: from a split to batches, and what happens to images on the way."""

from cutmix_tf.pipeline._auto_augment import auto_augment as auto_augment
from cutmix_tf.pipeline._center_crop import move_boxes as move_boxes
from cutmix_tf.pipeline._eval_batches import eval_batches as eval_batches
from cutmix_tf.pipeline._eval_batches import uncropped_batches as uncropped_batches
from cutmix_tf.pipeline._normalization import denormalize as denormalize
from cutmix_tf.pipeline._normalization import normalize as normalize
from cutmix_tf.pipeline._preprocessing import Augmentation as Augmentation
from cutmix_tf.pipeline._preprocessing import AutoAugmentPolicy as AutoAugmentPolicy
from cutmix_tf.pipeline._preprocessing import Preprocessing as Preprocessing
from cutmix_tf.pipeline._service import DataService as DataService
from cutmix_tf.pipeline._service import check_address as check_address
from cutmix_tf.pipeline._source import BatchSource as BatchSource
from cutmix_tf.pipeline._train_batches import train_batches as train_batches
