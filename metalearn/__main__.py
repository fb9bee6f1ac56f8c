"""``python -m metalearn`` is the command; torchrun starts it so."""

import sys

from metalearn.cli import main

sys.exit(main())
