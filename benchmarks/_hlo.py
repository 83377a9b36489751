"""How many bytes a compiled program reads and writes, counted from its optimized HLO.

Each instruction of the entry computation reads its operands from memory and writes its result; what a fusion computes
on the way stays in registers. Of an operand that a fusion only gathers from, it reads as much as it gathers; of
one that it uses as a whole too, both.
"""

import math
import re
from typing import NamedTuple

_BITS = {"pred": 8, "bf16": 16, "f16": 16, "f32": 32, "f64": 64, "s64": 64, "u64": 64, "s32": 32, "u32": 32}
_BITS |= {"s16": 16, "u16": 16, "s8": 8, "u8": 8, "c64": 64, "c128": 128}
_SHAPE = re.compile(r"\b([a-z]+\d*)\[([\d,]*)\]")
_LINE = re.compile(r"^\s+(ROOT )?%(\S+) = (\(.*?\)|\S+) ([\w-]+)\((.*?)\)(?:,(.*))?$")
_FREE = {"parameter", "constant", "bitcast", "tuple", "get-tuple-element"}  # move nothing
_VIEWS = {"bitcast", "reshape", "copy", "convert"}  # inside of a fusion, all elements in their places


class Instruction(NamedTuple):
    """A line of HLO; `width` is the bytes of one element."""

    name: str
    bytes: int
    width: int
    kind: str
    operands: list[str]
    calls: str | None
    number: int | None


def bytes_accessed(hlo: str) -> int:
    """Bytes that a program reads and writes.

    Args:
      hlo: Its optimized HLO, as `experimental_get_compiler_ir` gives it for the stage "optimized_hlo".

    Raises:
      ValueError: if there is no entry computation.
    """
    computations = _computations(hlo)
    if None not in computations:
        raise ValueError("Optimized HLO has an entry computation; this text has none.")
    entry = computations[None]
    sizes = {instruction.name: instruction.bytes for instruction in entry}
    total = 0
    for instruction in entry:
        if instruction.kind not in _FREE:
            total += instruction.bytes + sum(_reads(instruction, sizes, computations))
    return total


def _computations(hlo: str) -> dict[str | None, list[Instruction]]:
    """The instructions of all computations by name; None for the entry."""
    found: dict[str | None, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in hlo.splitlines():
        if line.endswith("{") and not line.startswith((" ", "HloModule")):
            current = found.setdefault(None if line.startswith("ENTRY") else line.split()[0].lstrip("%"), [])
        elif parsed := _LINE.match(line):
            current.append(_instruction(parsed))
    return found


def _instruction(parsed: re.Match) -> Instruction:
    _, name, shape, kind, inside, rest = parsed.groups()
    calls = re.search(r"calls=%(\S+?)(?:,|$)", rest or "")
    number = int(inside) if kind == "parameter" else None
    width = next((_BITS[dtype] // 8 for dtype, _ in _SHAPE.findall(shape)), 1)
    return Instruction(name, _bytes(shape), width, kind, re.findall(r"%([\w.\-]+)", inside), calls and calls[1], number)


def _bytes(shape: str) -> int:
    """The size of an array, or of all arrays of a tuple."""
    sides = [(_BITS[dtype], [int(side) for side in dims.split(",") if side]) for dtype, dims in _SHAPE.findall(shape)]
    return sum(bits // 8 * math.prod(dims) for bits, dims in sides)


def _reads(instruction: Instruction, sizes: dict[str, int], computations: dict) -> list[int]:
    """Bytes that it reads of each operand."""
    if instruction.kind in ("gather", "dynamic-slice"):
        return [instruction.bytes, *(sizes[name] for name in instruction.operands[1:])]
    if instruction.kind != "fusion":
        return [sizes[name] for name in instruction.operands]
    inner = computations[instruction.calls]
    parameters = {each.number: each for each in inner if each.kind == "parameter"}
    return [_used(parameters[number], inner) for number in range(len(instruction.operands))]


def _used(parameter: Instruction, inner: list[Instruction]) -> int:
    """Bytes that a fusion reads of one of its parameters."""
    views, gathered, whole = {parameter.name}, 0, False
    for each in inner:
        if not views & set(each.operands):
            continue
        if each.kind in _VIEWS:
            views.add(each.name)
        elif each.kind in ("gather", "dynamic-slice", "slice") and each.operands[0] in views:
            gathered += each.bytes // each.width * parameter.width
        else:
            whole = True
    return gathered + (parameter.bytes if whole else 0)
