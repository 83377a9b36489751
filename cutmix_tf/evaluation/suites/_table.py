"""All suites by name, in the order of reports and figures."""

from cutmix_tf.evaluation.suites._accuracy import Accuracy
from cutmix_tf.evaluation.suites._attacks import Fgsm, Pgd
from cutmix_tf.evaluation.suites._calibration import Calibration
from cutmix_tf.evaluation.suites._corruptions import Corruptions
from cutmix_tf.evaluation.suites._in_between import InBetween
from cutmix_tf.evaluation.suites._localization import Localization
from cutmix_tf.evaluation.suites._occlusion import Occlusion
from cutmix_tf.evaluation.suites._ood import OutOfDistribution
from cutmix_tf.evaluation.suites._suite import Suite

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Accuracy(),
        Calibration(),
        Fgsm(),
        Pgd(),
        Occlusion(),
        InBetween(),
        OutOfDistribution(),
        Localization(),
        Corruptions(),
    )
}
