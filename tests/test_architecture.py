"""What holds of the code as a whole: layers, names, light import, and who may print."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import genomimic

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = ("numpy", "jax", "pyarrow", "sklearn", "scipy", "plotly", "equinox", "dnaio")


def calls(source):
    """Names of all functions that a file calls."""
    found = (node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call))
    return {ast.unparse(function) for function in found}


def imports(source):
    """Modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_each_file_imports_only_from_the_layers_below_it():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_public_names_are_complete_sorted_and_there():
    assert genomimic.__all__ == sorted(genomimic._HOME)
    assert [name for name in genomimic.__all__ if getattr(genomimic, name, None) is None] == []
    assert dir(genomimic) == sorted([*genomimic.__all__, "__version__"])
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        genomimic.trian  # noqa: B018


def test_names_for_type_checkers_are_those_that_are_loaded():
    tree = ast.parse(Path(genomimic.__file__).read_text())
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {
        name.asname or name.name: (node.module or "").removeprefix("genomimic").removeprefix(".") or name.name
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert declared == genomimic._HOME


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_a_file_keeps_to_its_part(source):
    text = source.read_text()
    assert not {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"} & set(imports(source))
    assert "allow_pickle=True" not in text
    assert not {"exec", "eval"} & calls(source)
    if source.name not in ("cli.py", "display.py"):
        assert "print" not in calls(source)
    assert re.findall(r"/(?:home|root|work|Users|mnt)/\w+", text) == []


@pytest.mark.parametrize(
    "code",
    [
        "import genomimic",
        "import genomimic.cli",
        "import genomimic.errors, genomimic.data",
        "from genomimic.cli import main\ntry: main(['--help'])\nexcept SystemExit as e: assert not e.code",
        "from genomimic.cli import main\ntry: main(['mimic', '--help'])\nexcept SystemExit as e: assert not e.code",
        "from genomimic.cli import main\ntry: main(['trian'])\nexcept SystemExit as e: assert e.code == 2",
    ],
    ids=["package", "cli", "errors", "help", "help of a command", "typing mistake"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    told = f"{code}\nimport sys; loaded = [m for m in {HEAVY} if m in sys.modules]; assert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
