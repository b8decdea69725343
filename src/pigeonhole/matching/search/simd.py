"""What Numba has no words for: sums of byte differences in lanes, bits, copies.

Each has a plain Python body, which says what it does and is its twin without the
compiler; compiled code takes the processor's instruction instead.
"""

# ruff: noqa: ARG001, PLW0108 - Numba matches the signatures of stand-ins.

import os
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt
from llvmlite import ir

from pigeonhole.core.jit import cgutils, intrinsic, overload, types

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

LANES = 64
"""Gaps that are compared at a time: as many as a word has bits."""

EIGHT = 8
"""Tiles whose bytes lie side by side, eight of each in turn."""
GROUP = EIGHT * EIGHT
"""Bytes of eight tiles, eight of each."""

LINE = 64
"""Bytes in a line of a picture."""

FEW = 16
"""Bytes that are copied at a time."""

# Bytes that one instruction takes, and its name; 0 where the processor has none.
PSADBW = {
    64: "llvm.x86.avx512.psad.bw.512",
    32: "llvm.x86.avx2.psad.bw",
    16: "llvm.x86.sse2.psad.bw",
    0: "",
}


def _breadth() -> int:
    if not llvm.get_process_triple().startswith("x86_64"):
        return 0
    # Named by a person, the processor may lack what this one has.
    if "NUMBA_CPU_NAME" in os.environ:
        return 16
    host = llvm.get_host_cpu_features().flatten()
    features = os.environ.get("NUMBA_CPU_FEATURES", host).split(",")
    return 64 if "+avx512bw" in features else 32 if "+avx2" in features else 16


BREADTH = _breadth()

Codegen = Callable[[Any, ir.IRBuilder, Any, Any], Any]
BYTE, HALF, WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)


def _place(
    context: Any, builder: ir.IRBuilder, signature: Any, values: Any, at: int
) -> Any:
    """Return the address of a flat place in an array; the place is the next value."""
    array = context.make_array(signature.args[at])(context, builder, values[at])
    return builder.gep(array.data, [values[at + 1]])


def _lanes() -> tuple[Any, Any]:
    """Return the vectors of sums and of bytes that one instruction works on."""
    return ir.VectorType(WORD, BREADTH // 8), ir.VectorType(BYTE, BREADTH)


def _psadbw(builder: ir.IRBuilder, lanes: Any, width: Any) -> Any:
    """Return the instruction that sums the differences of eight bytes each."""
    kind = ir.FunctionType(lanes, [width, width])
    return cgutils.get_or_insert_function(builder.module, kind, PSADBW[BREADTH])


def lowest_bit(mask: np.uint64) -> int:
    """Return the place of the lowest 1 in a word that isn't 0."""
    return (int(mask) & -int(mask)).bit_length() - 1


@intrinsic
def _trailing_zeros(_typing: Any, _mask: Any) -> tuple[Any, Codegen]:
    def generate(_: Any, builder: ir.IRBuilder, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.IntType(1)(1))

    return types.int64(types.uint64), generate


@overload(lowest_bit, strict=False)
def _lowest_bit(mask: Any) -> Callable[..., Any]:
    return lambda mask: _trailing_zeros(mask)


def take_turn(counter: Numbers) -> int:
    """Return the next number, which no other thread gets; the counter has one."""
    counter[0] += 1
    return int(counter[0] - 1)


@intrinsic
def _add_one(_typing: Any, counter: Any) -> tuple[Any, Codegen]:
    def generate(
        context: Any, builder: ir.IRBuilder, signature: Any, values: Any
    ) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        return builder.atomic_rmw("add", array.data, WORD(1), "monotonic")

    return types.int64(counter), generate


@overload(take_turn, strict=False)
def _take_turn(counter: Any) -> Callable[..., Any]:
    return lambda counter: _add_one(counter)


def copy_bytes(to: Bytes, at: int, source: Bytes, start: int, count: int) -> None:
    """Copy bytes between arrays in C order, places counted as if they were flat."""
    to.reshape(-1)[at : at + count] = source.reshape(-1)[start : start + count]


@intrinsic
def _memcpy(
    _typing: Any, to: Any, _at: Any, source: Any, _start: Any, _count: Any
) -> tuple[Any, Codegen]:
    def generate(
        context: Any, builder: ir.IRBuilder, signature: Any, values: Any
    ) -> Any:
        target, origin = (
            _place(context, builder, signature, values, at) for at in (0, 2)
        )
        # For few bytes a call of the C library would take longer than the copy.
        rest = builder.and_(values[4], WORD(FEW - 1))
        some = ir.VectorType(BYTE, FEW)
        with builder.if_else(builder.icmp_signed("==", rest, WORD(0))) as (few, many):
            with (
                few,
                cgutils.for_range_slice(builder, WORD(0), values[4], WORD(FEW)) as (
                    at,
                    _count,
                ),
            ):
                copied = _load(builder, builder.gep(origin, [at]), some)
                _store(builder, copied, builder.gep(target, [at]))
            with many:
                cgutils.raw_memcpy(builder, target, origin, values[4], 1)
        return context.get_dummy_value()

    place = types.intp
    return types.void(to, place, source, place, place), generate


@overload(copy_bytes, strict=False)
def _copy_bytes(
    to: Any, at: Any, source: Any, start: Any, count: Any
) -> Callable[..., Any]:
    return lambda to, at, source, start, count: _memcpy(to, at, source, start, count)


def gap_of(a: Bytes, start: int, b: Bytes, first: int, lines: int) -> np.int32:
    """
    Sum up the absolute differences of two pictures.

    Parameters
    ----------
    a, start, b, first : uint8 arrays in C order, and the flat places of the pictures
    lines : int
        How many times `LINE` bytes.
    """
    mine = a.reshape(-1)[start : start + LINE * lines].astype(np.int32)
    gaps = np.abs(mine - b.reshape(-1)[first : first + LINE * lines])
    return np.int32(gaps.sum())


@intrinsic
def _psadbw_of(
    _typing: Any, a: Any, _start: Any, b: Any, _first: Any, _lines: Any
) -> tuple[Any, Codegen]:
    lanes, width = _lanes()

    def generate(
        context: Any, builder: ir.IRBuilder, signature: Any, values: Any
    ) -> Any:
        mine, theirs = (
            _place(context, builder, signature, values, at) for at in (0, 2)
        )
        parts = range(0, LINE, BREADTH)
        held = [
            cgutils.alloca_once_value(builder, ir.Constant(lanes, None)) for _ in parts
        ]
        with cgutils.for_range(builder, values[4]) as loop:
            line = builder.mul(loop.index, WORD(LINE))
            for part, sums in zip(parts, held, strict=True):
                at = [builder.add(line, WORD(part))]
                pair = [
                    _load(builder, builder.gep(p, at), width) for p in (mine, theirs)
                ]
                gap = builder.call(_psadbw(builder, lanes, width), pair)
                builder.store(builder.add(builder.load(sums), gap), sums)
        found: Any = ir.Constant(lanes, None)
        for sums in held:
            found = builder.add(found, builder.load(sums))
        name = f"llvm.vector.reduce.add.v{lanes.count}i64"
        total = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(WORD, [lanes]), name
        )
        return builder.trunc(builder.call(total, [found]), ir.IntType(32))

    place = types.intp
    return types.int32(a, place, b, place, place), generate


@overload(gap_of, strict=False)
def _gap_of(a: Any, start: Any, b: Any, first: Any, lines: Any) -> Callable[..., Any]:
    if BREADTH:
        return lambda a, start, b, first, lines: _psadbw_of(a, start, b, first, lines)

    def loop(a: Bytes, start: int, b: Bytes, first: int, lines: int) -> np.int32:
        mine, theirs = a.reshape(-1), b.reshape(-1)
        total = np.int32(0)
        for x in range(LINE * lines):
            gap = np.int32(mine[start + x]) - np.int32(theirs[first + x])
            total = np.int32(total + np.int32(abs(np.int32(gap))))
        return total

    return loop


def eight_within(
    cell: Bytes, start: int, tiles: Bytes, first: int, groups: int, limit: np.int32
) -> np.uint64:
    """
    Tell which of eight tiles differ from a cell by no more than a limit.

    Parameters
    ----------
    cell, start : uint8 array in C order, and the flat place of the cell's first byte
    tiles, first : uint8 array in C order, and the place of the first of the eight's
        groups: in each are eight bytes of the first tile, eight of the second, ...
    groups : int
        How many groups; the cell has 8 bytes for each.
    limit : int
        For the sum of absolute differences.

    Returns
    -------
    uint64
        The lowest bit stands for the first tile.
    """
    seen = cell.reshape(-1)[start : start + EIGHT * groups].reshape(groups, 1, -1)
    grouped = tiles.reshape(-1)[first : first + GROUP * groups]
    gaps = grouped.reshape(groups, EIGHT, -1).astype(np.int64) - seen
    within = np.abs(gaps).sum(axis=(0, 2)) <= limit
    return np.uint64(np.packbits(within, bitorder="little")[0])


@intrinsic
def _psadbw_of_eight(
    _typing: Any,
    cell: Any,
    _start: Any,
    tiles: Any,
    _first: Any,
    _groups: Any,
    _limit: Any,
) -> tuple[Any, Codegen]:
    """Do it by psadbw, which sums the differences of eight bytes each."""
    lanes, width = _lanes()

    def generate(
        context: Any, builder: ir.IRBuilder, signature: Any, values: Any
    ) -> Any:
        origin, tile = (
            _place(context, builder, signature, values, at) for at in (0, 2)
        )
        limit = _splat(builder, values[5], lanes)
        found: Any = WORD(0)
        for part in range(0, GROUP, BREADTH):
            held = cgutils.alloca_once_value(builder, ir.Constant(lanes, None))
            with cgutils.for_range(builder, values[4]) as loop:
                eight = builder.gep(origin, [builder.mul(loop.index, WORD(EIGHT))])
                seen = _splat(builder, _load(builder, eight, WORD), lanes)
                group = builder.add(builder.mul(loop.index, WORD(GROUP)), WORD(part))
                theirs = _load(builder, builder.gep(tile, [group]), width)
                gap = builder.call(
                    _psadbw(builder, lanes, width),
                    [builder.bitcast(seen, width), theirs],
                )
                builder.store(builder.add(builder.load(held), gap), held)
            within = builder.icmp_signed("<=", builder.load(held), limit)
            bits = builder.bitcast(within, ir.IntType(lanes.count))
            place = WORD(part // EIGHT)
            found = builder.or_(found, builder.shl(builder.zext(bits, WORD), place))
        return found

    place = types.intp
    signature = types.uint64(cell, place, tiles, place, place, types.int64)
    return signature, generate


def between(gaps: Ints, at: int, low: np.int32, high: np.int32) -> np.uint64:
    """
    Tell which of `LANES` gaps are above one limit and up to another.

    Parameters
    ----------
    gaps, at : int32 array in C order, and the flat place of the first gap
    low, high : int32

    Returns
    -------
    uint64
        The lowest bit stands for the first gap.
    """
    some = gaps.reshape(-1)[at : at + LANES]
    within = (some > low) & (some <= high)
    return np.uint64(int.from_bytes(np.packbits(within, bitorder="little"), "little"))


@intrinsic
def _between(
    _typing: Any, gaps: Any, _at: Any, _low: Any, _high: Any
) -> tuple[Any, Codegen]:
    lanes = ir.VectorType(HALF, LANES)

    def generate(
        context: Any, builder: ir.IRBuilder, signature: Any, values: Any
    ) -> Any:
        some = _load(builder, _place(context, builder, signature, values, 0), lanes)
        above = builder.icmp_signed(">", some, _splat(builder, values[2], lanes))
        within = builder.icmp_signed("<=", some, _splat(builder, values[3], lanes))
        return builder.bitcast(builder.and_(above, within), WORD)

    place, half = types.intp, types.int32
    return types.uint64(gaps, place, half, half), generate


@overload(between, strict=False)
def _between_of(gaps: Any, at: Any, low: Any, high: Any) -> Callable[..., Any]:
    return lambda gaps, at, low, high: _between(gaps, at, low, high)


def _load(builder: ir.IRBuilder, place: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=1)


def _store(builder: ir.IRBuilder, value: Any, place: Any) -> None:
    builder.store(value, builder.bitcast(place, value.type.as_pointer()), align=1)


def _splat(builder: ir.IRBuilder, word: Any, lanes: Any) -> Any:
    """Repeat a word in every lane."""
    none = ir.Constant(lanes, ir.Undefined)
    one = builder.insert_element(none, word, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), None)
    return builder.shuffle_vector(one, none, zeros)


@overload(eight_within, strict=False)
def _eight_within(
    cell: Any, start: Any, tiles: Any, first: Any, groups: Any, limit: Any
) -> Callable[..., Any]:
    if BREADTH:
        return lambda cell, start, tiles, first, groups, limit: _psadbw_of_eight(
            cell, start, tiles, first, groups, limit
        )

    def loop(
        cell: Bytes, start: int, tiles: Bytes, first: int, groups: int, limit: int
    ) -> np.uint64:
        seen, pool = cell.reshape(-1), tiles.reshape(-1)
        found = np.uint64(0)
        for j in range(EIGHT):
            total = np.int32(0)
            for g in range(groups):
                for k in range(EIGHT):
                    gap = np.int32(seen[start + EIGHT * g + k])
                    gap -= np.int32(pool[first + GROUP * g + EIGHT * j + k])
                    total = np.int32(total + np.int32(abs(gap)))
            found |= np.uint64(total <= limit) << np.uint64(j)
        return found

    return loop
