"""Lists of findings as tables of other libraries: Arrow, pandas, polars. Each library is loaded on demand.

A column for each field, in order; after `ns`, integer nanoseconds since 1970, comes `time`, the same as a time stamp in
UTC. Sequence numbers are unsigned 64 bits, all other integers signed; what is not known is null. Lists of words are
text, separated by spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from ..dataclass import names
from ..errors import OutputError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Type = Literal["text", "integer", "number", "boolean", "time"]
_TYPES: dict[str, Type] = {
    "seq": "number", "first_seq": "number", "count": "number",
    "identical": "boolean", "same_length": "boolean", "ours": "boolean",
    "differs": "text", "place": "text", "cause": "text",
    "time": "time",
}  # fmt: skip


class Table:
    """What has `listed`, rows of one class, `ROW`."""

    __slots__ = ()
    ROW: Any = None
    listed: Sequence[Any]

    def to_arrow(self) -> pyarrow.Table:
        """What is listed as a pyarrow.Table. OutputError if pyarrow is not installed, and likewise below."""
        pa = _load("pyarrow")
        types = {
            "text": pa.string(), "integer": pa.int64(), "number": pa.uint64(), "boolean": pa.bool_(),
            "time": pa.timestamp("ns", tz="UTC"),
        }  # fmt: skip
        found = self._columns()
        return pa.table(found, schema=pa.schema([(name, types[_type(name)]) for name in found]))

    def to_pandas(self) -> pandas.DataFrame:
        """What is listed as a pandas.DataFrame, with nullable types."""
        pd = _load("pandas")
        types = {"text": "string", "integer": "Int64", "number": "UInt64", "boolean": "boolean"}
        made = {
            name: pd.to_datetime(pd.Series(values, dtype="int64"), unit="ns", utc=True)
            if _type(name) == "time"
            else pd.Series(values, dtype=types[_type(name)])
            for name, values in self._columns().items()
        }
        frame: pandas.DataFrame = pd.DataFrame(made)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """What is listed as a polars.DataFrame."""
        pl = _load("polars")
        types = {
            "text": pl.String, "integer": pl.Int64, "number": pl.UInt64, "boolean": pl.Boolean,
            "time": pl.Datetime("ns", "UTC"),
        }  # fmt: skip
        found = self._columns()
        frame: polars.DataFrame = pl.DataFrame(found, schema={name: types[_type(name)] for name in found})
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The same for programs that take Arrow streams (polars, DuckDB, pandas, nanoarrow). Source: the Arrow
        PyCapsule Interface, https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html. Needs
        pyarrow."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _columns(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name in names(self.ROW):
            found[name] = [getattr(row, name) for row in self.listed]
            if name == "differs":
                found[name] = [" ".join(words) for words in found[name]]
            if name == "ns":
                found["time"] = found["ns"]
        return found


def _type(name: str) -> Type:
    return _TYPES.get(name, "integer")


def _load(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise OutputError(f"this needs {package}, which is not installed", hint=f"pip install {package}") from error
