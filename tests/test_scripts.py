"""The scripts run as their first lines say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    out = tmp_path / "figures"
    done = run(
        "compare_devices.py", "--devices", "cpu,strict", "--model", "mlp:8", "--batch-sizes", "4",
        "--seconds", "0.01", "--accuracy", "0", "--dtypes", "float64", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((out / "compare.json").read_text())
    assert [d["name"] for d in report["devices"]] == ["cpu", "strict"]
    (parity,) = report["parity"]
    assert all(0 <= d < 1e-12 for a in parity["against"] for d in a["parameters"])


def test_compare_devices_bad_input() -> None:
    done = run("compare_devices.py", "--devices", "tpu")
    assert done.returncode == 2
    assert "wanted 'auto', 'cpu', 'cuda'" in done.stderr
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
