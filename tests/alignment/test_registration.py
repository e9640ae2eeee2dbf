"""Where planes lie is found, with known truth."""

import cv2
import numpy as np
import pytest

from napari_mfif import ZStack
from napari_mfif.alignment.registration import detect_drift, estimate_transforms, tell_doubts
from napari_mfif.alignment.transforms import Transforms
from napari_mfif.errors import ParameterError
from napari_mfif.notices import listening
from napari_mfif.simulation import simulate

SMALL = {"shape": (181, 203), "planes": 9}


def planes_of(made):
    pixels = np.asarray(made.stack.pixels, np.float32)
    return pixels if pixels.ndim == 3 else pixels.mean(3)


def found(planes, **options):
    return estimate_transforms(lambda z: planes[z], len(planes), **options)


def residual(matrices, truth, shape):
    """Root mean square, over pixels and planes, of the distance to the true places."""
    y, x = np.mgrid[: shape[0] : 8, : shape[1] : 8]
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return float(np.sqrt((((matrices - truth) @ places) ** 2).sum(1).mean()))


@pytest.mark.parametrize("kind", ["relief", "occlusion", "tissue"])
def test_translation_is_found_within_a_tenth_of_a_pixel(kind):
    made = simulate(kind, seed=3, drift=6.0, slope=0.8, **SMALL)
    given = found(planes_of(made), model="translation")
    assert np.array_equal(given.matrices[:, :, :2], np.tile(np.eye(2), (9, 1, 1)))
    assert residual(given.matrices, made.transforms, (181, 203)) < 0.1


@pytest.mark.parametrize("kind", ["relief", "steps", "occlusion", "fluorescence", "halo", "colour"])
def test_similarity_of_6_pixels_and_1_percent_is_found_within_0_3_pixels(kind):
    made = simulate(kind, seed=0, drift=6.0, magnification_drift=0.01, rotation=0.2, **SMALL)
    given = found(planes_of(made), model="similarity")
    assert residual(given.matrices, made.transforms, (181, 203)) < 0.3


def tilted(kind, *, shear=0.03, aspect=0.02, **more):
    """Planes that drift, shear and stretch, and their true places."""
    made = simulate(kind, **{**SMALL, "slope": 0.8, "drift": 4.0, **more})
    course = np.linspace(-0.5, 0.5, 9)
    places, planes = [], []
    for plane, place, way in zip(planes_of(made), made.transforms, course, strict=True):
        linear = np.eye(2) + way * np.array([[aspect, 2 * shear], [0, -aspect]])
        more = np.column_stack([linear, [101, 90] - linear @ [101, 90]])
        planes.append(cv2.warpAffine(plane, more, (203, 181), borderMode=4, flags=4))
        places.append(more[:, :2] @ place + np.column_stack([np.zeros((2, 2)), more[:, 2]]))
    return planes, np.array(places)


@pytest.mark.parametrize("kind", ["relief", "tissue", "occlusion"])
def test_shear_and_stretch_are_found_within_0_3_pixels(kind):
    planes, truth = tilted(kind, seed=2)
    given = found(planes, model="affine")
    assert given.model == "affine"
    assert residual(given.matrices, truth, (181, 203)) < 0.3
    assert residual(found(planes).matrices, truth, (181, 203)) > 0.4


@pytest.mark.parametrize("kind", ["relief", "steps", "occlusion", "tissue"])
def test_what_does_not_shear_is_not_sheared(kind):
    made = simulate(kind, seed=1, drift=5.0, magnification_drift=0.012, **SMALL)
    given, plain = (found(planes_of(made), model=model) for model in ("affine", "similarity"))
    assert given.model == "similarity"
    assert np.array_equal(given.matrices, plain.matrices)


@pytest.mark.parametrize("kind", ["relief", "steps", "occlusion", "tissue"])
def test_without_drift_planes_stay_where_they_are(kind):
    made = simulate(kind, seed=1, slope=0.8, **SMALL)
    still = np.tile(np.eye(2, 3), (9, 1, 1))
    assert residual(found(planes_of(made)).matrices, still, (181, 203)) < 0.1


def test_gain_and_offset_of_each_plane_do_not_matter():
    made = simulate("relief", seed=2, drift=4.0, **SMALL)
    planes = planes_of(made)
    gains = np.linspace(0.5, 2, 9, dtype=np.float32)
    changed = [plane * gain + 300 * gain for plane, gain in zip(planes, gains, strict=True)]
    given, again = found(planes), found(changed)
    assert residual(again.matrices, given.matrices, (181, 203)) < 0.02


def test_a_large_jump_between_two_planes_is_found():
    made = simulate("relief", seed=5, slope=0.5, **SMALL)
    planes = planes_of(made)
    jump = np.array([[1, 0, 19.0], [0, 1, -11.0]])
    planes[6:] = [cv2.warpAffine(p, jump, (203, 181), borderMode=4) for p in planes[6:]]
    shifts = found(planes, model="translation").matrices[:, :, 2]
    assert np.abs(shifts[:6]).max() < 0.15
    assert np.abs(shifts[6:] - [19, -11]).max() < 0.15


def test_a_plane_without_detail_follows_its_neighbours():
    made = simulate("relief", seed=3, drift=8.0, slope=0.5, **SMALL)
    planes = planes_of(made)
    planes[3] = planes[3].mean()
    given = found(planes, model="translation")
    beside = (given.matrices[2] + given.matrices[4]) / 2
    assert np.abs(given.matrices[3] - beside).max() < 0.3


@pytest.mark.parametrize("model", ["similarity", "affine"])
@pytest.mark.parametrize("seed", range(4))
def test_planes_of_pure_noise_stay_where_they_are_and_are_in_doubt(seed, model):
    planes = np.random.default_rng(seed).normal(size=(7, 129, 143)).astype(np.float32)
    given = found(planes, model=model)
    assert given.model == "similarity"
    assert np.array_equal(given.matrices, np.tile(np.eye(2, 3), (7, 1, 1)))
    assert given.doubtful == tuple(range(7))


def test_planes_lost_in_noise_follow_the_others_by_one_and_are_then_in_doubt():
    made = simulate("relief", seed=200, drift=6.0, slope=0.5, **SMALL)
    planes = planes_of(made)
    planes[6:] = np.random.default_rng(2).normal(planes.mean(), planes.std(), planes[6:].shape)
    given = found(planes)
    assert given.doubtful == (7, 8)
    assert residual(given.matrices[:6], made.transforms[:6], (181, 203)) < 0.15
    still = np.tile(np.eye(2, 3), (3, 1, 1))
    nearer = [residual(m, made.transforms[6:], (181, 203)) for m in (given.matrices[6:], still)]
    assert nearer[0] < nearer[1]
    assert np.allclose(given.matrices[7:], given.matrices[6], atol=0.02)


@pytest.mark.parametrize("seed", [201, 203, 204])
def test_a_texture_as_weak_as_its_noise_is_misplaced_by_less_than_a_pixel_or_in_doubt(seed):
    made = simulate("weak", seed=seed, photons="high", drift=6.0, magnification_drift=0.01, **SMALL)
    given = found(planes_of(made))
    sure = [z for z in range(9) if z not in given.doubtful]
    assert residual(given.matrices[sure], made.transforms[sure], (181, 203)) < 1


@pytest.mark.parametrize("planes", [np.zeros((3, 41, 37)), np.zeros((2, 5, 5)), np.ones((1, 9, 9))])
def test_empty_planes_stay_where_they_are(planes):
    given = found(planes.astype(np.float32))
    assert np.allclose(given.matrices, np.eye(2, 3))


def test_the_reference_stays_where_it_is():
    made = simulate("relief", seed=3, drift=6.0, **SMALL)
    one, other = (found(planes_of(made), reference=plane) for plane in (2, "middle"))
    assert np.array_equal(one.matrices[2], np.eye(2, 3))
    assert np.allclose(one.matrices, other.seen_from(2).matrices, atol=1e-5)


def test_large_planes_are_registered_at_a_smaller_scale():
    made = simulate("relief", seed=3, drift=3.0, slope=0.5, **SMALL)
    planes = [cv2.resize(plane, None, fx=5, fy=5) for plane in planes_of(made)]
    given = found(planes, model="translation").matrices[:, :, 2]
    assert np.abs(given - 5 * made.transforms[:, :, 2]).max() < 0.5


def test_drift_is_detected_and_its_absence_too():
    still = planes_of(simulate("relief", seed=4, slope=0.8, **SMALL))
    moved = planes_of(simulate("relief", seed=4, slope=0.8, drift=5.0, **SMALL))
    assert detect_drift(lambda z: still[z], 9) < 0.5
    assert detect_drift(lambda z: moved[z], 9) == pytest.approx(5, abs=1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"model": "shear"}, "align"),
        ({"reference": 9}, "reference"),
        ({"reference": -1}, "reference"),
        ({"reference": "tenth"}, "reference"),
    ],
)
def test_impossible_requests_are_refused(wrong, named):
    with pytest.raises(ParameterError, match=named):
        found(np.zeros((9, 33, 35), np.float32), **wrong)


def sections(seed):
    """Planes of which each shows things of its own, and a shade of those of the one before."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(20, 180, (9, 25, 2))
    rows, columns = np.mgrid[:200, :200]
    shown = [
        sum(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 50) for y, x in own)
        + 0.5 * sum(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 90) for y, x in before)
        for own, before in zip(places, np.roll(places, 1, axis=0), strict=True)
    ]
    return np.asarray(shown + rng.normal(0, 0.02, (9, 200, 200)), np.float32)


def test_planes_that_show_different_things_do_not_drift():
    planes = sections(4)
    assert detect_drift(lambda z: planes[z], 9) == 0


@pytest.mark.parametrize("seed", [0, 3])
def test_planes_that_show_different_things_are_not_sheared(seed):
    assert found(sections(seed), model="affine").model == "similarity"


def test_planes_that_are_not_placed_are_counted_as_in_the_whole_stack():
    whole = ZStack(np.zeros((9, 4, 5), np.uint8), "ZYX", name="leaf")
    places = Transforms(np.tile(np.eye(2, 3), (4, 1, 1)), doubtful=(1, 2))
    told = []
    with listening(told.append):
        tell_doubts(places, "similarity", whole.part([2, 4, 6, 8]))
        tell_doubts(places, "similarity", whole)
    assert told[0].startswith(
        "It is not known where 2 of the 4 planes taken of leaf lie, the first being plane 4: "
    )
    assert "planes of leaf lie, the first being plane 1: " in told[1]
