"""Forecasts that add up: how good they are at each level, and what a large hierarchy costs.

    SINAN=build/release/sinan python3 bench/hierarchy.py [DATA] [--series 100000] [--peer]

DATA is a folder with orange-juice.csv.gz (Dominick's: units of 11 brands in 83 stores by week). Eight weeks ahead from four origins eight weeks
apart, without drivers; WAPE of each level of store, brand and all, by week and by four weeks, of each way of reconciliation and of forecasts made
for each level by itself. Then a seeded company: weekly sales over 104 weeks of that many items in 30 places, by category, place, and
both. --peer reconciles our own base forecasts by hierarchicalforecast's MinTrace (wls_struct) too. Needs numpy, pandas and pyarrow. Prints
Markdown.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINAN = os.environ.get("SINAN", str(ROOT / "build" / "release" / "sinan"))
LEVELS = {"total": lambda i: i == "total", "store": lambda i: i.startswith("store="), "brand": lambda i: i.startswith("brand="),
          "item": lambda i: "=" not in i and i != "total"}


def orange_juice(data):
    table = pd.read_csv(data / "orange-juice.csv.gz")
    table["unique_id"] = table.store.astype(str) + "_" + table.brand.astype(str)
    table["ds"], table["y"] = table.week, np.exp(table.logmove)
    return table[["unique_id", "ds", "y", "store", "brand"]]


def sinan(source, out, *options):
    start = time.monotonic()
    ran = subprocess.run([SINAN, "forecast", "--input", source, "--output", out, "--no-drivers", *options], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    return time.monotonic() - start


def wape(found):
    return abs(found.y - found.yhat).sum() / found.y.sum()


def row(name, found, seconds=None):
    """Of rows with unique_id, cutoff, ds, y, yhat of all levels, by week."""
    found = found[found.y.notna()]
    cells = []
    for inside in LEVELS.values():
        of = found[found.unique_id.map(inside)]
        step = of.groupby(["unique_id", "cutoff"]).cumcount() // 4
        whole = of.groupby(["unique_id", "cutoff", step])[["y", "yhat"]].sum()
        cells += [f"{wape(of):.4f}", f"{wape(whole):.4f}"]
    print(f"| {name} | {' | '.join(cells)} | {'' if seconds is None else f'{seconds:.1f}'} |", flush=True)


def accuracy(data, folder, peer):
    table = orange_juice(data)
    source, out = folder / "oj.csv", folder / "out.csv"
    table.to_csv(source, index=False)
    how = ["--horizon", "8", "--backtest", "4", "--step", "8", "--quantiles", "0.5", "--hierarchy", "store,brand"]
    names = [f"{level}, {span}" for level in LEVELS for span in ("week", "4 weeks")]
    print(f"\nOrange juice, WAPE:\n\n| | {' | '.join(names)} | seconds |\n|---|{'---|' * (len(names) + 1)}")
    found = {}
    for name, options in {"bottom_up": ["--reconcile", "bottom_up"], "top_down": ["--reconcile", "top_down"], "wls": ["--reconcile", "wls"],
                          "wls, and 2 and 4 weeks": ["--aggregate", "2,4"]}.items():
        seconds = sinan(source, out, *how, *options)
        rows = pd.read_csv(out, dtype={"unique_id": str})
        found[name] = rows[rows.periods == 1] if "periods" in rows else rows
        row(name, found[name], seconds)
    # Each level by itself: the sums as series of their own, which top_down leaves as they are for the total, and no way for the others.
    whole = found["bottom_up"][["unique_id", "cutoff", "ds", "y"]]
    sums = pd.concat([table.groupby("ds").y.sum().reset_index().assign(unique_id="total"),
                      table.groupby(["store", "ds"]).y.sum().reset_index().assign(unique_id=lambda t: "store=" + t.store.astype(str)),
                      table.groupby(["brand", "ds"]).y.sum().reset_index().assign(unique_id=lambda t: "brand=" + t.brand.astype(str)),
                      table])[["unique_id", "ds", "y"]]
    sums.to_csv(source, index=False)
    seconds = sinan(source, out, *how[:-2], "--cumulative")
    alone = pd.read_csv(out, dtype={"unique_id": str}).sort_values(["unique_id", "cutoff", "ds"])
    alone["yhat"] = alone.groupby(["unique_id", "cutoff"]).yhat.diff().fillna(alone.yhat)
    alone = whole.merge(alone[["unique_id", "cutoff", "ds", "yhat"]], on=["unique_id", "cutoff", "ds"])
    row("each by itself (does not add up)", alone, seconds)
    if peer:
        row("hierarchicalforecast, wls_struct, of the same base", mint(table, alone))


def mint(table, alone):
    """S and the projection as hierarchicalforecast 1.x defines them, of our base forecasts."""
    from hierarchicalforecast.methods import MinTrace
    rows = []
    for _, base in alone.groupby("cutoff"):
        wide = base.pivot(index="unique_id", columns="ds", values="yhat")
        items = [i for i in wide.index if LEVELS["item"](i)]
        names = [i for i in wide.index if not LEVELS["item"](i)] + items
        member = {i: {"total", "store=" + i.split("_")[0], "brand=" + i.split("_")[1], i} for i in items}
        s = np.array([[name in member[i] for i in items] for name in names], dtype=float)
        method = MinTrace(method="wls_struct")
        fitted = method.fit(S=s, y_hat=wide.loc[names].to_numpy()) if hasattr(method, "fit") else method
        out = fitted.predict(S=s, y_hat=wide.loc[names].to_numpy())["mean"]
        rows.append(base.merge(pd.DataFrame(out, index=names, columns=wide.columns).rename_axis("unique_id").melt(
            ignore_index=False, value_name="new").reset_index(), on=["unique_id", "ds"]))
    out = pd.concat(rows)
    return out.assign(yhat=out.new)


def make(path, count, block=30_000):
    import pyarrow as pa
    import pyarrow.parquet as pq
    random = np.random.default_rng(1)
    weeks, t, writer = 104, np.arange(104), None
    dates = np.arange(np.datetime64("2022-01-03"), np.datetime64("2022-01-03") + 7 * weeks, 7).astype("datetime64[D]")
    for start in range(0, count, block):
        series = np.arange(start, min(start + block, count))
        item, place, k = series // 30, series % 30, len(series)
        level = np.exp(random.normal(1, 1.2, (k, 1)))
        y = random.poisson(np.maximum(level * (1 + 0.3 * np.sin(2 * np.pi * (t / 52) + random.uniform(0, 6, (k, 1)))), 0.05)).astype(float)
        table = pa.table({"unique_id": np.repeat([f"item{i:07d}@{p}" for i, p in zip(item, place)], weeks),
                          "ds": np.tile(dates, k), "y": y.ravel(), "category": np.repeat([f"c{i % 300}" for i in item], weeks),
                          "place": np.repeat([f"p{p}" for p in place], weeks)})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def scale(folder, count):
    make(folder / "company.parquet", count)
    for name, options in {"alone": [], "with category, place, category*place": ["--hierarchy", "category,place,category*place"],
                          "and four weeks": ["--hierarchy", "category,place,category*place", "--aggregate", "4"]}.items():
        start = time.monotonic()
        process = subprocess.Popen([SINAN, "forecast", "--input", folder / "company.parquet", "--output", folder / "f.parquet", "--no-drivers",
                                    "--season", "52", "--horizon", "13", *options])
        _, status, used = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{name}: failed")
        print(f"- {count:,} series of 104 weeks, {name}: {time.monotonic() - start:.1f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time, "
              f"{used.ru_maxrss / 1024:.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, nargs="?", help="without it only the large hierarchy")
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--peer", action="store_true", help="also hierarchicalforecast's MinTrace")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data:
            accuracy(options.data, pathlib.Path(folder), options.peer)
            print()
        scale(pathlib.Path(folder), options.series)


if __name__ == "__main__":
    main()
