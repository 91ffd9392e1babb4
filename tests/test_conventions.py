"""What holds the house together: the direction of imports, names, sizes, laziness, the README's commands."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module, machinery
from pathlib import Path

import pytest

import unetcolor

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "unetcolor"

# A package imports from earlier rows only, or from itself. A module that lies in no package is a package of its own.
FLOORS = [
    {"errors", "_log", "_quiet"},
    {"_checks", "_files", "_strips", "_progress", "_figure", "_forking"},
    {"spaces", "images", "networks"},
    {"codec", "losses", "hints"},
    {"metrics", "plots", "testing", "samples", "models"},
    {"training", "prediction"},
    {"evaluation", "export"},
    {"colorizer", ""},
    {"photos", "video", "app"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

# All else runs where TensorFlow is not installed. Several that train one network do it under its strategies: no other
# backend has any, and Keras' own ``keras.distribution`` is for JAX.
IMPORT_TENSORFLOW = {
    *("training.tf_data", "training.fused", "prediction.engines.tensorflow", "testing"),
    *("export.saved_model", "export.tflite"),
    *("training.distribution", "training.replicas", "training.strategies"),
}

# A docstring is no code, and neither are comments and empty lines.
MOST_LINES_OF_CODE = 300

MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
    for path in SOURCE.rglob("*.py")
)


def path_of(module: str) -> Path:
    path = SOURCE.joinpath(*module.split(".")) if module else SOURCE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def own_imports(module: str) -> Iterator[str]:
    """Yield the modules of unetcolor that a module imports, wherever in its text."""
    for node in ast.walk(ast.parse(path_of(module).read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "unetcolor":
            package = (node.module or "").removeprefix("unetcolor").removeprefix(".")
            for alias in node.names:
                inner = f"{package}.{alias.name}".lstrip(".")
                yield inner if inner in MODULES else package
        elif isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "unetcolor")


def package_of(module: str) -> str:
    return module.partition(".")[0]


def test_every_package_has_its_floor() -> None:
    assert {package_of(module) for module in MODULES} == set(FLOOR)


@pytest.mark.parametrize("module", [module for module in MODULES if module])
def test_imports_go_one_way(module: str) -> None:
    own = package_of(module)
    for imported in own_imports(module):
        other = package_of(imported)
        # The version, which model files record, is all that is taken from the front door.
        if other not in ("", own):
            assert FLOOR[other] < FLOOR[own], f"{module} imports {imported}"


@pytest.mark.parametrize("module", [module for module in MODULES if package_of(module) in ("photos", "video", "app")])
def test_applications_know_predictors_and_no_colorizer(module: str) -> None:
    assert "colorizer" not in set(own_imports(module))


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: set(own_imports(module)) - {"", module} for module in MODULES if module}
    # A package's front door names what lies behind it, and what lies behind it may ask the front doors of others.
    graph = {module: {m for m in imported if m not in module} for module, imported in graph.items()}
    TopologicalSorter(graph).prepare()


def test_tensorflow_is_imported_in_few_files() -> None:
    found = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(path_of(module).read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "tensorflow" for name in names):
                found.add(module)
    assert found == IMPORT_TENSORFLOW


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    text = path_of(module).read_text()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        node.body[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
    ]
    is_docstring = {line for node in docstrings for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    code = [
        line
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#") and number not in is_docstring
    ]
    assert len(code) <= MOST_LINES_OF_CODE


LIGHT = [
    *("unetcolor", "unetcolor.spaces", "unetcolor.images", "unetcolor.samples", "unetcolor.codec"),
    *("unetcolor.prediction.predictor", "unetcolor.photos.files", "unetcolor.photos.bulk", "unetcolor.models.presets"),
    *("unetcolor.models.record", "unetcolor.models.onnx_file", "unetcolor.networks.precision"),
    *("unetcolor.prediction.engines.onnx", "unetcolor.prediction.engines.openvino"),
]

# Engines that run networks of Keras, and what keeps them.
IMPORT_KERAS = {"prediction.engines.keras", "prediction.engines.tensorflow", "prediction.engines.cache"}


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_neither_tensorflow_nor_keras(module: str) -> None:
    script = f"import sys, {module}; print([n for n in ('tensorflow', 'keras', 'matplotlib') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_prediction_needs_no_keras_but_for_its_engines() -> None:
    found = set()
    for module in (module for module in MODULES if package_of(module) == "prediction"):
        for node in ast.parse(path_of(module).read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "keras" for name in names):
                found.add(module)
    assert found == IMPORT_KERAS


def test_the_front_door_names_what_is_there() -> None:
    for name in unetcolor.__all__:
        assert getattr(unetcolor, name) is not None
    assert set(unetcolor.__all__) <= set(dir(unetcolor))
    tree = ast.parse(path_of("").read_text())
    typed = {
        alias.asname
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == set(unetcolor.__all__) - {"__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'colorize_everything'"):
        _ = unetcolor.colorize_everything


def public_things() -> Iterator[tuple[str, object]]:
    for module in MODULES:
        loaded = import_module(f"unetcolor.{module}".rstrip("."))
        for name, thing in vars(loaded).items():
            is_own = getattr(thing, "__module__", None) == loaded.__name__
            if is_own and not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                yield f"{module}.{name}", thing


@pytest.mark.parametrize(
    ("name", "thing"), list(public_things()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_parameter_of_a_public_function_is_documented(name: str, thing: object) -> None:
    documentation = inspect.getdoc(thing)
    assert documentation
    if "Parameters\n" in documentation and inspect.isfunction(thing):
        for parameter in inspect.signature(thing).parameters:
            assert parameter in documentation, f"{parameter} is not documented"


def test_ci_runs_the_commands_of_the_readme() -> None:
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    for command in commands:
        assert command in ci


def test_keras_runs_on_what_is_installed_unless_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for installed, chosen in (("tensorflow jax", None), ("jax torch", "jax"), ("torch", "torch"), ("", None)):
        # First set, so that what is chosen is undone.
        monkeypatch.setenv("KERAS_BACKEND", "")
        monkeypatch.delenv("KERAS_BACKEND")
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        found = {name: machinery.ModuleSpec(name, None) for name in installed.split()}
        monkeypatch.setattr(unetcolor, "find_spec", found.get)
        unetcolor._choose_backend()
        assert os.environ.get("KERAS_BACKEND") == chosen
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    found = {name: machinery.ModuleSpec(name, None) for name in ("jax", "torch")}
    monkeypatch.setattr(unetcolor, "find_spec", found.get)
    unetcolor._choose_backend()
    assert "KERAS_BACKEND" not in os.environ
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(unetcolor, "find_spec", {"torch": machinery.ModuleSpec("torch", None)}.get)
    unetcolor._choose_backend()
    assert os.environ["KERAS_BACKEND"] == "jax"


# Such as "{frames} frames", which may be one: `errors.counted` knows. Constants are right, and so are rates, photos/s.
NOUNS = "channel|convolution|epoch|frame|hint|page|photo|picture|result|step"
PLURAL = re.compile(rf"\{{(?![A-Z_]+\}})[^{{}}]+\}} ({NOUNS})s\b(?!/)")


def test_messages_do_not_say_1_frames() -> None:
    found = {module: PLURAL.findall(path_of(module).read_text()) for module in MODULES}
    assert {module: nouns for module, nouns in found.items() if nouns} == {}


def test_the_changelog_has_an_entry_for_this_version_or_the_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog or f"## [{unetcolor.__version__}]" in changelog
