"""What holds for every declared measure, and known values of single ones."""

import cv2
import numpy as np
import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.metrics import detail, information, perception, similarity, statistics, universal
from napari_mfif.metrics.registry import MEASURES, USUAL, chosen

OF_SOURCES = [name for name, about in MEASURES.items() if about.needs == "sources, fused"]
OF_FUSED = [name for name, about in MEASURES.items() if about.needs == "fused"]
COPYISTS = {"MI", "NMI", "NMI_unstretched", "NCIE", "TE", "TE_exchanged", "TE_Cvejic", "Q_Y"}


@pytest.fixture(scope="module")
def scene():
    """A picture of fine and coarse detail in whole numbers from 0 to 255, odd-sized."""
    rng = np.random.default_rng(7)
    fine = cv2.GaussianBlur(rng.standard_normal((97, 131)), (0, 0), 1.2)
    coarse = cv2.GaussianBlur(rng.standard_normal((97, 131)), (0, 0), 12)
    picture = fine / fine.std() * 20 + coarse / coarse.std() * 30 + 120
    return np.round(np.clip(picture, 0, 255))


@pytest.fixture(scope="module")
def planes(scene):
    """Three planes, each sharp in a third of the columns."""
    soft = np.round(cv2.GaussianBlur(scene, (0, 0), 3))
    third = np.arange(131)[None] // 44
    return [np.where(third == z, scene, soft) for z in range(3)]


def score(name, sources, fused):
    about = MEASURES[name]
    return about.function(*sources, fused) if name in OF_SOURCES else about.function(fused)


@pytest.mark.parametrize("name", MEASURES)
def test_every_declaration_is_whole(name):
    about = MEASURES[name]
    assert about.name == name
    assert about.summary.endswith((".", ")."))
    assert about.formula.endswith(".")
    assert about.fooled.endswith(".")
    assert about.fooled in " ".join(about.function.__doc__.split())
    assert "Parameters\n----------" in about.function.__doc__


def test_plain_words_are_short_and_of_one_measure_each():
    plain = [about.plain for about in MEASURES.values()]
    assert len(set(plain)) == len(plain)
    assert all(0 < len(words.split()) <= 5 and "_" not in words for words in plain)


def test_usual_measures_exist():
    assert set(USUAL) < set(MEASURES)


@pytest.mark.parametrize("name", OF_SOURCES)
def test_measures_of_sources_take_more_than_two(name, planes, scene):
    value = score(name, planes, scene)
    assert np.isfinite(value) or name.startswith("PSNR")
    doubled = score(name, [*planes, planes[2]], scene)
    assert np.isfinite(doubled) or name.startswith("PSNR")


@pytest.mark.parametrize("name", [name for name in OF_SOURCES if name != "Q_C"])
def test_order_of_the_sources_does_not_matter(name, planes, scene):
    assert score(name, planes[::-1], scene) == pytest.approx(score(name, planes, scene))


@pytest.mark.parametrize("name", sorted(COPYISTS))
def test_measures_of_copying_prefer_a_source_to_the_right_image(name, planes, scene):
    soft = cv2.GaussianBlur(scene, (0, 0), 3).round()
    left = np.arange(131)[None] < 65
    pair = [np.where(left, scene, soft), np.where(left, soft, scene)]
    assert score(name, pair, pair[0]) > 0.97 * score(name, pair, scene)


@pytest.mark.parametrize("name", ["Q_M", "Q_SF", "Q_C_clipped", "Q_S", "Q_W", "Q_E"])
def test_right_choice_beats_the_average_of_a_stack(name, planes, scene):
    right, average = (score(name, planes, fused) for fused in (scene, np.mean(planes, 0)))
    assert abs(right) < abs(average) if name == "Q_SF" else right > average


@pytest.mark.parametrize("name", ["SF", "AG", "AG_forward", "GLD", "Q_R", "STD"])
def test_measures_of_the_image_alone_fall_with_blur(name, scene):
    assert score(name, [], scene) > score(name, [], cv2.GaussianBlur(scene, (0, 0), 2))


@pytest.mark.parametrize("name", ["SF", "AG", "AG_forward", "GLD", "EN", "STD", "Q_R"])
def test_measures_of_the_image_alone_take_noise_for_detail(name, scene):
    noise = np.random.default_rng(1).normal(0, 15, scene.shape)
    assert score(name, [], np.clip(scene + noise, 0, 255)) > score(name, [], scene)


def test_viff_rewards_sharpening(planes, scene):
    sharpened = np.clip(2 * scene - cv2.GaussianBlur(scene, (0, 0), 1.5), 0, 255)
    assert score("VIFF", planes, sharpened) > score("VIFF", planes, scene)


@pytest.mark.parametrize("name", ["MSD_sources", "PSNR_sources", "PSNR_published", "SSIM_sources"])
def test_differences_to_the_sources_prefer_their_average(name, planes, scene):
    average, right = score(name, planes, np.mean(planes, 0)), score(name, planes, scene)
    assert average < right if name == "MSD_sources" else average > right


def test_deviation_of_the_fused_image_is_a_measure_of_its_own(planes, scene):
    spread = np.where(scene > 127, 255, 0)
    assert score("MSD_fused", planes, spread) == pytest.approx(spread.std() ** 2 / 65025)
    assert score("MSD_fused", planes, spread) > score("MSD_fused", planes, scene)


def test_equal_images_give_the_known_best_values(scene):
    assert detail.q_m(scene, scene, scene) == pytest.approx(3)
    assert detail.msd_sources(scene, scene, scene) == 0
    assert detail.psnr_sources(scene, scene, scene) == np.inf
    assert detail.q_sf(scene, scene, scene) == pytest.approx(0)
    assert perception.q_cv(scene, scene, scene) == pytest.approx(0)
    assert similarity.ssim_sources(scene, scene) == pytest.approx(1)
    assert universal.q_y(scene, scene, scene) == pytest.approx(1)
    assert universal.q_c_clipped(scene, scene, scene) == pytest.approx(1)
    assert information.nmi(scene, scene, scene) == pytest.approx(2)
    assert information.mi(scene, scene, scene) == pytest.approx(2 * statistics.en(scene))


def test_a_board_of_two_greys_has_known_statistics():
    board = np.tile([[0.0, 200.0], [200.0, 0.0]], (8, 9))
    assert statistics.en(board) == pytest.approx(1)
    assert statistics.std(board) == pytest.approx(100)
    assert statistics.sf(board) == pytest.approx(200 * np.sqrt(2))
    assert statistics.gld(board) == pytest.approx(400)
    assert statistics.ag_forward(board) == pytest.approx(200 * 15 * 17 / (16 * 18))
    assert statistics.lif(board) == pytest.approx(0)


def test_independent_images_share_no_information():
    rows, columns = np.mgrid[:256, :256].astype(float)
    assert information.mi(rows, columns) == pytest.approx(0)
    assert information.ncie(rows, columns) == pytest.approx(1 - np.log(2) / np.log(256))
    assert information.te(rows, columns) == pytest.approx(0, abs=1e-9)


def test_published_psnr_is_too_high_by_a_known_amount(planes, scene):
    twins = detail.psnr_sources(*planes, scene), detail.psnr_published(*planes, scene)
    assert twins[1] - twins[0] == pytest.approx(48.1308, abs=1e-4)


def test_spectrum_of_a_flat_image_has_no_entropy():
    assert statistics.q_r(np.full((20, 31), 77.0)) == pytest.approx(0, abs=1e-9)
    assert statistics.q_r(np.zeros((20, 31))) == 0
    assert np.isnan(statistics.q_r(np.zeros((8, 31))))


def test_constant_images_give_nan_where_nothing_is_defined(scene):
    grey = np.full(scene.shape, 128.0)
    for name in ("NMI", "NCIE", "TE", "TE_exchanged", "TE_Cvejic", "Q_CV", "Q_CB"):
        assert np.isnan(score(name, [scene, grey], scene)), name
    assert np.isnan(detail.q_m(grey, grey, grey))
    assert np.isnan(detail.q_sf(grey, grey, grey))
    assert np.isnan(statistics.lif(np.zeros((9, 11))))


def test_windows_must_fit_into_the_image():
    with pytest.raises(ParameterError, match="windows of 11 pixels"):
        similarity.q_s(np.zeros((9, 40)), np.zeros((9, 40)))


def test_measures_are_chosen_by_name():
    assert chosen(None) == USUAL
    assert chosen("all") == tuple(MEASURES)
    assert chosen("q_e, VIFF") == ("Q_E", "VIFF")
    with pytest.raises(ParameterError, match="Unknown measure 'Q_X'"):
        chosen("Q_X")
    with pytest.raises(ParameterError, match="No measure is named"):
        chosen(",")
