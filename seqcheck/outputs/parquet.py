"""All findings as a Parquet table; columns.py has the columns. Needs pyarrow (the extra seqcheck[parquet]), which is
loaded here only. The file's metadata carries the report without its lists, as JSON under `seqcheck.report`.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from seqcheck.model.results import Results
from seqcheck.outputs import Page, check
from seqcheck.outputs.columns import COLUMNS, summary, tables
from seqcheck.outputs.json import document


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """One table. OutputError if pyarrow is not installed."""
    check(["parquet"])
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(), "integer": pa.int64(), "number": pa.uint64(), "boolean": pa.bool_(),
        "time": pa.timestamp("ns", tz="UTC"),
    }  # fmt: skip
    report = json.dumps(document(summary(results.report)), allow_nan=False)
    schema = pa.schema(
        [pa.field(name, types[kind]) for name, kind in COLUMNS.items()], metadata={"seqcheck.report": report}
    )
    with parquet.ParquetWriter(_Kept(out), schema, compression="zstd") as writer:
        for table in tables(results):
            writer.write_table(pa.table(table, schema=schema))


class _Kept:
    """A stream that its writer cannot close."""

    closed = False

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0

    def write(self, data: Any) -> int:
        count = memoryview(data).nbytes
        self._out.write(data)
        self._at += count
        return count

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._out.flush()

    def close(self) -> None:
        self.flush()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False
