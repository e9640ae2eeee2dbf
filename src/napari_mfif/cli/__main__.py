"""``python -m napari_mfif.cli``."""

import sys

from napari_mfif.cli import main

sys.exit(main())
