"""Published settings of mixing and loss by name."""

from cutmix_tf.recipes._recipe import Recipe as Recipe
from cutmix_tf.recipes._table import RECIPES as RECIPES
from cutmix_tf.recipes._table import attentive_mix_plus as attentive_mix_plus
from cutmix_tf.recipes._table import deit as deit
from cutmix_tf.recipes._table import recipe_of as recipe_of
from cutmix_tf.recipes._table import rsb_a2 as rsb_a2
