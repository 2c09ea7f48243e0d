"""The arrows of the house (ARCHITECTURE.md), kept by machine, and what no module may do.

Imports run app → widgets → engine. Inside the engine each room knows only the rooms below it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("app", "widgets", "engine", "resources")

# Who may import whom, by top-level package.
LAYERS = {
    "app": {"app", "widgets", "engine", "resources"},
    "widgets": {"widgets", "engine", "resources"},
    "engine": {"engine"},
    "resources": {"resources"},
}
# The rooms of the engine with those that each one stands on directly; what these stand on is known too.
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "metrics": set(),
    "model": {"errors"},
    "storage": {"model", "metrics"},
    "crdt": {"model"},
    "timeline": {"storage", "crdt"},
    "merge": {"timeline"},
    "query": {"timeline"},
    "causality": {"query"},
    "patterns": {"query"},
    "rules": {"patterns"},
    "exchange": {"merge"},
    "sync": {"merge"},
}
FACADE = "store"
QT = ("PySide6", "shiboken6", "pyqtgraph", "pytestqt")
# What takes most of a tenth of a second to import, so a command that does not use it must not pay for it.
HEAVY = ("sqlalchemy", "networkx", "pyqtgraph", "PySide6", "pygit2", "pyrsistent", "yaml", "jsonpath_rfc9535")
# What builds any Python object that a YAML file names.
UNSAFE_LOADERS = {f"yaml.{name}" for name in ("Loader", "CLoader", "UnsafeLoader", "CUnsafeLoader", "FullLoader")}


class Import(NamedTuple):
    """One import statement: the module it names, where it stands, and whether only type checkers see it."""

    module: str
    line: int
    for_types: bool


def product_files() -> list[Path]:
    return sorted(path for package in PRODUCT for path in (ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    hidden = {id(node) for block in ast.walk(tree) if _is_type_checking(block) for node in ast.walk(block)}
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in hidden)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(f"{source}.{alias.name}", node.lineno, id(node) in hidden)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def rooms_below(room: str) -> set[str]:
    known = {room}
    for below in ROOMS[room]:
        known |= rooms_below(below)
    return known


@pytest.mark.parametrize("path", product_files(), ids=module_name)
def test_imports_run_one_way(path: Path) -> None:
    package = module_name(path).split(".")[0]
    wrong = [
        f"{path.relative_to(ROOT)}:{entry.line} imports {entry.module}"
        for entry in imports_of(path)
        if (top := entry.module.split(".")[0]) in {*PRODUCT, "tests"} and top not in LAYERS[package]
    ]
    assert not wrong


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=module_name)
def test_the_engine_knows_no_window_and_each_room_only_those_below(path: Path) -> None:
    module = module_name(path).split(".")
    room = module[1] if len(module) > 1 else FACADE
    assert room in ROOMS or room == FACADE, f"engine/{room} is not in ARCHITECTURE.md and the table above"
    known = rooms_below(room) | {"errors", "metrics"} if room != FACADE else {*ROOMS, FACADE}
    wrong = []
    for entry in imports_of(path):
        parts = entry.module.split(".")
        if parts[0] in QT or (
            parts[0] == "engine"
            and len(parts) > 1
            and (parts[1] in ROOMS or parts[1] == FACADE or parts[1] == "Store")
            and parts[1] not in known
            and not entry.for_types
        ):
            wrong.append(f"{path.relative_to(ROOT)}:{entry.line} imports {entry.module}")
    assert not wrong


def dangers_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls that run or rebuild what data says: code, shell lines, pickles, YAML tags."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                if name.split(".")[0] in {"pickle", "marshal", "shelve", "dill", "cloudpickle"}:
                    yield node.lineno, name
        if isinstance(node, ast.Attribute) and ast.unparse(node) in UNSAFE_LOADERS:
            yield node.lineno, node.attr
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in {"eval", "exec", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "pickle.loads"}:
            yield node.lineno, called
        arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if arguments.get("shell", "False") != "False":
            yield node.lineno, f"{called}(shell=…)"
        if called in {"yaml.load", "yaml.load_all"} and "Loader" not in arguments and len(node.args) < 2:
            yield node.lineno, f"{called} without a loader"


@pytest.mark.parametrize("path", product_files(), ids=module_name)
def test_no_module_runs_what_data_says(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    assert [f"{path.relative_to(ROOT)}:{line} {what}" for line, what in dangers_in(tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import pickle",
        "from pickle import loads",
        "subprocess.run('ls', shell=True)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
    ],
)
def test_the_look_for_dangers_finds_them(source: str) -> None:
    assert list(dangers_in(ast.parse(source)))


@pytest.mark.parametrize("package", PRODUCT)
def test_every_folder_of_the_product_is_a_package(package: str) -> None:
    missing = {path.parent for path in (ROOT / package).rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert not missing


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom app.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"
