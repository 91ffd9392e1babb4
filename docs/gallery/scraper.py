"""Finds the figures of ``unetcolor.plots`` for Sphinx-Gallery, which otherwise finds only those of pyplot."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def last_figure(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figure that is the value of a block's last line, as a notebook would show it."""
    names = block_vars["example_globals"]
    # Sphinx-Gallery stores the value under this name, and keeps it after the block.
    figure = names.get("___")
    if not isinstance(figure, Figure):
        return ""
    # Otherwise the next block would show it again.
    names["___"] = None
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path)
    titles = ", ".join(ax.get_title() for ax in figure.axes if ax.get_title())
    return figure_rst([path], gallery_conf["src_dir"], titles)
