"""A program: computes the cache of a small teacher's maps in the file that is its argument; says when it begins."""

import sys

from helpers.small_teachers import classifier, split_of

from cutmix_tf.attention import Teacher, cached_maps

split, teacher = split_of(20_000), Teacher(classifier())
teacher.maps(split.images[:128])
print("ready", flush=True)
cached_maps(sys.argv[1], split, teacher)
