// A task: what one step of a workflow does. Tasks live in automation/tasks, one file each; the engine knows only this interface.
//
//   struct Options { int days = 1; };              // with its shape_of(), as any section of the workspace
//   class SyncSources final : public workflow::Task {
//    public:
//     const workflow::TaskInfo& info() const override {
//       static const auto info = workflow::task_info<Options>("sync_sources", "Reads what changed in each source.");
//       return info;
//     }
//     Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
//       SINAN_TRY(Options options, workflow::read_options<Options>(context));
//       …
//       return Json{{"rows_read", 12}};
//     }
//   };
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/cancel.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"

namespace sinan::workflow {

struct TaskInfo {
  std::string name;                                                   // verb_noun: "sync_sources"
  std::string summary;                                                // one sentence
  Json options_schema;                                                // JSON Schema of `with:`
  std::function<void(const YamlNode& with, Diagnostics& out)> check;  // every mistake in `with:`
};

// What a task concludes. An answer is no error: a quality stop or a proposal that waits for a person is a verdict.
enum class Verdict {
  kDone,
  kWaiting,  // done, and something waits for people; the run goes on and ends with exit code 0
  kStop,     // the answer is "no" (quality below its threshold): nothing that needs this step runs; exit code 1
};

// `output` is an object of plain numbers and texts: later steps, the run history and the report read it. Keep it below 1 MB.
struct TaskOutput {
  Json output = Json::object();
  Verdict verdict = Verdict::kDone;
  std::string message;  // for people: what is the matter and the way out; with kDone what was not as configured, mostly nothing

  TaskOutput() = default;
  TaskOutput(Json value) : output(std::move(value)) {}  // NOLINT: a task may return plain JSON
  TaskOutput(Json value, Verdict v, std::string text) : output(std::move(value)), verdict(v), message(std::move(text)) {}
};

// What a step knows of its run. References hold for the time of run() only.
struct TaskContext {
  std::string run_id;                          // "cycle-20260301-1"
  std::string workflow;                        // "cycle"
  std::string step;                            // "sync"
  int attempt = 1;                             // from 1; a task that did half of its work before a crash or an error is simply called again
  Instant now;                                 // the logical time of the run (--now); the same for all steps, and after a resume
  bool dry_run = false;                        // decide and show, but write nothing back
  std::string requested_by;                    // the user who started the run, or "system:scheduler"
  const YamlNode& with;                        // the step's options; kNull when there are none
  const std::map<std::string, Json>& outputs;  // of the steps that are done, by step id
  const CancelToken& cancel;                   // set on time-out, cancellation and shutdown: return kCancelled soon
  Progress progress;                           // may be empty; call it at most a few times a second

  // The output of a finished step, or null.
  const Json& output_of(const std::string& step_id) const {
    static const Json kNone;
    auto it = outputs.find(step_id);
    return it == outputs.end() ? kNone : it->second;
  }
};

// A task is called from any thread, and at the same time by two steps that use it: state belongs into run(). Errors whose code says
// `retry` (a source is down, a time-out) are tried again as the step says; others fail the step at once. What it throws is our bug.
class Task {
 public:
  virtual ~Task() = default;
  virtual const TaskInfo& info() const = 0;
  virtual Result<TaskOutput> run(TaskContext& context) = 0;
};

struct NoOptions {};
const Shape<NoOptions>& shape_of(const NoOptions*);

// Reads `with:` as a T that has a shape_of(); defaults when it is absent.
template <typename T>
void read_with(const YamlNode& with, T& value, Diagnostics& out) {
  static const YamlNode kEmpty = [] {
    YamlNode node;
    node.kind = YamlNode::Kind::kMap;
    return node;
  }();
  shape_detail::read(with.kind == YamlNode::Kind::kNull ? kEmpty : with, {}, value, out);
}

template <typename T>
TaskInfo task_info(std::string name, std::string summary) {
  return TaskInfo{std::move(name), std::move(summary), shape_of(static_cast<const T*>(nullptr)).schema(),
                  [](const YamlNode& with, Diagnostics& out) {
                    T value;
                    read_with(with, value, out);
                  }};
}

template <typename T>
Result<T> read_options(const TaskContext& context) {
  Diagnostics diagnostics;
  T value;
  read_with(context.with, value, diagnostics);
  if (!diagnostics.ok()) return fail(diagnostics.error());
  return value;
}

}  // namespace sinan::workflow
