#include "automation/workflow/definition.hpp"

#include <gtest/gtest.h>

namespace sinan::workflow {
namespace {

struct CopyOptions {
  int rows = 1;
};
const Shape<CopyOptions>& shape_of(const CopyOptions*) {
  static const auto shape = Shape<CopyOptions>("copy", "Options.").optional("rows", &CopyOptions::rows, "How many", {{}, 1, 10});
  return shape;
}

class CopyRows final : public Task {
 public:
  const TaskInfo& info() const override {
    static const auto info = task_info<CopyOptions>("copy_rows", "Copies rows.");
    return info;
  }
  Result<TaskOutput> run(TaskContext& context) override {
    SINAN_TRY(CopyOptions options, read_options<CopyOptions>(context));
    return Json{{"rows", options.rows}};
  }
};

std::optional<Workflow> parse(const std::string& text, Diagnostics& out) {
  static CopyRows copy;
  static const std::vector<Task*> tasks{&copy};
  return parse_workflow("test", text, "workflows/test.yaml", Zone(), tasks, out);
}

TEST(Definition, ReadsStepsWithTheirOptions) {
  Diagnostics out;
  auto workflow = parse(R"(summary: Test
schedule: "0 6 * * *"
parallel: 3
steps:
  - id: a
    task: copy_rows
    with: {rows: 5}
    retries: 2
    backoff: 250ms
    timeout: 10m
    on_failure: ignore
  - {id: b, task: copy_rows, needs: [a], always: true}
)",
                        out);
  ASSERT_TRUE(workflow.has_value()) << out.error().text();
  EXPECT_EQ(workflow->parallel, 3);
  ASSERT_EQ(workflow->steps.size(), 2U);
  EXPECT_EQ(workflow->steps[0].retries, 2);
  EXPECT_EQ(workflow->steps[0].backoff, std::chrono::milliseconds{250});
  EXPECT_EQ(workflow->steps[0].timeout, std::chrono::minutes{10});
  EXPECT_EQ(workflow->steps[0].failure(), OnFailure::kIgnore);
  EXPECT_EQ(workflow->steps[1].needs[0].value, "a");
  EXPECT_TRUE(workflow->steps[1].always);
  EXPECT_TRUE(workflow->timing.has_value());
}

TEST(Definition, EveryMistakeIsReportedAtOnceWithItsPlace) {
  Diagnostics out;
  auto workflow = parse(R"(schedule: "0 99 * * *"
steps:
  - {id: a, task: copy_row}
  - {id: a, task: copy_rows, needs: [c]}
  - {id: B!, task: copy_rows, with: {rows: 50}}
  - {id: d, task: copy_rows, needs: [e]}
  - {id: e, task: copy_rows, needs: [d]}
)",
                        out);
  EXPECT_FALSE(workflow.has_value());
  std::vector<std::string> found;
  for (const Diagnostic& d : out.sorted()) found.push_back(fmt::format("{}:{} {}", d.place.line, d.code, d.hint));
  auto has = [&](std::string_view text) {
    return std::any_of(found.begin(), found.end(), [&](const std::string& f) { return f.starts_with(text); });
  };
  EXPECT_TRUE(has("1:schedule")) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_TRUE(has("3:unknown_task did you mean 'copy_rows'?"));
  EXPECT_TRUE(has("4:duplicate_step"));
  EXPECT_TRUE(has("4:unknown_step"));
  EXPECT_TRUE(has("5:step_id"));
  EXPECT_TRUE(has("7:cycle"));
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const std::string& f) { return f.starts_with("5:"); }), 2);
}

TEST(Definition, ACycleIsNamedStepByStep) {
  Diagnostics out;
  parse(
      "steps:\n  - {id: x, task: copy_rows, needs: [z]}\n  - {id: y, task: copy_rows, needs: [x]}\n  - {id: z, task: copy_rows, needs: "
      "[y]}\n",
      out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out.sorted()[0].message, "these steps wait for each other: x needs z needs y needs x");
  EXPECT_EQ(out.sorted()[0].place.line, 4 - 1);
}

TEST(Definition, TheBuiltInCycleIsWellFormed) {
  Diagnostics out;
  auto root = parse_yaml(built_in_cycle(), "(built-in cycle)", out);
  ASSERT_TRUE(root.has_value() && out.ok());
  Workflow workflow;
  EXPECT_TRUE(shape_of(static_cast<const Workflow*>(nullptr)).read(*root, workflow, out));
  std::set<std::string> done;
  for (const Step& step : workflow.steps) {
    for (const auto& need : step.needs) EXPECT_TRUE(done.contains(need.value)) << step.id.value << " needs " << need.value;
    done.insert(step.id.value);
  }
  EXPECT_TRUE(done.contains("sync") && done.contains("report"));
}

}  // namespace
}  // namespace sinan::workflow
