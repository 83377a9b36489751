"""The input pipeline: from a split to batches, and what happens to images on the way."""

from cutmix_tf.pipeline._auto_augment import auto_augment as auto_augment
from cutmix_tf.pipeline._color import Jitter as Jitter
from cutmix_tf.pipeline._color import apply_jitter as apply_jitter
from cutmix_tf.pipeline._color import apply_lighting as apply_lighting
from cutmix_tf.pipeline._color import sample_jitter as sample_jitter
from cutmix_tf.pipeline._color import sample_lighting as sample_lighting
from cutmix_tf.pipeline._pipeline import Preprocessing as Preprocessing
from cutmix_tf.pipeline._pipeline import test_batches as test_batches
from cutmix_tf.pipeline._pipeline import train_batches as train_batches
from cutmix_tf.pipeline._pipeline import whole_batches as whole_batches
from cutmix_tf.pipeline._resize import MARGIN as MARGIN
from cutmix_tf.pipeline._resize import random_resized_crops as random_resized_crops
from cutmix_tf.pipeline._resize import resized_center_crops as resized_center_crops
from cutmix_tf.pipeline._service import DataService as DataService
from cutmix_tf.pipeline._service import check_address as check_address
from cutmix_tf.pipeline._transforms import Geometry as Geometry
from cutmix_tf.pipeline._transforms import apply_geometry as apply_geometry
from cutmix_tf.pipeline._transforms import normalize as normalize
from cutmix_tf.pipeline._transforms import sample_crop_flip as sample_crop_flip
