"""What texts are worth: forecasts of a seeded shop with news, without them, with news that mean nothing, and with their true effects.

    SINAN=build/release/sinan python3 bench/events.py [--seed N] [--items N] [--noise N]

Needs numpy and pandas. 120 items of four categories, 720 days. News tell of things that move demand of all items, of a category or of one item for
some days, a third of them announced up to ten days ahead, in several wordings, Chinese and English, between other words; as many again (twice as many
with --noise 2) move nothing. Forecasts of 14 days from six origins, each of which sees what was published by then. Three readers: none; Sinan, which
gets the texts alone; and one who is told by what each day's demand will be multiplied, as far as an event known by then says so. Prints Markdown.
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
SINAN = os.path.abspath(os.environ.get("SINAN", ROOT / "build" / "release" / "sinan"))
DAYS, HORIZON, ORIGINS = 720, 14, 6
CATEGORIES = ("kitchen", "garden", "bath", "lighting")

# Wordings, whom it is about, by what demand is multiplied, for how many days, whether it is announced.
KINDS = [
    (["heat wave warning for the whole region", "meteorologists expect a heat wave with record temperatures", "高温预警 气象台发布", "持续高温天气 即将到来"], "category", 2.2, 6, True),
    (["strike at the parcel carrier halts deliveries", "carrier workers on strike, parcels delayed", "快递罢工 配送延误", "快递公司罢工 包裹滞留"], "all", 0.45, 4, True),
    (["safety recall: handle may break", "recall notice issued over safety concerns", "产品召回 安全隐患", "召回公告 质量问题"], "item", 0.25, 12, False),
    (["featured in a famous cooking show, viewers love it", "a famous host recommended it on television", "网红推荐 直播间 爆款", "明星推荐 冲上热搜"], "item", 3.0, 5, False),
    (["city festival weekend draws crowds", "annual festival opens with street markets", "城市节庆 活动 开幕", "年度节庆 市集 开放"], "all", 1.6, 3, True),
    (["power outage planned in several districts", "planned outage for grid maintenance", "计划停电 电网检修", "多个区域 停电 通知"], "category", 0.6, 2, True),
]
NOTHING = ["quarterly results published by the board", "new colleague joins the finance team", "parking lot repainted over the weekend", "公司 年会 圆满 结束", "新 办公室 装修 完成",
           "website cookie banner updated", "minutes of the works council", "cafeteria menu changes in spring", "内部 培训 通知", "会议 纪要 发布"]
FILLER = "today report update local office told readers about more details follow soon according sources week month city news 记者 报道 消息 今日 发布 相关 部门 表示".split()


def wording(chance, texts):
    words = list(chance.choice(FILLER, size=chance.integers(2, 7)))
    words.insert(int(chance.integers(len(words) + 1)), str(chance.choice(texts)))
    return " ".join(words)


def make(seed, items, noise):
    """Sales, events, and for each event its effect: (published, first day, last day, rows of items, factor)."""
    chance = np.random.default_rng(seed)
    category = np.arange(items) % len(CATEGORIES)
    level = np.exp(chance.normal(3.2, 0.7, items))
    weekday = 1 + 0.25 * np.sin(2 * np.pi * (np.arange(7) + chance.integers(7, size=(items, 1))) / 7)
    drift = np.exp(np.cumsum(chance.normal(0, 0.01, (items, DAYS)), axis=1))
    wanted = level[:, None] * weekday[:, np.arange(DAYS) % 7] * drift
    rows, effects = [], []
    for day in range(10, DAYS + HORIZON):
        for texts, about, factor, length, announced in KINDS:
            if chance.random() > {"all": 0.02, "category": 0.03, "item": 0.10}[about]:
                continue
            which = int(chance.integers(items if about == "item" else len(CATEGORIES)))
            who = np.arange(items) == which if about == "item" else category == which if about == "category" else np.ones(items, bool)
            published = day - int(chance.integers(1, 11)) if announced else day
            first = day if announced else day + 1
            effects.append((published, first, first + length - 1, who, factor))
            rows.append((published, wording(chance, texts), first, first + length - 1,
                         f"i{which:03}" if about == "item" else "", CATEGORIES[which] if about == "category" else ""))
    for _ in range(round(noise * len(effects))):
        published = int(chance.integers(0, DAYS))
        first = published + int(chance.integers(0, 8))
        rows.append((published, wording(chance, NOTHING), first, first + int(chance.integers(0, 6)), "", str(chance.choice(("", *CATEGORIES)))))
    factor = np.ones((items, DAYS))
    for _, first, last, who, by in effects:
        factor[who, max(first, 0):min(last + 1, DAYS)] *= by
    sold = chance.negative_binomial(25, 25 / (25 + wanted * factor))
    days = pd.date_range("2024-01-01", periods=DAYS + 2 * HORIZON + 20).strftime("%Y-%m-%d")
    sales = pd.DataFrame({"unique_id": np.repeat([f"i{i:03}" for i in range(items)], DAYS), "ds": np.tile(days[:DAYS], items), "y": sold.ravel(),
                          "category": np.repeat([CATEGORIES[c] for c in category], DAYS)})
    events = pd.DataFrame(rows, columns=["ds", "text", "starts", "ends", "unique_id", "category"])
    events = events[(events.ds >= 0) & (events.ds < DAYS)]
    for column in ("ds", "starts", "ends"):
        events[column] = [days[d] for d in events[column]]
    return sales, events, effects


def forecast(directory, *options):
    """Of sales.csv there: rows, and how long it took."""
    out = directory / "out.csv"
    command = [SINAN, "forecast", "--input", "sales.csv", "--horizon", HORIZON, "--quantiles", "0.1,0.5,0.9", "--output", out, *options]
    begin = time.time()
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=directory)
    if ran.returncode:
        sys.exit(ran.stderr)
    return pd.read_csv(out), time.time() - begin


def judge(found, known):
    """WAPE of all days, of those that a known event moves, and of the others; scaled pinball loss."""
    y = found.y.to_numpy()
    error = abs(y - found.yhat.to_numpy())
    pinball = np.mean([np.maximum(q * (y - f), (q - 1) * (y - f)).sum() for q, f in ((q, found[f"q{q * 100:g}"].to_numpy()) for q in (0.1, 0.5, 0.9))])
    return [error.sum() / y.sum(), error[known].sum() / y[known].sum(), error[~known].sum() / y[~known].sum(), 2 * pinball / y.sum()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--noise", type=float, default=1)
    options = parser.parse_args()
    sales, events, effects = make(options.seed, options.items, options.noise)
    # By origin, what an event known by then does to each day ahead.
    told = {}
    for k in range(1, ORIGINS + 1):
        cutoff = DAYS - k * HORIZON - 1
        by = np.ones((options.items, DAYS))
        for published, first, last, who, how in effects:
            if published <= cutoff:
                by[who, max(first, 0):min(last + 1, DAYS)] *= how
        told[cutoff] = by
    print(f"{len(events)} events, {len(effects)} of which move demand, seed {options.seed}; {options.items} items, {ORIGINS} origins\n")
    print("| reader | WAPE | on days that a known event moves | other days | scaled pinball | seconds |\n|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        sales.to_csv(directory / "sales.csv", index=False)
        events.to_csv(directory / "events.csv", index=False)
        nothing = events[~events.text.str.contains("|".join(t for texts, *_ in KINDS for t in texts))]
        nothing.to_csv(directory / "nothing.csv", index=False)
        runs = {"none (category and calendar alone)": [], "the texts": ["--events", "events.csv"], "texts that move nothing": ["--events", "nothing.csv"]}
        days = {day: t for t, day in enumerate(pd.date_range("2024-01-01", periods=DAYS).strftime("%Y-%m-%d"))}

        def place(found):
            rows = found.unique_id.str[1:].astype(int).to_numpy()
            columns = found.ds.map(days).to_numpy()
            return np.array([told[days[c]][i, t] for c, i, t in zip(found.cutoff, rows, columns)])

        for reader, how in runs.items():
            found, seconds = forecast(directory, "--backtest", ORIGINS, "--step", HORIZON, *how)
            print("| " + reader + " | " + " | ".join(f"{v:.3f}" for v in judge(found, place(found) != 1)) + f" | {seconds:.0f} |", flush=True)
        # What is true of each day by an event that an origin knows can be given to one origin at a time.
        parts, seconds = [], 0
        for cutoff, by in told.items():
            table = sales.assign(effect=by.ravel())
            table = table[table.ds.map(days) <= cutoff + HORIZON]
            table[table.ds.map(days) <= cutoff].to_csv(directory / "sales.csv", index=False)
            table[table.ds.map(days) > cutoff].drop(columns=["y", "category"]).to_csv(directory / "future.csv", index=False)
            rows, took = forecast(directory, "--future", "future.csv")
            seconds += took
            parts.append(rows.merge(table[["unique_id", "ds", "y"]], on=["unique_id", "ds"]).assign(cutoff=sales.ds[cutoff]))
        found = pd.concat(parts)
        print("| the true effects | " + " | ".join(f"{v:.3f}" for v in judge(found, place(found) != 1)) + f" | {seconds:.0f} |")


if __name__ == "__main__":
    main()
