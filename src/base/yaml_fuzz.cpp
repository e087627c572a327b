// Any bytes as a YAML file of the workspace: no crash, no hang, and every mistake has a place in the file.
#include <cstdint>
#include <cstdlib>

#include "base/yaml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  auto node = parse_yaml(text, "file.yaml", diagnostics);
  if (!node && diagnostics.ok()) std::abort();
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    if (diagnostic.place.file != "file.yaml" || diagnostic.message.empty()) std::abort();
  return 0;
}
