// sync_sources: reads what changed in each source into the lake.
#include "automation/tasks/rooms.hpp"

namespace sinan::tasks {
namespace {

struct Options {
  std::vector<std::string> only;
};

const Shape<Options>& shape_of(const Options*) {
  static const auto shape = Shape<Options>("sync_sources", "Reads what changed in each source.")
                                .optional("only", &Options::only, "Names of the sources to read; default: all");
  return shape;
}

Json line_of(const sync::TableReport& table) {
  return Json{{"table", table.table},
              {"rows_read", table.counts.read},
              {"inserted", table.counts.inserted},
              {"changed", table.counts.changed},
              {"deleted", table.counts.deleted},
              {"whole", table.whole},
              {"notes", table.notes},
              {"duration_ms", static_cast<std::int64_t>(table.duration.count() * 1000)}};
}

class SyncSources final : public workflow::Task {
 public:
  explicit SyncSources(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<Options>("sync_sources", "Reads what changed in each source into the lake");
    return info;
  }

  // Every source is tried, so that one that is down does not keep the others from being read; then its error is the step's.
  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    SINAN_TRY(Options options, workflow::read_options<Options>(context));
    Json lines = Json::array();
    std::int64_t rows = 0;
    std::optional<Error> failure;
    for (const sources::SourceConfig& config : rooms_->sources) {
      if (!options.only.empty() && std::find(options.only.begin(), options.only.end(), config.name) == options.only.end()) continue;
      auto report = read(config, context.cancel);
      if (!report) {
        if (report.error().code == ErrorCode::kCancelled) return fail(std::move(report).error());
        if (!failure) failure = std::move(report.error()).within("the source cannot be read", config.name);
        continue;
      }
      for (const sync::TableReport& table : report->tables) {
        Json line = line_of(table);
        line["source"] = config.name;
        lines.push_back(std::move(line));
        rows += table.counts.read;
      }
    }
    if (failure) return fail(std::move(*failure));
    SINAN_CHECK(rooms_->data_changed());
    return workflow::TaskOutput(Json{{"rows_read", rows}, {"lake_version", rooms_->lake.current()}, {"tables", lines}});
  }

 private:
  Result<sync::SourceReport> read(const sources::SourceConfig& config, const CancelToken& cancel) {
    SINAN_TRY(auto source, rooms_->open_source(config, &cancel));
    return rooms_->sync.read(config, *source, cancel);
  }

  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> sync_sources(Rooms* rooms) { return std::make_unique<SyncSources>(rooms); }

}  // namespace sinan::tasks
