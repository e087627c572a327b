// `sinan version`: which build this is.
#include "application/cli/command.hpp"

namespace sinan::cli {

CommandInfo version() {
  return {
      .name = "version",
      .summary = "Print the version",
      .details = {},
      .options = {},
      .examples = {},
      .run = [](Invocation& invocation) -> Result<int> {
        if (invocation.json)
          invocation.print_json(Json{{"version", SINAN_VERSION}});
        else
          invocation.print("sinan " SINAN_VERSION "\n");
        return 0;
      },
  };
}

}  // namespace sinan::cli
