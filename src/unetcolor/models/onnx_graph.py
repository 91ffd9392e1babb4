"""What an ONNX file says of itself, read without any runtime: its metadata, its ends, and that it asks for no more.

A runtime would follow whatever such a file names: arrays in other files, functions, loops without end. The file is in
Protocol Buffers, of which only the fields that matter are looked at; their numbers are those of ``onnx.proto``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

# The preset has twenty thousand.
_MOST_FIELDS = 1_000_000

# What arrays of constants may pass through before there is a picture, once: a cast of half precision. All else that can
# be computed then was computed as the file was made, and could fill any memory.
_ON_CONSTANTS = (b"Constant", b"Cast", b"Identity")

# A message or a text, or a number.
Value: TypeAlias = memoryview | bytes | int

_EMPTY = memoryview(b"")


@dataclass
class Graph:
    """What a runtime would be given.

    Attributes
    ----------
    metadata
        Names and texts.
    inputs, outputs
        The lengths of the axes of each, which are 0 where they are not fixed.
    """

    metadata: dict[str, str] = field(default_factory=dict)
    inputs: list[list[int]] = field(default_factory=list)
    outputs: list[list[int]] = field(default_factory=list)


def read_graph(content: bytes) -> Graph:
    """Read an ONNX file, or raise a ValueError that says what is wrong with it."""
    return _Reader(content).graph


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._left = _MOST_FIELDS
        self.graph = Graph()
        graphs = []
        for number, value in self._fields(memoryview(content)):
            if number == 7:
                graphs.append(value)
            elif number == 14:
                entry = dict(self._fields(value))
                self.graph.metadata[_text(entry.get(1, _EMPTY))] = _text(entry.get(2, _EMPTY))
            elif number in (20, 25):
                raise ValueError("it holds functions or a training, which no network has here")
        if len(graphs) != 1:
            raise ValueError("it holds no network")
        self._read_nodes(graphs[0])

    def _read_nodes(self, graph: Value) -> None:
        """Read a graph whose nodes are in the order in which they are computed, as ONNX demands."""
        constants: set[bytes] = set()
        nodes = []
        for number, value in self._fields(graph):
            if number == 1:
                nodes.append(value)
            elif number == 5:
                constants.add(self._array(value))
            elif number == 11:
                self.graph.inputs.append(self._lengths(value))
            elif number == 12:
                self.graph.outputs.append(self._lengths(value))
            elif number == 15:
                raise ValueError("it holds a sparse array, which no network has here")
        passed: set[bytes] = set()
        for node in nodes:
            self._read_node(node, constants, passed)

    def _read_node(self, node: Value, constants: set[bytes], passed: set[bytes]) -> None:
        """Read a node; ``passed`` are the constants that another one has cast, and what came of them."""
        inputs, outputs, operation = [], [], b""
        for number, value in self._fields(node):
            if number == 1:
                inputs.append(_bytes(value))
            elif number == 2:
                outputs.append(_bytes(value))
            elif number == 4:
                operation = _bytes(value)
            elif number == 5:
                self._read_attribute(value)
            elif number == 7 and _bytes(value) not in (b"", b"ai.onnx"):
                raise ValueError(f"it holds an operation of {_text(value)!r}, which is not one of ONNX itself")
        given = [name for name in inputs if name]
        if all(name in constants or name in passed for name in given):
            # A small array that is cast again and again could fill any memory.
            if operation not in _ON_CONSTANTS or not passed.isdisjoint(given):
                raise ValueError(f"it computes {_text(operation)!r} before there is a picture")
            (passed if given else constants).update(outputs)
            passed.update(given)

    def _read_attribute(self, attribute: Value) -> None:
        for number, value in self._fields(attribute):
            if number in (5, 10):
                self._array(value)
            elif number in (6, 11, 22, 23):
                raise ValueError("it holds a loop, a branch or a sparse array, which no network has here")

    def _array(self, array: Value) -> bytes:
        name = b""
        for number, value in self._fields(array):
            if number == 8:
                name = _bytes(value)
            elif number == 13 or (number == 14 and value):
                raise ValueError("it names arrays in other files")
        return name

    def _lengths(self, end: Value) -> list[int]:
        """Return the lengths of the axes of an input or an output."""
        kind = dict(self._fields(dict(self._fields(end)).get(2, _EMPTY)))
        shape = dict(self._fields(kind.get(1, _EMPTY))).get(2, _EMPTY)
        axes = [dict(self._fields(axis)) for number, axis in self._fields(shape) if number == 1]
        lengths = [axis.get(1) for axis in axes]
        return [length if isinstance(length, int) else 0 for length in lengths]

    def _fields(self, message: Value) -> Iterator[tuple[int, Value]]:
        """Yield the number and the value of each field of a message, one after the other."""
        if not isinstance(message, memoryview):
            raise ValueError("it is damaged")
        position, end = 0, len(message)
        while position < end:
            self._left -= 1
            if not self._left:
                raise ValueError(f"it has more than {_MOST_FIELDS:,} parts")
            key, position = _number(message, position)
            # Runtimes keep 32 bits of it, and would see another field than we do.
            if not 8 <= key < 2**32:
                raise ValueError("it is damaged")
            kind, size = key & 7, 0
            if kind == 0:
                value, position = _number(message, position)
                yield key >> 3, value
                continue
            if kind == 2:
                size, position = _number(message, position)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError("it is damaged")
            if size > end - position:
                raise ValueError("it is cut off")
            yield key >> 3, message[position : position + size]
            position += size


def _number(message: memoryview, position: int) -> tuple[int, int]:
    """Return a number, of which each byte holds seven bits and whether another follows, and the position after it."""
    value = 0
    # Numbers have 64 bits.
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("it is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    raise ValueError("it is damaged")


def _bytes(value: Value) -> bytes:
    if isinstance(value, int):
        raise ValueError("it is damaged")
    return bytes(value)


def _text(value: Value) -> str:
    return _bytes(value).decode("utf-8", "replace")
