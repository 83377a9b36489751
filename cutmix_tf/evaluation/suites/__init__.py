"""The suites of an evaluation, one object each. A new suite is one file here and one row in `_table.py`."""

from cutmix_tf.evaluation.suites._suite import Results as Results
from cutmix_tf.evaluation.suites._suite import Suite as Suite
from cutmix_tf.evaluation.suites._table import SUITES as SUITES
