"""Configuration of Sphinx. The build needs no network."""

import doctest
import os
import re
import sys
from pathlib import Path

# Before anything imports TensorFlow: its start-up notes are no part of the docs.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from sphinx.pycode import ModuleAnalyzer

import unetcolor

project = "unetcolor"
author = "The unetcolor developers"
copyright = "The unetcolor developers, MIT license"
version = release = unetcolor.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery", "benchmarks/*"]

# Where Sphinx-Gallery finds the scraper, which it wants by name.
sys.path.insert(0, str(Path(__file__).parent / "gallery"))

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ["matplotlib", "scraper.last_figure"],
    "ignore_pattern": r"scraper\.py",
    # Figures are shown as pictures; their text form would say no more than their size.
    "ignore_repr_types": r"matplotlib|unetcolor\._figure",
    "capture_repr": ("__repr__",),
    "abort_on_example_error": True,
    "first_notebook_cell": "%matplotlib inline",
    "doc_module": ("unetcolor",),
    "backreferences_dir": "auto_gallery/backreferences",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    # Pages that differ from build to build.
    "write_computation_times": False,
}

html_theme = "furo"
html_title = f"unetcolor {release}"
html_show_sphinx = False

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
# Signatures name what a picture may be, and do not list it.
autodoc_type_aliases = {
    "ColorPictures": "unetcolor.training.forms.ColorPictures",
    "HintsLike": "unetcolor.hints.HintsLike",
    "PictureLike": "unetcolor.images.taking.PictureLike",
}

# Members are documented by autodoc; numpydoc's own tables would name them twice.
numpydoc_show_class_members = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# pytest runs the examples of docstrings.
doctest_test_doctest_blocks = ""
# Each page runs in a new, empty folder, and shows warnings among its output.
# The message of an exception counts too, which it does not by default.
doctest_default_flags = doctest.ELLIPSIS
doctest_global_setup = """
import logging
import os
import tempfile
import warnings

import numpy as np

# TensorFlow notes that code of a doctest has no file, and that small networks come and go.
logging.getLogger("tensorflow").setLevel("ERROR")
_folder, _before = tempfile.TemporaryDirectory(), os.getcwd()
os.chdir(_folder.name)
warnings.showwarning = lambda message, category, *_, **__: print(f"{category.__name__}: {message}")
"""
doctest_global_cleanup = """
os.chdir(_before)
_folder.cleanup()
"""

# intersphinx would fetch the inventories of these projects from the network at every build, so their names are
# printed without a link.
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(PIL|collections|gradio|fractions|keras|np|numpy|os|pathlib|starlette|tensorflow|typing_extensions)\..*",
    ),
    # Only type checkers import these, so autodoc does not know their modules.
    (r"py:class", r"Figure|Blocks|Engine|Precision|Starlette"),
    # A type variable, which has no page.
    (r"py:class", r"unetcolor\.spaces\.registry\.SpaceClass"),
]

_analyze = ModuleAnalyzer.analyze


def _analyze_without_predict(analyzer: ModuleAnalyzer) -> None:
    """Let the reference show the signature of ``predict`` itself: its overloads, for type checkers, hide options."""
    _analyze(analyzer)
    analyzer.overloads = {name: each for name, each in analyzer.overloads.items() if not name.endswith(".predict")}


ModuleAnalyzer.analyze = _analyze_without_predict


def _name_aliases(app, what, name, thing, options, signature, returned):
    """Write the name of an alias within a union, of which Sphinx 9.0 shows the class that stands for it."""
    named = [text and re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"~\1", text) for text in (signature, returned)]
    return tuple(named)


def setup(app):
    app.connect("autodoc-process-signature", _name_aliases)
