"""Many series, streamed: weekly sales of N items over 104 weeks from Parquet to Parquet, with the default configuration.

    SINAN=build/release/sinan python3 bench/large.py [--series 1000000] [--folder DIR]

Needs numpy and pyarrow, and 140 bytes of disk per series for the input and 350 for the forecasts. The series are made here (seeded): Poisson
sales around a level, a yearly season and a trend. Prints time, processor time, peak memory and series per second.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINAN = os.environ.get("SINAN", str(ROOT / "build" / "release" / "sinan"))
WEEKS, BLOCK = 104, 10_000


def make(path, count):
    random = np.random.default_rng(1)
    first = np.datetime64("2022-01-03")
    dates = np.arange(first, first + 7 * WEEKS, 7).astype("datetime64[D]")
    t = np.arange(WEEKS)
    writer = None
    for start in range(0, count, BLOCK):
        k = min(BLOCK, count - start)
        level = np.exp(random.normal(2.5, 1, (k, 1)))
        season = 1 + 0.3 * np.sin(2 * np.pi * (t / 52) + random.uniform(0, 6, (k, 1)))
        y = random.poisson(np.maximum(level * season * (1 + random.normal(0, 0.002, (k, 1)) * t), 0.05)).astype(float)
        ids = np.repeat([f"item{i:09d}" for i in range(start, start + k)], WEEKS)
        table = pa.table({"unique_id": ids, "ds": np.tile(dates, k), "y": y.ravel()})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1_000_000)
    parser.add_argument("--folder", type=pathlib.Path, help="for the files; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        source, out = pathlib.Path(folder) / "series.parquet", pathlib.Path(folder) / "forecasts.parquet"
        make(source, options.series)
        start = time.monotonic()
        ran = subprocess.run([SINAN, "forecast", "--input", source, "--season", "52", "--horizon", "13", "--output", out])
        seconds = time.monotonic() - start
        if ran.returncode:
            sys.exit(ran.returncode)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{options.series:,} series of {WEEKS} weeks, 13 ahead: {seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time, "
              f"{used.ru_maxrss / 1024:.0f} MB, {options.series / seconds:,.0f} series/s, "
              f"{source.stat().st_size / 1e6:.0f} MB in, {out.stat().st_size / 1e6:.0f} MB out")


if __name__ == "__main__":
    main()
