"""Write the depth map of an OpenFocus method as plane indices: ``PLANES OUT METHOD [MODE]``.

Its command line writes depth only as colours of 8 bits; the function behind it gives numbers.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from core.depth_map import compute_focus_index


def main() -> int:
    planes, out, method = sys.argv[1:4]
    files = sorted(Path(planes).glob("*.tif"))
    frames = [cv2.imread(str(file), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR) for file in files]
    parameters = {"mode": sys.argv[4]} if len(sys.argv) > 4 else None
    weights = None
    if method.startswith("stackmff"):
        from core.cli import _method_weights, get_fusion

        weights = _method_weights(get_fusion(method))
    index = compute_focus_index(frames, method, parameters=parameters, model_path=weights)
    np.save(out, index.astype(np.float32) * (len(frames) - 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
