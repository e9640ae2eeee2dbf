"""What is measured on heights, against surfaces whose truth is known."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import ZStack, fuse, surface
from napari_mfif.errors import ParameterError, WriteError
from napari_mfif.simulation import simulate
from napari_mfif.surface.heights import HeightMap, standard_deviation
from napari_mfif.surface.mesh import surface_of
from napari_mfif.surface.profile import profile_of
from napari_mfif.surface.roughness import roughness_of
from napari_mfif.surface.step import step_between

ROWS, COLUMNS = np.mgrid[:40, :60].astype(float)


def heights(values, confidence=0.99, **known) -> HeightMap:
    values = np.asarray(values, np.float32)
    sure = np.broadcast_to(np.float32(confidence), values.shape)
    known = {"limits": (-1000.0, 1000.0), "pixel_size": (0.5, 0.25), "unit": "um"} | known
    return HeightMap(values, standard_deviation(sure) * 2, sure, lateral_unit="um", **known)


@pytest.fixture(scope="module")
def fusion():
    made = simulate("relief", seed=2, shape=(48, 64), planes=6)
    stack = replace(made.stack, z_step=2.0, pixel_size=(0.5, 0.25), unit="um")
    return fuse(stack, method="gradient")


def test_a_profile_runs_in_physical_units_along_a_bent_line():
    tilted = heights(3 * ROWS + COLUMNS)
    found = profile_of(tilted, [(0, 0), (30, 0), (30, 40)])
    assert found.distance[-1] == pytest.approx(30 * 0.5 + 40 * 0.25)
    expected = 3 * found.places[:, 0] + found.places[:, 1]
    np.testing.assert_allclose(found.height, expected, atol=1e-4)
    assert np.linalg.norm(np.diff(found.places, axis=0), axis=1).max() <= 1


def test_the_band_holds_as_much_as_the_confidence_says():
    """Within one plane, 2 um here, with 95 %: the band of 95 % is one plane wide."""
    found = profile_of(heights(0 * ROWS, confidence=0.95), [(5, 5), (5, 20)])
    np.testing.assert_allclose(found.high - found.height, 2, rtol=1e-3)
    np.testing.assert_allclose(found.height - found.low, 2, rtol=1e-3)


def test_a_band_of_nothing_known_ends_at_the_first_and_the_last_plane():
    found = profile_of(heights(0 * ROWS, confidence=0, limits=(-3, 4)), [(5, 5), (5, 20)])
    assert (found.low == -3).all()
    assert (found.high == 4).all()


def test_a_hole_in_the_heights_is_a_hole_in_the_profile_and_no_wider():
    holed = 0 * ROWS
    holed[10, 20:30] = np.nan
    found = profile_of(heights(holed), [(10, 0), (10, 59)])
    assert np.isnan(found.height).nonzero()[0].tolist() == list(range(20, 30))


def test_a_profile_is_saved_with_its_units(tmp_path):
    path = profile_of(heights(ROWS), [(0, 0), (3, 0)]).save(tmp_path / "line.csv")
    first, *lines = csv.reader(path.read_text().splitlines())
    assert first[:2] == ["distance (um)", "height (um)"]
    assert [float(line[1]) for line in lines] == [0, 1, 2, 3]


def test_a_line_elsewhere_is_refused():
    with pytest.raises(ParameterError, match="outside"):
        profile_of(heights(ROWS), [(-9, -9), (-5, -5)])


def test_roughness_of_a_wave_on_a_tilt():
    """A cosine of amplitude A: Sa = 2 A / pi, Sq = A / sqrt(2), Sz = 2 A, whatever the tilt."""
    rows, columns = np.mgrid[:64, :400]
    wave = 1.5 * np.cos(2 * np.pi * (columns - 199.5) / 40)
    found = roughness_of(heights(wave + 0.3 * rows))
    assert found.sa == pytest.approx(2 * 1.5 / np.pi, rel=0.02)
    assert found.sq == pytest.approx(1.5 / np.sqrt(2), rel=0.02)
    assert found.sz == pytest.approx(3, rel=0.03)
    assert roughness_of(heights(wave + 0.3 * rows), form="mean").sq > 5


def test_a_cap_of_a_sphere_is_taken_away_as_a_bow():
    radius = 4000.0
    cap = np.sqrt(radius**2 - (ROWS - 20) ** 2 - (COLUMNS - 30) ** 2) - radius
    assert roughness_of(heights(cap), form="quadric").sz < 1e-3
    assert roughness_of(heights(cap), form="plane").sz > 0.1


def test_unsure_places_are_left_out_of_a_roughness_and_counted():
    holed = np.where((ROWS < 10) & (COLUMNS < 10), np.nan, 0)
    holed[0, 59] = 7
    found = roughness_of(heights(holed), (slice(0, 20), slice(0, 20)))
    assert (found.measured, found.left_out, found.sz) == (300, 100, pytest.approx(0, abs=1e-6))


def test_a_step_on_a_tilt():
    step = np.where(COLUMNS < 30, 0, 7.5) + 0.2 * ROWS - 0.1 * COLUMNS
    left, right = (slice(5, 35), slice(2, 25)), (slice(5, 35), slice(35, 58))
    found = step_between(heights(step), left, right)
    assert found.height == pytest.approx(7.5, abs=1e-4)
    assert step_between(heights(step), right, left).height == pytest.approx(-7.5, abs=1e-4)
    plain = step_between(heights(step), left, right, level=False)
    assert plain.height == pytest.approx(7.5 - 0.1 * 33, abs=1e-4)


@pytest.mark.parametrize("blur", [0, 2.5])
def test_the_uncertainty_of_a_step_covers_the_truth_as_often_as_it_should(blur):
    """Noise of which neighbours share much: 2 u hold the truth in 90 to 99 of 100 cases."""
    import cv2

    left, right = (slice(5, 60), slice(4, 50)), (slice(5, 60), slice(75, 120))
    columns = np.mgrid[:64, :128][1]
    held = 0
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(size=(64, 128))
        if blur:
            noise = cv2.GaussianBlur(noise, (0, 0), blur)
        found = step_between(heights(np.where(columns < 64, 0, 3) + noise), left, right)
        held += abs(found.height - 3) <= 2 * found.uncertainty
    assert 0.90 <= held / 200 <= 0.99


def test_regions_that_overlap_or_are_empty_are_refused():
    flat = heights(0 * ROWS)
    with pytest.raises(ParameterError, match="overlap"):
        step_between(flat, (slice(0, 9), slice(0, 9)), (slice(5, 20), slice(5, 20)))
    with pytest.raises(ParameterError, match="outside"):
        roughness_of(flat, (slice(50, 60), slice(0, 9)))


def test_a_surface_has_its_sizes_and_the_image_upright():
    texture = np.zeros((40, 60, 3), np.uint8)
    texture[:5, :5] = 255  # the upper left corner
    mesh = surface_of(heights(ROWS), texture)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([59 * 0.25, 39 * 0.5, 39])
    lit = mesh.vertices[mesh.colours[:, 0] > 0]
    assert len(lit) == 25
    assert lit[:, 0].max() == pytest.approx(4 * 0.25)
    assert lit[:, 1].min() == pytest.approx(35 * 0.5)


def test_triangles_look_upwards_and_holes_stay_open():
    holed = 0 * ROWS
    holed[10:20, 10:20] = np.nan
    mesh = surface_of(heights(holed), np.zeros((40, 60, 3), np.uint8))
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    assert (normals[:, 2] > 0).all()
    # the hole is a square of 11 cells whose corner triangles outside of the diagonal stay
    assert normals[:, 2].sum() / 2 == pytest.approx((39 * 59 - 121 + 1) * 0.125, abs=0.3)


def test_of_a_large_image_fewer_pixels_become_vertices():
    mesh = surface_of(heights(ROWS), np.zeros((40, 60, 3), np.uint8), most=700)
    assert mesh.every == 2
    assert len(mesh.vertices) <= 700
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([59 * 0.25, 39 * 0.5, 39])


def test_the_first_plane_on_top_turns_the_heights_over():
    mesh = surface_of(
        heights(ROWS, limits=(0, 50)), np.zeros((40, 60, 3), np.uint8), first_on_top=True
    )
    assert mesh.vertices[:, 2].max() == 50


@pytest.mark.parametrize("ending", [".stl", ".ply", ".obj"])
def test_another_program_reads_the_surface_as_it_was(fusion, tmp_path, ending):
    import trimesh

    mesh = surface.surface(fusion, min_confidence=0.3)
    path = mesh.save(tmp_path / f"a relief{ending}")
    read = trimesh.load(path, process=False)
    np.testing.assert_allclose(read.bounds, [mesh.vertices.min(0), mesh.vertices.max(0)], rtol=1e-6)
    assert len(read.faces) == len(mesh.faces)
    first = path.read_bytes()[:300]
    assert b"x and y in um, z in um" in first
    if ending == ".ply":
        np.testing.assert_array_equal(read.visual.vertex_colors[:, :3], mesh.colours)
    if ending == ".obj":
        image = np.asarray(read.visual.material.image.convert("RGB"))
        np.testing.assert_array_equal(image, surface.mesh.picture(fusion))
        np.testing.assert_allclose(np.sort(read.visual.uv, 0), np.sort(mesh.uv, 0), atol=1e-6)


def test_points_are_saved_with_their_units(fusion, tmp_path):
    mesh = surface.surface(fusion, min_confidence=0)
    first, *lines = csv.reader(mesh.save(tmp_path / "relief.csv").read_text().splitlines())
    assert first == ["x (um)", "y (um)", "z (um)"]
    np.testing.assert_allclose(np.array(lines, float), mesh.vertices, rtol=1e-5)


@pytest.mark.parametrize("mine", ["relief.obj", "relief.mtl", "relief.png"])
def test_where_one_of_several_files_is_there_nothing_is_written(fusion, tmp_path, mine):
    (tmp_path / mine).write_bytes(b"mine")
    with pytest.raises(WriteError, match=f"{mine}.*exists"):
        surface.surface(fusion).save(tmp_path / "relief.obj")
    assert [path.name for path in tmp_path.iterdir()] == [mine]
    assert (tmp_path / mine).read_bytes() == b"mine"


def test_a_surface_without_a_known_ending_is_refused(fusion, tmp_path):
    with pytest.raises(WriteError, match="no ending"):
        surface.surface(fusion).save(tmp_path / "relief.blend")


def test_heights_of_planes_at_uneven_distances(fusion):
    uneven = replace(fusion.stack, z_step=None, z_positions=(0.0, 1, 2, 4, 8, 16))
    found = surface.height_map(fuse(uneven, method="gradient"), min_confidence=0)
    even = surface.height_map(fusion, min_confidence=0)
    place = np.unravel_index(np.argmin(np.abs(even.height - 4)), even.height.shape)
    assert found.height[place] == pytest.approx(2, abs=0.1)
    # planes lie 1 and 2 apart there, 2 where the step is even
    assert found.doubt[place] / even.doubt[place] == pytest.approx(1.5 / 2, rel=0.1)


def test_without_sizes_units_are_planes_and_pixels():
    pixels = np.random.default_rng(0).integers(0, 99, (4, 20, 20)).astype(np.uint8)
    found = surface.height_map(fuse(ZStack.from_array(pixels), method="gradient"))
    assert (found.unit, found.lateral_unit, found.pixel_size) == ("planes", "pixels", (1, 1))


def test_unsure_heights_are_filled_where_that_is_wished(fusion):
    least = float(np.median(fusion.confidence))
    holed = surface.surface(fusion, min_confidence=least)
    whole = surface.surface(fusion, min_confidence=least, fill=True)
    assert len(holed.vertices) < len(whole.vertices) == fusion.height.size


def test_unsure_heights_are_not_measured(fusion):
    least = float(np.median(fusion.confidence))
    found = surface.height_map(fusion, min_confidence=least)
    np.testing.assert_array_equal(np.isnan(found.height), fusion.confidence < np.float32(least))
