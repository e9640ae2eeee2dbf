"""Moving planes, the area they share, and transforms as JSON."""

import cv2
import numpy as np
import pytest

from napari_mfif.alignment import Transforms, common_area, source_area, warp
from napari_mfif.errors import ParameterError


def shifted(*shifts):
    matrices = np.tile(np.eye(2, 3), (len(shifts), 1, 1))
    matrices[:, :, 2] = shifts
    return Transforms(matrices, "translation")


def similar(scale=1.013, turn=0.02, x=3.3, y=-4.6):
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[a, -b, x], [b, a, y]])


def texture(shape, dtype):
    rng = np.random.default_rng(2)
    light = cv2.GaussianBlur(rng.uniform(0, 1, shape).astype(np.float32), (0, 0), 2)
    light = (light - light.min()) / np.ptp(light)
    return (light * (200 if np.dtype(dtype).itemsize == 1 else 60000)).astype(dtype)


def test_common_area_is_what_all_planes_cover():
    rows, columns = common_area(shifted((0, 0), (3.2, 0), (-2, 5.0)), (40, 61))
    assert (rows, columns) == (slice(0, 35), slice(2, 57))


def test_common_area_of_planes_that_do_not_move_is_all():
    assert common_area(shifted((0, 0), (0, 0)), (7, 9)) == (slice(0, 7), slice(0, 9))


def test_common_area_of_a_magnified_plane_is_smaller():
    smaller = np.array([[1.1, 0, -3.0], [0, 1.1, -2.0]])  # the plane shows less of the specimen
    rows, columns = common_area(Transforms(smaller[None]), (41, 61))
    for x, y in ((columns.start, rows.start), (columns.stop - 1, rows.stop - 1)):
        place = smaller @ [x, y, 1]
        assert -1e-6 <= place[0] <= 60 and -1e-6 <= place[1] <= 40
    assert (rows.stop - rows.start) * 1.1 > 38


def test_common_area_may_be_empty():
    _, columns = common_area(shifted((0, 0), (100, 0)), (20, 30))
    assert columns.start == columns.stop


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int8", "uint32", "float32"])
@pytest.mark.parametrize("colour", [(), (3,), (5,)])
def test_warp_keeps_type_and_shape_and_undoes_a_movement(dtype, colour):
    plane = (texture((45, 53, *colour), "uint8") // 2).astype(dtype)
    moved = warp(plane, similar())
    assert moved.shape == plane.shape and moved.dtype == plane.dtype
    whole = np.vstack([similar(), [0, 0, 1]])
    back = warp(moved, np.linalg.inv(whole)[:2])
    error = back.astype(float) - plane.astype(float)
    assert np.abs(error[12:-12, 12:-12]).mean() < 1.5


def test_a_shift_by_whole_pixels_is_exact():
    plane = texture((33, 35), "uint16")
    moved = warp(plane, np.array([[1, 0, 3.0], [0, 1, 2.0]]))
    assert np.array_equal(moved[:-2, :-3], plane[2:, 3:])


@pytest.mark.parametrize("first", [0, 7, 29, 41])
@pytest.mark.parametrize("shift", [-4.6, 0.0, 20.4])
def test_a_part_equals_the_same_part_of_the_whole(first, shift):
    plane, matrix = texture((47, 53), "float32"), similar(y=shift)
    rows, columns = slice(first, first + 6), slice(first + 3, first + 12)
    part = source_area(matrix, rows, columns, plane.shape)
    place = part[0].start, part[1].start
    piece = warp(plane[part], matrix, first=place, rows=rows, columns=columns)
    assert np.allclose(piece, warp(plane, matrix)[rows, columns], atol=1e-5 * plane.max())


def test_places_seen_from_another_plane_bring_the_planes_together_as_before():
    given = Transforms(np.stack([similar(), np.eye(2, 3), similar(0.99, -0.01, 1, 2)]), reference=1)
    other = given.seen_from(2)
    assert other.reference == 2 and np.array_equal(other.matrices[2], np.eye(2, 3))
    place = np.array([11.0, 7, 1])  # of plane 2, and the same place in plane 1
    middle = np.append(
        np.linalg.inv(given.matrices[2][:, :2]) @ (place[:2] - given.matrices[2][:, 2]), 1
    )
    assert np.allclose(other.matrices @ place, given.matrices @ middle, atol=1e-5)
    assert np.allclose(other.seen_from(1).matrices, given.matrices, atol=1e-5)


def test_detail_as_fine_as_the_pixels_survives_half_a_pixel():
    rng = np.random.default_rng(4)
    fine = cv2.GaussianBlur(rng.normal(0, 1, (99, 99)), (0, 0), 0.8)
    spectrum = np.fft.fft2(fine) * np.exp(-1j * np.pi * np.add.outer(*[np.fft.fftfreq(99)] * 2))
    moved = warp(np.fft.ifft2(spectrum).real, np.array([[1, 0, 0.5], [0, 1, 0.5]]))
    rest = (moved - fine)[9:-9, 9:-9]
    assert rest.std() < 0.08 * fine.std()


def test_transforms_survive_json():
    given = Transforms(np.stack([similar(), np.eye(2, 3)]), "similarity", 1)
    again = Transforms.from_json(given.to_json())
    assert np.allclose(again.matrices, given.matrices, atol=1e-7)
    assert (again.model, again.reference) == ("similarity", 1)


@pytest.mark.parametrize("text", ["[", "{}", '{"model": "warp", "reference": 0, "matrices": []}'])
def test_json_that_is_something_else_is_refused(text):
    with pytest.raises(ParameterError):
        Transforms.from_json(text)


def test_excursion_is_the_distance_between_the_farthest_places():
    assert shifted((0, 0), (3.0, -1), (-2, 1)).excursion((10, 10)) == pytest.approx(5)
