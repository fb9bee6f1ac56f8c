"""What checks say is said in Chinese too: no text lacks its pair, and no pair is left over."""

import ast
import inspect
import re
import string
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

from metalearn import check
from metalearn.check.texts import Text, in_chinese, said
from metalearn.course.edition import set_language
from tests.check.answers import EXERCISES, SOLUTIONS, WRONG

MODULES = [import_module(module.name) for module in iter_modules(check.__path__, "metalearn.check.")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Texts(ast.NodeVisitor):
    """Collects the strings of a module that are more than one word, and no docstrings or names of options."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.found: set[str] = set()
        self.parts: set[str] = set()  # constants that stand inside others
        self.visit(ast.parse(inspect.getsource(module)))

    def add(self, text: str) -> None:
        if len(text.split()) > 1:
            self.found.add(text)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """An f-string can only hold what the module knows when it is read; other values need a Text."""
        names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
        self.parts |= {vars(self.module)[name] for name in names}
        self.add(eval(compile(ast.Expression(node), "", "eval"), vars(self.module)))

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for value in node.values:
            self.visit(value)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Options are compared; texts are not."""

    def visit_arguments(self, node: ast.arguments) -> None:
        """Options have defaults; texts are none."""


def all_texts() -> set[str]:
    collected = [Texts(module) for module in MODULES]
    return set().union(*(one.found for one in collected)) - set().union(*(one.parts for one in collected))


@pytest.fixture
def chinese() -> Iterator[None]:
    set_language("zh")
    yield
    set_language("en")


def test_no_text_lacks_its_pair_and_no_pair_is_left_over() -> None:
    texts, pairs = all_texts(), in_chinese()
    assert len(texts) > 400
    assert sorted(texts - set(pairs)) == []
    assert sorted(set(pairs) - texts) == []


def test_a_pair_is_chinese_and_has_the_same_places() -> None:
    for english, text in in_chinese().items():
        assert not CHINESE.search(english)
        assert CHINESE.search(text) or text == english, text  # a formula is the same in both
        assert not re.search(r"[\u4e00-\u9fff] *[,:;?!]|[\u4e00-\u9fff]\. ", text), f"an English mark: {text}"
        if re.search(r"\{\w+(:[^}]*)?\}", english):
            assert places(text) == places(english)


def places(template: str) -> Counter[tuple[str | None, str | None]]:
    return Counter((name, form) for _, name, form, _ in string.Formatter().parse(template) if name)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_answers_in_chinese(name: str, chinese: None) -> None:
    right = getattr(check, name)(SOLUTIONS[name])
    wrong = getattr(check, name)(WRONG[name][0][1], hint=3)
    assert right.passed
    assert not wrong.passed
    assert f"{name}：检查过的全部成立" in repr(right)
    assert f"{name}：还不行" in repr(wrong)
    known = set(in_chinese())
    for text in (*right.holds, *wrong.holds, *wrong.hints):
        assert CHINESE.search(text) or text in known, text  # a formula is the same in both
    set_language("en")
    assert not CHINESE.search(repr(getattr(check, name)(WRONG[name][0][1], hint=3)))


def test_an_error_of_the_student_is_explained_in_chinese(chinese: None) -> None:
    result = check.inner_step(lambda losses, parameters, size: losses.backward())
    assert result.hint == "它因 RuntimeError 停下了：grad can be implicitly created only for scalar outputs；" + said(
        "only one number can be differentiated: take the sum of the losses first"
    )


def test_a_text_in_a_text_is_said_in_the_same_language(chinese: None) -> None:
    inner = Text("the shape is {shape}", shape=[2, 3])
    assert said(Text("{first}. Also: {second}", first=inner, second="names and shapes are right")) == (
        "形状是 [2, 3]。另外：名字和形状都对"
    )
    assert said("this text is in no table") == "this text is in no table"
