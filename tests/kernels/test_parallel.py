"""As many threads as there are processors for this process."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from napari_mfif import ZStack
from napari_mfif.engine.driver import plan
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.methods import registry
from napari_mfif.settings.parameters import resolve

PRINTS = "from napari_mfif.kernels.parallel import usable_processors as n; print(n())"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process")
def test_a_process_that_is_bound_to_one_processor_has_one() -> None:
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}}); {PRINTS}"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1"
    assert 1 <= usable_processors() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("usable", [1, 3])
def test_planes_are_cut_into_as_many_parts_as_run_side_by_side(usable, monkeypatch) -> None:
    monkeypatch.setattr("napari_mfif.engine.driver.usable_processors", lambda: usable)
    method = registry.get("guided")
    values = resolve(method.all_parameters(), {}, owner="guided")
    planes = np.broadcast_to(np.arange(2048, dtype=np.uint16), (8, 4096, 2048))
    layout = plan(method, values, PlaneReader(ZStack(planes, "ZYX")), 1 << 40)
    assert max(map(len, layout.groups)) == usable
