// sync_sources: reads what changed in each source into the lake.
#include "automation/tasks/rooms.hpp"
#include "base/parallel.hpp"

namespace sinan::tasks {
namespace {

constexpr std::size_t kAtOnce = 4;  // sources: they wait for systems far away, and hold a piece of their tables in memory

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

  // Every source is tried, some at once, so that one that is down or slow does not keep the others from being read; then the error of the
  // first that failed is the step's.
  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    SINAN_TRY(Options options, workflow::read_options<Options>(context));
    std::vector<const sources::SourceConfig*> wanted;
    for (const sources::SourceConfig& config : rooms_->sources)
      if (options.only.empty() || std::ranges::find(options.only, config.name) != options.only.end()) wanted.push_back(&config);
    std::vector<Result<sync::SourceReport>> reports(wanted.size());
    in_blocks(wanted.size(), 1, static_cast<int>(std::min(kAtOnce, wanted.size())), &context.cancel,
              [&](std::size_t, std::size_t i, std::size_t) { reports[i] = read(*wanted[i], context.cancel); });
    SINAN_CHECK(context.cancel.check());
    Json lines = Json::array();
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!reports[i]) return fail(std::move(reports[i]).error().within("the source cannot be read", wanted[i]->name));
      for (const sync::TableReport& table : reports[i]->tables) {
        Json line = line_of(table);
        line["source"] = wanted[i]->name;
        lines.push_back(std::move(line));
        rows += table.counts.read;
      }
    }
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
