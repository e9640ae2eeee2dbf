"""Run pyclesperanto's projection by local Sobel gradient: ``STACK OUT SIGMA``.

Colour stacks are fused channel by channel, since it knows no colour.
"""

import sys

import numpy as np
import pyclesperanto as cle
import tifffile


def project(stack: np.ndarray, sigma: float) -> np.ndarray:
    planes = cle.push(stack.astype(np.float32))
    return cle.pull(cle.extended_depth_of_focus_sobel_projection(planes, sigma=sigma))


def main() -> int:
    stack, sigma = tifffile.imread(sys.argv[1]), float(sys.argv[3])
    if stack.ndim == 4:
        image = np.stack([project(stack[..., c], sigma) for c in range(stack.shape[3])], axis=-1)
    else:
        image = project(stack, sigma)
    limits = np.iinfo(stack.dtype)
    tifffile.imwrite(sys.argv[2], np.clip(np.rint(image), 0, limits.max).astype(stack.dtype))
    return 0


if __name__ == "__main__":
    sys.exit(main())
