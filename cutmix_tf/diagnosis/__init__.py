"""What is wrong with an input pipeline and a compiled model, before they are trained."""

from cutmix_tf.diagnosis._doctor import doctor as doctor
from cutmix_tf.diagnosis._report import Finding as Finding
from cutmix_tf.diagnosis._report import Report as Report
