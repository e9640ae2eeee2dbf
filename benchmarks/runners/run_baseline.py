"""Fuse a stack by a plain rule: ``STACK OUT max|sobel``; the second writes its planes as npy."""

import sys
from pathlib import Path

import cv2
import numpy as np
import tifffile


def sharpness(plane: np.ndarray) -> np.ndarray:
    grey = plane.astype(np.float32)
    grey = grey.mean(-1) if grey.ndim == 3 else grey
    along_x, along_y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return cv2.blur(cv2.magnitude(along_x, along_y), (9, 9))


def main() -> int:
    out, rule = Path(sys.argv[2]), sys.argv[3]
    best = chosen = None
    with tifffile.TiffFile(sys.argv[1]) as file:
        for index, page in enumerate(file.pages):
            plane = page.asarray()
            score = plane if rule == "max" else sharpness(plane)
            if best is None:
                best, image = score.copy(), plane.copy()
                chosen = np.zeros(plane.shape[:2], np.uint16)
                continue
            if rule == "max":
                np.maximum(image, plane, out=image)
                continue
            wins = score > best
            best[wins], image[wins], chosen[wins] = score[wins], plane[wins], index
    tifffile.imwrite(out, image)
    if rule == "sobel":
        np.save(out.with_suffix(".npy"), chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
