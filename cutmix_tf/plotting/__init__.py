"""Every figure."""

from cutmix_tf.plotting._mixes import COLORS as COLORS
from cutmix_tf.plotting._mixes import INK as INK
from cutmix_tf.plotting._mixes import draw_attention as draw_attention
from cutmix_tf.plotting._mixes import draw_curves as draw_curves
from cutmix_tf.plotting._mixes import draw_mixes as draw_mixes
