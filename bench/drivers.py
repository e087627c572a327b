"""Forecasts with drivers, beside the peers of the field: weekly orange juice with prices and promotions, and daily sales of a web shop.

    SINAN=build/release/sinan python3 bench/drivers.py DATA [--peers] [--only orange-juice|online-retail] [--every N]

DATA is a folder with orange-juice.csv.gz (Dominick's) and online-retail.csv.gz (UCI); needs numpy and pandas, and statsforecast, mlforecast and
lightgbm with --peers. Orange juice: units of brand and store, eight weeks ahead from four origins (last weeks 160, 152, 144, 136), series with 30
weeks or more since their first; own price, eleven prices, deal and feature of the weeks ahead are known. Online Retail: units sold by item and
day, 14 days ahead from four origins 14 days apart, items with 60 days or more of history; price is known ahead. Prints Markdown.
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
QUANTILES = {"q2.5": 0.025, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q97.5": 0.975}
PINBALL = ("q10", "q50", "q90")
INTERVALS = {80: ("q10", "q90"), 95: ("q2.5", "q97.5")}


def orange_juice(data):
    """Yields (history, future with y) at each origin."""
    table = pd.read_csv(data / "orange-juice.csv.gz")
    prices = [f"price{i}" for i in range(1, 12)]
    table["unique_id"] = table.store.astype(str) + "_" + table.brand.astype(str)
    table["price"] = table[prices].to_numpy()[np.arange(len(table)), table.brand - 1]
    table["y"], table["ds"] = np.exp(table.logmove), table.week
    drivers = ["price", *prices, "deal", "feat"]
    table = table[["unique_id", "ds", "y", *drivers]]
    for last in (160, 152, 144, 136):
        history = table[table.ds <= last - 8]
        first = history.groupby("unique_id").ds.min()
        keep = first[last - 8 - first + 1 >= 30].index
        yield history[history.unique_id.isin(keep)], table[(table.ds > last - 8) & (table.ds <= last) & table.unique_id.isin(keep)]


def online_retail(data, every=1):
    table = pd.read_csv(data / "online-retail.csv.gz", dtype={"StockCode": str}, parse_dates=["InvoiceDate"])
    table = table[(table.Quantity > 0) & (table.UnitPrice > 0)]
    table["ds"] = table.InvoiceDate.dt.normalize()
    days = pd.date_range(table.ds.min(), table.ds.max())
    sums = table.groupby(["StockCode", "ds"]).agg(y=("Quantity", "sum"), price=("UnitPrice", "median")).reset_index()
    rows = []
    for number, (code, sold) in enumerate(sums.groupby("StockCode")):
        if number % every:
            continue
        grid = sold.set_index("ds").reindex(days[days >= sold.ds.min()])
        grid["y"] = grid.y.fillna(0)
        grid["price"] = grid.price.ffill()
        rows.append(grid.drop(columns="StockCode").rename_axis("ds").reset_index().assign(unique_id=code))
    whole = pd.concat(rows)
    for away in (14, 28, 42, 56):
        cutoff = days[-1] - pd.Timedelta(days=away)
        history = whole[whole.ds <= cutoff]
        length = history.groupby("unique_id").ds.size()
        keep = length[length >= 60].index
        ahead = whole[(whole.ds > cutoff) & (whole.ds <= cutoff + pd.Timedelta(days=14)) & whole.unique_id.isin(keep)]
        yield history[history.unique_id.isin(keep)], ahead


def sinan(history, future, directory, *options):
    paths = {name: directory / f"{name}.csv" for name in ("history", "future", "out")}
    dates = {"date_format": "%Y-%m-%d"}
    history.to_csv(paths["history"], index=False, **dates)
    command = [SINAN, "forecast", "--input", paths["history"], "--horizon", str(future.ds.nunique()), "--output", paths["out"],
               "--quantiles", ",".join(f"{q:g}" for q in QUANTILES.values()), *options]
    if "--no-drivers" not in options:
        future.drop(columns="y").to_csv(paths["future"], index=False, **dates)
        command += ["--future", paths["future"]]
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    print(*(line for line in ran.stderr.splitlines() if "trees" in line or "alone" in line), sep="\n", file=sys.stderr)
    out = pd.read_csv(paths["out"], dtype={"unique_id": str})
    if future.ds.dtype.kind == "M":
        out["ds"] = pd.to_datetime(out.ds)
    return future.merge(out, on=["unique_id", "ds"], how="left")


class Judge:
    """Sums of errors over origins."""

    def __init__(self):
        self.error, self.truth, self.pinball, self.rows, self.missing, self.seconds = 0.0, 0.0, np.zeros(len(PINBALL)), 0, 0, 0.0
        self.promoted = {}  # by whether a promotion is known: rows, and those inside 80 %
        self.inside = {level: np.zeros((2, 3)) for level in INTERVALS}  # rows, and those inside, by third of the horizon
        self.score = dict.fromkeys(INTERVALS, 0.0)  # Gneiting & Raftery 2007, section 6.2

    def add(self, found, seconds, column="yhat"):
        y, f = found.y.to_numpy(), found[column].to_numpy()
        self.missing += int(np.isnan(f).sum())
        f = np.nan_to_num(f)
        self.error, self.truth, self.rows, self.seconds = self.error + abs(y - f).sum(), self.truth + y.sum(), self.rows + len(y), self.seconds + seconds
        if not set(QUANTILES) <= set(found):
            return
        for k, name in enumerate(PINBALL):
            gap = y - np.nan_to_num(found[name].to_numpy())
            self.pinball[k] += np.maximum(QUANTILES[name] * gap, (QUANTILES[name] - 1) * gap).sum()
        step = found.ds.rank(method="dense").astype(int)
        third = (3 * (step - 1) // step.max()).to_numpy()
        for level, (low, high) in INTERVALS.items():
            below, above = found[low].fillna(0), found[high].fillna(0)
            within = (found.y >= below) & (found.y <= above)
            self.inside[level] += [np.bincount(third, minlength=3), np.bincount(third, within, minlength=3)]
            missed = np.maximum(below - found.y, 0) + np.maximum(found.y - above, 0)
            self.score[level] += (above - below + 200 / (100 - level) * missed).sum()
            if level == 80 and "deal" in found:
                promoted = (found.deal != 0) | (found.feat != 0)
                for kind in (True, False):
                    rows, hits = self.promoted.get(kind, (0, 0))
                    self.promoted[kind] = rows + int((promoted == kind).sum()), hits + int(within[promoted == kind].sum())

    def row(self, name):
        pinball = f"{2 * self.pinball.mean() / self.truth:.4f}" if self.pinball.any() else ""
        columns = []
        for level, (rows, hits) in self.inside.items():
            thirds = ", ".join(f"{part:.3f}" for part in hits / np.maximum(rows, 1))
            columns.append(f"{hits.sum() / rows.sum():.3f} ({thirds}) {self.score[level] / self.truth:.3f}" if rows.sum() else "")
        columns.append(", ".join(f"{within / rows:.3f}" for rows, within in self.promoted.values() if rows))
        return f"| {name} | {self.error / self.truth:.4f} | {pinball} | {' | '.join(columns)} | {self.missing} | {self.seconds:.0f} |"


def mlforecast_lightgbm(history, future):
    """A global model on logarithms, as mlforecast's guides set it up: lags, rolling means, drivers; recursive."""
    import lightgbm
    import warnings
    warnings.filterwarnings("ignore")
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean
    drivers = [c for c in history.columns if c not in ("unique_id", "ds", "y")]
    past = history.copy()
    past["y"] = np.log1p(past.y)
    model = lightgbm.LGBMRegressor(n_estimators=300, learning_rate=0.05, num_leaves=63, verbosity=-1, random_state=1, n_jobs=2)
    freq = "D" if past.ds.dtype.kind == "M" else 1
    ml = MLForecast(models={"m": model}, freq=freq, lags=[1, 2, 4, 8, 13, 26], lag_transforms={1: [RollingMean(4), RollingMean(13)]})
    # A grid without gaps is what it needs.
    ends = past.ds.max()
    horizon = int((future.ds.max() - ends) / (pd.Timedelta(days=1) if freq == "D" else 1))
    step = pd.Timedelta(days=1) if freq == "D" else 1
    full, ahead = [], []
    later = dict(iter(future.groupby("unique_id")))
    for key, rows in past.groupby("unique_id"):
        grid = pd.date_range(rows.ds.min(), ends) if freq == "D" else range(rows.ds.min(), ends + 1)
        rows = rows.set_index("ds").reindex(grid)
        rows["unique_id"] = key
        full.append(rows.ffill().rename_axis("ds").reset_index())
        if key in later:
            next_rows = later[key].set_index("ds")[drivers].reindex([ends + step * (k + 1) for k in range(horizon)]).ffill().bfill()
            ahead.append(next_rows.rename_axis("ds").reset_index().assign(unique_id=key))
    full, ahead = pd.concat(full), pd.concat(ahead)
    full = full[full.unique_id.isin(ahead.unique_id.unique())]
    from mlforecast.utils import PredictionIntervals
    ml.fit(full, static_features=[], prediction_intervals=PredictionIntervals(n_windows=2, h=horizon))
    found = ml.predict(horizon, X_df=ahead, level=list(INTERVALS))
    found["q50"] = found.m
    columns = {"m": "yhat", "q50": "q50"} | {f"m-{side}-{level}": names[side == "hi"] for level, names in INTERVALS.items() for side in ("lo", "hi")}
    found = found.rename(columns=columns)
    for column in columns.values():
        found[column] = np.maximum(np.expm1(found[column]), 0)
    return future.merge(found[["unique_id", "ds", *columns.values()]], on=["unique_id", "ds"], how="left")


def statistical(history, future, make, logs):
    """The median of models of statsforecast, series by series, gaps taken out; with intervals, if it is one model that has them."""
    rows, horizon = [], future.ds.nunique()
    later = dict(iter(future.groupby("unique_id")))
    first = future.ds.min()
    for key, past in history.groupby("unique_id"):
        if key not in later:
            continue
        y = past.y.to_numpy(float)
        models = make()
        level = list(INTERVALS) if len(models) == 1 and models[0].prediction_intervals else None
        found = [model.forecast(y=np.log1p(y) if logs else y, h=horizon, level=level) for model in models]
        values = {"yhat": np.median([one["mean"] for one in found], axis=0)}
        values["q50"] = values["yhat"]
        for each in level or ():
            values |= {name: found[0][f"{side}-{each}"] for name, side in zip(INTERVALS[each], ("lo", "hi"))}
        place = ((later[key].ds - first) / (pd.Timedelta(days=1) if later[key].ds.dtype.kind == "M" else 1)).astype(int)
        rows.append(later[key].assign(**{name: np.maximum(np.expm1(value) if logs else value, 0)[place] for name, value in values.items()}))
    return pd.concat(rows)


def run(name, origins, peers):
    print(f"\n{name}:\n\n| forecast | WAPE | scaled pinball (.1 .5 .9) | 80 %: inside (thirds), score | 95 % | promoted, others in 80 % "
          "| rows without | seconds |\n|---|---|---|---|---|---|---|---|", flush=True)
    methods = {
        "sinan": lambda h, f, d: sinan(h, f, d),
        "sinan --trees forest": lambda h, f, d: sinan(h, f, d, "--trees", "forest"),
        "sinan --no-drivers": lambda h, f, d: sinan(h, f, d, "--no-drivers"),
    }
    if peers:
        from statsforecast.models import AutoCES, AutoETS, CrostonSBA, DynamicOptimizedTheta, SimpleExponentialSmoothingOptimized
        methods["mlforecast, LightGBM on logs"] = lambda h, f, d: mlforecast_lightgbm(h, f)
        if name == "Orange juice":
            from statsforecast.utils import ConformalIntervals
            methods["statsforecast, SES on logs"] = lambda h, f, d: statistical(
                h, f, lambda: [SimpleExponentialSmoothingOptimized(prediction_intervals=ConformalIntervals(h=8, n_windows=2))], True)
        else:
            methods["statsforecast, CrostonSBA"] = lambda h, f, d: statistical(h, f, lambda: [CrostonSBA()], False)
            methods["statsforecast, median of ETS, CES, theta (7)"] = lambda h, f, d: statistical(
                h, f, lambda: [AutoETS(season_length=7), AutoCES(season_length=7), DynamicOptimizedTheta(season_length=7)], False)
    origins = list(origins)
    for label, method in methods.items():
        judge = Judge()
        for history, future in origins:
            with tempfile.TemporaryDirectory() as directory:
                start = time.monotonic()
                found = method(history, future, pathlib.Path(directory))
                judge.add(found, time.monotonic() - start)
        print(judge.row(label), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--peers", action="store_true", help="also run statsforecast, mlforecast and LightGBM")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of Online Retail only every Nth item: the peers take an hour for all")
    parser.add_argument("--only", choices=("orange-juice", "online-retail"))
    options = parser.parse_args()
    if options.only in (None, "orange-juice"):
        run("Orange juice", orange_juice(options.data), options.peers)
    if options.only in (None, "online-retail"):
        run("Online Retail", online_retail(options.data, options.every), options.peers)


if __name__ == "__main__":
    main()
