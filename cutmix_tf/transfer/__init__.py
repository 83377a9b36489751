"""What a classifier's features are worth elsewhere: detection on top of them."""

from cutmix_tf.transfer._average_precision import average_precisions as average_precisions
from cutmix_tf.transfer._backbone import load_backbone as load_backbone
from cutmix_tf.transfer._detection import build_detector as build_detector
from cutmix_tf.transfer._detection import evaluate_detector as evaluate_detector
from cutmix_tf.transfer._detection import train_detector as train_detector
from cutmix_tf.transfer._detection_config import DetectionConfig as DetectionConfig
from cutmix_tf.transfer._detector import Detector as Detector
from cutmix_tf.transfer._detector import load_detector as load_detector
from cutmix_tf.transfer._object_set import ObjectSet as ObjectSet
from cutmix_tf.transfer._object_set import ObjectSplit as ObjectSplit
from cutmix_tf.transfer._object_set import load_objects as load_objects
from cutmix_tf.transfer._objects import Found as Found
from cutmix_tf.transfer._objects import Objects as Objects
from cutmix_tf.transfer._pyramid import FeaturePyramid as FeaturePyramid
from cutmix_tf.transfer._pyramid import feature_pyramid as feature_pyramid
from cutmix_tf.transfer._scenes import make_scenes as make_scenes
