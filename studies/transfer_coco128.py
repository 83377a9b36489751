"""Transfer to detection on real images: does a detector overfit 128 images of COCO, as it must?"""

import runpy

from study import ROOT, Arm, Study

CONFIG = runpy.run_path(str(ROOT / "configs/transfer/detection_coco128.py"))["config"]

STUDY = Study(
    name="transfer_coco128",
    title="Transfer: a detector overfits 128 images",
    question="""
Is the detector right? The usual check: it is trained on 128 real images of COCO with 80 classes, starting from random
weights, and tested on the same images. There it must find nearly everything that it can learn, which is each object
that one of its anchors overlaps by half. At 192 pixels many objects are too small for that, even for the anchors used
here, which begin at 16 pixels rather than the usual 32.
""",
    config=CONFIG,
    arms={"scratch": Arm("from scratch", {}, (0,))},
    baseline="scratch",
)
