"""Task-embedding meta-learning, small enough to read.

Map every task to a vector, learn how to adapt from that vector, adapt to a new task from a handful of examples.
Import the module you need (``from metalearn import data, tasks``); importing the package itself loads nothing heavy.
"""

__version__ = "0.1.0"
