"""``python -m metalearn`` is the command ``metalearn``; torchrun starts it in this way."""

import sys

from metalearn.cli import main

sys.exit(main())
