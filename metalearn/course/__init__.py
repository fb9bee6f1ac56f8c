"""The course: its notebooks in two languages, quizzes and guesses in them, and what a student has done so far."""

from metalearn.course.edition import set_language
from metalearn.course.guesses import guess, reveal
from metalearn.course.quizzes import quiz

__all__ = ["guess", "quiz", "reveal", "set_language"]
