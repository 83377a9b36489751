"""What the arguments of other libraries' mixers are called here."""

_ONE_OF = (
    "To draw one of several methods, write OneOf([CutMix(alpha=1.0), MixUp(alpha=0.8)], weights=[0.5, 0.5]), with the "
    "methods' probabilities as weights."
)
_CUTMIX = f"Write CutMix(alpha=1.0, prob=0.5). {_ONE_OF}"
_MIXUP = f"Write MixUp(alpha=0.8, prob=0.5). {_ONE_OF}"
_NO_TEACHER = "Its attention maps come with the batch: mixer(images, labels, attention=maps); see cutmix_tf.attention."
_SMOOTHING = "Labels are smoothed by the loss: MixedCrossentropy(label_smoothing=0.1)."
_MODE = 'Write per="batch" for one box and one λ for the whole batch, or per="example".'

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "beta": ("alpha",),
    "factor": ("alpha", "prob"),
    "cutmix_alpha": (_CUTMIX,),
    "mixup_alpha": (_MIXUP,),
    "cutmix_prob": (_CUTMIX,),
    "mixup_prob": (_MIXUP,),
    "p": ("prob", _ONE_OF),
    "probability": ("prob",),
    "rate": ("prob",),
    "switch_prob": (_ONE_OF,),
    "probs": ("weights", "prob"),
    "mode": (_MODE,),
    "elementwise": (_MODE,),
    "lam": ("λ is drawn: alpha sets its distribution.",),
    "correct_lam": ("λ is always counted from the pixels.",),
    "label_smoothing": (_SMOOTHING,),
    "smoothing": (_SMOOTHING,),
    "classes": ("num_classes",),
    "n_classes": ("num_classes",),
    "random_state": ("seed",),
    "scale": ("area",),
    "ratio": ("aspect",),
    "value": ("fill",),
    "fill_value": ("fill",),
    "length": ("size",),
    "offset": ("center",),
    "center_ratio_range": ("center",),
    "mask_size": ("size",),
    "grid_size": ("sides", _NO_TEACHER),
    "grid_sizes": ("sides",),
    "k": ("top_n",),
    "n": ("top_n",),
    "top_k": ("top_n",),
    "num_patches": ("top_n",),
    "teacher": (_NO_TEACHER,),
    "model": (_NO_TEACHER,),
    "layer": ("taps",),
    "layers": ("taps",),
    "data_format": ("Channels come last here: images are (batch, height, width, channels).",),
}
"""For a name from elsewhere, in the order of preference: arguments that may be meant, or what to do instead."""
