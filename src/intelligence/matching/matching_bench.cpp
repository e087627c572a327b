// How well records are matched without labels, on public data with known truth, and how fast.
//
// Accuracy needs the data folder: SINAN_DATA=…/data matching_bench. Budget: 10,000 records a second on two cores.
// Chosen on: febrl-1, abt-buy, restaurants. Only reported on: febrl-2, fake-1000, dblp-acm.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "intelligence/matching/matching.hpp"

namespace sinan::matching {
namespace {

using TextRows = std::vector<std::vector<std::string>>;

std::string read_all(const std::string& file) {
  std::string command = (file.ends_with(".gz") ? "gzip -dc '" : "cat '") + file + "'";
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return out;
  std::array<char, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  ::pclose(pipe);
  return out;
}

TextRows read_csv(const std::string& file, char delimiter) {
  TextRows rows{{""}};
  bool quoted = false;
  std::string text = read_all(file);
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    std::string& cell = rows.back().back();
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"')
        cell += text[i++];
      else if (c == '"')
        quoted = false;
      else
        cell += c;
    } else if (c == '"' && cell.empty())
      quoted = true;
    else if (c == delimiter)
      rows.back().emplace_back();
    else if (c == '\n')
      rows.push_back({""});
    else if (c == ' ' && cell.empty())
      continue;
    else if (c != '\r')
      cell += c;
  }
  if (rows.back().size() == 1 && rows.back()[0].empty()) rows.pop_back();
  return rows;
}

// Appends a file's rows, without the columns named in `without`; columns are matched by position.
void append(Records& records, const TextRows& rows, std::uint32_t source, const std::set<std::string>& without) {
  std::size_t f = 0;
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    if (without.contains(rows[0][column])) continue;
    if (source == 0) {
      records.fields.push_back({rows[0][column]});
      records.values.emplace_back();
    }
    for (std::size_t row = 1; row < rows.size(); ++row)
      records.values[f].push_back(column < rows[row].size() ? rows[row][column] : std::string());
    ++f;
  }
  for (std::size_t row = 1; row < rows.size(); ++row) records.source.push_back(source);
}

void guess_kinds(Records& records) {
  for (std::size_t f = 0; f < records.fields.size(); ++f) records.fields[f].kind = guess_kind(records.fields[f].name, records.values[f]);
}

struct Case {
  Records records;
  std::set<std::pair<std::uint32_t, std::uint32_t>> truth;
  Relation relation = Relation::kAny;
};

Case linkage(const std::string& folder, const std::string& left, const std::string& right, char delimiter) {
  Case out;
  out.relation = Relation::kOneToOne;
  auto a = read_csv(folder + left, delimiter);
  auto b = read_csv(folder + right, delimiter);
  append(out.records, a, 0, {"id"});
  append(out.records, b, 1, {"id"});
  guess_kinds(out.records);
  auto offset = static_cast<std::uint32_t>(a.size() - 1);
  auto truth = read_csv(folder + "gt.csv.gz", delimiter);
  for (std::size_t i = 1; i < truth.size(); ++i)
    out.truth.emplace(std::stoul(truth[i].at(0)), offset + static_cast<std::uint32_t>(std::stoul(truth[i].at(1))));
  return out;
}

Case duplicates(const std::string& file, const std::set<std::string>& without,
                const std::function<std::string(const std::vector<std::string>&)>& entity) {
  Case out;
  auto rows = read_csv(file, ',');
  append(out.records, rows, 0, without);
  guess_kinds(out.records);
  std::map<std::string, std::vector<std::uint32_t>> groups;
  for (std::size_t row = 1; row < rows.size(); ++row) groups[entity(rows[row])].push_back(static_cast<std::uint32_t>(row - 1));
  for (const auto& [name, members] : groups)
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t j = i + 1; j < members.size(); ++j) out.truth.emplace(members[i], members[j]);
  return out;
}

Case load(const std::string& name) {
  std::string folder = std::string(std::getenv("SINAN_DATA")) + "/matching/";
  auto febrl = [](const std::vector<std::string>& row) { return row[0].substr(4, row[0].find('-', 4) - 4); };
  if (name == "febrl-1") return duplicates(folder + "febrl/dataset1.csv.gz", {"rec_id"}, febrl);
  if (name == "febrl-2") return duplicates(folder + "febrl/dataset2.csv.gz", {"rec_id"}, febrl);
  if (name == "fake-1000")
    return duplicates(folder + "fake-1000/records.csv", {"unique_id", "cluster"},
                      [](const std::vector<std::string>& row) { return row.back(); });
  if (name == "restaurants") return linkage(folder + "restaurants/", "rest1.csv.gz", "rest2.csv.gz", '|');
  if (name == "abt-buy") return linkage(folder + "abt-buy/", "abt.csv.gz", "buy.csv.gz", '|');
  return linkage(folder + "dblp-acm/", "dblp.csv.gz", "acm.csv.gz", '%');
}

void accuracy(benchmark::State& state, const std::string& name) {
  if (!std::getenv("SINAN_DATA")) {
    state.SkipWithError("set SINAN_DATA to the folder with the public data");
    return;
  }
  Case one = load(name);
  Result<Matches> matches = fail(ErrorCode::kInternal, "not run");
  for (auto _ : state) matches = match(one.records, {.relation = one.relation, .threads = 2});
  std::vector<Pair> pairs = matches->pairs;
  if (one.relation == Relation::kAny) {
    pairs.clear();
    std::map<std::uint32_t, std::vector<std::uint32_t>> members;
    for (std::uint32_t row = 0; row < one.records.size(); ++row) members[matches->cluster[row]].push_back(row);
    for (const auto& [id, rows] : members)
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = i + 1; j < rows.size(); ++j) pairs.push_back({rows[i], rows[j], 1});
  }
  double hits = 0;
  for (const Pair& pair : pairs) hits += one.truth.contains({pair.left, pair.right});
  double precision = pairs.empty() ? 0 : hits / static_cast<double>(pairs.size());
  double recall = hits / static_cast<double>(one.truth.size());
  state.counters["precision"] = precision;
  state.counters["recall"] = recall;
  state.counters["f1"] = hits > 0 ? 2 * precision * recall / (precision + recall) : 0;
  state.counters["candidates"] = static_cast<double>(matches->candidates);
}
BENCHMARK_CAPTURE(accuracy, febrl_1, "febrl-1")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(accuracy, abt_buy, "abt-buy")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(accuracy, febrl_2, "febrl-2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(accuracy, fake_1000, "fake-1000")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(accuracy, restaurants, "restaurants")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(accuracy, dblp_acm, "dblp-acm")->Unit(benchmark::kMillisecond);

// Customers with one in five repeated, with a letter lost.
void speed(benchmark::State& state) {
  std::mt19937_64 random(7);
  Records records;
  records.fields = {{"name", Kind::kPerson}, {"city", Kind::kText}, {"email", Kind::kEmail}, {"phone", Kind::kPhone}};
  records.values.resize(4);
  auto word = [&](std::uint64_t n) {
    std::string out;
    for (std::uint64_t i = 0; i < 3; ++i, n /= 20) out += "bcdfghklmnprstvwzjqx"[n % 20], out += "aeiou"[(n / 7) % 5];
    return out;
  };
  for (std::int64_t row = 0; row < state.range(0); ++row) {
    std::array<std::string, 4> values;
    if (row > 10 && random() % 5 == 0) {
      std::size_t from = random() % static_cast<std::size_t>(row);
      for (std::size_t f = 0; f < 4; ++f) values[f] = records.values[f][from];
      values[random() % 4].erase(1, 1);
    } else {
      std::string given = word(random() % 3000);
      std::string family = word(random() % 8000);
      values = {given + " " + family, word(random() % 300), fmt::format("{}.{}{}@example.com", given, family, random() % 100),
                fmt::format("+49 {}", 100000000 + random() % 900000000)};
    }
    for (std::size_t f = 0; f < 4; ++f) records.values[f].push_back(values[f]);
  }
  for (auto _ : state) benchmark::DoNotOptimize(match(records, {.threads = 2}));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(speed)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace sinan::matching
