"""The format of a run: its files, settings, history, summary, checkpoints and lock."""

from cutmix_tf.runs._checkpoints import Checkpoints as Checkpoints
from cutmix_tf.runs._checkpoints import Progress as Progress
from cutmix_tf.runs._files import RunFiles as RunFiles
from cutmix_tf.runs._files import final_model as final_model
from cutmix_tf.runs._files import read_json as read_json
from cutmix_tf.runs._files import read_preprocessing as read_preprocessing
from cutmix_tf.runs._files import read_settings as read_settings
from cutmix_tf.runs._folder import RunFolder as RunFolder
from cutmix_tf.runs._folder import save_model as save_model
from cutmix_tf.runs._folder import write_json as write_json
from cutmix_tf.runs._history import Row as Row
from cutmix_tf.runs._history import is_best as is_best
from cutmix_tf.runs._history import judged_rows as judged_rows
from cutmix_tf.runs._history import judged_split as judged_split
from cutmix_tf.runs._history import read_history as read_history
from cutmix_tf.runs._history import row_of as row_of
from cutmix_tf.runs._settings import PLACE as PLACE
from cutmix_tf.runs._settings import Text as Text
from cutmix_tf.runs._settings import config_from_json as config_from_json
from cutmix_tf.runs._settings import config_to_json as config_to_json
from cutmix_tf.runs._settings import texts_of as texts_of
from cutmix_tf.runs._settings import to_text as to_text
from cutmix_tf.runs._summary import measured_with as measured_with
from cutmix_tf.runs._summary import summarize as summarize
from cutmix_tf.runs._summary import test_scores as test_scores
from cutmix_tf.runs._summary import trainable_parameters as trainable_parameters
