"""SIMD primitives that Numba doesn't expose: byte SADs, lane masks, bit scans, copies.

SAD is the sum of absolute differences. Each primitive is a plain Python function, which
defines the result and runs when compilation is disabled, with an overload for compiled
code. On x86-64 the overloads emit `psadbw`, which sums the absolute differences of
eight bytes; other processors run a loop that LLVM vectorizes.

Positions in arrays are flat: they count elements as if the array were one-dimensional.
"""

# ruff: noqa: ARG001, PLW0108 - Numba matches the signatures of overloads.

import os
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from pigeonhole.core.arrays import ByteArray, Int32Array, Int64Array
from pigeonhole.core.jit import cgutils, intrinsic, overload, types

MASK_LANES = 64
"""Values compared at once; the result is a mask with one bit for each."""

OCTET = 8
"""Tiles whose bytes are interleaved, 8 bytes of each tile in turn."""
OCTET_GROUP = OCTET * OCTET
"""Bytes of an interleaved group: 8 bytes of each of 8 tiles."""

CACHE_LINE = 64
"""Bytes of a cache line; images are padded to a multiple of it."""

COPY_STEP = 16
"""Bytes copied by one instruction."""

# Name of the instruction for each vector width in bytes; 0 where there is none.
PSADBW = {
    64: "llvm.x86.avx512.psad.bw.512",
    32: "llvm.x86.avx2.psad.bw",
    16: "llvm.x86.sse2.psad.bw",
    0: "",
}


def _vector_bytes() -> int:
    if not llvm.get_process_triple().startswith("x86_64"):
        return 0
    # A CPU that the user names may lack features of this one.
    if "NUMBA_CPU_NAME" in os.environ:
        return 16
    host = llvm.get_host_cpu_features().flatten()
    features = os.environ.get("NUMBA_CPU_FEATURES", host).split(",")
    return 64 if "+avx512bw" in features else 32 if "+avx2" in features else 16


VECTOR_BYTES = _vector_bytes()
"""Bytes processed by one SAD instruction; 0 without such an instruction."""

Codegen = Callable[[Any, ir.IRBuilder, Any, Any], Any]
I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def _address(
    context: Any, builder: ir.IRBuilder, signature: Any, values: Any, argument: int
) -> Any:
    """Return the address in an array of the position that the next argument gives."""
    make_array = context.make_array(signature.args[argument])
    array = make_array(context, builder, values[argument])
    return builder.gep(array.data, [values[argument + 1]])


def _vector_types() -> tuple[Any, Any]:
    """Return the types of the sums and of the bytes of one SAD instruction."""
    return ir.VectorType(I64, VECTOR_BYTES // 8), ir.VectorType(I8, VECTOR_BYTES)


def _add_psadbw(builder: ir.IRBuilder, accumulator: Any, vectors: list[Any]) -> None:
    """Add the SADs of every eight bytes of two vectors to an accumulator."""
    sums_type, bytes_type = _vector_types()
    function_type = ir.FunctionType(sums_type, [bytes_type, bytes_type])
    name = PSADBW[VECTOR_BYTES]
    psadbw = cgutils.get_or_insert_function(builder.module, function_type, name)
    sums = builder.call(psadbw, vectors)
    builder.store(builder.add(builder.load(accumulator), sums), accumulator)


def lowest_bit(mask: np.uint64) -> int:
    """Return the index of the lowest set bit of a mask that isn't 0."""
    return (int(mask) & -int(mask)).bit_length() - 1


@intrinsic
def _trailing_zeros(_typing: Any, _mask: Any) -> tuple[Any, Codegen]:
    def generate(_: Any, builder: ir.IRBuilder, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], I1(1))

    return types.int64(types.uint64), generate


@overload(lowest_bit, strict=False)
def _lowest_bit_overload(mask: Any) -> Callable[..., Any]:
    return lambda mask: _trailing_zeros(mask)


def fetch_add(counter: Int64Array) -> int:
    """Increment a counter of one element atomically and return its previous value."""
    counter[0] += 1
    return int(counter[0] - 1)


@intrinsic
def _atomic_increment(_typing: Any, counter: Any) -> tuple[Any, Codegen]:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        return builder.atomic_rmw("add", array.data, I64(1), "monotonic")

    return types.int64(counter), generate


@overload(fetch_add, strict=False)
def _fetch_add_overload(counter: Any) -> Callable[..., Any]:
    return lambda counter: _atomic_increment(counter)


def copy_bytes(
    target: ByteArray, to: int, source: ByteArray, start: int, count: int
) -> None:
    """Copy bytes between arrays in C order, from and to flat positions."""
    target.reshape(-1)[to : to + count] = source.reshape(-1)[start : start + count]


@intrinsic
def _memcpy(
    _typing: Any, target: Any, _to: Any, source: Any, _start: Any, _count: Any
) -> tuple[Any, Codegen]:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        destination, origin = (
            _address(context, builder, signature, values, i) for i in (0, 2)
        )
        # For a few bytes, calling the C library takes longer than the copy itself.
        remainder = builder.and_(values[4], I64(COPY_STEP - 1))
        step_type = ir.VectorType(I8, COPY_STEP)
        is_whole = builder.icmp_signed("==", remainder, I64(0))
        with builder.if_else(is_whole) as (whole_steps, other):
            bounds = I64(0), values[4], I64(COPY_STEP)
            loop = cgutils.for_range_slice(builder, *bounds)
            with whole_steps, loop as (position, _):
                step = _load(builder, builder.gep(origin, [position]), step_type)
                _store(builder, step, builder.gep(destination, [position]))
            with other:
                cgutils.raw_memcpy(builder, destination, origin, values[4], 1)
        return context.get_dummy_value()

    index = types.intp
    return types.void(target, index, source, index, index), generate


@overload(copy_bytes, strict=False)
def _copy_bytes_overload(
    target: Any, to: Any, source: Any, start: Any, count: Any
) -> Callable[..., Any]:
    return lambda target, to, source, start, count: _memcpy(
        target, to, source, start, count
    )


def sad(a: ByteArray, a_start: int, b: ByteArray, b_start: int, lines: int) -> np.int32:
    """Return the SAD of two images of `lines` cache lines, at flat positions."""
    size = CACHE_LINE * lines
    first = a.reshape(-1)[a_start : a_start + size].astype(np.int32)
    second = b.reshape(-1)[b_start : b_start + size]
    return np.int32(np.abs(first - second).sum())


@intrinsic
def _psadbw_sad(
    _typing: Any, a: Any, _a_start: Any, b: Any, _b_start: Any, _lines: Any
) -> tuple[Any, Codegen]:
    sums_type, bytes_type = _vector_types()

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        images = [_address(context, builder, signature, values, i) for i in (0, 2)]
        # One accumulator for each vector of a cache line, so that they run in parallel.
        offsets = range(0, CACHE_LINE, VECTOR_BYTES)
        zeros: Any = ir.Constant(sums_type, None)
        accumulators = [cgutils.alloca_once_value(builder, zeros) for _ in offsets]
        with cgutils.for_range(builder, values[4]) as loop:
            line = builder.mul(loop.index, I64(CACHE_LINE))
            for offset, accumulator in zip(offsets, accumulators, strict=True):
                position = [builder.add(line, I64(offset))]
                addresses = [builder.gep(image, position) for image in images]
                vectors = [_load(builder, address, bytes_type) for address in addresses]
                _add_psadbw(builder, accumulator, vectors)
        total = zeros
        for accumulator in accumulators:
            total = builder.add(total, builder.load(accumulator))
        name = f"llvm.vector.reduce.add.v{sums_type.count}i64"
        function_type = ir.FunctionType(I64, [sums_type])
        reduce_add = cgutils.get_or_insert_function(builder.module, function_type, name)
        return builder.trunc(builder.call(reduce_add, [total]), I32)

    index = types.intp
    return types.int32(a, index, b, index, index), generate


@overload(sad, strict=False)
def _sad_overload(
    a: Any, a_start: Any, b: Any, b_start: Any, lines: Any
) -> Callable[..., Any]:
    if VECTOR_BYTES:
        return lambda a, a_start, b, b_start, lines: _psadbw_sad(
            a, a_start, b, b_start, lines
        )

    def loop(
        a: ByteArray, a_start: int, b: ByteArray, b_start: int, lines: int
    ) -> np.int32:
        first, second = a.reshape(-1), b.reshape(-1)
        total = np.int32(0)
        for x in range(CACHE_LINE * lines):
            difference = np.int32(first[a_start + x]) - np.int32(second[b_start + x])
            total = np.int32(total + np.int32(abs(np.int32(difference))))
        return total

    return loop


def octet_within(
    cell: ByteArray,
    cell_start: int,
    tiles: ByteArray,
    tiles_start: int,
    groups: int,
    limit: np.int32,
) -> np.uint64:
    """
    Return a mask of the tiles, out of eight, whose SAD to a cell is within a limit.

    The cell has 8 bytes for each of the groups. The bytes of the tiles are interleaved:
    each group has eight bytes of the first tile, eight of the second, and so on. The
    lowest bit of the mask belongs to the first tile.
    """
    cell_bytes = cell.reshape(-1)[cell_start : cell_start + OCTET * groups]
    tile_bytes = tiles.reshape(-1)[tiles_start : tiles_start + OCTET_GROUP * groups]
    grouped = tile_bytes.reshape(groups, OCTET, -1).astype(np.int64)
    differences = grouped - cell_bytes.reshape(groups, 1, -1)
    within = np.abs(differences).sum(axis=(0, 2)) <= limit
    return np.uint64(np.packbits(within, bitorder="little")[0])


@intrinsic
def _psadbw_octet(
    _typing: Any, cell: Any, _i: Any, tiles: Any, _j: Any, _groups: Any, _limit: Any
) -> tuple[Any, Codegen]:
    """Compute `octet_within` with `psadbw`, one 64-bit sum for each tile."""
    sums_type, bytes_type = _vector_types()

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        cell_address, tiles_address = (
            _address(context, builder, signature, values, i) for i in (0, 2)
        )
        limit = _splat(builder, values[5], sums_type)
        mask: Any = I64(0)
        for offset in range(0, OCTET_GROUP, VECTOR_BYTES):
            zeros = ir.Constant(sums_type, None)
            accumulator = cgutils.alloca_once_value(builder, zeros)
            with cgutils.for_range(builder, values[4]) as loop:
                # Repeat eight bytes of the cell, one copy for each tile.
                position = [builder.mul(loop.index, I64(OCTET))]
                eight = _load(builder, builder.gep(cell_address, position), I64)
                splat = _splat(builder, eight, sums_type)
                repeated = builder.bitcast(splat, bytes_type)
                group = builder.mul(loop.index, I64(OCTET_GROUP))
                address = builder.gep(tiles_address, [builder.add(group, I64(offset))])
                vector = _load(builder, address, bytes_type)
                _add_psadbw(builder, accumulator, [repeated, vector])
            within = builder.icmp_signed("<=", builder.load(accumulator), limit)
            bits = builder.bitcast(within, ir.IntType(sums_type.count))
            shift = I64(offset // OCTET)
            mask = builder.or_(mask, builder.shl(builder.zext(bits, I64), shift))
        return mask

    index = types.intp
    signature = types.uint64(cell, index, tiles, index, index, types.int64)
    return signature, generate


@overload(octet_within, strict=False)
def _octet_within_overload(
    cell: Any, cell_start: Any, tiles: Any, tiles_start: Any, groups: Any, limit: Any
) -> Callable[..., Any]:
    if VECTOR_BYTES:
        return lambda cell, cell_start, tiles, tiles_start, groups, limit: (
            _psadbw_octet(cell, cell_start, tiles, tiles_start, groups, limit)
        )

    def loop(
        cell: ByteArray,
        cell_start: int,
        tiles: ByteArray,
        tiles_start: int,
        groups: int,
        limit: int,
    ) -> np.uint64:
        cell_bytes, tile_bytes = cell.reshape(-1), tiles.reshape(-1)
        mask = np.uint64(0)
        for j in range(OCTET):
            total = np.int32(0)
            for g in range(groups):
                for k in range(OCTET):
                    difference = np.int32(cell_bytes[cell_start + OCTET * g + k])
                    position = tiles_start + OCTET_GROUP * g + OCTET * j + k
                    difference -= np.int32(tile_bytes[position])
                    total = np.int32(total + np.int32(abs(difference)))
            mask |= np.uint64(total <= limit) << np.uint64(j)
        return mask

    return loop


def lanes_between(
    values: Int32Array, start: int, low: np.int32, high: np.int32
) -> np.uint64:
    """
    Return a mask of the values, out of `MASK_LANES`, that are in (low, high].

    The lowest bit belongs to the first value, at the flat position `start`.
    """
    lanes = values.reshape(-1)[start : start + MASK_LANES]
    within = (lanes > low) & (lanes <= high)
    return np.uint64(int.from_bytes(np.packbits(within, bitorder="little"), "little"))


@intrinsic
def _vector_between(
    _typing: Any, values: Any, _start: Any, _low: Any, _high: Any
) -> tuple[Any, Codegen]:
    lanes_type = ir.VectorType(I32, MASK_LANES)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments, 0)
        lanes = _load(builder, address, lanes_type)
        low, high = (_splat(builder, bound, lanes_type) for bound in arguments[2:])
        above = builder.icmp_signed(">", lanes, low)
        within = builder.icmp_signed("<=", lanes, high)
        return builder.bitcast(builder.and_(above, within), I64)

    index, bound = types.intp, types.int32
    return types.uint64(values, index, bound, bound), generate


@overload(lanes_between, strict=False)
def _lanes_between_overload(
    values: Any, start: Any, low: Any, high: Any
) -> Callable[..., Any]:
    return lambda values, start, low, high: _vector_between(values, start, low, high)


def _load(builder: ir.IRBuilder, address: Any, value_type: Any) -> Any:
    return builder.load(builder.bitcast(address, value_type.as_pointer()), align=1)


def _store(builder: ir.IRBuilder, value: Any, address: Any) -> None:
    builder.store(value, builder.bitcast(address, value.type.as_pointer()), align=1)


def _splat(builder: ir.IRBuilder, value: Any, vector_type: Any) -> Any:
    """Repeat a value in every lane of a vector."""
    undefined = ir.Constant(vector_type, ir.Undefined)
    single = builder.insert_element(undefined, value, I32(0))
    zeros = ir.Constant(ir.VectorType(I32, vector_type.count), None)
    return builder.shuffle_vector(single, undefined, zeros)
