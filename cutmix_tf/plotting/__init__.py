"""Every figure, with one color for each method."""

from cutmix_tf.plotting._attention import draw_attention as draw_attention
from cutmix_tf.plotting._cams import draw_cams as draw_cams
from cutmix_tf.plotting._captions import draw_captions as draw_captions
from cutmix_tf.plotting._curves import draw_curves as draw_curves
from cutmix_tf.plotting._figure import new_figure as new_figure
from cutmix_tf.plotting._mixed_cams import draw_mixed_cams as draw_mixed_cams
from cutmix_tf.plotting._mixes import draw_mixes as draw_mixes
from cutmix_tf.plotting._objects import draw_objects as draw_objects
from cutmix_tf.plotting._panels import draw_grouped_bars as draw_grouped_bars
from cutmix_tf.plotting._panels import draw_panels as draw_panels
from cutmix_tf.plotting._panels import label_line_styles as label_line_styles
from cutmix_tf.plotting._rows import Row as Row
from cutmix_tf.plotting._rows import draw_rows as draw_rows
from cutmix_tf.plotting._steps import Steps as Steps
from cutmix_tf.plotting._steps import draw_steps as draw_steps
from cutmix_tf.plotting._style import INK as INK
from cutmix_tf.plotting._style import METHOD_COLORS as METHOD_COLORS
from cutmix_tf.plotting._style import colors_of as colors_of
from cutmix_tf.plotting._style import method_of as method_of
from cutmix_tf.plotting._transfer_curves import draw_captioning_curves as draw_captioning_curves
from cutmix_tf.plotting._transfer_curves import draw_detection_curves as draw_detection_curves
