#include "operations/demand/demand.hpp"

#include "base/text.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "operations/demand/hierarchy.hpp"
#include "platform/llm/embedder.hpp"

namespace sinan::demand {
namespace {

constexpr double kLevels[] = {0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99};
constexpr std::size_t kBatchRows = 32'768;
constexpr std::size_t kTreeRows = 25'000;  // a sixth of the usual: on the example company as good, in a fifth of the time
constexpr std::size_t kMostChallengers = 5;

Batch empty_batch(const Schema& schema) {
  Batch batch;
  for (const Field& field : schema.fields) batch.columns.emplace_back(field.type);
  return batch;
}

void append_row(Batch& batch, const DemandPanel& panel, const forecasting::Forecasts& forecasts, std::size_t i, std::size_t h,
                const std::string& version, const std::string& run_id) {
  batch.columns[0].append_text(panel.item_ids[i]);
  batch.columns[1].append_text(panel.location_ids[i]);
  append_forecast(batch, 2, panel.panel.ends[i], forecasts, i, h, version, run_id);
}

// What is wrong besides names under `models` of a method, wherever they can be read.
void check_models(const YamlNode& method, Diagnostics& out) {
  const YamlNode* models = method.find("models");
  if (!models || models->kind != YamlNode::Kind::kList) return;
  if (models->items.empty()) out.add(models->place, "invalid_value", "the list of models is empty", "name models, or leave out the key");
  std::set<std::string> named;
  for (const YamlNode& model : models->items)
    if (model.kind == YamlNode::Kind::kScalar && !named.insert(model.scalar).second)
      out.add(model.place, "duplicate_name", fmt::format("the model '{}' is named twice", model.scalar), "name each model once");
}

// "category", "category*location_id", not "category*".
bool names_columns(const std::string& level) {
  const std::vector<std::string> attributes = attributes_of(level);
  return !attributes.empty() && !level.ends_with('*') && std::ranges::find(attributes, "") == attributes.end();
}

// The levels of sums, wherever they can be read.
void check_hierarchy(const YamlNode& file, Diagnostics& out) {
  const YamlNode* levels = file.find("hierarchy");
  if (!levels || levels->kind != YamlNode::Kind::kList) return;
  if (levels->items.size() > kMostLevels)
    out.add(levels->items[kMostLevels].place, "too_many", fmt::format("{} levels of sums", levels->items.size()),
            fmt::format("keep at most {}", kMostLevels));
  std::set<std::string> known{"total"};
  for (const YamlNode& level : levels->items) {
    if (level.kind != YamlNode::Kind::kScalar) continue;
    if (!names_columns(level.scalar))
      out.add(level.place, "invalid_value", fmt::format("'{}' names no columns", visible(level.scalar)),
              "name a column, or several with * between them: category*location_id");
    if (!known.insert(level.scalar).second)
      out.add(level.place, "duplicate_name", fmt::format("the level '{}' is there already", visible(level.scalar)),
              level.scalar == "total" ? "leave it out: there always is one" : "name each level once");
  }
}

void check_challengers(const YamlNode& challengers, bool has_endpoint, Diagnostics& out) {
  if (challengers.items.size() > kMostChallengers)
    out.add(challengers.items.back().place, "too_many",
            fmt::format("{} challengers would each forecast everything", challengers.items.size()),
            fmt::format("keep at most {}", kMostChallengers));
  std::set<std::string> names{"default"};
  for (const YamlNode& challenger : challengers.items) {
    check_models(challenger, out);
    const YamlNode* embeddings = challenger.find("embeddings");
    if (embeddings && embeddings->scalar == "true" && !has_endpoint)
      out.add(embeddings->place, "no_embeddings", "a challenger asks for embeddings, and there is no endpoint",
              "add `embeddings:` with endpoint and model to sinan.yaml");
    const YamlNode* name = challenger.find("name");
    if (name && name->kind == YamlNode::Kind::kScalar && !names.insert(name->scalar).second)
      out.add(name->place, "duplicate_name", fmt::format("two methods are named '{}'", visible(name->scalar)),
              "name each challenger differently; the configured method is named 'default'");
  }
}

// The name of the model whose vectors there may be; empty: none.
std::string check_embeddings(const Workspace& workspace, Diagnostics& out) {
  const auto& settings = workspace.settings().embeddings;
  if (!settings) return {};
  llm::EmbedderOptions options{
      .endpoint = settings->endpoint.value, .model = settings->model, .dimensions = settings->dimensions, .ca_file = {}};
  if (!settings->key.empty()) options.key = "a-key";  // the real one is read when it is sent
  if (auto good = llm::check(options); !good)
    out.add(settings->endpoint.place, "embeddings", good.error().message, "see docs/workspace.md");
  return settings->dimensions > 0 ? fmt::format("{}, {} dimensions", settings->model, settings->dimensions) : settings->model;
}

std::vector<std::string> names_of(const std::vector<Located<std::string>>& models) {
  std::vector<std::string> out;
  for (const Located<std::string>& model : models) out.push_back(model.value);
  return out;
}

}  // namespace

const Shape<ChallengerConfig>& shape_of(const ChallengerConfig*) {
  static const auto shape =
      Shape<ChallengerConfig>("challenger", "Another way to forecast the same items, places and days, compared with the one in use.")
          .required("name", &ChallengerConfig::name, "How people call it")
          .optional("seasons", &ChallengerConfig::seasons, "Seasons that are tried, in days; default: as configured", {{}, 2, 366})
          .optional("history_days", &ChallengerConfig::history_days, "Days of history that are looked at; default: as configured",
                    {{}, 14, 36'500})
          .optional("drivers", &ChallengerConfig::drivers, "Whether drivers are learnt from; default: as configured")
          .optional("trees", &ChallengerConfig::trees, "boosting or forest; default: as configured", {{"boosting", "forest"}})
          .optional("embeddings", &ChallengerConfig::embeddings, "Whether embeddings of events are learnt from; default: as configured")
          .optional("models", &ChallengerConfig::models, "Only these members of the pool; default: as configured", {model_names()});
  return shape;
}

const Shape<ContestConfig>& shape_of(const ContestConfig*) {
  static const auto shape =
      Shape<ContestConfig>("contest", "When a challenger may take over.")
          .optional("min_days", &ContestConfig::min_days, "Days that both forecast before the first test", {{}, 5, 366})
          .optional("confidence", &ContestConfig::confidence, "That a challenger which is proposed is better", {{}, 0.5, 0.9999})
          .optional("min_gain", &ContestConfig::min_gain, "Share of the loss that it must save", {{}, 0, 1});
  return shape;
}

const Shape<ForecastConfig>& shape_of(const ForecastConfig*) {
  static const auto shape =
      Shape<ForecastConfig>("forecast", "How demand is forecast.")
          .optional("kind", &ForecastConfig::kind, "What is forecast", {{"demand"}})
          .optional("horizon_days", &ForecastConfig::horizon_days, "Days ahead", {{}, 1, 730})
          .optional("seasons", &ForecastConfig::seasons, "Seasons that are tried, in days", {{}, 2, 366})
          .optional("history_days", &ForecastConfig::history_days, "Days of history that are looked at", {{}, 14, 36'500})
          .optional("drivers", &ForecastConfig::drivers,
                    "Whether promotions, categories, places and the calendar are learnt from, where that made earlier forecasts better")
          .optional("trees", &ForecastConfig::trees, "How trees learn from them: boosting, or forest, a random forest",
                    {{"boosting", "forest"}})
          .optional("embeddings", &ForecastConfig::embeddings,
                    "Whether topics of events are learnt from, where sinan.yaml has an endpoint for embeddings")
          .optional("holidays", &ForecastConfig::holidays, "Of the calendar", {{"western", "chinese"}})
          .optional("models", &ForecastConfig::models, "Only these members of the pool; default: those that fit each series",
                    {model_names()})
          .optional("hierarchy", &ForecastConfig::hierarchy,
                    "Sums that are forecast too, by columns of ops.items and ops.locations, 'category' or 'category*location_id'; with "
                    "the total of all; default: none")
          .optional("reconciliation", &ForecastConfig::reconciliation, "How items and sums come to add up",
                    {{"wls", "top_down", "bottom_up"}})
          .optional("challengers", &ForecastConfig::challengers, "Other ways, tried on the same days; each costs a forecast of its own")
          .optional("contest", &ForecastConfig::contest, "When a challenger may take over");
  return shape;
}

std::vector<std::string> model_names() {
  std::vector<std::string> out;
  for (const forecasting::ModelInfo& model : forecasting::models()) out.emplace_back(model.name);
  return out;
}

ForecastConfig read_config(const Workspace& workspace, Diagnostics& diagnostics) {
  ForecastConfig out;
  const std::string embedding_model = check_embeddings(workspace, diagnostics);
  const WorkspaceFile* first = nullptr;
  for (const WorkspaceFile* file : workspace.files("forecasts")) {
    if (!file->yaml) continue;
    ForecastConfig config;
    shape_detail::read(*file->yaml, {}, config, diagnostics);
    check_models(*file->yaml, diagnostics);
    check_hierarchy(*file->yaml, diagnostics);
    if (const YamlNode* challengers = file->yaml->find("challengers"))
      check_challengers(*challengers, !embedding_model.empty(), diagnostics);
    config.place = {file->shown_path, 1, 1};
    if (first) {
      diagnostics.add(config.place, "second_forecast", fmt::format("demand is forecast once, by {}", first->shown_path),
                      "put both into one file");
      continue;
    }
    first = file;
    out = std::move(config);
  }
  out.embedding_model = embedding_model;
  return out;
}

void check_config(const ForecastConfig& config, const Workspace& workspace, const std::vector<catalog::TableEntry>& tables,
                  Diagnostics& diagnostics) {
  Diagnostics known;
  const std::vector<catalog::View> views = catalog::read_views(workspace, known);
  if (!config.place.file.empty() &&
      std::ranges::none_of(views, [](const catalog::View& view) { return catalog::same_name(view.name, "ops.sales"); }))
    diagnostics.add(config.place, "unknown_table", "demand is forecast from ops.sales, and no view of model/ is that",
                    "write model/sales.sql; docs/canonical-model.md says what it yields");
  std::vector<std::string> columns;
  for (const char* name : {"ops.items", "ops.locations"}) {
    const auto table = std::ranges::find(tables, name, &catalog::TableEntry::name);
    if (table == tables.end()) return;  // it cannot be told which columns there will be
    for (const Field& field : table->schema.fields)
      if (std::ranges::find(columns, field.name) == columns.end()) columns.push_back(field.name);
  }
  for (const Located<std::string>& level : config.hierarchy)
    for (const std::string& column : names_columns(level.value) ? attributes_of(level.value) : std::vector<std::string>())
      if (level.value != "total" && std::ranges::find(columns, column) == columns.end())
        diagnostics.add(level.place, "unknown_column",
                        fmt::format("neither ops.items nor ops.locations has a column '{}'", visible(column)),
                        catalog::suggestion(column, columns));
}

Json config_schema() { return shape_of(static_cast<const ForecastConfig*>(nullptr)).schema(); }

std::vector<Method> methods_of(const ForecastConfig& config) {
  Method configured{"default", config.horizon_days, config.seasons, config.history_days, config.drivers, {}, names_of(config.models)};
  configured.hierarchy = names_of(config.hierarchy);
  if (auto how = forecasting::parse_reconciliation(config.reconciliation)) configured.reconciliation = *how;
  if (auto how = forecasting::parse_tree_method(config.trees)) configured.trees = *how;
  for (const std::string& name : config.holidays)
    if (auto kind = parse_holidays(name)) configured.holidays.push_back(*kind);
  if (config.embeddings && config.drivers) configured.embedding_model = config.embedding_model;
  std::vector<Method> out{std::move(configured)};
  for (const ChallengerConfig& challenger : config.challengers) {
    Method method = out.front();
    method.name = challenger.name.value;
    if (!challenger.seasons.empty()) method.seasons = challenger.seasons;
    if (challenger.history_days) method.history_days = *challenger.history_days;
    if (challenger.drivers) method.drivers = *challenger.drivers;
    if (challenger.trees)
      if (auto how = forecasting::parse_tree_method(*challenger.trees)) method.trees = *how;
    method.embedding_model = challenger.embeddings.value_or(config.embeddings) && method.drivers ? config.embedding_model : "";
    if (!challenger.models.empty()) method.models = names_of(challenger.models);
    out.push_back(std::move(method));
  }
  return out;
}

std::span<const double> quantile_levels() { return kLevels; }
std::string quantile_name(double level) { return fmt::format("q{}", static_cast<int>(level * 100 + 0.5)); }

forecasting::Options options_of(const Method& method, int threads) {
  forecasting::Options options;
  options.horizon = method.horizon_days;
  options.quantiles.assign(std::begin(kLevels), std::end(kLevels));
  options.seasons = method.seasons;
  options.models = method.models;
  options.tree_rows = kTreeRows;
  options.trees = method.trees;
  options.threads = threads;
  return options;
}

Panel newest(const Panel& panel, int days) {
  Panel out;
  out.keys = panel.keys;
  out.ends = panel.ends;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    std::span<const double> values = panel.series(i);
    std::span<const std::uint8_t> lost = panel.lost_of(i);
    std::size_t from = values.size() - std::min(values.size(), static_cast<std::size_t>(days));
    while (from > 0 && from + 1 < values.size() && !(values[from] > 0) && (lost.empty() || !lost[from])) ++from;
    out.values.insert(out.values.end(), values.begin() + static_cast<std::ptrdiff_t>(from), values.end());
    if (!lost.empty()) out.lost.insert(out.lost.end(), lost.begin() + static_cast<std::ptrdiff_t>(from), lost.end());
    out.offsets.push_back(out.values.size());
  }
  return out;
}

Schema forecast_schema() {
  Schema schema{{{"item_id", Type{TypeId::kText}, false},
                 {"location_id", Type{TypeId::kText}, false},
                 {"ds", Type{TypeId::kDate}, false},
                 {"horizon", Type{TypeId::kInt}, false},
                 {"yhat", Type{TypeId::kDouble}, false},
                 {"mean", Type{TypeId::kDouble}, false}}};
  for (double level : kLevels) schema.fields.push_back({quantile_name(level), Type{TypeId::kDouble}, false});
  for (const char* name : {"model", "class", "run_id"}) schema.fields.push_back({name, Type{TypeId::kText}, false});
  schema.fields.push_back({"model_version", Type{TypeId::kText}, true});
  return schema;
}

void append_forecast(Batch& batch, std::size_t first, std::int64_t end, const forecasting::Forecasts& forecasts, std::size_t i,
                     std::size_t h, const std::string& version, const std::string& run_id) {
  const auto horizon = static_cast<std::size_t>(forecasts.horizon);
  const std::size_t levels = forecasts.quantile_levels.size();
  std::span<Column> c = std::span(batch.columns).subspan(first);
  c[0].append_int(end + static_cast<std::int64_t>(h) + 1);
  c[1].append_int(static_cast<std::int64_t>(h) + 1);
  c[2].append_double(forecasts.median[i * horizon + h]);
  c[3].append_double(forecasts.mean[i * horizon + h]);
  for (std::size_t q = 0; q < levels; ++q) c[4 + q].append_double(forecasts.quantiles[(i * horizon + h) * levels + q]);
  c[4 + levels].append_text(forecasts.models[i]);
  c[5 + levels].append_text(forecasting::name(forecasts.classes[i]));
  c[6 + levels].append_text(run_id);
  c[7 + levels].append_text(version);
}

Status append_forecasts(lake::Staged& staged, const DemandPanel& panel, const forecasting::Forecasts& forecasts, const std::string& version,
                        const std::string& run_id, const CancelToken* cancel) {
  Schema schema = forecast_schema();
  Batch batch = empty_batch(schema);
  for (std::size_t i = 0; i < panel.item_ids.size(); ++i) {
    if (cancel) SINAN_CHECK(cancel->check());
    for (std::size_t h = 0; h < static_cast<std::size_t>(forecasts.horizon); ++h)
      append_row(batch, panel, forecasts, i, h, version, run_id);
    if (batch.rows() < kBatchRows) continue;
    SINAN_CHECK(staged.append(batch));
    batch = empty_batch(schema);
  }
  return staged.append(batch);
}

}  // namespace sinan::demand
