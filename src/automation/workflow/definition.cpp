#include "automation/workflow/definition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace sinan::workflow {
namespace {

constexpr std::size_t kMaxSteps = 500;

const YamlNode* step_node(const YamlNode& root, std::size_t index) {
  const YamlNode* list = root.find("steps");
  return list && index < list->items.size() ? &list->items[index] : nullptr;
}

void check_tasks(const Workflow& workflow, std::span<Task* const> tasks, Diagnostics& out) {
  std::vector<std::string> names;
  for (const Task* task : tasks) names.push_back(task->info().name);
  for (const Step& step : workflow.steps) {
    auto task = std::find_if(tasks.begin(), tasks.end(), [&](const Task* t) { return t->info().name == step.task.value; });
    if (task == tasks.end()) {
      out.add(step.task.place, "unknown_task", fmt::format("there is no task '{}'", step.task.value), near_or_all(step.task.value, names));
      continue;
    }
    (*task)->info().check(step.with, out);
  }
}

void check_ids(const Workflow& workflow, Diagnostics& out) {
  std::vector<std::string> ids;
  for (const Step& step : workflow.steps) {
    bool good = !step.id.value.empty() && step.id.value.size() <= 64 && std::all_of(step.id.value.begin(), step.id.value.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!good) {
      out.add(step.id.place, "step_id", fmt::format("'{}' cannot be the id of a step", step.id.value),
              "use small letters, digits, _ and -, at most 64");
    }
    if (std::find(ids.begin(), ids.end(), step.id.value) != ids.end()) {
      out.add(step.id.place, "duplicate_step", fmt::format("a step named '{}' exists already", step.id.value), "give it another id");
    }
    ids.push_back(step.id.value);
  }
  for (const Step& step : workflow.steps) {
    for (const auto& need : step.needs) {
      if (std::find(ids.begin(), ids.end(), need.value) != ids.end()) continue;
      auto near = nearest(need.value, ids);
      out.add(need.place, "unknown_step", fmt::format("step '{}' needs '{}', which this workflow does not have", step.id.value, need.value),
              near ? fmt::format("did you mean '{}'?", *near) : fmt::format("its steps are: {}", fmt::join(ids, ", ")));
    }
  }
}

// Depth-first search; the first cycle found from each step is named once, from its alphabetically first step.
class CycleFinder {
 public:
  CycleFinder(const Workflow& workflow, Diagnostics& out) : workflow_(workflow), out_(out), state_(workflow.steps.size(), State::kNew) {}

  void run() {
    for (std::size_t i = 0; i < workflow_.steps.size(); ++i) {
      if (state_[i] == State::kNew) visit(i);
    }
  }

 private:
  enum class State { kNew, kOpen, kClosed };

  void visit(std::size_t i) {
    state_[i] = State::kOpen;
    path_.push_back(i);
    for (const auto& need : workflow_.steps[i].needs) {
      auto next = std::find_if(workflow_.steps.begin(), workflow_.steps.end(), [&](const Step& s) { return s.id.value == need.value; });
      if (next == workflow_.steps.end()) continue;
      auto index = static_cast<std::size_t>(next - workflow_.steps.begin());
      if (state_[index] == State::kNew) visit(index);
      if (state_[index] == State::kOpen) report(index, need.place);
    }
    path_.pop_back();
    state_[i] = State::kClosed;
  }

  void report(std::size_t from, const Place& place) {
    std::vector<std::string> names;
    for (auto it = std::find(path_.begin(), path_.end(), from); it != path_.end(); ++it) {
      names.push_back(workflow_.steps[*it].id.value);
    }
    names.push_back(workflow_.steps[from].id.value);
    out_.add(place, "cycle", fmt::format("these steps wait for each other: {}", fmt::join(names, " needs ")),
             "take one of these needs away");
  }

  const Workflow& workflow_;
  Diagnostics& out_;
  std::vector<State> state_;
  std::vector<std::size_t> path_;
};

std::optional<Workflow> from_node(const std::string& name, const std::string& text, const YamlNode& root, const Zone& zone,
                                  std::span<Task* const> tasks, Diagnostics& diagnostics) {
  std::size_t before = diagnostics.size();
  Workflow out;
  out.name = name;
  out.text = text;
  shape_of(static_cast<const Workflow*>(nullptr)).read(root, out, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    const YamlNode* node = step_node(root, i);
    if (node && out.steps[i].id.value.empty()) out.steps[i].id.place = node->place;
  }
  if (out.steps.empty()) diagnostics.add(root.place, "no_steps", "the workflow has no steps", "add at least one under steps:");
  if (out.steps.size() > kMaxSteps) {
    diagnostics.add(root.place, "limit", fmt::format("a workflow may have {} steps", kMaxSteps), "split it into several workflows");
    return std::nullopt;
  }
  check_ids(out, diagnostics);
  check_tasks(out, tasks, diagnostics);
  CycleFinder(out, diagnostics).run();
  if (out.schedule) {
    auto schedule = Schedule::parse(out.schedule->value, zone);
    if (schedule) {
      out.timing = std::move(*schedule);
    } else {
      diagnostics.add(out.schedule->place, "schedule", schedule.error().message, "for example \"0 6 * * *\": every day at 6:00");
    }
  }
  if (diagnostics.size() != before) return std::nullopt;
  return out;
}

}  // namespace

const Shape<NoOptions>& shape_of(const NoOptions*) {
  static const auto shape = Shape<NoOptions>("with", "This task has no options.");
  return shape;
}

const Shape<Step>& shape_of(const Step*) {
  static const auto shape =
      Shape<Step>("step", "One step of a workflow.")
          .required("id", &Step::id, "Name of the step within its workflow")
          .required("task", &Step::task, "What the step does")
          .optional("needs", &Step::needs, "Steps that must be done before")
          .optional("with", &Step::with, "Options of the task")
          .optional("retries", &Step::retries, "How often an error that may pass is tried again", {{}, 0, 100})
          .optional("backoff", &Step::backoff, "Wait before the first retry; doubles each time, up to 10 minutes")
          .optional("timeout", &Step::timeout, "How long one attempt may take")
          .optional("on_failure", &Step::on_failure, "What a failure means for the other steps", {{"stop", "skip", "ignore"}})
          .optional("always", &Step::always, "Run the step also after a failure or a stop");
  return shape;
}

const Shape<Workflow>& shape_of(const Workflow*) {
  static const auto shape =
      Shape<Workflow>("workflow", "Steps that run in order of their needs.")
          .optional("summary", &Workflow::summary, "What the workflow is for, in one sentence")
          .optional("schedule", &Workflow::schedule, "When it runs by itself: a cron line in the workspace's time zone, or \"every 15m\"")
          .optional("parallel", &Workflow::parallel, "How many steps may run at the same time", {{}, 1, 64})
          .optional("resume_within", &Workflow::resume_within, "How old a cut-off run may be to be taken up again")
          .required("steps", &Workflow::steps, "The steps");
  return shape;
}

OnFailure Step::failure() const {
  if (on_failure == "ignore") return OnFailure::kIgnore;
  return on_failure == "skip" ? OnFailure::kSkip : OnFailure::kStop;
}

std::optional<Workflow> parse_workflow(const std::string& name, const std::string& text, const std::string& file, const Zone& zone,
                                       std::span<Task* const> tasks, Diagnostics& diagnostics) {
  std::optional<YamlNode> root = parse_yaml(text, file, diagnostics);
  if (!root) return std::nullopt;
  return from_node(name, text, *root, zone, tasks, diagnostics);
}

std::vector<Workflow> read_workflows(const Workspace& workspace, std::span<Task* const> tasks, Diagnostics& diagnostics) {
  std::vector<Workflow> out;
  bool has_cycle = false;
  for (const WorkspaceFile* file : workspace.files("workflows")) {
    has_cycle = has_cycle || file->name == "cycle";
    if (!file->yaml) continue;
    auto workflow = from_node(file->name, file->text, *file->yaml, workspace.zone(), tasks, diagnostics);
    if (workflow) out.push_back(std::move(*workflow));
  }
  if (!has_cycle) {
    auto cycle = parse_workflow("cycle", std::string(built_in_cycle()), "(built-in cycle)", workspace.zone(), tasks, diagnostics);
    if (cycle) out.push_back(std::move(*cycle));
  }
  std::sort(out.begin(), out.end(), [](const Workflow& a, const Workflow& b) { return a.name < b.name; });
  return out;
}

std::string_view built_in_cycle() {
  return R"(summary: One operating cycle, from what changed in the sources to the report
steps:
  - id: sync
    task: sync_sources
    retries: 3
    backoff: 2s
    timeout: 30m
  - id: check
    task: check_quality
    needs: [sync]
  - id: master
    task: merge_master
    needs: [check]
  - id: measure
    task: measure_outcomes
    needs: [check]
    on_failure: skip
  - id: forecast
    task: forecast_demand
    needs: [check]
  - id: plan
    task: plan_orders
    needs: [forecast]
  - id: decide
    task: decide_proposals
    needs: [plan]
  - id: act
    task: execute_decisions
    needs: [decide]
    retries: 3
    backoff: 2s
  - id: report
    task: write_report
    needs: [master, measure, act]
    always: true
)";
}

}  // namespace sinan::workflow
