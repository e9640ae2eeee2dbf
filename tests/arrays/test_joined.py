"""Arrays seen as one along new axes."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_mfif import open_stack
from napari_mfif.arrays.joined import Joined
from napari_mfif.errors import ReadError

WHOLE = np.random.default_rng(1).integers(0, 9000, (2, 3, 4, 9, 14), dtype=np.uint16)


@pytest.mark.parametrize(
    "index",
    [
        (),
        ...,
        (1, 2),
        (slice(None), 1, 3, slice(2, 7), slice(1, 9, 2)),
        (slice(1, None), slice(0, 2), slice(None), 4),
        (1, 2, 3, 4, 5),
        (np.array([0, 1]),),
        (slice(None, None, -1), 0),
    ],
)
def test_parts_are_those_of_the_whole(index):
    joined = Joined([one for some in WHOLE for one in some], (2, 3))
    assert (joined.shape, joined.dtype) == (WHOLE.shape, WHOLE.dtype)
    np.testing.assert_array_equal(joined[index], WHOLE[index])
    np.testing.assert_array_equal(np.asarray(joined), WHOLE)


def test_files_of_timepoints_and_channels_are_one_stack(tmp_path):
    for t, c in np.ndindex(2, 3):
        path = tmp_path / f"cell_t{t}_ch{c:02}.tif"
        tifffile.imwrite(path, WHOLE[t, c], imagej=True, metadata={"axes": "ZYX", "spacing": 0.4,
                                                                   "unit": "um"})  # fmt: skip
    stack = open_stack(tmp_path)
    assert (stack.axes, stack.z_step) == ("TCZYX", 0.4)
    np.testing.assert_array_equal(np.asarray(stack.pixels), WHOLE)
    np.testing.assert_array_equal(stack.plane(3, t=1, c=2), WHOLE[1, 2, 3])
    assert "6 files" in stack.notes[0]
    tifffile.imwrite(path, WHOLE[1, 2, :3], imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(ReadError, match="not alike"):
        open_stack(tmp_path)
