"""Read and decode a TIFF, plane by plane, and do nothing with it: ``STACK``."""

import sys

import tifffile

with tifffile.TiffFile(sys.argv[1]) as file:
    for page in file.pages:
        page.asarray()
