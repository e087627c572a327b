// The reports that were written: one HTML file per day, in the state folder.
#pragma once

#include <filesystem>

#include "base/time.hpp"

namespace sinan::reports {

class Archive {
 public:
  explicit Archive(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Whole or not at all; a later report of the same day takes its place. Returns the file.
  Result<std::filesystem::path> save(Date day, const std::string& html) const;
  // Newest first.
  Result<std::vector<Date>> days() const;
  // kNotFound names the newest days that there are.
  Result<std::string> read(Date day) const;
  Result<std::string> latest() const;
  std::filesystem::path file(Date day) const { return folder_ / (format_date(day) + ".html"); }

 private:
  std::filesystem::path folder_;
};

}  // namespace sinan::reports
