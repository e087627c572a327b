// `sinan serve`: the report, the API and the schedule, until it is asked to stop.
#include "application/api/serve.hpp"

#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

std::string sentence_of(const demand::LiveBurst& burst) {
  return fmt::format("sudden demand{}: {} at {} sold {} until now, where {:.1f} were expected; {:.1f} times a usual day, confidence {:.3f}",
                     burst.promotion ? " in a promotion" : "", burst.item_id, burst.location_id, burst.sold.text(), burst.expected,
                     burst.size, burst.confidence);
}

Result<int> serve_workspace(Invocation& invocation) {
  SINAN_TRY(auto workspace, begin_workspace(invocation));
  const Settings& settings = workspace->workspace().settings();
  SINAN_TRY(std::int64_t port, invocation.integer("port", settings.port));
  if (port < 0 || port > 65535) return fail(ErrorCode::kInvalidInput, "--port takes a number from 0 to 65535");
  api::ServeOptions options;
  SINAN_TRY(std::string token, api::server_token(workspace->state_dir()));
  options.http.token = token;
  options.http.listen = invocation.text("listen", settings.listen);
  options.http.port = static_cast<int>(port);
  options.http.hosts = invocation.texts("host");
  options.schedule = !invocation.flag("no-schedule");
  options.on_ready = [&](const std::string& address) {
    invocation.print(fmt::format("{}/?token={}\n", address, token)), std::fflush(stdout);
  };
  options.log = [&](const std::string& line) { invocation.say(visible(line)); };

  // A scheduled run waits for one that a person has started.
  constexpr std::chrono::seconds kPatience{600};
  api::Launcher launcher(
      [&](const workflow::Workflow& workflow, const workflow::RunRequest& request) { return workspace->run(workflow, request, kPatience); },
      [&](const std::string& name, const Result<workflow::RunRecord>& record) {
        invocation.say(record ? fmt::format("{} {}", record->id, workflow::name(record->status))
                              : fmt::format("{}: {}", name, visible(record.error().text())));
      });
  demand::LiveOptions following;
  following.clock_stands = [&] { return workspace->clock_stands(); };
  following.data_changed = [&] {
    if (auto settled = workspace->settle_clock(); !settled) invocation.say(visible(settled.error().text()));
  };
  following.on_burst = [&](const demand::LiveBurst& burst) { invocation.say(visible(sentence_of(burst))); };
  demand::LiveDemand live(workspace->fabric(), workspace->clock(), workspace->workspace().zone(), std::move(following));
  api::ApiContext context;
  context.engine = &workspace->engine();
  context.workflows = &workspace->workflows();
  context.launcher = &launcher;
  context.decisions = &workspace->decisions();
  context.execute = [&](const std::string& id) { return workspace->decisions().execute_one(id, workspace->effects()); };
  context.reports = workspace->reports();
  context.live = &live;
  context.people = workspace->people();
  context.user = workspace->user();
  context.name = settings.name;
  context.zone = workspace->workspace().zone();
  context.clock = &workspace->clock();
  context.version = SINAN_VERSION;
  SINAN_CHECK(api::serve(context, std::move(options), *invocation.cancel));
  return 0;
}

}  // namespace

CommandInfo serve() {
  return {
      .name = "serve",
      .summary = "Serve the report, the API and the schedule",
      .details = "Prints the address to open, with the token that the browser keeps. Listens on loopback unless told otherwise.",
      .options = {{.name = "port", .value = "N", .summary = "0 takes a free one"},
                  {.name = "listen", .value = "ADDRESS", .summary = "Address to listen on; default 127.0.0.1"},
                  {.name = "host", .value = "NAME", .summary = "A name under which it is reached, beside the address", .repeated = true},
                  {.name = "no-schedule", .value = "", .summary = "Run no workflows by schedule"}},
      .examples = {"sinan -C acme serve --port 8080"},
      .run = serve_workspace,
  };
}

}  // namespace sinan::cli
