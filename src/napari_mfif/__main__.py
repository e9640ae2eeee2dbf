"""``python -m napari_mfif``: the command line."""

import sys

from napari_mfif.cli import main

sys.exit(main())
