"""Detection of injected bursts by `sinan forecast --bursts`, beside a CUSUM and a residual threshold in the same run.

    SINAN=build/release/sinan python3 bench/bursts.py DATA [--seeds 5]

DATA holds forecast/carparts, forecast/nn5 and commerce/online-retail.csv.gz; numpy and pandas are needed. In a random tenth of the series one to
four consecutive periods, after the first third, are multiplied by 2, 4 and 8; where that leaves them as they were (no demand), there is nothing
to see and another place is drawn. An alarm within the burst detects it, once; every other alarm is false, though these series have real peaks too.
Ours runs as it comes. The two rules get an exponentially forgetting level and spread and seasonal means, and the threshold with which they raise as
many false alarms on the same series: an advantage to them. Prints Markdown.
"""

import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINAN = os.environ.get("SINAN", str(ROOT / "build" / "release" / "sinan"))
SIZES = (2, 4, 8)
LEAST = 1.5  # times the expectation: the same for all three
MERGE = 2    # periods; alarms nearer than that are one


def inject(series, chance):
    """Series with bursts: values, begin, end and size (begin −1: none)."""
    import numpy as np
    order = chance.permutation(len(series))
    tenth = max(1, len(series) // 10)
    size_of = {int(i): size for j, size in enumerate(SIZES) for i in order[j * tenth:(j + 1) * tenth]}
    out = []
    for i, values in enumerate(series):
        values, begin, end, size = values.copy(), -1, -1, size_of.get(i, 0)
        length = int(chance.integers(1, 5))
        first = max(len(values) // 3, 10)
        places = [b for b in range(first, len(values) - length + 1) if np.nansum(values[b:b + length]) > 0] if size else []
        if places:
            begin = int(chance.choice(places))
            end = begin + length
            values[begin:end] *= size
        out.append((values, begin, end, size if places else 0))
    return out


def ours(rows, days, season, directory):
    """The periods with which alarms were raised, per series. What is raised with a period does not depend on later ones; the file tells when a
    burst began, so each series is also given cut off after the first and the second period of each burst that it tells of."""
    import numpy as np
    path, out, forecast = directory / "in.csv", directory / "bursts.csv", directory / "forecast.csv"

    def found(histories):
        with open(path, "w") as f:
            f.write("unique_id,ds,y,season\n")
            for key, values in histories:
                f.writelines(f"{key},{days[t]},{'' if np.isnan(v) else repr(float(v))},{season}\n" for t, v in enumerate(values))
        ran = subprocess.run([SINAN, "forecast", "--input", path, "--horizon", "1", "--model", "naive", "--output", forecast, "--bursts", out], capture_output=True, text=True)
        if ran.returncode:
            sys.exit(ran.stderr)
        told = {}
        for row in csv.DictReader(open(out)):
            told.setdefault(row["unique_id"], []).append(place[row["ds"]])
        return told

    place = {day: t for t, day in enumerate(days)}
    whole = found([(str(i), row[0]) for i, row in enumerate(rows)])
    at_once = found([(f"{i}@{b}", rows[int(i)][0][:b + 1]) for i, begins in whole.items() for b in begins])
    return {int(i): [b if b in at_once.get(f"{i}@{b}", []) else b + 1 for b in begins] for i, begins in whole.items()}


def judge(alarms, rows, years):
    import numpy as np
    hits, delays, false = {size: [] for size in SIZES}, [], 0
    for i, (_, begin, end, size) in enumerate(rows):
        inside = [t for t in alarms.get(i, []) if begin <= t < end]
        false += sum(not begin <= t < end for t in alarms.get(i, []))
        if size:
            hits[size].append(bool(inside))
            delays += [inside[0] - begin] if inside else []
    return {"recall": [float(np.mean(hits[size])) for size in SIZES], "delay": float(np.mean(delays)) if delays else float("nan"), "false": false / years}


def residuals(rows, season, keep=0.95, keep_season=0.9):
    """Standardised one-step errors of an exponentially forgetting level with seasonal means, and expectations; NaN where nothing is known."""
    import numpy as np
    count, length = len(rows), max(len(row[0]) for row in rows)
    y = np.full((count, length), np.nan)
    for i, row in enumerate(rows):
        y[i, :len(row[0])] = row[0]
    level, weight, square, squares, known = (np.zeros(count) for _ in range(5))
    phase, phases = np.zeros((count, season)), np.zeros((count, season))
    z, expected = np.full((count, length), np.nan), np.zeros((count, length))
    for t in range(length):
        p, here = t % season, np.isfinite(y[:, t])
        value = np.nan_to_num(y[:, t])
        mean = np.where(weight > 0, level / np.maximum(weight, 1e-9), value)
        expected[:, t] = mean + phase[:, p] / (phases[:, p] + 2)
        spread = np.sqrt(square / np.maximum(squares, 1e-9))
        good = here & (known >= 8) & (spread > 0)
        z[good, t] = (value - expected[:, t])[good] / spread[good]
        error = value - expected[:, t]
        square = np.where(here & (known > 0), keep * square + error**2, square)
        squares = np.where(here & (known > 0), keep * squares + 1, squares)
        phase[:, p] = np.where(here, keep_season * phase[:, p] + value - mean, phase[:, p])
        phases[:, p] = np.where(here, keep_season * phases[:, p] + 1, phases[:, p])
        level, weight = np.where(here, keep * level + value, level), np.where(here, keep * weight + 1, weight)
        known += here
    return y, z, expected


def rule(kind, threshold, y, z, expected):
    """Alarms of a rule: Page's CUSUM of the residuals less half a deviation, or residuals beyond a threshold."""
    import numpy as np
    total, last, alarms = np.zeros(len(y)), np.full(len(y), -9), {}
    for t in range(y.shape[1]):
        here = np.isfinite(z[:, t])
        if kind == "CUSUM":
            total = np.where(here, np.maximum(0, total + np.nan_to_num(z[:, t]) - 0.5), total)
            raised = here & (total > threshold)
            total[raised] = 0
        else:
            raised = here & (np.nan_to_num(z[:, t]) > threshold)
        raised &= y[:, t] >= LEAST * expected[:, t]
        for i in np.flatnonzero(raised & (t - last > MERGE)):
            alarms.setdefault(int(i), []).append(t)
        last[raised] = t
    return alarms


def at_rate(kind, rows, false, years, known):
    low, high = 0.2, 400.0
    for _ in range(20):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if judge(rule(kind, middle, *known), rows, years)["false"] > false else (low, middle)
    return judge(rule(kind, high, *known), rows, years)


def sets(data):
    """Name, days, season, periods a year, series; each series may begin later than the days."""
    import numpy as np
    import pandas as pd

    def read(path):
        table = pd.read_csv(path, dtype={"unique_id": str}).sort_values(["unique_id", "ds"], kind="stable")
        return [values.to_numpy(float) for _, values in table.groupby("unique_id")["y"]]

    parts = read(data / "forecast" / "carparts" / "demand.csv.gz")
    months = [str(day.date()) for day in pd.date_range("2000-01-01", periods=len(parts[0]), freq="MS")]
    yield "carparts, monthly", months, 12, 12, parts
    nn5 = read(data / "forecast" / "nn5" / "daily.csv.gz")
    days = [str(day.date()) for day in pd.date_range("2000-01-03", periods=max(map(len, nn5)), freq="D")]
    yield "NN5, first 50 (chosen on)", days, 7, 365.25, nn5[:50]
    yield "NN5, rest", days, 7, 365.25, nn5[50:]
    lines = pd.read_csv(data / "commerce" / "online-retail.csv.gz", dtype={"StockCode": str}, parse_dates=["InvoiceDate"])
    lines = lines[lines.Quantity > 0]
    lines["day"] = lines.InvoiceDate.dt.normalize()
    grid = lines.pivot_table(index="StockCode", columns="day", values="Quantity", aggfunc="sum", fill_value=0)
    grid = grid.reindex(columns=pd.date_range(grid.columns.min(), grid.columns.max()), fill_value=0)
    grid = grid[(grid > 0).sum(axis=1) >= 30]
    yield "Online Retail, daily, items sold on 30 days or more", [str(day.date()) for day in grid.columns], 7, 365.25, list(grid.to_numpy(float))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    if not options.data:
        print("Bursts were not measured: give the folder of the data.")
        return
    import numpy as np
    print("| set | rule | seen of ×2 | ×4 | ×8 | periods late | false alarms per series-year |\n|---|---|---:|---:|---:|---:|---:|")
    for name, days, season, per_year, series in sets(options.data):
        figures = {}
        for seed in range(options.seeds):
            rows = inject(series, np.random.default_rng(seed))
            years = sum(int(np.isfinite(row[0]).sum()) for row in rows) / per_year
            with tempfile.TemporaryDirectory() as directory:
                mine = judge(ours(rows, days, season, pathlib.Path(directory)), rows, years)
            known = residuals(rows, season)
            figures.setdefault("Sinan", []).append(mine)
            for kind in ("CUSUM", "residual threshold"):
                figures.setdefault(kind, []).append(at_rate(kind, rows, mine["false"], years, known))
        for kind, runs in figures.items():
            recall = np.mean([run["recall"] for run in runs], axis=0)
            print(f"| {name} | {kind} | {recall[0]:.3f} | {recall[1]:.3f} | {recall[2]:.3f} | {np.nanmean([run['delay'] for run in runs]):.2f} | {np.mean([run['false'] for run in runs]):.2f} |", flush=True)


if __name__ == "__main__":
    main()
