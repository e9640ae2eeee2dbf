"""What is smoothed or sought along z equals what a whole volume would give."""

import numpy as np
import pytest

from napari_mfif.kernels.along_z import BinomialAlongZ, binomial_energy
from napari_mfif.kernels.focus_width import FocusWidth, energies, textured_places
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.kernels.running_peak import RunningPeak

KERNELS = {0: [1], 1: [1, 2, 1], 2: [1, 4, 6, 4, 1]}


def _whole(volume, reach, **mode):
    mode = mode or {"mode": "edge"}
    padded = np.pad(volume, ((reach, reach), (0, 0), (0, 0)), **mode)
    return sum(w * padded[i : i + len(volume)] for i, w in enumerate(KERNELS[reach]))


@pytest.mark.parametrize("reach", [0, 1, 2])
@pytest.mark.parametrize("planes", [3, 9])
def test_running_binomial_equals_the_filter_of_the_volume_mirrored_at_its_ends(reach, planes):
    volume = np.random.default_rng(0).random((planes, 5, 7), dtype=np.float32) + 1
    smooth = BinomialAlongZ(reach)
    late = [smooth.update(plane.copy()) for plane in volume]
    found = np.stack([*(plane for plane in late if plane is not None), *smooth.close()])
    whole = _whole(volume, reach, mode="reflect", reflect_type="odd")
    np.testing.assert_allclose(found / smooth.scale, whole / smooth.scale, rtol=1e-5)


def test_of_fewer_planes_than_the_filter_is_long_each_comes_out():
    smooth = BinomialAlongZ(2)
    assert smooth.update(np.full((2, 2), 3, np.float32)) is None
    (alone,) = smooth.close()
    np.testing.assert_allclose(alone / smooth.scale, 3)


def test_a_steep_curve_is_not_negative_beyond_its_end():
    smooth = BinomialAlongZ(2)
    curve = [0, 5, 9, 5, 0]
    late = [smooth.update(np.full((1, 1), value, np.float32)) for value in curve]
    found = [float(one[0, 0]) for one in (*late, *smooth.close()) if one is not None]
    assert np.argmax(found) == 2
    assert min(found) >= 0


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_energy_around_each_plane_equals_the_filter_of_the_squares(reach):
    volume = np.random.default_rng(1).normal(size=(6, 5, 7)).astype(np.float32)
    found = [binomial_energy(list(volume), z, reach) for z in range(6)]
    np.testing.assert_allclose(found, _whole(volume**2, reach), rtol=1e-5)


def test_peak_lies_where_the_parabola_has_it():
    z = np.arange(9, dtype=np.float32)
    centre = np.linspace(1, 7, 35, dtype=np.float32).reshape(5, 7)
    peak = RunningPeak((5, 7))
    for plane in z:
        peak.update(-((plane - centre) ** 2))
    np.testing.assert_allclose(peak.position(), centre, atol=1e-3)
    assert peak.inside().all()


def test_peak_at_an_end_is_not_inside():
    peak = RunningPeak((2, 3))
    for value in (3, 2, 1):
        peak.update(np.full((2, 3), value, np.float32))
    assert not peak.inside().any()
    assert np.all(peak.position() == 0)


def focus_width(pieces, noise):
    found = FocusWidth()
    for plane in pieces:
        found.update(energies(plane), float(plane.mean()))
    return found.width(noise)


@pytest.mark.parametrize("width", [0.8, 1.6])
def test_width_of_the_focus_curve_is_measured(width):
    rng = np.random.default_rng(2)
    texture = rng.normal(size=(64, 64)).astype(np.float32)
    envelope = np.exp(-((np.arange(15) - 7.3) ** 2) / (4 * width**2)).astype(np.float32)
    pieces = (envelope[:, None, None] * texture)[:, None]
    assert focus_width(pieces, NoiseLine(1e-6, 0.0, 0.0)) == pytest.approx(width, rel=0.15)


def test_no_width_is_claimed_for_noise():
    pieces = np.random.default_rng(3).normal(size=(12, 2, 64, 64)).astype(np.float32)
    assert focus_width(pieces, NoiseLine(1.0, 0.0, 0.0)) is None


def test_textured_pieces_are_found_first():
    plane = np.zeros((200, 300), np.float32)
    plane[70:120, 140:190] = np.random.default_rng(4).random((50, 50))
    rows, columns = textured_places([plane, 0 * plane], side=64, count=3)[0]
    assert (rows.start, columns.start) == (64, 128)
