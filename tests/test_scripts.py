"""The scripts run as their first lines say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(SCRIPTS / command[0]), *command[1:]]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_train() -> None:
    done = run("train.py", "--device", "cpu", "--epochs", "10")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("device: cpu\n")
    last = done.stdout.splitlines()[-1]
    assert last.startswith("test accuracy: ")
    assert float(last.removeprefix("test accuracy: ").rstrip("%")) > 90


def test_compare_devices(tmp_path: Path) -> None:
    """array-api-strict stands in for a second device: the same run to rounding."""
    out = tmp_path / "figures" / "devices.json"
    done = run(
        "compare_devices.py", "--devices", "cpu,strict", "--model", "16", "--steps", "5",
        "--warmup", "2", "--dtype", "float64", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "digits, 64-16-10" in done.stdout
    cpu, strict = json.loads(out.read_text())["results"]
    assert (cpu["device"], strict["device"]) == ("cpu", "strict")
    assert cpu["largest_parameter_difference"] == 0.0
    assert 0 <= strict["largest_parameter_difference"] < 1e-12
    assert len(cpu["losses"]) == 7
    assert cpu["ms_per_step"] > 0
    assert cpu["ms_quartiles"][0] <= cpu["ms_per_step"] <= cpu["ms_quartiles"][1]


def test_compare_devices_with_one_device_says_so() -> None:
    done = run("compare_devices.py", "--devices", "cpu", "--steps", "2", "--warmup", "0")
    assert done.returncode == 0, done.stderr
    assert "only cpu was measured; no CUDA: " in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--devices", "tpu"], "wanted 'auto', 'cpu', 'cuda'"),
        (["--batch-size", "100000"], "--batch-size: got 100000, wanted at most"),
        (["--batch-size", "0"], "wanted a whole number of at least 1"),
        (["--model", "a,b"], "--model: got 'a,b', wanted sizes such as 128,64"),
        (["--data", "nosuch"], "nosuch: there is no such file"),
    ],
)
def test_compare_devices_bad_input(words: list[str], said: str) -> None:
    done = run("compare_devices.py", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_gpu_check_is_a_shell_script() -> None:
    checked = subprocess.run(["bash", "-n", str(SCRIPTS / "gpu_check.sh")], check=False)
    assert checked.returncode == 0


def test_gpu_check_names_its_parts(tmp_path: Path) -> None:
    command = ["bash", str(SCRIPTS / "gpu_check.sh"), str(tmp_path / "out"), "speed", "nosuch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no part 'nosuch', wanted some of: kernels records" in done.stderr
    assert not (tmp_path / "out").exists()
