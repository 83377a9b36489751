"""Bytes that compiled programs move, counted by hand from their HLO."""

import pytest
import tensorflow as tf
from _hlo import bytes_accessed

SELECT = """
HloModule mix

%fused_computation (param_0.1: u8[4,10], param_1.1: s32[4], param_2.1: pred[10]) -> u8[4,10] {
  %param_0.1 = u8[4,10]{1,0} parameter(0)
  %view = u8[4,10]{1,0} bitcast(%param_0.1)
  %param_1.1 = s32[4]{0} parameter(1)
  %gather.1 = u8[4,10]{1,0} gather(%view, %param_1.1), offset_dims={1}, slice_sizes={1,10}, metadata={op_name="a(b)"}
  %param_2.1 = pred[10]{0} parameter(2)
  %wide = pred[4,10]{1,0} broadcast(%param_2.1), dimensions={1}
  ROOT %select = u8[4,10]{1,0} select(%wide, %gather.1, OTHER)
}

ENTRY %main (images: u8[4,10], partner: s32[4]) -> (u8[4,10], f32[4]) {
  %images = u8[4,10]{1,0} parameter(0)
  %partner = s32[4]{0} parameter(1)
  %inside = pred[10]{0} constant({...})
  %mixed = u8[4,10]{1,0} fusion(%images, %partner, /*index=2*/%inside), kind=kLoop, calls=%fused_computation
  %share = f32[4]{0} convert(%partner)
  ROOT %all = (u8[4,10]{1,0}, f32[4]{0}) tuple(%mixed, %share)
}
"""
MIXED, CONVERTED = 40 + 4 * 4 + 10 + 40, 4 * 4 + 4 * 4  # gathered, partners, inside and written; read and written


def test_an_operand_that_is_gathered_from_and_used_as_a_whole_is_read_twice():
    assert bytes_accessed(SELECT.replace("OTHER", "%view")) == 40 + MIXED + CONVERTED


def test_an_operand_that_is_only_gathered_from_is_read_once():
    assert bytes_accessed(SELECT.replace("OTHER", "%gather.1")) == MIXED + CONVERTED


def test_it_reads_what_tensorflow_writes():
    compiled = tf.function(lambda x, y: tf.nn.relu(x + y), jit_compile=True)
    arguments = tf.zeros([50, 3]), tf.zeros([50, 3])
    hlo = compiled.experimental_get_compiler_ir(*arguments)(stage="optimized_hlo")
    assert bytes_accessed(hlo) == 3 * 50 * 3 * 4


def test_text_without_a_program_is_refused():
    with pytest.raises(ValueError, match="entry computation"):
        bytes_accessed("HloModule nothing")
