// The server of a workspace: the API, the reports and the schedule, until somebody asks it to stop.
#pragma once

#include "application/api/api.hpp"
#include "platform/http/server.hpp"

namespace sinan::api {

struct ServeOptions {
  http::ServerOptions http;                                  // token and address
  bool schedule = true;                                      // run workflows when they are due, and take up runs that were cut off
  std::function<void(const std::string& address)> on_ready;  // called once, when requests are answered: "http://127.0.0.1:8080"
  std::function<void(const std::string& line)> log;          // one line per thing worth telling; from several threads
};

// Blocks until `stop` is set. Requests under way are answered; a run under way ends as interrupted, to be taken up by the next start.
Status serve(const ApiContext& context, ServeOptions options, const CancelToken& stop);

// The token that the browser keeps: made once per workspace, from a key in the state folder.
Result<std::string> server_token(const std::filesystem::path& state_dir);

}  // namespace sinan::api
