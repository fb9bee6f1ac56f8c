"""Tests of the course speak one language or the other, and leave English behind."""

from collections.abc import Callable, Iterator

import pytest

import metalearn as ml


@pytest.fixture
def speak() -> Iterator[Callable[[str], None]]:
    """Chooses the language of the course, for one test."""
    yield ml.course.set_language
    ml.course.set_language("en")
