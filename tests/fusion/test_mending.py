"""Correcting a result by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import Recipe, Stroke, ZStack, fuse
from napari_mfif.cli import main
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.checking import carried_over
from napari_mfif.fusion.mending import part_of
from napari_mfif.io import open_stack, write_image
from napari_mfif.methods.base import Region

MAPS = ("image", "depth", "decision", "confidence", "height")


@pytest.fixture(scope="module")
def planes(slope):
    """The slope twice, so that it has several tiles."""
    return np.tile(slope[0], (1, 4, 3))


@pytest.fixture(scope="module")
def fusion(planes):
    return fuse(planes, method="gradient")


@pytest.fixture(scope="module")
def other(planes):
    """Another result, whose pixels are blended."""
    return fuse(planes, method="laplacian", levels=3)


@pytest.fixture(scope="module")
def strokes(other):
    """One of each kind, one over the other, across the borders of tiles."""
    return (
        Stroke.brush([(120, 30), (140.5, 200)], 14, 5),
        Stroke.lasso([(180, 150), (265, 160), (262, 278), (240, 275)], "best", soft=3),
        Stroke.brush([(250, 240)], 30, other, soft=8),
        Stroke.mask(np.tri(40, dtype=np.bool_), 6, at=(100, 20)),
        Stroke.brush([(130, 90), (130, 120)], 5, "erase"),
    )


@pytest.fixture(scope="module")
def mended(fusion, strokes):
    return fusion.mend(strokes)


def same(one, two) -> None:
    for name in MAPS:
        left, right = (np.asarray(getattr(each, name)) for each in (one, two))
        assert left.dtype == right.dtype
        assert np.array_equal(left, right, equal_nan=True), name


VARIANTS = {
    "uint8": ("ZYX", lambda p: (p // 8).clip(0, 255).astype(np.uint8)),
    "uint16": ("ZYX", lambda p: p),
    "float32": ("ZYX", lambda p: p.astype(np.float32) / 1000),
    "float64": ("ZYX", lambda p: p.astype(np.float64) / 1000),
    "colour": ("ZYXS", lambda p: np.stack([p, p // 2, p // 3], -1)),
    "channels": ("CZYX", lambda p: np.stack([p, p[:, ::-1]])),
    "times": ("TZYX", lambda p: np.stack([p, p[:, ::-1]])),
    "channels and times": ("TCZYX", lambda p: np.stack([[p, p // 2], [p[:, ::-1], p]])),
}


@pytest.mark.parametrize(("axes", "made"), VARIANTS.values(), ids=VARIANTS)
def test_inside_a_stroke_all_is_of_the_plane_and_outside_nothing_changes(axes, made, slope) -> None:
    stack = ZStack.from_array(made(slope[0]), axes, z_step=0.5)
    before = fuse(stack, method="gradient")
    t = stack.n_times - 1
    after = before.mend([Stroke.brush([(30, 40)], 12, 5, soft=4, time=t)])
    y, x = np.ogrid[:67, :93]
    distance = np.hypot(y - 30, x - 40)
    inside, outside = distance <= 10, distance >= 14
    here = (t,) if "T" in axes else ()
    maps = {"depth": 5, "decision": 5, "height": 2.5, "confidence": 1}
    for name, value in maps.items():
        assert np.all(getattr(after, name)[here][inside] == value), name
    for name in maps:
        assert np.array_equal(
            getattr(after, name)[here][outside], getattr(before, name)[here][outside]
        )
    for c in range(stack.n_channels):
        channel = (*here, c) if "C" in axes else here
        taken = stack.plane(5, t=t, c=c)
        assert after.image.dtype == stack.dtype
        assert np.array_equal(after.image[channel][inside], taken[inside])
        assert np.array_equal(after.image[channel][outside], before.image[channel][outside])
    if t:
        assert np.array_equal(after.image[0], before.image[0])


def test_the_soft_edge_leads_from_the_old_to_the_new_without_leaving_them(planes, fusion) -> None:
    after = fusion.mend([Stroke.brush([(130, 40)], 20, 6, soft=16)])
    y, x = np.ogrid[: planes.shape[1], : planes.shape[2]]
    distance = np.hypot(y - 130, x - 40)
    edge = (distance > 12) & (distance < 28)
    for name, new in (("image", planes[6]), ("depth", 6.0), ("confidence", 1.0)):
        old, now = getattr(fusion, name)[edge], getattr(after, name)[edge]
        new = np.broadcast_to(new, planes.shape[1:])[edge]
        assert np.all((now >= np.minimum(old, new)) & (now <= np.maximum(old, new))), name
    inner = np.abs(distance - 14) < 0.5
    far, near = np.abs(fusion.depth - 6)[inner], np.abs(after.depth - 6)[inner]
    assert np.all(near <= far * 0.2)
    assert np.array_equal(after.decision == 6, (distance <= 20) | (fusion.decision == 6))


def test_a_fusion_that_is_mended_stays_as_it_was(fusion) -> None:
    before = {name: getattr(fusion, name).copy() for name in MAPS}
    fusion.mend([Stroke.brush([(20, 20)], 9, 3)]).mend([Stroke.brush([(22, 22)], 9, 5)])
    for name in MAPS:
        assert np.array_equal(getattr(fusion, name), before[name])


def test_strokes_one_by_one_give_what_they_give_together(fusion, strokes, mended) -> None:
    one_by_one = fusion
    for stroke in strokes:
        one_by_one = one_by_one.mend([stroke])
    same(one_by_one, mended)
    assert one_by_one.recipe == mended.recipe


def test_only_tiles_under_strokes_are_made(fusion) -> None:
    after = fusion.mend([Stroke.brush([(20, 20)], 9, 3)])
    assert list(after._mended.tiles) == [(0, 0, 0)]
    assert not after._arrays  # whole arrays only when they are asked for


def test_a_rectangle_of_a_mended_fusion_is_what_the_whole_has_there(mended) -> None:
    part = part_of(mended, 0, Region(200, 268, 190, 279))
    place = slice(200, 268), slice(190, 279)
    assert np.array_equal(part.pixels[..., 0], mended.image[place])
    for name in ("depth", "decision", "confidence"):
        assert np.array_equal(getattr(part, name), getattr(mended, name)[place])


def test_erasing_gives_back_what_the_method_said(fusion, other) -> None:
    way = [(100, 60), (150, 90)]
    painted = fusion.mend([Stroke.brush(way, 10, 6), Stroke.brush(way, 8, other)])
    same(painted.mend([Stroke.brush(way, 20, "erase")]), fusion)


def test_the_best_plane_is_the_one_that_is_sharp_in_the_area(planes, fusion) -> None:
    """The slope is 93 pixels wide: plane 4 of 0 to 6 is sharp around column 62."""
    area = [(5, 57), (60, 57), (60, 67), (5, 67)]
    after = fusion.mend([Stroke.lasso(area, "best", soft=0)])
    assert after.strokes[0].source == 4
    assert np.all(after.decision[10:50, 58:66] == 4)


def test_another_fusion_gives_its_blended_pixels_and_its_confidence(fusion, other) -> None:
    after = fusion.mend([Stroke.brush([(100, 100)], 20, other, soft=2)])
    place = slice(90, 110), slice(90, 110)
    for name in MAPS:
        assert np.array_equal(getattr(after, name)[place], getattr(other, name)[place])


def test_recipe_with_strokes_replays_bit_for_bit(planes, mended, tmp_path) -> None:
    loaded = Recipe.load(mended.recipe.save(tmp_path / "recipe.json"))
    assert loaded == mended.recipe
    again = fuse(planes, recipe=loaded)
    same(again, mended)
    assert again.recipe == mended.recipe


def test_recipe_with_strokes_replays_in_tiles(planes, mended) -> None:
    same(fuse(planes, recipe=mended.recipe, memory=9_000_000), mended)


def test_recipe_with_strokes_replays_lazily(planes, mended, monkeypatch) -> None:
    monkeypatch.setattr("napari_mfif.engine.lazy.SMALL", 128)
    lazy = fuse(planes, recipe=mended.recipe, lazy=True)
    assert max(lazy.image.chunks[0]) < planes.shape[1]
    assert lazy.recipe == mended.recipe
    apart = np.abs(lazy.image.compute().astype(int) - mended.image)
    assert apart.max() <= 1  # blended pixels to rounding
    for name in ("depth", "decision", "confidence"):
        assert np.allclose(getattr(lazy, name).compute(), getattr(mended, name), atol=1e-5)


def test_lazy_fusion_is_mended_as_one_in_memory(planes, fusion) -> None:
    painted = [Stroke.brush([(100, 60), (150, 90)], 10, 6), Stroke.brush([(99, 60)], 4, "erase")]
    lazy = fuse(planes, method="gradient", lazy=True)
    same(lazy.mend(painted[:1]).mend(painted[1:]), fusion.mend(painted))


def test_strokes_are_seen_from_afar(planes) -> None:
    area = [Stroke.lasso([(60, 60), (60, 220), (200, 220), (200, 60)], 6)]
    coarse = fuse(np.tile(planes, (1, 4, 4)), method="gradient", lazy=True).mend(area).coarser()[0]
    middle = coarse.decision[50:80, 50:80].compute()
    assert coarse.decision.shape[0] < 4 * planes.shape[1]
    assert np.all(middle == 6)


def test_command_line_replays_strokes_bit_for_bit(planes, strokes, tmp_path) -> None:
    source = tmp_path / "stack.tif"
    write_image(source, planes, axes="ZYX")
    mended = fuse(open_stack(source), method="gradient").mend(strokes[:2])
    first, second = tmp_path / "first.ome.tif", tmp_path / "second.ome.tif"
    mended.save(first)
    command = ["fuse", str(source), "-o", str(second), "--recipe", str(first)]
    for more in (["--decision", str(tmp_path / "plane.tif")], ["--quiet"], ["--lazy"]):
        assert main([*command, *more, "--overwrite"]) == 0
        assert np.array_equal(open_image(second), mended.image)
        assert Recipe.load(second) == mended.recipe
    assert np.array_equal(open_image(tmp_path / "plane.tif"), mended.decision)
    assert main([*command, "--overwrite", "--strokes", "leave"]) == 0
    assert np.array_equal(open_image(second), fuse(planes, method="gradient").image)


def open_image(path):
    import tifffile

    return tifffile.imread(path)


def test_timepoints_that_are_written_one_by_one_are_mended(slope, tmp_path) -> None:
    film = ZStack.from_array(np.stack([slope[0], slope[0][:, ::-1]]), "TZYX")
    mended = fuse(film, method="gradient").mend([Stroke.brush([(30, 40)], 12, 5, time=1)])
    outputs = {name: tmp_path / f"{name}.tif" for name in ("image", "depth", "confidence")}
    fuse_into(film, mended.recipe, outputs)
    for name, path in outputs.items():
        assert np.array_equal(open_image(path), getattr(mended, name))


def fuse_into(stack, recipe, outputs) -> None:
    from napari_mfif import iter_fuse

    for _ in iter_fuse(stack, recipe=recipe, outputs=outputs):
        pass


def test_strokes_survive_refining(fusion, strokes, mended) -> None:
    refined = mended.refine(smooth_depth=0)
    same(refined, fusion.refine(smooth_depth=0).mend(strokes))
    assert refined.strokes == mended.strokes


def test_strokes_survive_another_method_when_asked(planes, fusion, strokes) -> None:
    mended = fusion.mend(strokes[:2])
    again = fuse(planes, method="laplacian", levels=3, recipe=mended.recipe)
    same(again, fuse(planes, method="laplacian", levels=3).mend(mended.strokes))
    left = fuse(planes, method="laplacian", levels=3, recipe=mended.recipe, strokes="leave")
    assert not left.strokes
    assert not left.recipe.painted


def test_strokes_stay_in_place_when_alignment_crops(slope) -> None:
    shifted = np.stack([np.roll(plane, z, axis=1) for z, plane in enumerate(slope[0])])
    whole = fuse(shifted, method="gradient", align="translation")
    mended = whole.mend([Stroke.brush([(30, 40)], 8, 2)])
    cropped = fuse(shifted, recipe=mended.recipe, crop=True)
    top, left = cropped.origin
    assert (top, left) != (0, 0)
    middle = cropped.decision[30 - top - 4 : 30 - top + 4, 40 - left - 4 : 40 - left + 4]
    assert np.all(middle == 2)
    assert cropped.recipe.painted == mended.recipe.painted


def test_strokes_are_named_in_the_notes(mended) -> None:
    assert "5 strokes were painted by hand." in mended.notes


def test_pixels_that_a_plane_lacks_stay_as_they_were(slope) -> None:
    planes = slope[0].astype(np.float32)
    planes[5, 25:32] = np.nan
    before = fuse(planes, method="gradient")
    after = before.mend([Stroke.brush([(30, 40)], 12, 5)])
    assert np.array_equal(after.image[25:32], before.image[25:32])
    assert np.all(after.decision[33:36, 36:44] == 5)
    assert np.isfinite(after.image).all()


def test_a_given_decision_can_be_mended(slope) -> None:
    decided = fuse(slope[0], decision=np.zeros(slope[1].shape, np.uint16))
    after = decided.mend([Stroke.brush([(30, 40)], 12, 5)])
    assert after.image[30, 40] == slope[0][5, 30, 40]
    with pytest.raises(ParameterError, match="no scores"):
        decided.mend([Stroke.brush([(30, 40)], 12, "best")])


def test_impossible_strokes_are_refused_in_words(fusion, planes, slope) -> None:
    def refused(words, stroke, of=fusion):
        with pytest.raises(ParameterError, match=words):
            of.mend([Stroke.brush([(20, 20)], 5, 0), stroke])

    refused("Stroke 2 takes plane 7, but stack has planes 0 to 6", Stroke.brush([(9, 9)], 3, 7))
    refused("plane -1", Stroke.brush([(9, 9)], 3, -1))
    refused("timepoint 1", Stroke.brush([(9, 9)], 3, 1, time=1))
    refused("outside of the 279 x 268 pixels", Stroke.brush([(9, 900)], 3, 1))
    refused("other planes", Stroke.brush([(9, 9)], 3, fuse(slope[0], method="gradient")))
    changed = fuse(planes[::-1].copy(), method="gradient")
    refused("other planes", Stroke.brush([(9, 9)], 3, changed))
    refused("give the number of a plane", Stroke.brush([(9, 9)], 3, fusion.recipe))
    lazy = fuse(planes, method="gradient", lazy=True)
    refused("both in the same way", Stroke.brush([(9, 9)], 3, lazy))


def test_a_plane_that_shows_nothing_is_refused(slope) -> None:
    planes = slope[0].copy()
    planes[3] = 7
    with pytest.raises(ParameterError, match="plane 3 of stack, which shows nothing"):
        fuse(planes, method="gradient").mend([Stroke.brush([(9, 9)], 3, 3)])


def test_strokes_of_another_stack_are_refused_before_anything_is_fused(mended, slope) -> None:
    with pytest.raises(ParameterError, match="painted on planes of 279 x 268 pixels"):
        fuse(slope[0], recipe=mended.recipe)


def test_strokes_keep_their_planes_where_some_are_left_out(planes, fusion) -> None:
    mended = fusion.mend([Stroke.brush([(30, 40)], 9, 4)])
    part = ZStack.from_array(planes).part([1, 3, 4, 6])
    again = fuse(part, recipe=mended.recipe)
    assert again.strokes[0].source == 2
    assert again.image[30, 40] == planes[4, 30, 40]
    assert again.recipe.painted == mended.recipe.painted
    with pytest.raises(ParameterError, match="plane 4 of stack, which is left out"):
        fuse(ZStack.from_array(planes).part([1, 3, 6]), recipe=mended.recipe)


def test_strokes_are_carried_over_to_other_planes_of_the_same_stack(planes, fusion) -> None:
    whole = ZStack.from_array(planes)
    part = whole.part([1, 3, 4, 6])
    stroke = Stroke.brush([(30, 40)], 9, 2)
    assert carried_over([stroke], part, whole)[0].source == 4
    assert carried_over([replace(stroke, source=4)], whole, part)[0] == stroke
    with pytest.raises(ParameterError, match="planes of 279 x 268 pixels"):
        carried_over([stroke], whole, whole.part(rows=slice(0, 90)))


def test_recipes_without_strokes_load_as_before_and_later_formats_are_refused(fusion) -> None:
    entries = json.loads(fusion.recipe.to_json())
    del entries["painted"]
    assert Recipe.from_json(json.dumps(entries)) == fusion.recipe
    entries["painted"] = {"format": 2, "strokes": []}
    with pytest.raises(ParameterError, match="format 2"):
        fuse(fusion.stack, recipe=Recipe.from_json(json.dumps(entries)))


@pytest.mark.parametrize(
    ("stroke", "words"),
    [
        ({"from": 1, "soft": 2}, "A stroke of the recipe cannot be read: 'lasso'"),
        (
            {"from": 1, "soft": 2, "brush": "1,2 3", "radius": 2},
            "A stroke of the recipe cannot be read: not enough",
        ),
        (
            {"from": 1, "soft": 2, "mask": "AAAA", "box": [0, 0, 3, 3]},
            "The mask of a stroke is damaged",
        ),
        (
            {"from": {"other": 3}, "soft": 2, "brush": "1,2", "radius": 2},
            "The strokes of the recipe cannot be read",
        ),
        ({"from": "sharp", "soft": 2, "brush": "1,2", "radius": 2}, 'not "sharp"'),
        (7, "The strokes of the recipe cannot be read"),
    ],
)
def test_damaged_strokes_are_refused_in_words(stroke, words, fusion) -> None:
    entries = json.loads(fusion.recipe.to_json())
    entries["painted"] = {"format": 1, "rows": 268, "columns": 279, "strokes": [stroke]}
    with pytest.raises(ParameterError, match=words):
        fuse(fusion.stack, recipe=Recipe.from_json(json.dumps(entries)))


def test_batch_refuses_to_paint_other_stacks(slope, fusion, tmp_path) -> None:
    for name in ("one", "two"):
        (tmp_path / "in").mkdir(exist_ok=True)
        write_image(tmp_path / "in" / f"{name}.tif", slope[0], axes="ZYX")
    painted = fusion.mend([Stroke.brush([(9, 9)], 3, 2)])
    recipe = painted.recipe.save(tmp_path / "recipe.json")
    out = tmp_path / "out"
    command = ["batch", str(tmp_path / "in"), "-o", str(out), "--recipe", str(recipe)]
    assert main(command) == 2
    assert main([*command, "--strokes", "leave"]) == 0
