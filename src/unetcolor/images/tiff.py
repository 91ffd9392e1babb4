"""TIFF files: their tags say what the numbers mean, and only layouts that were compared with the truth are read."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from PIL import TiffImagePlugin
from typing_extensions import override

from unetcolor.errors import counted
from unetcolor.images.arrays import stretch
from unetcolor.images.unreadable import UnreadableError, decoding, require

_UNSIGNED = 1
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB = 0, 1, 2, 3, 5, 6, 8
_GRAY = (_WHITE_IS_ZERO, _BLACK_IS_ZERO)

# What a channel besides gray or the colors is: color times alpha is stored, or color. Any other is not looked at.
_PREMULTIPLIED, _ALPHA = 1, 2

_UNCOMPRESSED, _LZW, _DEFLATE, _PACKBITS = 1, 5, (8, 32946), 32773

_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706

# By the number of the unit of resolution: inch and centimeter.
_UNITS_PER_INCH = {2: 1.0, 3: 2.54}

# Pictures have at most four channels and some that nobody looks at.
_MOST_CHANNELS = 16

# Photometric interpretation, extra channels: those that Pillow reads right with 8 bits and one color after the other.
# Of the rest it refuses some, and takes the wrong channels of others.
_EIGHT_BITS_OF_PILLOW: dict[int, list[tuple[int, ...]]] = {
    _WHITE_IS_ZERO: [()],
    _BLACK_IS_ZERO: [(), (_ALPHA,)],
    _RGB: [(), (0,), (0, 0), (_PREMULTIPLIED,), (_ALPHA,), (_ALPHA, 0)],
    _PALETTE: [(), (0,), (_ALPHA,)],
    _CMYK: [(), (0,), (0, 0)],
    _YCBCR: [()],
    _LAB: [()],
}


@dataclass(frozen=True)
class Layout:
    """What the tags of a picture say of its numbers; the names are those of TIFF 6.0."""

    bits: tuple[int, ...]
    sample_formats: tuple[int, ...]
    photometric: int
    is_planar: bool
    extra: tuple[int, ...]
    compression: int

    @property
    def depth(self) -> int:
        """Bits of each number, or 0 if they differ."""
        return self.bits[0] if len(set(self.bits)) == 1 else 0

    def is_read_by_pillow(self) -> bool:
        """Tell whether Pillow reads it right; 16-bit CMYK at 8 bits."""
        if set(self.sample_formats) != {_UNSIGNED}:
            return False
        kind, channels = self.photometric, len(self.bits)
        if self.is_planar:
            return self.depth == 8 and (kind, channels) in ((_RGB, 3), (_CMYK, 4))
        if self.depth == 8:
            return self.extra in _EIGHT_BITS_OF_PILLOW.get(kind, [])
        if self.depth == 16:
            return (kind, channels, self.extra) in ((_BLACK_IS_ZERO, 1, ()), (_RGB, 3, ()), (_CMYK, 4, ()))
        return self.depth in (1, 2, 4) and channels == 1 and kind in (*_GRAY, _PALETTE)

    def is_read_by_tifffile(self) -> bool:
        """Tell whether tifffile reads its numbers right."""
        colors = len(self.bits) - len(self.extra)
        return (
            set(self.sample_formats) == {_UNSIGNED}
            and self.depth in (1, 8, 12, 16)
            and len(self.extra) <= 1
            and (colors == 1 if self.photometric in _GRAY else self.photometric == _RGB and colors in (3, 4))
            and self.compression in (_UNCOMPRESSED, _LZW, *_DEFLATE, _PACKBITS)
        )

    def needs_imagecodecs(self) -> bool:
        """Tell whether tifffile needs imagecodecs for it, which not everybody has."""
        return self.compression == _LZW or self.depth == 12

    def __str__(self) -> str:
        import tifffile

        def name(kinds: Any, value: int) -> str:
            return str(kinds(value).name) if value in list(kinds) else f"kind {value}"

        formats = "/".join(name(tifffile.SAMPLEFORMAT, kind) for kind in sorted(set(self.sample_formats)))
        bits = "/".join(map(str, sorted(set(self.bits))))
        parts = [
            f"{len(self.bits)} x {bits} bits of {formats}",
            f"photometric {name(tifffile.PHOTOMETRIC, self.photometric)}",
            "planar" if self.is_planar else "contiguous",
            f"compression {name(tifffile.COMPRESSION, self.compression)}",
        ]
        return ", ".join(parts) + (f", extra channels {self.extra}" if self.extra else "")


class NumbersFile(TiffImagePlugin.TiffImageFile):
    """A TIFF file of a layout that Pillow has no mode for, or takes for another one: Pillow reads all but its pixels.

    :meth:`numbers` gives these.
    """

    @override
    def _setup(self) -> None:
        # Pillow would look for its mode, and refuse the file.
        self._mode = "L"
        self._size = self._tile_size = (int(self.tag_v2[256]), int(self.tag_v2[257]))
        self.tile = []
        if profile := self.tag_v2.get(34675):
            self.info["icc_profile"] = profile
        across, down, unit = (self.tag_v2.get(tag) for tag in (282, 283, 296))
        if across and down and unit in _UNITS_PER_INCH:
            self.info["dpi"] = (across * _UNITS_PER_INCH[unit], down * _UNITS_PER_INCH[unit])

    def numbers(self, file: IO[bytes]) -> np.ndarray:
        """Decode the current picture.

        Returns
        -------
        np.ndarray
            Gray or colors from black to white, and alpha: uint8 or uint16, of shape ``(height, width)`` or
            ``(height, width, 2, 3 or 4)``.

        Raises
        ------
        UnreadableError
            It cannot be decoded.
        """
        import tifffile

        layout = _layout_of(self)
        channels = len(layout.bits)
        with decoding():
            file.seek(0)
            page = tifffile.TiffFile(for_tifffile(file)).pages[self.tell()]
            _refuse_what_swells(page)
            values = page.asarray()
            if layout.is_planar and channels > 1:
                values = np.moveaxis(values, 0, -1)
            values = values.reshape(self.height, self.width, channels)
        return _as_pixels(values, layout)


def for_tifffile(file: IO[bytes]) -> Any:
    """Return an open file as tifffile takes it: it would look for a path in the name, and a temporary file has none."""
    import tifffile

    return tifffile.FileHandle(file, name="picture.tif")


def open_tiff(file: IO[bytes], page: int = 0) -> TiffImagePlugin.TiffImageFile:
    """Read the tags of a page of an open TIFF file, counted from 0.

    Raises
    ------
    UnreadableError
        Its tags are broken, or say that its numbers mean something that nobody compared with the truth.
    """
    with decoding():
        file.seek(0)
        # Without a file name Pillow does not map the file into memory, where a later change would show.
        picture = NumbersFile(file, "")
        picture.seek(page)
    _refuse_raw_photo(picture)
    layout = _layout_of(picture)
    if layout.is_read_by_pillow():
        with decoding():
            file.seek(0)
            read_by_pillow = TiffImagePlugin.TiffImageFile(file, "")
            read_by_pillow.seek(page)
        # Pillow looks for a rotation there, and expects text.
        if not isinstance(read_by_pillow.info.get("xmp", b""), bytes | str):
            del read_by_pillow.info["xmp"]
        return read_by_pillow
    if not layout.is_read_by_tifffile():
        raise UnreadableError(
            f"TIFF files of {layout} are not read: save it with 8 or 16 bits of gray or RGB, "
            "or pass its values as an array"
        )
    if layout.needs_imagecodecs():
        require("imagecodecs", f"TIFF files of {layout}")
    return picture


def _refuse_raw_photo(picture: TiffImagePlugin.TiffImageFile) -> None:
    """Raise for the raw photo of a camera, whose first picture is a preview."""
    with decoding():
        tags = picture.tag_v2
        is_preview = bool(int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1) and _SUB_IFDS in tags
    if is_preview or _DNG_VERSION in tags:
        raise UnreadableError(
            "it is the raw photo of a camera: develop it, for example with darktable or RawTherapee, and save it as "
            "TIFF or JPEG"
        )


def _layout_of(picture: TiffImagePlugin.TiffImageFile) -> Layout:
    with decoding():
        tags = picture.tag_v2
        channels = int(tags.get(277, 1))
        if not 1 <= channels <= _MOST_CHANNELS:
            raise UnreadableError(f"TIFF files of {counted(channels, 'channel')} are not read")
        bits = tuple(tags.get(258, (1,)))
        formats = tuple(tags.get(339, (_UNSIGNED,)))
        return Layout(
            # One value stands for all channels.
            bits=bits if len(bits) > 1 else bits * channels,
            sample_formats=formats,
            photometric=int(tags.get(262, _WHITE_IS_ZERO)),
            is_planar=tags.get(284, 1) == 2,
            extra=tuple(tags.get(338, ())),
            compression=int(tags.get(259, _UNCOMPRESSED)),
        )


def _refuse_what_swells(page: Any) -> None:
    """Raise if a compressed part of a picture holds more than it has room for: memory is taken for all of it."""
    if page.compression not in _DEFLATE:
        return
    rows, columns = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    channels = 1 if page.planarconfig == 2 else page.samplesperpixel
    room = rows * (columns * channels * page.bitspersample // 8 + 1)
    file = page.parent.filehandle
    for start, length in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.seek(start)
        unpacker = zlib.decompressobj()
        unpacker.decompress(file.read(length), room)
        if not unpacker.eof and unpacker.decompress(unpacker.unconsumed_tail, 1):
            raise UnreadableError("the file is broken: a part of it holds more pixels than it may")


def _as_pixels(values: np.ndarray, layout: Layout) -> np.ndarray:
    """Return what the numbers of a layout mean, from black to white."""
    pixels = stretch(values, 2**layout.depth - 1, np.uint8 if layout.depth <= 8 else np.uint16)
    largest = np.iinfo(pixels.dtype).max
    colors = 1 if layout.photometric in _GRAY else 3
    color, further = pixels[..., :colors], pixels[..., colors : colors + 1]
    if layout.photometric == _WHITE_IS_ZERO:
        color = largest - color
    # A fourth channel that nothing is said of is taken for alpha, as other readers do.
    kind = layout.extra[0] if layout.extra else _ALPHA
    if kind == _PREMULTIPLIED and further.size:
        part = np.maximum(further, 1).astype(np.uint32)
        color = np.minimum((color.astype(np.uint32) * largest + part // 2) // part, largest).astype(pixels.dtype)
    if kind in (_PREMULTIPLIED, _ALPHA) and further.size:
        color = np.concatenate([color, further], axis=-1)
    return color[..., 0] if color.shape[-1] == 1 else color
