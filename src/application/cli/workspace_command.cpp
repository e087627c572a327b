#include "application/cli/workspace_command.hpp"

#include "base/text.hpp"

namespace sinan::cli {

runtime::OpenOptions open_options(const Invocation& invocation) {
  return {.directory = invocation.directory, .state_dir = invocation.state_dir, .now = invocation.now, .as_user = invocation.as_user};
}

namespace {

Result<std::unique_ptr<runtime::Runtime>> open(const runtime::OpenOptions& options, std::string_view permission) {
  SINAN_TRY(auto out, runtime::Runtime::open(options));
  if (!permission.empty()) SINAN_CHECK(out->people().expect(out->user(), permission));
  return out;
}

}  // namespace

Result<std::unique_ptr<runtime::Runtime>> open_workspace(const Invocation& invocation, std::string_view permission) {
  return open(open_options(invocation), permission);
}

Result<std::unique_ptr<runtime::Runtime>> begin_workspace(const Invocation& invocation, std::string_view permission) {
  runtime::OpenOptions options = open_options(invocation);
  options.may_begin_state = true;
  return open(options, permission);
}

int say_verification(Invocation& invocation, const audit::Verification& verification) {
  if (invocation.json) {
    Json findings = Json::array();
    for (const audit::Finding& f : verification.findings)
      findings.push_back(Json{{"chain", f.chain},
                              {"record", f.seq},
                              {"subject", f.subject},
                              {"class", audit::name(f.what)},
                              {"field", f.field},
                              {"message", f.message}});
    invocation.print_json(Json{{"ok", verification.ok()}, {"records", verification.records}, {"findings", findings}});
    return verification.ok() ? 0 : 1;
  }
  for (const audit::Finding& f : verification.findings)
    invocation.print(fmt::format("record {}{}{}: {}\n", f.seq, f.subject.empty() ? "" : " of " + visible(f.subject),
                                 f.field.empty() ? "" : ", field " + visible(f.field), visible(f.message)));
  if (verification.ok()) invocation.say(counted(static_cast<std::int64_t>(verification.records), "record") + ", whole and unchanged");
  return verification.ok() ? 0 : 1;
}

}  // namespace sinan::cli
