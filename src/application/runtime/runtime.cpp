#include "application/runtime/runtime.hpp"

#include "application/runtime/effects.hpp"
#include "application/runtime/model_effects.hpp"
#include "application/runtime/policies.hpp"
#include "application/runtime/present.hpp"
#include "base/text.hpp"
#include "platform/audit/ledger.hpp"
#include "platform/secrets/secrets.hpp"
#include "platform/storage/backup.hpp"

namespace sinan::runtime {

// In the order in which they are opened; destroyed the other way round.
struct Runtime::Parts {
  WorkspaceClock clock;
  std::optional<Workspace> workspace;
  std::filesystem::path state_dir;
  OpenOptions asked;
  std::filesystem::path reports_dir;
  storage::Store* lasting = nullptr;  // of a trial that of the state itself: its runs are recorded there
  bool now_from_data = false;
  bool now_is_asked = false;  // --now
  identity::Directory people;
  Principal user;
  std::vector<sources::SourceConfig> sources;
  quality::Config quality;
  std::vector<master::Entity> entities;
  demand::ForecastConfig forecast;
  inventory::PlanConfig plan;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<fabric::Fabric> fabric;
  std::optional<Present> present;
  std::unique_ptr<sync::Sync> sync;
  std::unique_ptr<audit::Ledger> ledger;
  std::unique_ptr<decisions::Decisions> decisions;
  std::unique_ptr<models::Registry> models;
  std::unique_ptr<SourceEffects> source_effects;
  std::unique_ptr<ModelEffects> effects;
  std::optional<tasks::Rooms> rooms;
  std::vector<std::unique_ptr<workflow::Task>> tasks;
  std::unique_ptr<workflow::Engine> engine;
  std::vector<workflow::Workflow> workflows;

  Status read(const OpenOptions& options, Diagnostics& diagnostics);
  Status open_data(Diagnostics& diagnostics);
  Status open_operations(Diagnostics& diagnostics);
  Status settle_now();
  static Result<std::unique_ptr<Parts>> open(const OpenOptions& options, storage::Store* lasting, const std::filesystem::path& reports_dir);
  // A dry run: the cycle on a copy of the state, so that nothing is changed; only its record is kept, and its report. Under the lock.
  Result<workflow::RunRecord> try_out(const workflow::Workflow& workflow, const workflow::RunRequest& request);
  Result<std::unique_ptr<sources::Source>> open_source(const sources::SourceConfig& config, const CancelToken* cancel) const;
  int threads() const;
};

int Runtime::Parts::threads() const {
  auto wanted = static_cast<int>(workspace->settings().threads);
  return wanted > 0 ? wanted : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Result<std::unique_ptr<sources::Source>> Runtime::Parts::open_source(const sources::SourceConfig& config, const CancelToken* cancel) const {
  sources::OpenContext context;
  context.base_dir = workspace->root();
  context.zone = workspace->zone();
  context.cancel = cancel;
  return sources::open_source(config, context);
}

Status Runtime::Parts::read(const OpenOptions& options, Diagnostics& diagnostics) {
  asked = options;
  SINAN_TRY(auto root, find_workspace(options.directory));
  SINAN_TRY(workspace, Workspace::open(root, diagnostics));
  if (options.now) clock.stop_at(*options.now);
  now_is_asked = options.now.has_value();
  now_from_data = !options.now && workspace->settings().now == "from_data";
  state_dir = options.state_dir ? std::filesystem::absolute(*options.state_dir) : root / ".sinan";
  people = identity::Directory::read(*workspace, diagnostics);
  check_policy_keys(*workspace, diagnostics);
  sources = sources::read_configs(*workspace, diagnostics);
  quality = quality::read_config(*workspace, diagnostics);
  entities = master::read_config(*workspace, diagnostics);
  forecast = demand::read_config(*workspace, diagnostics);
  plan = inventory::read_plan(*workspace, diagnostics);
  user = owner_principal();
  if (!options.as_user.empty()) {
    SINAN_TRY(user, people.resolve(options.as_user));
  }
  return {};
}

Status Runtime::Parts::open_data(Diagnostics& diagnostics) {
  if (std::error_code ignored; asked.state_dir && !asked.may_begin_state && !std::filesystem::exists(state_dir, ignored))
    return fail(ErrorCode::kNotFound, "there is no state; check --state, or make one there with `sinan run`", state_dir.string());
  SINAN_CHECK(storage::prepare_state_folder(state_dir));
  SINAN_CHECK(storage::expect_store(state_dir));
  SINAN_TRY(store, storage::Store::open(state_dir / "state.db"));
  lake::Options lake_options{workspace->settings().memory_mb / 2, threads()};
  SINAN_TRY(lake, lake::Lake::open(state_dir / "lake", *store, clock, lake_options));
  SINAN_TRY(std::string mask_key, secrets::key_file(state_dir / "keys" / "mask"));
  fabric::FabricContext context;
  context.workspace = &*workspace;
  for (const sources::SourceConfig& config : sources)
    context.sources.push_back(
        {config.name, config.kind.value, [this, &config](const CancelToken* cancel) { return open_source(config, cancel); }});
  context.lake = lake.get();
  context.lake_dir = state_dir / "lake";
  context.clock = &clock;
  context.mask_key = std::move(mask_key);
  context.memory_mb = workspace->settings().memory_mb;
  context.threads = threads();
  context.temp_dir = state_dir / "tmp";
  std::error_code error;
  std::filesystem::create_directories(context.temp_dir, error);
  SINAN_TRY(fabric, fabric::open(std::move(context), diagnostics));
  SINAN_TRY(sync, sync::Sync::open(*store, *lake, clock));
  SINAN_TRY(present, Present::open(*workspace, *store, *lake, *fabric));
  return {};
}

Status Runtime::Parts::open_operations(Diagnostics& diagnostics) {
  SINAN_TRY(ledger, audit::Ledger::open(*store, state_dir, clock));
  auto policy = decisions::read_automation(*workspace, people.role_names(), diagnostics);
  SINAN_TRY(decisions, decisions::Decisions::open({*ledger, std::move(policy), workspace->zone()}));
  SINAN_TRY(models, models::Registry::open(*ledger));
  auto open = [this](const sources::SourceConfig& config, const CancelToken* cancel) { return open_source(config, cancel); };
  source_effects = std::make_unique<SourceEffects>(sources, open, state_dir / "outbox");
  effects = std::make_unique<ModelEffects>(*models, *source_effects);
  rooms.emplace(tasks::Rooms{*workspace,
                             state_dir,
                             clock,
                             *store,
                             *lasting,
                             reports_dir,
                             *lake,
                             *fabric,
                             *sync,
                             sources,
                             open,
                             quality,
                             entities,
                             forecast,
                             plan,
                             *decisions,
                             *effects,
                             *models,
                             [this] { return settle_now(); },
                             threads(),
                             SINAN_VERSION});
  tasks = tasks::make_tasks(&*rooms);
  std::vector<workflow::Task*> known;
  for (auto& task : tasks) known.push_back(task.get());
  workflows = workflow::read_workflows(*workspace, known, diagnostics);
  SINAN_TRY(engine, workflow::Engine::open(*lasting, known, {.lock_dir = state_dir}));
  return {};
}

Status Runtime::Parts::settle_now() {
  if (!now_from_data) return {};
  SINAN_TRY(const std::optional<Instant> now, present->find());
  if (now) clock.stop_at(*now);
  return {};
}

Runtime::Runtime(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime::Parts>> Runtime::Parts::open(const OpenOptions& options, storage::Store* lasting,
                                                             const std::filesystem::path& reports_dir) {
  auto parts = std::make_unique<Parts>();
  Diagnostics diagnostics;
  SINAN_CHECK(parts->read(options, diagnostics));
  if (!diagnostics.ok()) return fail(diagnostics.error());
  SINAN_CHECK(parts->open_data(diagnostics));
  parts->lasting = lasting ? lasting : parts->store.get();
  parts->reports_dir = reports_dir.empty() ? parts->state_dir / "reports" : reports_dir;
  SINAN_CHECK(parts->open_operations(diagnostics));
  if (!diagnostics.ok()) return fail(diagnostics.error());
  SINAN_CHECK(parts->settle_now());
  return parts;
}

Result<workflow::RunRecord> Runtime::Parts::try_out(const workflow::Workflow& workflow, const workflow::RunRequest& request) {
  SINAN_TRY(auto copy, storage::TrialState::make(state_dir, *store, request.cancel));
  OpenOptions options = asked;
  options.state_dir = copy.path();
  SINAN_TRY(auto trial, open(options, store.get(), reports_dir / "dry-run"));
  const auto same = std::ranges::find(trial->workflows, workflow.name, &workflow::Workflow::name);
  if (same == trial->workflows.end()) return fail(ErrorCode::kConflict, fmt::format("there is no workflow '{}' any more", workflow.name));
  return trial->engine->run(*same, request);
}

Result<std::unique_ptr<Runtime>> Runtime::open(const OpenOptions& options) {
  SINAN_TRY(auto parts, Parts::open(options, nullptr, {}));
  return std::unique_ptr<Runtime>(new Runtime(std::move(parts)));
}

const Workspace& Runtime::workspace() const { return *parts_->workspace; }
const std::filesystem::path& Runtime::state_dir() const { return parts_->state_dir; }
const Clock& Runtime::clock() const { return parts_->clock; }
Status Runtime::settle_clock() { return parts_->settle_now(); }
bool Runtime::clock_stands() const { return parts_->clock.stands(); }
const Principal& Runtime::user() const { return parts_->user; }
const identity::Directory& Runtime::people() const { return parts_->people; }
fabric::Fabric& Runtime::fabric() const { return *parts_->fabric; }
decisions::Decisions& Runtime::decisions() const { return *parts_->decisions; }
const demand::ForecastConfig& Runtime::forecast() const { return parts_->forecast; }
models::Registry& Runtime::models() const { return *parts_->models; }
decisions::EffectExecutor& Runtime::effects() const { return *parts_->effects; }
workflow::Engine& Runtime::engine() const { return *parts_->engine; }
const std::vector<workflow::Workflow>& Runtime::workflows() const { return parts_->workflows; }
reports::Archive Runtime::reports() const { return reports::Archive(parts_->reports_dir); }
storage::Store& Runtime::store() const { return *parts_->store; }
lake::Lake& Runtime::lake() const { return *parts_->lake; }

Result<const workflow::Workflow*> Runtime::workflow(const std::string& name) const {
  std::vector<std::string> names;
  for (const workflow::Workflow& candidate : parts_->workflows) {
    if (candidate.name == name) return &candidate;
    names.push_back(candidate.name);
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no workflow '{}'; {}", visible(name), near_or_all(name, names)));
}

Result<workflow::RunRecord> Runtime::run(const workflow::Workflow& workflow, workflow::RunRequest request, std::chrono::seconds wait) {
  SINAN_TRY(auto lock, storage::StateLock::acquire(parts_->state_dir, "run " + workflow.name, parts_->clock, wait, request.cancel));
  request.now = parts_->clock.now();
  request.now_is_asked = parts_->now_is_asked;
  return request.dry_run ? parts_->try_out(workflow, request) : parts_->engine->run(workflow, request);
}

}  // namespace sinan::runtime
