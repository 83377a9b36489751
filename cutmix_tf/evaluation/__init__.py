"""What the papers measure on trained models: suites that fill a report, and the metrics and perturbations they use."""

from cutmix_tf.evaluation import metrics as metrics
from cutmix_tf.evaluation import perturbations as perturbations
from cutmix_tf.evaluation._batches import Progress as Progress
from cutmix_tf.evaluation._cam import cam as cam
from cutmix_tf.evaluation._cam import grad_cam as grad_cam
from cutmix_tf.evaluation._evaluate import evaluate as evaluate
from cutmix_tf.evaluation._examples import Examples as Examples
from cutmix_tf.evaluation._examples import load_examples as load_examples
from cutmix_tf.evaluation._examples import load_images as load_images
from cutmix_tf.evaluation._mixed_maps import MixedMaps as MixedMaps
from cutmix_tf.evaluation._mixed_maps import mixed_maps as mixed_maps
from cutmix_tf.evaluation._model import EvaluatedModel as EvaluatedModel
from cutmix_tf.evaluation._model import load_model as load_model
from cutmix_tf.evaluation._report import draw_evaluations as draw_evaluations
from cutmix_tf.evaluation._report import headlines as headlines
from cutmix_tf.evaluation._report import read_evaluation as read_evaluation
from cutmix_tf.evaluation._report import table as table
from cutmix_tf.evaluation._report import write_evaluation as write_evaluation
from cutmix_tf.evaluation._task import Task as Task
from cutmix_tf.evaluation._task import load_task as load_task
from cutmix_tf.evaluation.suites import SUITES as SUITES
from cutmix_tf.evaluation.suites import Suite as Suite
