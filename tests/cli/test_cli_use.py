"""predict, evaluate, compare, devices, and the command as a whole."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import backprop as bp
from backprop.cli import machine
from backprop.train import load_bundle

ON_CPU = ("--device", "cpu")


@pytest.fixture
def trained(command, tables: Path) -> Path:
    done = command(
        "train", "flowers.csv", "--epochs", 60, "--lr", 0.01, "--out", "run", *ON_CPU
    )  # fmt: skip
    assert done.code == 0, done.err
    return tables / "run"


def test_predict_classes_with_and_without_the_target(command, trained: Path) -> None:
    assert command("predict", "run", "new.csv", "-o", "out.csv").code == 0
    rows = list(csv.DictReader((trained.parent / "out.csv").read_text().splitlines()))
    assert len(rows) == 7
    assert list(rows[0]) == ["class", "P(lily)", "P(rose)"]
    for row in rows:
        chances = {k[2:-1]: float(v) for k, v in row.items() if k != "class"}
        assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
        assert row["class"] == max(chances, key=chances.__getitem__)
    with_target = command("predict", "run", "flowers.csv")
    assert with_target.code == 0
    assert with_target.err == ""
    again = list(csv.DictReader(with_target.out.splitlines()))
    assert len(again) == 60
    assert [r["class"] for r in again[:7]] == [r["class"] for r in rows]


def test_predict_finds_columns_by_name_in_any_order(command, trained: Path) -> None:
    lines = (trained.parent / "new.csv").read_text().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in lines]
    (trained.parent / "turned.csv").write_text("\n".join(turned) + "\n")
    turned_out, out = (command("predict", "run", f) for f in ("turned.csv", "new.csv"))
    assert turned_out.code == 0, turned_out.err
    assert turned_out.out == out.out


def test_evaluate_agrees_with_the_training(command, trained: Path) -> None:
    done = command("evaluate", "run", "flowers.csv")
    assert done.code == 0, done.err
    assert "accuracy" in done.out
    assert "true \\ predicted" in done.out
    found = json.loads(command("evaluate", "run", "flowers.csv", "--json").out)
    result = json.loads((trained / "result.json").read_text())
    sizes = {"train": 48, "validation": 6, "test": 6}
    mean = sum(result[p]["loss"] * n for p, n in sizes.items()) / 60
    assert found["loss"] == pytest.approx(mean, rel=1e-4)


def test_a_saved_model_is_used_from_python(trained: Path) -> None:
    model, preprocessor, settings = load_bundle(trained)
    x = preprocessor.transform([{"long": 1.5, "wide": 1.0, "colour": "red"}])
    scores = model(bp.asarray(x)).detach().numpy()
    assert preprocessor.classes[int(scores.argmax())] == "rose"
    assert settings.loss == "cross-entropy"
    assert not model.training


def test_what_is_new_in_the_rows_is_said(command, trained: Path) -> None:
    (trained.parent / "odd.csv").write_text("long,wide,colour\n1,,green\n?,2,red\n")
    done = command("predict", "run", "odd.csv", "-o", "out.csv")
    assert done.code == 0, done.err
    assert "green" in done.out


def test_predictions_of_a_published_set(command, tmp_path: Path) -> None:
    assert command("train", "digits", "--epochs", 1, "--out", "run", *ON_CPU).code == 0
    done = command("predict", "run", "digits")
    assert len(done.out.splitlines()) == 1798
    assert done.out.startswith("class,P(0),P(1)")


def test_compare_chooses_by_validation(command, tables: Path) -> None:
    done = command(
        "compare", "flowers.csv", "--models", "linear", "mlp:8", "mlp:4,4", "--seeds", 2,
        "--epochs", 5, *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    for name in ("linear", "mlp:8", "mlp:4,4", "validation accuracy", "parameters", "seconds"):
        assert name in done.out
    assert done.out.count("chosen") >= 2
    assert done.out.count("with test accuracy") == 1
    assert not (tables / "runs").exists()


def test_compare_takes_the_data_last_and_a_regression(command, tables: Path) -> None:
    done = command(
        "compare", "--models", "linear", "mlp:8", "price.csv", "--seeds", 1, "--epochs", 2, *ON_CPU
    )
    assert done.code == 0, done.err
    assert "validation rmse" in done.out


def test_devices(command) -> None:
    done = command("devices")
    assert done.code == 0, done.err
    assert "cpu" in done.out
    assert "NumPy" in done.out
    found = json.loads(command("devices", "--json").out)
    assert list(found) == ["auto", "cpu", "cuda"]
    assert found["cpu"]["cores"] >= 1
    assert isinstance(found["cpu"]["notes"], list)
    problem = found["cuda"]["problem"]
    assert (problem is None) == bool(found["cuda"]["devices"])
    if problem:
        assert problem.removeprefix("cuda:0").lstrip(": ")[:40] in done.out


AVX512 = {"avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"}


@pytest.mark.parametrize(
    ("kernels", "flags", "said"),
    [
        ("Haswell", AVX512, "Haswell kernels (AVX2), but this CPU has AVX-512"),
        ("Zen", AVX512, "AVX-512"),
        ("Nehalem", {"avx", "avx2", "fma"}, "(SSE), but this CPU has AVX2"),
        ("SkylakeX", AVX512, None),
        ("Cooperlake", AVX512, None),
        ("Haswell", {"avx", "avx2", "fma"}, None),
        ("Haswell", set(), None),  # not x86, or not known
    ],
)
def test_a_kernel_set_below_the_cpus_is_noted(kernels: str, flags: set, said: str | None) -> None:
    blas = {"library": "openblas", "kernels": kernels}
    note = machine.kernel_note(blas, flags, {"OPENBLAS_CORETYPE": kernels})
    if said is None:
        assert note is None
    else:
        assert said in note
        assert f"OPENBLAS_CORETYPE={kernels} forces them: unset it" in note
        assert "OPENBLAS" not in machine.kernel_note(blas, flags, {})


def test_few_threads_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert "OPENBLAS_NUM_THREADS=1" in machine.thread_note({"threads": 1}, 8)
    assert machine.thread_note({"threads": 8}, 8) is None


def test_version_and_help(command) -> None:
    assert command("--version").out == f"backprop {bp.__version__}\n"
    for arguments in (["--help"], *[[c, "--help"] for c in
                      ("train", "predict", "evaluate", "compare", "devices")]):  # fmt: skip
        done = command(*arguments)
        assert done.code == 0
        assert "Usage: backprop" in done.out


@pytest.mark.parametrize("missing", ["typer", "rich", "matplotlib"])
def test_without_the_cli_extra_it_says_how_to_get_it(missing: str) -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        f"u.find_spec = lambda name, *a: None if name == {missing!r} else find(name, *a)\n"
        f"sys.modules[{missing!r}] = None\n"
        "from backprop.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        'the backprop command needs the "cli" extra: pip install "backprop-array[cli]"\n'
    )


def test_the_script_of_the_readme_runs() -> None:
    script = Path(__file__).parents[2] / "scripts/train.py"
    done = subprocess.run(
        [sys.executable, str(script), "--device", "cpu", "--epochs", "5"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1].rstrip("%")) > 90


def test_compare_of_settings_that_suit_the_data(tables: Path) -> None:
    from backprop.train import Settings

    small = Settings("x").completed("classification", "table", 300)
    large = Settings("x").completed("classification", "images", 60_000)
    assert (small.model, small.dropout, small.epochs, small.batch_size) == ("mlp:50,50", 0, 200, 32)
    assert (large.model, large.dropout, large.epochs, large.batch_size) == ("mlp:128", 0.2, 20, 64)
    assert np.isclose(sum(small.fractions), 1)
