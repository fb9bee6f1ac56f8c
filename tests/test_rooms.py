"""The house: imports run one way, no function bears its module's name, and the front door opens on what it says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import metalearn as ml

LIBRARY = Path(ml.__file__).parent
# A file may import from its own room and from those before it.
ORDER = (
    "characters",
    "tasks",
    "learners",
    "embeddings",
    "recognition",
    "training",
    "evaluation",
    "maps",
    "plots",
    "pretrained",
    "benchmark",
    "course",
    "check",
    "cli",
)
FILES = sorted(LIBRARY.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Return the kit's modules that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "metalearn":
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "metalearn"}
    return found


def test_every_room_has_its_place_in_the_order() -> None:
    assert {path.parent.name for path in LIBRARY.glob("*/__init__.py")} == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_from_itself_and_those_before_it(room: str) -> None:
    allowed = {
        *ORDER[: ORDER.index(room) + 1],
        "errors",
        "artifacts",
        "schema",
        "_files",
        "_workers",
        "_device",
        "_front_ends",
        "_clash",
        "__version__",
    }
    for file in (LIBRARY / room).rglob("*.py"):
        rooms = {name.split(".")[1] for name in imported(file) if "." in name}
        assert rooms <= allowed, f"{file.relative_to(LIBRARY)} imports from {rooms - allowed}"


def test_there_is_no_circle() -> None:
    modules = {
        ".".join(("metalearn", *f.relative_to(LIBRARY).with_suffix("").parts)).removesuffix(".__init__"): f
        for f in FILES
    }
    needs = {name: {_module(found, modules) for found in _at_once(file)} - {name, ""} for name, file in modules.items()}
    while free := [name for name, others in needs.items() if not others & set(needs)]:
        for name in free:
            del needs[name]
    assert not needs, f"these import one another: {sorted(needs)}"


def _at_once(file: Path) -> set[str]:
    """Return what is imported when the file itself is, other than for type checkers or inside functions."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "metalearn":
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _module(name: str, modules: dict[str, Path]) -> str:
    """Return the module that an imported name is, or is in."""
    if name in modules:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in modules and parent != "metalearn" else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_no_function_bears_its_modules_name(file: Path) -> None:
    defined = [n.name for n in ast.parse(file.read_text("utf-8")).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert file.stem not in defined


def test_the_front_door_opens_on_what_it_names_and_nothing_else() -> None:
    assert dir(ml) == ml.__all__
    for name in ml.__all__:
        assert getattr(ml, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ml.nothing


def test_type_checkers_see_the_same_front_door() -> None:
    tree = ast.parse((LIBRARY / "__init__.py").read_text("utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {f"{n.module}:{n.names[0].name}" for n in block.body if isinstance(n, ast.ImportFrom)}
    said = {f"metalearn.{home}:{name}" for name, home in ml._HOME.items()} | {f"metalearn:{m}" for m in ml._MODULES}
    assert seen == said


def test_importing_the_kit_is_quick_and_brings_no_torch() -> None:
    code = "import sys, metalearn; print({'torch', 'numpy', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
