"""Accuracy, interval coverage and stock of `sinan forecast` with its defaults, beside the peers of its field.

    SINAN=build/release/sinan python3 bench/forecast.py DATA SCORERS [--peers] [--only NAME] [--sums] [--conformal MODEL] [--every N]

DATA is a folder of forecasting sets (m1, tourism, nn5, jewelry-weekly, energy-hourly, carparts), SCORERS the folder of score.py and stock.py;
they need numpy and pandas. --peers also runs statsforecast's AutoETS, AutoCES and dynamic optimised theta and their median, on the same series
with one process, and their speed (ours: forecasting_bench). --sums instead tells how often sums from the first step to each step lie at or below
their quantiles, at the origins of the intervals. --conformal instead compares intervals, at the same origins: ours with the
conformal ones that statsforecast makes from 4 windows of AutoETS or DynamicOptimizedTheta, on each N-th series long enough for these. Prints
Markdown.
"""

import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINAN = os.environ.get("SINAN", str(ROOT / "build" / "release" / "sinan"))
QUANTILES = "0.025,0.1,0.5,0.9,0.975"


def sinan(*options):
    ran = subprocess.run([SINAN, "forecast", *map(str, options)], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"sinan forecast {' '.join(map(str, options))}: {ran.stderr}")


def run_sinan(series, directory, horizon, *options):
    """Forecasts id → (period, values); returns the file of forecasts."""
    path, out = directory / "train.csv", directory / "forecast.csv"
    with open(path, "w") as f:
        f.write("unique_id,ds,y,season\n")
        for key, (period, values) in series.items():
            f.writelines(f"{key},{t + 1},{float(v)!r},{period}\n" for t, v in enumerate(values))
    sinan("--input", path, "--horizon", horizon, "--quantiles", QUANTILES, "--output", out, *options)
    return out


def read_series(path):
    import pandas as pd
    table = pd.read_csv(path, dtype={"unique_id": str}).sort_values(["unique_id", "ds"], kind="stable")
    return {key: values.to_numpy(float) for key, values in table.groupby("unique_id", sort=False)["y"]}


class Set:
    """One set: id → (period, history, truth); `judged` names subsets of the ids. Intervals are judged at `origins`, `step` periods apart."""

    def __init__(self, name, rows, judged, mase_period=None, step=None, origins=4):
        self.name, self.rows, self.judged, self.mase_period = name, rows, judged, mase_period
        self.horizon = max(len(truth) for _, _, truth in rows.values())
        self.step = step or max(1, self.horizon // 4)
        self.origins = origins


def sets(data):
    found = []
    for name in ("m1", "tourism"):
        train, test = read_series(data / name / "train.csv.gz"), read_series(data / name / "test.csv.gz")
        listed = list(csv.DictReader(open(data / name / "series.csv")))
        ids = [row["id"] for row in listed]
        rows = {row["id"]: (int(row["freq"]), train[row["id"]], test[row["id"]]) for row in listed}
        parts = {"whole": ids} if name == "m1" else {"whole": ids, "odd (chosen on)": ids[0::2], "even": ids[1::2]}
        found.append(Set(name, rows, parts, step=4))
    import pandas as pd
    table = pd.read_csv(data / "nn5" / "daily.csv.gz", dtype={"unique_id": str}).sort_values(["unique_id", "ds"], kind="stable")
    rows = {}
    for key, values in table.groupby("unique_id", sort=False)["y"]:
        filled = values.interpolate(limit_direction="both").to_numpy(float)
        rows[key] = (7, filled[:-56], filled[-56:])
    ids = sorted(rows)
    # Its errors depend on the time of the year: the horizons of these origins tile most of one.
    found.append(Set("nn5", rows, {"whole": ids, "first 50 (chosen on)": ids[:50], "rest": ids[50:]}, step=56, origins=6))
    for name, period, mase in (("jewelry-weekly", 52, 1), ("energy-hourly", 24, None)):
        train, test = read_series(data / name / "train.csv.gz"), read_series(data / name / "test.csv.gz")
        found.append(Set(name, {key: (period, train[key], test[key]) for key in test}, {"whole (chosen on)": list(test)}, mase, 4 if mase else 18))
    return found


def judge(score, the_set, ids, forecasts):
    train = {key: the_set.rows[key][1] for key in ids}
    truth = {key: the_set.rows[key][2] for key in ids}
    period = {key: the_set.rows[key][0] for key in ids}
    return score.owa(train, truth, forecasts, period, the_set.mase_period)["owa"]


def columns(path):
    import pandas as pd
    table = pd.read_csv(path, dtype={"unique_id": str}).sort_values(["unique_id", "ds"], kind="stable")
    return {c: {key: values.to_numpy(float) for key, values in table.groupby("unique_id", sort=False)[c]} for c in ("yhat", "q2.5", "q10", "q90", "q97.5")}


def cut(the_set, away):
    """The set as it was `away` periods earlier."""
    rows = {}
    for key, (period, history, truth) in the_set.rows.items():
        if len(history) - away < 8:
            continue
        everything = list(history) + list(truth)
        at = len(history) - away
        rows[key] = (period, everything[:at], everything[at:at + len(truth)])
    return Set(the_set.name, rows, {}, the_set.mase_period)


def coverage(score, the_set, directory):
    """Pooled over the origins: inside the 80 % and the 95 % interval, whole and at each third, and the scaled interval scores."""
    import numpy as np
    inside, scores = {80: [], 95: []}, {80: [], 95: []}
    for j in range(the_set.origins):
        earlier = cut(the_set, j * the_set.step)
        c = columns(run_sinan({key: row[:2] for key, row in earlier.rows.items()}, directory, earlier.horizon))
        train = {key: np.asarray(row[1], float) for key, row in earlier.rows.items()}
        truth = {key: np.asarray(row[2], float) for key, row in earlier.rows.items()}
        period = {key: the_set.mase_period or row[0] for key, row in earlier.rows.items()}
        for level, low, high in ((80, "q10", "q90"), (95, "q2.5", "q97.5")):
            thirds, value = score.intervals(train, truth, c[low], c[high], 1 - level / 100, period)
            inside[level].append(thirds)
            scores[level].append(value)
    mean = lambda rows: [sum(x) / len(rows) for x in zip(*rows)]
    return {level: (mean(inside[level]), sum(scores[level]) / the_set.origins) for level in inside}


def sums_below(the_set, directory):
    """Pooled over the origins: how often the sum from the first step to each step lies at or below its quantiles .025, .1, .9 and .975."""
    import numpy as np
    below, count = {column: 0 for column in ("q2.5", "q10", "q90", "q97.5")}, 0
    for j in range(the_set.origins):
        earlier = cut(the_set, j * the_set.step)
        c = columns(run_sinan({key: row[:2] for key, row in earlier.rows.items()}, directory, earlier.horizon, "--cumulative"))
        for key, (_, _, truth) in earlier.rows.items():
            sums = np.cumsum(truth)
            count += len(sums)
            for column in below:
                below[column] += (sums <= c[column][key][:len(sums)]).sum()
    return [below[column] / count for column in below]


def peers(the_set):
    """Forecasts of statsforecast and their median."""
    import warnings
    import numpy as np
    from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta
    warnings.filterwarnings("ignore")
    out = {}
    for name, make in (("AutoETS", AutoETS), ("AutoCES", AutoCES), ("dynamic theta", DynamicOptimizedTheta)):
        out[name] = {}
        for key, (period, history, truth) in the_set.rows.items():
            try:
                out[name][key] = np.asarray(make(season_length=period).forecast(y=np.asarray(history, float), h=len(truth))["mean"])
            except Exception:  # too short for it: the last value
                out[name][key] = np.repeat(float(history[-1]), len(truth))
    out["median of the three"] = {key: np.median([forecasts[key] for forecasts in out.values()], axis=0) for key in the_set.rows}
    return out


def conformal(score, the_set, directory, model, every):
    """At the origins together, of ours and of statsforecast's: inside and scaled interval score at 80 % and 95 %; how many series."""
    import warnings
    import numpy as np
    from statsforecast import models
    from statsforecast.utils import ConformalIntervals
    warnings.filterwarnings("ignore")
    found = {(who, level): [] for who in ("Sinan", model) for level in (80, 95)}
    count = 0
    for j in range(the_set.origins):
        earlier = cut(the_set, j * the_set.step)
        rows = {key: row for key, row in list(earlier.rows.items())[::every] if len(row[1]) > 5 * len(row[2]) + 8}
        theirs = {}
        for key, (period, history, truth) in rows.items():
            maker = getattr(models, model)(season_length=period, prediction_intervals=ConformalIntervals(n_windows=4, h=len(truth)))
            theirs[key] = maker.forecast(y=np.asarray(history, float), h=len(truth), level=[80, 95])
        c = columns(run_sinan({key: row[:2] for key, row in rows.items()}, directory, earlier.horizon))
        count += len(rows)
        train = {key: np.asarray(row[1], float) for key, row in rows.items()}
        truth = {key: np.asarray(row[2], float) for key, row in rows.items()}
        period = {key: the_set.mase_period or row[0] for key, row in rows.items()}
        for level, low, high in ((80, "q10", "q90"), (95, "q2.5", "q97.5")):
            pairs = {"Sinan": (c[low], c[high]), model: tuple({key: f[f"{side}-{level}"] for key, f in theirs.items()} for side in ("lo", "hi"))}
            for who, (lower, upper) in pairs.items():
                thirds, value = score.intervals(train, truth, lower, upper, 1 - level / 100, period)
                found[who, level].append((sum(thirds) / 3, value))
    return {key: np.mean(values, axis=0) for key, values in found.items()}, count // the_set.origins


def stock(scorers, data, directory):
    path = directory / "cv.csv"
    levels = "0.5,0.6,0.7,0.75,0.8,0.85,0.9,0.925,0.95,0.97,0.98,0.99,0.995,0.999"
    demand = data / "carparts" / "demand.csv.gz"
    sinan("--input", demand, "--horizon", 3, "--season", 12, "--backtest", 12, "--step", 1, "--cumulative", "--quantiles", levels, "--output", path)
    ran = subprocess.run([sys.executable, scorers / "stock.py", "--demand", demand, "--forecast", path, "--lead", "2", "--periods", "12"], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def peer_speed():
    """Series per second of the peers on one core; ours are in forecasting_bench."""
    import warnings
    import numpy as np
    from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta
    warnings.filterwarnings("ignore")
    chance = np.random.default_rng(7)
    print("\n| series | AutoETS | AutoCES | dynamic theta |\n|---|---:|---:|---:|")
    for length, period, horizon, count in ((100, 12, 12, 60), (1_000, 52, 13, 4)):
        t = np.arange(length)
        level = 100 * np.exp(np.cumsum(chance.normal(0, 0.03, (count, length)), axis=1))
        some = level * (1 + 0.3 * np.sin(2 * np.pi * (t + chance.integers(period, size=(count, 1))) / period)) * np.exp(chance.normal(0, 0.08, (count, length)))
        line = f"| {length} values, period {period} |"
        for make in (AutoETS, AutoCES, DynamicOptimizedTheta):
            make(season_length=period).forecast(y=some[0], h=horizon)  # compiles
            begin = time.process_time()
            for y in some:
                make(season_length=period).forecast(y=y, h=horizon)
            line += f" {len(some) / (time.process_time() - begin):,.1f} |"
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", type=pathlib.Path)
    parser.add_argument("scorers", nargs="?", type=pathlib.Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--conformal", choices=("AutoETS", "DynamicOptimizedTheta"))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--sums", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        if not options.data or not options.scorers:
            print("Accuracy was not measured: give the folders of the data and of the scorers.")
            return
        if options.peers and options.only in (None, "speed"):
            peer_speed()
        sys.path.insert(0, str(options.scorers))
        import score
        if options.sums:
            print("\n| set | at or below .025 | .1 | .9 | .975 |\n|---|---:|---:|---:|---:|")
            for the_set in sets(options.data):
                if options.only in (None, the_set.name):
                    print(f"| {the_set.name} | " + " | ".join(f"{share:.3f}" for share in sums_below(the_set, directory)) + " |", flush=True)
            return
        if options.conformal:
            print("\n| set | series | who | inside 80 % | score | inside 95 % | score |\n|---|---:|---|---:|---:|---:|---:|")
            for the_set in sets(options.data):
                if options.only in (None, the_set.name):
                    found, count = conformal(score, the_set, directory, options.conformal, options.every)
                    for who in ("Sinan", options.conformal):
                        a, b = found[who, 80], found[who, 95]
                        print(f"| {the_set.name} | {count} | {who} | {a[0]:.3f} | {a[1]:.2f} | {b[0]:.3f} | {b[1]:.2f} |", flush=True)
            return
        print("\n| set | part | OWA |" + (" AutoETS | AutoCES | dynamic theta | median of the three |" if options.peers else "") + " inside 80 % (thirds) | score | inside 95 % (thirds) | score |")
        print("|---|---|---:|" + ("---:|---:|---:|---:|" if options.peers else "") + "---|---:|---|---:|")
        for the_set in sets(options.data):
            if options.only not in (None, the_set.name):
                continue
            ours = columns(run_sinan({key: row[:2] for key, row in the_set.rows.items()}, directory, the_set.horizon))["yhat"]
            others = peers(the_set) if options.peers else {}
            covered = coverage(score, the_set, directory)
            for part, ids in the_set.judged.items():
                line = f"| {the_set.name} | {part} | {judge(score, the_set, ids, ours):.3f} |"
                for forecasts in others.values():
                    line += f" {judge(score, the_set, ids, forecasts):.3f} |"
                for level in (80, 95):
                    thirds, value = covered[level]
                    line += f" {sum(thirds) / 3:.3f} ({', '.join(f'{t:.3f}' for t in thirds)}) | {value:.2f} |" if part.startswith("whole") else " | |"
                print(line, flush=True)
        if options.only in (None, "carparts"):
            print(f"\ncarparts, lead 2: {stock(options.scorers, options.data, directory)}")


if __name__ == "__main__":
    main()
