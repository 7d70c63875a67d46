"""Captures in an object store: S3 as moto serves it on loopback, read by threads, processes and a Dask cluster."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import containers
import kinds
import pytest
import rings
from test_parts import unpacked

import seqcheck
from seqcheck.capture import elsewhere

boto3: Any = pytest.importorskip("boto3", reason="moto is not installed")
server: Any = pytest.importorskip("moto.server", reason="moto is not installed")
pytest.importorskip("s3fs", reason="s3fs is not installed")
BUCKET = "captures"
WORKERS: dict[str, Callable[[], Executor]] = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captures that are in the bucket, too."""
    path = tmp_path_factory.mktemp("s3")
    packets = unpacked(rings.within_one_lap().getvalue())
    third = len(packets) // 3
    parts = [packets[:third], packets[third : 2 * third], packets[2 * third :]]
    for number, part in enumerate(parts):
        (path / f"run-{number}.pcap").write_bytes(containers.pcap_file(part))
    whole = containers.pcap_file(packets)
    (path / "whole.pcap").write_bytes(whole)
    (path / "whole.pcap.gz").write_bytes(gzip.compress(whole))
    return path


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Any]:
    """A client of the store; what connects to S3 meanwhile connects to it."""
    made = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = made.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        for path in folder.iterdir():
            client.put_object(Bucket=BUCKET, Key=path.name, Body=path.read_bytes())
        yield client
    made.stop()


def here(paths: list[Path]) -> Any:
    """The report on the files, as if they were there."""
    report = seqcheck.analyze(paths, kinds.LAYOUT).to_json()
    for path in paths:
        report = report.replace(json.dumps(str(path)), json.dumps(f"s3://{BUCKET}/{path.name}"))
    return json.loads(report)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("names", [["whole.pcap"], ["whole.pcap.gz"], ["run-0.pcap", "run-1.pcap", "run-2.pcap"]])
def test_the_report_is_that_of_the_files(
    store: Any, folder: Path, names: list[str], workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "SIZE", 50_000)
    urls = [f"s3://{BUCKET}/{name}" for name in names]
    with WORKERS[workers]() as executor:
        report = seqcheck.analyze(urls, kinds.LAYOUT, executor=executor)
    assert json.loads(report.to_json()) == here([folder / name for name in names])
    assert report.verdict.cause == "stale-slot"


def test_a_pattern_stands_for_the_objects_that_it_fits(store: Any, folder: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        report = seqcheck.analyze(f"s3://{BUCKET}/run-*.pcap", kinds.LAYOUT, executor=executor)
    assert json.loads(report.to_json()) == here([folder / f"run-{number}.pcap" for number in range(3)])


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/absent.pcap", "s3://no-such-bucket/run-0.pcap"])
def test_what_is_not_there_is_named(store: Any, url: str) -> None:
    with ThreadPoolExecutor(2) as executor, pytest.raises(seqcheck.InputError) as caught:
        seqcheck.analyze(url, kinds.LAYOUT, executor=executor)
    assert url in str(caught.value)


def test_a_cluster_reads_them_too(store: Any, folder: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    urls = [f"s3://{BUCKET}/run-{number}.pcap" for number in range(3)]
    command = [
        sys.executable,
        "-m",
        "seqcheck",
        "analyze",
        "--no-config",
        "--keep-privileges",
        "--layout",
        kinds.LAYOUT,
    ]
    done = subprocess.run(
        [*command, "--cluster", "local:2", "--report", "json", *urls],
        capture_output=True, text=True, env=dict(os.environ), check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout) == here([folder / url.rpartition("/")[2] for url in urls])
